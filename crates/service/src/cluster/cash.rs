//! The cash desk: cash that an officer takes from a member, and cash that a member takes out of its wallet.
//!
//! What comes in pays the member's debt first; the rest is the member's. What goes out has two keys: the member asks, and the ledger holds
//! the money; an officer of another household hands it over and says so. Nobody takes or hands out cash for the household one acts for.
//! Each step is one transaction and finds out by itself whether it was done, so that a repeat or a crash anywhere changes nothing.

use super::again::today;
use super::{ClusterError, telling, text};
use crate::accounts::{ClusterAccounts, MemberBook};
use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use domain::{AccountNo, ClusterId, MemberNo, PayoutNo, ReceiptNo, Role, TransferNo, UserId};
use ledger::{AccountCode, Cause, CauseKind, IdempotencyKey, Outcome, Refusal, TransferCode, TransferCreate, TransferKind};
use quantity::{BusinessDay, DAY_MS, Instant, Ngwee};
use store::Tx;
use store::tables::{ClusterRow, MemberRow, PayoutRow, PayoutState, ReceiptRow};

/// Most cash that one receipt or payout is about: K50,000. A slip of the pen is larger.
pub const CASH_MAX: Ngwee = Ngwee(5_000_000);
/// Most characters of the number on a paper receipt.
pub const REFERENCE_MAX: usize = 40;
/// How long a payout waits for an officer.
pub const PAYOUT_DAYS: i64 = 14;
/// Most payouts or receipts that are given at once.
pub const CASH_LIST_MAX: u32 = 100;

/// Cash that was written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CashReceived {
    /// Number of the receipt.
    pub receipt: ReceiptNo,
    /// What of it paid a debt.
    pub debt: Ngwee,
    /// What of it went into the wallet.
    pub wallet: Ngwee,
}

/// What a member could take out, and what it owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CashFree {
    /// In the wallet, neither held nor owed.
    pub free: Ngwee,
    /// Owed to the cluster.
    pub owed: Ngwee,
}

/// A payout with the name of the member who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payout {
    /// The payout.
    pub row: PayoutRow,
    /// The name that others see.
    pub alias: String,
}

impl From<&ReceiptRow> for CashReceived {
    fn from(row: &ReceiptRow) -> Self {
        Self { receipt: row.no, debt: row.debt, wallet: Ngwee(row.amount.0.saturating_sub(row.debt.0)) }
    }
}

/// Cash as the officer has it in hand.
#[derive(Debug, Clone)]
struct Cash {
    actor: Actor,
    member: MemberNo,
    amount: Ngwee,
    reference: String,
    key: IdempotencyKey,
    now: Instant,
}

/// A member and its money, as a step of the cash desk finds them.
struct Desk {
    member: MemberRow,
    book: MemberBook,
    bank: AccountNo,
    on: BusinessDay,
}

impl Service {
    /// Writes down cash that an officer took from a member: it pays what the member owes, and the rest goes into the wallet. `reference` is
    /// the number on the paper receipt, written down once in a cluster. Who has left may pay what is owed and no more. The same key with the
    /// same content is one receipt.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::CashOver`]; [`ClusterError::Name`] for the reference; [`ClusterError::OwnHousehold`];
    /// [`ClusterError::ReferenceUsed`]; [`ClusterError::KeyReused`]; [`ClusterError::MemberUnknown`]; [`ClusterError::MemberLeft`];
    /// `exceeds_debits` when who has left pays more than is owed.
    pub async fn cash_receive(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        member: MemberNo,
        amount: Ngwee,
        reference: &str,
        key: IdempotencyKey,
    ) -> Result<CashReceived, ServiceError> {
        self.require(actor, cluster.id, Action::CashWrite).await?;
        within_limit(amount)?;
        let reference = text("the number of the receipt", reference, REFERENCE_MAX)?;
        if reference.is_empty() {
            return Err(ClusterError::Name { what: "the number of the receipt", most: REFERENCE_MAX }.into());
        }
        let row = cluster.clone();
        let cash = Cash { actor, member, amount, reference, key, now: self.now() };
        self.store
            .write(move |tx| {
                let (row, cash) = (row.clone(), cash.clone());
                Box::pin(async move { receive(tx, &row, &cash).await })
            })
            .await
    }

    /// Asks for money of the member's wallet in cash: it is held until an officer has handed it over, for [`PAYOUT_DAYS`] days at most. Also
    /// for who has left. What the member owes stays in the wallet. The same key with the same content is one payout.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::CashOver`]; [`ClusterError::DebtFirst`]; [`ClusterError::KeyReused`];
    /// [`ClusterError::MemberUnknown`]; `exceeds_credits` when the wallet has less.
    pub async fn payout_ask(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        member: MemberNo,
        amount: Ngwee,
        key: IdempotencyKey,
    ) -> Result<Payout, ServiceError> {
        self.require(actor, cluster.id, Action::Pay(member)).await?;
        within_limit(amount)?;
        let row = cluster.clone();
        let cash = Cash { actor, member, amount, reference: String::new(), key, now: self.now() };
        self.store
            .write(move |tx| {
                let (row, cash) = (row.clone(), cash.clone());
                Box::pin(async move { ask(tx, &row, &cash).await })
            })
            .await
    }

    /// Says that an officer has handed the cash of a payout over: the money leaves the wallet. A repeat changes nothing.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::PayoutUnknown`]; [`ClusterError::OwnHousehold`]; [`ClusterError::PayoutCancelled`];
    /// [`ClusterError::PayoutExpired`].
    pub async fn payout_confirm(&self, actor: Actor, cluster: &ClusterRow, payout: PayoutNo) -> Result<Payout, ServiceError> {
        self.require(actor, cluster.id, Action::CashWrite).await?;
        let (row, now) = (cluster.clone(), self.now());
        self.store
            .write(move |tx| {
                let row = row.clone();
                Box::pin(async move { confirm(tx, actor, &row, payout, now).await })
            })
            .await
    }

    /// Takes a payout of a member back: what was held is free again. For the member and for officers. A repeat changes nothing.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::PayoutUnknown`], also when it is another member's; [`ClusterError::PayoutPaid`];
    /// [`ClusterError::PayoutExpired`].
    pub async fn payout_cancel(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo, payout: PayoutNo) -> Result<Payout, ServiceError> {
        let is_own = self.standing(actor, cluster.id).await?.may(Action::Pay(member));
        self.require(actor, cluster.id, if is_own { Action::Pay(member) } else { Action::CashWrite }).await?;
        let (row, now) = (cluster.clone(), self.now());
        self.store
            .write(move |tx| {
                let row = row.clone();
                Box::pin(async move { cancel(tx, actor, &row, member, payout, now).await })
            })
            .await
    }

    /// The payouts that wait for an officer, the oldest first; or the last ones of a member, the newest first. At most [`CASH_LIST_MAX`].
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn payout_list(&self, actor: Actor, cluster: &ClusterRow, member: Option<MemberNo>) -> Result<Vec<Payout>, ServiceError> {
        self.require(actor, cluster.id, member.map_or(Action::CashWrite, Action::MoneyRead)).await?;
        let id = cluster.id;
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let rows = match member {
                        Some(member) => tx.payout_list_of(id, member, CASH_LIST_MAX).await?,
                        None => tx.payout_list_open(id, CASH_LIST_MAX).await?,
                    };
                    let members = if rows.is_empty() { Vec::new() } else { tx.member_list(id).await? };
                    let alias = |no| members.iter().find(|member| member.no == no).map_or_else(String::new, |member| member.alias.clone());
                    Ok(rows.into_iter().map(|row| Payout { alias: alias(row.member), row }).collect())
                })
            })
            .await
    }

    /// The last receipts of the cash desk, the newest first, at most [`CASH_LIST_MAX`].
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn cash_list(&self, actor: Actor, cluster: &ClusterRow) -> Result<Vec<ReceiptRow>, ServiceError> {
        self.require(actor, cluster.id, Action::CashWrite).await?;
        let id = cluster.id;
        self.store.read(move |tx| Box::pin(async move { Ok(tx.receipt_list(id, CASH_LIST_MAX).await?) })).await
    }

    /// What a member could take out now, and what it owes.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::MemberUnknown`].
    pub async fn cash_free(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo) -> Result<CashFree, ServiceError> {
        self.require(actor, cluster.id, Action::MoneyRead(member)).await?;
        let id = cluster.id;
        let accounts = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.account_list(id).await?) })).await?;
        let book = ClusterAccounts::new(&accounts).member(member).ok_or(ClusterError::MemberUnknown { member })?;
        let owed = owed(&book);
        Ok(CashFree { free: Ngwee(book.wallet.available().saturating_sub(owed.0).max(0)), owed })
    }

    /// From whom an officer can take cash: the members, and those who left and still owe; by number, with the names that others see.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn cash_homes(&self, actor: Actor, cluster: &ClusterRow) -> Result<Vec<(MemberNo, String)>, ServiceError> {
        self.require(actor, cluster.id, Action::CashWrite).await?;
        let (id, on) = (cluster.id, today(cluster, self.now()));
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let accounts = ClusterAccounts::new(&tx.account_list(id).await?);
                    let owes = |no| accounts.member(no).is_some_and(|book| owed(&book).0 > 0);
                    let can_pay = |row: &MemberRow| row.left_on.is_none_or(|left_on| on < left_on) || owes(row.no);
                    Ok(tx.member_list(id).await?.into_iter().filter(can_pay).map(|row| (row.no, row.alias)).collect())
                })
            })
            .await
    }

    /// Gives payouts up that nobody confirmed in time; one that cannot be is told in the log and tried again in the next round.
    pub(crate) async fn payouts_expire(&self, cluster: &ClusterRow) {
        let (id, now) = (cluster.id, self.now());
        let over = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.payout_list_over(id, now, CASH_LIST_MAX).await?) }));
        for PayoutRow { no, .. } in over.await.into_iter().flatten() {
            let row = cluster.clone();
            let given_up = self.store.write(move |tx| {
                let row = row.clone();
                Box::pin(async move { expire(tx, &row, no, now).await })
            });
            if let Err(error) = given_up.await {
                tracing::warn!(cluster = %cluster.code, payout_no = %no, code = error.code(), "a payout is over and still held: {error}");
            }
        }
    }
}

fn within_limit(amount: Ngwee) -> Result<(), ClusterError> {
    if (1..=CASH_MAX.0).contains(&amount.0) { Ok(()) } else { Err(ClusterError::CashOver { most: CASH_MAX }) }
}

/// What of the cash pays a debt of `owed`, and what is left for the wallet.
fn divide(owed: Ngwee, amount: Ngwee) -> (Ngwee, Ngwee) {
    let debt = amount.0.min(owed.0.max(0));
    (Ngwee(debt), Ngwee(amount.0.saturating_sub(debt)))
}

/// What a member owes.
fn owed(book: &MemberBook) -> Ngwee {
    Ngwee(book.receivable.balance().saturating_neg().max(0))
}

async fn desk(tx: &mut Tx<'_>, cluster: &ClusterRow, member: MemberNo, now: Instant) -> Result<Desk, ServiceError> {
    let unknown = ClusterError::MemberUnknown { member };
    let accounts = ClusterAccounts::new(&tx.account_list(cluster.id).await?);
    let (Some(book), Some(bank)) = (accounts.member(member), accounts.own_no(AccountCode::Bank)) else { return Err(unknown.into()) };
    let row = tx.member_list(cluster.id).await?.into_iter().find(|row| row.no == member).ok_or(unknown)?;
    Ok(Desk { member: row, book, bank, on: today(cluster, now) })
}

/// Refuses cash between the cluster and the household that the actor acts for. The operator may where no other officer can.
async fn of_another_household(tx: &mut Tx<'_>, actor: Actor, cluster: ClusterId, member: MemberNo) -> Result<(), ServiceError> {
    let Actor::User { id, is_operator, .. } = actor else { return Ok(()) };
    let household: Vec<UserId> = tx.member_users(cluster, member).await?.iter().map(|row| row.user).collect();
    if !household.contains(&id) {
        return Ok(());
    }
    let roles = tx.cluster_roles(cluster).await?;
    let has_other = roles.iter().any(|row| row.role == Role::Treasurer && !household.contains(&row.user));
    if is_operator && !has_other { Ok(()) } else { Err(ClusterError::OwnHousehold.into()) }
}

async fn receive(tx: &mut Tx<'_>, cluster: &ClusterRow, cash: &Cash) -> Result<CashReceived, ServiceError> {
    let Cash { actor, member, amount, reference, key, now } = cash;
    tx.cluster_turn(cluster.id).await?;
    if let Some(known) = tx.receipt_by_key(cluster.id, *key).await? {
        let is_same = (known.member, known.amount, &known.reference) == (*member, *amount, reference);
        return if is_same { Ok(CashReceived::from(&known)) } else { Err(ClusterError::KeyReused.into()) };
    }
    of_another_household(tx, *actor, cluster.id, *member).await?;
    if tx.receipt_by_reference(cluster.id, reference).await?.is_some() {
        return Err(ClusterError::ReferenceUsed { reference: reference.clone() }.into());
    }
    let desk = desk(tx, cluster, *member, *now).await?;
    let owed = owed(&desk.book);
    if desk.member.left_on.is_some_and(|left_on| left_on <= desk.on) {
        match owed {
            Ngwee::ZERO => return Err(ClusterError::MemberLeft { member: *member }.into()),
            owed if *amount > owed => return Err(ClusterError::Ledger(Refusal::ExceedsDebits).into()),
            _ => {}
        }
    }
    let (debt, rest) = divide(owed, *amount);
    let no = ReceiptNo::new(tx.numbers_take(cluster.id, "receipt", 1).await?)?;
    let line = |step: &str, credit, amount: Ngwee, code| TransferCreate {
        key: IdempotencyKey::derive(&[step.as_bytes(), &key.0]),
        debit: desk.bank,
        credit,
        amount: amount.0,
        code,
        kind: TransferKind::Posted,
        cause: Cause { kind: CauseKind::Payment, a: no.get(), b: 0 },
        business_on: desk.on,
        actor: actor.number(),
        linked: true,
    };
    let lines = [
        line("cash-debt", desk.book.receivable.no, debt, TransferCode::DebtPaid),
        line("cash-wallet", desk.book.wallet.no, rest, TransferCode::TopUp),
    ];
    book(tx, cluster.id, lines.into_iter().filter(|line| line.amount > 0).collect(), *now).await?;
    let receipt = ReceiptRow {
        no,
        member: *member,
        amount: *amount,
        debt,
        reference: reference.clone(),
        received_by: actor.number(),
        received_at: *now,
        key: *key,
    };
    tx.receipt_insert(cluster.id, &receipt).await?;
    let told = telling::Cash { name: cluster.name.clone(), amount: *amount, debt, balance: Ngwee(desk.book.balance().saturating_add(amount.0)) };
    telling::tell_cash_in(tx, cluster.id, *member, *now, &told).await?;
    Ok(CashReceived::from(&receipt))
}

async fn ask(tx: &mut Tx<'_>, cluster: &ClusterRow, cash: &Cash) -> Result<Payout, ServiceError> {
    let Cash { actor, member, amount, key, now, .. } = cash;
    tx.cluster_turn(cluster.id).await?;
    let desk = desk(tx, cluster, *member, *now).await?;
    let alias = desk.member.alias.clone();
    if let Some(row) = tx.payout_by_key(cluster.id, *key).await? {
        let is_same = (row.member, row.amount) == (*member, *amount);
        return if is_same { Ok(Payout { row, alias }) } else { Err(ClusterError::KeyReused.into()) };
    }
    let (owed, available) = (owed(&desk.book), desk.book.wallet.available());
    if amount.0 > available {
        return Err(ClusterError::Ledger(Refusal::ExceedsCredits).into());
    }
    if amount.0 > available.saturating_sub(owed.0) {
        return Err(ClusterError::DebtFirst { owed }.into());
    }
    let no = PayoutNo::new(tx.numbers_take(cluster.id, "payout", 1).await?)?;
    let expires_at = now.plus_ms(PAYOUT_DAYS * DAY_MS);
    let mut row = PayoutRow {
        no,
        member: *member,
        amount: *amount,
        state: PayoutState::Open,
        hold: TransferNo::new(1)?,
        asked_by: actor.number(),
        asked_at: *now,
        expires_at,
        ended_by: None,
        ended_at: None,
        key: *key,
    };
    row.hold = book(tx, cluster.id, vec![step_of(&desk, &row, TransferKind::Pending { expires_at: Some(expires_at) }, *actor)], *now).await?;
    tx.payout_put(cluster.id, &row).await?;
    let payout = Payout { row, alias };
    telling::tell_payout(tx, cluster, &payout, *actor, *now).await?;
    Ok(payout)
}

async fn confirm(tx: &mut Tx<'_>, actor: Actor, cluster: &ClusterRow, payout: PayoutNo, now: Instant) -> Result<Payout, ServiceError> {
    tx.cluster_turn(cluster.id).await?;
    let row = tx.payout_find(cluster.id, payout).await?.ok_or(ClusterError::PayoutUnknown { payout: payout.get() })?;
    of_another_household(tx, actor, cluster.id, row.member).await?;
    match row.state {
        PayoutState::Open if row.expires_at > now => {}
        PayoutState::Paid => return Ok(Payout { alias: desk(tx, cluster, row.member, now).await?.member.alias, row }),
        PayoutState::Cancelled => return Err(ClusterError::PayoutCancelled { payout }.into()),
        PayoutState::Open | PayoutState::Expired => return Err(ClusterError::PayoutExpired { payout }.into()),
    }
    end(tx, actor, cluster, row, PayoutState::Paid, now).await
}

async fn cancel(
    tx: &mut Tx<'_>,
    actor: Actor,
    cluster: &ClusterRow,
    member: MemberNo,
    payout: PayoutNo,
    now: Instant,
) -> Result<Payout, ServiceError> {
    tx.cluster_turn(cluster.id).await?;
    let found = tx.payout_find(cluster.id, payout).await?.filter(|row| row.member == member);
    let row = found.ok_or(ClusterError::PayoutUnknown { payout: payout.get() })?;
    match row.state {
        PayoutState::Open => end(tx, actor, cluster, row, PayoutState::Cancelled, now).await,
        PayoutState::Cancelled => Ok(Payout { alias: desk(tx, cluster, member, now).await?.member.alias, row }),
        PayoutState::Paid => Err(ClusterError::PayoutPaid { payout }.into()),
        PayoutState::Expired => Err(ClusterError::PayoutExpired { payout }.into()),
    }
}

async fn expire(tx: &mut Tx<'_>, cluster: &ClusterRow, payout: PayoutNo, now: Instant) -> Result<(), ServiceError> {
    tx.cluster_turn(cluster.id).await?;
    let is_over = |row: &PayoutRow| row.state == PayoutState::Open && row.expires_at <= now;
    if let Some(row) = tx.payout_find(cluster.id, payout).await?.filter(is_over) {
        end(tx, Actor::System, cluster, row, PayoutState::Expired, now).await?;
    }
    Ok(())
}

/// Ends an open payout: its money leaves the wallet when it was paid, and is free again when not.
async fn end(tx: &mut Tx<'_>, actor: Actor, cluster: &ClusterRow, row: PayoutRow, state: PayoutState, now: Instant) -> Result<Payout, ServiceError> {
    let desk = desk(tx, cluster, row.member, now).await?;
    let pending = row.hold;
    let kind = if state == PayoutState::Paid { TransferKind::Post { pending } } else { TransferKind::Void { pending } };
    book(tx, cluster.id, vec![step_of(&desk, &row, kind, actor)], now).await?;
    let row = PayoutRow { state, ended_by: Some(actor.number()), ended_at: Some(now), ..row };
    tx.payout_put(cluster.id, &row).await?;
    let payout = Payout { row, alias: desk.member.alias };
    telling::tell_payout(tx, cluster, &payout, actor, now).await?;
    Ok(payout)
}

/// One step of a payout in the ledger: the hold, its posting or its release.
fn step_of(desk: &Desk, payout: &PayoutRow, kind: TransferKind, actor: Actor) -> TransferCreate {
    let no = payout.no.get();
    TransferCreate {
        key: IdempotencyKey::derive(&[b"payout", kind.as_str().as_bytes(), &no.to_be_bytes()]),
        debit: desk.book.wallet.no,
        credit: desk.bank,
        amount: payout.amount.0,
        code: TransferCode::Payout,
        kind,
        cause: Cause { kind: CauseKind::Payment, a: no, b: 0 },
        business_on: desk.on,
        actor: actor.number(),
        linked: false,
    }
}

/// Books a linked batch, all or none; gives the number of its last transfer.
async fn book(tx: &mut Tx<'_>, cluster: ClusterId, mut transfers: Vec<TransferCreate>, now: Instant) -> Result<TransferNo, ServiceError> {
    if let Some(last) = transfers.last_mut() {
        last.linked = false;
    }
    let mut booked = None;
    for outcome in tx.transfers_execute(cluster, now, &transfers).await? {
        match outcome {
            Outcome::Created(no) | Outcome::Exists(no) => booked = Some(no),
            Outcome::Refused(refusal) | Outcome::RefusedBefore(refusal) => return Err(ClusterError::Ledger(refusal).into()),
        }
    }
    booked.ok_or_else(|| ClusterError::Ledger(Refusal::AmountNotPositive).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Nothing is lost between the two, a debt is paid first, and never more than is owed.
        #[test]
        fn cash_is_divided_whole_and_pays_the_debt_first(owed in -10_000i64..1_000_000, amount in 1i64..=CASH_MAX.0) {
            let (debt, rest) = divide(Ngwee(owed), Ngwee(amount));
            prop_assert_eq!(debt.0 + rest.0, amount);
            prop_assert!(debt.0 >= 0 && debt.0 <= owed.max(0) && rest.0 >= 0);
            prop_assert!(rest.0 == 0 || debt.0 == owed.max(0));
        }
    }

    #[test]
    fn the_limit_of_a_receipt_is_exact() {
        for (amount, is_fit) in [(0, false), (-1, false), (1, true), (CASH_MAX.0, true), (CASH_MAX.0 + 1, false)] {
            assert_eq!(within_limit(Ngwee(amount)).is_ok(), is_fit, "{amount}");
        }
    }
}
