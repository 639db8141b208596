//! The row of houses: what is shared is counted in homes.

use super::{Markup, Svg, escape};

/// How many homes stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Houses {
    /// Filled with a tick.
    pub yes: i64,
    /// Crossed.
    pub no: i64,
    /// Dashed: not known or still to come.
    pub waiting: i64,
}

/// Above this many homes, one house stands for five.
const SINGLE_MAX: i64 = 100;
/// Above this many homes, a line holds twenty.
const SHORT_LINE_MAX: i64 = 40;
/// No cluster is drawn with more homes than this; the sentence beside the row has the number.
const DRAWN_MAX: i64 = 500;

impl Houses {
    /// Homes that one drawn house stands for.
    pub fn homes_per_house(self) -> i64 {
        if self.total() > SINGLE_MAX { 5 } else { 1 }
    }

    fn total(self) -> i64 {
        [self.yes, self.no, self.waiting].iter().fold(0, |sum, n| sum.saturating_add((*n).max(0)))
    }
}

/// The row, ten or twenty to a line; the label says the counts.
pub fn houses(count: Houses, label: &str) -> Svg {
    let per_house = count.homes_per_house();
    let drawn = |n: i64| n.clamp(0, DRAWN_MAX).saturating_add(per_house - 1) / per_house;
    let (yes, no, waiting) = (drawn(count.yes), drawn(count.no), drawn(count.waiting));
    let total = yes + no + waiting;
    let per_line = if count.total() > SHORT_LINE_MAX { 20 } else { 10 };
    let lines = (total + per_line - 1) / per_line;
    let mut out = Markup::new();
    out.push(&format!(r#"<svg class="houses" viewBox="0 0 {} {}" role="img" aria-label="{}">"#, per_line * 28, (lines * 30).max(1), escape(label)));
    for i in 0..total {
        let symbol = if i < yes {
            "h-yes"
        } else if i < yes + no {
            "h-no"
        } else {
            "h-wait"
        };
        out.push(&format!(r##"<use href="#{symbol}" x="{}" y="{}"/>"##, i % per_line * 28, i / per_line * 30));
    }
    out.push("</svg>");
    out.done()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_homes_on_two_lines() {
        insta::assert_snapshot!(houses(Houses { yes: 10, no: 1, waiting: 1 }, "10 of 12 homes have power"));
    }

    #[test]
    fn many_homes_stay_small() {
        for (homes, drawn) in [(60, 60), (100, 100), (101, 21), (500, 100)] {
            let svg = houses(Houses { yes: homes, no: 0, waiting: 0 }, "homes");
            assert_eq!(svg.as_str().matches("<use").count(), drawn, "{homes}");
            assert!(svg.as_str().len() <= 8192, "{homes}");
        }
    }
}
