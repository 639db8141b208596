//! Where the pages get their inputs: one small port, implemented by whoever holds the data.

use std::future::Future;
use std::pin::Pin;

use service::policy::Actor;

use crate::input::between::{DealInput, GroupsInput};
use crate::input::carbon::CarbonInput;
use crate::input::trade::TradeInput;
use crate::input::{CalendarDate, CalendarMonth, ClustersInput, DashboardInput, DayInput, MembersInput, StatementInput};

/// A boxed answer: `Ok(None)` means that there is no such cluster, member or day.
pub type PageFuture<'a, T> = Pin<Box<dyn Future<Output = Result<Option<T>, PageError>> + Send + 'a>>;

/// Why a page cannot be shown now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct PageError {
    /// Stable snake_case code, shown to the reader and logged.
    pub code: &'static str,
    /// What happened, for the log; never shown.
    pub message: String,
    /// Whether trying again may help (a busy or locked database).
    pub is_transient: bool,
}

/// Reads what the pages show to whoever asks. Nothing here changes state; what the actor may not see is refused with the code of the rights.
pub trait PageSource: Send + Sync + 'static {
    /// All clusters: for the person who runs the installation.
    fn clusters(&self, actor: Actor) -> PageFuture<'_, ClustersInput>;
    /// The dashboard of the cluster with this short code.
    fn dashboard<'a>(&'a self, actor: Actor, code: &'a str) -> PageFuture<'a, DashboardInput>;
    /// The members of a cluster.
    fn members<'a>(&'a self, actor: Actor, code: &'a str) -> PageFuture<'a, MembersInput>;
    /// A member's statement; without a month, the latest one with lines.
    fn statement<'a>(&'a self, actor: Actor, code: &'a str, member_no: i64, month: Option<CalendarMonth>) -> PageFuture<'a, StatementInput>;
    /// The Trading Hub, with the side of the actor's own home.
    fn trade<'a>(&'a self, actor: Actor, code: &'a str) -> PageFuture<'a, TradeInput>;
    /// Trade of a cluster with other groups.
    fn groups<'a>(&'a self, actor: Actor, code: &'a str) -> PageFuture<'a, GroupsInput>;
    /// A deal of a cluster with another one.
    fn deal<'a>(&'a self, actor: Actor, code: &'a str, no: i64) -> PageFuture<'a, DealInput>;
    /// Avoided carbon of a cluster, and of the actor's own home.
    fn carbon<'a>(&'a self, actor: Actor, code: &'a str) -> PageFuture<'a, CarbonInput>;
    /// One settled day.
    fn day<'a>(&'a self, actor: Actor, code: &'a str, on: CalendarDate) -> PageFuture<'a, DayInput>;
}
