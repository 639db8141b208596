//! One reading and its quality.

use domain::MeterNo;
use quantity::{Instant, WattHours};
use std::fmt;

/// A quality that is not on the list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a reading quality: use measured, late, estimated, register, rollover or spread")]
pub struct QualityUnknown {
    /// The word or number given.
    pub text: String,
}

impl QualityUnknown {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "quality_unknown"
    }
}

/// How a reading came to be. The numbers are stored and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Quality {
    /// Energy of the interval as the meter gave it, in time.
    Measured = 0,
    /// The same, but arrived after the grace time.
    Late = 1,
    /// Made from the same time of earlier days, until the meter's own value comes.
    Estimated = 2,
    /// The difference of two values of a cumulative register.
    Register = 3,
    /// The same over the point where the register starts again at zero.
    Rollover = 4,
    /// A register difference over several intervals, spread over them exactly.
    Spread = 5,
}

impl Quality {
    /// Every quality, by its number.
    pub const ALL: [Self; 6] = [Self::Measured, Self::Late, Self::Estimated, Self::Register, Self::Rollover, Self::Spread];

    /// The number as stored.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The quality of a stored number.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Measured),
            1 => Some(Self::Late),
            2 => Some(Self::Estimated),
            3 => Some(Self::Register),
            4 => Some(Self::Rollover),
            5 => Some(Self::Spread),
            _ => None,
        }
    }

    /// The word as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Late => "late",
            Self::Estimated => "estimated",
            Self::Register => "register",
            Self::Rollover => "rollover",
            Self::Spread => "spread",
        }
    }

    /// Parses the word.
    ///
    /// # Errors
    /// [`QualityUnknown`] names the words there are.
    pub fn parse(text: &str) -> Result<Self, QualityUnknown> {
        let found = Self::ALL.into_iter().find(|quality| quality.as_str() == text);
        found.ok_or_else(|| QualityUnknown { text: text.chars().take(40).collect() })
    }

    /// Whether the energy of this very interval was not measured: the reading gives way to a measured one.
    #[must_use]
    pub const fn is_estimate(self) -> bool {
        matches!(self, Self::Estimated | Self::Spread)
    }

    /// How much a reading weighs against another for the same interval: a guess less than a spread register difference (whose sum is
    /// measured), that less than a measured interval.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Estimated => 0,
            Self::Spread => 1,
            Self::Measured | Self::Late | Self::Register | Self::Rollover => 2,
        }
    }
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The energy of one meter in one interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reading {
    /// The meter.
    pub meter: MeterNo,
    /// Start of the interval.
    pub start: Instant,
    /// Energy used, zero or more, before own generation is netted off.
    pub consumption: WattHours,
    /// Energy generated, zero or more.
    pub generation: WattHours,
    /// How it came to be.
    pub quality: Quality,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qualities_keep_their_numbers_and_words() {
        let words = ["measured", "late", "estimated", "register", "rollover", "spread"];
        for (number, (quality, word)) in Quality::ALL.into_iter().zip(words).enumerate() {
            assert_eq!(usize::from(quality.number()), number);
            assert_eq!(Quality::from_number(quality.number()), Some(quality));
            assert_eq!((quality.as_str(), Quality::parse(word)), (word, Ok(quality)));
        }
        assert_eq!(Quality::from_number(6), None);
        assert_eq!(Quality::parse("guessed").expect_err("unknown").code(), "quality_unknown");
        assert!(Quality::Spread.is_estimate() && Quality::Estimated.is_estimate() && !Quality::Late.is_estimate());
    }
}
