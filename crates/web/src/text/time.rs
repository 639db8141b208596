//! Local times and dates. The local day is Africa/Lusaka: UTC+2 all year, without summer time.

use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

use crate::input::{CalendarDate, CalendarMonth};

const LOCAL: Offset = Offset::constant(2);

const MONTHS: [&str; 12] = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Shown where an instant cannot be a date.
const NO_TIME: &str = "no time";

/// `14:32`.
pub fn clock(at: i64) -> String {
    match local(at) {
        Some(z) => format!("{:02}:{:02}", z.hour(), z.minute()),
        None => NO_TIME.to_owned(),
    }
}

/// `Fri 20 Nov`.
pub fn weekday_date(at: i64) -> String {
    let Some(z) = local(at) else { return NO_TIME.to_owned() };
    let weekday = usize::try_from(z.weekday().to_monday_zero_offset()).unwrap_or(0);
    format!("{} {} {}", WEEKDAYS[weekday % 7], z.day(), month_short(z.month()))
}

/// `Fri 20 Nov, 14:32`.
pub fn weekday_date_clock(at: i64) -> String {
    format!("{}, {}", weekday_date(at), clock(at))
}

/// `14:32`, with the day before it when the instant is not on the day of `now_at`.
pub fn clock_near(at: i64, now_at: i64) -> String {
    match (local(at), local(now_at)) {
        (Some(a), Some(b)) if a.date() == b.date() => clock(at),
        _ => weekday_date_clock(at),
    }
}

/// The clock `minutes` after local midnight: `09:15`; the end of the day is `24:00`.
pub fn clock_of_minutes(minutes: i64) -> String {
    format!("{:02}:{:02}", minutes.div_euclid(60), minutes.rem_euclid(60))
}

/// The local calendar day of an instant.
pub fn local_date(at: i64) -> Option<CalendarDate> {
    let date = local(at)?.date();
    CalendarDate::new(date.year(), date.month(), date.day())
}

/// `20 Nov`.
pub fn date_short(on: CalendarDate) -> String {
    format!("{} {}", on.day(), month_short(on.calendar_month().month()))
}

/// `20 November 2026`.
pub fn date_long(on: CalendarDate) -> String {
    format!("{} {}", on.day(), month_long(on.calendar_month()))
}

/// `November 2026`.
pub fn month_long(month: CalendarMonth) -> String {
    format!("{} {}", month_name(month.month()), month.year())
}

/// `Nov 2026`.
pub fn month_year_short(month: CalendarMonth) -> String {
    format!("{} {}", month_short(month.month()), month.year())
}

/// A span in words: `42 minutes`, `3 hours`, `2 days`.
pub fn span(ms: i64) -> String {
    let minutes = ms.max(0) / 60_000;
    match minutes {
        0..=119 => counted(minutes, "minute"),
        120..=2_879 => counted(minutes / 60, "hour"),
        _ => counted(minutes / 1_440, "day"),
    }
}

fn counted(n: i64, unit: &str) -> String {
    format!("{n}{}{unit}{}", super::NBSP, if n == 1 { "" } else { "s" })
}

fn local(at: i64) -> Option<Zoned> {
    Some(Timestamp::from_millisecond(at).ok()?.to_zoned(TimeZone::fixed(LOCAL)))
}

fn month_name(month: i8) -> &'static str {
    MONTHS[usize::try_from(month - 1).unwrap_or(0) % 12]
}

fn month_short(month: i8) -> &'static str {
    &month_name(month)[..3]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-20T12:32:00Z.
    const NOON: i64 = 1_795_177_920_000;

    #[test]
    fn times_are_local_and_24_hour() {
        assert_eq!(clock(NOON), "14:32");
        assert_eq!(weekday_date(NOON), "Fri 20 Nov");
        assert_eq!(clock_near(NOON, NOON), "14:32");
        assert_eq!(clock_near(NOON - 86_400_000, NOON), "Thu 19 Nov, 14:32");
        assert_eq!(clock(i64::MAX), "no time");
        assert_eq!(clock_of_minutes(1_440), "24:00");
    }

    #[test]
    fn an_evening_in_utc_is_already_tomorrow() {
        let late = 1_795_177_920_000 + 10 * 3_600_000;
        assert_eq!(local_date(late).map(|d| d.to_string()).as_deref(), Some("2026-11-21"));
    }

    #[test]
    fn spans_use_one_unit() {
        assert_eq!(span(42 * 60_000), "42\u{a0}minutes");
        assert_eq!(span(60_000), "1\u{a0}minute");
        assert_eq!(span(3 * 3_600_000), "3\u{a0}hours");
        assert_eq!(span(50 * 3_600_000), "2\u{a0}days");
    }

    #[test]
    fn calendar_words_are_strict() {
        assert!(CalendarDate::parse("2026-02-29").is_none());
        assert!(CalendarDate::parse("2028-02-29").is_some());
        assert!(CalendarDate::parse("2026-2-3").is_none());
        assert!(CalendarMonth::parse("2026-13").is_none());
        assert!(CalendarMonth::parse("+026-01").is_none());
        assert_eq!(CalendarMonth::parse("2026-11").map(month_long).as_deref(), Some("November 2026"));
    }
}
