//! Where one is signed in, and signing out there.

use axum::extract::State;
use axum::response::Response;
use domain::SessionNo;

use super::service;
use crate::browser::Cookie;
use crate::form::Form;
use crate::problem::Problem;
use crate::view::frame::Frame;
use crate::view::sheets::{Block, Row, Sheet, SheetsView};
use crate::visitor::{Posted, Visitor};
use crate::web::Web;

/// `GET /app/sessions`
///
/// # Errors
/// [`Problem`].
pub async fn show(State(web): State<Web>, visitor: Visitor) -> Result<Response, Problem> {
    let say = visitor.say();
    let sessions = service(&web)?.session_list(visitor.actor).await?;
    let mut rows = Vec::new();
    for session in sessions {
        let device = if session.device.is_empty() { say.session_device().to_owned() } else { session.device };
        let mut row = Row::new(device).note(say.session_since(session.created_at.0)).note(say.session_used(session.last_seen_at.0));
        if session.is_current {
            row = row.chip("is-good", "i-good", say.session_this());
        } else {
            let seal = visitor.seal(&web)?;
            row = row.form(Form::button(say, &seal, "/app/sessions/end", say.session_end()).hidden("session", session.no.to_string()));
        }
        rows.push(row);
    }
    let all = Form::new(say, &visitor.seal(&web)?, "/app/sessions/end-all", say.session_end_all())
        .submit_class("btn btn--bad")
        .link("/app/me", say.back_to_my_page());
    let view = SheetsView::new(Frame::plain(&visitor.reader, say.sessions()), say.sessions())
        .lead(say.sessions_say())
        .sheet(Sheet::default().with(Block::Rows(rows)).form(all));
    visitor.page(&view)
}

/// `POST /app/sessions/end`
///
/// # Errors
/// [`Problem`].
pub async fn end(State(web): State<Web>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted
        .once(&web, async move |posted| {
            let number = posted.fields.get("session").parse().ok().and_then(|no| SessionNo::new(no).ok()).ok_or(Problem::BadAddress)?;
            match service(&shared)?.session_end(posted.visitor.actor, number).await {
                // Already out is what was wanted.
                Err(error) if error.code() != "session_unknown" => Err(error.into()),
                _ => Ok(posted.done("/app/sessions")),
            }
        })
        .await
}

/// `POST /app/sessions/end-all`: here too.
///
/// # Errors
/// [`Problem`].
pub async fn end_all(State(web): State<Web>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted
        .once(&web, async move |mut posted| {
            service(&shared)?.session_end_all(posted.visitor.actor).await?;
            posted.set(Cookie::Session, "", 0);
            Ok(posted.done("/app/sign-in?done=out"))
        })
        .await
}
