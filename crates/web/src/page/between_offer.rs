//! An offer of the group to all others: its form, its check, and placing it.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use ledger::IdempotencyKey;
use market::Side;
use message::Say;
use service::between::OfferCreate;
use service::policy::Action;
use store::tables::ClusterRow;

use super::between::{energy, moment, price, refused, window};
use super::found::key_of;
use super::{cluster, place_frame, service};
use crate::form::{Fault, Faults, Fields, Seals};
use crate::from_service::between as from;
use crate::input::trade::TradeSide;
use crate::problem::Problem;
use crate::view::between::{self as view, OfferTyped};
use crate::view::frame::{Place, between_href};
use crate::view::sheets::{Sheet, SheetsView};
use crate::visitor::{Outcome, Posted, Visitor};
use crate::web::Web;

/// The offer that a form asks for.
fn wish(say: Say, row: &ClusterRow, fields: &Fields, key: IdempotencyKey) -> Result<OfferCreate, Faults> {
    let mut faults = Faults::default();
    let side = TradeSide::parse(fields.get("side"));
    if side.is_none() {
        faults.add("side", Fault::of(say, "choice_needed", &[]));
    }
    let from = moment(say, row, fields, ("day", "from"), &mut faults);
    // The day is told once.
    let until = moment(say, row, fields, ("day", "until"), &mut faults);
    let window = window(say, from, until, "offer_window", &mut faults);
    let energy = energy(say, row, fields, &mut faults);
    let price = price(fields, "price", Fault::of(say, "order_price", &[]), &mut faults);
    match (side, window) {
        (Some(side), Some(window)) if faults.is_empty() => {
            let side = if side == TradeSide::Sell { Side::Sell } else { Side::Buy };
            Ok(OfferCreate { side, window, energy, price, key })
        }
        _ => Err(faults),
    }
}

/// `GET /app/clusters/{code}/trade/between/offer`: the form of an offer, or what it comes to before it is placed.
///
/// # Errors
/// [`Problem`].
pub async fn check(State(web): State<Web>, visitor: Visitor, Path(code): Path<String>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let row = cluster(&web, &code).await?;
    service(&web)?.require(visitor.actor, row.id, Action::Deal).await?;
    visitor.page(&page(&web, &visitor, &row, &fields, Faults::default()).await?)
}

async fn page(web: &Web, visitor: &Visitor, row: &ClusterRow, fields: &Fields, mut faults: Faults) -> Result<SheetsView, Problem> {
    let (say, use_cases, href) = (visitor.say(), service(web)?, between_href(row.code.as_str()));
    let mut shown = None;
    if fields.has("energy") && faults.is_empty() {
        match wish(say, row, fields, IdempotencyKey::derive(&[b"preview"])) {
            Err(found) => faults = found,
            Ok(offer) => match use_cases.offer_preview(visitor.actor, row, offer).await {
                Ok(found) => shown = Some(from::offer_check(&found, row, &use_cases.line_list(visitor.actor, row).await?)),
                Err(error) => faults = refused(say, row, error)?,
            },
        }
    }
    let day = from::offer_day(row, use_cases.now()).to_string();
    let (lines, prices) = (use_cases.line_list(visitor.actor, row).await?, use_cases.line_prices(visitor.actor, row).await?);
    let partners = from::partners(row, &lines, &prices);
    let form = view::offer_form(say, &href, &partners, OfferTyped { fields, faults: &faults, day: &day }).link(href.clone(), say.back());
    let title = say.offer_title();
    let page = SheetsView::new(place_frame(visitor, title, row, Some(Place::Trade)), title).lead(row.name.clone());
    let Some(check) = shown else { return Ok(page.sheet(Sheet::default().id("offer").form(form))) };
    let sheet = view::offer_check(&check, say, &mut Seals::new(visitor.seal(web)?), &href);
    let headline = view::offer_check_line(&check, say);
    Ok(SheetsView { headline, ..page }.sheet(sheet).beside(Sheet::new(say.offer_other()).id("offer").form(form.submit_class("btn btn--line"))))
}

/// `POST /app/clusters/{code}/trade/between/offer`: puts an offer on the board as it was shown.
///
/// # Errors
/// [`Problem`].
pub async fn place(State(web): State<Web>, Path(code): Path<String>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| placed(shared, code, posted).await).await
}

async fn placed(web: Web, code: String, posted: Posted) -> Result<Outcome, Problem> {
    let (say, actor) = (posted.say(), posted.visitor.actor);
    let row = cluster(&web, &code).await?;
    service(&web)?.require(actor, row.id, Action::Deal).await?;
    let faults = match wish(say, &row, &posted.fields, key_of(&posted)) {
        Err(faults) => faults,
        Ok(offer) => match service(&web)?.offer_place(actor, &row, offer).await {
            Ok(_) => return Ok(posted.done(format!("{}?done=offer#offers", between_href(row.code.as_str())))),
            Err(error) => refused(say, &row, error)?,
        },
    };
    let page = page(&web, &posted.visitor, &row, &posted.fields, faults).await?;
    posted.again(&page)
}
