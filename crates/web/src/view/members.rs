//! The homes of a cluster, each with its day and its month.

use askama::Template;

use super::frame::{Frame, Place, statement_href};
use super::parts::{Cell, Table};
use crate::input::MembersInput;
use crate::text::{number, say, time};

/// The page.
#[derive(Debug, Template)]
#[template(path = "members.html")]
pub struct MembersView {
    /// Around.
    pub frame: Frame,
    /// The headline.
    pub headline: String,
    /// What the columns mean.
    pub note: String,
    /// The homes.
    pub table: Table,
}

/// Builds the page.
pub fn members(input: &MembersInput) -> MembersView {
    let head = &input.cluster;
    let frame = Frame::of_cluster(crate::text::words::EN.nav_homes, head, &input.now, Place::Homes, input.today_on);
    let w = frame.w;
    let mut table = Table::of_numbers(time::month_long(input.month), &[w.col_house, w.col_today_kwh, w.col_month_money]);
    for m in &input.members {
        let mut name = Cell::link(format!("{} {}", w.house, m.no), statement_href(&head.code, m.no));
        name.note = m.alias.clone();
        table.push(vec![
            name,
            m.today_wh.map_or_else(|| w.no_reading.to_owned(), number::kwh_bare).into(),
            m.month_ngwee.map_or_else(|| "\u{2013}".to_owned(), number::money).into(),
        ]);
    }
    let headline = match input.members.len() {
        0 => w.no_homes.to_owned(),
        n => format!("{} {}", say::homes(i64::try_from(n).unwrap_or(i64::MAX)), w.share_this_group),
    };
    MembersView { headline, note: w.month_money_note.to_owned(), table, frame }
}
