//! Local times and dates in words: `Fri 20 Nov, 14:32`, `November 2026`, `3 hours`.

use quantity::{BusinessDay, Instant, MINUTE_MS};

use crate::{CalendarDate, CalendarMonth, Say};

/// The clock `minutes` after local midnight: `09:15`; the end of the day is `24:00`.
#[must_use]
pub fn clock_of_minutes(minutes: i64) -> String {
    format!("{:02}:{:02}", minutes.div_euclid(60), minutes.rem_euclid(60))
}

impl Say {
    /// The local calendar day of an instant (Unix ms); `None` outside the years 2000 to 2999.
    #[must_use]
    pub fn local_date(self, at: i64) -> Option<CalendarDate> {
        CalendarDate::of(BusinessDay::of(Instant(at), self.offset()))
    }

    /// `14:32`, of an instant (Unix ms).
    #[must_use]
    pub fn clock(self, at: i64) -> String {
        if self.local_date(at).is_none() {
            return self.no_time().to_owned();
        }
        let day = BusinessDay::of(Instant(at), self.offset());
        clock_of_minutes(Instant(at).ms_since(day.start(self.offset())) / MINUTE_MS)
    }

    /// `Fri 20 Nov`.
    #[must_use]
    pub fn weekday_date(self, at: i64) -> String {
        let Some(date) = self.local_date(at) else { return self.no_time().to_owned() };
        let day = BusinessDay::of(Instant(at), self.offset());
        format!("{} {}", self.weekday_short(day), self.date_short(date))
    }

    /// `Fri 20 Nov, 14:32`.
    #[must_use]
    pub fn weekday_date_clock(self, at: i64) -> String {
        if self.local_date(at).is_none() {
            return self.no_time().to_owned();
        }
        format!("{}, {}", self.weekday_date(at), self.clock(at))
    }

    /// `14:32`, with the day before it when the instant is not on the day of `now_at`.
    #[must_use]
    pub fn clock_near(self, at: i64, now_at: i64) -> String {
        if self.local_date(at) == self.local_date(now_at) { self.clock(at) } else { self.weekday_date_clock(at) }
    }

    /// `20 Nov`.
    #[must_use]
    pub fn date_short(self, on: CalendarDate) -> String {
        format!("{} {}", on.day(), self.month_name_short(on.calendar_month()))
    }

    /// `20 November 2026`.
    #[must_use]
    pub fn date_long(self, on: CalendarDate) -> String {
        format!("{} {}", on.day(), self.month_long(on.calendar_month()))
    }

    /// `November 2026`.
    #[must_use]
    pub fn month_long(self, month: CalendarMonth) -> String {
        format!("{} {}", self.month_name(month), month.year())
    }

    /// `Nov 2026`.
    #[must_use]
    pub fn month_year_short(self, month: CalendarMonth) -> String {
        format!("{} {}", self.month_name_short(month), month.year())
    }

    /// A span of milliseconds in one unit: `42 minutes`, `3 hours`, `2 days`.
    #[must_use]
    pub fn span(self, ms: i64) -> String {
        let minutes = ms.max(0) / MINUTE_MS;
        match minutes {
            0..=119 => self.span_minutes(minutes),
            120..=2_879 => self.span_hours(minutes / 60),
            _ => self.span_days(minutes / 1_440),
        }
    }

    /// Hours with one digit from tenths of an hour: `3.0 hours`.
    #[must_use]
    pub fn hours_from_tenths(self, tenths: i64) -> String {
        self.hours_written(&crate::number::tenths(tenths))
    }

    /// Hours with one digit from minutes: `14.5 hours`.
    #[must_use]
    pub fn hours_from_minutes(self, minutes: i64) -> String {
        self.hours_written(&crate::number::hours_of_minutes(minutes))
    }

    fn weekday_short(self, day: BusinessDay) -> &'static str {
        // 1970-01-01 was a Thursday.
        match day.0.rem_euclid(7) {
            0 => self.weekday_thu(),
            1 => self.weekday_fri(),
            2 => self.weekday_sat(),
            3 => self.weekday_sun(),
            4 => self.weekday_mon(),
            5 => self.weekday_tue(),
            _ => self.weekday_wed(),
        }
    }

    fn month_name(self, month: CalendarMonth) -> &'static str {
        match month.month() {
            1 => self.month_january(),
            2 => self.month_february(),
            3 => self.month_march(),
            4 => self.month_april(),
            5 => self.month_may(),
            6 => self.month_june(),
            7 => self.month_july(),
            8 => self.month_august(),
            9 => self.month_september(),
            10 => self.month_october(),
            11 => self.month_november(),
            _ => self.month_december(),
        }
    }

    fn month_name_short(self, month: CalendarMonth) -> &'static str {
        match month.month() {
            1 => self.month_jan(),
            2 => self.month_feb(),
            3 => self.month_mar(),
            4 => self.month_apr(),
            5 => self.month_may_short(),
            6 => self.month_jun(),
            7 => self.month_jul(),
            8 => self.month_aug(),
            9 => self.month_sep(),
            10 => self.month_oct(),
            11 => self.month_nov(),
            _ => self.month_dec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Language;

    use super::*;

    /// 2026-11-20T12:32:00Z.
    const NOON: i64 = 1_795_177_920_000;
    const EN: Say = Say::new(Language::En);

    #[test]
    fn times_are_local_and_24_hour() {
        assert_eq!(EN.clock(NOON), "14:32");
        assert_eq!(EN.weekday_date(NOON), "Fri 20 Nov");
        assert_eq!(EN.clock_near(NOON, NOON), "14:32");
        assert_eq!(EN.clock_near(NOON - 86_400_000, NOON), "Thu 19 Nov, 14:32");
        for out in [i64::MAX, i64::MIN] {
            assert_eq!(EN.clock(out), "no time");
            assert_eq!(EN.weekday_date_clock(out), "no time");
        }
        assert_eq!(clock_of_minutes(1_440), "24:00");
    }

    #[test]
    fn an_evening_in_utc_is_already_tomorrow() {
        let late = NOON + 10 * 3_600_000;
        assert_eq!(EN.local_date(late).map(|d| d.to_string()).as_deref(), Some("2026-11-21"));
        assert_eq!(EN.weekday_date_clock(late), "Sat 21 Nov, 00:32");
        let utc = Say::at(Language::En, quantity::UtcOffset::UTC);
        assert_eq!(utc.weekday_date_clock(late), "Fri 20 Nov, 22:32");
    }

    #[test]
    fn months_and_spans_are_words() {
        let on = CalendarDate::parse("2026-05-01").expect("a day");
        assert_eq!(EN.date_short(on), "1 May");
        assert_eq!(EN.date_long(on), "1 May 2026");
        assert_eq!(EN.month_year_short(on.calendar_month()), "May 2026");
        assert_eq!(EN.span(42 * 60_000), "42\u{a0}minutes");
        assert_eq!(EN.span(60_000), "1\u{a0}minute");
        assert_eq!(EN.span(3 * 3_600_000), "3\u{a0}hours");
        assert_eq!(EN.span(50 * 3_600_000), "2\u{a0}days");
        assert_eq!(EN.hours_from_minutes(870), "14.5\u{a0}hours");
    }
}
