//! The day's curve: today solid, yesterday dashed, gaps hatched, estimates dotted.

use super::{Markup, Svg, escape, pct, scaled, tenth};
use crate::text::number;

/// What the curve needs.
#[derive(Debug, Clone)]
pub struct DayCurveData<'a> {
    /// Steps of a whole day, such as 96.
    pub steps: i64,
    /// Today so far: W and whether it is estimated.
    pub today: &'a [(Option<i64>, bool)],
    /// Yesterday.
    pub yesterday: &'a [Option<i64>],
    /// Whether the area under today is filled with sun.
    pub is_sun: bool,
    /// What a screen reader says.
    pub label: &'a str,
    /// The word over a gap.
    pub gap_word: &'a str,
    /// The word at the present.
    pub now_word: &'a str,
}

/// Room above the curve for the words over a gap and over the present.
const TOP: i64 = 22;
const HEIGHT: i64 = 132;
const BASE: i64 = TOP + HEIGHT;
/// A curve never has more steps than minutes in a day.
const STEPS_MAX: i64 = 1_440;
/// The scale never ends below this many W, so that a dark day does not magnify noise.
const LEAST_TOP: i64 = 200;

/// The curve, 190 pixels high.
pub fn day_curve(data: &DayCurveData<'_>) -> Svg {
    let steps = data.steps.clamp(1, STEPS_MAX);
    let known = data.today.iter().map(|(w, _)| *w).chain(data.yesterday.iter().copied());
    let (grid_step, top) = scale(known.flatten().max().unwrap_or(0));
    let mut out = Markup::new();
    out.push(&format!(r#"<svg class="chart" height="190" role="img" aria-label="{}">"#, escape(data.label)));
    for line in [grid_step, 2 * grid_step] {
        let y = BASE - scaled(line, HEIGHT, top);
        out.push(&format!(r#"<line class="hair" x1="0" x2="100%" y1="{y}" y2="{y}"/>"#));
        out.text("t2", "0", y - 4, "start", &number::power_step(line));
    }
    out.push(&format!(
        r#"<svg x="0" y="{TOP}" width="100%" height="{HEIGHT}" viewBox="0 0 {} 100" preserveAspectRatio="none" overflow="visible">"#,
        steps * 2
    ));
    lines(&mut out, data, top);
    out.push("</svg>");
    gaps(&mut out, data, steps);
    axis(&mut out, data, steps);
    out.push("</svg>");
    out.done()
}

/// Contiguous runs of indices at which `is_in` holds, as half-open ranges.
pub fn runs(count: usize, is_in: impl Fn(usize) -> bool) -> Vec<std::ops::Range<usize>> {
    let mut out = Vec::new();
    let mut from = None;
    for i in 0..=count {
        match (i < count && is_in(i), from) {
            (true, None) => from = Some(i),
            (false, Some(start)) => {
                out.push(start..i);
                from = None;
            }
            _ => {}
        }
    }
    out
}

/// A grid step of 1, 2 or 5 times a power of ten, so that two steps fit under the highest value, and the top of the scale.
fn scale(most: i64) -> (i64, i64) {
    let most = most.max(LEAST_TOP);
    let half = most / 2;
    let mut unit = 1_i64;
    while unit <= half / 10 {
        unit *= 10;
    }
    let step = [5, 2, 1].into_iter().map(|n| n * unit).find(|n| *n <= half).unwrap_or(1).max(1);
    let top = most.max(2 * step);
    (step, top.saturating_add(top / 20).max(1))
}

/// Points of a run in the inner drawing: x at the middle of its step, y from 0 (top) to 100.
fn points(values: &[(usize, i64)], top: i64) -> String {
    let mut out = String::with_capacity(values.len() * 8);
    for (i, w) in values {
        if !out.is_empty() {
            out.push(' ');
        }
        let y = 1000 - scaled((*w).max(0), 1000, top);
        out.push_str(&format!("{},{}", 2 * i + 1, tenth(y)));
    }
    out
}

fn lines(out: &mut Markup, data: &DayCurveData<'_>, top: i64) {
    let today = |i: usize| data.today.get(i).and_then(|(w, _)| *w);
    let run_of = |range: std::ops::Range<usize>| -> Vec<(usize, i64)> { range.filter_map(|i| Some((i, today(i)?))).collect() };
    let known = runs(data.today.len(), |i| today(i).is_some());
    if data.is_sun {
        for range in &known {
            let (first, last) = (2 * range.start + 1, 2 * range.end - 1);
            out.push(&format!(r#"<polygon class="a-today" points="{first},100 {} {last},100"/>"#, points(&run_of(range.clone()), top)));
        }
    }
    let yesterday = |i: usize| data.yesterday.get(i).copied().flatten();
    for range in runs(data.yesterday.len(), |i| yesterday(i).is_some()) {
        let run: Vec<_> = range.filter_map(|i| Some((i, yesterday(i)?))).collect();
        line(out, "l-yest", &run, top);
    }
    let is_estimated = |i: usize| data.today[i].1;
    for range in known {
        let (start, count) = (range.start, range.len());
        for measured in runs(count, |i| !is_estimated(start + i)) {
            line(out, "l-today", &run_of(start + measured.start..start + measured.end), top);
        }
        for guessed in runs(count, |i| is_estimated(start + i)) {
            let from = (start + guessed.start).saturating_sub(1).max(start);
            let to = (start + guessed.end + 1).min(range.end);
            line(out, "l-est", &run_of(from..to), top);
        }
    }
}

fn line(out: &mut Markup, class: &str, run: &[(usize, i64)], top: i64) {
    out.push(&format!(r#"<polyline class="{class}" vector-effect="non-scaling-stroke" points="{}"/>"#, points(run, top)));
}

/// Hatches each gap before now and names the longest.
fn gaps(out: &mut Markup, data: &DayCurveData<'_>, steps: i64) {
    let at = |i: usize| i64::try_from(i).unwrap_or(STEPS_MAX) * 10_000 / steps;
    let missing = runs(data.today.len(), |i| data.today[i].0.is_none());
    for range in &missing {
        out.push(&format!(
            r#"<rect class="gap" x="{}" y="18" width="{}" height="{}"/>"#,
            pct(at(range.start)),
            pct(at(range.end) - at(range.start)),
            BASE - 18
        ));
    }
    if let Some(longest) = missing.iter().max_by_key(|r| (r.len(), std::cmp::Reverse(r.start))) {
        let centre = (at(longest.start) + at(longest.end)) / 2;
        let now = at(data.today.len());
        let (x, anchor) = match centre {
            ..1_800 => ("0".to_owned(), "start"),
            // The word must not cross the line of the present.
            _ if now - centre < 1_800 => (pct(at(longest.end)), "end"),
            _ => (pct(centre), "middle"),
        };
        out.text("t2", &x, 12, anchor, data.gap_word);
    }
}

/// Zero line, hours, and the present while the day runs.
fn axis(out: &mut Markup, data: &DayCurveData<'_>, steps: i64) {
    out.push(&format!(r#"<line class="axis" x1="0" x2="100%" y1="{BASE}" y2="{BASE}"/>"#));
    for (x, anchor, text) in
        [("0", "start", "00:00"), ("25%", "middle", "06"), ("50%", "middle", "12"), ("75%", "middle", "18"), ("100%", "end", "24:00")]
    {
        out.text("t2", x, BASE + 20, anchor, text);
    }
    let done = i64::try_from(data.today.len()).unwrap_or(steps);
    if done > 0 && done < steps {
        let now = done * 10_000 / steps;
        let x = pct(now);
        out.push(&format!(r#"<line class="axis" x1="{x}" x2="{x}" y1="0" y2="{BASE}"/>"#));
        if now > 8_500 {
            out.text("tb", &pct(now - 100), 12, "end", data.now_word);
        } else {
            out.text("tb", &pct(now + 100), 12, "start", data.now_word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hill(i: i64) -> i64 {
        (2300 - (i - 49) * (i - 49) * 4).max(0)
    }

    fn draw(today: &[(Option<i64>, bool)], yesterday: &[Option<i64>]) -> Svg {
        day_curve(&DayCurveData { steps: 96, today, yesterday, is_sun: true, label: "Sun today", gap_word: "no reading", now_word: "now" })
    }

    #[test]
    fn an_afternoon_with_a_gap_and_an_estimate() {
        let today: Vec<_> = (0..58).map(|i| (if (37..39).contains(&i) { None } else { Some(hill(i)) }, (50..53).contains(&i))).collect();
        let yesterday: Vec<_> = (0..96).map(|i| Some(hill(i) * 3 / 4)).collect();
        let svg = draw(&today, &yesterday);
        insta::assert_snapshot!(svg);
        assert!(svg.as_str().len() <= 8192, "{}", svg.as_str().len());
        assert_eq!(svg.as_str().matches(r#"class="gap""#).count(), 1);
        assert!(svg.as_str().contains("l-est"));
    }

    #[test]
    fn a_missing_reading_is_never_drawn_at_zero() {
        let svg = draw(&[(Some(100), false), (None, false), (Some(100), false)], &[]);
        assert!(!svg.as_str().contains("3,100"), "the gap's middle has no point on the zero line");
        assert_eq!(svg.as_str().matches(r#"class="l-today""#).count(), 2);
    }

    #[test]
    fn a_day_of_silence_and_an_empty_day_do_not_panic() {
        let silent = vec![(None, false); 96];
        assert!(draw(&silent, &[]).as_str().contains(r#"class="gap""#));
        assert!(draw(&[], &[]).as_str().starts_with("<svg"));
        assert!(draw(&[(Some(i64::MAX), false)], &[]).as_str().starts_with("<svg"));
    }

    #[test]
    fn the_scale_has_two_round_steps() {
        assert_eq!(scale(2300).0, 1000);
        assert_eq!(scale(9_999).0, 2000);
        assert_eq!(scale(180).0, 100);
        assert_eq!(scale(0), (100, 210), "a dark day keeps a scale");
    }

    #[test]
    fn runs_are_half_open() {
        assert_eq!(runs(5, |i| i != 2), vec![0..2, 3..5]);
        assert!(runs(0, |_| true).is_empty());
    }
}
