//! Choosing a group and joining it, with an honest word before.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::{Admission, ClusterCode, ClusterKind, Confidence, MemberState, Region};
use message::{Arg, Say, number};
use quantity::{BusinessDay, Ngwee, WattHours};
use service::ServiceError;
use service::cluster::{Assumption, ClusterCard, ClusterJoin, Household, Joined, Payback, Verdict, VerdictAsk, VerdictOf, VerdictUse};

use store::tables::{ClusterRow, EntryRow};

use super::found::{admission_word, connection_word, key_of};
use super::start::{Step, steps};
use super::{amount_fault, calendar, kwacha, limits, refused, refused_with, service};
use crate::chart::{Houses, houses};
use crate::form::{Choice, Choices, Fault, Faults, Fields, Form, Input, encoded};
use crate::problem::{Problem, is_refusal};
use crate::text::sentence;
use crate::view::frame::{Frame, cluster_href};
use crate::view::sheets::{Block, Sheet, SheetsView};
use crate::visitor::{Outcome, Posted, Visitor};
use crate::web::Web;

/// What a home uses in a month for one kind of thing, Wh. Planning values of low confidence: a home with lights, a screen and a fridge
/// uses 40 to 90 kWh a month, one that cooks with power 200 to 400.
const USES: [(&str, i64); 4] = [("light", 8_000), ("tv", 12_000), ("fridge", 40_000), ("cook", 150_000)];

/// Which field a refused joining is about.
pub const JOIN_FIELDS: [(&str, &str); 10] = [
    ("contribution_low", "pledge"),
    ("contribution_high", "pledge"),
    ("alias_taken", "alias"),
    ("name_invalid", "alias"),
    ("serial_invalid", "meter"),
    ("meter_taken", "meter"),
    ("value_invalid", "residents"),
    ("cluster_unknown", "code"),
    ("move_same", "code"),
    ("cluster_code_invalid", "code"),
];

/// A code as people type it: small letters and spaces are forgiven.
///
/// # Errors
/// The code of what is wrong.
pub fn code_typed(text: &str) -> Result<ClusterCode, &'static str> {
    let plain = text.split_whitespace().collect::<Vec<_>>().join("-");
    ClusterCode::parse(&plain).map_err(|error| error.code())
}

/// `GET /app/start/group?code=KAB-017`
///
/// # Errors
/// [`Problem`].
pub async fn group(State(web): State<Web>, visitor: Visitor, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let asked = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let mut faults = Faults::default();
    if !asked.get("code").is_empty() {
        match code_typed(asked.get("code")) {
            Err(code) => faults.add("code", Fault::of(visitor.say(), code, &[])),
            Ok(code) => match service(&web)?.cluster_card(visitor.actor, &code).await {
                Ok(card) => return visitor.page(&card_page(&web, &visitor, &card, &asked).await?),
                Err(ServiceError::ClusterUnknown { .. }) => faults.add("code", Fault::of(visitor.say(), "cluster_unknown", &[])),
                Err(error) => return Err(error.into()),
            },
        }
    }
    visitor.page(&choose(&visitor, &asked, &faults))
}

fn choose(visitor: &Visitor, asked: &Fields, faults: &Faults) -> SheetsView {
    let say = visitor.say();
    let form = Form::question(say, "/app/start/group", say.find_by_code())
        .part(
            Input::text("code", say.join_code())
                .class("code")
                .with("maxlength", "14")
                .with("autocapitalize", "characters")
                .with("autocomplete", "off")
                .hint(say.join_code_help()),
        )
        .filled(asked, faults);
    let open = vec![("btn btn--line", "/app/start/open".to_owned(), say.join_open().to_owned())];
    let found = vec![("btn btn--line", "/app/start/found".to_owned(), say.found_group().to_owned())];
    let mut view = SheetsView::new(Frame::plain(&visitor.reader, say.group_title()), say.group_title())
        .sheet(Sheet::new(say.join_group()).form(form))
        .beside(Sheet::new(say.found_group()).say(say.start_group_say()).with(Block::Buttons(found)))
        .beside(Sheet::new(say.no_group_yet()).say(say.no_group_yet_say()).with(Block::Buttons(open)));
    view.steps = Some(steps(say, Step::Group));
    view
}

async fn card_page(web: &Web, visitor: &Visitor, card: &ClusterCard, asked: &Fields) -> Result<SheetsView, Problem> {
    let say = visitor.say();
    let needed = card.homes + card.missing;
    let label = format!("{} {}", say.homes_in(card.homes), say.homes_needed(card.missing));
    let mut facts = vec![
        (say.group_is().to_owned(), kind_word(say, card.kind).to_owned(), kind_is(say, card.kind).to_owned()),
        (say.group_wired().to_owned(), connection_word(say, card.connection).to_owned(), String::new()),
        (say.group_pledges().to_owned(), say.pledges_range(card.contribution_min.0, card.contribution_max.0), say.pledge_vote().to_owned()),
        (say.group_comes_in().to_owned(), admission_word(say, card.admission).to_owned(), String::new()),
    ];
    if card.power.0 > 0 || card.capacity.0 > 0 {
        facts.insert(2, (say.group_plant().to_owned(), say.sizes_of(card.capacity.0, card.power.0), String::new()));
    }
    let mut sheet = Sheet::new(card.name.clone()).aside(format!("{}, {}", card.code, card.place), "").with(Block::Strong(label.clone()));
    if card.homes > 0 || card.missing > 0 {
        sheet = sheet.with(Block::Picture(houses(Houses { yes: card.homes, no: 0, waiting: needed - card.homes }, &label)));
    }
    sheet = sheet.with(Block::Facts(facts));
    if let Some(known) = belonging(web, visitor, card).await? {
        sheet = belongs(say, sheet, card, known);
    } else if card.is_joinable {
        let on = format!("/app/start/home?code={}&pledge={}", card.code, encoded(asked.get("pledge")));
        sheet = sheet.with(Block::Buttons(vec![
            ("btn", on, join_words(say, card).to_owned()),
            ("btn btn--line", "/app/start/group".to_owned(), say.other_group().to_owned()),
        ]));
    } else {
        sheet = sheet.with(Block::Note("is-watch", vec![say.not_joinable().to_owned()]));
    }
    let mut view = SheetsView::new(Frame::plain(&visitor.reader, &card.name), card.name.clone()).lead(card.place.clone()).sheet(sheet);
    if card.kind != ClusterKind::Open {
        view = view.beside(verdict_sheet(web, visitor, card, asked).await?);
    }
    if card.is_modelled {
        view.frame.origin = say.origin_modelled();
    }
    view.steps = Some(steps(say, Step::Group));
    Ok(view)
}

/// The button that joins: where an officer decides, it asks.
fn join_words(say: Say, card: &ClusterCard) -> &'static str {
    match card.admission {
        Admission::ByOfficer => say.join_ask_button(),
        Admission::ByCodeWhileForming if !card.is_forming => say.join_ask_button(),
        _ => say.join_button(),
    }
}

/// What the visitor already is in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Belonging {
    Member,
    Asked,
}

async fn belonging(web: &Web, visitor: &Visitor, card: &ClusterCard) -> Result<Option<Belonging>, Problem> {
    if !visitor.is_signed_in() {
        return Ok(None);
    }
    let row = service(web)?.cluster(&card.code).await?;
    if service(web)?.standing(visitor.actor, row.id).await?.is_member() {
        return Ok(Some(Belonging::Member));
    }
    Ok(has_asked(web, visitor, &row).await?.then_some(Belonging::Asked))
}

/// Said in place of the form to join.
fn belongs(say: Say, sheet: Sheet, card: &ClusterCard, known: Belonging) -> Sheet {
    let (words, to, open) = match known {
        Belonging::Member => (say.already_member(), cluster_href(card.code.as_str()), say.open_this_group()),
        Belonging::Asked => (say.already_asked(), format!("/app/start/waiting?code={}", card.code), say.see_answer()),
    };
    let buttons = vec![("btn", to, open.to_owned()), ("btn btn--line", "/app/start/group".to_owned(), say.other_group().to_owned())];
    sheet.with(Block::Note("is-good", vec![words.to_owned()])).with(Block::Buttons(buttons))
}

fn kind_word(say: Say, kind: ClusterKind) -> &'static str {
    match kind {
        ClusterKind::Micro => say.kind_micro(),
        ClusterKind::Neighborhood => say.kind_neighborhood(),
        ClusterKind::Industrial => say.kind_industrial(),
        ClusterKind::Supply => say.kind_supply(),
        ClusterKind::Open => say.kind_open(),
    }
}

fn kind_is(say: Say, kind: ClusterKind) -> &'static str {
    match kind {
        ClusterKind::Micro => say.kind_micro_is(),
        ClusterKind::Neighborhood => say.kind_neighborhood_is(),
        ClusterKind::Industrial => say.kind_industrial_is(),
        ClusterKind::Supply => say.kind_supply_is(),
        ClusterKind::Open => say.kind_open_is(),
    }
}

/// What it would mean: the question as a form, and the answer.
async fn verdict_sheet(web: &Web, visitor: &Visitor, card: &ClusterCard, asked: &Fields) -> Result<Sheet, Problem> {
    let say = visitor.say();
    let region = service(web)?.region(&card.region)?;
    let is_asked = asked.has("use");
    let uses = |name: &str| if is_asked { asked.all("use").any(|value| value == name) } else { matches!(name, "light" | "tv") };
    let used: i64 = USES.iter().filter(|(name, _)| uses(name)).map(|(_, wh)| wh).sum();
    let pledge = kwacha(asked.get("pledge")).unwrap_or(card.contribution_min);
    let hours = asked
        .get("hours")
        .parse()
        .ok()
        .filter(|hours| region.outages.iter().any(|group| group.hours == *hours))
        .unwrap_or_else(|| usual_hours(&region));
    let word = |name: &str| match name {
        "light" => say.use_light(),
        "tv" => say.use_tv(),
        "fridge" => say.use_fridge(),
        _ => say.use_cook(),
    };
    let choices = USES.iter().map(|(name, _)| Choice::new(*name, word(name)).chosen(uses(name))).collect();
    let mut scenarios: Vec<i64> = region.outages.iter().map(|group| group.hours).collect();
    scenarios.sort_unstable();
    scenarios.dedup();
    let scenarios = scenarios.iter().map(|h| Choice::new(h.to_string(), say.scenario_hours(*h)).chosen(*h == hours)).collect();
    let form = Form::question(say, "/app/start/group", say.count_again())
        .hidden("code", card.code.to_string())
        .part(Choices::any("use", say.use_question(), choices))
        .part(Choices::list("hours", say.outage_question(), scenarios))
        .part(
            Input::text("pledge", say.pledge_amount())
                .decimal()
                .value(asked.get("pledge"))
                .optional()
                .hint(say.pledge_or_least(card.contribution_min.0, card.contribution_max.0)),
        )
        .submit_class("btn btn--line");
    let ask = VerdictAsk {
        of: VerdictOf::Cluster(card.code.clone()),
        contribution: pledge,
        usage: VerdictUse::Monthly(WattHours(used.max(1_000))),
        outage_hours: hours,
    };
    let sheet = Sheet::new(say.verdict_title()).mine();
    match service(web)?.verdict(visitor.actor, ask).await {
        Ok(verdict) => Ok(verdict_blocks(say, sheet, &verdict).form(form)),
        Err(error) if is_refusal(error.code()) => {
            let mut faults = Faults::default();
            faults.add(
                if error.code().starts_with("contribution") { "pledge" } else { "" },
                Fault::of(say, error.code(), &limits(card.contribution_min, card.contribution_max)),
            );
            Ok(sheet.form(form.filled(asked, &faults)))
        }
        Err(error) => Err(error.into()),
    }
}

/// Eight hours where the region plans with them, else the least.
fn usual_hours(region: &Region) -> i64 {
    let hours = || region.outages.iter().map(|group| group.hours);
    hours().find(|hours| *hours == 8).or_else(|| hours().min()).unwrap_or_default()
}

fn verdict_blocks(say: Say, sheet: Sheet, verdict: &Verdict) -> Sheet {
    let money = |amount: Ngwee| number::money(amount.0);
    // The plant wears out while it saves: what is left after that is what a home gains.
    let headline = match verdict.saves.map(|saves| saves.0.saturating_sub(verdict.wear.0)) {
        Some(gains) if gains > 0 => say.verdict_saves(gains),
        Some(gains) if gains < 0 => say.verdict_costs_more(gains.saturating_neg()),
        Some(_) => say.verdict_same().to_owned(),
        None => say.verdict_no_grid().to_owned(),
    };
    let mut facts = vec![
        (say.verdict_uses().to_owned(), number::kwh(verdict.used.0), say.each_month().to_owned()),
        match verdict.pays_then {
            earned if earned.0 < 0 => (say.verdict_earn().to_owned(), money(Ngwee(-earned.0)), say.verdict_earn_from().to_owned()),
            pays => (say.verdict_pay().to_owned(), money(pays), say.each_month().to_owned()),
        },
        (say.verdict_get().to_owned(), number::kwh(verdict.from_plant.0), say.verdict_get_note().to_owned()),
        (say.verdict_wear().to_owned(), money(verdict.wear), say.each_month().to_owned()),
    ];
    if let Some(saves) = verdict.saves {
        facts.insert(2, (say.verdict_before_wear().to_owned(), number::money(saves.0), say.each_month().to_owned()));
    }
    if let Some(pays_now) = verdict.pays_now {
        facts.insert(1, (say.verdict_pay_now().to_owned(), money(pays_now), say.each_month().to_owned()));
    }
    let payback = match verdict.payback {
        Payback::Days(days) => say.verdict_payback(&span(say, days)),
        Payback::NotAtThisUse => say.verdict_no_payback().to_owned(),
        Payback::NothingToCompare => say.verdict_nothing_to_compare().to_owned(),
        Payback::NothingPutIn => String::new(),
    };
    let mut sheet = sheet.with(Block::Strong(headline)).with(Block::Facts(facts));
    if verdict.outage_minutes > 0 {
        let (served, dark) = (verdict.served_minutes, verdict.outage_minutes.saturating_sub(verdict.served_minutes));
        let lines = match verdict.pays_now {
            Some(_) => [(true, say.verdict_hours(hours(served))), (false, say.verdict_dark(hours(dark)))],
            None => [(true, say.verdict_hours_alone(hours(served))), (false, say.verdict_dark_alone(hours(dark)))],
        };
        let shown = lines.into_iter().zip([served, dark]).filter(|(_, minutes)| hours(*minutes) > 0).map(|(line, _)| line);
        sheet = sheet.with(Block::Expect(shown.collect()));
    }
    let known = verdict.assumptions.iter().map(|assumption| assumed(say, assumption)).collect::<Vec<_>>();
    let mut how: Vec<Block> = vec![Block::Say(confidence(say, verdict.confidence).to_owned())];
    how.push(Block::Facts(known.into_iter().filter(|(text, ..)| !text.is_empty()).collect()));
    let class = if verdict.is_saving { "is-good" } else { "is-info" };
    let notes = [payback, say.verdict_not_promise().to_owned()].into_iter().filter(|text| !text.is_empty()).collect();
    sheet.with(Block::Note(class, notes)).with(Block::More(say.verdict_how().to_owned(), how))
}

/// Whole hours of minutes: an estimate of a month does not know more.
const fn hours(minutes: i64) -> i64 {
    minutes.saturating_add(30) / 60
}

/// Days in words, as a statement says them: years and months, at least one month.
fn span(say: Say, days: i64) -> String {
    sentence::years_months(say, (days.saturating_mul(12) / 365).max(1))
}

fn confidence(say: Say, confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => say.sure_high(),
        Confidence::Medium => say.sure_medium(),
        Confidence::Low => say.sure_low(),
    }
}

/// An assumption in words, with how sure it is.
fn assumed(say: Say, assumption: &Assumption) -> (String, String, String) {
    let value = assumption.value;
    let mut args = vec![
        ("ngwee", Arg::Number(value)),
        ("wh", Arg::Number(value)),
        ("w", Arg::Number(value)),
        ("percent", Arg::Number(value)),
        ("count", Arg::Number(value)),
    ];
    let day = i32::try_from(value).ok().and_then(|day| calendar(BusinessDay(day)));
    args.extend(day.map(|on| ("on", Arg::On(on))));
    let text = say.text(&format!("assume-{}", assumption.code), &args).unwrap_or_default();
    (text, String::new(), confidence(say, assumption.confidence).to_owned())
}

/// `GET /app/start/home?code=KAB-017`
///
/// # Errors
/// [`Problem`].
pub async fn home(State(web): State<Web>, visitor: Visitor, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    if !visitor.is_signed_in() {
        return Err(Problem::SignIn);
    }
    let asked = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let code = code_typed(asked.get("code")).map_err(|_| Problem::NotFound)?;
    let card = service(&web)?.cluster_card(visitor.actor, &code).await?;
    if let Some(known) = belonging(&web, &visitor, &card).await? {
        let sheet = belongs(visitor.say(), Sheet::default(), &card, known);
        let frame = Frame::plain(&visitor.reader, &card.name);
        return visitor.page(&SheetsView::new(frame, card.name.clone()).lead(card.place.clone()).sheet(sheet));
    }
    let view = home_page(&web, &visitor, &card, &asked, &Faults::default())?;
    visitor.page(&view)
}

fn home_page(web: &Web, visitor: &Visitor, card: &ClusterCard, fields: &Fields, faults: &Faults) -> Result<SheetsView, Problem> {
    let say = visitor.say();
    let is_open = card.kind == ClusterKind::Open;
    let mut form = Form::new(say, &visitor.seal(web)?, "/app/start/home", join_words(say, card))
        .hidden("code", card.code.to_string())
        .part(Input::text("alias", say.entry_alias()).with("maxlength", "60").hint(say.alias_help()))
        .part(Input::text("house", say.house_number()).with("maxlength", "40").optional().hint(say.house_number_help()))
        .part(Input::text("residents", say.residents()).digits(4).optional())
        .part(Input::text("meter", say.meter_serial()).with("maxlength", "40").class("code").optional().hint(say.meter_serial_help()));
    if !is_open {
        let help = say.join_pledge_help(card.contribution_min.0, card.contribution_max.0);
        form = form.part(Input::text("pledge", say.pledge_amount()).decimal().hint(help)).note(say.pledge_not_paid());
    }
    let form = form.about_money().filled(fields, faults);
    let mut view = SheetsView::new(Frame::plain(&visitor.reader, say.home_title()), say.home_title())
        .lead(format!("{}, {}", card.name, card.place))
        .sheet(Sheet::default().mine().form(form));
    view.steps = Some(steps(say, Step::Home));
    Ok(view)
}

/// `POST /app/start/home`
///
/// # Errors
/// [`Problem`].
pub async fn join(State(web): State<Web>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| joined(shared, posted).await).await
}

async fn joined(web: Web, posted: Posted) -> Result<Outcome, Problem> {
    let (say, fields) = (posted.say(), &posted.fields);
    if !posted.visitor.is_signed_in() {
        return Err(Problem::SignIn);
    }
    let code = code_typed(fields.get("code")).map_err(|_| Problem::NotFound)?;
    let card = service(&web)?.cluster_card(posted.visitor.actor, &code).await?;
    let mut faults = Faults::default();
    let contribution = match fields.get("pledge") {
        "" if card.kind == ClusterKind::Open => Some(Ngwee(0)),
        text => kwacha(text),
    };
    if contribution.is_none() {
        faults.add("pledge", amount_fault(say, fields.get("pledge")));
    }
    if fields.get("alias").is_empty() {
        faults.add("alias", Fault::of(say, "name_missing", &[]));
    }
    let residents = if fields.get("residents").is_empty() { Some(0) } else { fields.get("residents").parse().ok() };
    if residents.is_none() {
        faults.add("residents", Fault::of(say, "value_invalid", &[]));
    }
    if let (Some(contribution), Some(residents), true) = (contribution, residents, faults.is_empty()) {
        let household = Household {
            alias: fields.get("alias").to_owned(),
            kind: String::new(),
            house: fields.get("house").to_owned(),
            contribution,
            residents,
            meters: Some(fields.get("meter").to_owned()).filter(|serial| !serial.is_empty()).into_iter().collect(),
        };
        let join = ClusterJoin { code, household, move_from: None, key: key_of(&posted) };
        match service(&web)?.join_cluster(posted.visitor.actor, join).await {
            Ok(joined) => return Ok(posted.done(after(&joined))),
            Err(error) => faults = refused_with(say, error, &JOIN_FIELDS, &limits(card.contribution_min, card.contribution_max))?,
        }
    }
    let view = home_page(&web, &posted.visitor, &card, &posted.fields, &faults)?;
    posted.again(&view)
}

/// Where somebody goes who joined, or asked to.
#[must_use]
pub fn after(joined: &Joined) -> String {
    match joined.state {
        MemberState::Asked => format!("/app/start/waiting?code={}", joined.cluster.code),
        _ => format!("/app/start/tour?code={}", joined.cluster.code),
    }
}

/// `GET /app/start/waiting?code=KAB-017`
///
/// # Errors
/// [`Problem`].
pub async fn waiting(State(web): State<Web>, visitor: Visitor, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    if !visitor.is_signed_in() {
        return Err(Problem::SignIn);
    }
    let asked = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let code = code_typed(asked.get("code")).map_err(|_| Problem::NotFound)?;
    let row = service(&web)?.cluster(&code).await?;
    // Taken in meanwhile: on to the group.
    if service(&web)?.standing(visitor.actor, row.id).await?.is_member() {
        return Ok(Redirect::to(&cluster_href(code.as_str())).into_response());
    }
    if !has_asked(&web, &visitor, &row).await? {
        return Ok(Redirect::to(&format!("/app/start/home?code={code}")).into_response());
    }
    let say = visitor.say();
    let sheet =
        Sheet::default().with(Block::Blank("i-clock", say.waiting_say().to_owned(), say.waiting_money().to_owned())).with(Block::Buttons(vec![
            ("btn", "/app/notices".to_owned(), say.inbox().to_owned()),
            ("btn btn--line", "/app".to_owned(), say.my_groups().to_owned()),
        ]));
    visitor.page(&SheetsView::new(Frame::plain(&visitor.reader, &row.name), say.waiting_title(&row.name)).sheet(sheet))
}

/// Whether the visitor's own wish to join waits for an officer.
async fn has_asked(web: &Web, visitor: &Visitor, row: &ClusterRow) -> Result<bool, Problem> {
    let (id, user) = (row.id, visitor.actor.user());
    let entries: Vec<EntryRow> =
        service(web)?.store().read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.entry_list(id).await?) })).await?;
    Ok(entries.iter().any(|entry| user.is_some() && entry.user == user && entry.state == MemberState::Asked))
}

/// `GET /app/start/open`: the open market of the region.
///
/// # Errors
/// [`Problem`].
pub async fn open(State(web): State<Web>, visitor: Visitor) -> Result<Response, Problem> {
    if !visitor.is_signed_in() {
        return Err(Problem::SignIn);
    }
    let view = open_page(&web, &visitor, &Fields::default(), &Faults::default())?;
    visitor.page(&view)
}

fn open_page(web: &Web, visitor: &Visitor, fields: &Fields, faults: &Faults) -> Result<SheetsView, Problem> {
    let say = visitor.say();
    let regions = super::found::regions(web);
    let choices =
        regions.iter().map(|region| Choice::new(region.code.clone(), region.name.clone()).chosen(region.code == web.options().region)).collect();
    let form = Form::new(say, &visitor.seal(web)?, "/app/start/open", say.join_open())
        .part(Choices::list("region", say.found_region(), choices))
        .part(Input::text("alias", say.entry_alias()).with("maxlength", "60").hint(say.alias_help()))
        .part(Input::text("meter", say.meter_serial()).with("maxlength", "40").class("code").optional().hint(say.meter_serial_help()))
        .note(say.waiting_money())
        .filled(fields, faults);
    let mut view = SheetsView::new(Frame::plain(&visitor.reader, say.join_open()), say.join_open())
        .lead(say.no_group_yet_say())
        .sheet(Sheet::default().mine().form(form));
    view.steps = Some(steps(say, Step::Home));
    Ok(view)
}

/// `POST /app/start/open`
///
/// # Errors
/// [`Problem`].
pub async fn join_open(State(web): State<Web>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| opened(shared, posted).await).await
}

async fn opened(web: Web, posted: Posted) -> Result<Outcome, Problem> {
    let (say, fields) = (posted.say(), &posted.fields);
    let household = Household {
        alias: fields.get("alias").to_owned(),
        meters: Some(fields.get("meter").to_owned()).filter(|serial| !serial.is_empty()).into_iter().collect(),
        ..Household::default()
    };
    match service(&web)?.join_open(posted.visitor.actor, fields.get("region"), household, key_of(&posted)).await {
        Ok(joined) => Ok(posted.done(after(&joined))),
        Err(error) => {
            let faults = refused(say, error, &JOIN_FIELDS)?;
            let view = open_page(&web, &posted.visitor, &posted.fields, &faults)?;
            posted.again(&view)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_years_and_months_and_hours_are_whole() {
        let say = Say::default();
        assert_eq!(span(say, 1_369), "3 years 9 months");
        assert_eq!((span(say, 365), span(say, 5)), ("1 year".to_owned(), "1 month".to_owned()));
        assert_eq!((hours(10_950), hours(29), hours(0)), (183, 0, 0));
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        for text in ["KAB-017", " kab 017 ", "kab-017"] {
            assert_eq!(code_typed(text).map(|code| code.to_string()), Ok("KAB-017".to_owned()), "{text}");
        }
        assert_eq!(code_typed("x"), Err("cluster_code_invalid"));
    }
}
