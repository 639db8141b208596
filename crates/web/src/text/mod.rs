//! Every word, number and time that a page shows.
//!
//! Templates and views take their text from here, so that another language is another [`words::Words`] and another
//! set of sentences, and nothing else. Nothing here knows markup.

pub mod number;
pub mod say;
pub mod time;
pub mod words;

/// The no-break space that keeps a unit with its number.
pub const NBSP: char = '\u{a0}';

/// The sign of a negative amount.
pub const MINUS: char = '\u{2212}';
