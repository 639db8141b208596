//! What is around every page: masthead, stamp, navigation, notes.

use super::moment;
use crate::assets;
use crate::input::{CalendarDate, ClusterHead, NowInput};
use crate::reader::Reader;
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
    /// Where it leads: sets the language and comes back.
    pub href: String,
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
    /// Whether the data is old or missing.
    pub is_old: bool,
    /// Navigation; empty outside a cluster.
    pub nav: Vec<NavItem>,
    /// The note on modelled data, or empty.
    pub origin: &'static str,
    /// Every language there is.
    pub languages: Vec<LanguageLink>,
    /// The note that the language is a draft, or empty.
    pub draft: &'static str,
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
            home_href: "/".to_owned(),
            stamp: String::new(),
            is_old: false,
            nav: Vec::new(),
            origin: "",
            languages: Language::ALL.iter().map(|l| language_link(*l, reader)).collect(),
            draft: if say.language().is_draft() { say.language_draft() } else { "" },
        }
    }

    /// The frame of a cluster's page.
    pub fn of_cluster(reader: &Reader, title: &str, head: &ClusterHead, now: &NowInput, place: Place, day: CalendarDate) -> Self {
        let plain = Self::plain(reader, &format!("{title}, {}", head.name));
        let (say, home) = (plain.say, cluster_href(&head.code));
        let is_old = now.reading_at.is_none() || moment::is_stale(now);
        let item = |href, icon, label, at| NavItem { href, icon, label, is_current: at == place };
        Self {
            name: head.name.clone(),
            under: sentence::under_name(say, head),
            stamp: sentence::stamp(say, now.reading_at, now.now_at, is_old),
            is_old,
            nav: vec![
                item(home.clone(), "i-home", say.nav_now(), Place::Home),
                item(format!("{home}/members"), "i-people", say.nav_homes(), Place::Homes),
                item(day_href(&head.code, day), "i-day", say.nav_day(), Place::Day),
                NavItem { href: "/".into(), icon: "i-more", label: say.nav_groups(), is_current: false },
            ],
            origin: sentence::origin(say, head.origin).unwrap_or_default(),
            home_href: home,
            ..plain
        }
    }
}

fn language_link(language: Language, reader: &Reader) -> LanguageLink {
    LanguageLink {
        href: format!("/app/language?to={language}&back={}", escaped(&reader.here)),
        tag: language.as_str(),
        name: language.own_name(),
        is_current: language == reader.say.language(),
    }
}

/// A text as a value in an address.
///
/// Source: RFC 3986, section 2.1 and 2.3 (unreserved characters stay; `/` may stay in a query).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_leads_back_to_the_page() {
        let reader = Reader { here: "/app/clusters/KAB/members/3/statement?month=2026-11&x=<\u{e9}>".into(), ..Reader::default() };
        let link = language_link(Language::Bem, &reader);
        assert_eq!(link.href, "/app/language?to=bem&back=/app/clusters/KAB/members/3/statement%3Fmonth%3D2026-11%26x%3D%3C%C3%A9%3E");
        assert!(!link.is_current && language_link(Language::En, &reader).is_current);
    }
}
