//! Phone numbers of Zambia.
//!
//! Source: libphonenumber metadata 9.0.43 for country code 260; prefix 79 is valid but not assigned to an operator.

use crate::people::Operator;
use std::fmt;

/// Why a text is no number that can get a code by SMS here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MsisdnError {
    /// Not digits, or too few or too many.
    #[error("write the phone number with ten digits, such as 097 123 4567")]
    Form,
    /// Another country.
    #[error("only numbers of Zambia (+260) can be used")]
    Foreign,
    /// A fixed line, freephone or internet line.
    #[error("this is not a mobile number: it cannot get an SMS")]
    NotMobile,
}

impl MsisdnError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Form => "phone_form",
            Self::Foreign => "phone_foreign",
            Self::NotMobile => "phone_not_mobile",
        }
    }
}

/// A mobile number of Zambia: the nine digits after +260. Its `Debug` form hides the middle, so that no log holds it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Msisdn(u32);

/// Longest input looked at.
const INPUT_MAX: usize = 32;
const NATIONAL_DIGITS: usize = 9;

impl Msisdn {
    /// Reads `+260971234567`, `260971234567`, `00260971234567`, `0971234567` or `971234567`, with spaces or hyphens.
    ///
    /// # Errors
    /// [`MsisdnError`].
    pub fn parse(text: &str) -> Result<Self, MsisdnError> {
        if text.len() > INPUT_MAX {
            return Err(MsisdnError::Form);
        }
        let plain: String = text.trim().chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}')).collect();
        let (is_international, digits) = match plain.strip_prefix('+').or_else(|| plain.strip_prefix("00")) {
            Some(rest) => (true, rest),
            None => (false, plain.as_str()),
        };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(MsisdnError::Form);
        }
        let national = match digits.strip_prefix("260") {
            Some(rest) if is_international || digits.len() == NATIONAL_DIGITS + 3 => rest,
            _ if is_international => return Err(MsisdnError::Foreign),
            _ => digits.strip_prefix('0').unwrap_or(digits),
        };
        if national.len() != NATIONAL_DIGITS {
            return Err(MsisdnError::Form);
        }
        let number: u32 = national.parse().map_err(|_| MsisdnError::Form)?;
        Self::from_national(number)
    }

    /// The number whose national digits, read as a whole number, are `number`.
    ///
    /// # Errors
    /// [`MsisdnError::NotMobile`].
    pub const fn from_national(number: u32) -> Result<Self, MsisdnError> {
        let (first, second) = (number / 100_000_000, number / 10_000_000 % 10);
        let is_mobile = matches!((first, second), (5 | 9, 5..=8) | (7, 5..=9));
        if is_mobile { Ok(Self(number)) } else { Err(MsisdnError::NotMobile) }
    }

    /// The national digits as a whole number, as stored.
    #[must_use]
    pub const fn national(self) -> u32 {
        self.0
    }

    /// `+260971234567`.
    #[must_use]
    pub fn e164(self) -> String {
        format!("+260{}", self.0)
    }

    /// `097 123 4567`, as people say it.
    #[must_use]
    pub fn spoken(self) -> String {
        let n = self.0;
        format!("0{} {:03} {:04}", n / 10_000_000, n / 10_000 % 1_000, n % 10_000)
    }

    /// `097 ••• •567`: enough for its owner to know it, too little for others.
    #[must_use]
    pub fn masked(self) -> String {
        format!("0{} \u{2022}\u{2022}\u{2022} \u{2022}{:03}", self.0 / 10_000_000, self.0 % 1_000)
    }

    /// The operator the prefix was given to; numbers can be ported.
    #[must_use]
    pub const fn operator(self) -> Option<Operator> {
        match self.0 / 10_000_000 % 10 {
            5 => Some(Operator::Zamtel),
            6 => Some(Operator::Mtn),
            7 => Some(Operator::Airtel),
            8 => Some(Operator::Zedmobile),
            _ => None,
        }
    }
}

impl fmt::Debug for Msisdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Msisdn({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn all_ways_to_write_a_number_mean_the_same() {
        for text in ["+260971234567", "260971234567", "00260971234567", "0971234567", "971234567", " 097 123-4567 ", "+260 97 123 4567"] {
            assert_eq!(Msisdn::parse(text).map(Msisdn::e164), Ok("+260971234567".to_owned()), "{text}");
        }
        assert_eq!(Msisdn::parse("0971234567").map(Msisdn::spoken), Ok("097 123 4567".to_owned()));
    }

    #[test]
    fn the_rest_is_refused_for_its_own_reason() {
        for (text, error) in [
            ("", MsisdnError::Form),
            ("abc", MsisdnError::Form),
            ("09712345", MsisdnError::Form),
            ("09712345678", MsisdnError::Form),
            ("0971234567x", MsisdnError::Form),
            ("+27821234567", MsisdnError::Foreign),
            ("0027821234567", MsisdnError::Foreign),
            ("+44 7700 900123", MsisdnError::Foreign),
            ("0211123456", MsisdnError::NotMobile),
            ("0630123456", MsisdnError::NotMobile),
            ("0740123456", MsisdnError::NotMobile),
            ("0990123456", MsisdnError::NotMobile),
        ] {
            assert_eq!(Msisdn::parse(text), Err(error), "{text}");
        }
        assert_eq!(Msisdn::parse(&"9".repeat(40)), Err(MsisdnError::Form));
    }

    #[test]
    fn a_debug_print_hides_the_number() {
        let number = Msisdn::parse("0971234567").expect("a number");
        assert_eq!(format!("{number:?}"), "Msisdn(097 \u{2022}\u{2022}\u{2022} \u{2022}567)");
        assert_eq!(number.operator(), Some(Operator::Airtel));
        assert_eq!(Msisdn::parse("0791234567").expect("valid").operator(), None);
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_the_same(first in prop::sample::select(vec![95u32, 96, 97, 98, 55, 58, 75, 79]), rest in 0u32..10_000_000) {
            let number = Msisdn::from_national(first * 10_000_000 + rest).expect("mobile");
            prop_assert_eq!(Msisdn::parse(&number.e164()), Ok(number));
            prop_assert_eq!(Msisdn::parse(&number.spoken()), Ok(number));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = Msisdn::parse(&text);
        }
    }
}
