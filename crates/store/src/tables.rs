//! The statements of the domain, one file per resource, as methods on [`Tx`](crate::Tx).
//!
//! Rows come out as the plain structs of these files or as values of the pure crates; what a row means is decided there, not here.

/// A closed list of words that a column holds, and how they are read back.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $list:literal, $column:literal { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// The word as stored and shown to programs.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word back; `None` when it is not on the list.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($word => Some(Self::$variant),)+ _ => None }
            }

            pub(super) fn stored(text: &str) -> Result<Self> {
                let choices = || [$($word),+].join(", ");
                let unknown = || UnknownWord { list: $list, text: text.to_owned(), choices: choices() };
                Self::parse(text).ok_or_else(|| StoreError::corrupt($column, unknown()))
            }
        }
    };
}

mod alert;
mod asset;
mod audit;
mod between;
mod cash;
mod cluster;
mod credit;
mod day;
mod delivery;
mod dispute;
mod governance;
mod invitation;
mod joining;
mod ledger;
mod line;
mod market;
mod member;
mod membership;
mod notice;
mod offer;
mod owner;
#[cfg(test)]
mod plans;
mod reading;
mod seal;
mod session;
mod sms;
mod standing;
mod trade;
mod user;

pub use alert::AlertRow;
pub use asset::{AssetRequest, AssetRow};
pub use audit::{AuditOutcome, AuditRow};
pub use between::{DealAct, DealActKind, DealReason, DealReasons, DealReview, DealRow, DealWay};
pub use cash::{PayoutRow, PayoutState, ReceiptRow};
pub use cluster::{ClusterNew, ClusterRow, RulePrices, RuleRow};
pub use credit::{ChoiceRow, CreditDayRow, SurplusChoice};
pub use day::{DayRow, DaySpan, MemberDayRow};
pub use delivery::{DayMark, DeliveryRow, LegLine, LegRow};
pub use dispute::DisputeRow;
pub use governance::{ConfigPart, ConfigRow};
pub use invitation::InvitationRow;
pub use joining::{ClusterProfile, Consents, EntryRow, JoiningRequest, MoveDirection, MoveLeg, MoveRow, MoveState, MoveStatement};
pub use ledger::{LedgerHead, LogLeaf};
pub use line::{LineOutageRow, LineRow};
pub use market::{CandleRow, MarketHead, SideSum, TradeSum};
pub use member::{AssignmentRow, MemberRow, MeterRow, ServiceRow};
pub use membership::{MemberBrief, MembershipRow};
pub use notice::{NoticeArg, NoticeNew, NoticeRow};
pub use offer::{BoardRow, OfferReason, OfferRow, OfferState, RoundContract, RoundFill, RoundRow};
pub use owner::ShareRow;
pub use reading::{BlockRow, ImportRow};
pub use seal::{SealedNew, SealedRow};
pub use session::SessionRow;
pub use sms::{SmsNew, SmsRow, SmsState};
pub use standing::{AuctionRow, StandingPass, StandingRow, StandingState};
pub use trade::{OrderOrigin, OrderRow, OrderState, TradeRow};
pub use user::{CodeTry, LockRule, PinResetRow, PinTry, UserRow};

use crate::{Result, Row, StoreError};
use domain::{MemberNo, Msisdn, UserId};
use quantity::BusinessDay;

fn day_at(row: &Row<'_>, column: usize) -> Result<BusinessDay> {
    let value = row.int(column)?;
    i32::try_from(value).map(BusinessDay).map_err(|_| StoreError::corrupt("a day", value))
}

fn opt_day_at(row: &Row<'_>, column: usize) -> Result<Option<BusinessDay>> {
    let value = row.opt_int(column)?;
    value.map(|value| i32::try_from(value).map(BusinessDay).map_err(|_| StoreError::corrupt("a day", value))).transpose()
}

fn member_at(row: &Row<'_>, column: usize) -> Result<MemberNo> {
    MemberNo::new(row.int(column)?).map_err(|error| StoreError::corrupt("a member number", error))
}

fn user_at(row: &Row<'_>, column: usize) -> Result<UserId> {
    UserId::new(row.int(column)?).map_err(|error| StoreError::corrupt("a user id", error))
}

fn phone_at(row: &Row<'_>, column: usize) -> Result<Msisdn> {
    let number = u32::try_from(row.int(column)?).map_err(|_| StoreError::DataCorrupt("a phone number".to_owned()))?;
    Msisdn::from_national(number).map_err(|error| StoreError::corrupt("a phone number", error))
}
