//! An account: four sums that only its transfers move.

use crate::{AccountCode, Currency, Limit};
use domain::{AccountNo, MemberNo};

/// An account of one cluster (which cluster is known from the [`crate::Books`] it is in).
///
/// Sums are in the smallest unit of `currency` and never negative. Posted sums only grow; a reversal adds to the other side, so that
/// the balance comes back exactly while both sides keep their history. Pending sums are the holds that are open now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Number inside the cluster.
    pub no: AccountNo,
    /// What is counted.
    pub currency: Currency,
    /// What the account is for.
    pub code: AccountCode,
    /// Whose it is; `None` for the cluster's own.
    pub member: Option<MemberNo>,
    /// How far it may go.
    pub limit: Limit,
    /// A closed account takes no transfer except the void of a hold.
    pub closed: bool,
    /// Debits on hold.
    pub debits_pending: i64,
    /// Debits that count.
    pub debits_posted: i64,
    /// Credits on hold.
    pub credits_pending: i64,
    /// Credits that count.
    pub credits_posted: i64,
}

impl Account {
    /// An open account without a history.
    #[must_use]
    pub const fn new(no: AccountNo, currency: Currency, code: AccountCode, member: Option<MemberNo>, limit: Limit) -> Self {
        Self { no, currency, code, member, limit, closed: false, debits_pending: 0, debits_posted: 0, credits_pending: 0, credits_posted: 0 }
    }

    /// Credits less debits, posted: positive where the cluster owes or holds for somebody.
    #[must_use]
    pub const fn balance(&self) -> i64 {
        self.credits_posted.saturating_sub(self.debits_posted)
    }

    /// What may still move before the limit is met, holds taken off: to be debited, or to be credited where the limit is
    /// [`Limit::CreditsNotOverDebits`]. Without a limit this is the balance less the debits on hold, and nothing is enforced.
    #[must_use]
    pub const fn available(&self) -> i64 {
        match self.limit {
            Limit::CreditsNotOverDebits => self.debits_posted.saturating_sub(self.credits_posted).saturating_sub(self.credits_pending),
            Limit::None | Limit::DebitsNotOverCredits => self.balance().saturating_sub(self.debits_pending),
        }
    }
}
