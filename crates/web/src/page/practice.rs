//! Practice: look around as one of the people of a practice run. There only when the program was told that nothing is real.

use axum::extract::State;
use axum::response::Response;
use domain::{ClusterCode, Role};
use message::Say;
use service::Pin;

use super::service;
use super::sign_in::keep;
use crate::form::Form;
use crate::problem::Problem;
use crate::view::frame::cluster_href;
use crate::view::sheets::{Block, Sheet};
use crate::visitor::{Outcome, Posted, Visitor};
use crate::web::Web;

/// The word for a role.
#[must_use]
pub fn role(say: Say, role: Role) -> &'static str {
    match role {
        Role::Member => say.role_member(),
        Role::Treasurer => say.role_treasurer(),
        Role::Chair => say.role_chair(),
        Role::Technician => say.role_technician(),
        Role::Keeper => say.role_keeper(),
        Role::Supervisor => say.role_supervisor(),
    }
}

/// The buttons of a practice run, by group; `None` in a real one.
///
/// # Errors
/// [`Problem`].
pub async fn sheet(web: &Web, visitor: &Visitor) -> Result<Option<Sheet>, Problem> {
    let Some(practice) = web.options().practice.as_ref().filter(|practice| !practice.people.is_empty()) else { return Ok(None) };
    let say = visitor.say();
    let mut groups: Vec<(&ClusterCode, Vec<Form>)> = Vec::new();
    for (i, person) in practice.people.iter().enumerate() {
        let label = say.look_as(&person.name, role(say, person.role));
        let form = Form::button(say, &visitor.seal(web)?, "/app/practice", label).hidden("person", i.to_string()).submit_class("btn btn--line");
        match groups.iter_mut().find(|(code, _)| **code == person.cluster) {
            Some((_, forms)) => forms.push(form),
            None => groups.push((&person.cluster, vec![form])),
        }
    }
    let mut sheet = Sheet::new(say.practice_title()).say(say.practice_say());
    for (code, forms) in groups {
        let name = service(web)?.cluster(code).await?.name;
        sheet = sheet.with(Block::Heading(name)).with(Block::Actions(forms));
    }
    Ok(Some(sheet.with(Block::Buttons(vec![("btn btn--line", "/app/sms".to_owned(), say.practice_read_sms().to_owned())]))))
}

/// `POST /app/practice`
///
/// # Errors
/// [`Problem`].
pub async fn post(State(web): State<Web>, posted: Posted) -> Result<Response, Problem> {
    let shared = web.clone();
    posted.once(&web, async move |posted| looked(shared, posted).await).await
}

async fn looked(web: Web, mut posted: Posted) -> Result<Outcome, Problem> {
    let practice = web.options().practice.as_ref().ok_or(Problem::NotFound)?;
    let person = posted.fields.get("person").parse::<usize>().ok().and_then(|i| practice.people.get(i)).ok_or(Problem::NotFound)?;
    let pin = Pin::parse(&person.pin).map_err(|_| Problem::NotFound)?;
    let signed = service(&web)?.session_create(person.phone, &pin, &posted.visitor.device).await?;
    let language = posted.say().language();
    keep(&web, &mut posted, &signed).await?;
    // Somebody who looks around keeps the language just chosen.
    posted.set(crate::browser::Cookie::Language, language.as_str(), super::sign_in::LANGUAGE_SECONDS);
    Ok(posted.done(cluster_href(person.cluster.as_str())))
}
