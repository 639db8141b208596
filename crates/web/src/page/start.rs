//! First run: language, phone, the code from the SMS with name and PIN, then a group.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::{ClusterCode, Language, Msisdn};
use message::Say;
use service::{Pin, RegistrationConfirm};

use super::sign_in::{LANGUAGE_SECONDS, keep};
use super::{place_frame, refused, service};
use crate::browser::Cookie;
use crate::form::{Choice, Choices, Fault, Faults, Fields, Form, Input, Seal};
use crate::problem::Problem;
use crate::view::frame::{Frame, cluster_href};
use crate::view::sheets::{Block, Sheet, SheetsView, Steps};
use crate::visitor::{Outcome, Posted, Visitor};
use crate::web::Web;

/// How long the phone number is kept between two steps, in seconds.
const BEGIN_SECONDS: i64 = 1_800;

/// A step of the first run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Language.
    Language,
    /// Phone number.
    Phone,
    /// Code, name, PIN.
    You,
    /// Group.
    Group,
    /// Household and pledge.
    Home,
}

/// The steps with the present one.
#[must_use]
pub fn steps(say: Say, step: Step) -> Steps {
    let words = vec![say.step_language(), say.step_phone(), say.step_you(), say.step_group(), say.step_home()];
    let now = step as usize;
    Steps { label: say.start_step(&(now + 1).to_string(), i64::try_from(words.len()).unwrap_or_default()), words, now }
}

fn view(visitor: &Visitor, step: Step, headline: &'static str) -> SheetsView {
    let mut view = SheetsView::new(Frame::plain(&visitor.reader, headline), headline);
    view.steps = Some(steps(visitor.say(), step));
    view
}

/// `GET /app/start`: the language.
///
/// # Errors
/// [`Problem`].
pub async fn language(State(web): State<Web>, visitor: Visitor) -> Result<Response, Problem> {
    if visitor.is_signed_in() {
        return Ok(Redirect::to("/app/start/group").into_response());
    }
    let say = visitor.say();
    let form = Form::new(say, &visitor.seal(&web)?, "/app/start", say.go_on())
        .part(languages(say, say.language()).class("tiles--3"))
        .link("/app/sign-in", say.have_account());
    visitor.page(&view(&visitor, Step::Language, say.choose_language()).sheet(Sheet::default().form(form)))
}

/// The languages as tiles, each in its own words.
#[must_use]
pub fn languages(say: Say, chosen: Language) -> Choices {
    let choices = Language::ALL.iter().map(|language| {
        let mut choice = Choice::new(language.as_str(), language.own_name()).chosen(*language == chosen);
        choice.lang = language.as_str();
        choice
    });
    Choices::one("language", say.language_choice(), choices.collect())
}

/// `POST /app/start`
///
/// # Errors
/// [`Problem`].
pub async fn language_chosen(State(web): State<Web>, mut posted: Posted) -> Result<Response, Problem> {
    if let Ok(language) = Language::parse(posted.fields.get("language")) {
        posted.set(Cookie::Language, language.as_str(), LANGUAGE_SECONDS);
    }
    posted.once(&web, async |posted| Ok(posted.done("/app/start/phone"))).await
}

/// `GET /app/start/phone`
///
/// # Errors
/// [`Problem`].
pub async fn phone(State(web): State<Web>, visitor: Visitor) -> Result<Response, Problem> {
    let view = phone_page(&visitor, &visitor.seal(&web)?, &Fields::default(), &Faults::default());
    visitor.page(&view)
}

fn phone_page(visitor: &Visitor, seal: &Seal, typed: &Fields, faults: &Faults) -> SheetsView {
    let say = visitor.say();
    let form = Form::new(say, seal, "/app/start/phone", say.send_code())
        .part(Input::phone("phone", say.phone()).hint(say.phone_help()))
        .note(say.phone_use())
        .filled(typed, faults);
    view(visitor, Step::Phone, say.phone_title()).sheet(Sheet::default().form(form))
}

/// `POST /app/start/phone`: sends the code; the answer is the same for every number.
///
/// # Errors
/// [`Problem`].
pub async fn phone_given(State(web): State<Web>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| code_sent(shared, posted).await).await
}

async fn code_sent(web: Web, mut posted: Posted) -> Result<Outcome, Problem> {
    let say = posted.say();
    if !web.tries().take(posted.visitor.address, web.now()) {
        return Err(Problem::TooOften);
    }
    let mut faults = Faults::default();
    match Msisdn::parse(posted.fields.get("phone")) {
        Ok(phone) => match service(&web)?.registration_begin(phone, say.language(), posted.visitor.address).await {
            Ok(()) => {
                posted.set(Cookie::Begin, &phone.national().to_string(), BEGIN_SECONDS);
                return Ok(posted.done("/app/start/code"));
            }
            Err(error) => faults = refused(say, error, &[])?,
        },
        Err(error) => faults.add("phone", Fault::of(say, error.code(), &[])),
    }
    let view = phone_page(&posted.visitor, &posted.visitor.seal(&web)?, &posted.fields, &faults);
    posted.again(&view)
}

/// `GET /app/start/code`
///
/// # Errors
/// [`Problem`].
pub async fn code(State(web): State<Web>, visitor: Visitor) -> Result<Response, Problem> {
    if visitor.is_signed_in() {
        return Ok(Redirect::to("/app/start/group").into_response());
    }
    let Some(phone) = visitor.begun else { return Ok(Redirect::to("/app/start/phone").into_response()) };
    let view = code_page(&visitor, &web, phone, &Fields::default(), &Faults::default())?;
    visitor.page(&view)
}

fn code_page(visitor: &Visitor, web: &Web, phone: Msisdn, typed: &Fields, faults: &Faults) -> Result<SheetsView, Problem> {
    let say = visitor.say();
    let form = Form::new(say, &visitor.seal(web)?, "/app/start/code", say.sign_up_button())
        .part(
            Input::text("code", say.sms_code_field())
                .digits(8)
                .with("autocomplete", "one-time-code")
                .class("code")
                .hint(say.sms_code_help(&phone.spoken())),
        )
        .part(Input::text("name", say.your_name()).with("autocomplete", "name").with("maxlength", "60").hint(say.your_name_help()))
        .part(Input::pin("pin", say.pin_first(), true).hint(say.pin_rule()))
        .part(Input::pin("pin2", say.pin_first_again(), true).hint(say.pin_not_money()))
        .link("/app/start/phone", say.other_number())
        .filled(typed, faults);
    let again = Form::button(say, &visitor.seal(web)?, "/app/start/phone", say.send_code_again())
        .submit_class("btn btn--line")
        .hidden("phone", phone.spoken());
    let mut sheet = Sheet::default().form(form).with(Block::Quiet(say.sms_account_help().to_owned())).with(Block::Actions(vec![again]));
    if web.options().practice.is_some() {
        sheet = sheet.with(Block::Buttons(vec![("btn btn--line", "/app/sms".to_owned(), say.practice_read_sms().to_owned())]));
    }
    Ok(view(visitor, Step::You, say.sign_up_title()).sheet(sheet))
}

/// `POST /app/start/code`: makes the account.
///
/// # Errors
/// [`Problem`].
pub async fn code_given(State(web): State<Web>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| registered(shared, posted).await).await
}

async fn registered(web: Web, mut posted: Posted) -> Result<Outcome, Problem> {
    let say = posted.say();
    if !web.tries().take(posted.visitor.address, web.now()) {
        return Err(Problem::TooOften);
    }
    let Some(phone) = posted.visitor.begun else { return Ok(posted.done("/app/start/phone")) };
    let mut faults = Faults::default();
    if posted.fields.get("code").is_empty() {
        faults.add("code", Fault::of(say, "code_missing", &[]));
    }
    if posted.fields.get("name").is_empty() {
        faults.add("name", Fault::of(say, "name_missing", &[]));
    }
    let pin = new_pin(&posted, &mut faults);
    if let (Some(pin), true) = (pin, faults.is_empty()) {
        let confirm = RegistrationConfirm {
            phone,
            code: posted.fields.get("code").to_owned(),
            name: posted.fields.get("name").to_owned(),
            pin,
            language: say.language(),
            device: posted.visitor.device.clone(),
        };
        match service(&web)?.registration_confirm(confirm).await {
            Ok(signed) => {
                keep(&web, &mut posted, &signed).await?;
                posted.set(Cookie::Begin, "", 0);
                return Ok(posted.done("/app/start/group"));
            }
            Err(error) => faults = refused(say, error, &CODE_FIELDS)?,
        }
    }
    let view = code_page(&posted.visitor, &web, phone, &posted.fields, &faults)?;
    posted.again(&view)
}

/// Which field a refused registration is about.
const CODE_FIELDS: [(&str, &str); 4] = [("registration_code_wrong", "code"), ("name_invalid", "name"), ("pin_form", "pin"), ("pin_weak", "pin")];

/// The new PIN, typed twice alike.
pub fn new_pin(posted: &Posted, faults: &mut Faults) -> Option<Pin> {
    let say = posted.say();
    match Pin::parse(posted.fields.get("pin")) {
        Err(error) => faults.add("pin", Fault::of(say, error.code(), &[])),
        Ok(_) if posted.fields.get("pin") != posted.fields.get("pin2") => faults.add("pin2", Fault::of(say, "pin_differs", &[])),
        Ok(pin) => return Some(pin),
    }
    None
}

/// `GET /app/start/tour?code=KAB-017`: one screen, then the dashboard.
///
/// # Errors
/// [`Problem`].
pub async fn tour(State(web): State<Web>, visitor: Visitor, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let say = visitor.say();
    let asked = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let code = ClusterCode::parse(asked.get("code")).map_err(|_| Problem::NotFound)?;
    let row = service(&web)?.cluster(&code).await?;
    let standing = service(&web)?.require(visitor.actor, row.id, service::policy::Action::ClusterRead).await?;
    let tour = vec![
        ("i-sun", say.tour_now().to_owned(), say.tour_now_say().to_owned()),
        ("i-people", say.tour_homes().to_owned(), say.tour_homes_say().to_owned()),
        ("i-money", say.tour_book().to_owned(), say.tour_book_say().to_owned()),
        ("i-lock", say.tour_private().to_owned(), say.tour_private_say().to_owned()),
    ];
    let buttons = vec![("btn", cluster_href(code.as_str()), say.tour_open().to_owned())];
    let number = standing.roles.first().map(|(no, _)| no.to_string()).unwrap_or_default();
    let mut view = SheetsView::new(place_frame(&visitor, say.tour_title(), &row, None), say.joined_group(&row.name, &number))
        .lead(say.tour_title())
        .sheet(Sheet::default().with(Block::Tour(tour)).with(Block::Buttons(buttons)));
    if asked.get("new") == "1" {
        view = view.sheet(
            Sheet::new(say.founded_next()).with(Block::Figure(code.to_string(), say.found_code().to_owned())).say(say.founder_next()).with(
                Block::Buttons(vec![("btn btn--line", format!("{}/group", cluster_href(code.as_str())), say.open_group_settings().to_owned())]),
            ),
        );
    } else {
        view = view.sheet(Sheet::default().say(say.joined_next()));
    }
    visitor.page(&view)
}
