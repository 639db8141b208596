//! Signing in and out.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::Msisdn;
use service::{Pin, SignedIn};

use super::{refused, service};
use crate::browser::{Cookie, local};
use crate::form::{Fault, Faults, Fields, Form, Input, Seal};
use crate::problem::Problem;
use crate::view::frame::Frame;
use crate::view::sheets::{Block, Sheet, SheetsView};
use crate::visitor::{Outcome, Posted, Visitor};
use crate::web::Web;

/// How long a language chosen is remembered, in seconds: a year.
pub const LANGUAGE_SECONDS: i64 = 31_536_000;

/// `GET /app/sign-in`
///
/// # Errors
/// [`Problem`].
pub async fn show(State(web): State<Web>, visitor: Visitor, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let asked = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let next = local(asked.get("next"));
    if visitor.is_signed_in() {
        return Ok(Redirect::to(next).into_response());
    }
    let done = match asked.get("done") {
        "out" => visitor.say().signed_out(),
        "pin" => visitor.say().reset_done(),
        _ => "",
    };
    let view = page(&visitor, &visitor.seal(&web)?, next, &Fields::default(), &Faults::default());
    visitor.page(&view.done(done))
}

fn page(visitor: &Visitor, seal: &Seal, next: &str, typed: &Fields, faults: &Faults) -> SheetsView {
    let say = visitor.say();
    let form = Form::new(say, seal, "/app/sign-in", say.sign_in())
        .part(Input::phone("phone", say.phone()).hint(say.phone_help()))
        .part(Input::pin("pin", say.pin(), false).hint(say.pin_paste()))
        .hidden("next", next)
        .link("/app/pin", say.pin_forgotten())
        .note(say.stay_signed_in())
        .filled(typed, faults);
    let new = Sheet::new(say.no_account()).say(say.new_here_say()).with(Block::Buttons(vec![(
        "btn btn--line",
        "/app/start".to_owned(),
        say.sign_up().to_owned(),
    )]));
    SheetsView::new(Frame::plain(&visitor.reader, say.sign_in()), say.sign_in()).sheet(Sheet::default().form(form)).beside(new)
}

/// `POST /app/sign-in`
///
/// # Errors
/// [`Problem`].
pub async fn post(State(web): State<Web>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| signed_in(shared, posted).await).await
}

async fn signed_in(web: Web, mut posted: Posted) -> Result<Outcome, Problem> {
    let say = posted.say();
    if !web.tries().take(posted.visitor.address, web.now()) {
        return Err(Problem::TooOften);
    }
    let next = local(posted.fields.get("next")).to_owned();
    let mut faults = Faults::default();
    let phone = Msisdn::parse(posted.fields.get("phone")).map_err(|error| faults.add("phone", Fault::of(say, error.code(), &[])));
    let pin = Pin::parse(posted.fields.get("pin")).map_err(|error| faults.add("pin", Fault::of(say, error.code(), &[])));
    if let (Ok(phone), Ok(pin)) = (phone, pin) {
        match service(&web)?.session_create(phone, &pin, &posted.visitor.device).await {
            Ok(signed) => {
                keep(&web, &mut posted, &signed).await?;
                return Ok(posted.done(next));
            }
            Err(error) => faults = refused(say, error, &[])?,
        }
    }
    let view = page(&posted.visitor, &posted.visitor.seal(&web)?, &next, &posted.fields, &faults);
    posted.again(&view)
}

/// Keeps a session in the browser, with its user's language.
///
/// # Errors
/// [`Problem`].
pub async fn keep(web: &Web, posted: &mut Posted, signed: &SignedIn) -> Result<(), Problem> {
    let seconds = signed.expires_at.0.saturating_sub(web.now().0) / 1_000;
    posted.set(Cookie::Session, &signed.token, seconds);
    let actor = service(web)?.actor(&signed.token).await?;
    let profile = service(web)?.profile(actor).await?;
    posted.set(Cookie::Language, profile.language.as_str(), LANGUAGE_SECONDS);
    Ok(())
}

/// `POST /app/sign-out`
///
/// # Errors
/// [`Problem`].
pub async fn out(State(web): State<Web>, mut posted: Posted) -> Result<Response, Problem> {
    if let service::policy::Actor::User { session, .. } = posted.visitor.actor {
        service(&web)?.session_end(posted.visitor.actor, session).await?;
    }
    posted.set(Cookie::Session, "", 0);
    posted.set(Cookie::Begin, "", 0);
    Ok(posted.sent("/app/sign-in?done=out"))
}
