//! Deals with one other group: proposing, looking, agreeing, other terms, saying no, taking back.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use domain::DealNo;
use ledger::IdempotencyKey;
use market::between::{DealState, Party};
use message::Say;
use quantity::{Instant, Interval, PricePerKwh, WattHours};
use service::between::{DealMove, DealOffer, DealTold, DealTotal};
use service::policy::Action;
use store::tables::ClusterRow;

use super::between::{done, energy, moment, price, refused, window};
use super::found::key_of;
use super::{cluster, place_frame, service};
use crate::form::{Fault, Faults, Fields, Seals};
use crate::from_service::between as from;
use crate::input::between::GroupDeal;
use crate::input::trade::TradeSide;
use crate::problem::Problem;
use crate::routes::checked;
use crate::view::between::{self as view, TermsTyped};
use crate::view::frame::{Place, between_href};
use crate::view::sheets::{Block, Sheet, SheetsView};
use crate::visitor::{Outcome, Posted, Visitor};
use crate::web::Web;

/// Terms as typed.
struct Terms {
    window: Interval,
    energy: WattHours,
    price: PricePerKwh,
    penalty: PricePerKwh,
    expires_at: Instant,
}

fn terms(say: Say, row: &ClusterRow, fields: &Fields, faults: &mut Faults) -> Option<Terms> {
    let energy = energy(say, row, fields, faults);
    let start = moment(say, row, fields, ("day", "from"), faults);
    let end = moment(say, row, fields, ("last", "until"), faults);
    let window = window(say, start, end, "deal_terms", faults);
    let price_of = price(fields, "price", Fault::of(say, "order_price", &[]), faults);
    let none = Fault { text: say.deal_fault_penalty_form().to_owned(), code: "deal_terms".to_owned() };
    let penalty = price(fields, "penalty", none, faults);
    let expires_at = moment(say, row, fields, ("by", "by_time"), faults);
    Some(Terms { window: window?, energy, price: price_of, penalty, expires_at: expires_at? }).filter(|_| faults.is_empty())
}

/// A new deal as typed, and the group that it is for.
async fn wish(
    web: &Web,
    say: Say,
    row: &ClusterRow,
    fields: &Fields,
    key: IdempotencyKey,
) -> Result<Result<(ClusterRow, DealOffer), Faults>, Problem> {
    let mut faults = Faults::default();
    let side = TradeSide::parse(fields.get("side"));
    if side.is_none() {
        faults.add("side", Fault::of(say, "choice_needed", &[]));
    }
    let other = match cluster(web, fields.get("other")).await {
        Err(Problem::NotFound) if fields.get("other").is_empty() => {
            faults.add("other", Fault::of(say, "choice_needed", &[]));
            None
        }
        Err(Problem::NotFound) => {
            faults.add("other", Fault { text: say.deal_fault_one().to_owned(), code: "cluster_unknown".to_owned() });
            None
        }
        other => Some(other?),
    };
    let terms = terms(say, row, fields, &mut faults);
    let (Some(side), Some(other), Some(terms)) = (side, other, terms) else { return Ok(Err(faults)) };
    let Terms { window, energy, price, penalty, expires_at } = terms;
    let side = if side == TradeSide::Sell { Party::Seller } else { Party::Buyer };
    Ok(Ok((other, DealOffer { side, window, energy, price, penalty, expires_at, key })))
}

/// `GET /app/clusters/{code}/trade/between/deal`: the form of a new deal, or what it comes to before it is proposed.
///
/// # Errors
/// [`Problem`].
pub async fn check(State(web): State<Web>, visitor: Visitor, Path(code): Path<String>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let row = cluster(&web, &code).await?;
    service(&web)?.require(visitor.actor, row.id, Action::Deal).await?;
    visitor.page(&new_page(&web, &visitor, &row, &fields, Faults::default()).await?)
}

async fn new_page(web: &Web, visitor: &Visitor, row: &ClusterRow, fields: &Fields, mut faults: Faults) -> Result<SheetsView, Problem> {
    let (say, use_cases, href) = (visitor.say(), service(web)?, between_href(row.code.as_str()));
    let title = say.deal_new();
    let page = SheetsView::new(place_frame(visitor, title, row, Some(Place::Trade)), title).lead(row.name.clone());
    let partners = from::partners(row, &use_cases.line_list(visitor.actor, row).await?, &use_cases.line_prices(visitor.actor, row).await?);
    if partners.is_empty() {
        let back = ("btn btn--line", href, say.back().to_owned());
        let blank = Block::Blank("i-neigh", say.deal_new_nobody().to_owned(), say.deal_new_nobody_step().to_owned());
        return Ok(page.sheet(Sheet::default().with(blank).with(Block::Buttons(vec![back]))));
    }
    let mut shown = None;
    // A link from the board fills fields in; only the form sends a penalty.
    if fields.has("penalty") && faults.is_empty() {
        match wish(web, say, row, fields, IdempotencyKey::derive(&[b"preview"])).await? {
            Err(found) => faults = found,
            Ok((other, new)) => match use_cases.deal_preview(visitor.actor, row, &other, new).await {
                Ok(deal) => {
                    let total = DealTotal::of(&deal.terms, None, row.step);
                    shown = Some((from::deal_of(&deal, total, new.side, &other.name, row.step), other.code.to_string()));
                }
                Err(error) => faults = refused(say, row, error)?,
            },
        }
    }
    let day = from::offer_day(row, use_cases.now());
    let days = (day.to_string(), day.previous().to_string());
    let typed = TermsTyped { fields, faults: &faults, days: (&days.0, &days.1) };
    let form = view::deal_form(say, &href, &partners, typed).link(href.clone(), say.back());
    let Some((deal, code)) = shown else { return Ok(page.sheet(Sheet::default().id("terms").form(form))) };
    let sheet = view::deal_check(&deal, Some(&code), say, &mut Seals::new(visitor.seal(web)?), &format!("{href}/deal"));
    let headline = line(&deal, say);
    Ok(SheetsView { headline, ..page }.sheet(sheet).beside(Sheet::new(say.deal_check_other()).id("terms").form(form.submit_class("btn btn--line"))))
}

/// A deal in one sentence.
fn line(deal: &GroupDeal, say: Say) -> String {
    match deal.side {
        TradeSide::Sell => say.deal_we_sell(deal.span.energy_wh, &deal.name),
        TradeSide::Buy => say.deal_we_buy(deal.span.energy_wh, &deal.name),
    }
}

/// `POST /app/clusters/{code}/trade/between/deal`: proposes a deal as it was shown.
///
/// # Errors
/// [`Problem`].
pub async fn propose(State(web): State<Web>, Path(code): Path<String>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| proposed(shared, code, posted).await).await
}

async fn proposed(web: Web, code: String, posted: Posted) -> Result<Outcome, Problem> {
    let (say, actor) = (posted.say(), posted.visitor.actor);
    let row = cluster(&web, &code).await?;
    service(&web)?.require(actor, row.id, Action::Deal).await?;
    let faults = match wish(&web, say, &row, &posted.fields, key_of(&posted)).await? {
        Err(faults) => faults,
        Ok((other, new)) => match service(&web)?.deal_offer(actor, &row, &other, new).await {
            Ok(told) => return Ok(posted.done(format!("{}?done=deal", deal_href(&row, told.row.no)))),
            Err(error) => refused(say, &row, error)?,
        },
    };
    let page = new_page(&web, &posted.visitor, &row, &posted.fields, faults).await?;
    posted.again(&page)
}

fn deal_href(row: &ClusterRow, no: DealNo) -> String {
    format!("{}/deals/{no}", between_href(row.code.as_str()))
}

fn deal_no(text: &str) -> Result<DealNo, Problem> {
    text.parse().ok().and_then(|no| DealNo::new(no).ok()).ok_or(Problem::NotFound)
}

/// `GET /app/clusters/{code}/trade/between/deals/{no}`
///
/// # Errors
/// [`Problem`].
pub async fn show(
    State(web): State<Web>,
    visitor: Visitor,
    Path((code, no)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let asked = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let page = deal_page(&web, &visitor, &code, deal_no(&no)?, &Faults::default()).await?;
    visitor.page(&page.done(done(visitor.say(), asked.get("done"))))
}

async fn deal_page(web: &Web, visitor: &Visitor, code: &str, no: DealNo, faults: &Faults) -> Result<SheetsView, Problem> {
    let input = web.source().deal(visitor.actor, checked(code)?, no.get()).await?.ok_or(Problem::NotFound)?;
    Ok(view::deal(&input, &visitor.reader, &mut Seals::new(visitor.seal(web)?), faults))
}

/// The deal for which somebody acts.
async fn acting(web: &Web, visitor: &Visitor, code: &str, no: &str) -> Result<(ClusterRow, DealTold), Problem> {
    let row = cluster(web, code).await?;
    service(web)?.require(visitor.actor, row.id, Action::Deal).await?;
    match service(web)?.deal_read(visitor.actor, &row, deal_no(no)?).await {
        Err(error) if error.code() == "deal_unknown" => Err(Problem::NotFound),
        told => Ok((row, told?)),
    }
}

/// `GET /app/clusters/{code}/trade/between/deals/{no}/accept`: what agreeing would come to.
///
/// # Errors
/// [`Problem`].
pub async fn accept(State(web): State<Web>, visitor: Visitor, Path((code, no)): Path<(String, String)>) -> Result<Response, Problem> {
    let (row, told) = acting(&web, &visitor, &code, &no).await?;
    match service(&web)?.deal_act_preview(visitor.actor, &row, told.row.no, DealMove::Accept).await {
        Ok(_) => visitor.page(&accept_page(&web, &visitor, &row, &told, false)?),
        Err(error) => {
            let faults = refused(visitor.say(), &row, error)?;
            visitor.page(&deal_page(&web, &visitor, &code, told.row.no, &faults).await?)
        }
    }
}

fn accept_page(web: &Web, visitor: &Visitor, row: &ClusterRow, told: &DealTold, is_changed: bool) -> Result<SheetsView, Problem> {
    let (say, deal) = (visitor.say(), from::told_deal(told, row, &[]));
    let sheet = view::accept(&deal, say, &mut Seals::new(visitor.seal(web)?), &between_href(row.code.as_str()), is_changed);
    let frame = place_frame(visitor, say.deal_accept_title(), row, Some(Place::Trade));
    Ok(SheetsView::new(frame, line(&deal, say)).lead(row.name.clone()).sheet(sheet))
}

/// `POST /app/clusters/{code}/trade/between/deals/{no}`: agrees, says no, or takes the own terms back.
///
/// # Errors
/// [`Problem`].
pub async fn act(State(web): State<Web>, Path((code, no)): Path<(String, String)>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| acted(shared, code, no, posted).await).await
}

async fn acted(web: Web, code: String, no: String, posted: Posted) -> Result<Outcome, Problem> {
    let (say, actor) = (posted.say(), posted.visitor.actor);
    let (row, told) = acting(&web, &posted.visitor, &code, &no).await?;
    let action = match posted.fields.get("act") {
        "accept" => DealMove::Accept,
        "decline" => DealMove::Decline,
        "withdraw" => DealMove::Withdraw,
        _ => return Err(Problem::BadAddress),
    };
    // Nobody agrees to terms that were not shown.
    let is_changed = told.row.version.to_string() != posted.fields.get("version");
    if action == DealMove::Accept && told.row.deal.state == DealState::Open && is_changed {
        return posted.again(&accept_page(&web, &posted.visitor, &row, &told, true)?);
    }
    match service(&web)?.deal_act(actor, &row, told.row.no, action, key_of(&posted)).await {
        Ok(done) => {
            let waits = action == DealMove::Accept && done.row.deal.state == DealState::Open && done.row.review.is_some();
            let word = if waits { "second" } else { posted.fields.get("act") };
            let to = format!("{}?done={word}", deal_href(&row, told.row.no));
            Ok(posted.done(to))
        }
        Err(error) => {
            let faults = refused(say, &row, error)?;
            let page = deal_page(&web, &posted.visitor, &code, told.row.no, &faults).await?;
            posted.again(&page)
        }
    }
}

/// `GET /app/clusters/{code}/trade/between/deals/{no}/counter`: the form of other terms, or what they come to before they are sent.
///
/// # Errors
/// [`Problem`].
pub async fn counter_check(
    State(web): State<Web>,
    visitor: Visitor,
    Path((code, no)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let (row, told) = acting(&web, &visitor, &code, &no).await?;
    visitor.page(&counter_page(&web, &visitor, &row, &told, &fields, Faults::default()).await?)
}

async fn counter_page(
    web: &Web,
    visitor: &Visitor,
    row: &ClusterRow,
    told: &DealTold,
    fields: &Fields,
    mut faults: Faults,
) -> Result<SheetsView, Problem> {
    let (say, use_cases, href, no) = (visitor.say(), service(web)?, between_href(row.code.as_str()), told.row.no);
    // Whoever may not say no has no turn.
    if let Err(error) = use_cases.deal_act_preview(visitor.actor, row, no, DealMove::Decline).await {
        let faults = refused(say, row, error)?;
        return deal_page(web, visitor, row.code.as_str(), no, &faults).await;
    }
    let mut shown = None;
    if fields.has("energy")
        && faults.is_empty()
        && let Some(action) = counter_of(say, row, fields, &mut faults)
    {
        match use_cases.deal_act_preview(visitor.actor, row, no, action).await {
            Ok(deal) => {
                let total = DealTotal::of(&deal.terms, None, row.step);
                shown = Some(from::deal_of(&deal, total, told.side, &told.other.name, row.step));
            }
            Err(error) => faults = refused(say, row, error)?,
        }
    }
    let typed = TermsTyped { fields, faults: &faults, days: ("", "") };
    let form = view::counter_form(&from::told_deal(told, row, &[]), say, &href, typed).link(deal_href(row, no), say.back());
    let title = say.deal_counter_title();
    let page = SheetsView::new(place_frame(visitor, title, row, Some(Place::Trade)), title).lead(say.group_deal_number(&no.to_string()));
    let Some(deal) = shown else { return Ok(page.sheet(Sheet::default().id("terms").form(form))) };
    let sheet = view::deal_check(&deal, None, say, &mut Seals::new(visitor.seal(web)?), &format!("{}/counter", deal_href(row, no)));
    let headline = line(&deal, say);
    Ok(SheetsView { headline, ..page }.sheet(sheet).beside(Sheet::new(say.deal_check_other()).id("terms").form(form.submit_class("btn btn--line"))))
}

fn counter_of(say: Say, row: &ClusterRow, fields: &Fields, faults: &mut Faults) -> Option<DealMove> {
    let Terms { window, energy, price, penalty, expires_at } = terms(say, row, fields, faults)?;
    Some(DealMove::Counter { window, energy, price, penalty, expires_at })
}

/// `POST /app/clusters/{code}/trade/between/deals/{no}/counter`: names other terms as they were shown.
///
/// # Errors
/// [`Problem`].
pub async fn counter(State(web): State<Web>, Path((code, no)): Path<(String, String)>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| countered(shared, code, no, posted).await).await
}

async fn countered(web: Web, code: String, no: String, posted: Posted) -> Result<Outcome, Problem> {
    let (say, actor) = (posted.say(), posted.visitor.actor);
    let (row, told) = acting(&web, &posted.visitor, &code, &no).await?;
    let mut faults = Faults::default();
    if let Some(action) = counter_of(say, &row, &posted.fields, &mut faults) {
        match service(&web)?.deal_act(actor, &row, told.row.no, action, key_of(&posted)).await {
            Ok(_) => return Ok(posted.done(format!("{}?done=counter", deal_href(&row, told.row.no)))),
            Err(error) => faults = refused(say, &row, error)?,
        }
    }
    let page = counter_page(&web, &posted.visitor, &row, &told, &posted.fields, faults).await?;
    posted.again(&page)
}
