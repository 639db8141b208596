//! The member directory: who is there, as far as each home agreed; who asks to come in.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use domain::{MemberNo, Role};
use message::Say;
use service::ServiceError;
use service::policy::{Action, Actor, Standing};
use service::{DirectoryEntry, DirectoryFilter, Reliability};
use store::tables::ClusterRow;

use super::{calendar, cluster, member_no, place_frame, practice, service};
use crate::form::{Choice, Choices, Fields, Form, Input, encoded};
use crate::problem::Problem;
use crate::view::frame::{Place, cluster_href, statement_href};
use crate::view::sheets::{Block, Row, Sheet, SheetsView};
use crate::visitor::{Posted, Visitor};
use crate::web::Web;

/// Homes on one page.
const SHOWN: u32 = 100;

/// Pages read for a list of all homes.
const PAGES_MAX: usize = 10;

/// `GET /app/clusters/{code}/members?find=ladder&role=technician&after=100`
///
/// # Errors
/// [`Problem`].
pub async fn show(State(web): State<Web>, visitor: Visitor, Path(code): Path<String>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let (row, say) = (cluster(&web, &code).await?, visitor.say());
    let asked = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let standing = service(&web)?.require(visitor.actor, row.id, Action::DirectoryRead).await?;
    let filter =
        DirectoryFilter { text: Some(asked.get("find").to_owned()).filter(|text| !text.is_empty()), role: Role::parse(asked.get("role")).ok() };
    let is_filtered = filter != DirectoryFilter::default();
    let after = asked.get("after").parse().ok().and_then(|no| MemberNo::new(no).ok());
    let found = service(&web)?.directory(visitor.actor, &row, after, SHOWN, filter).await?;
    let card = service(&web)?.cluster_card(visitor.actor, &row.code).await?;
    let base = format!("{}/members", cluster_href(row.code.as_str()));
    let mut list = Sheet::default().form(filter_form(say, &base, &asked));
    if found.items.is_empty() && is_filtered {
        list = list.with(Block::Blank("i-people", say.no_match().to_owned(), say.no_match_step().to_owned()));
    } else if found.items.is_empty() {
        list = list.with(Block::Blank("i-people", say.no_homes().to_owned(), say.no_homes_step().to_owned()));
    } else {
        list = list.with(Block::Rows(found.items.iter().map(|entry| home(say, &row, &standing, entry)).collect()));
    }
    if let Some(next) = found.next {
        let more = format!("{base}?after={next}&find={}&role={}", encoded(asked.get("find")), encoded(asked.get("role")));
        list = list.with(Block::Buttons(vec![("btn btn--line", more, say.next_page().to_owned())]));
    }
    list = list.with(Block::Print(say.print_list().to_owned()));
    let mut view =
        SheetsView::new(place_frame(&visitor, say.directory(), &row, Some(Place::Homes)), say.directory_title(card.homes)).lead(say.directory_say());
    if standing.may(Action::Admit) {
        view = askers(&web, &visitor, &row, view).await?;
    }
    view = view.sheet(list);
    if let Some((own, _)) = standing.roles.first() {
        let buttons = vec![
            ("btn", statement_href(row.code.as_str(), own.get()), say.open_book().to_owned()),
            ("btn btn--line", format!("{base}/{own}"), say.edit_entry().to_owned()),
        ];
        view = view.beside(Sheet::new(say.my_entry()).mine().with(Block::Buttons(buttons)));
    }
    view.columns = "cols cols--list";
    visitor.page(&view)
}

fn filter_form(say: Say, base: &str, asked: &Fields) -> Form {
    let mut roles = vec![Choice::new("", say.filter_any())];
    roles.extend(Role::ALL.iter().filter(|role| **role != Role::Member).map(|role| Choice::new(role.as_str(), practice::role(say, *role))));
    Form::question(say, base, say.show_list())
        .class("form form--row only-screen")
        .submit_class("btn btn--line")
        .part(Input::text("find", say.find_help()).with("maxlength", "60"))
        .part(Choices::list("role", say.filter_role(), roles))
        .filled(asked, &crate::form::Faults::default())
}

fn home(say: Say, row: &ClusterRow, standing: &Standing, entry: &DirectoryEntry) -> Row {
    let mut line = Row::new(say.my_house(&entry.alias, &entry.member.to_string()));
    if standing.acts_for(entry.member) || standing.may(Action::RolesWrite) || standing.may(Action::PinResetApprove) {
        line = line.href(format!("{}/members/{}", cluster_href(row.code.as_str()), entry.member));
    } else if standing.may(Action::MoneyRead(entry.member)) {
        line = line.href(statement_href(row.code.as_str(), entry.member.get()));
    }
    for note in about(say, entry) {
        line = line.note(note);
    }
    for role in entry.roles.iter().filter(|role| **role != Role::Member) {
        line = line.chip("is-info", "i-person", practice::role(say, *role));
    }
    if standing.acts_for(entry.member) {
        line.class = "mine";
    }
    line
}

/// What a home shows of itself, a line for each kind of thing.
pub fn about(say: Say, entry: &DirectoryEntry) -> Vec<String> {
    let since = calendar(entry.since).map(|on| say.member_since(on));
    let read = match entry.days_read {
        (_, 0) => say.read_new().to_owned(),
        (whole, all) => say.read_days(all, whole),
    };
    let who = [entry.name.clone(), entry.house.clone(), since, Some(read)].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let can = [entry.language.map(|language| language.own_name().to_owned()), entry.skills.clone()].into_iter().flatten().collect::<Vec<_>>();
    let phone = entry.phone.map(domain::Msisdn::spoken).unwrap_or_default();
    let used = entry.usage.and_then(|usage| Some(say.used_in(calendar(usage.month)?.calendar_month(), usage.used.0))).unwrap_or_default();
    let sold = match entry.reliability {
        Reliability { sales: 0, .. } => String::new(),
        Reliability { ppm: None, sales } => say.sales_new(sales),
        Reliability { ppm: Some(ppm), sales } => say.sales_known(sales, ppm),
    };
    vec![who, can.join(", "), phone, used, sold].into_iter().filter(|line| !line.is_empty()).collect()
}

async fn askers(web: &Web, visitor: &Visitor, row: &ClusterRow, view: SheetsView) -> Result<SheetsView, Problem> {
    let say = visitor.say();
    let askers = service(web)?.askers(visitor.actor, row).await?;
    if askers.is_empty() {
        return Ok(view);
    }
    let mut rows = Vec::new();
    for asker in askers {
        let base = format!("{}/members/{}", cluster_href(row.code.as_str()), asker.member);
        let line = Row::new(asker.alias.clone())
            .note(asker.house.clone())
            .note(say.promised(asker.pledge.0))
            .note(calendar(asker.asked_on).map(|on| say.asked_on(on)).unwrap_or_default())
            .form(Form::button(say, &visitor.seal(web)?, format!("{base}/admit"), say.admit()).submit_class("btn btn--small"))
            .form(Form::button(say, &visitor.seal(web)?, format!("{base}/refuse"), say.refuse()).submit_class("btn btn--bad btn--small"));
        rows.push(line);
    }
    Ok(view.sheet(Sheet::new(say.askers()).id("askers").with(Block::Rows(rows))))
}

/// Every home as number and words, for lists to choose from.
///
/// # Errors
/// What the use case says.
pub async fn every_home(web: &Web, actor: Actor, say: Say, row: &ClusterRow) -> Result<Vec<(MemberNo, String)>, ServiceError> {
    let Some(use_cases) = web.service() else { return Ok(Vec::new()) };
    let (mut homes, mut after) = (Vec::new(), None);
    for _ in 0..PAGES_MAX {
        let page = use_cases.directory(actor, row, after, SHOWN, DirectoryFilter::default()).await?;
        homes.extend(page.items.iter().map(|entry| (entry.member, say.my_house(&entry.alias, &entry.member.to_string()))));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(homes)
}

/// `POST /app/clusters/{code}/members/{no}/admit`
///
/// # Errors
/// [`Problem`].
pub async fn admit(State(web): State<Web>, Path((code, no)): Path<(String, String)>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted
        .once(&web, async move |posted| {
            let row = cluster(&shared, &code).await?;
            service(&shared)?.member_admit(posted.visitor.actor, &row, member_no(&no)?).await?;
            Ok(posted.done(format!("{}/members", cluster_href(row.code.as_str()))))
        })
        .await
}

/// `POST /app/clusters/{code}/members/{no}/refuse`
///
/// # Errors
/// [`Problem`].
pub async fn refuse(State(web): State<Web>, Path((code, no)): Path<(String, String)>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted
        .once(&web, async move |posted| {
            let row = cluster(&shared, &code).await?;
            service(&shared)?.member_refuse(posted.visitor.actor, &row, member_no(&no)?).await?;
            Ok(posted.done(format!("{}/members", cluster_href(row.code.as_str()))))
        })
        .await
}
