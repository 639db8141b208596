//! Why a page is not shown: a response without a body, which [`told`] fills in the reader's language.

use askama::Template;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use message::Say;
use service::ServiceError;

use crate::form::{FieldsError, encoded};
use crate::page::place_frame;
use crate::reader::Reader;
use crate::source::PageError;
use crate::view::ViewError;
use crate::view::frame::cluster_href;
use crate::view::problem::{ProblemView, problem};
use crate::visitor::Visitor;
use crate::web::Web;

/// Why a page is not shown.
#[derive(Debug, Clone)]
pub enum Problem {
    /// No such page, cluster, member or day.
    NotFound,
    /// A part of the address cannot be read.
    BadAddress,
    /// This page can only be read.
    ReadOnly,
    /// Nobody is signed in: the reader is sent there and comes back.
    SignIn,
    /// Signed in, and still not.
    NotAllowed,
    /// The form came from another site.
    Foreign,
    /// The form cannot be read.
    Fields(FieldsError),
    /// Too often.
    TooOften,
    /// The source or a use case failed, with its code.
    Failed {
        /// Stable code.
        code: &'static str,
        /// Whether trying again may help.
        is_transient: bool,
    },
    /// A use case refused for a reason that has a text of its own.
    Refused {
        /// Stable code.
        code: &'static str,
    },
    /// The numbers contradict each other.
    Contradiction {
        /// Stable code.
        code: &'static str,
    },
}

impl From<PageError> for Problem {
    fn from(error: PageError) -> Self {
        match error.code {
            "sign_in_needed" => return Self::SignIn,
            "not_allowed" => return Self::NotAllowed,
            _ => {}
        }
        tracing::error!(code = error.code, message = %error.message, "a page could not be read");
        Self::Failed { code: error.code, is_transient: error.is_transient }
    }
}

impl From<ViewError> for Problem {
    fn from(error: ViewError) -> Self {
        tracing::error!(code = error.code(), %error, "a page's numbers contradict each other");
        Self::Contradiction { code: error.code() }
    }
}

impl From<FieldsError> for Problem {
    fn from(error: FieldsError) -> Self {
        Self::Fields(error)
    }
}

impl From<domain::NoChance> for Problem {
    fn from(error: domain::NoChance) -> Self {
        tracing::error!(code = error.code(), "{error}");
        Self::Failed { code: error.code(), is_transient: true }
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        let code = error.code();
        match code {
            "sign_in_needed" | "session_unknown" | "session_expired" => return Self::SignIn,
            "not_allowed" => return Self::NotAllowed,
            "cluster_unknown" | "member_unknown" => return Self::NotFound,
            _ => {}
        }
        if is_refusal(code) {
            return Self::Refused { code };
        }
        tracing::error!(code, %error, "a use case failed");
        Self::Failed { code, is_transient: is_transient(code) }
    }
}

/// Whether the catalogue has a text for this code that tells a reader what to do.
pub fn is_refusal(code: &str) -> bool {
    !is_transient(code) && message::entries().binary_search_by(|entry| entry.key.cmp(format!("error-{code}").as_str())).is_ok()
}

/// Whether trying again may help.
pub fn is_transient(code: &str) -> bool {
    matches!(code, "overloaded" | "database_locked" | "database_unreachable" | "conflict" | "retry_exhausted")
}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::BadAddress | Self::Fields(_) => StatusCode::BAD_REQUEST,
            Self::ReadOnly => StatusCode::METHOD_NOT_ALLOWED,
            Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::NotAllowed | Self::Foreign => StatusCode::FORBIDDEN,
            Self::TooOften => StatusCode::TOO_MANY_REQUESTS,
            Self::Failed { is_transient: true, .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Refused { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Failed { .. } | Self::Contradiction { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn view(&self, reader: &Reader) -> ProblemView {
        let say: Say = reader.say;
        let unmoved = say.no_money_moved();
        match self {
            Self::NotFound => problem(reader, say.not_found(), say.not_found_step(), "", "not_found"),
            Self::BadAddress => problem(reader, say.bad_address(), say.bad_address_step(), "", "bad_address"),
            Self::ReadOnly => problem(reader, say.read_only(), say.read_only_step(), unmoved, "read_only"),
            Self::SignIn => problem(reader, say.error_sign_in_needed(), say.sign_in_step(), "", "sign_in_needed"),
            Self::NotAllowed => problem(reader, say.not_yours(), say.not_yours_step(), "", "not_allowed"),
            Self::Foreign => problem(reader, say.error_form_foreign(), say.form_again_step(), unmoved, "form_foreign"),
            Self::Fields(error) => problem(reader, say.form_unreadable(), say.form_again_step(), unmoved, error.code()),
            Self::TooOften => problem(reader, say.error_too_many_requests(), say.busy_step(), unmoved, "too_many_requests"),
            Self::Failed { code, is_transient: true } => problem(reader, say.busy(), say.busy_step(), unmoved, code),
            Self::Failed { code, .. } => problem(reader, say.broken(), say.broken_step(), unmoved, code),
            Self::Refused { code } => {
                let mut view = problem(reader, say.not_done(), "", unmoved, code);
                view.next_step = say.error_or_general(code, &[]).into();
                view
            }
            Self::Contradiction { code } => problem(reader, say.contradiction(), say.contradiction_step(), unmoved, code),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Fills answers that are a [`Problem`] with the page that tells it, in the frame that the visitor knows. Who must sign in is sent there,
/// and comes back to what was read.
pub async fn told(State(web): State<Web>, reader: Reader, request: Request, next: Next) -> Response {
    let is_read = request.method() == axum::http::Method::GET;
    let is_stream = request.headers().get(header::ACCEPT).is_some_and(|value| value.as_bytes() == b"text/event-stream");
    let (headers, uri) = (request.headers().clone(), request.uri().clone());
    let response = next.run(request).await;
    let Some(problem) = response.extensions().get::<Problem>().cloned() else { return response };
    if is_stream {
        return response;
    }
    if matches!(problem, Problem::SignIn) {
        let here = if is_read { reader.here.as_str() } else { "" };
        return Redirect::to(&sign_in_href(here)).into_response();
    }
    let mut asked = Request::new(Body::empty());
    (*asked.headers_mut(), *asked.uri_mut()) = (headers, uri);
    let mut parts = asked.into_parts().0;
    let status = problem.status();
    let page = match Visitor::of(&mut parts, &web).await {
        Ok(visitor) => visitor.page(&of_visitor(problem.view(&visitor.reader), &visitor)).ok(),
        // The books cannot be read: the page is told without knowing who asks.
        Err(_) => None,
    };
    let mut page = page.unwrap_or_else(|| {
        let view = problem.view(&reader);
        let text = view.render().unwrap_or_else(|_| view.what.to_string());
        ([(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], text).into_response()
    });
    *page.status_mut() = status;
    page
}

/// The page with the way back of somebody who is signed in: to the group of the address, or to the own groups.
fn of_visitor(view: ProblemView, visitor: &Visitor) -> ProblemView {
    let say = visitor.say();
    match &visitor.group {
        Some(row) => {
            let back = (cluster_href(row.code.as_str()), say.back_to_group());
            ProblemView { frame: place_frame(visitor, view.what, row, None), back, ..view }
        }
        None if visitor.is_signed_in() => ProblemView { back: ("/app?all".to_owned(), say.my_groups_link()), ..view },
        None => view,
    }
}

/// Where to sign in, to come back to `here` afterwards.
pub fn sign_in_href(here: &str) -> String {
    match crate::browser::local(here) {
        "/app" => "/app/sign-in".to_owned(),
        next => format!("/app/sign-in?next={}", encoded(next)),
    }
}
