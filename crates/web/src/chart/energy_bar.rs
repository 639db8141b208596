//! One side of the energy bar: In or Out. Both sides are drawn by the same call, so they share width and scale.

use super::{Cloth, Markup, Svg, escape, pct, segments};

/// A part of the bar.
#[derive(Debug, Clone)]
pub struct BarPart {
    /// Its cloth.
    pub cloth: Cloth,
    /// Power in W; parts of zero are not drawn.
    pub power_w: i64,
    /// What a screen reader says: `Sun, 2,140 watts`.
    pub label: String,
    /// Id of the row below that this part leads to.
    pub anchor: String,
}

/// A part below this width (hundredths of a per cent) gets no icon and no link: the list below names it.
const NAMED_WIDTH: i64 = 900;

/// Where each part of a bar stands: start and width in hundredths of a per cent, and whether it is wide enough for icon and link.
pub fn bar_layout(powers: &[i64]) -> Vec<(i64, i64, bool)> {
    segments(powers).into_iter().map(|(x, width)| (x, width, width >= NAMED_WIDTH)).collect()
}

/// The bar, 58 pixels high; an empty hatched frame when every part is zero.
pub fn energy_bar(parts: &[BarPart], label: &str) -> Svg {
    let mut out = Markup::new();
    out.push(&format!(r#"<svg class="chart" height="58" role="group" aria-label="{}">"#, escape(label)));
    let powers: Vec<i64> = parts.iter().map(|p| p.power_w).collect();
    if powers.iter().all(|w| *w <= 0) {
        out.push(r#"<rect class="empty" x="0.25%" y="1" width="99.5%" height="56"/>"#);
    }
    for (part, (x, width)) in parts.iter().zip(segments(&powers)) {
        if width == 0 {
            continue;
        }
        let anchor = escape(&part.anchor);
        if width < NAMED_WIDTH {
            out.push(&format!(r#"<g data-part="{anchor}">"#));
            out.cloth(part.cloth, &pct(x), "1", &pct(width), "56");
            out.push("</g>");
            continue;
        }
        out.push(&format!(r##"<a href="#{anchor}" data-part="{anchor}" aria-label="{}">"##, escape(&part.label)));
        out.cloth(part.cloth, &pct(x), "1", &pct(width), "56");
        icon(&mut out, part.cloth, x + width / 2);
        out.push("</a>");
    }
    out.push("</svg>");
    out.done()
}

/// The icon of a cloth on a plain plate, centred at `centre`.
fn icon(out: &mut Markup, cloth: Cloth, centre: i64) {
    let Some(icon) = cloth.icon() else { return };
    let (x, class) = (pct(centre), cloth.class());
    let on_sun = if cloth == Cloth::Sun { " f-ic--sun" } else { "" };
    out.push(&format!(
        r##"<svg x="{x}" y="13" overflow="visible"><rect class="{class} plate" x="-16" width="32" height="32"/><use class="f-ic{on_sun}" href="#{icon}" x="-12" y="4" width="24" height="24"/></svg>"##,
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(cloth: Cloth, power_w: i64) -> BarPart {
        BarPart { cloth, power_w, label: format!("{cloth:?} {power_w}"), anchor: format!("in-{power_w}") }
    }

    #[test]
    fn in_of_a_sunny_day() {
        let svg = energy_bar(
            &[part(Cloth::Sun, 2140), part(Cloth::Neighbours, 260), part(Cloth::Grid, 180), part(Cloth::Battery, 0)],
            "Power coming in, by source",
        );
        insta::assert_snapshot!(svg);
        assert!(svg.as_str().len() <= 8192);
    }

    #[test]
    fn an_empty_bar_is_a_frame() {
        insta::assert_snapshot!(energy_bar(&[part(Cloth::Sun, 0)], "Power coming in"));
    }
}
