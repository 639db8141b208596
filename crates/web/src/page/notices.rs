//! What a user was told, and what went out to phones.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use domain::NoticeNo;
use message::Say;
use service::policy::{Action, Actor, Standing};
use service::{Notice, notice_text};
use store::tables::SmsState;

use super::service;
use crate::form::{Fields, Form};
use crate::problem::Problem;
use crate::view::frame::Frame;
use crate::view::sheets::{Block, Row, Sheet, SheetsView};
use crate::visitor::{Posted, Visitor};
use crate::web::Web;

/// Notices on one page.
const SHOWN: u32 = 50;

/// `GET /app/notices`
///
/// # Errors
/// [`Problem`].
pub async fn show(State(web): State<Web>, visitor: Visitor, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let say = visitor.say();
    let asked = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let before = asked.get("before").parse().ok().and_then(|no| NoticeNo::new(no).ok());
    let notices = service(&web)?.notice_list(visitor.actor, before, SHOWN).await?;
    let unread: Vec<&Notice> = notices.iter().filter(|notice| notice.read_at.is_none()).collect();
    let mut sheet = Sheet::new(say.inbox()).mine();
    if notices.is_empty() {
        sheet = sheet.with(Block::Blank("i-msg", say.inbox_empty().to_owned(), String::new()));
    } else {
        sheet = sheet.with(Block::Rows(notices.iter().map(|notice| row(say, notice)).collect()));
    }
    if !unread.is_empty() {
        let numbers = unread.iter().map(|notice| notice.no.to_string()).collect::<Vec<_>>().join(" ");
        sheet = sheet.form(Form::new(say, &visitor.seal(&web)?, "/app/notices", say.inbox_read()).hidden("notices", numbers));
    }
    if let (Some(last), true) = (notices.last(), notices.len() == SHOWN as usize) {
        let older = format!("/app/notices?before={}", last.no);
        sheet = sheet.with(Block::Buttons(vec![("btn btn--line", older, say.inbox_older().to_owned())]));
    }
    let headline = match i64::try_from(unread.len()).unwrap_or(i64::MAX) {
        0 => say.inbox().to_owned(),
        count => say.inbox_new(count),
    };
    visitor.page(&SheetsView::new(Frame::plain(&visitor.reader, say.inbox()), headline).sheet(sheet))
}

fn row(say: Say, notice: &Notice) -> Row {
    let text = notice_text(say, notice).unwrap_or_else(|| notice.kind.clone());
    let mut row = Row::new(text).note(say.weekday_date_clock(notice.created_at.0));
    if notice.read_at.is_none() {
        row.class = "new";
        row = row.chip("is-info", "i-info", say.inbox_unread());
    }
    row
}

/// `POST /app/notices`: marks what the page showed as read.
///
/// # Errors
/// [`Problem`].
pub async fn read(State(web): State<Web>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted
        .once(&web, async move |posted| {
            let numbers = posted.fields.get("notices").split(' ').filter_map(|no| NoticeNo::new(no.parse().ok()?).ok());
            let numbers: Vec<NoticeNo> = numbers.take(service::NOTICES_MAX).collect();
            service(&shared)?.notices_read(posted.visitor.actor, &numbers).await?;
            Ok(posted.done("/app/notices"))
        })
        .await
}

/// `GET /app/sms`: for the operator; in a practice run for everybody, so that codes can be read without a phone.
///
/// # Errors
/// [`Problem`].
pub async fn sms(State(web): State<Web>, visitor: Visitor) -> Result<Response, Problem> {
    let say = visitor.say();
    let is_practice = web.options().practice.is_some();
    let actor = if is_practice { Actor::System } else { visitor.actor };
    Standing::stranger(actor).require(Action::Operate).map_err(service::ServiceError::from)?;
    let texts = service(&web)?.sms_list(actor, None, SHOWN).await?;
    let mut sheet = Sheet::default();
    if texts.is_empty() {
        sheet = sheet.with(Block::Blank("i-phone", say.sms_none().to_owned(), String::new()));
    } else {
        let rows = texts.iter().map(|text| {
            let number = if is_practice { text.to.spoken() } else { text.to.masked() };
            let mut row = Row::new(say.sms_to(&number)).note(say.weekday_date_clock(text.created_at.0));
            row.code.clone_from(&text.body);
            match text.state {
                SmsState::Sent => row.chip("is-good", "i-good", say.sms_state_sent()),
                SmsState::Waiting => row.chip("is-info", "i-clock", say.sms_state_waiting()),
                SmsState::Failed => row.chip("is-bad", "i-bad", say.sms_state_failed()),
            }
        });
        sheet = sheet.with(Block::Rows(rows.collect()));
    }
    let mut frame = Frame::plain(&visitor.reader, say.sms_page());
    if is_practice {
        frame.origin = say.origin_modelled();
    }
    visitor.page(&SheetsView::new(frame, say.sms_page()).lead(say.sms_page_say()).sheet(sheet.with(Block::Buttons(vec![back(&visitor)]))))
}

/// Where somebody reads a text message for: the first run that waits for its code, or else the first page.
fn back(visitor: &Visitor) -> (&'static str, String, String) {
    let say = visitor.say();
    let (to, words) = match visitor.begun {
        Some(_) if !visitor.is_signed_in() => ("/app/start/code", say.back_to_code()),
        _ => ("/app", say.back()),
    };
    ("btn btn--line", to.to_owned(), words.to_owned())
}
