//! Pages of people: first run, signing in, one's own page, notices, the directory, the group's settings.
//!
//! A handler translates: it reads the address and the form, calls one use case, and builds sheets. A form that is not done comes back
//! with what was typed; one that is done sends the reader on.

pub mod alerts;
pub mod between;
pub mod between_deal;
pub mod between_offer;
pub mod cash;
pub mod credits;
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
pub mod trade;

use domain::{ClusterCode, MemberNo};
use message::{Arg, Say};
use quantity::{BusinessDay, Ngwee};
use service::{AccountError, Service, ServiceError};
use store::tables::ClusterRow;

use crate::form::{Fault, Faults};
use crate::input::CalendarDate;
use crate::problem::{Problem, is_refusal};
use crate::view::frame::{Frame, Place, cluster_href, places};
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
    refused_with(say, error, fields, &[])
}

/// As [`refused`], with values that the page knows and the text may name, such as the limits of a contribution.
///
/// # Errors
/// [`Problem`] when it is no refusal.
fn refused_with(say: Say, error: ServiceError, fields: &[(&str, &'static str)], known: &[(&str, Arg<'_>)]) -> Result<Faults, Problem> {
    let code = match &error {
        // The try that begins a lock says so, rather than asking to try again.
        ServiceError::Account(AccountError::LoginRefused { locked_until: Some(_) }) => "login_locked",
        error => error.code(),
    };
    if !is_refusal(code) || matches!(code, "sign_in_needed" | "not_allowed") {
        return Err(error.into());
    }
    let field = fields.iter().find(|(of, _)| *of == code).map_or("", |(_, field)| *field);
    let mut faults = Faults::default();
    let until = match &error {
        ServiceError::Account(account) => account.until(),
        _ => None,
    };
    let until = until.map(|at| ("until_clock", Arg::Number(at.0)));
    let args: Vec<(&str, Arg<'_>)> = until.into_iter().chain(known.iter().copied()).collect();
    faults.add(field, Fault::of(say, code, &args));
    Ok(faults)
}

/// The limits of a contribution as texts name them.
fn limits(least: Ngwee, most: Ngwee) -> [(&'static str, Arg<'static>); 2] {
    [("least_ngwee", Arg::Number(least.0)), ("most_ngwee", Arg::Number(most.0))]
}

/// What is wrong with an amount as typed: nothing was written, or what was written is none.
fn amount_fault(say: Say, text: &str) -> Fault {
    Fault::of(say, if text.is_empty() { "amount_missing" } else { "amount_invalid" }, &[])
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
pub fn place_frame(visitor: &Visitor, title: &str, row: &ClusterRow, place: Option<Place>) -> Frame {
    let say = visitor.say();
    let mut frame = Frame::plain(&visitor.reader, &format!("{title}, {}", row.name));
    frame.name = row.name.clone();
    frame.under = format!("{}, {}", row.code, row.place);
    frame.nav = places(&visitor.reader, row.code.as_str(), place);
    frame.origin = if row.is_modelled { say.origin_modelled() } else { "" };
    frame.home_href = cluster_href(row.code.as_str());
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
