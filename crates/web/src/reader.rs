//! Who reads a page: the language, and the page itself, for links that come back to it.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use message::{Language, Say};

/// The name of the cookie with the chosen language ends so; browsers may hold it to this host by a prefix.
const LANGUAGE_COOKIE: &str = "innerlectra-language";

/// What the masthead says to somebody who is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Me {
    /// Notices not yet read.
    pub unread: i64,
    /// The number of the reader's home in the group of the page; `None` outside a group, and for who has no home there.
    pub home: Option<i64>,
    /// Whether the reader may open every home's book in the group of the page.
    pub opens_books: bool,
}

/// The reader of one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// The language, and the local time.
    pub say: Say,
    /// Path and query of the page that is read.
    pub here: String,
    /// Who is signed in; `None` for nobody.
    pub me: Option<Me>,
    /// The token of the small forms around every page; empty where a page has none.
    pub token: String,
}

impl Default for Reader {
    /// Somebody who reads English, on the first page.
    fn default() -> Self {
        Self { say: Say::new(Language::En), here: "/".to_owned(), me: None, token: String::new() }
    }
}

impl Reader {
    /// Whether a link to the book of home `no` leads anywhere for this reader. Pages that everybody may read have no reader.
    #[must_use]
    pub fn may_open(&self, no: i64) -> bool {
        self.me.is_none_or(|me| me.opens_books || me.home == Some(no))
    }

    /// The reader of a request: the language chosen before, or else the one the browser likes best.
    #[must_use]
    pub fn of(headers: &HeaderMap, uri: &Uri) -> Self {
        let language = chosen(headers).unwrap_or_else(|| {
            let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
            accepted.map_or(Language::En, Language::from_accept)
        });
        let here = uri.path_and_query().map_or_else(|| "/".to_owned(), |here| here.as_str().to_owned());
        Self { say: Say::new(language), here, ..Self::default() }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers, &parts.uri))
    }
}

fn chosen(headers: &HeaderMap) -> Option<Language> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find_map(|(key, value)| key.ends_with(LANGUAGE_COOKIE).then(|| Language::parse(value).ok()).flatten())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_choice_goes_before_what_the_browser_likes() {
        let language = |cookie: Option<&'static str>, accepted: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            cookie.map(|text| headers.insert(header::COOKIE, HeaderValue::from_static(text)));
            accepted.map(|text| headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(text)));
            Reader::of(&headers, &Uri::from_static("/app/x?month=2026-11")).say.language()
        };
        assert_eq!(language(None, None), Language::En);
        assert_eq!(language(None, Some("ny,en;q=0.5")), Language::Ny);
        assert_eq!(language(Some("a=b; innerlectra-language=bem"), Some("ny")), Language::Bem);
        assert_eq!(language(Some("__Host-innerlectra-language=toi"), None), Language::Toi);
        assert_eq!(language(Some("innerlectra-language=<x>"), Some("ny")), Language::Ny);
        assert_eq!(Reader::of(&HeaderMap::new(), &Uri::from_static("/a?b=c")).here, "/a?b=c");
    }
}
