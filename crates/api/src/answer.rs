//! What goes out: JSON bodies, entity tags, pages with cursors.

use crate::problem::Problem;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use utoipa::{IntoParams, ToSchema};

/// Rows of a page, when the caller does not say how many.
const PAGE_ROWS: u32 = 50;
/// Most rows of a page.
const PAGE_ROWS_MAX: u32 = 100;

/// A read: JSON with an entity tag. It is private, and asked for again before it is shown again.
#[derive(Debug)]
pub(crate) struct Read<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Read<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(bytes) => {
                let tag = tag(&bytes);
                let mut response = json(StatusCode::OK, bytes);
                response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
                if let Ok(tag) = HeaderValue::from_str(&tag) {
                    response.headers_mut().insert(header::ETAG, tag);
                }
                response
            }
            Err(error) => unwritable(&error),
        }
    }
}

/// Something was carried out: JSON that nobody keeps.
#[derive(Debug)]
pub(crate) struct Done<T>(pub(crate) StatusCode, pub(crate) T);

impl<T: Serialize> IntoResponse for Done<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.1) {
            Ok(bytes) => {
                let mut response = json(self.0, bytes);
                response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
                response
            }
            Err(error) => unwritable(&error),
        }
    }
}

pub(crate) fn json(status: StatusCode, bytes: Vec<u8>) -> Response {
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response()
}

fn unwritable(error: &serde_json::Error) -> Response {
    tracing::error!(%error, "an answer could not be written");
    Problem::new("failed_inside", "the answer could not be written").into_response()
}

/// The weak entity tag of a body: the first eight bytes of its SHA-256.
fn tag(bytes: &[u8]) -> String {
    let mut tag = String::from("W/\"");
    for byte in Sha256::digest(bytes).iter().take(8) {
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}

/// Whether a tag is among those of an `If-None-Match`.
pub(crate) fn is_known(tag: &HeaderValue, known: &HeaderValue) -> bool {
    let opaque = |text: &str| text.trim().trim_start_matches("W/").to_owned();
    let (Ok(tag), Ok(known)) = (tag.to_str(), known.to_str()) else { return false };
    known.split(',').any(|one| one.trim() == "*" || opaque(one) == opaque(tag))
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The rows, in order.
    pub(crate) items: Vec<T>,
    /// Give this as `after` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

impl<T> Page<T> {
    /// A page that was cut already; `next` is the number of its last row when there are more.
    pub(crate) fn until(items: Vec<T>, next: Option<i64>) -> Self {
        Self { items, next: next.map(cursor) }
    }

    /// Cuts rows, of which one more than `limit` were asked for, to a page; `number` names the row that the next page begins after.
    pub(crate) fn cut(mut items: Vec<T>, limit: u32, number: impl Fn(&T) -> i64) -> Self {
        let limit = limit as usize;
        let has_more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| has_more).map(|last| cursor(number(last)));
        Self { items, next }
    }
}

/// A page with its `Link` header (RFC 8288).
#[derive(Debug)]
pub(crate) struct Paged<T> {
    page: Page<T>,
    link: Option<String>,
}

impl<T> Paged<T> {
    /// The page of a list that lies at `path`, with as many rows as this one was asked for.
    pub(crate) fn new(page: Page<T>, path: &str, rows: u32) -> Self {
        let link = page.next.as_ref().map(|next| format!("<{path}?after={next}&limit={rows}>; rel=\"next\""));
        Self { page, link }
    }
}

impl<T: Serialize> IntoResponse for Paged<T> {
    fn into_response(self) -> Response {
        let mut response = Read(self.page).into_response();
        if let Some(link) = self.link.and_then(|link| HeaderValue::from_str(&link).ok()) {
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }
}

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// The `next` of the page before.
    pub(crate) after: Option<String>,
    /// Rows of the page, 50 when it is left out.
    #[param(minimum = 1, maximum = 100)]
    pub(crate) limit: Option<u32>,
}

impl PageQuery {
    /// The number of the last row seen, and how many rows are wanted.
    ///
    /// # Errors
    /// `cursor_invalid`, `limit_out_of_range`.
    pub(crate) fn read(&self) -> Result<(Option<i64>, u32), Problem> {
        Ok((after(self.after.as_deref())?, limit(self.limit)?))
    }
}

/// What a caller hands back for the next page: the number of the last row, not meant to be read.
fn cursor(number: i64) -> String {
    format!("c{number:x}")
}

/// The number behind a cursor; `None` without one.
///
/// # Errors
/// `cursor_invalid`.
fn after(cursor: Option<&str>) -> Result<Option<i64>, Problem> {
    let Some(text) = cursor else { return Ok(None) };
    let digits = text.strip_prefix('c').filter(|digits| digits.len() <= 16 && digits.bytes().all(|b| b.is_ascii_hexdigit()));
    let number = digits.and_then(|digits| i64::from_str_radix(digits, 16).ok());
    number.map(Some).ok_or_else(|| Problem::of_field("after", "cursor_invalid", "give the `next` of the page before, as it is"))
}

/// How many rows a page may have.
///
/// # Errors
/// `limit_out_of_range`.
fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    match asked {
        None => Ok(PAGE_ROWS),
        Some(limit) if (1..=PAGE_ROWS_MAX).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::of_field("limit", "limit_out_of_range", format!("a page has 1 to {PAGE_ROWS_MAX} rows"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_cut_and_its_cursor_reads_back() {
        let page = Page::cut(vec![1_i64, 2, 3], 2, |row| *row);
        assert_eq!(page.items, [1, 2]);
        assert_eq!(after(page.next.as_deref()).ok(), Some(Some(2)));
        assert_eq!(Page::cut(vec![1_i64, 2], 2, |row| *row).next, None);
        for bad in ["", "2", "c", "cg", "c-1", "c11111111111111111"] {
            assert!(after(Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn tags_are_compared_weakly() {
        let tag = HeaderValue::from_static("W/\"ab\"");
        for (known, is) in [("W/\"ab\"", true), ("\"ab\"", true), ("\"x\", W/\"ab\"", true), ("*", true), ("\"x\"", false), ("", false)] {
            assert_eq!(is_known(&tag, &HeaderValue::from_static(known)), is, "{known}");
        }
    }
}
