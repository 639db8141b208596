//! A meter bar: how much of a target is reached.

use super::{Markup, Svg, escape, pct, scaled};

/// The bar for `value` of `target`; clipped to its ends.
pub fn meter(value: i64, target: i64, label: &str) -> Svg {
    let mut out = Markup::new();
    let width = pct(scaled(value.clamp(0, target.max(0)), 9940, target));
    out.push(&format!(
        r#"<svg class="bar" role="img" aria-label="{}"><rect class="bg" x="1" y="3" width="99.40%" height="14"/><rect class="fg" x="1" y="3" width="{width}" height="14"/></svg>"#,
        escape(label)
    ));
    out.done()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fund_at_a_third() {
        insta::assert_snapshot!(meter(890_550, 2_600_000, "K8,905.50 of K26,000.00"));
    }

    #[test]
    fn debts_and_excess_are_clipped() {
        assert!(meter(-5, 10, "").as_str().contains(r#"class="fg" x="1" y="3" width="0.00%""#));
        assert!(meter(50, 10, "").as_str().contains(r#"class="fg" x="1" y="3" width="99.40%""#));
        assert!(meter(50, 0, "").as_str().contains(r#"class="fg" x="1" y="3" width="0.00%""#));
    }
}
