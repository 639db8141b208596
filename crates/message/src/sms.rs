//! Text for phones without a browser: only letters of the GSM alphabet, so that 160 fit into one message.

pub use crate::gsm7::{length, places};

/// Characters of one message.
pub const LENGTH_MAX: usize = 160;

/// The text with what phones cannot receive replaced: no-break spaces, true minus signs and curly quotes by the plain ones, anything
/// else outside the alphabet by `?`.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{a0}' | '\u{202f}' | '\u{2009}' => ' ',
            '\u{2212}' | '\u{2010}'..='\u{2015}' => '-',
            '\u{2018}' | '\u{2019}' => '\'',
            '\u{201c}' | '\u{201d}' => '"',
            c if places(c).is_some() => c,
            _ => '?',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_keeps_to_the_alphabet() {
        assert_eq!(plain("\u{2212}K1,234.50, 68\u{a0}% \u{201c}ng\u{2019}ombe\u{201d} \u{14b}"), "-K1,234.50, 68 % \"ng'ombe\" ?");
        assert_eq!(length("a{b"), Some(4));
        assert_eq!(length("\u{14b}"), None);
        assert_eq!(length(&plain("\u{1f600}\u{a0}\u{2212}")), Some(3));
    }
}
