//! Energy credits that go along with a move, and the accounts through which they, their cover and the money of a move pass.

use super::ClusterError;
use crate::ServiceError;
use crate::accounts::{ClusterAccounts, Wanted, accounts_need};
use crate::day_credits::CreditBook;
use domain::{AccountNo, ClusterId, MemberNo};
use ledger::{Account, AccountCode, TransferCode};
use quantity::Ngwee;
use store::Tx;

/// Energy credits that can go with a member now, and the part of their cover that goes along.
#[derive(Debug, Clone, Copy)]
pub(super) struct CarriedCredits {
    pub(super) account: AccountNo,
    /// Wh.
    pub(super) energy: i64,
    /// The fund and the money from it; `None` where there is none.
    pub(super) cover: Option<(AccountNo, Ngwee)>,
}

/// Refuses while energy credits of the member are reserved for orders: who takes the orders back beforehand does it before this.
pub(super) fn credits_are_free(accounts: &ClusterAccounts, member: MemberNo) -> Result<(), ClusterError> {
    let is_reserved = |account: &Account| account.debits_pending != 0 || account.credits_pending != 0;
    if accounts.energy(member).is_some_and(is_reserved) { Err(ClusterError::OrdersOpen) } else { Ok(()) }
}

/// What of a member's energy credits can go now, with its part of the cover: fund * moved / outstanding, rounded down.
pub(super) fn credits_to_carry(accounts: &ClusterAccounts, member: MemberNo) -> Option<CarriedCredits> {
    let account = accounts.energy(member).filter(|account| account.available() > 0)?;
    let (energy, outstanding) = (account.available(), CreditBook::of(accounts).outstanding());
    let part = |fund: &Account| {
        let money = i128::from(fund.available()) * i128::from(energy) / i128::from(outstanding.max(1));
        (fund.no, Ngwee(i64::try_from(money).unwrap_or(0)))
    };
    let cover = accounts.own(AccountCode::CreditFund).map(part).filter(|(_, money)| money.0 > 0);
    Some(CarriedCredits { account: account.no, energy, cover })
}

/// What a leg of a move is about in the ledger, where it leaves or where it arrives.
pub(super) const fn leg_code(account: AccountCode, money: TransferCode) -> TransferCode {
    match account {
        AccountCode::MemberEnergy => TransferCode::CreditMove,
        AccountCode::CreditFund => TransferCode::CreditCover,
        _ => money,
    }
}

/// The accounts through which legs leave and arrive: energy apart from money. Opened when they are first needed.
pub(super) async fn passage(
    tx: &mut Tx<'_>,
    cluster: ClusterId,
    known: &ClusterAccounts,
    has_energy: bool,
) -> Result<impl Fn(AccountCode) -> AccountNo + use<>, ServiceError> {
    let clearing = clearing_account(tx, cluster).await?;
    let moved = if has_energy { opened(tx, cluster, known, (None, AccountCode::EnergyMoved)).await? } else { clearing };
    Ok(move |code| if code == AccountCode::MemberEnergy { moved } else { clearing })
}

/// One of the accounts that are opened when they are first needed.
pub(super) async fn opened(tx: &mut Tx<'_>, cluster: ClusterId, known: &ClusterAccounts, wanted: Wanted) -> Result<AccountNo, ServiceError> {
    let found = accounts_need(tx, cluster, known, &[wanted]).await?;
    found
        .get(&wanted)
        .map(|account| account.no)
        .ok_or_else(|| ServiceError::ClusterInvalid { reason: format!("the account {} is missing", wanted.1) })
}

/// The account that a cluster clears with others; opened when it is first needed.
async fn clearing_account(tx: &mut Tx<'_>, cluster: ClusterId) -> Result<AccountNo, ServiceError> {
    let known = ClusterAccounts::new(&tx.account_list(cluster).await?);
    opened(tx, cluster, &known, (None, AccountCode::InterClusterClearing)).await
}
