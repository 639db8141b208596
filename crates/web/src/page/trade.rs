//! The Trading Hub: looking, looking beforehand, placing, changing and taking back orders, standing orders, and saying what is not right.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use domain::{MemberNo, OrderNo};
use ledger::IdempotencyKey;
use market::Side;
use message::{Arg, Say};
use quantity::{DAY_MS, Instant, PricePerKwh, WattHours};
use service::policy::{Action, Actor};
use service::trade::{EXPIRY_DAYS, OrderCreate, OrderDone, OrderPreview, StandingCreate};
use service::{ServiceError, TradeError};
use store::tables::{ClusterRow, OrderState};

use super::found::key_of;
use super::{cluster, kwacha, place_frame, refused_with, scaled, service};
use crate::form::{Fault, Faults, Fields, Seals};
use crate::from_service::trading;
use crate::input::trade::{PreviewInput, TradeSide};
use crate::live::trade_shape;
use crate::problem::Problem;
use crate::routes::checked;
use crate::view::frame::{Place, trade_href};
use crate::view::sheets::{Block, Sheet, SheetsView};
use crate::view::trade::{self as view, Typed};
use crate::visitor::{Outcome, Posted, Visitor};
use crate::web::Web;

/// `GET /app/clusters/{code}/trade`
///
/// # Errors
/// [`Problem`].
pub async fn show(State(web): State<Web>, visitor: Visitor, Path(code): Path<String>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let asked = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let page = page(&web, &visitor, &code, Typed { form: "", fields: &asked, faults: &Faults::default() }).await?;
    visitor.page(&page.done(done(visitor.say(), &asked)))
}

pub(super) async fn page(web: &Web, visitor: &Visitor, code: &str, typed: Typed<'_>) -> Result<SheetsView, Problem> {
    let input = web.source().trade(visitor.actor, checked(code)?).await?.ok_or(Problem::NotFound)?;
    let mut view = view::trade(&input, &visitor.reader, &mut Seals::new(visitor.seal(web)?), typed);
    if let (Some(_), Some(market), true) = (&visitor.session, &input.market, input.rules.is_on) {
        view.frame.live = format!("{}/live", trade_href(code));
        (view.frame.shape, view.frame.after) = (trade_shape(market), input.now.now_at.to_string());
    }
    Ok(view)
}

/// What was just done, in words.
fn done(say: Say, asked: &Fields) -> String {
    let number = |name: &str| asked.get(name).parse::<i64>().unwrap_or(0);
    match asked.get("done") {
        "traded" => say.trade_done_traded(number("energy"), number("money")),
        "part" => say.trade_done_part(number("energy"), number("money")),
        "waits" => say.trade_done_waits().to_owned(),
        "held" => say.trade_done_held().to_owned(),
        "cancelled" => say.trade_done_cancelled().to_owned(),
        "on" => say.trade_done_on().to_owned(),
        "off" => say.trade_done_off().to_owned(),
        "told" => say.trade_done_told().to_owned(),
        "chosen" => say.trade_done_chosen().to_owned(),
        "given" => say.trade_done_given(number("energy"), &number("house").to_string()),
        "released" => say.trade_done_released().to_owned(),
        "refused" => say.trade_done_refused().to_owned(),
        _ => String::new(),
    }
}

/// The cluster of an address, and the member for whom the visitor trades there.
pub(super) async fn own(web: &Web, actor: Actor, code: &str) -> Result<(ClusterRow, MemberNo), Problem> {
    let row = cluster(web, code).await?;
    let standing = service(web)?.standing(actor, row.id).await?;
    match trading::home(&standing) {
        Some(member) => {
            service(web)?.require(actor, row.id, Action::Trade(member)).await?;
            Ok((row, member))
        }
        None if matches!(actor, Actor::Nobody) => Err(Problem::SignIn),
        None => Err(Problem::NotAllowed),
    }
}

/// What a use case refused, beside its field, with the figures that its text names.
pub(super) fn refused(say: Say, error: ServiceError) -> Result<Faults, Problem> {
    if let ServiceError::Trade(TradeError::CreditsShort { available: WattHours(..market::ORDER_MIN), .. }) = &error {
        let mut faults = Faults::default();
        let text = format!("{} {}", say.credits_none(), say.credits_none_step());
        faults.add("side", Fault { text, code: error.code().to_owned() });
        return Ok(faults);
    }
    let known: Vec<(&str, Arg<'static>)> = match &error {
        ServiceError::Trade(TradeError::PriceOutside { floor, ceiling }) => {
            vec![("least_ngwee", Arg::Number(floor.0)), ("most_ngwee", Arg::Number(ceiling.0))]
        }
        ServiceError::Trade(TradeError::EnergyOver { most }) => vec![("most_wh", Arg::Number(most.0))],
        ServiceError::Trade(TradeError::MoneyShort { needed, available }) => {
            vec![("free_ngwee", Arg::Number(available.0)), ("needed_ngwee", Arg::Number(needed.0))]
        }
        ServiceError::Trade(TradeError::CreditsShort { needed, available }) => {
            vec![("free_wh", Arg::Number(available.0)), ("needed_wh", Arg::Number(needed.0))]
        }
        _ => Vec::new(),
    };
    let fields = [
        ("order_price", "price"),
        ("order_price_outside", "price"),
        ("order_energy", "energy"),
        ("order_below_filled", "energy"),
        ("order_lot", "energy"),
        ("order_min", "energy"),
        ("order_energy_over", "energy"),
        ("order_money_short", "energy"),
        ("order_credits_short", "energy"),
        ("order_expiry", "days"),
        ("standing_keep", "keep"),
        ("standing_crossed", "keep"),
        ("credit_amount", "energy"),
        ("credit_short", "energy"),
        ("credit_self", "to"),
        ("member_unknown", "to"),
        ("member_left", "to"),
        ("dispute_words", "words"),
        ("disputes_too_many", "words"),
        ("trade_unknown", "trade"),
    ];
    refused_with(say, error, &fields, &known)
}

/// A price as typed, ngwee per kWh; a fault when it is none.
fn price(say: Say, fields: &Fields, faults: &mut Faults) -> PricePerKwh {
    PricePerKwh(kwacha(fields.get("price")).map_or_else(
        || {
            faults.add("price", Fault::of(say, "order_price", &[]));
            0
        },
        |amount| amount.0,
    ))
}

/// An amount of energy as typed in kWh, Wh; a fault with this code when it is none.
pub(super) fn energy(say: Say, fields: &Fields, name: &'static str, code: &str, faults: &mut Faults) -> WattHours {
    WattHours(scaled(&fields.get(name).replace(',', ""), 3).unwrap_or_else(|| {
        faults.add(name, Fault::of(say, code, &[]));
        0
    }))
}

fn side_of(side: TradeSide) -> Side {
    if side == TradeSide::Buy { Side::Buy } else { Side::Sell }
}

/// The order that a form asks for. The end is that of the page that showed the total, or else so many days from now.
fn wish(say: Say, fields: &Fields, member: MemberNo, now: Instant, key: IdempotencyKey) -> Result<OrderCreate, Faults> {
    let mut faults = Faults::default();
    let (energy, price) = (energy(say, fields, "energy", "order_energy", &mut faults), price(say, fields, &mut faults));
    let Some(side) = TradeSide::parse(fields.get("side")) else {
        faults.add("side", Fault::of(say, "choice_needed", &[]));
        return Err(faults);
    };
    let days = fields.get("days").parse().ok().filter(|days| (1..=EXPIRY_DAYS).contains(days)).unwrap_or(1);
    let end = fields.get("until").parse().ok().map_or_else(|| now.plus_ms(days * DAY_MS), Instant);
    let at_version = fields.get("version").parse().ok();
    let order = OrderCreate { member, side: side_of(side), price, energy, expires_at: Some(end), at_version, key };
    if faults.is_empty() { Ok(order) } else { Err(faults) }
}

/// `GET /app/clusters/{code}/trade/order`: what an order would do, before it is placed.
///
/// # Errors
/// [`Problem`].
pub async fn check(State(web): State<Web>, visitor: Visitor, Path(code): Path<String>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let (row, member) = own(&web, visitor.actor, &code).await?;
    visitor.page(&check_page(&web, &visitor, &row, member, &fields, false, Faults::default()).await?)
}

/// The page of an order that is not placed yet: its total, when it has one, and the form; or the form with what is wrong.
async fn check_page(
    web: &Web,
    visitor: &Visitor,
    row: &ClusterRow,
    member: MemberNo,
    fields: &Fields,
    is_changed: bool,
    mut faults: Faults,
) -> Result<SheetsView, Problem> {
    let (say, use_cases, href) = (visitor.say(), service(web)?, trade_href(row.code.as_str()));
    let mut seals = Seals::new(visitor.seal(web)?);
    let mut shown = None;
    if fields.has("side") && faults.is_empty() {
        match wish(say, fields, member, use_cases.now(), IdempotencyKey::derive(&[b"preview"])) {
            Err(found) => faults = found,
            // The version that the reader saw is compared when the order is placed.
            Ok(order) => match use_cases.order_preview(visitor.actor, row, OrderCreate { at_version: None, ..order }).await {
                Ok(preview) => shown = Some(preview_input(&order, &preview, is_changed)),
                Err(error) => faults = refused(say, error)?,
            },
        }
    }
    let rules = trading::rules(use_cases, visitor.actor, row).await?;
    let typed = Typed { form: "order", fields, faults: &faults };
    let form = view::order_form(say, &href, rules, None, None, typed).link(href.clone(), say.back());
    let title = say.order_place();
    let page = SheetsView::new(place_frame(visitor, title, row, Some(Place::Trade)), title).lead(row.name.clone());
    let Some(preview) = shown else { return Ok(page.sheet(Sheet::default().id("order").form(form))) };
    let sheet = view::check(&preview, fields.get("days"), say, &mut seals, &href);
    let headline = view::check_line(&preview, say);
    Ok(SheetsView { headline, ..page }.sheet(sheet).beside(Sheet::new(say.order_other()).id("order").form(form)))
}

fn preview_input(order: &OrderCreate, preview: &OrderPreview, is_changed: bool) -> PreviewInput {
    PreviewInput {
        side: trading::side(order.side),
        energy_wh: order.energy.0,
        price_ngwee: order.price.0,
        expires_at: order.expires_at.map_or(0, |at| at.0),
        meets: preview.trades.iter().map(|trade| (trade.price.0, trade.energy.0, trade.money.0)).collect(),
        money_ngwee: preview.money.0,
        fee_ngwee: preview.fee.0,
        rest_wh: preview.rest.0,
        rest_ngwee: match order.side {
            Side::Sell => market::trade_money(preview.rest, order.price, order.price, preview.rest).0,
            Side::Buy => market::hold(preview.rest, order.price).0,
        },
        hold: preview.hold,
        version: preview.version,
        is_changed,
    }
}

/// `POST /app/clusters/{code}/trade/order`: places an order as it was shown.
///
/// # Errors
/// [`Problem`].
pub async fn place(State(web): State<Web>, Path(code): Path<String>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| placed(shared, code, posted).await).await
}

async fn placed(web: Web, code: String, posted: Posted) -> Result<Outcome, Problem> {
    let (say, actor) = (posted.say(), posted.visitor.actor);
    let (row, member) = own(&web, actor, &code).await?;
    let order = match wish(say, &posted.fields, member, service(&web)?.now(), key_of(&posted)) {
        Ok(order) => order,
        Err(faults) => {
            let page = check_page(&web, &posted.visitor, &row, member, &posted.fields, false, faults).await?;
            return posted.again(&page);
        }
    };
    match service(&web)?.order_place(actor, &row, order).await {
        Ok(done) => {
            let to = told(&trade_href(row.code.as_str()), &done);
            Ok(posted.done(to))
        }
        Err(error) => {
            let is_changed = error.code() == "book_changed";
            let faults = if is_changed { Faults::default() } else { refused(say, error)? };
            let page = check_page(&web, &posted.visitor, &row, member, &posted.fields, is_changed, faults).await?;
            posted.again(&page)
        }
    }
}

/// Where the reader is sent after an order was placed or changed, and what is said there.
fn told(href: &str, done: &OrderDone) -> String {
    let (energy, money) = done
        .trades
        .iter()
        .fold((0_i64, 0_i64), |(energy, money), trade| (energy.saturating_add(trade.energy.0), money.saturating_add(trade.money.0)));
    match (done.order.state, energy) {
        (OrderState::Held, _) => format!("{href}?done=held#orders"),
        (_, 0) => format!("{href}?done=waits#orders"),
        (OrderState::Open, _) => format!("{href}?done=part&energy={energy}&money={money}#orders"),
        (_, _) => format!("{href}?done=traded&energy={energy}&money={money}#trades"),
    }
}

/// `POST /app/clusters/{code}/trade/standing`: the switch and the two numbers of the simple mode.
///
/// # Errors
/// [`Problem`].
pub async fn standing(State(web): State<Web>, Path(code): Path<String>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| standing_set(shared, code, posted).await).await
}

async fn standing_set(web: Web, code: String, posted: Posted) -> Result<Outcome, Problem> {
    let (say, actor) = (posted.say(), posted.visitor.actor);
    let (row, member) = own(&web, actor, &code).await?;
    let (use_cases, href) = (service(&web)?, trade_href(row.code.as_str()));
    let side = TradeSide::parse(posted.fields.get("side")).ok_or(Problem::BadAddress)?;
    if !posted.fields.has("on") {
        for standing in use_cases.standing_list(actor, &row, member).await?.iter().filter(|standing| standing.side == side_of(side)) {
            use_cases.standing_end(actor, &row, member, standing.no).await?;
        }
        return Ok(posted.done(format!("{href}?done=off#mine")));
    }
    let mut faults = Faults::default();
    let (price, keep) = (price(say, &posted.fields, &mut faults), energy(say, &posted.fields, "keep", "standing_keep", &mut faults));
    if faults.is_empty() {
        let new = StandingCreate { member, side: side_of(side), price, keep, expires_at: None, key: key_of(&posted) };
        match use_cases.standing_set(actor, &row, new).await {
            Ok(_) => return Ok(posted.done(format!("{href}?done=on#mine"))),
            Err(error) => faults = refused(say, error)?,
        }
    }
    let page = page(&web, &posted.visitor, &code, Typed { form: side.as_str(), fields: &posted.fields, faults: &faults }).await?;
    posted.again(&page)
}

pub(super) fn order_no(text: &str) -> Option<OrderNo> {
    text.parse().ok().and_then(|no| OrderNo::new(no).ok())
}

/// `POST /app/clusters/{code}/trade/cancel`: takes an order back.
///
/// # Errors
/// [`Problem`].
pub async fn cancel(State(web): State<Web>, Path(code): Path<String>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| cancelled(shared, code, posted).await).await
}

async fn cancelled(web: Web, code: String, posted: Posted) -> Result<Outcome, Problem> {
    let actor = posted.visitor.actor;
    let (row, member) = own(&web, actor, &code).await?;
    let no = order_no(posted.fields.get("order")).ok_or(Problem::BadAddress)?;
    match service(&web)?.order_cancel(actor, &row, member, no).await {
        Ok(_) => Ok(posted.done(format!("{}?done=cancelled#orders", trade_href(row.code.as_str())))),
        Err(error) => again_with(&web, &posted, &code, &refused(posted.say(), error)?).await,
    }
}

/// The hub again, with what is wrong above all of it: of a button among rows.
pub(super) async fn again_with(web: &Web, posted: &Posted, code: &str, faults: &Faults) -> Result<Outcome, Problem> {
    let mut page = page(web, &posted.visitor, code, Typed { form: "", fields: &Fields::default(), faults }).await?;
    if let Some(fault) = faults.first() {
        page.left.insert(0, Sheet::default().with(Block::Note("is-bad", vec![fault.text.clone()])));
    }
    posted.again(&page)
}

/// `GET /app/clusters/{code}/trade/orders/{no}`: the form that changes an order.
///
/// # Errors
/// [`Problem`].
pub async fn change_page(State(web): State<Web>, visitor: Visitor, Path((code, no)): Path<(String, String)>) -> Result<Response, Problem> {
    let (row, member) = own(&web, visitor.actor, &code).await?;
    let nothing = Typed { form: "", fields: &Fields::default(), faults: &Faults::default() };
    visitor.page(&changing(&web, &visitor, &row, member, &no, nothing).await?)
}

async fn changing(web: &Web, visitor: &Visitor, row: &ClusterRow, member: MemberNo, no: &str, typed: Typed<'_>) -> Result<SheetsView, Problem> {
    let (say, use_cases, href) = (visitor.say(), service(web)?, trade_href(row.code.as_str()));
    let found = use_cases.order_find(visitor.actor, row, member, order_no(no).ok_or(Problem::NotFound)?).await;
    let order = match found {
        Err(error) if error.code() == "order_unknown" => return Err(Problem::NotFound),
        found => trading::open_order(&found?),
    };
    let rules = trading::rules(use_cases, visitor.actor, row).await?;
    let sheet = view::change(&order, rules, say, &mut Seals::new(visitor.seal(web)?), &href, typed);
    let title = say.order_change_title(no);
    Ok(SheetsView::new(place_frame(visitor, &title, row, Some(Place::Trade)), title).lead(row.name.clone()).sheet(sheet))
}

/// `POST /app/clusters/{code}/trade/orders/{no}`: changes an order.
///
/// # Errors
/// [`Problem`].
pub async fn change(State(web): State<Web>, Path((code, no)): Path<(String, String)>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| changed(shared, code, no, posted).await).await
}

async fn changed(web: Web, code: String, no: String, posted: Posted) -> Result<Outcome, Problem> {
    let (say, actor) = (posted.say(), posted.visitor.actor);
    let (row, member) = own(&web, actor, &code).await?;
    let number = order_no(&no).ok_or(Problem::NotFound)?;
    let mut faults = Faults::default();
    let (energy, price) = (energy(say, &posted.fields, "energy", "order_energy", &mut faults), price(say, &posted.fields, &mut faults));
    if faults.is_empty() {
        // The form asks for what shall still be traded; what was traded when the page was drawn comes to it.
        let seen = posted.fields.get("filled").parse().unwrap_or(0);
        let whole = WattHours(energy.0.saturating_add(seen));
        match service(&web)?.order_amend(actor, &row, member, number, Some(price), Some(whole)).await {
            Ok(done) => {
                let to = told(&trade_href(row.code.as_str()), &done);
                return Ok(posted.done(to));
            }
            Err(error) => faults = refused(say, error)?,
        }
    }
    let page = changing(&web, &posted.visitor, &row, member, &no, Typed { form: "change", fields: &posted.fields, faults: &faults }).await?;
    posted.again(&page)
}

/// `POST /app/clusters/{code}/trade/dispute`: tells the officers that a trade is not right.
///
/// # Errors
/// [`Problem`].
pub async fn dispute(State(web): State<Web>, Path(code): Path<String>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted
        .once(&web, async move |posted| {
            let (say, actor) = (posted.say(), posted.visitor.actor);
            let (row, member) = own(&shared, actor, &code).await?;
            let no = posted.fields.get("trade").parse().map_err(|_| Problem::BadAddress)?;
            match service(&shared)?.trade_dispute(actor, &row, member, no, posted.fields.get("words")).await {
                Ok(()) => Ok(posted.done(format!("{}?done=told#trades", trade_href(row.code.as_str())))),
                Err(error) => {
                    let faults = refused(say, error)?;
                    let page = page(&shared, &posted.visitor, &code, Typed { form: "dispute", fields: &posted.fields, faults: &faults }).await?;
                    posted.again(&page)
                }
            }
        })
        .await
}
