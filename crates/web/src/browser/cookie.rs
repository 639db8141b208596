//! Cookies: never read by a script, never sent from another site, and bound to this host where the page is encrypted.

use axum::http::{HeaderMap, HeaderValue, header};

/// What a cookie of ours is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// The session's token.
    Session,
    /// A secret of a reader who is not signed in, for the tokens of forms.
    Visit,
    /// The language chosen.
    Language,
    /// The phone number between two steps of the first run.
    Begin,
}

impl Cookie {
    fn plain_name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Visit => "visit",
            Self::Language => "language",
            Self::Begin => "begin",
        }
    }

    /// Its name; with the prefix that browsers hold to this host where the connection is encrypted.
    ///
    /// Source: RFC 6265bis, section 4.1.3.2 (`__Host-`).
    fn name(self, is_https: bool) -> String {
        let prefix = if is_https { "__Host-" } else { "" };
        format!("{prefix}innerlectra-{}", self.plain_name())
    }

    /// Its value in a request, if it has one of letters, digits and `-_+.~`.
    #[must_use]
    pub fn read(self, headers: &HeaderMap, is_https: bool) -> Option<String> {
        let name = self.name(is_https);
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(key, value)| *key == name && is_plain(value)).map(|(_, value)| value.to_owned())
    }

    /// The header that sets it for some seconds; 0 removes it. `None` when the value cannot be a cookie's.
    #[must_use]
    pub fn write(self, value: &str, seconds: i64, is_https: bool) -> Option<HeaderValue> {
        let is_removed = value.is_empty() && seconds == 0;
        if !is_removed && !is_plain(value) {
            return None;
        }
        let secure = if is_https { "; Secure" } else { "" };
        let text = format!("{}={value}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}", self.name(is_https), seconds.max(0));
        HeaderValue::from_str(&text).ok()
    }
}

fn is_plain(value: &str) -> bool {
    !value.is_empty() && value.len() <= 256 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_+.~".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_reads_back_by_its_own_name() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=b; innerlectra-session=tok-1; __Host-innerlectra-session=tok-2"));
        assert_eq!(Cookie::Session.read(&headers, false).as_deref(), Some("tok-1"));
        assert_eq!(Cookie::Session.read(&headers, true).as_deref(), Some("tok-2"));
        assert_eq!(Cookie::Visit.read(&headers, false), None);
    }

    #[test]
    fn a_cookie_is_closed_to_scripts_and_other_sites() {
        let text = |value: Option<HeaderValue>| value.expect("a header").to_str().expect("ASCII").to_owned();
        assert_eq!(
            text(Cookie::Session.write("tok", 60, true)),
            "__Host-innerlectra-session=tok; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(text(Cookie::Session.write("", 0, false)), "innerlectra-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
        assert_eq!(Cookie::Session.write("a;b", 1, false), None);
        assert_eq!(Cookie::Session.write("", 1, false), None);
    }
}
