//! What an argument of a message is: its name says it, unit last. The build reads this file too.

/// The kind of an argument, by the last word of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `count`: a number, which a message can also choose by (`{ $count -> [one] … *[other] … }`).
    Count,
    /// `ngwee`: `K1,234.50`.
    Ngwee,
    /// `wh`: `1.4 kWh`.
    Wh,
    /// `w`: `2,140 W`.
    W,
    /// `percent`: `68 %`.
    Percent,
    /// `ppm`: millionths as per cent with one digit, `5.2 %`.
    Ppm,
    /// `g`: `1.2 kg`.
    Grams,
    /// `minutes`: hours with one digit, `14.5 hours`.
    Minutes,
    /// `clock`: an instant (Unix ms) as the local clock, `14:32`.
    Clock,
    /// `at`: an instant (Unix ms) as local day and clock, `Fri 20 Nov, 14:32`.
    At,
    /// `on`: a day, `20 Nov`.
    On,
    /// `month`: `November 2026`.
    Month,
    /// Any other name: text, taken as it is.
    Text,
}

impl Kind {
    /// The kind of the argument called `name`.
    #[must_use]
    pub fn of(name: &str) -> Self {
        match name.rsplit('_').next().unwrap_or_default() {
            "count" => Self::Count,
            "ngwee" => Self::Ngwee,
            "wh" => Self::Wh,
            "w" => Self::W,
            "percent" => Self::Percent,
            "ppm" => Self::Ppm,
            "g" => Self::Grams,
            "minutes" => Self::Minutes,
            "clock" => Self::Clock,
            "at" => Self::At,
            "on" => Self::On,
            "month" => Self::Month,
            _ => Self::Text,
        }
    }
}
