//! Who asks for a page, and what comes with a form: read from the request before anything else.

use std::net::{IpAddr, SocketAddr};

use askama::Template;
use axum::body::{Bytes, to_bytes};
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::{ClusterCode, MemberNo, Msisdn, Role};
use message::Say;
use service::policy::{Action, Actor, Standing};
use service::{Service, ServiceError};
use store::tables::ClusterRow;

use crate::browser::Cookie;
use crate::form::{Answer, Fields, FieldsError, Seal, is_ours, token};
use crate::problem::Problem;
use crate::reader::{Me, Reader};
use crate::web::Web;

/// Longest body of a form.
const BODY_MAX: usize = 64 * 1024;

/// How long a visitor who is not signed in keeps the secret of the forms, in seconds: a day.
const VISIT_SECONDS: i64 = 86_400;

/// Who asks for a page.
#[derive(Clone)]
pub struct Visitor {
    /// Language, and the page that is read.
    pub reader: Reader,
    /// Who it is to the use cases.
    pub actor: Actor,
    /// The session's token, when signed in.
    pub session: Option<String>,
    /// The address it comes from.
    pub address: Option<IpAddr>,
    /// A few words on the browser, for the list of sessions.
    pub device: String,
    /// Whether the browser asks to spare data.
    pub saves_data: bool,
    /// The group that the address is about, where the visitor may read it.
    pub group: Option<ClusterRow>,
    /// The phone number of a first run that has begun.
    pub begun: Option<Msisdn>,
    secret: String,
    /// Which browser it is, also right after signing in: answers kept for a second press are its own.
    browser: String,
    cookies: Vec<HeaderValue>,
    is_https: bool,
}

impl Visitor {
    /// The texts in the reader's language.
    #[must_use]
    pub const fn say(&self) -> Say {
        self.reader.say
    }

    /// Whether somebody is signed in.
    #[must_use]
    pub const fn is_signed_in(&self) -> bool {
        matches!(self.actor, Actor::User { .. })
    }

    /// Whether it is the person who runs the installation.
    #[must_use]
    pub const fn is_operator(&self) -> bool {
        matches!(self.actor, Actor::User { is_operator: true, .. })
    }

    /// What the forms of one page carry.
    ///
    /// # Errors
    /// [`Problem::Failed`] without random numbers.
    pub fn seal(&self, web: &Web) -> Result<Seal, Problem> {
        Ok(Seal { token: token(&self.secret), key: web.secret()? })
    }

    /// A page for this visitor.
    ///
    /// # Errors
    /// [`Problem::Failed`] when the template fails.
    pub fn page(&self, view: &impl Template) -> Result<Response, Problem> {
        let text = view.render().map_err(|error| {
            tracing::error!(%error, "a page could not be rendered");
            Problem::Failed { code: "page_not_rendered", is_transient: false }
        })?;
        let mut response = ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response();
        for cookie in &self.cookies {
            response.headers_mut().append(header::SET_COOKIE, cookie.clone());
        }
        Ok(response)
    }

    /// The header that sets a cookie of this visitor.
    #[must_use]
    pub fn cookie(&self, cookie: Cookie, value: &str, seconds: i64) -> Option<HeaderValue> {
        cookie.write(value, seconds, self.is_https)
    }

    /// Who sent a request.
    ///
    /// # Errors
    /// [`Problem`] when the books cannot be read, or without random numbers.
    pub async fn of(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let mut reader = Reader::of(&parts.headers, &parts.uri);
        let is_https = web.options().is_https;
        let mut session = Cookie::Session.read(&parts.headers, is_https);
        let mut actor = if web.service().is_none() { Actor::System } else { Actor::Nobody };
        let mut cookies = Vec::new();
        let mut group = None;
        if let (Some(service), Some(token)) = (web.service(), &session) {
            match service.actor(token).await {
                Ok(found) => actor = found,
                Err(error) if crate::problem::is_transient(error.code()) => return Err(error.into()),
                Err(_) => {
                    cookies.extend(Cookie::Session.write("", 0, is_https));
                    session = None;
                }
            }
            if matches!(actor, Actor::User { .. }) {
                let here = here(service, actor, parts.uri.path()).await?;
                let (home, opens_books) = here.as_ref().map_or((None, false), |(_, standing)| (home(standing), standing.may(Action::LedgerRead)));
                reader.me = Some(Me { unread: service.notice_unread(actor).await?, home, opens_books });
                group = here.filter(|(_, standing)| standing.may(Action::ClusterRead)).map(|(row, _)| row);
            }
        }
        let visit = Cookie::Visit.read(&parts.headers, is_https);
        let kept = visit.clone();
        let secret = match (&session, visit) {
            (Some(token), _) => token.clone(),
            (None, Some(visit)) => visit,
            // Fixtures have nothing to guard, and pages that are compared must not differ by chance.
            (None, None) if web.service().is_none() => "fixtures".to_owned(),
            (None, None) => {
                let made = web.secret()?;
                cookies.extend(Cookie::Visit.write(&made, VISIT_SECONDS, is_https));
                made
            }
        };
        reader.token = token(&secret);
        let begun = Cookie::Begin.read(&parts.headers, is_https).and_then(|text| Msisdn::from_national(text.parse().ok()?).ok());
        Ok(Self {
            group,
            begun,
            reader,
            actor,
            session,
            address: address(parts, is_https),
            device: device(&parts.headers),
            saves_data: parts.headers.get("save-data").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"on")),
            browser: kept.unwrap_or_else(|| secret.clone()),
            secret,
            cookies,
            is_https,
        })
    }
}

impl FromRequestParts<Web> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        Self::of(parts, web).await
    }
}

/// The group that an address is about, and what the actor is there; `None` for other addresses, and where there is no such group.
async fn here(service: &Service, actor: Actor, path: &str) -> Result<Option<(ClusterRow, Standing)>, Problem> {
    let Some(code) = path.strip_prefix("/app/clusters/").and_then(|rest| rest.split('/').next()) else { return Ok(None) };
    let Ok(code) = ClusterCode::parse(code) else { return Ok(None) };
    let row = match service.cluster(&code).await {
        Ok(row) => row,
        Err(ServiceError::ClusterUnknown { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let standing = service.standing(actor, row.id).await?;
    Ok(Some((row, standing)))
}

/// The number of the home that somebody acts for, or acted for until it left.
fn home(standing: &Standing) -> Option<i64> {
    let present = standing.roles.iter().find(|(_, role)| *role == Role::Member).map(|(member, _)| *member);
    present.or_else(|| standing.past.first().copied()).map(MemberNo::get)
}

/// Where a request comes from. Pages over https are behind a proxy, for this program speaks plain http: its word is taken, of which the
/// last address is the one it saw itself.
fn address(parts: &Parts, is_https: bool) -> Option<IpAddr> {
    if is_https {
        let mut lines = parts.headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        return lines.next_back().and_then(|line| line.rsplit(',').next()?.trim().parse().ok());
    }
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip())
}

/// A few words on a browser: its family and system, never a version or a model.
fn device(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let find = |words: &[(&str, &'static str)]| words.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, name)| *name);
    let browser = find(&[
        ("Opera Mini", "Opera Mini"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Edg", "Edge"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ]);
    let system =
        find(&[("Android", "Android"), ("iPhone", "iPhone"), ("KAIOS", "KaiOS"), ("Windows", "Windows"), ("Mac OS", "Mac"), ("Linux", "Linux")]);
    [browser, system].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A form that one of our own pages sent.
pub struct Posted {
    /// Who sent it.
    pub visitor: Visitor,
    /// What was typed.
    pub fields: Fields,
    path: String,
    headers: HeaderMap,
}

impl FromRequest<Web> for Posted {
    type Rejection = Problem;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::of(&mut parts, web).await?;
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(FieldsError::Unreadable.into());
        }
        let body: Bytes = to_bytes(body, BODY_MAX).await.map_err(|_| Problem::Fields(FieldsError::TooLong))?;
        let fields = Fields::parse(&body)?;
        if !is_ours(&parts.headers, Some(&visitor.secret), fields.get("token")) {
            return Err(Problem::Foreign);
        }
        Ok(Self { visitor, fields, path: parts.uri.path().to_owned(), headers: HeaderMap::new() })
    }
}

/// What became of a form.
pub enum Outcome {
    /// Done: the reader is sent on.
    Done(Answer),
    /// Not done: the form again, with what is wrong.
    Again(Response),
}

impl Posted {
    /// The texts in the reader's language.
    #[must_use]
    pub const fn say(&self) -> Say {
        self.visitor.reader.say
    }

    /// Does what the form asks for, once for its one-time key: a second press gets the answer of the first.
    ///
    /// # Errors
    /// What `work` says.
    pub async fn once<F>(self, web: &Web, work: impl FnOnce(Self) -> F) -> Result<Response, Problem>
    where
        F: Future<Output = Result<Outcome, Problem>>,
    {
        let key = self.fields.get("key");
        if key.is_empty() || key.len() > 64 {
            return Err(FieldsError::Unreadable.into());
        }
        let turn = web.once().turn(&format!("{} {} {key}", self.visitor.browser, self.path), web.now());
        let mut answer = turn.lock().await;
        if let Some(answer) = &*answer {
            return Ok(sent_on(answer));
        }
        match work(self).await? {
            Outcome::Again(response) => Ok(response),
            Outcome::Done(done) => {
                let response = sent_on(&done);
                *answer = Some(done);
                Ok(response)
            }
        }
    }

    /// Sets a cookie with the answer.
    pub fn set(&mut self, cookie: Cookie, value: &str, seconds: i64) {
        if let Some(value) = self.visitor.cookie(cookie, value, seconds) {
            self.headers.append(header::SET_COOKIE, value);
        }
    }

    /// Done: the reader is sent to `location`.
    #[must_use]
    pub fn done(self, location: impl Into<String>) -> Outcome {
        Outcome::Done(Answer { location: location.into(), headers: self.headers })
    }

    /// Done, where doing it twice is the same as once.
    #[must_use]
    pub fn sent(self, location: &str) -> Response {
        sent_on(&Answer { location: location.to_owned(), headers: self.headers })
    }

    /// Not done: the page again.
    ///
    /// # Errors
    /// [`Problem::Failed`] when the template fails.
    pub fn again(&self, view: &impl Template) -> Result<Outcome, Problem> {
        let mut response = self.visitor.page(view)?;
        *response.status_mut() = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
        Ok(Outcome::Again(response))
    }
}

fn sent_on(answer: &Answer) -> Response {
    let mut response = Redirect::to(&answer.location).into_response();
    for (name, value) in &answer.headers {
        response.headers_mut().append(name.clone(), value.clone());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_a_proxy_its_own_word_counts() {
        let mut request = Request::new(axum::body::Body::empty());
        request.headers_mut().insert("x-forwarded-for", HeaderValue::from_static("6.6.6.6, 10.1.2.3"));
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 9))));
        let (parts, _) = request.into_parts();
        assert_eq!(address(&parts, true), Some(IpAddr::from([10, 1, 2, 3])));
        assert_eq!(address(&parts, false), Some(IpAddr::from([127, 0, 0, 1])));
    }

    #[test]
    fn a_device_is_told_by_family_and_system_alone() {
        let of = |agent: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::USER_AGENT, HeaderValue::from_static(agent));
            device(&headers)
        };
        assert_eq!(of("Mozilla/5.0 (Linux; Android 9; TECNO) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36"), "Chrome, Android");
        assert_eq!(of("Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/130.0"), "Firefox, Windows");
        assert_eq!(of("curl/8"), "");
    }
}
