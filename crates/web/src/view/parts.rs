//! Parts that several pages share: tables, figures, alerts, "how we know".

use askama::Template;

use crate::chart::Svg;
use crate::input::{Alert, Proof, Severity};
use crate::text::{number, sentence};
use message::Say;

/// One cell; empty strings are not shown.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// The text.
    pub text: String,
    /// A small second line.
    pub note: String,
    /// Where the text leads.
    pub href: String,
}

impl Cell {
    /// A cell that leads somewhere.
    pub fn link(text: impl Into<String>, href: String) -> Self {
        Self { text: text.into(), href, note: String::new() }
    }

    /// A cell with a small second line.
    pub fn noted(text: impl Into<String>, note: impl Into<String>) -> Self {
        Self { text: text.into(), note: note.into(), href: String::new() }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, ..Self::default() }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

/// The head of a column.
#[derive(Debug, Clone)]
pub struct Head {
    /// The text.
    pub text: &'static str,
    /// Whether the column holds numbers.
    pub is_num: bool,
}

/// A table; the first cell of each row is its head.
#[derive(Debug, Clone, Template)]
#[template(path = "table.html")]
pub struct Table {
    /// What the table shows.
    pub caption: String,
    /// Columns.
    pub head: Vec<Head>,
    /// Rows, each as long as the head.
    pub rows: Vec<Vec<Cell>>,
    /// The sum below, as long as the head, or empty.
    pub foot: Vec<Cell>,
    /// Whether each row becomes a card where there is little room.
    pub is_cards: bool,
    /// Of such a table, whether a phone alone has too little room.
    pub is_phone_cards: bool,
}

impl Table {
    /// A table whose first column is text and all others are numbers.
    pub fn of_numbers(caption: impl Into<String>, head: &[&'static str]) -> Self {
        let head = head.iter().zip(0..).map(|(text, i)| Head { text, is_num: i > 0 }).collect();
        Self { caption: caption.into(), head, rows: Vec::new(), foot: Vec::new(), is_cards: false, is_phone_cards: false }
    }

    /// Makes the rows cards below the width of a desk: for many columns.
    pub fn as_cards(mut self) -> Self {
        self.is_cards = true;
        self
    }

    /// Makes the rows cards on a phone: for a few columns whose words are long in some languages.
    pub fn as_phone_cards(mut self) -> Self {
        (self.is_cards, self.is_phone_cards) = (true, true);
        self
    }

    /// Adds a row.
    pub fn push(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }
}

/// One of the figures beside the headline.
#[derive(Debug, Clone)]
pub struct Glance {
    /// Where it leads.
    pub href: &'static str,
    /// What it is.
    pub label: &'static str,
    /// The figure.
    pub value: String,
    /// A few words below it.
    pub note: String,
}

impl Glance {
    /// The name of its part of the page.
    pub fn name(&self) -> &'static str {
        self.href.trim_start_matches('#')
    }
}

/// An alert in words, colour and shape.
#[derive(Debug, Clone)]
pub struct AlertView {
    /// Class for colour: `is-bad`, `is-watch`, `is-info`.
    pub class: &'static str,
    /// Icon for shape.
    pub icon: &'static str,
    /// The word: "Act now."
    pub word: &'static str,
    /// What it is.
    pub what: String,
    /// What it means and since when.
    pub note: String,
}

/// Alerts shown at most.
pub const ALERTS_MAX: usize = 3;

/// All alerts, worst first, oldest first among equals.
pub fn alerts(alerts: &[Alert], now_at: i64, say: Say) -> Vec<AlertView> {
    let mut ordered: Vec<&Alert> = alerts.iter().collect();
    ordered.sort_by_key(|a| (a.kind.severity(), a.since_at.unwrap_or(i64::MAX)));
    ordered.into_iter().map(|a| alert_view(a, now_at, say)).collect()
}

fn alert_view(alert: &Alert, now_at: i64, say: Say) -> AlertView {
    let severity = alert.kind.severity();
    let (class, icon) = match severity {
        Severity::Bad => ("is-bad", "i-bad"),
        Severity::Watch => ("is-watch", "i-watch"),
        Severity::Info => ("is-info", "i-info"),
    };
    AlertView {
        class,
        icon,
        word: sentence::severity(say, severity),
        what: sentence::alert(say, &alert.kind),
        note: sentence::alert_note(say, alert, now_at),
    }
}

/// "How we know": readings, rules, seal, ledger lines.
#[derive(Debug, Clone, Template)]
#[template(path = "proof.html")]
pub struct ProofView {
    /// Words.
    pub say: Say,
    /// Sentences, each on its own.
    pub lines: Vec<String>,
    /// Short hash of the last sealed interval, or empty.
    pub hash: String,
    /// The whole hash.
    pub hash_full: String,
}

/// The ground of the figures, in sentences.
pub fn proof(proof: &Proof, say: Say) -> ProofView {
    let mut lines = vec![
        say.readings_behind(proof.estimated_count, proof.reading_count),
        say.rules_behind(&proof.price_rule_version.to_string(), &proof.sharing_rule_version.to_string()),
    ];
    match &proof.sealed {
        Some(s) => lines.push(say.seals_behind(s.count, s.from_at, s.to_at)),
        None => lines.push(say.nothing_sealed().to_owned()),
    }
    match proof.ledger_lines {
        Some((first, last)) => lines.push(ledger_lines(say, first, last)),
        None => lines.push(say.nothing_posted().to_owned()),
    }
    let hash_full = proof.sealed.as_ref().map(|s| s.hash_hex.clone()).unwrap_or_default();
    ProofView { say, lines, hash: number::hash_short(&hash_full), hash_full }
}

/// Ledger lines behind a figure.
pub fn ledger_lines(say: Say, first: i64, last: i64) -> String {
    if first == last { say.ledger_line(&first.to_string()) } else { say.ledger_lines(&first.to_string(), &last.to_string()) }
}

/// A named amount with its cloth in a list.
#[derive(Debug, Clone)]
pub struct PartRow {
    /// Id that the bar leads to.
    pub id: &'static str,
    /// The square.
    pub swatch: Svg,
    /// The name.
    pub name: &'static str,
    /// A small second line.
    pub note: String,
    /// The amount.
    pub amount: String,
    /// The same in W, or in Wh for a day; for the geometry of the bar.
    pub power_w: i64,
}
