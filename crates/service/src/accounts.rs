//! Which accounts a cluster has, and how to find them.

use crate::ServiceError;
use domain::{AccountNo, ClusterId, MemberNo};
use ledger::{Account, AccountCode, Currency, Limit};
use std::collections::BTreeMap;
use store::Tx;

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

/// Accounts of the cluster that are opened when they are first needed. Those that only count what passed stand on either side; a fund never
/// falls below zero.
pub(crate) const OPENED_LATER: [(AccountCode, Limit); 11] = [
    (AccountCode::InterClusterClearing, Limit::None),
    (AccountCode::WheelingPayable, Limit::None),
    (AccountCode::CreditFund, Limit::DebitsNotOverCredits),
    (AccountCode::CommunityFund, Limit::DebitsNotOverCredits),
    (AccountCode::TradeClearing, Limit::None),
    (AccountCode::EnergyPool, Limit::None),
    (AccountCode::EnergyUsed, Limit::None),
    (AccountCode::EnergyMoved, Limit::None),
    (AccountCode::EnergyTokens, Limit::None),
    (AccountCode::EnergyExpired, Limit::None),
    (AccountCode::EnergyTrade, Limit::None),
];

/// Accounts of a member that are opened when they are first needed.
pub(crate) const MEMBER_OPENED_LATER: [(AccountCode, Limit); 1] = [(AccountCode::MemberEnergy, Limit::DebitsNotOverCredits)];

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
    /// Sorts accounts as the store lists them.
    #[must_use]
    pub fn new(accounts: &[Account]) -> Self {
        let mut sorted = Self::default();
        for account in accounts {
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

    /// A member's energy credits; `None` before the first.
    #[must_use]
    pub fn energy(&self, member: MemberNo) -> Option<&Account> {
        self.members.get(&member)?.get(&AccountCode::MemberEnergy)
    }

    /// The energy credits of every member that has, or had, any.
    pub fn energies(&self) -> impl Iterator<Item = &Account> {
        self.members.values().filter_map(|of| of.get(&AccountCode::MemberEnergy))
    }

    /// Contributions of all members, in ngwee.
    #[must_use]
    pub fn capital(&self) -> i64 {
        let of_member = |of: &BTreeMap<AccountCode, Account>| of.get(&AccountCode::MemberCapital).map_or(0, Account::balance);
        self.members.values().map(of_member).sum()
    }
}

/// Whose account is wanted, and what for: `None` is the cluster's own.
pub(crate) type Wanted = (Option<MemberNo>, AccountCode);

/// Finds accounts among `known`, opens those that are opened when they are first needed, and gives them all, new ones with nothing on them.
/// The caller holds the cluster's turn.
///
/// # Errors
/// What the store says; [`ServiceError::ClusterInvalid`] for an account that the founding should have opened.
pub(crate) async fn accounts_need(
    tx: &mut Tx<'_>,
    cluster: ClusterId,
    known: &ClusterAccounts,
    wanted: &[Wanted],
) -> Result<BTreeMap<Wanted, Account>, ServiceError> {
    let find = |&(member, code): &Wanted| match member {
        None => known.own(code).copied(),
        Some(member) => known.members.get(&member).and_then(|of| of.get(&code)).copied(),
    };
    let mut found: BTreeMap<Wanted, Account> = wanted.iter().filter_map(|want| Some((*want, find(want)?))).collect();
    let mut missing: Vec<Wanted> = wanted.iter().filter(|want| !found.contains_key(want)).copied().collect();
    missing.sort_unstable();
    missing.dedup();
    if missing.is_empty() {
        return Ok(found);
    }
    let first = tx.numbers_take(cluster, "account", missing.len() as i64).await?;
    let mut opened = Vec::with_capacity(missing.len());
    for (no, (member, code)) in (first..).zip(missing) {
        let account = Account::new(AccountNo::new(no)?, currency(code), code, member, limit_later(member, code)?);
        found.insert((member, code), account);
        opened.push(account);
    }
    tx.account_put(cluster, &opened).await?;
    Ok(found)
}

fn limit_later(member: Option<MemberNo>, code: AccountCode) -> Result<Limit, ServiceError> {
    let kinds = if member.is_some() { MEMBER_OPENED_LATER.as_slice() } else { OPENED_LATER.as_slice() };
    let limit = kinds.iter().find(|(known, _)| *known == code).map(|&(_, limit)| limit);
    limit.ok_or_else(|| ServiceError::ClusterInvalid { reason: format!("the account {code} is missing") })
}

/// What an account for this purpose counts.
const fn currency(code: AccountCode) -> Currency {
    match code {
        AccountCode::EnergyPool
        | AccountCode::MemberEnergy
        | AccountCode::EnergyUsed
        | AccountCode::EnergyMoved
        | AccountCode::EnergyTokens
        | AccountCode::EnergyExpired
        | AccountCode::EnergyTrade => Currency::EnergyWh,
        AccountCode::CarbonSource | AccountCode::MemberCarbon => Currency::CarbonG,
        _ => Currency::Zmw,
    }
}
