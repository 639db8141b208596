//! RFC 3339 times, fast.

use quantity::{BusinessDay, DAY_MS, Instant, UtcOffset};

/// Parses RFC 3339 times and remembers the last date, because rows of one file share dates.
#[derive(Debug, Clone)]
pub struct TimeParser {
    date: [u8; 10],
    day: i32,
}

impl Default for TimeParser {
    fn default() -> Self {
        Self { date: *b"1970-01-01", day: 0 }
    }
}

impl TimeParser {
    /// The instant and the offset of a time such as `2025-09-15T00:15:00+02:00` or `2025-09-14T22:15:00.250Z`; `None` when it is no such
    /// time or has no offset. Digits below the millisecond are cut off. A leap second (`:60`) is no time here.
    ///
    /// Source: RFC 3339 section 5.6; a space in place of the `T` is accepted as there noted.
    pub fn parse(&mut self, text: &[u8]) -> Option<(Instant, UtcOffset)> {
        let (date, rest) = text.split_first_chunk::<10>()?;
        let (clock, rest) = rest.split_first_chunk::<9>()?;
        if *date != self.date {
            let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *date else { return None };
            let year = pair(y1, y2)? * 100 + pair(y3, y4)?;
            let (month, day) = (pair(m1, m2)?, pair(d1, d2)?);
            self.day = BusinessDay::from_ymd(i32::try_from(year).ok()?, u32::try_from(month).ok()?, u32::try_from(day).ok()?)?.0;
            self.date = *date;
        }
        let [separator, h1, h2, b':', m1, m2, b':', s1, s2] = *clock else { return None };
        if !matches!(separator, b'T' | b't' | b' ') {
            return None;
        }
        let (hour, minute, second) = (pair(h1, h2)?, pair(m1, m2)?, pair(s1, s2)?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let (fraction_ms, rest) = fraction(rest)?;
        let offset = offset(rest)?;
        let of_day = ((hour * 60 + minute) * 60 + second) * 1000 + fraction_ms;
        Some((Instant(i64::from(self.day) * DAY_MS + of_day - offset.ms()), offset))
    }
}

/// [`TimeParser::parse`] for a single time.
#[must_use]
pub fn parse_rfc3339(text: &str) -> Option<(Instant, UtcOffset)> {
    TimeParser::default().parse(text.as_bytes())
}

fn pair(tens: u8, ones: u8) -> Option<i64> {
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
}

/// Milliseconds of a fraction such as `.25`, and what follows it.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.', digits)) = text.split_first() else { return Some((0, text)) };
    let length = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    if length == 0 {
        return None;
    }
    let ms = (0..3).fold(0, |ms, at| ms * 10 + if at < length { i64::from(digits[at] - b'0') } else { 0 });
    Some((ms, &digits[length..]))
}

fn offset(text: &[u8]) -> Option<UtcOffset> {
    match *text {
        [b'Z' | b'z'] => Some(UtcOffset::UTC),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (pair(h1, h2)?, pair(m1, m2)?);
            if minutes > 59 {
                return None;
            }
            let minutes = hours * 60 + minutes;
            UtcOffset::new(if sign == b'-' { -minutes } else { minutes }).ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_parse() {
        for (text, utc, minutes) in [
            ("2025-09-15T00:15:00+02:00", "2025-09-14T22:15:00Z", 120),
            ("2025-09-14T22:15:00Z", "2025-09-14T22:15:00Z", 0),
            ("2024-02-29t23:59:59.999-09:30", "2024-03-01T09:29:59Z", -570),
            ("1969-12-31 23:59:59z", "1969-12-31T23:59:59Z", 0),
        ] {
            let (at, offset) = parse_rfc3339(text).expect(text);
            assert_eq!((at.to_string().as_str(), offset.minutes()), (utc, minutes), "{text}");
        }
        assert_eq!(parse_rfc3339("1970-01-01T00:00:00.2509Z").map(|(at, _)| at.0), Some(250));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for bad in [
            "",
            "2025-09-15",
            "2025-09-15T00:15:00",
            "2025-09-15T00:15+02:00",
            "2025-02-29T00:00:00Z",
            "2025-09-15T24:00:00Z",
            "2025-09-15T00:60:00Z",
            "2025-09-15T00:00:60Z",
            "2025-09-15T00:00:00.Z",
            "2025-09-15T00:00:00+0200",
            "2025-09-15T00:00:00+15:00",
            "2025-09-15T00:00:00+02:00 ",
            "15/09/2025 00:00",
            "+202-01-01T00:00:00Z",
            "2025-+1-01T00:00:00Z",
            "\0\0\0\0\0\0\0\0\0\0T00:00:00Z",
            "2025-09-15T0a:00:00Z",
        ] {
            assert_eq!(parse_rfc3339(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_back(seconds in -62_000_000_000i64..250_000_000_000) {
            let at = Instant(seconds * 1000);
            prop_assert_eq!(parse_rfc3339(&at.to_string()), Some((at, UtcOffset::UTC)));
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,40}") {
            let _ = parse_rfc3339(&text);
        }
    }
}
