//! The order book: a row for each price, dear to cheap, sellers above buyers. No depth curve.

use super::{Cloth, Markup, Svg, escape, pct, scaled};

/// Rows of one side at most.
pub const ROWS_MAX: usize = 6;

/// One row.
#[derive(Debug, Clone)]
pub struct DepthRow {
    /// The price as text.
    pub price: String,
    /// The amount as text.
    pub energy: String,
    /// The amount, Wh.
    pub energy_wh: i64,
}

const ROW: i64 = 32;
const HEAD: i64 = 28;

/// The book: `asks` and `bids` from dear to cheap, each with the words above its rows. A side without a row is left out.
pub fn depth(asks: (&str, &[DepthRow]), bids: (&str, &[DepthRow]), label: &str) -> Svg {
    let sides = [(asks, Cloth::Sold), (bids, Cloth::Neighbours)];
    let most = asks.1.iter().chain(bids.1).map(|row| row.energy_wh).max().unwrap_or(0);
    let rows = |count: usize| i64::try_from(count).unwrap_or(0) * ROW;
    let height: i64 = sides.iter().filter(|((_, side), _)| !side.is_empty()).map(|((_, side), _)| HEAD + rows(side.len())).sum();
    let mut out = Markup::new();
    out.push(&format!(r#"<svg class="chart" height="{height}" role="img" aria-label="{}">"#, escape(label)));
    let mut y = 0;
    for ((words, side), cloth) in sides {
        if side.is_empty() {
            continue;
        }
        if y > 0 {
            out.push(&format!(r#"<line class="axis" x1="0" x2="100%" y1="{y}" y2="{y}"/>"#));
        }
        out.text("t2", "0", y + 18, "start", words);
        y += HEAD;
        for row in side {
            draw(&mut out, row, y, most, cloth);
            y += ROW;
        }
    }
    out.push("</svg>");
    out.done()
}

/// A price, and right of it the bar with its amount behind; the bar takes at most half of the width, so that the amount fits behind it on a narrow phone.
fn draw(out: &mut Markup, row: &DepthRow, y: i64, most: i64, cloth: Cloth) {
    out.text("tb", "0", y + 17, "start", &row.price);
    let width = scaled(row.energy_wh.max(0), 4_800, most).max(100);
    out.push(&format!(r#"<svg x="62" y="{y}" width="100%" height="24">"#));
    out.cloth(cloth, "0", "0", &pct(width), "24");
    out.text("t", &pct(width + 150), 17, "start", &row.energy);
    out.push("</svg>");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(price: &str, energy_wh: i64) -> DepthRow {
        DepthRow { price: price.to_owned(), energy: message::number::kwh(energy_wh), energy_wh }
    }

    #[test]
    fn sellers_above_buyers() {
        let asks = [row("K1.40", 600), row("K1.20", 300)];
        let svg = depth(("Sellers ask", &asks), ("Buyers pay", &[row("K1.18", 500)]), "The gap is K0.02.");
        insta::assert_snapshot!(svg);
    }

    #[test]
    fn a_full_book_is_small_and_one_side_stands_alone() {
        let rows: Vec<DepthRow> = (0..ROWS_MAX).map(|at| row("K1,999.99", 1_000_000 + at as i64)).collect();
        assert!(depth(("Sellers ask", &rows), ("Buyers pay", &rows), "full").as_str().len() <= 8_192);
        let one = depth(("Sellers ask", &[]), ("Buyers pay", &rows[..1]), "one");
        assert!(!one.as_str().contains("Sellers") && !one.as_str().contains("axis"));
        assert!(depth(("", &[]), ("", &[]), "none").as_str().contains(r#"height="0""#));
    }
}
