//! A PIN that is forgotten or to be changed.

use axum::extract::State;
use axum::response::Response;
use domain::Msisdn;
use service::Pin;

use super::sign_in::keep;
use super::start::new_pin;
use super::{refused, service};
use crate::form::{Fault, Faults, Fields, Form, Input};
use crate::problem::Problem;
use crate::view::frame::Frame;
use crate::view::sheets::{Block, Sheet, SheetsView};
use crate::visitor::{Outcome, Posted, Visitor};
use crate::web::Web;

/// `GET /app/pin`
///
/// # Errors
/// [`Problem`].
pub async fn forgotten(State(web): State<Web>, visitor: Visitor) -> Result<Response, Problem> {
    let view = forgotten_page(&web, &visitor, &Fields::default(), &Faults::default())?;
    visitor.page(&view)
}

fn forgotten_page(web: &Web, visitor: &Visitor, typed: &Fields, faults: &Faults) -> Result<SheetsView, Problem> {
    let say = visitor.say();
    let steps = vec![
        ("i-people", say.pin_forgotten_1().to_owned(), say.pin_forgotten_1_say().to_owned()),
        ("i-phone", say.pin_forgotten_2().to_owned(), say.pin_forgotten_2_say().to_owned()),
        ("i-lock", say.pin_forgotten_3().to_owned(), say.pin_forgotten_3_say().to_owned()),
    ];
    let form = Form::new(say, &visitor.seal(web)?, "/app/pin", say.reset_set())
        .part(Input::phone("phone", say.phone()).hint(say.phone_help()))
        .part(Input::text("code", say.reset_code()).digits(8).with("autocomplete", "one-time-code").class("code"))
        .part(Input::pin("pin", say.pin_new(), true).hint(say.pin_rule()))
        .part(Input::pin("pin2", say.pin_again(), true))
        .filled(typed, faults);
    Ok(SheetsView::new(Frame::plain(&visitor.reader, say.pin_forgotten_title()), say.pin_forgotten_title())
        .lead(say.reset_say())
        .sheet(Sheet::default().with(Block::Tour(steps)))
        .beside(Sheet::new(say.reset_title()).form(form)))
}

/// `POST /app/pin`: the code and the new PIN.
///
/// # Errors
/// [`Problem`].
pub async fn reset(State(web): State<Web>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| was_reset(shared, posted).await).await
}

async fn was_reset(web: Web, mut posted: Posted) -> Result<Outcome, Problem> {
    let say = posted.say();
    if !web.tries().take(posted.visitor.address, web.now()) {
        return Err(Problem::TooOften);
    }
    let mut faults = Faults::default();
    let phone = Msisdn::parse(posted.fields.get("phone")).map_err(|error| faults.add("phone", Fault::of(say, error.code(), &[]))).ok();
    let pin = new_pin(&posted, &mut faults);
    if let (Some(phone), Some(pin)) = (phone, pin) {
        match service(&web)?.pin_reset_confirm(phone, posted.fields.get("code"), pin, &posted.visitor.device).await {
            Ok(signed) => {
                keep(&web, &mut posted, &signed).await?;
                return Ok(posted.done("/app"));
            }
            Err(error) => faults = refused(say, error, &[("code_wrong", "code"), ("pin_weak", "pin")])?,
        }
    }
    let view = forgotten_page(&web, &posted.visitor, &posted.fields, &faults)?;
    posted.again(&view)
}

/// `GET /app/me/pin`
///
/// # Errors
/// [`Problem`].
pub async fn change_page(State(web): State<Web>, visitor: Visitor) -> Result<Response, Problem> {
    if !visitor.is_signed_in() {
        return Err(Problem::SignIn);
    }
    let view = pin_page(&web, &visitor, &Faults::default())?;
    visitor.page(&view)
}

fn pin_page(web: &Web, visitor: &Visitor, faults: &Faults) -> Result<SheetsView, Problem> {
    let say = visitor.say();
    let form = Form::new(say, &visitor.seal(web)?, "/app/me/pin", say.pin_change())
        .part(Input::pin("old", say.pin_old(), false))
        .part(Input::pin("pin", say.pin_new(), true).hint(say.pin_rule()))
        .part(Input::pin("pin2", say.pin_again(), true).hint(say.pin_not_money()))
        .link("/app/me", say.cancel())
        .filled(&Fields::default(), faults);
    Ok(SheetsView::new(Frame::plain(&visitor.reader, say.pin_change()), say.pin_change()).sheet(Sheet::default().mine().form(form)))
}

/// `POST /app/me/pin`
///
/// # Errors
/// [`Problem`].
pub async fn change(State(web): State<Web>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| changed(shared, posted).await).await
}

async fn changed(web: Web, posted: Posted) -> Result<Outcome, Problem> {
    let say = posted.say();
    if !posted.visitor.is_signed_in() {
        return Err(Problem::SignIn);
    }
    let mut faults = Faults::default();
    let old = Pin::parse(posted.fields.get("old")).map_err(|error| faults.add("old", Fault::of(say, error.code(), &[]))).ok();
    let new = new_pin(&posted, &mut faults);
    if let (Some(old), Some(new)) = (old, new) {
        match service(&web)?.pin_change(posted.visitor.actor, &old, &new).await {
            Ok(()) => return Ok(posted.done("/app/me?done=pin")),
            Err(error) => faults = refused(say, error, &[("pin_wrong", "old"), ("pin_weak", "pin")])?,
        }
    }
    let view = pin_page(&web, &posted.visitor, &faults)?;
    posted.again(&view)
}
