//! What is around every page: masthead, stamp, navigation, notes.

use super::moment;
use crate::assets;
use crate::input::{CalendarDate, ClusterHead, NowInput};
use crate::reader::{Me, Reader};
use crate::text::sentence;
use message::{Language, Say};

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

/// A language to choose.
#[derive(Debug, Clone)]
pub struct LanguageLink {
    /// Its tag, for the `lang` attribute.
    pub tag: &'static str,
    /// Its name in itself.
    pub name: &'static str,
    /// Whether the page is in it.
    pub is_current: bool,
}

/// The places of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Dashboard, and the days behind it.
    Home,
    /// Members and their books.
    Homes,
    /// Orders, trades and prices.
    Trade,
    /// The reader's own book.
    Book,
    /// Rules, equipment, meters, money put in.
    Group,
}

/// Everything around the content.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Words.
    pub say: Say,
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
    /// Whether the data is old.
    pub is_old: bool,
    /// Whether the page is about a day or month that is over.
    pub is_closed: bool,
    /// Navigation; empty outside a cluster.
    pub nav: Vec<NavItem>,
    /// The note on modelled data, or empty.
    pub origin: &'static str,
    /// Every language there is.
    pub languages: Vec<LanguageLink>,
    /// The note that the language is a draft, or empty.
    pub draft: &'static str,
    /// The page that is read, for forms that come back to it.
    pub here: String,
    /// The token of the small forms.
    pub token: String,
    /// Who is signed in.
    pub me: Option<Me>,
    /// Where the live figures come from, or empty.
    pub live: String,
    /// What the live figures are made of.
    pub shape: String,
    /// The instant of the last reading shown, Unix ms, or empty: live figures begin after it.
    pub after: String,
}

impl Frame {
    /// The frame of a page outside a cluster.
    pub fn plain(reader: &Reader, title: &str) -> Self {
        let say = reader.say;
        let files = assets::files();
        Self {
            say,
            title: format!("{title} - {}", say.product()),
            css: &files.css.path,
            script: &files.script.path,
            icon: &files.icon.path,
            name: say.product().to_owned(),
            under: say.product_under().to_owned(),
            home_href: "/app".to_owned(),
            stamp: String::new(),
            is_old: false,
            is_closed: false,
            nav: Vec::new(),
            origin: "",
            languages: Language::ALL.iter().map(|l| LanguageLink { tag: l.as_str(), name: l.own_name(), is_current: *l == say.language() }).collect(),
            draft: if say.language().is_draft() { say.language_draft() } else { "" },
            here: reader.here.clone(),
            token: reader.token.clone(),
            me: reader.me,
            live: String::new(),
            shape: String::new(),
            after: String::new(),
        }
    }

    /// The frame of a cluster's page.
    pub fn of_cluster(reader: &Reader, title: &str, head: &ClusterHead, now: &NowInput, place: Place) -> Self {
        let plain = Self::plain(reader, &format!("{title}, {}", head.name));
        let say = plain.say;
        // Nothing yet is not old: a new group has no reading to be older than.
        let is_old = moment::is_stale(now);
        Self {
            name: head.name.clone(),
            under: sentence::under_name(say, head),
            stamp: sentence::stamp(say, now.reading_at, now.now_at, is_old),
            is_old,
            after: now.reading_at.map_or_else(String::new, |at| at.to_string()),
            nav: places(reader, &head.code, Some(place)),
            origin: sentence::origin(say, head.origin).unwrap_or_default(),
            home_href: cluster_href(&head.code),
            ..plain
        }
    }

    /// The same for a day or month that is over: it is closed, and no reading of today makes it old.
    #[must_use]
    pub fn closed(self, is_settled: bool) -> Self {
        let stamp = if is_settled { self.say.stamp_closed().to_owned() } else { String::new() };
        Self { stamp, is_old: false, is_closed: true, ..self }
    }
}

/// The navigation of a cluster: five places, of which the own book is there for who has one.
pub fn places(reader: &Reader, code: &str, place: Option<Place>) -> Vec<NavItem> {
    let (say, home) = (reader.say, cluster_href(code));
    let item = |href, icon, label, at| NavItem { href, icon, label, is_current: Some(at) == place };
    let mut nav = vec![
        item(home.clone(), "i-home", say.nav_now(), Place::Home),
        item(format!("{home}/members"), "i-people", say.nav_homes(), Place::Homes),
        item(trade_href(code), "i-trade", say.nav_trade(), Place::Trade),
        item(format!("{home}/group"), "i-more", say.nav_group(), Place::Group),
    ];
    if let Some(no) = reader.me.and_then(|me| me.home) {
        nav.insert(3, item(statement_href(code, no), "i-money", say.my_book(), Place::Book));
    }
    nav
}

/// Address of a cluster's dashboard.
pub fn cluster_href(code: &str) -> String {
    format!("/app/clusters/{code}")
}

/// Address of a cluster's Trading Hub.
pub fn trade_href(code: &str) -> String {
    format!("/app/clusters/{code}/trade")
}

/// Address of a cluster's trade with other groups.
pub fn between_href(code: &str) -> String {
    format!("/app/clusters/{code}/trade/between")
}

/// Address of a cluster's avoided carbon.
pub fn carbon_href(code: &str) -> String {
    format!("/app/clusters/{code}/carbon")
}

/// Address of a member's statement, latest month.
pub fn statement_href(code: &str, member_no: i64) -> String {
    format!("/app/clusters/{code}/members/{member_no}/statement")
}

/// Address of a settled day.
pub fn day_href(code: &str, on: CalendarDate) -> String {
    format!("/app/clusters/{code}/days/{on}")
}
