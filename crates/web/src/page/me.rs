//! One's own page: name, language, groups, votes, who looked.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use domain::{Language, Operator};
use message::Say;
use service::{Membership, Profile, ProfileUpdate};

use super::sign_in::LANGUAGE_SECONDS;
use super::start::languages;
use super::{calendar, practice, refused, service};
use crate::browser::Cookie;
use crate::form::{Choice, Choices, Faults, Fields, Form, Input};
use crate::problem::Problem;
use crate::view::frame::{Frame, cluster_href, statement_href};
use crate::view::sheets::{Block, Row, Sheet, SheetsView};
use crate::visitor::{Outcome, Posted, Visitor};
use crate::web::Web;

/// `GET /app/me`
///
/// # Errors
/// [`Problem`].
pub async fn show(State(web): State<Web>, visitor: Visitor, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let asked = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let say = visitor.say();
    let done = match asked.get("done") {
        "saved" => say.settings_saved(),
        "pin" => say.pin_changed(),
        _ => "",
    };
    let view = page(&web, &visitor, &Fields::default(), &Faults::default()).await?;
    visitor.page(&view.done(done))
}

async fn page(web: &Web, visitor: &Visitor, typed: &Fields, faults: &Faults) -> Result<SheetsView, Problem> {
    let say = visitor.say();
    let profile = service(web)?.profile(visitor.actor).await?;
    let form = Form::new(say, &visitor.seal(web)?, "/app/me", say.save())
        .part(Input::text("name", say.my_name()).value(profile.name.clone()).with("autocomplete", "name").with("maxlength", "60"))
        .part(languages(say, profile.language).hint(say.profile_language_say()))
        .part(operators(say, profile.operator))
        .filled(typed, faults);
    let account = Sheet::new(say.profile()).aside(profile.phone.masked(), "").mine().form(form).with(Block::Buttons(vec![
        ("btn btn--line", "/app/me/pin".to_owned(), say.pin_change().to_owned()),
        ("btn btn--line", "/app/sessions".to_owned(), say.sessions().to_owned()),
        ("btn btn--line", "/app/alerts".to_owned(), say.price_alerts().to_owned()),
    ]));
    let mut view =
        SheetsView::new(Frame::plain(&visitor.reader, say.profile()), profile.name.clone()).sheet(groups(say, &profile).mine()).sheet(account);
    view = view.beside(votes(say, &profile));
    view = view.beside(looks(web, visitor, &profile).await?);
    Ok(view)
}

fn operators(say: Say, chosen: Option<Operator>) -> Choices {
    let word = |operator| match operator {
        Operator::Airtel => say.operator_airtel(),
        Operator::Mtn => say.operator_mtn(),
        Operator::Zamtel => say.operator_zamtel(),
        Operator::Zedmobile => say.operator_zedmobile(),
    };
    let mut choices: Vec<Choice> =
        Operator::ALL.iter().map(|operator| Choice::new(operator.as_str(), word(*operator)).chosen(chosen == Some(*operator))).collect();
    choices.push(Choice::new("none", say.operator_none()).chosen(chosen.is_none()));
    Choices::list("operator", say.my_wallet_operator(), choices)
}

fn groups(say: Say, profile: &Profile) -> Sheet {
    let sheet = Sheet::new(say.my_groups());
    let find = vec![("btn btn--line", "/app/start/group".to_owned(), say.find_group().to_owned())];
    if profile.memberships.is_empty() {
        return sheet.with(Block::Blank("i-people", say.no_groups().to_owned(), say.no_groups_step().to_owned())).with(Block::Buttons(find));
    }
    let mut sheet = sheet;
    for (at, membership) in profile.memberships.iter().enumerate() {
        if at > 0 {
            sheet = sheet.with(Block::Heading(String::new()));
        }
        sheet = group(say, sheet, membership);
    }
    sheet
}

fn group(say: Say, sheet: Sheet, m: &Membership) -> Sheet {
    let home = cluster_href(m.code.as_str());
    let own = format!("{home}/members/{}", m.member);
    let roles = m.roles.iter().map(|role| practice::role(say, *role)).collect::<Vec<_>>().join(", ");
    let since = calendar(m.since).map(|on| say.member_since(on)).unwrap_or_default();
    let mut row =
        Row::new(m.cluster_name.clone()).href(home).note(format!("{}, {}", m.code, say.my_house(&m.alias, &m.member.to_string()))).note(since);
    if let Some(on) = m.left_on.and_then(calendar) {
        row = row.chip("is-flat", "i-silent", say.member_until(on));
    }
    let facts = vec![
        (say.my_roles().to_owned(), roles, String::new()),
        (
            say.my_contribution().to_owned(),
            put_in(say, m),
            if m.pledge > m.contribution { say.pledge_open(m.pledge.0 - m.contribution.0) } else { String::new() },
        ),
        (say.wallet().to_owned(), message::number::money(m.wallet.0), String::new()),
    ];
    let sheet = sheet.with(Block::Rows(vec![row])).with(Block::Facts(facts)).with(Block::Buttons(vec![
        ("btn", statement_href(m.code.as_str(), m.member.get()), say.open_book().to_owned()),
        ("btn btn--line", own.clone(), say.my_entry().to_owned()),
    ]));
    if m.left_on.is_some() {
        return sheet;
    }
    sheet.with(Block::More(
        say.move_or_leave().to_owned(),
        vec![Block::Buttons(vec![
            ("btn btn--line", format!("{own}/move"), say.move_group().to_owned()),
            ("btn btn--line", format!("{own}/leave"), say.leave_group().to_owned()),
        ])],
    ))
}

/// What a home put in, beside what it promised where that is more.
pub fn put_in(say: Say, m: &Membership) -> String {
    if m.pledge > m.contribution { say.paid_of_pledge(m.contribution.0, m.pledge.0) } else { message::number::money(m.contribution.0) }
}

fn votes(say: Say, profile: &Profile) -> Sheet {
    let sheet = Sheet::new(say.my_votes());
    if profile.votes.is_empty() {
        return sheet.with(Block::Blank("i-check", say.no_votes().to_owned(), String::new()));
    }
    let rows = profile.votes.iter().map(|vote| Row::new(format!("{} {}", vote.cluster, vote.proposal)).note(vote.choice.clone()));
    sheet.with(Block::Rows(rows.collect()))
}

/// Looks shown of each membership.
const LOOKS_SHOWN: u32 = 10;

async fn looks(web: &Web, visitor: &Visitor, profile: &Profile) -> Result<Sheet, Problem> {
    let say = visitor.say();
    let mut rows = Vec::new();
    for m in profile.memberships.iter().filter(|m| m.left_on.is_none()) {
        let row = service(web)?.cluster(&m.code).await?;
        for look in service(web)?.looks_list(visitor.actor, &row, m.member, None, LOOKS_SHOWN).await? {
            let what = match look.action.as_str() {
                "money_read" | "orders_read" => say.look_money(),
                "readings_read" => say.look_readings(),
                _ => say.look_ledger(),
            };
            rows.push(Row::new(say.look_who(what, &look.who)).note(say.weekday_date_clock(look.at.0)).note(m.cluster_name.clone()));
        }
    }
    let sheet = Sheet::new(say.my_data_looks());
    if rows.is_empty() {
        return Ok(sheet.with(Block::Blank("i-lock", say.no_looks().to_owned(), String::new())));
    }
    Ok(sheet.with(Block::Rows(rows)))
}

/// `POST /app/me`
///
/// # Errors
/// [`Problem`].
pub async fn save(State(web): State<Web>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| saved(shared, posted).await).await
}

async fn saved(web: Web, mut posted: Posted) -> Result<Outcome, Problem> {
    let say = posted.say();
    let update = ProfileUpdate {
        name: Some(posted.fields.get("name").to_owned()),
        language: Language::parse(posted.fields.get("language")).ok(),
        operator: posted.fields.has("operator").then(|| Operator::parse(posted.fields.get("operator")).ok()),
    };
    match service(&web)?.profile_update(posted.visitor.actor, update).await {
        Ok(profile) => {
            posted.set(Cookie::Language, profile.language.as_str(), LANGUAGE_SECONDS);
            Ok(posted.done("/app/me?done=saved"))
        }
        Err(error) => {
            let faults = refused(say, error, &[("name_invalid", "name")])?;
            let view = page(&web, &posted.visitor, &posted.fields, &faults).await?;
            posted.again(&view)
        }
    }
}
