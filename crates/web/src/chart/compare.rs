//! Two amounts of money one above the other: alone against the group.

use super::{Markup, Svg, escape, pct, scaled};

/// One bar.
#[derive(Debug, Clone)]
pub struct Compared {
    /// Its name.
    pub name: String,
    /// The amount as text.
    pub amount: String,
    /// The amount in ngwee; earnings are negative and drawn to the left of zero.
    pub ngwee: i64,
    /// Whether this is the lower one.
    pub is_least: bool,
}

/// The bars on one scale, each with its name and amount above it, so that long words never meet the bar.
pub fn compare(bars: &[Compared], label: &str) -> Svg {
    const LINE: i64 = 50;
    let most = bars.iter().map(|b| b.ngwee).max().unwrap_or(0).max(0);
    let least = bars.iter().map(|b| b.ngwee).min().unwrap_or(0).min(0);
    let span = most.saturating_sub(least).max(1);
    let zero = scaled(least.saturating_neg(), 9900, span);
    let height = i64::try_from(bars.len()).unwrap_or(0) * LINE;
    let mut out = Markup::new();
    out.push(&format!(r#"<svg class="chart" height="{height}" role="img" aria-label="{}">"#, escape(label)));
    for (bar, top) in bars.iter().zip((0_i64..).step_by(50)) {
        let width = scaled(bar.ngwee.saturating_abs(), 9900, span);
        let x = if bar.ngwee < 0 { zero - width } else { zero };
        let class = if bar.is_least { "ps-best" } else { "ps" };
        out.text("", "0", top + 16, "start", &bar.name);
        out.text("tb", "100%", top + 16, "end", &bar.amount);
        out.push(&format!(r#"<rect class="{class}" x="{}" y="{}" width="{}" height="20"/>"#, pct(x), top + 22, pct(width.max(30))));
        // The line of zero stands beside the bars alone: through the words above them it would strike them out.
        if least < 0 {
            let x = pct(zero);
            out.push(&format!(r#"<line class="axis" x1="{x}" x2="{x}" y1="{}" y2="{}"/>"#, top + 20, top + 44));
        }
    }
    out.push("</svg>");
    out.done()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(name: &str, ngwee: i64, is_least: bool) -> Compared {
        Compared { name: name.into(), amount: crate::text::number::money(ngwee), ngwee, is_least }
    }

    #[test]
    fn alone_against_group() {
        let svg = compare(&[bar("Alone", 12_040, false), bar("In the group", 9_210, true)], "Alone K120.40, in the group K92.10");
        insta::assert_snapshot!(svg);
        assert!(svg.as_str().len() <= 8192);
    }

    #[test]
    fn earnings_go_left_of_zero() {
        insta::assert_snapshot!(compare(&[bar("Alone", 2_000, false), bar("In the group", -1_000, true)], "x"));
    }

    #[test]
    fn nothing_to_compare_does_not_divide_by_zero() {
        assert!(compare(&[bar("Alone", 0, false)], "x").as_str().contains("Alone"));
    }
}
