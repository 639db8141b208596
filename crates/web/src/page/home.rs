//! The first page: one's own groups, or a welcome.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};

use service::ProfileUpdate;

use super::sign_in::LANGUAGE_SECONDS;
use super::{practice, service};
use crate::browser::{Cookie, local};
use crate::form::Fields;
use crate::problem::Problem;
use crate::view::clusters::clusters;
use crate::view::frame::{Frame, cluster_href};
use crate::view::sheets::{Block, Row, Sheet, SheetsView};
use crate::visitor::{Posted, Visitor};
use crate::web::Web;

/// `GET /app`
///
/// # Errors
/// [`Problem`].
pub async fn show(State(web): State<Web>, visitor: Visitor, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    if web.service().is_none() {
        let input = web.source().clusters(visitor.actor).await?.unwrap_or_default();
        return visitor.page(&clusters(&input, &visitor.reader));
    }
    if !visitor.is_signed_in() {
        return visitor.page(&welcome(&web, &visitor).await?);
    }
    let profile = service(&web)?.profile(visitor.actor).await?;
    let say = visitor.say();
    let asked = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let mut codes: Vec<_> = profile.memberships.iter().map(|membership| membership.code.to_string()).collect();
    codes.dedup();
    if let ([code], false) = (codes.as_slice(), asked.has("all")) {
        return Ok(Redirect::to(&cluster_href(code)).into_response());
    }
    let mut view = SheetsView::new(Frame::plain(&visitor.reader, say.my_groups()), say.hello(&profile.name));
    if asked.get("done") == "left" {
        view = view.done(say.left_done());
    }
    if visitor.is_operator() {
        let input = web.source().clusters(visitor.actor).await?.unwrap_or_default();
        return visitor.page(&clusters(&input, &visitor.reader));
    }
    view = view.sheet(groups(say, &profile).mine());
    visitor.page(&view.beside(more(say)))
}

/// The reader's groups as rows.
fn groups(say: message::Say, profile: &service::Profile) -> Sheet {
    let sheet = Sheet::new(say.my_groups());
    if profile.memberships.is_empty() {
        let buttons = vec![("btn", "/app/start/group".to_owned(), say.find_group().to_owned())];
        return sheet.with(Block::Blank("i-people", say.no_groups().to_owned(), say.no_groups_step().to_owned())).with(Block::Buttons(buttons));
    }
    let rows = profile.memberships.iter().map(|m| {
        Row::new(m.cluster_name.clone()).href(cluster_href(m.code.as_str())).note(format!(
            "{}, {}",
            m.code,
            say.my_house(&m.alias, &m.member.to_string())
        ))
    });
    sheet.with(Block::Rows(rows.collect()))
}

fn more(say: message::Say) -> Sheet {
    let buttons = vec![
        ("btn btn--line", "/app/start/group".to_owned(), say.join_group().to_owned()),
        ("btn btn--line", "/app/start/found".to_owned(), say.found_group().to_owned()),
    ];
    Sheet::new(say.another_group()).say(say.found_say()).with(Block::Buttons(buttons))
}

async fn welcome(web: &Web, visitor: &Visitor) -> Result<SheetsView, Problem> {
    let say = visitor.say();
    let begin = Sheet::default()
        .with(Block::Tour(vec![
            ("i-sun", say.promise_sun().to_owned(), say.promise_sun_say().to_owned()),
            ("i-money", say.promise_book().to_owned(), say.promise_book_say().to_owned()),
            ("i-people", say.promise_vote().to_owned(), say.promise_vote_say().to_owned()),
        ]))
        .with(Block::Buttons(vec![
            ("btn", "/app/start".to_owned(), say.sign_up().to_owned()),
            ("btn btn--line", "/app/sign-in".to_owned(), say.sign_in().to_owned()),
        ]));
    let mut view = SheetsView::new(Frame::plain(&visitor.reader, say.welcome()), say.welcome()).lead(say.welcome_say()).sheet(begin);
    if let Some(sheet) = practice::sheet(web, visitor).await? {
        view.frame.origin = say.origin_modelled();
        view = view.beside(sheet);
    }
    Ok(view)
}

/// `POST /app/language`: another language, and back to the page. The choice is the same however often it is sent. Who is signed in gets
/// text messages in it, too.
///
/// # Errors
/// [`Problem`].
pub async fn language(State(web): State<Web>, mut posted: Posted) -> Result<Response, Problem> {
    if let Ok(language) = domain::Language::parse(posted.fields.get("language")) {
        posted.set(Cookie::Language, language.as_str(), LANGUAGE_SECONDS);
        if posted.visitor.is_signed_in() {
            let update = ProfileUpdate { language: Some(language), ..ProfileUpdate::default() };
            service(&web)?.profile_update(posted.visitor.actor, update).await?;
        }
    }
    let back = back(posted.fields.get("back")).to_owned();
    Ok(posted.sent(&back))
}

/// The page to come back to: any of ours, also those before signing in.
fn back(address: &str) -> &str {
    let is_plain = address.bytes().all(|b| b.is_ascii_graphic() && b != b'\\') && !address.contains("//") && address.len() <= 300;
    let is_door = ["/app/sign-in", "/app/start", "/app/pin", "/app/sms"].iter().any(|door| address.starts_with(door));
    if is_door && is_plain { address } else { local(address) }
}
