//! Pages of people: first run, signing in, one's own page, notices, the directory, the group's settings.
//!
//! A handler translates: it reads the address and the form, calls one use case, and builds sheets. A form that is not done comes back
//! with what was typed; one that is done sends the reader on.

pub mod cash;
pub mod directory;
pub mod entry;
pub mod found;
pub mod group;
pub mod home;
pub mod join;
pub mod me;
pub mod notices;
pub mod pin;
pub mod practice;
pub mod sessions;
pub mod sign_in;
pub mod start;

use domain::{ClusterCode, MemberNo};
use message::{Arg, Say};
use quantity::{BusinessDay, Ngwee};
use service::{Service, ServiceError};
use store::tables::ClusterRow;

use crate::form::{Fault, Faults};
use crate::input::CalendarDate;
use crate::problem::{Problem, is_refusal};
use crate::view::frame::{Frame, NavItem, cluster_href};
use crate::visitor::Visitor;
use crate::web::Web;

/// The use cases.
///
/// # Errors
/// [`Problem::NotFound`] where only fixtures are shown.
fn service(web: &Web) -> Result<&Service, Problem> {
    web.service().ok_or(Problem::NotFound)
}

/// The cluster of an address.
///
/// # Errors
/// [`Problem::NotFound`]; what the store says.
async fn cluster(web: &Web, code: &str) -> Result<ClusterRow, Problem> {
    let code = ClusterCode::parse(code).map_err(|_| Problem::NotFound)?;
    Ok(service(web)?.cluster(&code).await?)
}

/// The member number of an address.
///
/// # Errors
/// [`Problem::NotFound`].
fn member_no(text: &str) -> Result<MemberNo, Problem> {
    text.parse().ok().and_then(|no| MemberNo::new(no).ok()).ok_or(Problem::NotFound)
}

/// What a use case refused, beside the field of its code; what it failed with is a page of its own.
///
/// # Errors
/// [`Problem`] when it is no refusal.
fn refused(say: Say, error: ServiceError, fields: &[(&str, &'static str)]) -> Result<Faults, Problem> {
    let code = error.code();
    if !is_refusal(code) || matches!(code, "sign_in_needed" | "not_allowed") {
        return Err(error.into());
    }
    let field = fields.iter().find(|(of, _)| *of == code).map_or("", |(_, field)| *field);
    let mut faults = Faults::default();
    let until = match &error {
        ServiceError::Account(account) => account.until(),
        _ => None,
    };
    let args: Vec<(&str, Arg<'_>)> = until.map(|at| ("until_clock", Arg::Number(at.0))).into_iter().collect();
    faults.add(field, Fault::of(say, code, &args));
    Ok(faults)
}

/// A day as pages write it.
fn calendar(day: BusinessDay) -> Option<CalendarDate> {
    CalendarDate::parse(&day.to_string())
}

/// An amount of kwacha as typed: `1,200.50`, `1200`, with or without `K`. `None` when it is none.
fn kwacha(text: &str) -> Option<Ngwee> {
    let plain: String = text.trim().trim_start_matches(['K', 'k']).chars().filter(|c| !matches!(c, ',' | ' ' | '\u{a0}')).collect();
    scaled(&plain, 2).map(Ngwee)
}

/// A decimal number as a whole number of its last digit: `1.5` with 3 digits is 1500.
fn scaled(text: &str, digits: usize) -> Option<i64> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || part.len() > digits || !is_digits(whole) || !is_digits(part) {
        return None;
    }
    format!("{whole}{part:0<digits$}").parse().ok()
}

/// An amount as a field shows it: `4000.00` is `4000`.
fn typed(amount: Ngwee) -> String {
    match amount.0 % 100 {
        0 => (amount.0 / 100).to_string(),
        rest => format!("{}.{rest:02}", amount.0 / 100),
    }
}

/// The frame of a page about a cluster that shows no present figures.
fn place_frame(visitor: &Visitor, title: &str, row: &ClusterRow, place: &str) -> Frame {
    let say = visitor.say();
    let mut frame = Frame::plain(&visitor.reader, &format!("{title}, {}", row.name));
    let home = cluster_href(row.code.as_str());
    let item = |at: &'static str, icon, label| NavItem { href: format!("{home}{at}"), icon, label, is_current: at == place };
    frame.name = row.name.clone();
    frame.under = format!("{}, {}", row.code, row.place);
    frame.nav = vec![
        item("", "i-home", say.nav_now()),
        item("/members", "i-people", say.nav_homes()),
        item("/days/today", "i-day", say.nav_day()),
        item("/group", "i-more", say.nav_group()),
    ];
    frame.origin = if row.is_modelled { say.origin_modelled() } else { "" };
    frame.home_href = home;
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, ngwee) in [("1,200.50", 120_050), ("K4000", 400_000), ("k 0.5", 50), ("12", 1_200)] {
            assert_eq!(kwacha(text), Some(Ngwee(ngwee)), "{text}");
        }
        for bad in ["", "K", "-5", "1.234", "abc", "1e5", "9999999999999"] {
            assert_eq!(kwacha(bad), None, "{bad}");
        }
        assert_eq!((typed(Ngwee(400_000)), typed(Ngwee(120_050))), ("4000".to_owned(), "1200.50".to_owned()));
    }
}
