//! The Trading Hub: the choice for the surplus, gifts of energy credits, and what officers decide about held orders.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use domain::MemberNo;
use message::Say;
use quantity::WattHours;
use service::policy::Action;
use service::trade::ReviewDecision;
use service::{DirectoryFilter, ServiceError};
use store::tables::{ClusterRow, SurplusChoice};

use super::found::key_of;
use super::trade::{again_with, energy, order_no, own, page, refused};
use super::{cluster, place_frame, service};
use crate::form::{Fault, Faults, Fields, Seals};
use crate::problem::Problem;
use crate::view::frame::{Place, trade_href};
use crate::view::sheets::{Sheet, SheetsView};
use crate::view::trade::{self as view, Typed};
use crate::visitor::{Outcome, Posted, Visitor};
use crate::web::Web;

/// `POST /app/clusters/{code}/trade/surplus`: what happens with the surplus from the next day on.
///
/// # Errors
/// [`Problem`].
pub async fn surplus(State(web): State<Web>, Path(code): Path<String>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| surplus_set(shared, code, posted).await).await
}

async fn surplus_set(web: Web, code: String, posted: Posted) -> Result<Outcome, Problem> {
    let (say, actor) = (posted.say(), posted.visitor.actor);
    let (row, member) = own(&web, actor, &code).await?;
    let faults = match SurplusChoice::parse(posted.fields.get("choice")) {
        Some(choice) => match service(&web)?.surplus_choice_set(actor, &row, member, choice).await {
            Ok(_) => return Ok(posted.done(format!("{}?done=chosen#surplus", trade_href(row.code.as_str())))),
            Err(error) => refused(say, error)?,
        },
        None => {
            let mut faults = Faults::default();
            faults.add("choice", Fault::of(say, "choice_needed", &[]));
            faults
        }
    };
    let page = page(&web, &posted.visitor, &code, Typed { form: "surplus", fields: &posted.fields, faults: &faults }).await?;
    posted.again(&page)
}

/// A gift as typed: to whom, and how much.
fn wish(say: Say, fields: &Fields) -> Result<(MemberNo, WattHours), Faults> {
    let mut faults = Faults::default();
    let to = fields.get("to").parse().ok().and_then(|no| MemberNo::new(no).ok());
    if to.is_none() {
        faults.add("to", Fault::of(say, "member_unknown", &[]));
    }
    let energy = energy(say, fields, "energy", "credit_amount", &mut faults);
    match to {
        Some(to) if faults.is_empty() => Ok((to, energy)),
        _ => Err(faults),
    }
}

/// `GET /app/clusters/{code}/trade/gift`: a gift before it is given, with the name of who gets it.
///
/// # Errors
/// [`Problem`].
pub async fn gift_check(State(web): State<Web>, visitor: Visitor, Path(code): Path<String>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let (row, _) = own(&web, visitor.actor, &code).await?;
    visitor.page(&gift_page(&web, &visitor, &row, &fields, Faults::default()).await?)
}

/// The gift with its button; or, when something is wrong or nothing was typed yet, the form.
async fn gift_page(web: &Web, visitor: &Visitor, row: &ClusterRow, fields: &Fields, mut faults: Faults) -> Result<SheetsView, Problem> {
    let (say, href) = (visitor.say(), trade_href(row.code.as_str()));
    let title = say.gift();
    let page = SheetsView::new(place_frame(visitor, title, row, Some(Place::Trade)), title).lead(row.name.clone());
    if fields.has("to") && faults.is_empty() {
        match wish(say, fields) {
            Ok((to, energy)) => match name(web, visitor, row, to).await? {
                Some(name) => {
                    let mut seals = Seals::new(visitor.seal(web)?);
                    return Ok(page.sheet(view::gift_check(to.get(), &name, energy.0, say, &mut seals, &href)));
                }
                None => faults.add("to", Fault::of(say, "member_unknown", &[])),
            },
            Err(found) => faults = found,
        }
    }
    let form = view::gift_form(say, &href).filled(fields, &faults).link(href, say.back());
    Ok(page.sheet(Sheet::default().mine().form(form)))
}

/// The name that a home has chosen for others.
async fn name(web: &Web, visitor: &Visitor, row: &ClusterRow, member: MemberNo) -> Result<Option<String>, Problem> {
    let before = MemberNo::new(member.get() - 1).ok();
    let found = service(web)?.directory(visitor.actor, row, before, 1, DirectoryFilter::default()).await?;
    Ok(found.items.into_iter().find(|entry| entry.member == member).map(|entry| entry.alias))
}

/// `POST /app/clusters/{code}/trade/gift`: gives energy credits to another home.
///
/// # Errors
/// [`Problem`].
pub async fn gift(State(web): State<Web>, Path(code): Path<String>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| given(shared, code, posted).await).await
}

async fn given(web: Web, code: String, posted: Posted) -> Result<Outcome, Problem> {
    let (say, actor) = (posted.say(), posted.visitor.actor);
    let (row, member) = own(&web, actor, &code).await?;
    let faults = match wish(say, &posted.fields) {
        Ok((to, energy)) => match service(&web)?.credit_give(actor, &row, member, to, energy, key_of(&posted)).await {
            Ok(given) => {
                let href = trade_href(row.code.as_str());
                return Ok(posted.done(format!("{href}?done=given&energy={}&house={to}#surplus", given.energy.0)));
            }
            Err(error) => refused(say, error)?,
        },
        Err(faults) => faults,
    };
    let page = gift_page(&web, &posted.visitor, &row, &posted.fields, faults).await?;
    posted.again(&page)
}

/// `POST /app/clusters/{code}/trade/review`: an officer lets a held order go on, or refuses it.
///
/// # Errors
/// [`Problem`].
pub async fn review(State(web): State<Web>, Path(code): Path<String>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| reviewed(shared, code, posted).await).await
}

async fn reviewed(web: Web, code: String, posted: Posted) -> Result<Outcome, Problem> {
    let (say, actor) = (posted.say(), posted.visitor.actor);
    let (row, use_cases) = (cluster(&web, &code).await?, service(&web)?);
    use_cases.require(actor, row.id, Action::OrdersReview).await?;
    let no = order_no(posted.fields.get("order")).ok_or(Problem::BadAddress)?;
    let (decision, done) = match posted.fields.get("decision") {
        "release" => (ReviewDecision::Release, "released"),
        "refuse" => (ReviewDecision::Refuse, "refused"),
        _ => return Err(Problem::BadAddress),
    };
    match use_cases.order_review(actor, &row, no, decision).await {
        Ok(_) => Ok(posted.done(format!("{}?done={done}#held", trade_href(row.code.as_str())))),
        Err(error) => again_with(&web, &posted, &code, &not_decided(say, error)?).await,
    }
}

/// Why a held order stays as it is, told to the officer: the texts for who placed it are about the reader's own wallet.
fn not_decided(say: Say, error: ServiceError) -> Result<Faults, Problem> {
    let code = error.code();
    let mut faults = refused(say, error)?;
    let text = match code {
        "order_unknown" | "order_own" | "order_not_held" | "trading_off" => return Ok(faults),
        "order_money_short" | "order_credits_short" => say.held_short(),
        _ => say.held_cannot(),
    };
    faults = Faults::default();
    faults.add("", Fault { text: text.to_owned(), code: code.to_owned() });
    Ok(faults)
}
