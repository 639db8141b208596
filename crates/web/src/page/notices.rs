//! What a user was told, and what went out to phones.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use domain::{MemberNo, NoticeNo, UserId};
use message::Say;
use service::policy::{Action, Actor, Standing};
use service::{Invitation, Notice, PinResetState, notice_text};
use store::tables::{NoticeArg, SmsState};

use super::{cluster, service};
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
    let done = match asked.get("done") {
        "accepted" => say.invitation_accepted(),
        "refused" => say.invitation_refused(),
        "waits" => say.reset_approved_alone(),
        "sent" => say.reset_approved_two(),
        _ => "",
    };
    let mut view = SheetsView::new(Frame::plain(&visitor.reader, say.inbox()), String::new()).done(done);
    for invitation in service(&web)?.invitation_list(visitor.actor).await? {
        view = view.sheet(invitation_sheet(&web, &visitor, &invitation)?);
    }
    let is_operator = matches!(visitor.actor, Actor::User { is_operator: true, .. });
    let mut sheet = Sheet::new(say.inbox()).mine();
    if notices.is_empty() {
        sheet = sheet.with(Block::Blank("i-msg", say.inbox_empty().to_owned(), String::new()));
    } else {
        let mut rows = Vec::new();
        for notice in &notices {
            let wish = person_of(notice).filter(|_| is_operator);
            let form = wish
                .map(|user| Ok::<_, Problem>(Form::button(say, &visitor.seal(&web)?, "/app/pin/approve", say.reset_confirm()).hidden("user", user)));
            let row = row(say, notice);
            rows.push(match form.transpose()? {
                Some(form) => row.form(form),
                None => row,
            });
        }
        sheet = sheet.with(Block::Rows(rows));
    }
    if !unread.is_empty() {
        let numbers = unread.iter().map(|notice| notice.no.to_string()).collect::<Vec<_>>().join(" ");
        sheet = sheet.form(Form::new(say, &visitor.seal(&web)?, "/app/notices", say.inbox_read()).hidden("notices", numbers));
    }
    if let (Some(last), true) = (notices.last(), notices.len() == SHOWN as usize) {
        let older = format!("/app/notices?before={}", last.no);
        sheet = sheet.with(Block::Buttons(vec![("btn btn--line", older, say.inbox_older().to_owned())]));
    }
    sheet = sheet.with(Block::Buttons(vec![("btn btn--line", "/app/alerts".to_owned(), say.price_alerts().to_owned())]));
    view.headline = match i64::try_from(unread.len()).unwrap_or(i64::MAX) {
        0 => say.inbox().to_owned(),
        count => say.inbox_new(count),
    };
    visitor.page(&view.sheet(sheet))
}

/// Whose new PIN a notice to an operator asks for.
fn person_of(notice: &Notice) -> Option<String> {
    match notice.args.get("person") {
        Some(NoticeArg::Text(user)) if notice.kind == "reset-asked-operator" => Some(user.clone()),
        _ => None,
    }
}

fn invitation_sheet(web: &Web, visitor: &Visitor, invitation: &Invitation) -> Result<Sheet, Problem> {
    let say = visitor.say();
    let mut forms = Vec::new();
    for (answer, words) in [("yes", say.invitation_accept()), ("no", say.invitation_refuse())] {
        let form = Form::button(say, &visitor.seal(web)?, "/app/invitations", words);
        let form = form.hidden("cluster", invitation.cluster.to_string()).hidden("house", invitation.member.to_string());
        forms.push(form.hidden("answer", answer));
    }
    let until = say.weekday_date_clock(invitation.expires_at.0);
    Ok(Sheet::new(say.invitation_title())
        .mine()
        .say(say.invitation_say(&invitation.alias, &invitation.cluster_name, &invitation.invited_by))
        .with(Block::Quiet(say.invitation_until(&until)))
        .with(Block::Actions(forms)))
}

/// `POST /app/invitations`: the reader's answer to a household.
///
/// # Errors
/// [`Problem`].
pub async fn answer(State(web): State<Web>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted
        .once(&web, async move |posted| {
            if !posted.visitor.is_signed_in() {
                return Err(Problem::SignIn);
            }
            let row = cluster(&shared, posted.fields.get("cluster")).await?;
            let member = posted.fields.get("house").parse().ok().and_then(|no| MemberNo::new(no).ok()).ok_or(Problem::NotFound)?;
            let is_accepted = posted.fields.get("answer") == "yes";
            service(&shared)?.invitation_answer(posted.visitor.actor, &row, member, is_accepted).await?;
            Ok(posted.done(if is_accepted { "/app/notices?done=accepted" } else { "/app/notices?done=refused" }))
        })
        .await
}

/// `POST /app/pin/approve`: an operator's yes to a new PIN for a person whom two treasurers cannot help.
///
/// # Errors
/// [`Problem`].
pub async fn approve(State(web): State<Web>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted
        .once(&web, async move |posted| {
            service(&shared)?.require_anywhere(posted.visitor.actor, Action::Operate).await?;
            let user = posted.fields.get("user").parse().ok().and_then(|id| UserId::new(id).ok()).ok_or(Problem::BadAddress)?;
            let state = service(&shared)?.pin_reset_approve_alone(posted.visitor.actor, user).await?;
            let is_sent = matches!(state, PinResetState::CodeSent { .. });
            Ok(posted.done(if is_sent { "/app/notices?done=sent" } else { "/app/notices?done=waits" }))
        })
        .await
}

fn row(say: Say, notice: &Notice) -> Row {
    let text = notice_text(say, notice).unwrap_or_else(|| {
        tracing::error!(kind = notice.kind, notice = %notice.no, "a notice has no words in the catalogue");
        say.notice_without_words().to_owned()
    });
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
            // A code that is over is wiped from its text.
            row.code = if text.body.is_empty() { say.sms_code_over().to_owned() } else { text.body.clone() };
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
