//! One statement, two texts of the same length, both made by the compiler.

/// A statement that runs unchanged on both engines. Made by [`sql!`](crate::sql!), as a constant.
#[derive(Debug, Clone, Copy)]
pub struct Sql {
    pub(crate) pg: &'static str,
    pub(crate) lite: &'static str,
    pub(crate) parameters: usize,
}

impl Sql {
    /// Puts the two texts together; use [`sql!`](crate::sql!), which makes the second from the first.
    pub const fn from_parts(pg: &'static str, lite: &'static str) -> Self {
        Self { pg, lite, parameters: parameter_count(pg) }
    }

    /// The text as written, with `$1` parameters.
    pub const fn text(&self) -> &'static str {
        self.pg
    }
}

/// Makes a [`Sql`] from a literal with `$1`, `$2`, … at compile time.
///
/// For SQLite `$N` becomes `?N`, except inside quotes and comments. A bare `?`, or a `$` without a number, does not
/// compile.
///
/// ```
/// use store::{Sql, sql};
/// const BALANCE: Sql = sql!("SELECT balance FROM account WHERE cluster_id = $1 AND account_no = $2");
/// assert!(BALANCE.text().ends_with("$2"));
/// ```
#[macro_export]
macro_rules! sql {
    ($text:expr) => {{
        const PG: &str = $text;
        const BYTES: [u8; PG.len()] = $crate::lite_text(PG);
        const LITE: &str = match ::core::str::from_utf8(&BYTES) {
            Ok(text) => text,
            Err(_) => panic!("sql! keeps the text valid"),
        };
        const MADE: $crate::Sql = $crate::Sql::from_parts(PG, LITE);
        MADE
    }};
}

/// Where a byte of a statement stands.
#[derive(Clone, Copy)]
enum Place {
    Code,
    /// Inside `'…'` or `"…"`; holds the closing byte.
    Quoted(u8),
    /// Inside `-- …`.
    Line,
    /// Inside `/* … */`.
    Block,
}

/// The place after byte `at`. A doubled quote leaves and enters again, which is the same.
const fn step(place: Place, text: &[u8], at: usize) -> Place {
    let byte = text[at];
    let before = if at == 0 { 0 } else { text[at - 1] };
    match place {
        Place::Code => match byte {
            b'\'' | b'"' => Place::Quoted(byte),
            b'-' if before == b'-' => Place::Line,
            b'*' if before == b'/' => Place::Block,
            _ => Place::Code,
        },
        Place::Quoted(end) if byte == end => Place::Code,
        Place::Line if byte == b'\n' => Place::Code,
        Place::Block if byte == b'/' && before == b'*' => Place::Code,
        same => same,
    }
}

/// The SQLite text of a statement, of the same length.
///
/// # Panics
/// At compile time, on a bare `?` or a `$` without a number.
pub const fn lite_text<const N: usize>(text: &str) -> [u8; N] {
    let bytes = text.as_bytes();
    let mut out = [0u8; N];
    let mut place = Place::Code;
    let mut at = 0;
    while at < N {
        out[at] = bytes[at];
        if matches!(place, Place::Code) {
            assert!(bytes[at] != b'?', "write $1, not ?");
            if bytes[at] == b'$' {
                assert!(at + 1 < N && bytes[at + 1].is_ascii_digit(), "a $ needs its number");
                out[at] = b'?';
            }
        }
        place = step(place, bytes, at);
        at += 1;
    }
    out
}

/// The highest parameter number of a statement, 0 when it has none.
pub const fn parameter_count(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut place = Place::Code;
    let mut highest = 0;
    let mut at = 0;
    while at < bytes.len() {
        if matches!(place, Place::Code) && bytes[at] == b'$' {
            let mut number = 0;
            let mut digit = at + 1;
            while digit < bytes.len() && bytes[digit].is_ascii_digit() {
                number = number * 10 + (bytes[digit] - b'0') as usize;
                digit += 1;
            }
            if number > highest {
                highest = number;
            }
        }
        place = step(place, bytes, at);
        at += 1;
    }
    highest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_change_outside_quotes_and_comments_only() {
        const S: Sql = crate::sql!("SELECT '$1 it''s $2', \"$3\", $2 -- $9 'x\n, $1 /* $7 ' */ , 1-1, $12");
        assert_eq!(S.lite, "SELECT '$1 it''s $2', \"$3\", ?2 -- $9 'x\n, ?1 /* $7 ' */ , 1-1, ?12");
        assert_eq!(S.parameters, 12);
    }

    #[test]
    fn text_outside_ascii_survives() {
        const S: Sql = crate::sql!("SELECT 'Łusaka – K1', $1");
        assert_eq!(S.lite, "SELECT 'Łusaka – K1', ?1");
    }
}
