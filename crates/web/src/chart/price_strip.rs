//! The price of the next hours: bars on zero, dear ones slanted, and a band of sun hours and night below.

use super::{Cloth, Markup, Svg, escape, pct};
use crate::text::sentence::PriceWord;

/// One slot of the strip.
#[derive(Debug, Clone)]
pub struct StripSlot {
    /// Ngwee per kWh; below zero is drawn as the thinnest bar.
    pub ngwee_per_kwh: i64,
    /// Cheap, usual or dear.
    pub word: PriceWord,
    /// Whether the sun shines.
    pub is_sun: bool,
    /// The price as text, without its unit: `1.05`.
    pub price: String,
    /// The start as text: `14:30`.
    pub clock: String,
}

const BASE: i64 = 102;
const TALLEST: i64 = 80;
/// Least distance of two labels, in hundredths of a per cent of the width.
const LABEL_ROOM: i64 = 1700;

/// The strip; the first slot is now. Labels the first, the highest and each turn, where there is room.
pub fn price_strip(slots: &[StripSlot], label: &str) -> Svg {
    let mut out = Markup::new();
    out.push(&format!(r#"<svg class="chart" height="150" role="img" aria-label="{}">"#, escape(label)));
    let count = i64::try_from(slots.len()).unwrap_or(0).max(1);
    let step = 10_000 / count;
    let top = slots.iter().map(|s| s.ngwee_per_kwh).max().unwrap_or(0).max(1);
    for (slot, i) in slots.iter().zip(0_i64..) {
        bar(&mut out, slot, i, step, top);
    }
    price_labels(&mut out, slots, step, top);
    out.push(&format!(r#"<line class="axis" x1="0" x2="100%" y1="{BASE}" y2="{BASE}"/>"#));
    sun_band(&mut out, slots, step);
    clock_labels(&mut out, slots, step);
    out.push("</svg>");
    out.done()
}

fn height(slot: &StripSlot, top: i64) -> i64 {
    super::scaled(slot.ngwee_per_kwh.max(0), TALLEST, top).max(2)
}

fn bar(out: &mut Markup, slot: &StripSlot, i: i64, step: i64, top: i64) {
    let height = height(slot, top);
    let class = match (i, slot.word) {
        (0, _) => "ps-now",
        (_, PriceWord::Cheap) => "ps-best",
        (_, PriceWord::Usual) => "ps",
        (_, PriceWord::Dear) => "ps-hi",
    };
    let at = format!(r#"x="{}" y="{}" width="{}" height="{height}""#, pct(i * step + step / 20), BASE - height, pct(step - step / 10));
    out.push(&format!(r#"<rect class="{class}" {at}/>"#));
    if i > 0 && slot.word == PriceWord::Dear {
        out.push(&format!(r#"<rect {at} fill="url(#p-sold)"/>"#));
    }
}

/// Prices above the first bar, the first of the highest, and each bar where the word changes.
fn price_labels(out: &mut Markup, slots: &[StripSlot], step: i64, top: i64) {
    let highest = slots.iter().position(|s| s.ngwee_per_kwh == top);
    let turns = (1..slots.len()).filter(|i| slots[*i].word != slots[*i - 1].word);
    let mut labelled: Vec<i64> = Vec::new();
    for i in std::iter::once(0).chain(highest).chain(turns) {
        let Some(slot) = slots.get(i) else { continue };
        let centre = i64::try_from(i).unwrap_or(0) * step + step / 2;
        if labelled.iter().any(|other| (other - centre).abs() < LABEL_ROOM) {
            continue;
        }
        labelled.push(centre);
        let (x, anchor) = anchored(centre);
        out.text("tb", &x, BASE - height(slot, top) - 6, anchor, &slot.price);
    }
}

/// Keeps a label's text inside the chart at both ends.
fn anchored(centre: i64) -> (String, &'static str) {
    match centre {
        ..600 => ("0".to_owned(), "start"),
        9_400.. => ("100%".to_owned(), "end"),
        _ => (pct(centre), "middle"),
    }
}

/// One rectangle for each run of sun or night.
fn sun_band(out: &mut Markup, slots: &[StripSlot], step: i64) {
    let mut from = 0;
    for to in 1..=slots.len() {
        if to < slots.len() && slots[to].is_sun == slots[from].is_sun {
            continue;
        }
        let (start, end) = (i64::try_from(from).unwrap_or(0) * step, i64::try_from(to).unwrap_or(0) * step);
        let (x, width) = (pct(start + 50), pct((end - start - 100).max(50)));
        if slots[from].is_sun {
            out.cloth(Cloth::Sun, &x, "108", &width, "14");
        } else {
            out.push(&format!(r#"<rect class="ps-night" x="{x}" y="108" width="{width}" height="14"/>"#));
        }
        from = to;
    }
}

/// The start of the first slot and of full hours after it, where there is room.
fn clock_labels(out: &mut Markup, slots: &[StripSlot], step: i64) {
    let mut last: Option<i64> = None;
    for (slot, i) in slots.iter().zip(0_i64..) {
        let x = i * step;
        let is_far = last.is_none_or(|other| x - other >= 2_300);
        if i > 0 && (!slot.clock.ends_with(":00") || !is_far || x > 9_300) {
            continue;
        }
        last = Some(x);
        let anchor = if i == 0 { "start" } else { "middle" };
        out.text("t2", &pct(x), 143, anchor, &slot.clock);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(prices: &[i64]) -> Vec<StripSlot> {
        (0..)
            .zip(prices)
            .map(|(i, p)| StripSlot {
                ngwee_per_kwh: *p,
                word: match p {
                    ..=110 => PriceWord::Cheap,
                    111..=129 => PriceWord::Usual,
                    _ => PriceWord::Dear,
                },
                is_sun: i < 8,
                price: crate::text::number::balance(*p),
                clock: message::clock_of_minutes(870 + i * 30),
            })
            .collect()
    }

    #[test]
    fn an_afternoon_that_gets_dear() {
        let svg = price_strip(&slots(&[105, 105, 108, 110, 114, 120, 124, 138, 145, 145, 140, 132]), "Price now K1.05");
        insta::assert_snapshot!(svg);
        assert!(svg.as_str().len() <= 8192);
    }

    #[test]
    fn free_and_negative_prices_keep_a_bar() {
        let svg = price_strip(&slots(&[0, -5]), "free");
        assert_eq!(svg.as_str().matches(r#"height="2""#).count(), 2);
    }

    #[test]
    fn no_slot_is_no_panic() {
        assert!(price_strip(&[], "none").as_str().starts_with("<svg"));
    }
}
