//! One home in the directory: its own entry, its offices, a new PIN, leaving and moving.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use domain::{ClusterKind, Language, MemberNo, Role, UserId};
use message::{Say, number};
use service::PinResetState;
use service::ServiceError;
use service::cluster::OWN_METERS_MAX;
use service::policy::{Action, Standing};
use service::{ClusterJoin, DirectoryFilter, EntryUpdate, Household};
use store::tables::{ClusterRow, Consents, EntryRow, MembershipRow};

use super::directory::about;
use super::found::key_of;
use super::group::today;
use super::{calendar, cluster, member_no, place_frame, practice, refused, service};
use crate::form::{Choice, Choices, Fault, Faults, Fields, Form, Input};
use crate::problem::Problem;
use crate::view::frame::{cluster_href, statement_href};
use crate::view::sheets::{Block, Row, Sheet, SheetsView};
use crate::visitor::{Outcome, Posted, Visitor};
use crate::web::Web;

fn href(row: &ClusterRow, member: MemberNo) -> String {
    format!("{}/members/{member}", cluster_href(row.code.as_str()))
}

/// `GET /app/clusters/{code}/members/{no}`
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
    let done = match asked.get("done") {
        "saved" => say.settings_saved(),
        "meter" => say.meter_added(),
        "given" => say.role_given_done(),
        "taken" => say.role_taken_done(),
        "approved" => say.reset_approved_one(),
        "sent" => say.reset_approved_two(),
        _ => "",
    };
    let view = page(&web, &visitor, &row, member, &Fields::default(), &Faults::default()).await?;
    visitor.page(&view.done(done))
}

async fn page(web: &Web, visitor: &Visitor, row: &ClusterRow, member: MemberNo, typed: &Fields, faults: &Faults) -> Result<SheetsView, Problem> {
    let say = visitor.say();
    let standing = service(web)?.require(visitor.actor, row.id, Action::DirectoryRead).await?;
    let before = MemberNo::new(member.get() - 1).ok();
    let found = service(web)?.directory(visitor.actor, row, before, 1, DirectoryFilter::default()).await?;
    let entry = found.items.into_iter().find(|entry| entry.member == member).ok_or(Problem::NotFound)?;
    let frame = place_frame(visitor, &entry.alias, row, "/members");
    let mut view = SheetsView::new(frame, say.my_house(&entry.alias, &member.to_string())).lead(about(say, &entry).join(". "));
    if standing.acts_for(member) {
        let own = service(web)?.entry_read(visitor.actor, row, member).await?;
        view = view.sheet(Sheet::new(say.entry_title()).mine().form(entry_form(web, visitor, row, &own)?.filled(typed, faults)));
        view = view.beside(Sheet::new(say.move_or_leave()).with(Block::Buttons(vec![
            ("btn btn--line", format!("{}/move", href(row, member)), say.move_group().to_owned()),
            ("btn btn--line", format!("{}/leave", href(row, member)), say.leave_group().to_owned()),
        ])));
        if row.kind == ClusterKind::Open {
            view = view.sheet(own_meters(web, visitor, row, member, typed, faults).await?);
        }
    }
    if standing.may(Action::MoneyRead(member)) {
        let book = statement_href(row.code.as_str(), member.get());
        let words = if standing.acts_for(member) { say.open_book() } else { say.open_their_book() };
        let mut sheet = Sheet::new(say.book_title()).with(Block::Buttons(vec![("btn btn--line", book, words.to_owned())]));
        if !standing.acts_for(member) {
            sheet = sheet.with(Block::Quiet(say.look_is_written().to_owned()));
        }
        view = view.beside(sheet);
    }
    officer_sheets(web, visitor, row, member, &standing, &entry.roles, view).await
}

/// The meters of a home that adds them itself, and a form for one more.
async fn own_meters(web: &Web, visitor: &Visitor, row: &ClusterRow, member: MemberNo, typed: &Fields, faults: &Faults) -> Result<Sheet, Problem> {
    let say = visitor.say();
    let mut own = service(web)?.meter_list(visitor.actor, row).await?;
    own.retain(|meter| meter.owner.is_some_and(|(owner, _)| owner == member));
    let rows = own.iter().map(|meter| Row::new(meter.meter.serial.clone())).collect();
    let sheet = Sheet::new(say.meters()).mine().with(Block::Rows(rows)).say(say.own_meters_say());
    if own.len() >= OWN_METERS_MAX {
        return Ok(sheet);
    }
    let form = Form::new(say, &visitor.seal(web)?, format!("{}/meters", href(row, member)), say.add_meter())
        .prefix("meter")
        .part(Input::text("serial", say.meter_number()).with("maxlength", "40"))
        .filled(typed, faults);
    Ok(sheet.form(form))
}

fn entry_form(web: &Web, visitor: &Visitor, row: &ClusterRow, own: &EntryRow) -> Result<Form, Problem> {
    let say = visitor.say();
    let mut languages = vec![Choice::new("", say.not_said()).chosen(own.language.is_empty())];
    languages.extend(Language::ALL.iter().map(|l| Choice::new(l.as_str(), l.own_name()).chosen(l.as_str() == own.language)));
    let consents = vec![
        Choice::new("name", say.consent_name()).chosen(own.consents.show_name),
        Choice::new("phone", say.consent_phone()).chosen(own.consents.show_phone),
        Choice::new("usage", say.consent_usage()).chosen(own.consents.show_usage),
    ];
    let residents = if own.residents > 0 { own.residents.to_string() } else { String::new() };
    Ok(Form::new(say, &visitor.seal(web)?, href(row, own.member), say.save())
        .part(Input::text("alias", say.entry_alias()).value(own.alias.clone()).with("maxlength", "60"))
        .part(Input::text("house", say.house_number()).value(own.house.clone()).with("maxlength", "40").optional())
        .part(Input::text("residents", say.residents()).value(residents).digits(4).optional())
        .part(Choices::list("language", say.entry_languages(), languages))
        .part(Input::text("skills", say.entry_skills()).value(own.skills.clone()).with("maxlength", "300").optional().hint(say.entry_skills_help()))
        .part(Choices::any("consent", say.entry_consents(), consents).hint(say.entry_consents_help())))
}

/// `POST /app/clusters/{code}/members/{no}`
///
/// # Errors
/// [`Problem`].
pub async fn save(State(web): State<Web>, Path((code, no)): Path<(String, String)>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| saved(shared, code, no, posted).await).await
}

async fn saved(web: Web, code: String, no: String, posted: Posted) -> Result<Outcome, Problem> {
    let (row, member, fields) = (cluster(&web, &code).await?, member_no(&no)?, &posted.fields);
    let shows = |what: &str| fields.all("consent").any(|value| value == what);
    let residents = match fields.get("residents") {
        "" => Some(0),
        text => text.parse().ok(),
    };
    let update = EntryUpdate {
        alias: Some(fields.get("alias").to_owned()),
        house: Some(fields.get("house").to_owned()),
        residents,
        language: Language::parse(fields.get("language")).ok(),
        skills: Some(fields.get("skills").to_owned()),
        consents: Some(Consents { show_name: shows("name"), show_phone: shows("phone"), show_usage: shows("usage") }),
    };
    let done = match residents {
        None => {
            let mut faults = Faults::default();
            faults.add("residents", Fault::of(posted.say(), "value_invalid", &[]));
            Err(faults)
        }
        Some(_) => match service(&web)?.entry_update(posted.visitor.actor, &row, member, update).await {
            Ok(_) => Ok(()),
            Err(error) => Err(refused(posted.say(), error, &[("alias_taken", "alias"), ("name_invalid", "alias"), ("value_invalid", "residents")])?),
        },
    };
    match done {
        Ok(()) => Ok(posted.done(format!("{}?done=saved", href(&row, member)))),
        Err(faults) => {
            let view = page(&web, &posted.visitor, &row, member, &posted.fields, &faults).await?;
            posted.again(&view)
        }
    }
}

/// `POST /app/clusters/{code}/members/{no}/meters`
///
/// # Errors
/// [`Problem`].
pub async fn meter(State(web): State<Web>, Path((code, no)): Path<(String, String)>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted
        .once(&web, async move |posted| {
            let (row, member) = (cluster(&shared, &code).await?, member_no(&no)?);
            match service(&shared)?.own_meter_add(posted.visitor.actor, &row, member, posted.fields.get("serial")).await {
                Ok(_) => Ok(posted.done(format!("{}?done=meter", href(&row, member)))),
                Err(error) => {
                    let faults = refused(posted.say(), error, &[("serial_invalid", "serial"), ("meter_taken", "serial")])?;
                    let view = page(&shared, &posted.visitor, &row, member, &Fields::default(), &faults).await?;
                    posted.again(&view)
                }
            }
        })
        .await
}

/// The people who act for a member, by name, with their offices; for officers who give offices.
async fn people(web: &Web, row: &ClusterRow, member: MemberNo) -> Result<Vec<(UserId, String, Vec<Role>)>, Problem> {
    let id = row.id;
    let read = service(web)?.store().read::<_, ServiceError, _>(move |tx| {
        Box::pin(async move {
            let mut people: Vec<(UserId, String, Vec<Role>)> = Vec::new();
            let rows: Vec<MembershipRow> = tx.member_users(id, member).await?;
            for held in rows {
                match people.iter_mut().find(|(user, ..)| *user == held.user) {
                    Some((_, _, roles)) => roles.push(held.role),
                    None => {
                        let name = tx.user(held.user).await?.map(|user| user.name).unwrap_or_default();
                        people.push((held.user, name, vec![held.role]));
                    }
                }
            }
            Ok(people)
        })
    });
    Ok(read.await?)
}

async fn officer_sheets(
    web: &Web,
    visitor: &Visitor,
    row: &ClusterRow,
    member: MemberNo,
    standing: &Standing,
    roles: &[Role],
    mut view: SheetsView,
) -> Result<SheetsView, Problem> {
    let say = visitor.say();
    if roles.iter().any(|role| *role != Role::Member) && !standing.may(Action::RolesWrite) {
        let rows = roles.iter().map(|role| Row::new(practice::role(say, *role)));
        view = view.sheet(Sheet::new(say.filter_role()).with(Block::Rows(rows.collect())));
    }
    if standing.may(Action::RolesWrite) {
        let mut sheet = Sheet::new(say.give_role()).aside(say.officer_part(), "");
        for (user, name, held) in people(web, row, member).await? {
            let mut line = Row::new(name).note(held.iter().map(|role| practice::role(say, *role)).collect::<Vec<_>>().join(", "));
            for role in held.iter().filter(|role| **role != Role::Member) {
                let words = say.take_role(practice::role(say, *role));
                line = line.form(role_form(web, visitor, row, member, user, words)?.hidden("role", role.as_str()).hidden("give", "no"));
            }
            let open = Role::ALL.iter().filter(|role| **role != Role::Member && !held.contains(role));
            let choices = open.map(|role| Choice::new(role.as_str(), practice::role(say, *role))).collect();
            let give = role_form(web, visitor, row, member, user, say.give_role().to_owned())?
                .hidden("give", "yes")
                .class("form form--row")
                .prefix(format!("g{user}"))
                .part(Choices::list("role", say.filter_role(), choices));
            sheet = sheet.with(Block::Rows(vec![line])).form(give);
        }
        view = view.sheet(sheet);
    }
    if standing.may(Action::PinResetApprove) && !standing.acts_for(member) {
        let mut sheet = Sheet::new(say.reset_title()).aside(say.officer_part(), "").say(say.reset_approve_say());
        for person in service(web)?.member_users(visitor.actor, row, member).await? {
            let mut line = Row::new(person.name).note(person.phone_masked);
            match person.reset {
                Some(PinResetState::WaitsForSecond { .. }) => line = line.chip("is-watch", "i-clock", say.reset_confirmed()),
                Some(PinResetState::CodeSent { .. }) => line = line.chip("is-good", "i-good", say.reset_code_sent()),
                None => {}
            }
            let form = Form::button(say, &visitor.seal(web)?, format!("{}/reset", href(row, member)), say.reset_confirm());
            sheet = sheet.with(Block::Rows(vec![line.form(form.hidden("user", person.user.to_string()))]));
        }
        view = view.beside(sheet);
    }
    Ok(view)
}

fn role_form(web: &Web, visitor: &Visitor, row: &ClusterRow, member: MemberNo, user: UserId, words: String) -> Result<Form, Problem> {
    let form = Form::button(visitor.say(), &visitor.seal(web)?, format!("{}/roles", href(row, member)), words);
    Ok(form.hidden("user", user.to_string()))
}

fn user_of(posted: &Posted) -> Result<UserId, Problem> {
    posted.fields.get("user").parse().ok().and_then(|id| UserId::new(id).ok()).ok_or(Problem::BadAddress)
}

/// `POST /app/clusters/{code}/members/{no}/roles`
///
/// # Errors
/// [`Problem`].
pub async fn role(State(web): State<Web>, Path((code, no)): Path<(String, String)>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted
        .once(&web, async move |posted| {
            let (row, member) = (cluster(&shared, &code).await?, member_no(&no)?);
            let role = Role::parse(posted.fields.get("role")).map_err(|_| Problem::BadAddress)?;
            let is_given = posted.fields.get("give") == "yes";
            service(&shared)?.role_set(posted.visitor.actor, &row, member, user_of(&posted)?, role, is_given).await?;
            Ok(posted.done(format!("{}?done={}", href(&row, member), if is_given { "given" } else { "taken" })))
        })
        .await
}

/// `POST /app/clusters/{code}/members/{no}/reset`: one officer's yes to a new PIN.
///
/// # Errors
/// [`Problem`].
pub async fn reset(State(web): State<Web>, Path((code, no)): Path<(String, String)>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted
        .once(&web, async move |posted| {
            let (row, member, user) = (cluster(&shared, &code).await?, member_no(&no)?, user_of(&posted)?);
            let state = service(&shared)?.pin_reset_approve(posted.visitor.actor, &row, member, Some(user)).await?;
            let done = match state {
                PinResetState::WaitsForSecond { .. } => "approved",
                PinResetState::CodeSent { .. } => "sent",
            };
            Ok(posted.done(format!("{}?done={done}", href(&row, member))))
        })
        .await
}

/// `GET /app/clusters/{code}/members/{no}/leave`
///
/// # Errors
/// [`Problem`].
pub async fn leave_page(State(web): State<Web>, visitor: Visitor, Path((code, no)): Path<(String, String)>) -> Result<Response, Problem> {
    let (row, member) = (cluster(&web, &code).await?, member_no(&no)?);
    let view = leaving(&web, &visitor, &row, member, &Faults::default()).await?;
    visitor.page(&view)
}

async fn leaving(web: &Web, visitor: &Visitor, row: &ClusterRow, member: MemberNo, faults: &Faults) -> Result<SheetsView, Problem> {
    let say = visitor.say();
    service(web)?.require(visitor.actor, row.id, Action::Leave(member)).await?;
    let profile = service(web)?.profile(visitor.actor).await?;
    let own = profile.memberships.iter().find(|m| m.cluster == row.id && m.member == member);
    let mut sheet = Sheet::new(say.leave_balance()).mine().say(say.leave_say());
    if let Some(own) = own {
        let facts = vec![
            (say.wallet().to_owned(), number::money(own.wallet.0), String::new()),
            (say.my_contribution().to_owned(), number::money(own.contribution.0), String::new()),
        ];
        sheet = sheet.with(Block::Facts(facts));
    }
    let form = Form::new(say, &visitor.seal(web)?, format!("{}/leave", href(row, member)), say.leave_sure())
        .submit_class("btn btn--bad")
        .link(cluster_href(row.code.as_str()), say.cancel())
        .about_money()
        .filled(&Fields::default(), faults);
    Ok(SheetsView::new(place_frame(visitor, say.leave_group(), row, ""), say.leave_group()).lead(row.name.clone()).sheet(sheet.form(form)))
}

/// `POST /app/clusters/{code}/members/{no}/leave`
///
/// # Errors
/// [`Problem`].
pub async fn leave(State(web): State<Web>, Path((code, no)): Path<(String, String)>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted
        .once(&web, async move |posted| {
            let (row, member) = (cluster(&shared, &code).await?, member_no(&no)?);
            let on = today(&shared, &row).plus_days(1);
            match service(&shared)?.member_leave(posted.visitor.actor, &row, member, on).await {
                Ok(_) => Ok(posted.done("/app?all&done=left")),
                Err(error) => {
                    let faults = refused(posted.say(), error, &[])?;
                    let view = leaving(&shared, &posted.visitor, &row, member, &faults).await?;
                    posted.again(&view)
                }
            }
        })
        .await
}

/// `GET /app/clusters/{code}/members/{no}/move`
///
/// # Errors
/// [`Problem`].
pub async fn move_page(State(web): State<Web>, visitor: Visitor, Path((code, no)): Path<(String, String)>) -> Result<Response, Problem> {
    let (row, member) = (cluster(&web, &code).await?, member_no(&no)?);
    let view = moving(&web, &visitor, &row, member, &Fields::default(), &Faults::default()).await?;
    visitor.page(&view)
}

async fn moving(web: &Web, visitor: &Visitor, row: &ClusterRow, member: MemberNo, typed: &Fields, faults: &Faults) -> Result<SheetsView, Problem> {
    let say: Say = visitor.say();
    service(web)?.require(visitor.actor, row.id, Action::Leave(member)).await?;
    let own = service(web)?.entry_read(visitor.actor, row, member).await?;
    let form = Form::new(say, &visitor.seal(web)?, format!("{}/move", href(row, member)), say.move_button())
        .part(
            Input::text("code", say.join_code())
                .class("code")
                .with("maxlength", "14")
                .with("autocapitalize", "characters")
                .hint(say.join_code_help()),
        )
        .part(Input::text("alias", say.join_household()).value(own.alias.clone()).with("maxlength", "60"))
        .part(
            Input::text("pledge", say.pledge_amount())
                .decimal()
                .value(if own.pledge.0 > 0 { super::typed(own.pledge) } else { String::new() })
                .hint(say.pledge_not_paid()),
        )
        .link(cluster_href(row.code.as_str()), say.cancel())
        .about_money()
        .filled(typed, faults);
    let since = calendar(own.asked_on).map(|on| say.member_since(on)).unwrap_or_default();
    Ok(SheetsView::new(place_frame(visitor, say.move_group(), row, ""), say.move_group())
        .lead(format!("{}, {since}", row.name))
        .sheet(Sheet::new(say.move_pick()).mine().say(say.move_say()).form(form)))
}

/// `POST /app/clusters/{code}/members/{no}/move`
///
/// # Errors
/// [`Problem`].
pub async fn move_to(State(web): State<Web>, Path((code, no)): Path<(String, String)>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| moved(shared, code, no, posted).await).await
}

async fn moved(web: Web, code: String, no: String, posted: Posted) -> Result<Outcome, Problem> {
    let (row, member, say) = (cluster(&web, &code).await?, member_no(&no)?, posted.say());
    let own = service(&web)?.entry_read(posted.visitor.actor, &row, member).await?;
    let mut faults = Faults::default();
    let to = super::join::code_typed(posted.fields.get("code")).map_err(|code| faults.add("code", Fault::of(say, code, &[]))).ok();
    let pledge = super::kwacha(posted.fields.get("pledge"));
    if pledge.is_none() {
        faults.add("pledge", Fault::of(say, "amount_invalid", &[]));
    }
    if let (Some(to), Some(contribution)) = (to, pledge) {
        let alias = posted.fields.get("alias").to_owned();
        let household = Household { alias, kind: own.kind, house: own.house, contribution, residents: own.residents, meters: Vec::new() };
        let join = ClusterJoin { code: to, household, move_from: Some((row.code.clone(), member)), key: key_of(&posted) };
        match service(&web)?.join_cluster(posted.visitor.actor, join).await {
            Ok(joined) => return Ok(posted.done(super::join::after(&joined))),
            Err(error) => faults = refused(say, error, &super::join::JOIN_FIELDS)?,
        }
    }
    let view = moving(&web, &posted.visitor, &row, member, &posted.fields, &faults).await?;
    posted.again(&view)
}
