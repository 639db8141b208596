//! Prices that were paid: for each span a line from the lowest to the highest, and a square at the last.

use super::{Markup, Svg, escape, pct, scaled};

/// Spans drawn at most.
pub const CANDLES_MAX: usize = 24;

/// One span of time.
#[derive(Debug, Clone)]
pub struct CandleMark {
    /// Where it is: spans since the first.
    pub at: i64,
    /// Lowest price.
    pub low: i64,
    /// Highest price.
    pub high: i64,
    /// Last price.
    pub close: i64,
    /// Its start as text.
    pub clock: String,
}

const TOP: i64 = 26;
const BOTTOM: i64 = 126;
/// Room for the labels of prices, in hundredths of a per cent.
const LEFT: i64 = 1_400;
const RIGHT: i64 = 9_700;

/// The picture; `lines` are at most two prices with their text, drawn as hair lines.
pub fn candles(marks: &[CandleMark], lines: &[(i64, String)], label: &str) -> Svg {
    let mut out = Markup::new();
    out.push(&format!(r#"<svg class="chart" height="158" role="img" aria-label="{}">"#, escape(label)));
    let prices = || marks.iter().flat_map(|mark| [mark.low, mark.high]).chain(lines.iter().map(|(price, _)| *price));
    let (low, high) = (prices().min().unwrap_or(0), prices().max().unwrap_or(0));
    let y = |price: i64| if high == low { (TOP + BOTTOM) / 2 } else { BOTTOM - scaled(price - low, BOTTOM - TOP, high - low) };
    for (price, text) in lines {
        let at = y(*price);
        out.push(&format!(r#"<line class="hair" x1="0" x2="100%" y1="{at}" y2="{at}"/>"#));
        out.text("t2", "0", at - 4, "start", text);
    }
    let last = marks.iter().map(|mark| mark.at).max().unwrap_or(0).max(1);
    let x = |mark: &CandleMark| LEFT + scaled(mark.at, RIGHT - LEFT, last);
    for pair in marks.windows(2) {
        let ends = format!(r#"x1="{}" y1="{}" x2="{}" y2="{}""#, pct(x(&pair[0])), y(pair[0].close), pct(x(&pair[1])), y(pair[1].close));
        out.push(&format!(r#"<line class="l-yest" {ends}/>"#));
    }
    for mark in marks {
        let at = pct(x(mark));
        if mark.high > mark.low {
            out.push(&format!(r#"<line class="ca" x1="{at}" x2="{at}" y1="{}" y2="{}"/>"#, y(mark.high), y(mark.low)));
        }
        out.push(&format!(
            r#"<svg x="{at}" y="{}" overflow="visible" width="1" height="1"><rect class="ps-now" x="-5" y="-5" width="10" height="10"/></svg>"#,
            y(mark.close)
        ));
    }
    clocks(&mut out, marks, x);
    out.push("</svg>");
    out.done()
}

/// The first start, and others where there is room.
fn clocks(out: &mut Markup, marks: &[CandleMark], x: impl Fn(&CandleMark) -> i64) {
    let mut last: Option<i64> = None;
    for mark in marks {
        let at = x(mark);
        if last.is_none_or(|other| at - other >= 2_200) {
            let (at_text, anchor) = if at > 9_300 { ("100%".to_owned(), "end") } else { (pct(at), "middle") };
            out.text("t2", &at_text, 152, anchor, &mark.clock);
            last = Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(at: i64, low: i64, high: i64, close: i64) -> CandleMark {
        CandleMark { at, low, high, close, clock: message::clock_of_minutes(360 + at * 60) }
    }

    #[test]
    fn a_morning_that_gets_cheap() {
        let marks = [mark(0, 125, 138, 130), mark(1, 120, 120, 120), mark(4, 104, 118, 105)];
        insta::assert_snapshot!(candles(&marks, &[(104, "K1.04".to_owned()), (138, "K1.38".to_owned())], "down to K1.05"));
    }

    #[test]
    fn a_full_day_is_small_and_one_trade_is_no_panic() {
        let marks: Vec<CandleMark> = (0..CANDLES_MAX as i64).map(|at| mark(at, 100 + at, 190 - at, 150)).collect();
        let lines = [(100, "K1.00".to_owned()), (190, "K1.90".to_owned())];
        let svg = candles(&marks, &lines, "a day of many trades");
        assert!(svg.as_str().len() <= 8_192, "{}", svg.as_str().len());
        assert!(candles(&marks[..1], &[], "one").as_str().contains("ps-now"));
        assert!(candles(&[], &[], "none").as_str().starts_with("<svg"));
    }
}
