//! What is around every page: masthead, stamp, navigation, notes.

use super::moment;
use crate::assets;
use crate::input::{CalendarDate, ClusterHead, NowInput};
use crate::text::say;
use crate::text::words::{EN, Words};

/// A place in the navigation.
#[derive(Debug, Clone)]
pub struct NavItem {
    /// Where it leads.
    pub href: String,
    /// Its icon.
    pub icon: &'static str,
    /// Its word.
    pub label: &'static str,
    /// Whether the page is this place.
    pub is_current: bool,
}

/// The places of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Dashboard.
    Home,
    /// Members and statements.
    Homes,
    /// A day's intervals.
    Day,
}

/// Everything around the content.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Words.
    pub w: &'static Words,
    /// Title of the document.
    pub title: String,
    /// Address of the style sheet.
    pub css: &'static str,
    /// Address of the script.
    pub script: &'static str,
    /// Address of the icon.
    pub icon: &'static str,
    /// The name in the masthead.
    pub name: String,
    /// The line below it.
    pub under: String,
    /// Where the name leads.
    pub home_href: String,
    /// The stamp's text, or empty.
    pub stamp: String,
    /// Whether the data is old or missing.
    pub is_old: bool,
    /// Navigation; empty outside a cluster.
    pub nav: Vec<NavItem>,
    /// The note on modelled data, or empty.
    pub origin: &'static str,
}

impl Frame {
    /// The frame of a page outside a cluster.
    pub fn plain(title: &str) -> Self {
        let w = &EN;
        let files = assets::files();
        Self {
            w,
            title: format!("{title} - {}", w.product),
            css: &files.css.path,
            script: &files.script.path,
            icon: &files.icon.path,
            name: w.product.to_owned(),
            under: w.product_under.to_owned(),
            home_href: "/".to_owned(),
            stamp: String::new(),
            is_old: false,
            nav: Vec::new(),
            origin: "",
        }
    }

    /// The frame of a cluster's page.
    pub fn of_cluster(title: &str, head: &ClusterHead, now: &NowInput, place: Place, day: CalendarDate) -> Self {
        let plain = Self::plain(&format!("{title}, {}", head.name));
        let (w, home) = (plain.w, cluster_href(&head.code));
        let is_old = now.reading_at.is_none() || moment::is_stale(now);
        let item = |href, icon, label, at| NavItem { href, icon, label, is_current: at == place };
        Self {
            name: head.name.clone(),
            under: say::under_name(head),
            stamp: say::stamp(now.reading_at, now.now_at, is_old),
            is_old,
            nav: vec![
                item(home.clone(), "i-home", w.nav_now, Place::Home),
                item(format!("{home}/members"), "i-people", w.nav_homes, Place::Homes),
                item(day_href(&head.code, day), "i-day", w.nav_day, Place::Day),
                NavItem { href: "/".into(), icon: "i-more", label: w.nav_groups, is_current: false },
            ],
            origin: say::origin(head.origin).unwrap_or_default(),
            home_href: home,
            ..plain
        }
    }
}

/// Address of a cluster's dashboard.
pub fn cluster_href(code: &str) -> String {
    format!("/app/clusters/{code}")
}

/// Address of a member's statement, latest month.
pub fn statement_href(code: &str, member_no: i64) -> String {
    format!("/app/clusters/{code}/members/{member_no}/statement")
}

/// Address of a settled day.
pub fn day_href(code: &str, on: CalendarDate) -> String {
    format!("/app/clusters/{code}/days/{on}")
}
