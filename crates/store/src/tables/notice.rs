//! The in-app inbox: notices by user, as a kind and arguments; the text is made in the reader's language elsewhere.

use crate::{Column, Result, Row, Sql, SqlBatch, SqlIn, StoreError, Tx, Value, sql};
use domain::{NoticeNo, UserId};
use quantity::Instant;
use std::collections::BTreeMap;

/// A value that a notice's text holds. A day is its number, money is ngwee: the name of the argument says what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeArg {
    /// Text.
    Text(String),
    /// A number.
    Number(i64),
}

impl From<&str> for NoticeArg {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for NoticeArg {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for NoticeArg {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// A notice to be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeNew {
    /// To whom.
    pub user: UserId,
    /// What happened, as a code: its text is the message `notice-KIND`.
    pub kind: &'static str,
    /// The arguments of the text.
    pub args: BTreeMap<&'static str, NoticeArg>,
}

impl NoticeNew {
    /// A notice without arguments.
    #[must_use]
    pub const fn new(user: UserId, kind: &'static str) -> Self {
        Self { user, kind, args: BTreeMap::new() }
    }

    /// With one more argument.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<NoticeArg>) -> Self {
        self.args.insert(name, value.into());
        self
    }

    /// The same for somebody else.
    #[must_use]
    pub fn to(&self, user: UserId) -> Self {
        Self { user, ..self.clone() }
    }
}

/// A notice in an inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    /// Its number, from 1 for each user.
    pub no: NoticeNo,
    /// What happened, as a code.
    pub kind: String,
    /// The arguments of the text, by name.
    pub args: BTreeMap<String, NoticeArg>,
    /// When it happened.
    pub created_at: Instant,
    /// When it was marked as read.
    pub read_at: Option<Instant>,
}

static TAKE: SqlBatch = SqlBatch::new(
    "user_counter",
    &[Column::int("user_id"), Column::text("kind"), Column::int("last_no")],
    "ON CONFLICT (user_id, kind) DO UPDATE SET last_no = user_counter.last_no + excluded.last_no RETURNING user_id, last_no",
);
static APPEND: SqlBatch = SqlBatch::new(
    "notice",
    &[Column::int("user_id"), Column::int("notice_no"), Column::text("kind"), Column::text("arguments"), Column::int("created_at")],
    "",
);
const LIST: Sql =
    sql!("SELECT notice_no, kind, arguments, created_at, read_at FROM notice WHERE user_id = $1 AND notice_no < $2 ORDER BY notice_no DESC LIMIT $3");
static UNREAD_OF: SqlIn = SqlIn::new(sql!("SELECT notice_no FROM notice WHERE user_id = $1 AND read_at IS NULL AND notice_no"), "");
const READ: Sql = sql!("UPDATE notice SET read_at = $3 WHERE user_id = $1 AND notice_no = $2 AND read_at IS NULL");
const UNREAD: Sql = sql!("SELECT COUNT(*) FROM notice WHERE user_id = $1 AND read_at IS NULL");

impl Tx<'_> {
    /// Puts notices into the inboxes of their users, in the order given.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn notice_append(&mut self, notices: &[NoticeNew], at: Instant) -> Result<()> {
        let mut counts: BTreeMap<UserId, i64> = BTreeMap::new();
        for notice in notices {
            *counts.entry(notice.user).or_default() += 1;
        }
        // In the order of users, so that two units do not wait for each other.
        let takes: Vec<Value<'_>> = counts.iter().flat_map(|(user, count)| [(*user).into(), "notice".into(), (*count).into()]).collect();
        let taken: Vec<(i64, i64)> = self.insert_many_returning(&TAKE, &takes, |row| Ok((row.int(0)?, row.int(1)?))).await?;
        let mut next: BTreeMap<i64, i64> = taken.into_iter().collect();
        for (user, count) in &counts {
            next.entry(user.get()).and_modify(|last| *last = last.saturating_sub(count.saturating_sub(1)));
        }
        let arguments: Vec<String> = notices.iter().map(|notice| json(&notice.args)).collect();
        let mut values: Vec<Value<'_>> = Vec::with_capacity(notices.len() * 5);
        for (notice, arguments) in notices.iter().zip(&arguments) {
            let no = next.get_mut(&notice.user.get()).ok_or_else(|| StoreError::corrupt("user_counter", notice.user))?;
            values.extend([Value::from(notice.user), (*no).into(), notice.kind.into(), arguments.as_str().into(), at.into()]);
            *no = no.saturating_add(1);
        }
        self.insert_many(&APPEND, &values).await.map(|_| ())
    }

    /// Notices of a user before `before` (`None` for the newest), the newest first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn notice_list(&mut self, user: UserId, before: Option<NoticeNo>, limit: u32) -> Result<Vec<NoticeRow>> {
        let before = before.map_or(i64::MAX, NoticeNo::get);
        self.query(&LIST, &[user.into(), before.into(), limit.into()], notice_row).await
    }

    /// Marks notices as read; how many were not before.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn notices_read(&mut self, user: UserId, notices: &[NoticeNo], at: Instant) -> Result<u64> {
        let keys: Vec<i64> = notices.iter().map(|no| no.get()).collect();
        let mut unread = self.query_in(&UNREAD_OF, &[user.into()], &keys, |row| row.int(0)).await?;
        unread.sort_unstable();
        let mut read = 0;
        for no in unread {
            read += self.exec(&READ, &[user.into(), no.into(), at.into()]).await?;
        }
        Ok(read)
    }

    /// How many notices a user has not read.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn notice_unread(&mut self, user: UserId) -> Result<i64> {
        self.query_one(&UNREAD, &[user.into()], |row| row.int(0)).await
    }
}

fn json(args: &BTreeMap<&'static str, NoticeArg>) -> String {
    let value = |arg: &NoticeArg| match arg {
        NoticeArg::Text(text) => serde_json::Value::from(text.as_str()),
        NoticeArg::Number(number) => serde_json::Value::from(*number),
    };
    serde_json::Value::Object(args.iter().map(|(name, arg)| ((*name).to_owned(), value(arg))).collect()).to_string()
}

fn args(text: &str) -> Result<BTreeMap<String, NoticeArg>> {
    let corrupt = |error: &dyn std::fmt::Display| StoreError::corrupt("notice.arguments", error);
    let object: BTreeMap<String, serde_json::Value> = serde_json::from_str(text).map_err(|error| corrupt(&error))?;
    let arg = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => Ok(NoticeArg::Text(text)),
        serde_json::Value::Number(number) => number.as_i64().map(NoticeArg::Number).ok_or_else(|| corrupt(&number)),
        other => Err(corrupt(&other)),
    };
    object.into_iter().map(|(name, value)| Ok((name, arg(value)?))).collect()
}

fn notice_row(row: &Row<'_>) -> Result<NoticeRow> {
    Ok(NoticeRow {
        no: NoticeNo::new(row.int(0)?).map_err(|error| StoreError::corrupt("notice.notice_no", error))?,
        kind: row.text(1)?.to_owned(),
        args: args(row.text(2)?)?,
        created_at: Instant(row.int(3)?),
        read_at: row.opt_int(4)?.map(Instant),
    })
}
