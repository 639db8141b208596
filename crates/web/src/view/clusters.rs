//! The list of clusters.

use askama::Template;

use super::frame::{Frame, cluster_href};
use super::moment::moment;
use crate::input::{ClusterSummary, ClustersInput};
use crate::reader::Reader;
use crate::text::{number, sentence};
use message::Say;

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
pub fn clusters(input: &ClustersInput, reader: &Reader) -> ClustersView {
    let say = reader.say;
    let mut frame = Frame::plain(reader, say.groups());
    if input.clusters.iter().any(|c| sentence::origin(say, c.head.origin).is_some()) {
        frame.origin = say.sample_some();
    }
    let count = input.clusters.len();
    let headline = match count {
        0 => say.no_group().to_owned(),
        n => say.groups_share(i64::try_from(n).unwrap_or(i64::MAX)),
    };
    let rows = input.clusters.iter().map(|c| row(c, say)).collect();
    ClustersView { frame, headline, rows }
}

fn row(cluster: &ClusterSummary, say: Say) -> ClusterRow {
    let head = &cluster.head;
    let amount = |wh: Option<i64>| wh.map_or_else(|| "\u{2013}".to_owned(), number::kwh);
    ClusterRow {
        href: cluster_href(&head.code),
        name: head.name.clone(),
        about: format!("{}, {}, {}, {}", head.code, sentence::kind(say, head.kind), say.homes_count(head.homes), head.place),
        wiring: sentence::connection(say, head.connection),
        sentence: sentence::moment(say, &moment(&cluster.now, head.homes)),
        made: amount(cluster.made_today_wh),
        used: amount(cluster.used_today_wh),
    }
}
