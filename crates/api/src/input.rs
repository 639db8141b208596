//! What comes in: bodies, paths and queries as typed values, or a problem that names the field.

use crate::problem::Problem;
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use domain::{ClusterCode, MemberNo};
use quantity::BusinessDay;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path as FieldPath, Segment};

/// Most bytes of a body, unless an operation takes long lists.
pub(crate) const BODY_MAX: usize = 64 * 1024;
/// Most bytes of a body with a list of thousands.
pub(crate) const LIST_BODY_MAX: usize = 2 * 1024 * 1024;

/// A JSON body of at most `MAX` bytes.
#[derive(Debug)]
pub(crate) struct Body<T, const MAX: usize = BODY_MAX>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync, const MAX: usize> FromRequest<S> for Body<T, MAX> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new("content_type_unsupported", "send the body as application/json"));
        }
        let bytes = body_bytes(request, MAX).await?;
        parse(&bytes).map(Self)
    }
}

/// The bytes of a body of at most `max`.
async fn body_bytes(request: Request, max: usize) -> Result<Bytes, Problem> {
    let too_large = || Problem::new("body_too_large", format!("the body may have {max} bytes: send less at once"));
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > max) {
        return Err(too_large());
    }
    axum::body::to_bytes(request.into_body(), max).await.map_err(|error| match announced {
        Some(_) => Problem::new("body_malformed", format!("the body did not arrive: {error}")),
        None => too_large(),
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(kind)) = headers.get(header::CONTENT_TYPE).map(|value| value.to_str()) else { return false };
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// Parses a body; only when that fails it is gone through again to find the field.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).or_else(|first| {
        if !first.is_data() {
            return Err(Problem::new("body_malformed", format!("the body is no JSON: {first}")));
        }
        let whole = whole_numbers(bytes);
        let mut json = serde_json::Deserializer::from_slice(&whole);
        match serde_path_to_error::deserialize::<_, T>(&mut json) {
            Ok(value) => Ok(value),
            Err(error) => Err(field_problem(&pointer(error.path()), &error.inner().to_string())),
        }
    })
}

/// The same JSON with `5.0` written as `5`: both are integers in the sense of JSON Schema (validation, section 6.1.1).
fn whole_numbers(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let (mut at, mut is_text) = (0, false);
    while let Some(&byte) = json.get(at) {
        if is_text && byte == b'\\' {
            out.extend(json[at..].iter().take(2));
            at += 2;
            continue;
        }
        is_text ^= byte == b'"';
        let zeros = json[at + 1..].iter().take_while(|next| **next == b'0').count();
        let is_whole =
            !is_text && byte == b'.' && zeros > 0 && !json.get(at + 1 + zeros).is_some_and(|next| matches!(next, b'0'..=b'9' | b'e' | b'E'));
        if is_whole {
            at += zeros;
        } else {
            out.push(byte);
        }
        at += 1;
    }
    out
}

/// What serde says about a field, with a code of ours.
fn field_problem(pointer: &str, said: &str) -> Problem {
    let code = match said {
        said if said.starts_with("unknown field") => "field_unknown",
        said if said.starts_with("missing field") => "field_missing",
        _ => "body_invalid",
    };
    Problem::of_field(pointer, code, said)
}

/// A JSON pointer (RFC 6901).
fn pointer(path: &FieldPath) -> String {
    let mut pointer = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// The query of an address.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let text = parts.uri.query().unwrap_or_default();
        serde_urlencoded::from_str(text).map(Self).map_err(|error| Problem::new("bad_address", format!("the query is wrong: {error}")))
    }
}

/// The parts of a path.
#[derive(Debug)]
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0)).map_err(|rejection: PathRejection| Problem::new("bad_address", rejection.body_text()))
    }
}

/// The code of a cluster in a path.
///
/// # Errors
/// `cluster_code_invalid`.
pub(crate) fn code(text: &str) -> Result<ClusterCode, Problem> {
    ClusterCode::parse(text).map_err(|error| Problem::new(error.code(), error.to_string()))
}

/// The number of a member in a path.
///
/// # Errors
/// `bad_address`.
pub(crate) fn member_no(number: i64) -> Result<MemberNo, Problem> {
    MemberNo::new(number).map_err(|error| Problem::new("bad_address", error.to_string()))
}

/// A day in a path or a query: `YYYY-MM-DD`.
///
/// # Errors
/// `date_invalid`.
pub(crate) fn day(name: &str, text: &str) -> Result<BusinessDay, Problem> {
    read_day(text).ok_or_else(|| Problem::of_field(name, "date_invalid", "write a day as YYYY-MM-DD"))
}

/// A month in a query, `YYYY-MM`: its first day.
///
/// # Errors
/// `date_invalid`.
pub(crate) fn month(name: &str, text: &str) -> Result<BusinessDay, Problem> {
    let first = if text.len() == 7 { read_day(&format!("{text}-01")) } else { None };
    first.ok_or_else(|| Problem::of_field(name, "date_invalid", "write a month as YYYY-MM"))
}

/// A day written as `YYYY-MM-DD`.
pub(crate) fn read_day(text: &str) -> Option<BusinessDay> {
    let is_plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    if is_plain { BusinessDay::parse(text) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Row {
        #[expect(dead_code, reason = "only parsed")]
        energy_wh: i64,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Rows {
        #[expect(dead_code, reason = "only parsed")]
        rows: Vec<Row>,
    }

    #[test]
    fn a_bad_body_has_a_code_and_a_pointer() {
        for (text, code, pointer) in [
            ("", "body_malformed", ""),
            ("{", "body_malformed", ""),
            ("[]", "body_invalid", ""),
            (r#"{"rows":[{"energy_wh":1.5}]}"#, "body_invalid", "/rows/0/energy_wh"),
            (r#"{"rows":[{"energy_wh":1},{}]}"#, "field_missing", "/rows/1"),
            (r#"{"rows":[],"rows":[]}"#, "body_invalid", ""),
            (r#"{"rows":[],"more":1}"#, "field_unknown", "/more"),
            (r#"{"rows":[{"energy_wh":99999999999999999999}]}"#, "body_invalid", "/rows/0/energy_wh"),
        ] {
            let problem = parse::<Rows>(text.as_bytes()).expect_err(text);
            let document: serde_json::Value = serde_json::from_slice(&problem.document(message::Language::En, "1")).expect("JSON");
            assert_eq!(document["code"], code, "{text}");
            let field = document["fields"][0]["pointer"].as_str().unwrap_or_default();
            assert_eq!(field, pointer, "{text}");
        }
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_point() {
        let whole = |text: &str| String::from_utf8(whole_numbers(text.as_bytes())).expect("text");
        assert_eq!(whole(r#"{"a.0":5.0,"b":[-7.000,1.50,1.0e3,10.05],"c":"x\".0"}"#), r#"{"a.0":5,"b":[-7,1.50,1.0e3,10.05],"c":"x\".0"}"#);
        assert!(parse::<Rows>(br#"{"rows":[{"energy_wh":5.0},{"energy_wh":-2105563507607739.0}]}"#).is_ok());
        assert!(parse::<Rows>(br#"{"rows":[{"energy_wh":5.5}]}"#).is_err());
    }

    #[test]
    fn days_and_months_are_read_strictly() {
        assert!(day("from", "2026-02-28").is_ok() && month("month", "2026-02").is_ok());
        for bad in ["", "2026-02-30", "2026-2-3", "+2026-02-0", "2026-02", "2026-02-03T"] {
            assert!(day("from", bad).is_err(), "{bad}");
        }
        for bad in ["", "2026-13", "2026-2", "2026-02-01"] {
            assert!(month("month", bad).is_err(), "{bad}");
        }
    }
}
