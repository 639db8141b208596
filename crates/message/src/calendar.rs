//! Days and months of the local calendar, as people write them in addresses and pages.

use std::fmt;

use quantity::BusinessDay;

/// A month of the local calendar, such as `2025-10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CalendarMonth {
    year: i16,
    month: i8,
}

impl CalendarMonth {
    /// The month, or `None` outside the years 2000 to 2999 and the months 1 to 12.
    #[must_use]
    pub fn new(year: i16, month: i8) -> Option<Self> {
        ((2000..3000).contains(&year) && (1..=12).contains(&month)).then_some(Self { year, month })
    }

    /// Reads `YYYY-MM`, exactly seven characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        Self::new(digits(year, 4)?, i8::try_from(digits(month, 2)?).ok()?)
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> i16 {
        self.year
    }

    /// The month, 1 to 12.
    #[must_use]
    pub fn month(self) -> i8 {
        self.month
    }
}

impl fmt::Display for CalendarMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// A day of the local calendar, such as `2025-10-21`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CalendarDate {
    month: CalendarMonth,
    day: i8,
}

impl CalendarDate {
    /// The day, or `None` when the month has no such day.
    #[must_use]
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        BusinessDay::from_ymd(i32::from(year), u32::try_from(month).ok()?, u32::try_from(day).ok()?)?;
        Some(Self { month: CalendarMonth::new(year, month)?, day })
    }

    /// The calendar day of a business day; `None` outside the years 2000 to 2999.
    #[must_use]
    pub fn of(day: BusinessDay) -> Option<Self> {
        let (year, month, day) = day.ymd();
        Self::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?)
    }

    /// Reads `YYYY-MM-DD`, exactly ten characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (month, day) = text.rsplit_once('-')?;
        let month = CalendarMonth::parse(month)?;
        Self::new(month.year, month.month, i8::try_from(digits(day, 2)?).ok()?)
    }

    /// The month this day is in.
    #[must_use]
    pub fn calendar_month(self) -> CalendarMonth {
        self.month
    }

    /// The day of the month, from 1.
    #[must_use]
    pub fn day(self) -> i8 {
        self.day
    }
}

impl fmt::Display for CalendarDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.month, self.day)
    }
}

/// A number of exactly `width` ASCII digits.
fn digits(text: &str, width: usize) -> Option<i16> {
    if text.len() != width || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar_words_are_strict() {
        assert!(CalendarDate::parse("2026-02-29").is_none());
        assert!(CalendarDate::parse("2028-02-29").is_some());
        assert!(CalendarDate::parse("2026-2-3").is_none());
        assert!(CalendarMonth::parse("2026-13").is_none());
        assert!(CalendarMonth::parse("+026-01").is_none());
        assert_eq!(CalendarMonth::parse("2026-11").map(|m| m.to_string()).as_deref(), Some("2026-11"));
    }

    #[test]
    fn business_days_have_a_calendar_day() {
        let day = BusinessDay::from_ymd(2026, 11, 20).expect("a day");
        assert_eq!(CalendarDate::of(day), CalendarDate::parse("2026-11-20"));
        assert_eq!(CalendarDate::of(BusinessDay(i32::MAX)), None);
    }
}
