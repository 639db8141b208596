//! The inbox: what users are told in the program.

use super::{AccountError, PAGE_MAX};
use crate::policy::Actor;
use crate::{Service, ServiceError};
use domain::{Language, NoticeNo};
use message::{Arg, CalendarDate, Kind, Say};
use quantity::BusinessDay;
use store::tables::{NoticeArg, NoticeNew, NoticeRow};

/// Most notices that one request marks as read.
pub const NOTICES_MAX: usize = 500;

/// A notice in an inbox.
pub type Notice = NoticeRow;

/// The text of a notice in a reader's language; `None` when the catalogue has no message `notice-KIND` with these arguments.
#[must_use]
pub fn notice_text(say: Say, notice: &Notice) -> Option<String> {
    text_of(say, &notice.kind, notice.args.iter().map(|(name, value)| (name.as_str(), value)))
}

/// Whether everybody to whom this goes can read it: a notice without words would be found only by its reader.
pub(crate) fn is_readable(notice: &NoticeNew) -> bool {
    text_of(Say::new(Language::En), notice.kind, notice.args.iter().map(|(name, value)| (*name, value))).is_some()
}

fn text_of<'a>(say: Say, kind: &str, args: impl Iterator<Item = (&'a str, &'a NoticeArg)>) -> Option<String> {
    let arg = |(name, value): (&'a str, &NoticeArg)| -> Option<(&'a str, OwnedArg)> {
        let value = match (Kind::of(name), value) {
            // An office is told by its code.
            (_, NoticeArg::Text(role)) if name == "role" => OwnedArg::Text(say.text(&format!("role-{role}"), &[])?),
            // Why an order is held, too.
            (_, NoticeArg::Text(reason)) if name == "reason" => OwnedArg::Text(crate::trade::reason_text(say, reason)?.to_owned()),
            // A number that is only a name, such as that of a house.
            (Kind::Text, NoticeArg::Number(number)) => OwnedArg::Text(number.to_string()),
            (Kind::On, NoticeArg::Number(day)) => OwnedArg::Given(Arg::On(date(*day)?)),
            // A month is told by one of its days.
            (Kind::Month, NoticeArg::Number(day)) => OwnedArg::Given(Arg::Month(date(*day)?.calendar_month())),
            (_, NoticeArg::Text(text)) => OwnedArg::Text(text.clone()),
            (_, NoticeArg::Number(number)) => OwnedArg::Given(Arg::Number(*number)),
        };
        Some((name, value))
    };
    let owned: Vec<(&str, OwnedArg)> = args.map(arg).collect::<Option<_>>()?;
    let args: Vec<(&str, Arg<'_>)> = owned.iter().map(|(name, value)| (*name, value.borrow())).collect();
    // Kinds once had underscores, and inboxes keep them.
    say.text(&format!("notice-{}", kind.replace('_', "-")), &args)
}

enum OwnedArg {
    Text(String),
    Given(Arg<'static>),
}

impl OwnedArg {
    fn borrow(&self) -> Arg<'_> {
        match self {
            Self::Text(text) => Arg::Text(text),
            Self::Given(arg) => *arg,
        }
    }
}

fn date(day: i64) -> Option<CalendarDate> {
    CalendarDate::of(BusinessDay(i32::try_from(day).ok()?))
}

impl Service {
    /// A user's notices before `before` (`None` for the newest), the newest first.
    ///
    /// # Errors
    /// [`crate::policy::Denied::SignIn`]; what the store says.
    pub async fn notice_list(&self, actor: Actor, before: Option<NoticeNo>, limit: u32) -> Result<Vec<Notice>, ServiceError> {
        let user = actor.signed_in()?;
        let limit = limit.clamp(1, PAGE_MAX);
        self.store.read(move |tx| Box::pin(async move { Ok(tx.notice_list(user, before, limit).await?) })).await
    }

    /// Marks notices as read; how many were not before. Numbers that are not there are passed over.
    ///
    /// # Errors
    /// [`AccountError::ListTooLong`]; [`crate::policy::Denied::SignIn`]; what the store says.
    pub async fn notices_read(&self, actor: Actor, notices: &[NoticeNo]) -> Result<u64, ServiceError> {
        let (user, now) = (actor.signed_in()?, self.now());
        if notices.len() > NOTICES_MAX {
            return Err(AccountError::ListTooLong { most: NOTICES_MAX }.into());
        }
        let notices = notices.to_vec();
        self.store
            .write(move |tx| {
                let notices = notices.clone();
                Box::pin(async move { Ok(tx.notices_read(user, &notices, now).await?) })
            })
            .await
    }

    /// How many notices the user has not read.
    ///
    /// # Errors
    /// [`crate::policy::Denied::SignIn`]; what the store says.
    pub async fn notice_unread(&self, actor: Actor) -> Result<i64, ServiceError> {
        let user = actor.signed_in()?;
        self.store.read(move |tx| Box::pin(async move { Ok(tx.notice_unread(user).await?) })).await
    }
}
