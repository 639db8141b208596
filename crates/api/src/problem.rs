//! The one place where errors become HTTP: a stable code, its status, and a problem document (RFC 9457).

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ledger::Refusal;
use message::{Arg, Language, Say};
use quantity::{BusinessDay, Instant};
use serde::Serialize;
use service::ServiceError;
use service::policy::Denied;
use std::sync::Arc;
use store::StoreError;
use utoipa::ToSchema;

/// The media type of a problem document.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";
/// When to come again after something that passes by itself.
const RETRY_AFTER_S: u64 = 1;

/// Why a request was not carried out, in the form of RFC 9457.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemDocument<'a> {
    /// Identifies the kind of problem: the list of codes in the documentation, at this one.
    #[serde(rename = "type")]
    kind: String,
    /// For the person: what happened and the next step, in the language asked for.
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// For the developer: the same with its values, in English.
    detail: &'a str,
    /// The stable code that programs branch on, in snake case.
    code: &'static str,
    /// Number of the request in the server's log.
    instance: &'a str,
    /// What is wrong with single fields of the body, the path or the query.
    #[serde(skip_serializing_if = "<[Field]>::is_empty")]
    #[schema(value_type = Option<Vec<Field>>)]
    fields: &'a [Field],
}

/// What is wrong with one field.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Field {
    /// Where: a JSON pointer (RFC 6901) into the body, or the name of a parameter.
    pointer: String,
    /// The stable code.
    code: &'static str,
    /// For the developer, in English.
    detail: String,
}

/// Why a request was not carried out.
#[derive(Debug, Clone)]
pub(crate) struct Problem(Arc<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    status: StatusCode,
    code: &'static str,
    detail: String,
    fields: Vec<Field>,
    retry: Retry,
    /// Values that the words for people name.
    args: Vec<(&'static str, i64)>,
}

/// When to come again.
#[derive(Debug, Clone, Copy)]
enum Retry {
    Never,
    AfterS(u64),
    At(Instant),
}

impl Problem {
    /// A problem with this code; `detail` is for developers, in English.
    pub(crate) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self::of(code, detail.into(), Vec::new())
    }

    /// One field that is wrong.
    pub(crate) fn of_field(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let field = Field { pointer: pointer.into(), code, detail: detail.clone() };
        Self::of(code, detail, vec![field])
    }

    fn of(code: &'static str, detail: String, fields: Vec<Field>) -> Self {
        let status = status_of(code);
        let retry = if status == StatusCode::SERVICE_UNAVAILABLE { Retry::AfterS(RETRY_AFTER_S) } else { Retry::Never };
        Self(Arc::new(Inner { status, code, detail, fields, retry, args: Vec::new() }))
    }

    /// Too many requests; the next may come in `seconds`.
    pub(crate) fn too_many(seconds: u64) -> Self {
        let mut problem = Self::new("too_many_requests", format!("too many requests: send the next one in {seconds} s"));
        Arc::make_mut(&mut problem.0).retry = Retry::AfterS(seconds);
        problem
    }

    /// The same, to be tried again at `at`.
    fn until(mut self, at: Option<Instant>) -> Self {
        if let Some(at) = at {
            let inner = Arc::make_mut(&mut self.0);
            inner.retry = Retry::At(at);
            inner.args.push(("until_clock", at.0));
        }
        self
    }

    /// Seconds after which to try again, where that makes sense.
    pub(crate) fn retry_after_s(&self, now: Instant) -> Option<u64> {
        match self.0.retry {
            Retry::Never => None,
            Retry::AfterS(seconds) => Some(seconds),
            Retry::At(at) => Some(u64::try_from(at.ms_since(now)).unwrap_or(0).div_ceil(1_000).max(1)),
        }
    }

    /// The stable code.
    #[cfg(test)]
    pub(crate) fn code(&self) -> &'static str {
        self.0.code
    }

    /// The document as bytes, for a reader of `language`; `instance` is the number of the request.
    pub(crate) fn document(&self, language: Language, instance: &str) -> Vec<u8> {
        let Inner { status, code, detail, fields, args, .. } = &*self.0;
        let args: Vec<(&str, Arg<'_>)> = args.iter().map(|(name, value)| (*name, Arg::Number(*value))).collect();
        let title = Say::new(language).error_or_general(code, &args);
        let document = ProblemDocument { kind: format!("/docs#{code}"), title, status: status.as_u16(), detail, code, instance, fields };
        serde_json::to_vec(&document).unwrap_or_default()
    }
}

impl IntoResponse for Problem {
    /// The status and headers; the edge writes the document, as it knows the reader's language and the time.
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        let headers = response.headers_mut();
        if self.0.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(HeaderName::from_static("content-type"), HeaderValue::from_static(MEDIA_TYPE));
        response.extensions_mut().insert(self);
        response
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        let (code, text) = (error.code(), error.to_string());
        if status_of(code) == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(code, error = %text, "a request failed inside");
            return Self::new(code, "something failed inside; nothing was done, or it is told by asking again with the same key");
        }
        let until = if let ServiceError::Account(account) = &error { account.until() } else { None };
        Self::new(code, text).until(until)
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        Self::new(denied.code(), denied.to_string())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.code(), refusal.to_string())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        ServiceError::from(error).into()
    }
}

/// Collects what is wrong with the fields of a body, so that one answer names all of it.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<Field>);

impl Fields {
    /// The value, or `None` and a note at `pointer`.
    pub(crate) fn take<T, E: Coded>(&mut self, pointer: impl Into<String>, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.0.push(Field { pointer: pointer.into(), code: error.code_of(), detail: error.to_string() });
                None
            }
        }
    }

    /// The day, or `None` and a note at `pointer`.
    pub(crate) fn day(&mut self, pointer: impl Into<String>, text: &str) -> Option<BusinessDay> {
        let day = crate::input::read_day(text);
        self.check(day.is_some(), pointer, "date_invalid", "write a day as YYYY-MM-DD, from 1970 to 9999");
        day
    }

    /// A note at `pointer` unless `holds`.
    pub(crate) fn check(&mut self, holds: bool, pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) {
        if !holds {
            self.0.push(Field { pointer: pointer.into(), code, detail: detail.into() });
        }
    }

    /// Nothing, when nothing was noted.
    ///
    /// # Errors
    /// The problem with all notes; its code is that of the first.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        let Some(first) = self.0.first() else { return Ok(()) };
        let (code, detail) = (first.code, first.detail.clone());
        Err(Problem::of(code, detail, self.0))
    }

    /// The value that [`Fields::finish`] has shown to be there.
    pub(crate) fn missing() -> Problem {
        Problem::new("body_invalid", "a field is wrong")
    }
}

/// Errors with a stable code.
pub(crate) trait Coded: std::fmt::Display {
    /// The code.
    fn code_of(&self) -> &'static str;
}

macro_rules! coded {
    ($($name:ty),+ $(,)?) => {$(
        impl Coded for $name {
            fn code_of(&self) -> &'static str {
                self.code()
            }
        }
    )+};
}
coded!(
    service::AccountError,
    domain::IdError,
    domain::MsisdnError,
    domain::PlaceError,
    domain::UnknownWord,
    quantity::IntervalError,
    quantity::RatioError
);

/// The HTTP status of a code. A code that is not here is a fault of ours: 500.
pub(crate) fn status_of(code: &str) -> StatusCode {
    use StatusCode as S;
    match STATUSES.iter().find(|(_, codes)| codes.contains(&code)) {
        Some((status, _)) => S::from_u16(*status).unwrap_or(S::INTERNAL_SERVER_ERROR),
        None => S::INTERNAL_SERVER_ERROR,
    }
}

/// Every code that is not a fault of ours, by its status.
pub(crate) const STATUSES: &[(u16, &[&str])] = &[
    // The request cannot be read.
    (400, &["body_malformed", "body_invalid", "field_unknown", "field_missing", "bad_address", "cursor_invalid", "limit_out_of_range"]),
    (400, &["key_missing", "key_invalid", "cluster_code_invalid", "date_invalid"]),
    // Nobody known asks.
    (401, &["sign_in_needed"]),
    (403, &["not_allowed", "form_foreign"]),
    (404, &["not_found", "cluster_unknown", "member_unknown", "region_unknown", "day_unknown"]),
    (405, &["method_not_allowed"]),
    // The state of things does not allow it.
    (409, &["cluster_code_taken", "request_under_way", "posting_refused"]),
    (413, &["body_too_large", "payments_too_many"]),
    (415, &["content_type_unsupported"]),
    // Understood, and refused.
    (422, &["key_reused", "idempotency_key_reused", "cluster_invalid", "rules_missing", "number_invalid", "word_unknown"]),
    (429, &["too_many_requests"]),
    (500, &["failed_inside"]),
    // Passes by itself.
    (503, &["overloaded", "database_busy", "database_unreachable", "timed_out", "batch_lost", "conflict", "retry_exhausted", "commit_unknown"]),
    (503, &["disk_full", "closed"]),
];
