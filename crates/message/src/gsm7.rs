//! The letters every phone can receive in a message of 160 characters. The build reads this file too.
//!
//! Source: 3GPP TS 23.038, section 6.2.1 (the default alphabet and its extension table).

/// The default alphabet, without line feed, carriage return and escape.
const BASIC: &str = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Characters that take two places.
const EXTENDED: &str = "^{}\\[~]|€";

/// Places a character takes in a message: 1, 2, or `None` when it would turn the whole message into one of 70 characters.
#[must_use]
pub fn places(c: char) -> Option<usize> {
    if c == '\n' || BASIC.contains(c) {
        Some(1)
    } else if EXTENDED.contains(c) {
        Some(2)
    } else {
        None
    }
}

/// Places a text takes; `None` when a character is not in the alphabet.
#[must_use]
pub fn length(text: &str) -> Option<usize> {
    text.chars().map(places).sum()
}
