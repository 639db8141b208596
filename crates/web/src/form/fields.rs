//! What was typed into a form: names and values from the body of a request.

use std::fmt;

/// Most pairs in one form; a list of a hundred homes has one for each.
const PAIRS_MAX: usize = 256;

/// Longest value kept, in bytes.
const VALUE_MAX: usize = 8 * 1024;

/// Why a body is no form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FieldsError {
    /// Not `name=value&name=value` in UTF-8.
    #[error("the form cannot be read; open the page again and send it once more")]
    Unreadable,
    /// Too many fields, or one that is too long.
    #[error("the form is too long; write less")]
    TooLong,
}

impl FieldsError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "form_unreadable",
            Self::TooLong => "form_too_long",
        }
    }
}

/// The fields of a form. Its `Debug` form names them and hides the values: some are secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a body of the type `application/x-www-form-urlencoded`, or a query.
    ///
    /// # Errors
    /// [`FieldsError`].
    ///
    /// Source: WHATWG URL standard, section 5.1.
    pub fn parse(body: &[u8]) -> Result<Self, FieldsError> {
        let mut pairs = Vec::new();
        for pair in body.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.iter().position(|b| *b == b'=').map_or((pair, &[][..]), |at| (&pair[..at], &pair[at + 1..]));
            if pairs.len() == PAIRS_MAX || value.len() > VALUE_MAX {
                return Err(FieldsError::TooLong);
            }
            pairs.push((decoded(name)?, decoded(value)?));
        }
        Ok(Self(pairs))
    }

    /// The value of a field without the space around it; empty when it was not sent.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.trim())
    }

    /// Every value sent under a name, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.trim())
    }

    /// Whether a box was ticked, or a field sent at all.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// One name or value: `+` is a space, `%41` a byte.
fn decoded(text: &[u8]) -> Result<String, FieldsError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|b| char::from(*b).to_digit(16)).ok_or(FieldsError::Unreadable);
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high * 16 + low).map_err(|_| FieldsError::Unreadable)?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| FieldsError::Unreadable)
}

/// Text as a value in an address: everything but letters, digits and `-._~/` is escaped.
#[must_use]
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_and_trimmed() {
        let fields = Fields::parse(b"name=+Bupe%20M%C3%BCller+&pin=01234&pick=1&pick=2&empty=&bare").expect("a form");
        assert_eq!((fields.get("name"), fields.get("pin"), fields.get("none")), ("Bupe M\u{fc}ller", "01234", ""));
        assert_eq!(fields.all("pick").collect::<Vec<_>>(), ["1", "2"]);
        assert!(fields.has("bare") && fields.has("empty") && !fields.has("none"));
        assert!(!format!("{fields:?}").contains("01234"));
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for bad in ["a=%", "a=%4", "a=%zz", "a=%ff"] {
            assert_eq!(Fields::parse(bad.as_bytes()), Err(FieldsError::Unreadable), "{bad}");
        }
        assert_eq!(Fields::parse("a=1&".repeat(257).as_bytes()), Err(FieldsError::TooLong));
        assert_eq!(Fields::parse(format!("a={}", "x".repeat(9_000)).as_bytes()), Err(FieldsError::TooLong));
    }

    #[test]
    fn an_encoded_value_reads_back() {
        let text = "/app/clusters/KAB?month=2025-10&x=\u{e9} +";
        let fields = Fields::parse(format!("next={}", encoded(text)).as_bytes()).expect("a query");
        assert_eq!(fields.get("next"), text.trim());
    }
}
