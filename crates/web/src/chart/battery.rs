//! The battery: ten cells and a mark for the reserve.

use super::{Cloth, Markup, Svg, escape, pct};

/// The picture of a battery that is `percent` full, of which `reserve_percent` is kept back (0 draws no mark). Both are
/// clipped to 0..=100. A cell is full from its middle on.
pub fn battery(percent: i64, reserve_percent: i64, label: &str) -> Svg {
    let (percent, reserve) = (percent.clamp(0, 100), reserve_percent.clamp(0, 100));
    let mut out = Markup::new();
    out.push(&format!(
        r#"<svg role="img" aria-label="{}"><rect class="shell" x="2" y="2" width="96%" height="52"/><rect class="pole" x="97%" y="18" width="2.5%" height="20"/>"#,
        escape(label)
    ));
    for cell in 0..10_i64 {
        let x = pct(250 + cell * 945);
        if percent >= cell * 10 + 5 {
            out.cloth(Cloth::Battery, &x, "8", "8%", "40");
        } else {
            out.push(&format!(r#"<rect class="bat-off" x="{x}" y="8" width="8%" height="40"/>"#));
        }
    }
    if reserve > 0 {
        let x = pct(200 + reserve * 945 / 10);
        out.push(&format!(r#"<line class="bat-res" x1="{x}" x2="{x}" y1="0" y2="56"/>"#));
    }
    out.push("</svg>");
    out.done()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_thirds_full_with_a_reserve() {
        let svg = battery(68, 20, "Battery 68 percent full");
        insta::assert_snapshot!(svg);
        assert_eq!(svg.as_str().matches("bat-off").count(), 3);
        assert!(svg.as_str().len() <= 8192);
    }

    #[test]
    fn absurd_content_is_clipped() {
        assert!(!battery(400, -3, "").as_str().contains("bat-off"));
        assert_eq!(battery(-9, 0, "").as_str().matches("bat-off").count(), 10);
    }
}
