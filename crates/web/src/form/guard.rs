//! Whether a form was sent from one of our own pages.
//!
//! A browser says so itself (`Sec-Fetch-Site`, `Origin`). One that says nothing must send the token that only a page it was given
//! holds: it is made of the secret in the reader's cookie.

use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};

/// What the browser says of where a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// One of our own pages.
    Here,
    /// Another site.
    Elsewhere,
    /// It says nothing.
    Unsaid,
}

/// Reads the browser's word. `Sec-Fetch-Site` is set by the browser alone and survives a proxy that changes `Host`; it goes first.
///
/// Source: W3C Fetch Metadata Request Headers; RFC 6454, section 7.
#[must_use]
pub fn from(headers: &HeaderMap) -> From {
    let text = |name| headers.get(name).map(|value: &axum::http::HeaderValue| value.to_str().unwrap_or("?"));
    match text(header::HeaderName::from_static("sec-fetch-site")) {
        Some("same-origin") => return From::Here,
        Some("none") | None => {}
        Some(_) => return From::Elsewhere,
    }
    match (text(header::ORIGIN), text(header::HOST)) {
        (None, _) => From::Unsaid,
        (Some(origin), Some(host)) if origin.split_once("://").is_some_and(|(_, at)| at.eq_ignore_ascii_case(host)) => From::Here,
        (Some(_), _) => From::Elsewhere,
    }
}

/// The token of a form for the reader whose cookie holds `secret`: 32 hex digits.
#[must_use]
pub fn token(secret: &str) -> String {
    let digest = Sha256::new().chain_update(b"innerlectra form\0").chain_update(secret.as_bytes()).finalize();
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a form may change something: sent from here, or, where the browser says nothing, with the reader's token.
#[must_use]
pub fn is_ours(headers: &HeaderMap, secret: Option<&str>, sent: &str) -> bool {
    match from(headers) {
        From::Here => true,
        From::Elsewhere => false,
        From::Unsaid => secret.is_some_and(|secret| is_equal(&token(secret), sent)),
    }
}

/// Compares without telling by the time taken where two texts differ.
fn is_equal(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |all, (x, y)| all | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| (header::HeaderName::from_static(name), header::HeaderValue::from_static(value));
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn the_browsers_word_decides() {
        let host = ("host", "power.example:8080");
        for (pairs, expected) in [
            (vec![host, ("sec-fetch-site", "same-origin")], From::Here),
            (vec![host, ("sec-fetch-site", "same-origin"), ("origin", "https://proxy.example")], From::Here),
            (vec![host, ("sec-fetch-site", "cross-site")], From::Elsewhere),
            (vec![host, ("sec-fetch-site", "same-site"), ("origin", "http://power.example:8080")], From::Elsewhere),
            (vec![host, ("origin", "http://power.example:8080")], From::Here),
            (vec![host, ("origin", "https://Power.Example:8080")], From::Here),
            (vec![host, ("origin", "http://power.example:8081")], From::Elsewhere),
            (vec![host, ("origin", "http://power.example:8080.evil.example")], From::Elsewhere),
            (vec![host, ("origin", "null")], From::Elsewhere),
            (vec![("origin", "http://power.example")], From::Elsewhere),
            (vec![host, ("sec-fetch-site", "none")], From::Unsaid),
            (vec![host], From::Unsaid),
        ] {
            assert_eq!(from(&headers(&pairs)), expected, "{pairs:?}");
        }
    }

    #[test]
    fn a_silent_browser_needs_the_token_of_its_reader() {
        let silent = headers(&[("host", "a")]);
        assert!(is_ours(&silent, Some("secret"), &token("secret")));
        assert!(!is_ours(&silent, Some("secret"), &token("other")));
        assert!(!is_ours(&silent, Some("secret"), ""));
        assert!(!is_ours(&silent, None, &token("")));
        let cross = headers(&[("host", "a"), ("sec-fetch-site", "cross-site")]);
        assert!(!is_ours(&cross, Some("secret"), &token("secret")));
    }
}
