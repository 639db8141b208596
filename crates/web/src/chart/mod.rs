//! Charts: data in, SVG markup out.
//!
//! Pure functions. Geometry is attributes (x in per cent, y in pixels, so that text keeps its size at every width),
//! colour is CSS classes, and no style or script is written into the markup, so that a strict content policy holds.
//! All arithmetic is on integers. A chart never draws a missing value as zero.

mod battery;
mod candles;
mod compare;
mod day_curve;
mod depth;
mod energy_bar;
mod houses;
mod meter;
mod price_strip;
mod split_bar;

pub use battery::battery;
pub use candles::{CANDLES_MAX, CandleMark, candles};
pub use compare::{Compared, compare};
pub use day_curve::{DayCurveData, day_curve, runs};
pub use depth::{DepthRow, ROWS_MAX, depth};
pub use energy_bar::{BarPart, bar_layout, energy_bar};
pub use houses::{Houses, houses};
pub use meter::meter;
pub use price_strip::{StripSlot, price_strip};
pub use split_bar::split_bar;

use std::fmt;

/// Markup that is safe to put into a page as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Svg(String);

impl Svg {
    /// The markup.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Svg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The colour and weave of a source or a use; the same in the bar and in the list below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cloth {
    /// Sun: dots.
    Sun,
    /// Battery: cells.
    Battery,
    /// Neighbours: zigzag.
    Neighbours,
    /// Grid: lines.
    Grid,
    /// Generator: cross-weave.
    Generator,
    /// Homes: roofs.
    Homes,
    /// Pump and common use: drops.
    Pump,
    /// Sold: slant.
    Sold,
    /// Lost: plain.
    Loss,
    /// Not explained by any meter: hatched.
    Unknown,
}

impl Cloth {
    /// Class of the ground.
    fn class(self) -> &'static str {
        match self {
            Self::Sun => "c-sun",
            Self::Battery => "c-battery",
            Self::Neighbours => "c-neigh",
            Self::Grid => "c-grid",
            Self::Generator => "c-gen",
            Self::Homes => "c-homes",
            Self::Pump => "c-pump",
            Self::Sold => "c-sold",
            Self::Loss => "c-loss",
            Self::Unknown => "gap",
        }
    }

    /// Name of the weave drawn over the ground.
    fn weave(self) -> Option<&'static str> {
        match self {
            Self::Loss | Self::Unknown => None,
            Self::Neighbours => Some("p-neigh"),
            Self::Sun => Some("p-sun"),
            Self::Battery => Some("p-battery"),
            Self::Grid => Some("p-grid"),
            Self::Generator => Some("p-gen"),
            Self::Homes => Some("p-homes"),
            Self::Pump => Some("p-pump"),
            Self::Sold => Some("p-sold"),
        }
    }

    /// Name of the icon.
    fn icon(self) -> Option<&'static str> {
        match self {
            Self::Sun => Some("i-sun"),
            Self::Battery => Some("i-battery"),
            Self::Neighbours => Some("i-neigh"),
            Self::Grid => Some("i-grid"),
            Self::Generator => Some("i-gen"),
            Self::Homes => Some("i-home"),
            Self::Pump => Some("i-pump"),
            Self::Sold => Some("i-sold"),
            Self::Loss | Self::Unknown => None,
        }
    }

    /// The square beside a word in a list.
    pub fn swatch(self) -> Svg {
        let mut out = Markup::new();
        out.push(r#"<svg class="swatch" aria-hidden="true">"#);
        out.cloth(self, "1", "1", "22", "22");
        out.push("</svg>");
        out.done()
    }
}

/// The small square of a legend: a class for its ground, and the name of a weave or nothing.
pub fn key_square(class: &str, weave: &str) -> Svg {
    let woven = if weave.is_empty() { String::new() } else { format!(r#"<rect x="1" y="1" width="14" height="14" fill="url(#{weave})"/>"#) };
    Svg(format!(r#"<svg class="sq" aria-hidden="true"><rect class="{class}" x="1" y="1" width="14" height="14"/>{woven}</svg>"#))
}

/// The short line of a legend.
pub fn key_line(class: &str) -> Svg {
    Svg(format!(r#"<svg class="sq" aria-hidden="true"><path class="{class}" d="M8 0v16"/></svg>"#))
}

/// Text with the five characters of markup replaced.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Hundredths of a per cent as an attribute: 4147 is `41.47%`.
fn pct(hundredths: i64) -> String {
    format!("{}.{:02}%", hundredths.div_euclid(100), hundredths.rem_euclid(100))
}

/// Tenths as a coordinate: 289 is `28.9`, 1000 is `100`.
fn tenth(tenths: i64) -> String {
    match tenths.rem_euclid(10) {
        0 => tenths.div_euclid(10).to_string(),
        rest => format!("{}.{rest}", tenths.div_euclid(10)),
    }
}

/// `value * scale / total`, floored, without overflow; 0 when there is no total.
fn scaled(value: i64, scale: i64, total: i64) -> i64 {
    if total <= 0 {
        return 0;
    }
    let wide = i128::from(value) * i128::from(scale) / i128::from(total);
    i64::try_from(wide).unwrap_or(scale)
}

/// A growing piece of markup.
struct Markup(String);

impl Markup {
    fn new() -> Self {
        Self(String::with_capacity(2048))
    }

    fn push(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// A rectangle with a ground and its weave.
    fn cloth(&mut self, cloth: Cloth, x: &str, y: &str, width: &str, height: &str) {
        let at = format!(r#"x="{x}" y="{y}" width="{width}" height="{height}""#);
        self.push(&format!(r#"<rect class="{}" {at}/>"#, cloth.class()));
        if let Some(weave) = cloth.weave() {
            self.push(&format!(r#"<rect {at} fill="url(#{weave})"/>"#));
        }
    }

    /// A label; `anchor` is start, middle or end.
    fn text(&mut self, class: &str, x: &str, y: i64, anchor: &str, text: &str) {
        self.push(&format!(r#"<text class="{class}" x="{x}" y="{y}" text-anchor="{anchor}">{}</text>"#, escape(text)));
    }

    fn done(self) -> Svg {
        Svg(self.0)
    }
}

/// Start and width of each part along a bar, in hundredths of a per cent; shared by all bars.
///
/// The parts fill the bar between its margins, with a gap between neighbours. A part that is not zero is at least one
/// per cent wide, so that it can be seen; the widest part gives the room. Zero parts have no width.
fn segments(values: &[i64]) -> Vec<(i64, i64)> {
    const MARGIN: i64 = 25;
    const GAP: i64 = 50;
    const LEAST: i64 = 100;
    let shown = i64::try_from(values.iter().filter(|v| **v > 0).count()).unwrap_or(0);
    let total: i64 = values.iter().filter(|v| **v > 0).fold(0, |sum, v| sum.saturating_add(*v));
    let room = 10_000 - 2 * MARGIN - GAP * (shown - 1).max(0);
    let mut widths: Vec<i64> = values.iter().map(|v| if *v > 0 { scaled(*v, room, total).max(LEAST) } else { 0 }).collect();
    let used: i64 = widths.iter().sum();
    if let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > 0) {
        *widest = (*widest + room - used).max(0);
    }
    let mut x = MARGIN;
    widths
        .into_iter()
        .map(|width| {
            let start = x;
            if width > 0 {
                x += width + GAP;
            }
            (start, width)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_fill_the_bar_to_the_last_hundredth() {
        for values in [vec![2140, 260, 180], vec![1], vec![1_000_000, 1, 1, 1], vec![5, 0, 5]] {
            let parts = segments(&values);
            let shown: Vec<_> = parts.iter().filter(|(_, width)| *width > 0).collect();
            let last = shown.last().expect("a part is shown");
            assert_eq!(last.0 + last.1, 9_975, "{values:?}");
            assert!(shown.iter().all(|(_, width)| *width >= 100), "{values:?}");
        }
    }

    #[test]
    fn nothing_has_no_segment() {
        assert_eq!(segments(&[]), vec![]);
    }

    #[test]
    fn names_cannot_break_out_of_the_markup() {
        assert_eq!(escape(r#"<a b="c">&'"#), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;");
    }
}
