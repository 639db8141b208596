//! The group's settings: rules in brief, equipment and its owners, meters, money put in.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use domain::{AssetKind, AssetNo, MemberNo, MeterNo, MeterRole};
use message::{Say, number};
use quantity::{BusinessDay, WattHours, Watts, split_exact};
use service::ServiceError;
use service::policy::{Action, Standing};
use service::{AssetNew, AssetOwned, MeterNew, MeterOwned, Pledged, Rules, SHARES_WHOLE};
use settlement::SharingKey;
use store::tables::ClusterRow;

use super::directory::every_home;
use super::found::{admission_word, connection_word, key_of, price_word};
use super::{amount_fault, calendar, cash, cluster, kwacha, member_no, place_frame, refused, scaled, service, typed};
use crate::form::{Choice, Choices, Fault, Faults, Fields, Form, Input};
use crate::problem::Problem;
use crate::view::frame::{Place, carbon_href, cluster_href};
use crate::view::sheets::{Block, Row, Sheet, SheetsView};
use crate::visitor::{Outcome, Posted, Visitor};
use crate::web::Web;

/// Meters shown without being opened.
const METERS_OPEN: i64 = 5;

/// What was typed into which form, and what was wrong with it.
pub(super) struct Typed<'a> {
    pub(super) form: &'static str,
    pub(super) fields: &'a Fields,
    pub(super) faults: &'a Faults,
}

/// `GET /app/clusters/{code}/group`
///
/// # Errors
/// [`Problem`].
pub async fn show(State(web): State<Web>, visitor: Visitor, Path(code): Path<String>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let row = cluster(&web, &code).await?;
    let asked = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let say = visitor.say();
    let done = match asked.get("done") {
        "meter" => say.meter_added().to_owned(),
        "assigned" => say.meter_assigned_done().to_owned(),
        "equipment" => say.equipment_added().to_owned(),
        "cash" | "handed" => match (asked.get("done"), kwacha(asked.get("amount")), member_no(asked.get("house"))) {
            ("cash", Some(amount), Ok(house)) => say.desk_done(amount.0, &house.to_string()),
            ("handed", Some(amount), _) => say.payout_confirm_done(amount.0),
            _ => String::new(),
        },
        "withdrawn" => say.payout_cancel_done().to_owned(),
        "receipt" => match (kwacha(asked.get("amount")), member_no(asked.get("house"))) {
            (Some(amount), Ok(house)) => say.cash_done(amount.0, &house.to_string()),
            _ => String::new(),
        },
        _ => String::new(),
    };
    let nothing = Typed { form: "", fields: &Fields::default(), faults: &Faults::default() };
    let view = page(&web, &visitor, &row, &nothing).await?;
    visitor.page(&view.done(done))
}

async fn page(web: &Web, visitor: &Visitor, row: &ClusterRow, typed: &Typed<'_>) -> Result<SheetsView, Problem> {
    let (say, use_cases) = (visitor.say(), service(web)?);
    let standing = use_cases.require(visitor.actor, row.id, Action::ClusterRead).await?;
    let rules = use_cases.rules_read(visitor.actor, row).await?;
    let assets = use_cases.asset_list(visitor.actor, row).await?;
    let meters = use_cases.meter_list(visitor.actor, row).await?;
    let homes = every_home(web, visitor.actor, say, row).await?;
    let homes: Vec<(String, String)> = homes.into_iter().map(|(member, words)| (member.to_string(), words)).collect();
    let on = today(web, row);
    let mut view = SheetsView::new(place_frame(visitor, say.group_settings(), row, Some(Place::Group)), row.name.clone())
        .lead(format!("{}, {}", row.code, row.place))
        .sheet(equipment(web, visitor, row, &standing, &assets, on, typed)?)
        .sheet(meter_sheet(web, visitor, row, &standing, &meters, &homes, on, typed)?)
        .beside(rule_sheet(say, &rules))
        .beside(Sheet::default().with(Block::Buttons(vec![("btn btn--line", carbon_href(row.code.as_str()), say.carbon_link().to_owned())])));
    if standing.may(Action::ContributionWrite) {
        let pledges = use_cases.pledge_list(visitor.actor, row).await?;
        view = view.sheet(receipt_sheet(web, visitor, row, &homes, &pledges, typed)?);
    } else if standing.may(Action::LedgerRead) {
        let pledges = use_cases.pledge_list(visitor.actor, row).await?;
        view = view.sheet(pledge_sheet(say, &pledges));
    }
    if standing.may(Action::CashWrite) {
        view = view.sheet(cash::desk_sheet(web, visitor, row, typed).await?).sheet(cash::payout_sheet(web, visitor, row, typed).await?);
    }
    if standing.may(Action::LedgerRead) {
        let book = format!("{}/book", cluster_href(row.code.as_str()));
        view = view.beside(Sheet::new(say.for_officers()).with(Block::Buttons(vec![("btn btn--line", book, say.members_book().to_owned())])));
    } else {
        view = view.beside(Sheet::default().with(Block::Quiet(say.settings_officers().to_owned())));
    }
    Ok(view)
}

/// The local day of a cluster now.
pub fn today(web: &Web, row: &ClusterRow) -> BusinessDay {
    BusinessDay::of(web.service().map_or(quantity::Instant(0), service::Service::now), row.offset)
}

fn rule_sheet(say: Say, rules: &Rules) -> Sheet {
    let (governance, trading, rule) = (&rules.governance.config, &rules.trading.config, &rules.settlement.rule);
    let version = |number: i64, from: BusinessDay| match calendar(from) {
        Some(on) if number > 0 => say.rules_version(on, &number.to_string()),
        _ => say.rules_usual().to_owned(),
    };
    let fixed = if trading.price_rule == domain::TradePrice::Fixed { say.per_kwh(trading.fixed_price.0) } else { String::new() };
    let facts = vec![
        (say.group_wired().to_owned(), connection_word(say, rule.connection).to_owned(), String::new()),
        (say.rule_key().to_owned(), key_word(say, rule.sharing_key).to_owned(), version(rule.version, rules.settlement.from_day)),
        (say.rule_price().to_owned(), price_word(say, trading.price_rule).to_owned(), fixed),
        (say.rule_charge().to_owned(), say.per_kwh(trading.service_charge.0), version(rules.trading.version, rules.trading.from_day)),
        (
            say.rule_admission().to_owned(),
            admission_word(say, governance.admission).to_owned(),
            version(rules.governance.version, rules.governance.from_day),
        ),
        (say.rule_keepers().to_owned(), say.keepers_of(governance.keepers, governance.keepers_needed), String::new()),
        (say.rule_pledge().to_owned(), say.pledges_range(governance.contribution_min.0, governance.contribution_max.0), say.pledge_vote().to_owned()),
        (say.rule_exit().to_owned(), say.exit_days(governance.withdrawal_notice_days), String::new()),
    ];
    Sheet::new(say.group_rules()).with(Block::Facts(facts))
}

/// The word of a sharing key.
fn key_word(say: Say, key: SharingKey) -> &'static str {
    match key {
        SharingKey::Equal => say.key_equal(),
        SharingKey::Ownership => say.key_ownership(),
        SharingKey::ContributionTiers => say.key_contribution_tiers(),
        SharingKey::Consumption => say.key_consumption(),
        SharingKey::Static => say.key_static(),
        _ => say.key_hybrid(),
    }
}

fn asset_word(say: Say, kind: AssetKind) -> &'static str {
    match kind {
        AssetKind::SolarPanel => say.asset_solar_panel(),
        AssetKind::Inverter => say.asset_inverter(),
        AssetKind::Battery => say.asset_battery(),
        AssetKind::MiniGrid => say.asset_mini_grid(),
    }
}

fn equipment(
    web: &Web,
    visitor: &Visitor,
    row: &ClusterRow,
    standing: &Standing,
    assets: &[AssetOwned],
    on: BusinessDay,
    typed: &Typed<'_>,
) -> Result<Sheet, Problem> {
    let say = visitor.say();
    let mut sheet = Sheet::new(say.equipment()).id("equipment");
    if assets.is_empty() {
        sheet = sheet.with(Block::Blank("i-tool", say.no_equipment().to_owned(), say.no_equipment_step().to_owned()));
    }
    for owned in assets {
        let asset = &owned.asset;
        let since = calendar(asset.commissioned_on).map(|on| say.since_short(on)).unwrap_or_default();
        let title = Row::new(asset.name.clone()).note(asset_word(say, asset.kind)).note(since).amount(number::money(asset.cost.0));
        let owners = owned.owners.iter().map(|owner| {
            let share = i128::from(owner.parts) * 1_000_000 / i128::from(owned.whole.max(1));
            let share = number::percent_from_ppm(i64::try_from(share).unwrap_or_default());
            (say.my_house(&owner.alias, &owner.member.to_string()), share, String::new())
        });
        let owners: Vec<_> = owners.collect();
        let mut inner = vec![if owners.is_empty() { Block::Say(say.owners_nobody().to_owned()) } else { Block::Facts(owners) }];
        if standing.may(Action::AssetsWrite) {
            let action = format!("{}/equipment/{}/owners", cluster_href(row.code.as_str()), asset.no);
            let form = Form::new(say, &visitor.seal(web)?, action, say.change_owners())
                .prefix(format!("o{}", asset.no))
                .submit_class("btn btn--line")
                .part(owner_choices(say))
                .part(Input::date("from", say.meter_from()).value(on.to_string()));
            inner.push(Block::Form(Box::new(form)));
        }
        sheet = sheet.with(Block::Rows(vec![title])).with(Block::More(say.equipment_owners().to_owned(), inner));
    }
    if !standing.may(Action::AssetsWrite) {
        return Ok(sheet);
    }
    let kinds = AssetKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), asset_word(say, *kind)).chosen(*kind == AssetKind::SolarPanel)).collect();
    let form = Form::new(say, &visitor.seal(web)?, format!("{}/equipment", cluster_href(row.code.as_str())), say.add_equipment())
        .prefix("e")
        .part(Choices::list("kind", say.equipment_kind(), kinds))
        .part(Input::text("name", say.equipment_name()).with("maxlength", "60"))
        .part(Input::text("cost", say.equipment_cost()).decimal())
        .part(Input::text("life", say.equipment_life()).digits(2).optional())
        .part(Input::date("on", say.equipment_on()).value(on.to_string()))
        .part(owner_choices(say))
        .about_money();
    Ok(opened(sheet, say.add_equipment(), "equipment", form, typed))
}

fn owner_choices(say: Say) -> Choices {
    let owners = vec![Choice::new("equal", say.owners_equal()).chosen(true), Choice::new("paid", say.owners_paid())];
    Choices::list("owners", say.equipment_owners(), owners)
}

/// A form that is opened by its words, or open where something in it is wrong.
pub(super) fn opened(sheet: Sheet, words: &str, name: &'static str, form: Form, typed: &Typed<'_>) -> Sheet {
    if typed.form == name {
        sheet.with(Block::Heading(words.to_owned())).form(form.filled(typed.fields, typed.faults))
    } else {
        sheet.with(Block::More(words.to_owned(), vec![Block::Form(Box::new(form))]))
    }
}

#[expect(clippy::too_many_arguments, reason = "each is a different part of one sheet")]
fn meter_sheet(
    web: &Web,
    visitor: &Visitor,
    row: &ClusterRow,
    standing: &Standing,
    meters: &[MeterOwned],
    homes: &[(String, String)],
    on: BusinessDay,
    typed: &Typed<'_>,
) -> Result<Sheet, Problem> {
    let say = visitor.say();
    let base = cluster_href(row.code.as_str());
    let mut sheet = Sheet::new(say.meters()).id("meters");
    if meters.is_empty() {
        sheet = sheet.with(Block::Blank("i-silent", say.no_meters().to_owned(), say.no_meters_step().to_owned()));
    } else {
        let rows: Vec<Row> = meters
            .iter()
            .map(|owned| {
                let whose = match (owned.meter.role, owned.owner) {
                    (MeterRole::Plant, _) => say.meter_plant().to_owned(),
                    (MeterRole::Member, Some((member, _))) => say.house_no(&member.to_string()),
                    (MeterRole::Member, None) => say.meter_free().to_owned(),
                };
                let since = owned.owner.and_then(|(_, from)| calendar(from)).map(|on| say.since_short(on)).unwrap_or_default();
                Row::new(owned.meter.serial.clone()).note(format!("{whose}, {since}").trim_end_matches(", "))
            })
            .collect();
        sheet = match i64::try_from(rows.len()) {
            Ok(count) if count > METERS_OPEN => sheet.with(Block::More(say.meters_count(count), vec![Block::Rows(rows)])),
            _ => sheet.with(Block::Rows(rows)),
        };
    }
    if !standing.may(Action::MetersWrite) {
        return Ok(sheet);
    }
    let mut whose = vec![Choice::new("", say.meter_free()).chosen(true), Choice::new("plant", say.meter_plant())];
    whose.extend(homes.iter().map(|(no, words)| Choice::new(no.clone(), words.clone())));
    let add = Form::new(say, &visitor.seal(web)?, format!("{base}/meters"), say.add_meter())
        .prefix("m")
        .part(Input::text("serial", say.meter_number()).with("maxlength", "40").class("code"))
        .part(Input::text("limit", say.meter_limit()).digits(7).value("10000"))
        .part(Choices::list("whose", say.meter_of(), whose))
        .part(Input::date("from", say.meter_from()).value(on.to_string()));
    sheet = opened(sheet, say.add_meter(), "meter", add, typed);
    let of_homes: Vec<&MeterOwned> = meters.iter().filter(|owned| owned.meter.role == MeterRole::Member).collect();
    if of_homes.is_empty() || homes.is_empty() {
        return Ok(sheet);
    }
    let known = of_homes.iter().map(|owned| Choice::new(owned.meter.no.to_string(), owned.meter.serial.clone())).collect();
    let to = homes.iter().map(|(no, words)| Choice::new(no.clone(), words.clone())).collect();
    let assign = Form::new(say, &visitor.seal(web)?, format!("{base}/meters/assign"), say.assign_meter())
        .prefix("a")
        .part(Choices::list("meter", say.meters(), known))
        .part(Choices::list("house", say.meter_of(), to))
        .part(Input::date("from", say.meter_from()).value(on.to_string()));
    Ok(opened(sheet, say.assign_meter(), "assign", assign, typed))
}

/// What each home promised and paid: those who still owe first, the rest folded away.
fn pledge_sheet(say: Say, pledges: &[Pledged]) -> Sheet {
    let line = |pledged: &Pledged| {
        let note = if pledged.open().0 > 0 { say.pledge_open(pledged.open().0) } else { String::new() };
        (say.my_house(&pledged.alias, &pledged.member.to_string()), say.paid_of_pledge(pledged.paid.0, pledged.pledge.0), note)
    };
    let open: i64 = pledges.iter().map(|pledged| pledged.open().0).sum();
    let owing: Vec<_> = pledges.iter().filter(|pledged| pledged.open().0 > 0).map(line).collect();
    let paid: Vec<_> = pledges.iter().filter(|pledged| pledged.open().0 == 0).map(line).collect();
    let sheet = Sheet::new(say.paid_in_title()).id("receipts").say(say.paid_in_say());
    let mut sheet = match open {
        0 => sheet.with(Block::Strong(say.pledges_all_paid().to_owned())),
        open => sheet.with(Block::Strong(say.pledges_open_all(open))).with(Block::Facts(owing)),
    };
    if !paid.is_empty() {
        let count = i64::try_from(paid.len()).unwrap_or(i64::MAX);
        sheet = sheet.with(Block::More(say.pledges_paid_homes(count), vec![Block::Facts(paid)]));
    }
    sheet
}

fn receipt_sheet(
    web: &Web,
    visitor: &Visitor,
    row: &ClusterRow,
    homes: &[(String, String)],
    pledges: &[Pledged],
    typed: &Typed<'_>,
) -> Result<Sheet, Problem> {
    let say = visitor.say();
    let sheet = pledge_sheet(say, pledges);
    let houses = homes.iter().map(|(no, words)| Choice::new(no.clone(), words.clone())).collect();
    let form = Form::new(say, &visitor.seal(web)?, format!("{}/receipts", cluster_href(row.code.as_str())), say.cash_button())
        .prefix("r")
        .part(Choices::list("house", say.cash_from(), houses))
        .part(Input::text("amount", say.cash_amount()).decimal())
        .about_money();
    Ok(opened(sheet, say.enter_cash(), "receipt", form, typed))
}

/// The page again, with the form that was wrong.
pub(super) async fn again(web: &Web, posted: &Posted, row: &ClusterRow, form: &'static str, faults: &Faults) -> Result<Outcome, Problem> {
    let view = page(web, &posted.visitor, row, &Typed { form, fields: &posted.fields, faults }).await?;
    posted.again(&view)
}

fn day(posted: &Posted, field: &'static str, faults: &mut Faults) -> BusinessDay {
    BusinessDay::parse(posted.fields.get(field)).unwrap_or_else(|| {
        faults.add(field, Fault::of(posted.say(), "value_invalid", &[]));
        BusinessDay(0)
    })
}

/// `POST /app/clusters/{code}/meters`
///
/// # Errors
/// [`Problem`].
pub async fn meter_add(State(web): State<Web>, Path(code): Path<String>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| meter_added(shared, code, posted).await).await
}

async fn meter_added(web: Web, code: String, posted: Posted) -> Result<Outcome, Problem> {
    let row = cluster(&web, &code).await?;
    let mut faults = Faults::default();
    let from = day(&posted, "from", &mut faults);
    let limit = scaled(posted.fields.get("limit"), 0).unwrap_or_else(|| {
        faults.add("limit", Fault::of(posted.say(), "value_invalid", &[]));
        0
    });
    let whose = posted.fields.get("whose");
    let role = if whose == "plant" { MeterRole::Plant } else { MeterRole::Member };
    let member = if whose.is_empty() || role == MeterRole::Plant { None } else { Some(member_no(whose)?) };
    if faults.is_empty() {
        let meter = MeterNew { serial: posted.fields.get("serial").to_owned(), role, limit: Watts(limit), member, from: Some(from) };
        match service(&web)?.meter_add(posted.visitor.actor, &row, vec![meter]).await {
            Ok(_) => return Ok(posted.done(format!("{}/group?done=meter#meters", cluster_href(row.code.as_str())))),
            Err(error) => faults = refused(posted.say(), error, &[("serial_invalid", "serial"), ("meter_taken", "serial"), ("day_past", "from")])?,
        }
    }
    again(&web, &posted, &row, "meter", &faults).await
}

/// `POST /app/clusters/{code}/meters/assign`
///
/// # Errors
/// [`Problem`].
pub async fn meter_assign(State(web): State<Web>, Path(code): Path<String>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| meter_assigned(shared, code, posted).await).await
}

async fn meter_assigned(web: Web, code: String, posted: Posted) -> Result<Outcome, Problem> {
    let row = cluster(&web, &code).await?;
    let mut faults = Faults::default();
    let from = day(&posted, "from", &mut faults);
    let meter = posted.fields.get("meter").parse().ok().and_then(|no| MeterNo::new(no).ok()).ok_or(Problem::BadAddress)?;
    let member = member_no(posted.fields.get("house"))?;
    if faults.is_empty() {
        match service(&web)?.meter_assign(posted.visitor.actor, &row, meter, member, from).await {
            Ok(()) => return Ok(posted.done(format!("{}/group?done=assigned#meters", cluster_href(row.code.as_str())))),
            Err(error) => faults = refused(posted.say(), error, &[("day_past", "from"), ("too_late", "from")])?,
        }
    }
    again(&web, &posted, &row, "assign", &faults).await
}

/// `POST /app/clusters/{code}/equipment`
///
/// # Errors
/// [`Problem`].
pub async fn asset_add(State(web): State<Web>, Path(code): Path<String>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| asset_added(shared, code, posted).await).await
}

async fn asset_added(web: Web, code: String, posted: Posted) -> Result<Outcome, Problem> {
    let row = cluster(&web, &code).await?;
    let (say, mut faults) = (posted.say(), Faults::default());
    let on = day(&posted, "on", &mut faults);
    if posted.fields.get("name").is_empty() {
        faults.add("name", Fault::of(say, "name_missing", &[]));
    }
    let cost = kwacha(posted.fields.get("cost")).unwrap_or_else(|| {
        faults.add("cost", amount_fault(say, posted.fields.get("cost")));
        quantity::Ngwee(0)
    });
    let life = match posted.fields.get("life") {
        "" => None,
        text => scaled(text, 0).or_else(|| {
            faults.add("life", Fault::of(say, "value_invalid", &[]));
            None
        }),
    };
    if faults.is_empty() {
        let (shares, whole) = shares(&web, &posted, &row).await?;
        let asset = AssetNew {
            kind: AssetKind::parse(posted.fields.get("kind")).map_err(|_| Problem::BadAddress)?,
            name: posted.fields.get("name").to_owned(),
            cost,
            life_years: life,
            commissioned_on: on,
            shares,
            whole,
        };
        match service(&web)?.asset_add(posted.visitor.actor, &row, vec![asset], key_of(&posted)).await {
            Ok(_) => return Ok(posted.done(format!("{}/group?done=equipment#equipment", cluster_href(row.code.as_str())))),
            Err(error) => faults = refused(say, error, &[("value_invalid", "cost"), ("name_invalid", "name")])?,
        }
    }
    again(&web, &posted, &row, "equipment", &faults).await
}

/// Equal shares of all homes where that was chosen; by what each paid otherwise, which is the use case's own default.
async fn shares(web: &Web, posted: &Posted, row: &ClusterRow) -> Result<(Option<Vec<(MemberNo, u64)>>, Option<u64>), ServiceError> {
    if posted.fields.get("owners") == "paid" {
        return Ok((None, None));
    }
    let homes = every_home(web, posted.visitor.actor, posted.say(), row).await?;
    let shares: Vec<_> = homes.into_iter().map(|(member, _)| (member, 1)).collect();
    let whole = u64::try_from(shares.len()).unwrap_or_default();
    Ok((Some(shares), Some(whole)))
}

/// `POST /app/clusters/{code}/equipment/{asset}/owners`
///
/// # Errors
/// [`Problem`].
pub async fn owners(State(web): State<Web>, Path((code, asset)): Path<(String, String)>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted
        .once(&web, async move |posted| {
            let row = cluster(&shared, &code).await?;
            let asset = asset.parse().ok().and_then(|no| AssetNo::new(no).ok()).ok_or(Problem::NotFound)?;
            let mut faults = Faults::default();
            let from = day(&posted, "from", &mut faults);
            let shares = owner_shares(&shared, &posted, &row).await?;
            if faults.is_empty() {
                match service(&shared)?.asset_shares_set(posted.visitor.actor, &row, asset, from, SHARES_WHOLE.unsigned_abs(), shares).await {
                    Ok(_) => return Ok(posted.done(format!("{}/group?done=equipment#equipment", cluster_href(row.code.as_str())))),
                    Err(error) => faults = refused(posted.say(), error, &[])?,
                }
            }
            again(&shared, &posted, &row, "equipment", &faults).await
        })
        .await
}

/// Parts of one million: all homes alike, or by what each has paid in.
async fn owner_shares(web: &Web, posted: &Posted, row: &ClusterRow) -> Result<Vec<(MemberNo, u64)>, Problem> {
    let homes = every_home(web, posted.visitor.actor, posted.say(), row).await?;
    let mut weights = Vec::with_capacity(homes.len());
    for (member, _) in &homes {
        let weight = match posted.fields.get("owners") {
            "paid" => service(web)?.calculate_member_returns(posted.visitor.actor, row, *member).await?.put_in.0,
            _ => 1,
        };
        weights.push(u64::try_from(weight).unwrap_or_default());
    }
    let parts = split_exact(WattHours(SHARES_WHOLE), &weights).unwrap_or_default();
    let shares = homes.into_iter().zip(parts).filter(|(_, part)| part.0 > 0);
    Ok(shares.map(|((member, _), part)| (member, part.0.unsigned_abs())).collect())
}

/// `POST /app/clusters/{code}/receipts`: cash that a member put in.
///
/// # Errors
/// [`Problem`].
pub async fn receipt(State(web): State<Web>, Path(code): Path<String>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| received(shared, code, posted).await).await
}

async fn received(web: Web, code: String, posted: Posted) -> Result<Outcome, Problem> {
    let row = cluster(&web, &code).await?;
    let (say, mut faults) = (posted.say(), Faults::default());
    let member = member_no(posted.fields.get("house"))?;
    match kwacha(posted.fields.get("amount")) {
        None => faults.add("amount", amount_fault(say, posted.fields.get("amount"))),
        Some(amount) => match service(&web)?.contribution_pay(posted.visitor.actor, &row, member, amount, key_of(&posted)).await {
            Ok(_) => {
                let home = cluster_href(row.code.as_str());
                return Ok(posted.done(format!("{home}/group?done=receipt&house={member}&amount={}#receipts", typed(amount))));
            }
            Err(error) => faults = refused(say, error, &[("contribution_over", "amount"), ("value_invalid", "amount")])?,
        },
    }
    again(&web, &posted, &row, "receipt", &faults).await
}
