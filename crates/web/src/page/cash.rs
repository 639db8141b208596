//! Cash: a member takes money out of the wallet; officers write down what they took and what they handed over.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use domain::{MemberNo, PayoutNo};
use message::{Say, number};
use quantity::BusinessDay;
use service::Payout;
use service::policy::Action;
use store::tables::{ClusterRow, PayoutState};

use super::found::key_of;
use super::group::{Typed, again, opened};
use super::{calendar, cluster, kwacha, member_no, place_frame, refused, service, typed};
use crate::form::{Choice, Choices, Fault, Faults, Fields, Form, Input};
use crate::problem::Problem;
use crate::view::frame::{Place, cluster_href};
use crate::view::sheets::{Block, Row, Sheet, SheetsView};
use crate::visitor::{Outcome, Posted, Visitor};
use crate::web::Web;

/// Payouts that a member sees at first.
const SHOWN: usize = 10;

fn href(row: &ClusterRow, member: MemberNo) -> String {
    format!("{}/members/{member}/cash", cluster_href(row.code.as_str()))
}

fn payout_no(posted: &Posted) -> Result<PayoutNo, Problem> {
    posted.fields.get("payout").parse().ok().and_then(|no| PayoutNo::new(no).ok()).ok_or(Problem::BadAddress)
}

/// `GET /app/clusters/{code}/members/{no}/cash`
///
/// # Errors
/// [`Problem`].
pub async fn show(
    State(web): State<Web>,
    visitor: Visitor,
    Path((code, no)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (row, member, say) = (cluster(&web, &code).await?, member_no(&no)?, visitor.say());
    let asked = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let done = match (asked.get("done"), kwacha(asked.get("amount"))) {
        ("asked", Some(amount)) => say.take_out_done(amount.0),
        ("cancelled", _) => say.payout_cancel_done().to_owned(),
        _ => String::new(),
    };
    let view = page(&web, &visitor, &row, member, &Fields::default(), &Faults::default()).await?;
    visitor.page(&view.done(done))
}

async fn page(web: &Web, visitor: &Visitor, row: &ClusterRow, member: MemberNo, fields: &Fields, faults: &Faults) -> Result<SheetsView, Problem> {
    let (say, use_cases) = (visitor.say(), service(web)?);
    use_cases.require(visitor.actor, row.id, Action::Pay(member)).await?;
    let money = use_cases.cash_free(visitor.actor, row, member).await?;
    let payouts = use_cases.payout_list(visitor.actor, row, Some(member)).await?;
    let mut facts = vec![(say.take_out_free().to_owned(), number::money(money.free.0), String::new())];
    if money.owed.0 > 0 {
        facts.push((say.take_out_owed().to_owned(), number::money(money.owed.0), say.take_out_owed_say().to_owned()));
    }
    let form = Form::new(say, &visitor.seal(web)?, href(row, member), say.take_out_button())
        .part(Input::text("amount", say.cash_amount()).decimal())
        .about_money()
        .filled(fields, faults);
    let sheet = Sheet::new(say.take_out()).mine().say(say.take_out_say()).with(Block::Facts(facts)).form(form);
    let mut view = SheetsView::new(place_frame(visitor, say.take_out(), row, Some(Place::Book)), say.take_out()).lead(row.name.clone()).sheet(sheet);
    if !payouts.is_empty() {
        let mut rows = Vec::with_capacity(payouts.len());
        for payout in payouts.iter().take(SHOWN) {
            let mut line = payout_row(say, row, payout, say.payout_number(&payout.row.no.to_string()));
            if payout.row.state == PayoutState::Open {
                let form = Form::button(say, &visitor.seal(web)?, format!("{}/cancel", href(row, member)), say.payout_cancel());
                line = line.form(form.hidden("payout", payout.row.no.to_string()));
            }
            rows.push(line);
        }
        view = view.beside(Sheet::new(say.take_out_mine()).mine().with(Block::Rows(rows)));
    }
    Ok(view)
}

/// A payout as a row: its amount, how far it is, and until when it waits.
fn payout_row(say: Say, row: &ClusterRow, payout: &Payout, title: String) -> Row {
    let line = Row::new(title).amount(number::money(payout.row.amount.0));
    let last = BusinessDay::of(payout.row.expires_at.plus_ms(-1), row.offset);
    match payout.row.state {
        PayoutState::Open => {
            line.note(calendar(last).map(|on| say.payout_until(on)).unwrap_or_default()).chip("is-info", "i-clock", say.payout_state_open())
        }
        PayoutState::Paid => line.chip("is-good", "i-good", say.payout_state_paid()),
        PayoutState::Cancelled => line.chip("is-info", "i-info", say.payout_state_cancelled()),
        PayoutState::Expired => line.chip("is-watch", "i-clock", say.payout_state_expired()),
    }
}

/// `POST /app/clusters/{code}/members/{no}/cash`: asks for cash.
///
/// # Errors
/// [`Problem`].
pub async fn ask(State(web): State<Web>, Path((code, no)): Path<(String, String)>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| asked(shared, code, no, posted).await).await
}

async fn asked(web: Web, code: String, no: String, posted: Posted) -> Result<Outcome, Problem> {
    let (row, member, say) = (cluster(&web, &code).await?, member_no(&no)?, posted.say());
    let mut faults = Faults::default();
    match kwacha(posted.fields.get("amount")) {
        None => faults.add("amount", Fault::of(say, "amount_invalid", &[])),
        Some(amount) => match service(&web)?.payout_ask(posted.visitor.actor, &row, member, amount, key_of(&posted)).await {
            Ok(_) => return Ok(posted.done(format!("{}?done=asked&amount={}", href(&row, member), typed(amount)))),
            Err(error) => faults = refused(say, error, &[("cash_over", "amount"), ("exceeds_credits", "amount"), ("debt_first", "amount")])?,
        },
    }
    let view = page(&web, &posted.visitor, &row, member, &posted.fields, &faults).await?;
    posted.again(&view)
}

/// `POST /app/clusters/{code}/members/{no}/cash/cancel`
///
/// # Errors
/// [`Problem`].
pub async fn cancel(State(web): State<Web>, Path((code, no)): Path<(String, String)>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted
        .once(&web, async move |posted| {
            let (row, member) = (cluster(&shared, &code).await?, member_no(&no)?);
            service(&shared)?.require(posted.visitor.actor, row.id, Action::Pay(member)).await?;
            match service(&shared)?.payout_cancel(posted.visitor.actor, &row, member, payout_no(&posted)?).await {
                Ok(_) => Ok(posted.done(format!("{}?done=cancelled", href(&row, member)))),
                Err(error) => {
                    let faults = refused(posted.say(), error, &[])?;
                    let view = page(&shared, &posted.visitor, &row, member, &Fields::default(), &faults).await?;
                    posted.again(&view)
                }
            }
        })
        .await
}

/// The sheet on which an officer writes cash down.
pub(super) async fn desk_sheet(web: &Web, visitor: &Visitor, row: &ClusterRow, typed: &Typed<'_>) -> Result<Sheet, Problem> {
    let say = visitor.say();
    let homes = service(web)?.cash_homes(visitor.actor, row).await?;
    let homes = homes.into_iter().map(|(no, alias)| Choice::new(no.to_string(), say.my_house(&alias, &no.to_string()))).collect();
    let form = Form::new(say, &visitor.seal(web)?, format!("{}/cash", cluster_href(row.code.as_str())), say.cash_button())
        .prefix("d")
        .part(Choices::list("house", say.cash_from(), homes))
        .part(Input::text("amount", say.cash_amount()).decimal())
        .part(Input::text("paper", say.desk_paper()).with("maxlength", "40").class("code"))
        .about_money();
    Ok(opened(Sheet::new(say.desk_title()).id("cash").say(say.desk_say()), say.desk_enter(), "cash", form, typed))
}

/// The sheet of the payouts that wait for an officer.
pub(super) async fn payout_sheet(web: &Web, visitor: &Visitor, row: &ClusterRow, typed: &Typed<'_>) -> Result<Sheet, Problem> {
    let say = visitor.say();
    let payouts = service(web)?.payout_list(visitor.actor, row, None).await?;
    let mut sheet = Sheet::new(say.payouts_open()).id("payouts");
    if let ("payout", Some(fault)) = (typed.form, typed.faults.first()) {
        sheet = sheet.with(Block::Note("is-bad", vec![fault.text.clone(), format!("{} {}", say.no_money_moved(), fault.code)]));
    }
    if payouts.is_empty() {
        return Ok(sheet.with(Block::Blank("i-good", say.payouts_none().to_owned(), say.payouts_none_step().to_owned())));
    }
    let action = format!("{}/payouts", cluster_href(row.code.as_str()));
    let mut rows = Vec::with_capacity(payouts.len());
    for payout in &payouts {
        let button = |act: &'static str, words: &str| -> Result<Form, Problem> {
            let form = Form::button(say, &visitor.seal(web)?, action.clone(), words);
            Ok(form.hidden("payout", payout.row.no.to_string()).hidden("house", payout.row.member.to_string()).hidden("act", act))
        };
        let title = say.my_house(&payout.alias, &payout.row.member.to_string());
        let line = payout_row(say, row, payout, title).note(say.payout_number(&payout.row.no.to_string()));
        rows.push(line.form(button("confirm", say.payout_confirm())?).form(button("cancel", say.payout_cancel())?));
    }
    Ok(sheet.say(say.payouts_open_say()).with(Block::Rows(rows)))
}

/// `POST /app/clusters/{code}/cash`: cash that an officer took.
///
/// # Errors
/// [`Problem`].
pub async fn receive(State(web): State<Web>, Path(code): Path<String>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| received(shared, code, posted).await).await
}

async fn received(web: Web, code: String, posted: Posted) -> Result<Outcome, Problem> {
    let row = cluster(&web, &code).await?;
    let (say, actor, mut faults) = (posted.say(), posted.visitor.actor, Faults::default());
    service(&web)?.require(actor, row.id, Action::CashWrite).await?;
    let member = member_no(posted.fields.get("house"))?;
    match kwacha(posted.fields.get("amount")) {
        None => faults.add("amount", Fault::of(say, "amount_invalid", &[])),
        Some(amount) => match service(&web)?.cash_receive(actor, &row, member, amount, posted.fields.get("paper"), key_of(&posted)).await {
            Ok(_) => {
                let home = cluster_href(row.code.as_str());
                return Ok(posted.done(format!("{home}/group?done=cash&house={member}&amount={}#cash", typed(amount))));
            }
            Err(error) => {
                let fields = [("cash_over", "amount"), ("exceeds_debits", "amount"), ("name_invalid", "paper"), ("reference_used", "paper")];
                faults = refused(say, error, &[&fields[..], &[("own_household", "house")]].concat())?;
            }
        },
    }
    again(&web, &posted, &row, "cash", &faults).await
}

/// `POST /app/clusters/{code}/payouts`: an officer has handed cash over, or takes a payout back.
///
/// # Errors
/// [`Problem`].
pub async fn payout(State(web): State<Web>, Path(code): Path<String>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted
        .once(&web, async move |posted| {
            let row = cluster(&shared, &code).await?;
            let (actor, is_confirmed) = (posted.visitor.actor, posted.fields.get("act") == "confirm");
            service(&shared)?.require(actor, row.id, Action::CashWrite).await?;
            let (no, member) = (payout_no(&posted)?, member_no(posted.fields.get("house"))?);
            let ended = match is_confirmed {
                true => service(&shared)?.payout_confirm(actor, &row, no).await,
                false => service(&shared)?.payout_cancel(actor, &row, member, no).await,
            };
            let home = cluster_href(row.code.as_str());
            match ended {
                Ok(payout) if is_confirmed => Ok(posted.done(format!("{home}/group?done=handed&amount={}#payouts", typed(payout.row.amount)))),
                Ok(_) => Ok(posted.done(format!("{home}/group?done=withdrawn#payouts"))),
                Err(error) => {
                    let faults = refused(posted.say(), error, &[])?;
                    again(&shared, &posted, &row, "payout", &faults).await
                }
            }
        })
        .await
}
