//! Who asks: the session behind a bearer token, or behind a browser's cookie when the request comes from our own page.

use crate::limits::Source;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use domain::{Language, UserId};
use ledger::IdempotencyKey;
use service::ServiceError;
use service::policy::{Actor, Denied};
use std::net::{IpAddr, SocketAddr};

/// The names of the browser's session cookie, with and without encryption; the pages set it.
const COOKIES: [&str; 2] = ["__Host-innerlectra-session", "innerlectra-session"];
/// No token is longer.
const TOKEN_LEN_MAX: usize = 256;
/// Most characters of an idempotency key.
const KEY_LEN_MAX: usize = 64;

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller {
    /// Nobody, or a user.
    pub(crate) actor: Actor,
    /// The language that the request asks for.
    pub(crate) asked: Option<Language>,
    /// Where the request comes from.
    pub(crate) address: Source,
}

impl Caller {
    /// The user.
    ///
    /// # Errors
    /// `sign_in_needed`.
    pub(crate) fn user(&self) -> Result<UserId, Problem> {
        Ok(self.actor.signed_in()?)
    }

    /// The language to answer in: what the request asks for, or else the user's own, or else English.
    pub(crate) async fn language(&self, api: &Api) -> Language {
        match (self.asked, self.actor) {
            (Some(language), _) => language,
            (None, Actor::User { .. }) => api.service().profile(self.actor).await.map_or(Language::En, |profile| profile.language),
            (None, _) => Language::En,
        }
    }

    /// Whether the user runs this installation.
    pub(crate) const fn is_operator(&self) -> bool {
        matches!(self.actor, Actor::User { is_operator: true, .. })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().copied().ok_or_else(|| Denied::SignIn.into())
    }
}

/// Looks at who asks, and whether that is not too often.
///
/// # Errors
/// `sign_in_needed` or what the session is when the token is no good; `form_foreign`; `too_many_requests`.
pub(crate) async fn admit(api: &Api, request: &Parts) -> Result<Caller, Problem> {
    let headers = &request.headers;
    let address = Source::of(address(request, api.limits().is_behind_proxy));
    let asked = language(headers);
    let (token, is_cookie) = match (bearer(headers)?, cookie(headers)) {
        (Some(token), _) => (Some(token), false),
        (None, Some(token)) => (Some(token), true),
        (None, None) => (None, false),
    };
    let nobody = Caller { actor: Actor::Nobody, asked, address };
    let route = request.extensions.get::<MatchedPath>();
    let is_secured = route.is_some_and(|route| api.is_secured(route.as_str(), &request.method));
    let Some(token) = token else {
        api.rates().address(address)?;
        return if is_secured { Err(Denied::SignIn.into()) } else { Ok(nobody) };
    };
    let actor = match api.service().actor(token).await {
        Ok(actor) => actor,
        Err(error) => {
            api.rates().address(address)?;
            // A browser sends an old cookie by itself: where nobody has to sign in, its reader is nobody.
            return if is_cookie && is_over(&error) && !is_secured { Ok(nobody) } else { Err(error.into()) };
        }
    };
    if is_cookie && !request.method.is_safe() && !is_same_origin(headers) {
        return Err(Problem::new(
            "form_foreign",
            "a cookie alone counts only for requests of the same origin: send the token as Authorization: Bearer",
        ));
    }
    if let Actor::User { id, session, .. } = actor {
        api.rates().session(Source::Session(id.get(), session.get()))?;
    }
    Ok(Caller { actor, asked, address })
}

fn is_over(error: &ServiceError) -> bool {
    crate::problem::status_of(error.code()) == axum::http::StatusCode::UNAUTHORIZED
}

/// The token of `Authorization: Bearer`; `None` without that header.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let (scheme, token) = value.to_str().ok().and_then(|text| text.trim().split_once(' ')).unwrap_or_default();
    let is_fit = scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.len() <= TOKEN_LEN_MAX;
    if is_fit { Ok(Some(token.trim())) } else { Err(Denied::SignIn.into()) }
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(_, value)| (1..=TOKEN_LEN_MAX).contains(&value.len())).find(|(name, _)| COOKIES.contains(name)).map(|(_, value)| value)
}

/// Whether a page of this server made the request, as the browser says.
///
/// Source: Fetch Metadata Request Headers (W3C), section 2.1; RFC 6454 (`Origin`).
fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => {
            let host = text("origin").and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
            host.is_some() && host == text("host")
        }
    }
}

/// The language of `Accept-Language`.
pub(crate) fn language(headers: &HeaderMap) -> Option<Language> {
    headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).map(Language::from_accept)
}

fn address(request: &Parts, is_behind_proxy: bool) -> Option<IpAddr> {
    if is_behind_proxy {
        let last = request.headers.get_all("x-forwarded-for").iter().next_back()?;
        return last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok();
    }
    request.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip())
}

/// Counts the request as a guess: for operations that try secrets or cost much.
#[derive(Debug)]
pub(crate) struct Guess;

impl FromRequestParts<Api> for Guess {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, api).await?;
        api.rates().guess(caller.address)?;
        Ok(Self)
    }
}

/// The session's secret, for what outlives the request: a stream ends with its session.
pub(crate) struct Token(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Token {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let token = bearer(&parts.headers)?.or_else(|| cookie(&parts.headers));
        token.map(|token| Self(token.to_owned())).ok_or_else(|| Denied::SignIn.into())
    }
}

/// The `Idempotency-Key` of a request.
#[derive(Debug, Clone)]
pub(crate) struct Key(String);

impl Key {
    /// The key as the ledger keeps it: of this user, for this operation, for row `row` of the request.
    pub(crate) fn of(&self, user: UserId, operation: &str, row: usize) -> IdempotencyKey {
        IdempotencyKey::derive(&[b"api", &user.get().to_be_bytes(), operation.as_bytes(), self.0.as_bytes(), &(row as u64).to_be_bytes()])
    }

    /// The key as the caller wrote it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Err(Problem::of_field(
                "Idempotency-Key",
                "key_missing",
                "send an Idempotency-Key header, new for each new wish and the same for a repeat",
            ));
        };
        let is_fit = |text: &&str| (1..=KEY_LEN_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        value
            .to_str()
            .ok()
            .filter(is_fit)
            .map(|text| Self(text.to_owned()))
            .ok_or_else(|| Problem::of_field("Idempotency-Key", "key_invalid", "an Idempotency-Key is 1 to 64 visible ASCII characters"))
    }
}

/// Whether a request changes nothing by its method.
pub(crate) fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().expect("a name"), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_bearer_token_is_read_and_anything_else_refused() {
        assert_eq!(bearer(&headers(&[])).ok(), Some(None));
        assert_eq!(bearer(&headers(&[("authorization", "bearer abc")])).ok(), Some(Some("abc")));
        for bad in ["Basic abc", "Bearer", "Bearer ", "abc"] {
            assert!(bearer(&headers(&[("authorization", bad)])).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_cookie_counts_only_from_our_own_pages() {
        for (pairs, is) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "http://a:1"), ("host", "a:1")], false),
            (&[("origin", "http://a:1"), ("host", "a:1")], true),
            (&[("origin", "http://b:1"), ("host", "a:1")], false),
            (&[("origin", "null"), ("host", "a:1")], false),
            (&[], false),
        ] {
            assert_eq!(is_same_origin(&headers(pairs)), is, "{pairs:?}");
        }
    }

    #[test]
    fn the_session_cookie_is_found_among_others() {
        assert_eq!(cookie(&headers(&[("cookie", "a=b; innerlectra-session=t1")])), Some("t1"));
        assert_eq!(cookie(&headers(&[("cookie", "innerlectra-session=; x=y")])), None);
    }
}
