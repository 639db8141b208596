//! The page for what cannot be shown: what happened, what to do, and that no money moved.

use askama::Template;

use super::frame::Frame;
use crate::reader::Reader;

/// A problem in words.
#[derive(Debug, Template)]
#[template(path = "problem.html")]
pub struct ProblemView {
    /// Around.
    pub frame: Frame,
    /// What happened.
    pub what: &'static str,
    /// What to do.
    pub next_step: std::borrow::Cow<'static, str>,
    /// What happened to the reader's money, or empty.
    pub money: &'static str,
    /// Where to go on, and in which words.
    pub back: (String, &'static str),
    /// Stable code to tell a helper.
    pub code: &'static str,
}

/// Builds the page.
pub fn problem(reader: &Reader, what: &'static str, next_step: &'static str, money: &'static str, code: &'static str) -> ProblemView {
    let back = ("/app".to_owned(), reader.say.first_page());
    ProblemView { frame: Frame::plain(reader, what), what, next_step: next_step.into(), money, back, code }
}
