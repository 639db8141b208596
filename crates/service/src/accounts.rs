//! Which accounts a cluster has, and how to find them.

use domain::{AccountNo, MemberNo};
use ledger::{Account, AccountCode, Currency, Limit};
use std::collections::BTreeMap;

/// The cluster's own accounts in the order of their numbers, from 1.
pub(crate) const CLUSTER_ACCOUNTS: [(AccountCode, Limit); 11] = [
    (AccountCode::Bank, Limit::None),
    (AccountCode::Clearing, Limit::None),
    (AccountCode::UtilityPayable, Limit::None),
    (AccountCode::UtilityReceivable, Limit::None),
    (AccountCode::EquipmentFund, Limit::DebitsNotOverCredits),
    (AccountCode::LoanFund, Limit::DebitsNotOverCredits),
    (AccountCode::EmergencyFund, Limit::DebitsNotOverCredits),
    (AccountCode::MaintenanceFund, Limit::None),
    (AccountCode::OperatingFund, Limit::DebitsNotOverCredits),
    (AccountCode::SurplusFund, Limit::DebitsNotOverCredits),
    (AccountCode::FixedAssets, Limit::None),
];

/// The limit of the account that clears with other clusters: it stands on either side.
pub(crate) const CLEARING_LIMIT: Limit = Limit::None;

/// Accounts of the cluster that are opened when they are first needed.
pub(crate) const OPENED_LATER: [(AccountCode, Limit); 1] = [(AccountCode::InterClusterClearing, CLEARING_LIMIT)];

/// The accounts of a member in the order of their numbers.
pub(crate) const MEMBER_ACCOUNTS: [(AccountCode, Limit); 3] = [
    (AccountCode::MemberWallet, Limit::DebitsNotOverCredits),
    (AccountCode::MemberReceivable, Limit::None),
    (AccountCode::MemberCapital, Limit::DebitsNotOverCredits),
];

/// A member's accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberBook {
    /// Money with the cluster.
    pub wallet: Account,
    /// Owed to the cluster.
    pub receivable: Account,
    /// Put into the equipment.
    pub capital: Account,
}

impl MemberBook {
    /// What is the member's, less what the member owes; in ngwee.
    #[must_use]
    pub const fn balance(&self) -> i64 {
        self.wallet.balance().saturating_add(self.receivable.balance())
    }
}

/// All accounts of a cluster, by what they are for.
#[derive(Debug, Clone, Default)]
pub struct ClusterAccounts {
    own: BTreeMap<AccountCode, Account>,
    members: BTreeMap<MemberNo, BTreeMap<AccountCode, Account>>,
}

impl ClusterAccounts {
    /// Sorts accounts as the store lists them; only money.
    #[must_use]
    pub fn new(accounts: &[Account]) -> Self {
        let mut sorted = Self::default();
        for account in accounts.iter().filter(|account| account.currency == Currency::Zmw) {
            match account.member {
                Some(member) => sorted.members.entry(member).or_default().insert(account.code, *account),
                None => sorted.own.insert(account.code, *account),
            };
        }
        sorted
    }

    /// One of the cluster's own accounts.
    #[must_use]
    pub fn own(&self, code: AccountCode) -> Option<&Account> {
        self.own.get(&code)
    }

    /// The number of one of the cluster's own accounts.
    #[must_use]
    pub fn own_no(&self, code: AccountCode) -> Option<AccountNo> {
        self.own(code).map(|account| account.no)
    }

    /// A member's accounts.
    #[must_use]
    pub fn member(&self, member: MemberNo) -> Option<MemberBook> {
        let of = self.members.get(&member)?;
        let get = |code| of.get(&code).copied();
        Some(MemberBook {
            wallet: get(AccountCode::MemberWallet)?,
            receivable: get(AccountCode::MemberReceivable)?,
            capital: get(AccountCode::MemberCapital)?,
        })
    }

    /// Contributions of all members, in ngwee.
    #[must_use]
    pub fn capital(&self) -> i64 {
        let of_member = |of: &BTreeMap<AccountCode, Account>| of.get(&AccountCode::MemberCapital).map_or(0, Account::balance);
        self.members.values().map(of_member).sum()
    }
}
