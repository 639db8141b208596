//! The list of clusters.

use askama::Template;

use super::frame::{Frame, cluster_href};
use super::moment::moment;
use crate::input::{ClusterSummary, ClustersInput};
use crate::text::{number, say};

/// The page.
#[derive(Debug, Template)]
#[template(path = "clusters.html")]
pub struct ClustersView {
    /// Around.
    pub frame: Frame,
    /// The headline.
    pub headline: String,
    /// Rows.
    pub rows: Vec<ClusterRow>,
}

/// One cluster.
#[derive(Debug)]
pub struct ClusterRow {
    /// Where it leads.
    pub href: String,
    /// Its name.
    pub name: String,
    /// Code, kind, homes, place.
    pub about: String,
    /// How it is wired.
    pub wiring: &'static str,
    /// What is true now.
    pub sentence: String,
    /// Made today.
    pub made: String,
    /// Used today.
    pub used: String,
}

/// Builds the page.
pub fn clusters(input: &ClustersInput) -> ClustersView {
    let mut frame = Frame::plain(crate::text::words::EN.groups);
    if input.clusters.iter().any(|c| say::origin(c.head.origin).is_some()) {
        frame.origin = frame.w.sample_some;
    }
    let count = input.clusters.len();
    let headline = match count {
        0 => frame.w.no_group.to_owned(),
        1 => frame.w.one_group.to_owned(),
        n => format!("{n} {}", frame.w.many_groups),
    };
    let rows = input.clusters.iter().map(row).collect();
    ClustersView { frame, headline, rows }
}

fn row(cluster: &ClusterSummary) -> ClusterRow {
    let head = &cluster.head;
    let amount = |wh: Option<i64>| wh.map_or_else(|| "\u{2013}".to_owned(), number::kwh);
    ClusterRow {
        href: cluster_href(&head.code),
        name: head.name.clone(),
        about: format!("{}, {}, {}, {}", head.code, say::kind(head.kind), say::homes(head.homes), head.place),
        wiring: say::connection(head.connection),
        sentence: say::moment(&moment(&cluster.now, head.homes)),
        made: amount(cluster.made_today_wh),
        used: amount(cluster.used_today_wh),
    }
}
