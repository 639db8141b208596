//! Every text people read, in their language, and the one formatter of numbers, money and dates.
//!
//! [`Say`] is a language (and the local time) as a value: it has one method for each message of `ftl/en/*.ftl`, made by the build from
//! those files. A message without arguments gives a `&'static str`, one with arguments a `String`.
//!
//! # To add a text
//!
//! Write it into the file of its subject in `ftl/en/` (Fluent syntax), and call it:
//!
//! ```text
//! # Above the list of members.                       <- for translators: where it stands
//! homes-missing = { $count ->
//!     [one] Still growing: 1 home to come.
//!    *[other] Still growing: { $count } homes to come.
//! }
//! ```
//!
//! `homes-missing` is called as `say.homes_missing(3)`. The last word of an argument's name says what it is, and how it is written:
//! `$count` or `$homes_count` a number, `$price_ngwee` money, `$wh`, `$w`, `$percent`, `$ppm`, `$g`, `$minutes`, `$clock` and `$at` instants,
//! `$on` a day, `$month` a month (see [`Kind`]); every other name is text, such as `$name`. **Arguments stand in alphabetical order** of
//! their names. Texts for phones begin with `sms-`: they are cut down to the letters phones can receive, and a test holds them to 160.
//!
//! What a refusal says is the message `error-CODE`, such as `error-pin_wrong`, found by [`Say::error`] from the code of any error.
//!
//! A translation is the same key in `ftl/bem`, `ftl/ny` or `ftl/toi`; what is missing there is said in English. The build fails when a
//! file does not parse, when a key is not in English, and when a translation has other arguments.
//!
//! What this crate does not do: input, output, markup, or deciding what to say.

#![deny(clippy::float_arithmetic)]

mod calendar;
mod catalogue;
mod gsm7;
mod kind;
pub mod number;
pub mod sms;
mod time;

pub use calendar::{CalendarDate, CalendarMonth};
pub use catalogue::{Arg, Entry, Say, entries};
pub use domain::Language;
pub use kind::Kind;
pub use time::clock_of_minutes;

/// The no-break space that keeps a unit with its number.
pub const NBSP: char = '\u{a0}';

/// The sign of a negative amount.
pub const MINUS: char = '\u{2212}';
