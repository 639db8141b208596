//! Trade with other groups: the page, the papers, what members allow, and offers that are taken back.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use domain::{BetweenLimits, Compliance, GridLink, OfferNo, SellerOfRecord};
use market::between::{DealError, TermsFault};
use message::Say;
use quantity::{BusinessDay, Instant, Interval, MINUTE_MS, Ngwee, PricePerKwh, WattHours};
use service::policy::Action;
use service::{BetweenError, ServiceError};
use store::tables::ClusterRow;

use super::{cluster, kwacha, scaled, service};
use crate::form::{Fault, Faults, Fields, Seals};
use crate::problem::Problem;
use crate::routes::checked;
use crate::view::between as view;
use crate::view::frame::between_href;
use crate::view::sheets::{Block, Sheet, SheetsView};
use crate::view::trade::Typed;
use crate::visitor::{Outcome, Posted, Visitor};
use crate::web::Web;

const MINUTES_PER_DAY: i64 = 1_440;

/// `GET /app/clusters/{code}/trade/between`
///
/// # Errors
/// [`Problem`].
pub async fn show(State(web): State<Web>, visitor: Visitor, Path(code): Path<String>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let asked = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let page = page(&web, &visitor, &code, Typed { form: "", fields: &asked, faults: &Faults::default() }).await?;
    visitor.page(&page.done(done(visitor.say(), asked.get("done"))))
}

async fn page(web: &Web, visitor: &Visitor, code: &str, typed: Typed<'_>) -> Result<SheetsView, Problem> {
    let input = web.source().groups(visitor.actor, checked(code)?).await?.ok_or(Problem::NotFound)?;
    Ok(view::groups(&input, &visitor.reader, &mut Seals::new(visitor.seal(web)?), typed))
}

/// What was just done, in words.
pub(super) fn done(say: Say, word: &str) -> &'static str {
    match word {
        "papers" => say.groups_done_papers(),
        "limits" => say.groups_done_limits(),
        "offer" => say.groups_done_offer(),
        "back" => say.groups_done_back(),
        "deal" => say.groups_done_deal(),
        "accept" => say.groups_done_accept(),
        "second" => say.groups_done_second(),
        "counter" => say.groups_done_counter(),
        "decline" => say.groups_done_decline(),
        "withdraw" => say.groups_done_withdraw(),
        _ => "",
    }
}

/// `POST /app/clusters/{code}/trade/between/papers`: the papers, whole.
///
/// # Errors
/// [`Problem`].
pub async fn papers(State(web): State<Web>, Path(code): Path<String>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| papers_set(shared, code, posted).await).await
}

async fn papers_set(web: Web, code: String, posted: Posted) -> Result<Outcome, Problem> {
    let (say, actor) = (posted.say(), posted.visitor.actor);
    let row = cluster(&web, &code).await?;
    service(&web)?.require(actor, row.id, Action::ComplianceWrite).await?;
    let faults = match papers_of(say, &posted.fields) {
        Err(faults) => faults,
        Ok(list) => match service(&web)?.compliance_set(actor, &row, list).await {
            Ok(_) => return Ok(posted.done(format!("{}?done=papers#papers", between_href(row.code.as_str())))),
            Err(error) => refused(say, &row, error)?,
        },
    };
    let page = page(&web, &posted.visitor, &code, Typed { form: "papers", fields: &posted.fields, faults: &faults }).await?;
    posted.again(&page)
}

/// The papers as typed; what is empty is not known yet.
fn papers_of(say: Say, fields: &Fields) -> Result<Compliance, Faults> {
    let mut faults = Faults::default();
    let text = |name| Some(fields.get(name)).filter(|text| !text.is_empty()).map(str::to_owned);
    let capacity = text("capacity").map(|typed| scaled(&typed.replace(',', ""), 3).filter(|watts| *watts > 0));
    if capacity == Some(None) {
        faults.add("capacity", Fault { text: say.papers_capacity_wrong().to_owned(), code: "config_range".to_owned() });
    }
    let mut day = |name: &'static str| {
        let day = text(name).map(|typed| BusinessDay::parse(&typed));
        if day == Some(None) {
            faults.add(name, Fault::of(say, "date_invalid", &[]));
        }
        day.flatten()
    };
    let (licence_expires_on, voted_on) = (day("licence_last"), day("voted"));
    let list = Compliance {
        capacity_w: capacity.flatten(),
        grid_link: GridLink::parse(fields.get("grid")),
        licence_number: text("licence"),
        licence_expires_on,
        licence_exemption: text("exemption"),
        seller_of_record: match fields.get("seller") {
            "member" => Some(SellerOfRecord::Member),
            "cooperative" => Some(SellerOfRecord::Cooperative),
            _ => None,
        },
        wiring_note: text("wires"),
        voted_on,
        ..Compliance::new()
    };
    if faults.is_empty() { Ok(list) } else { Err(faults) }
}

/// `POST /app/clusters/{code}/trade/between/limits`: what officers may commit, while the group is forming.
///
/// # Errors
/// [`Problem`].
pub async fn limits(State(web): State<Web>, Path(code): Path<String>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| limits_set(shared, code, posted).await).await
}

async fn limits_set(web: Web, code: String, posted: Posted) -> Result<Outcome, Problem> {
    let (say, actor) = (posted.say(), posted.visitor.actor);
    let row = cluster(&web, &code).await?;
    service(&web)?.require(actor, row.id, Action::RulesWrite).await?;
    let faults = match limits_of(say, &posted.fields) {
        Err(faults) => faults,
        Ok((from, limits)) => match service(&web)?.between_limits_set(actor, &row, from, limits).await {
            Ok(_) => return Ok(posted.done(format!("{}?done=limits#limits", between_href(row.code.as_str())))),
            Err(error) => refused(say, &row, error)?,
        },
    };
    let page = page(&web, &posted.visitor, &code, Typed { form: "limits", fields: &posted.fields, faults: &faults }).await?;
    posted.again(&page)
}

fn limits_of(say: Say, fields: &Fields) -> Result<(BusinessDay, BetweenLimits), Faults> {
    let mut faults = Faults::default();
    let from = BusinessDay::parse(fields.get("from"));
    if from.is_none() {
        faults.add("from", Fault::of(say, "date_invalid", &[]));
    }
    let mut number = |name: &'static str, found: Option<i64>, words: &str| {
        found.unwrap_or_else(|| {
            faults.add(name, Fault { text: words.to_owned(), code: "config_range".to_owned() });
            0
        })
    };
    let mut energy = |name| WattHours(number(name, scaled(&fields.get(name).replace(',', ""), 3), say.limits_energy_wrong()));
    let (sell_max, buy_max) = (energy("sell"), energy("buy"));
    let mut money = |name| number(name, kwacha(fields.get(name)).map(|amount| amount.0), say.limits_money_wrong());
    let limits = BetweenLimits {
        sell_max,
        buy_max,
        sell_price_min: PricePerKwh(money("sell_price")),
        buy_price_max: PricePerKwh(money("buy_price")),
        spend_max: Ngwee(money("spend")),
        ..BetweenLimits::NOTHING
    };
    match from {
        Some(from) if faults.is_empty() => Ok((from, limits)),
        _ => Err(faults),
    }
}

/// `POST /app/clusters/{code}/trade/between/withdraw`: takes an offer off the board.
///
/// # Errors
/// [`Problem`].
pub async fn withdraw(State(web): State<Web>, Path(code): Path<String>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| withdrawn(shared, code, posted).await).await
}

async fn withdrawn(web: Web, code: String, posted: Posted) -> Result<Outcome, Problem> {
    let (say, actor) = (posted.say(), posted.visitor.actor);
    let row = cluster(&web, &code).await?;
    service(&web)?.require(actor, row.id, Action::Deal).await?;
    let no = posted.fields.get("offer").parse().ok().and_then(|no| OfferNo::new(no).ok()).ok_or(Problem::BadAddress)?;
    match service(&web)?.offer_withdraw(actor, &row, no).await {
        Ok(_) => Ok(posted.done(format!("{}?done=back#offers", between_href(row.code.as_str())))),
        Err(error) => {
            let faults = refused(say, &row, error)?;
            let mut page = page(&web, &posted.visitor, &code, Typed { form: "", fields: &Fields::default(), faults: &faults }).await?;
            if let Some(fault) = faults.first() {
                page.left.insert(0, Sheet::default().with(Block::Note("is-bad", vec![fault.text.clone()])));
            }
            posted.again(&page)
        }
    }
}

/// What a use case refused, at its field and with the figures that it names. `row` is the own group.
pub(super) fn refused(say: Say, row: &ClusterRow, error: ServiceError) -> Result<Faults, Problem> {
    let told = match &error {
        ServiceError::Between(between) => told(say, row, between),
        _ => None,
    };
    if let Some((field, text)) = told {
        let mut faults = Faults::default();
        faults.add(field, Fault { text, code: error.code().to_owned() });
        return Ok(faults);
    }
    let fields = [
        ("line_missing", "other"),
        ("deal_steps_differ", "other"),
        ("deals_too_many", "other"),
        ("offer_window", "day"),
        ("offer_both_sides", "side"),
        ("order_price", "price"),
        ("order_energy", "energy"),
        ("day_past", "from"),
    ];
    super::refused(say, error, &fields)
}

/// The field and the words of what stands in the way, where the words of the code alone say too little.
fn told(say: Say, row: &ClusterRow, error: &BetweenError) -> Option<(&'static str, String)> {
    Some(match error {
        BetweenError::Limit { what, most, found } => match *what {
            "sell_price_min" => ("price", say.limit_sell_price(*most)),
            "buy_price_max" => ("price", say.limit_buy_price(*found, *most)),
            "sell_max_wh_per_day" => ("energy", say.limit_sell(*found, *most)),
            "buy_max_wh_per_day" => ("energy", say.limit_buy(*found, *most)),
            _ => ("energy", say.limit_spend(*found, *most)),
        },
        BetweenError::LineFull { capacity, taken } => {
            let hourly = |energy: i64| energy.saturating_mul(60 / row.step.minutes());
            ("energy", say.line_room(hourly(*capacity), hourly(*taken)))
        }
        BetweenError::ComplianceMissing { cluster, .. } if *cluster == row.code => ("", say.papers_of_own().to_owned()),
        BetweenError::ComplianceMissing { cluster, .. } => ("other", say.papers_of_other(cluster.as_str())),
        BetweenError::Off { cluster } if *cluster != row.code => ("other", say.trade_of_other_off(cluster.as_str())),
        BetweenError::OfferGate { gate } => ("day", say.offer_gate_over(gate.0)),
        BetweenError::Deal(DealError::Terms(fault)) => terms(say, *fault),
        _ => return None,
    })
}

fn terms(say: Say, fault: TermsFault) -> (&'static str, String) {
    let (field, text) = match fault {
        TermsFault::Bounds => ("from", say.deal_fault_bounds()),
        TermsFault::Begun => ("day", say.deal_fault_begun()),
        TermsFault::TooFarAhead => ("last", say.deal_fault_far()),
        TermsFault::Energy => ("energy", say.deal_fault_energy()),
        TermsFault::Price => ("price", say.deal_fault_price()),
        TermsFault::Penalty => ("penalty", say.deal_fault_penalty()),
        TermsFault::Expiry => ("by", say.deal_fault_expiry()),
        TermsFault::OneCluster => ("other", say.deal_fault_one()),
    };
    (field, text.to_owned())
}

/// A local time as typed: a day, and a clock from `00:00` to `24:00`; a fault with this code at the field that is none.
pub(super) fn moment(say: Say, row: &ClusterRow, fields: &Fields, names: (&'static str, &'static str), faults: &mut Faults) -> Option<Instant> {
    let day = BusinessDay::parse(fields.get(names.0));
    if day.is_none() {
        faults.add(names.0, Fault::of(say, "date_invalid", &[]));
    }
    let minutes = minutes(fields.get(names.1));
    if minutes.is_none() {
        faults.add(names.1, Fault { text: say.clock_wrong().to_owned(), code: "date_invalid".to_owned() });
    }
    Some(day?.start(row.offset).plus_ms(minutes?.saturating_mul(MINUTE_MS)))
}

/// Minutes after midnight of `08:30`; the end of the day is `24:00`.
fn minutes(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str| if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse::<i64>().ok() } else { None };
    let (hour, minute) = (number(hour)?, number(minute)?);
    let minutes = hour * 60 + minute;
    (minute < 60 && minutes <= MINUTES_PER_DAY).then_some(minutes)
}

/// From when until when; a fault with this code where the end is not after the beginning.
pub(super) fn window(say: Say, from: Option<Instant>, until: Option<Instant>, code: &str, faults: &mut Faults) -> Option<Interval> {
    let window = Interval::new(from?, until?).ok();
    if window.is_none() {
        faults.add("until", Fault { text: say.hours_wrong().to_owned(), code: code.to_owned() });
    }
    window
}

/// The energy of an interval, from what was typed for an hour; a fault when it is none, or cannot be cut into whole watt-hours.
pub(super) fn energy(say: Say, row: &ClusterRow, fields: &Fields, faults: &mut Faults) -> WattHours {
    let parts = 60 / row.step.minutes();
    let fault = |text: String| Fault { text, code: "order_energy".to_owned() };
    match scaled(&fields.get("energy").replace(',', ""), 3).filter(|wh| *wh > 0) {
        None => faults.add("energy", fault(say.energy_wrong().to_owned())),
        Some(hourly) if hourly % parts != 0 => {
            faults.add("energy", fault(say.energy_steps(&message::number::kwh_exact(parts))));
        }
        Some(hourly) => return WattHours(hourly / parts),
    }
    WattHours::ZERO
}

/// A price as typed; a fault at `name` when it is none.
pub(super) fn price(fields: &Fields, name: &'static str, fault: Fault, faults: &mut Faults) -> PricePerKwh {
    match kwacha(fields.get(name)) {
        Some(amount) => PricePerKwh(amount.0),
        None => {
            faults.add(name, fault);
            PricePerKwh::ZERO
        }
    }
}

#[cfg(test)]
mod tests {
    use super::minutes;

    #[test]
    fn clocks_are_read_strictly() {
        assert_eq!(["00:00", "08:30", "24:00"].map(minutes), [Some(0), Some(510), Some(1_440)]);
        for bad in ["", "8:30", "24:01", "12:60", "ab:cd", "-1:00", "12", "12:3", "+1:00"] {
            assert_eq!(minutes(bad), None, "{bad}");
        }
    }
}
