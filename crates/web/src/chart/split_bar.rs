//! A plain bar split by cloth: where one home's energy came from.

use super::{Cloth, Markup, Svg, escape, pct, segments};

/// The bar, 32 pixels high; amounts in Wh. An empty frame when every part is zero.
pub fn split_bar(parts: &[(Cloth, i64)], label: &str) -> Svg {
    let mut out = Markup::new();
    out.push(&format!(r#"<svg class="chart" height="32" role="img" aria-label="{}">"#, escape(label)));
    let amounts: Vec<i64> = parts.iter().map(|(_, wh)| *wh).collect();
    if amounts.iter().all(|wh| *wh <= 0) {
        out.push(r#"<rect class="empty" x="0.25%" y="1" width="99.5%" height="30"/>"#);
    }
    for ((cloth, _), (x, width)) in parts.iter().zip(segments(&amounts)) {
        if width > 0 {
            out.cloth(*cloth, &pct(x), "1", &pct(width), "30");
        }
    }
    out.push("</svg>");
    out.done()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_with_three_sources() {
        let svg = split_bar(
            &[(Cloth::Sun, 1100), (Cloth::Battery, 200), (Cloth::Grid, 100)],
            "Your 1.4 kWh: 1.1 from our sun, 0.2 from the battery, 0.1 from the grid",
        );
        insta::assert_snapshot!(svg);
        assert!(svg.as_str().len() <= 8192);
    }
}
