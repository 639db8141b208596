//! The homes of a cluster, each with its day and its month.

use askama::Template;

use super::frame::{Frame, Place, statement_href};
use super::parts::{Cell, Table};
use crate::input::MembersInput;
use crate::reader::Reader;
use crate::text::number;

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
pub fn members(input: &MembersInput, reader: &Reader) -> MembersView {
    let head = &input.cluster;
    let frame = Frame::of_cluster(reader, reader.say.nav_homes(), head, &input.now, Place::Homes);
    let say = frame.say;
    let mut table = Table::of_numbers(say.month_long(input.month), &[say.col_house(), say.col_today_kwh(), say.col_month_money()]);
    for m in &input.members {
        let mut name = Cell::link(say.house_no(&m.no.to_string()), statement_href(&head.code, m.no));
        name.note = m.alias.clone();
        table.push(vec![
            name,
            match (m.is_shown, m.today_wh) {
                (false, _) => say.not_shown().to_owned(),
                (true, None) => say.no_reading().to_owned(),
                (true, Some(wh)) => number::kwh_bare(wh),
            }
            .into(),
            m.month_ngwee.map_or_else(|| "\u{2013}".to_owned(), number::money).into(),
        ]);
    }
    let headline = match input.members.len() {
        0 => say.no_homes().to_owned(),
        n => say.homes_share_group(i64::try_from(n).unwrap_or(i64::MAX)),
    };
    MembersView { headline, note: say.month_money_note().to_owned(), table, frame }
}
