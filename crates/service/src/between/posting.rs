//! What a day of deliveries posts: the lines of each side's leg, and the linked transfers that turn what was posted into what it should be.

use crate::ServiceError;
use crate::accounts::{ClusterAccounts, Wanted, accounts_need};
use domain::{AccountNo, ClusterId, DealNo, MemberNo};
use ledger::{Account, AccountCode, Cause, CauseKind, IdempotencyKey, TransferCode, TransferCreate, TransferKind};
use market::between::{BuyerDay, Party, SellerDay};
use quantity::{BusinessDay, Ngwee, QuantityError};
use std::collections::BTreeMap;
use store::Tx;
use store::tables::LegLine;

/// Who bears and gets what nobody else does: it may stand on either side, so that a posting never fails over it.
const FUND: AccountCode = AccountCode::MaintenanceFund;

/// The lines of the selling side, for its deals and members in order.
pub(super) fn seller_lines(day: &SellerDay, members: &[MemberNo], deals: &[DealNo]) -> Result<Vec<LegLine>, QuantityError> {
    let leg = day.leg()?;
    let is_short = day.contracts()?.iter().any(|contract| contract.replacement.0 != 0 || contract.penalty.0 != 0);
    let mut lines = Lines::new(deals);
    for (&member, amount) in members.iter().zip(leg.members) {
        lines.member(member, TransferCode::Delivery, amount);
    }
    lines.own(AccountCode::UtilityReceivable, TransferCode::UtilityCredit, leg.utility_receivable);
    for (deal, amount) in deals.iter().zip(leg.clearing) {
        lines.deal(AccountCode::InterClusterClearing, TransferCode::Delivery, *deal, amount);
    }
    lines.own(FUND, if is_short { TransferCode::Penalty } else { TransferCode::Delivery }, leg.fund);
    Ok(lines.lines)
}

/// The lines of the buying side: what members get for shortfalls is a line of its own.
pub(super) fn buyer_lines(day: &BuyerDay, members: &[MemberNo], deals: &[DealNo]) -> Result<Vec<LegLine>, QuantityError> {
    let leg = day.leg()?;
    let mut lines = Lines::new(deals);
    for ((&member, amount), of) in members.iter().zip(leg.members).zip(&day.members) {
        // Whole ngwee of it; the rest is part of the net.
        let compensation = Ngwee(of.compensation.0 / 1_000);
        lines.member(member, TransferCode::Delivery, amount.plus(compensation)?);
        lines.member(member, TransferCode::Penalty, compensation.negated()?);
    }
    lines.own(AccountCode::UtilityPayable, TransferCode::UtilityBill, leg.utility_payable);
    lines.own(AccountCode::UtilityReceivable, TransferCode::UtilityCredit, leg.utility_receivable);
    for (at, deal) in deals.iter().enumerate() {
        lines.deal(AccountCode::InterClusterClearing, TransferCode::Delivery, *deal, leg.clearing[at]);
        lines.deal(AccountCode::WheelingPayable, TransferCode::WheelingFee, *deal, leg.fees[at]);
    }
    lines.own(AccountCode::CommunityFund, TransferCode::CongestionRent, leg.rent);
    lines.own(FUND, TransferCode::Delivery, leg.fund);
    Ok(lines.lines)
}

struct Lines {
    lines: Vec<LegLine>,
    /// The deal, where there is only one.
    only: i64,
}

impl Lines {
    fn new(deals: &[DealNo]) -> Self {
        let only = if let [deal] = deals { deal.get() } else { 0 };
        Self { lines: Vec::new(), only }
    }

    fn push(&mut self, member: Option<MemberNo>, account: AccountCode, code: TransferCode, deal: i64, amount: Ngwee) {
        if amount != Ngwee::ZERO {
            self.lines.push(LegLine { member, account, code, deal, amount });
        }
    }

    fn member(&mut self, member: MemberNo, code: TransferCode, amount: Ngwee) {
        self.push(Some(member), AccountCode::MemberWallet, code, self.only, amount);
    }

    fn own(&mut self, account: AccountCode, code: TransferCode, amount: Ngwee) {
        self.push(None, account, code, self.only, amount);
    }

    fn deal(&mut self, account: AccountCode, code: TransferCode, deal: DealNo, amount: Ngwee) {
        self.push(None, account, code, deal.get(), amount);
    }
}

/// What must still be posted so that `before` becomes `after`.
pub(super) fn difference(after: &[LegLine], before: &[LegLine]) -> Vec<LegLine> {
    let mut sums: BTreeMap<_, i64> = BTreeMap::new();
    let signed = after.iter().map(|line| (line, 1)).chain(before.iter().map(|line| (line, -1)));
    for (line, sign) in signed {
        *sums.entry((line.member, line.account, line.code, line.deal)).or_default() += sign * line.amount.0;
    }
    let line = |((member, account, code, deal), amount)| LegLine { member, account, code, deal, amount: Ngwee(amount) };
    sums.into_iter().filter(|(_, amount)| *amount != 0).map(line).collect()
}

/// Which posting this is.
pub(super) struct PostingOf {
    pub cluster: ClusterId,
    pub day: BusinessDay,
    pub side: Party,
    pub revision: i64,
    pub business_on: BusinessDay,
}

/// The linked transfers of lines, through the cluster's own clearing account, which is zero before and after.
///
/// A member pays from the wallet as far as it goes, the rest becomes a receivable; what a member gets pays the receivable first. A fund that may
/// not fall below zero gives back what it has; the maintenance fund bears the rest. The keys depend on what is posted alone, so that posting
/// twice books once.
pub(super) async fn transfers(tx: &mut Tx<'_>, of: &PostingOf, lines: &[LegLine]) -> Result<Vec<TransferCreate>, ServiceError> {
    let known = ClusterAccounts::new(&tx.account_list(of.cluster).await?);
    let mut wanted: Vec<Wanted> = lines.iter().filter(|line| line.member.is_none()).map(|line| (None, line.account)).collect();
    wanted.extend([(None, AccountCode::Clearing), (None, FUND)]);
    let own = accounts_need(tx, of.cluster, &known, &wanted).await?;
    let account = |code| own.get(&(None, code)).copied().ok_or_else(|| missing(code));
    let mut batch = Batch { of, clearing: account(AccountCode::Clearing)?.no, transfers: Vec::new() };
    let mut standing: BTreeMap<MemberNo, (i64, i64)> = BTreeMap::new();
    // Who gets something gets it first: it may pay what comes after.
    let (pays, gets): (Vec<&LegLine>, Vec<&LegLine>) = lines.iter().partition(|line| line.amount.0 > 0);
    for line in gets.into_iter().chain(pays) {
        let Some(member) = line.member else {
            let from: Account = account(line.account)?;
            let can = if line.account == AccountCode::CommunityFund { line.amount.0.min(from.available().max(0)) } else { line.amount.0 };
            batch.pay(from.no, can, line, 1);
            batch.pay(account(FUND)?.no, line.amount.0 - can, line, 2);
            continue;
        };
        let book = known.member(member).ok_or_else(|| missing(AccountCode::MemberWallet))?;
        let (available, arrears) = standing.entry(member).or_insert((book.wallet.available().max(0), (-book.receivable.balance()).max(0)));
        let (wallet, receivable) = if line.amount.0 > 0 {
            let paid = line.amount.0.min(*available);
            (paid, line.amount.0 - paid)
        } else {
            let cleared = (-line.amount.0).min(*arrears);
            (line.amount.0 + cleared, -cleared)
        };
        *available -= wallet;
        *arrears += receivable;
        batch.pay(book.wallet.no, wallet, line, 3);
        batch.pay(book.receivable.no, receivable, line, 4);
    }
    if let Some(last) = batch.transfers.last_mut() {
        last.linked = false;
    }
    Ok(batch.transfers)
}

fn missing(code: AccountCode) -> ServiceError {
    ServiceError::ClusterInvalid { reason: format!("the account {code} is missing") }
}

struct Batch<'a> {
    of: &'a PostingOf,
    clearing: AccountNo,
    transfers: Vec<TransferCreate>,
}

impl Batch<'_> {
    /// `amount` from an account into the clearing account; below zero the other way round.
    fn pay(&mut self, from: AccountNo, amount: i64, line: &LegLine, part: u8) {
        if amount == 0 {
            return;
        }
        let of = self.of;
        let key = IdempotencyKey::derive(&[
            b"delivery",
            &of.cluster.get().to_be_bytes(),
            &of.day.0.to_be_bytes(),
            of.side.as_str().as_bytes(),
            &of.revision.to_be_bytes(),
            &line.member.map_or(0, MemberNo::get).to_be_bytes(),
            &line.account.number().to_be_bytes(),
            &line.code.number().to_be_bytes(),
            &line.deal.to_be_bytes(),
            &[part],
        ]);
        let (debit, credit) = if amount > 0 { (from, self.clearing) } else { (self.clearing, from) };
        self.transfers.push(TransferCreate {
            key,
            debit,
            credit,
            amount: amount.abs(),
            code: line.code,
            kind: TransferKind::Posted,
            cause: Cause { kind: CauseKind::Deal, a: line.deal, b: i64::from(of.day.0) },
            business_on: of.business_on,
            actor: 0,
            linked: true,
        });
    }
}
