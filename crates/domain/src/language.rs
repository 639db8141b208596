//! The languages a member can choose.

use crate::cluster::{UnknownWord, words};

words!(
    /// A language of the pages and messages; the word is its language tag (BCP 47).
    Language, "language" {
        /// English: complete, and what a text not yet in the reader's language falls back to.
        En = "en",
        /// Bemba.
        Bem = "bem",
        /// Nyanja.
        Ny = "ny",
        /// Tonga of Zambia and Zimbabwe.
        Toi = "toi",
    }
);

/// A browser's list is read up to this many languages.
const ACCEPTED_MAX: usize = 32;

impl Language {
    /// The name in the language itself, with the English one where they differ.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Bem => "Bemba (Ichibemba)",
            Self::Ny => "Nyanja (Chinyanja)",
            Self::Toi => "Tonga (Chitonga)",
        }
    }

    /// Whether its texts still wait for a review by speakers; pages then say so.
    #[must_use]
    pub const fn is_draft(self) -> bool {
        !matches!(self, Self::En)
    }

    /// The language a browser would like best of those there are, English when it names none of them.
    ///
    /// Regions count as their language (`en-GB` is English), a higher `q` goes first, a tie goes to the earlier, and parts that
    /// cannot be read are passed over.
    ///
    /// Source: RFC 9110, section 12.5.4 (`Accept-Language`) and 12.4.2 (quality values).
    #[must_use]
    pub fn from_accept(header: &str) -> Self {
        let mut best = (0, Self::En);
        for part in header.split(',').take(ACCEPTED_MAX) {
            let (tag, parameters) = part.split_once(';').unwrap_or((part, ""));
            let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
            let Ok(language) = Self::parse(if primary == "nya" { "ny" } else { &primary }) else { continue };
            let weight = parameters.trim().strip_prefix("q=").map_or(Some(1_000), thousandths).unwrap_or(0);
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }
}

/// A quality value in thousandths: `0.8` is 800; `None` when it is not from 0 to 1 with at most three digits.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if part.len() > 3 || !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part: u16 = format!("{part:0<3}").parse().ok()?;
    match (whole, part) {
        ("0", part) => Some(part),
        ("1", 0) => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_parse_back_and_name_themselves() {
        for &language in Language::ALL {
            assert_eq!(Language::parse(language.as_str()), Ok(language));
            assert!(!language.own_name().is_empty());
        }
        assert!(Language::parse("fr").is_err());
        assert!(!Language::En.is_draft() && Language::Toi.is_draft());
    }

    #[test]
    fn the_best_liked_known_language_is_taken() {
        for (header, language) in [
            ("", Language::En),
            ("bem", Language::Bem),
            ("fr-FR,fr;q=0.9,ny;q=0.5,en;q=0.4", Language::Ny),
            ("en;q=0.3, toi-ZM;q=0.35", Language::Toi),
            ("NYA", Language::Ny),
            ("bem;q=0, en;q=0.1", Language::En),
            ("bem;q=2, ny;q=x, toi;q=0.0001", Language::En),
            ("ny, bem", Language::Ny),
            (";;,,=;q", Language::En),
        ] {
            assert_eq!(Language::from_accept(header), language, "{header:?}");
        }
    }
}
