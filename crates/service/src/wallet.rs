//! Paying from wallet to wallet inside a cluster, one payment or thousands in a request, and what a wallet holds.

use crate::{Service, ServiceError};
use domain::{AccountNo, ClusterId, MemberNo, TransferNo};
use ledger::{Account, AccountCode, Cause, CauseKind, Currency, IdempotencyKey, Outcome, Refusal, TransferCode, TransferCreate, TransferKind};
use quantity::{BusinessDay, Instant, Ngwee, UtcOffset};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Tx;
use store::tables::MemberRow;

/// Most payments of one request.
pub const PAYMENTS_MAX: usize = 4_096;
/// Members whose wallets are kept in memory, over all clusters: about 16 bytes each.
const MEMBERS_KEPT_MAX: usize = 500_000;
/// How long it may take until this process sees that another one has ended a membership.
const FRESH_MS: i64 = 10_000;
/// How many days back a refused payment is recognised when it is asked for again: its record does not say the day it was meant for.
const DAYS_RECOGNISED: i32 = 31;

/// A payment to another member of the same cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalletPayment {
    /// Recognises a repeat, also on a later day.
    pub key: IdempotencyKey,
    /// Who is paid.
    pub to: MemberNo,
    /// How much, above zero.
    pub amount: Ngwee,
}

/// What became of a payment. A repeat has the outcome of the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentOutcome {
    /// It is in the ledger and on disk.
    Paid {
        /// Its number in the cluster.
        transfer: TransferNo,
        /// Whether it was paid by an earlier request.
        is_repeat: bool,
    },
    /// No money moved.
    Refused(PaymentRefusal),
}

/// Why a payment was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PaymentRefusal {
    /// Zero or less.
    #[error("the amount must be above zero")]
    AmountNotPositive,
    /// From a member to itself.
    #[error("a member cannot pay itself: name another member")]
    SelfPayment,
    /// The cluster has no such member with a wallet.
    #[error("the cluster has no such member: check the number")]
    MemberUnknown,
    /// The payer or the paid one has left the cluster.
    #[error("a member who has left takes no part in payments")]
    MemberLeft,
    /// The ledger refuses.
    #[error(transparent)]
    Ledger(#[from] Refusal),
}

/// The ledger's keys of the payments of one request, from what its client sent to have a repeat recognised.
///
/// Keys of different users never meet, nor do they meet those that the program makes for postings of its own: all or most of a key is a hash.
/// The keys of one request stand side by side, and when the client sent a UUID of version 7, they begin with its time, so that those of
/// payments made at the same time do too: one page of their index takes them all, which is several times faster than a page for each.
///
/// Source: RFC 9562, section 5.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentKeys(u128);

impl PaymentKeys {
    /// The keys of a request that `actor_user` made with the key `sent`.
    #[must_use]
    pub fn new(actor_user: i64, sent: &str) -> Self {
        let sent = sent.to_ascii_lowercase();
        let mut first = IdempotencyKey::derive(&[b"payment", &actor_user.to_be_bytes(), sent.as_bytes()]).0;
        if let Some(time) = uuid_time(&sent) {
            first[..6].copy_from_slice(&time);
        }
        Self(u128::from_be_bytes(first))
    }

    /// The key of the payment at place `row` of the request, from 0.
    #[must_use]
    pub const fn of(self, row: u32) -> IdempotencyKey {
        IdempotencyKey((self.0 ^ row as u128).to_be_bytes())
    }
}

/// The first 48 bits of a UUID of version 7 in its usual form: milliseconds since 1970.
fn uuid_time(text: &str) -> Option<[u8; 6]> {
    let is_hyphen = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    let is_uuid = text.len() == 36 && text.bytes().enumerate().all(|(at, byte)| if is_hyphen(at) { byte == b'-' } else { byte.is_ascii_hexdigit() });
    if !is_uuid || text.as_bytes().get(14) != Some(&b'7') {
        return None;
    }
    let digits = format!("{}{}", text.get(..8)?, text.get(9..13)?);
    let ms = u64::from_str_radix(&digits, 16).ok()?;
    ms.to_be_bytes().get(2..)?.try_into().ok()
}

impl PaymentRefusal {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AmountNotPositive => Refusal::AmountNotPositive.code(),
            Self::SelfPayment => "self_payment",
            Self::MemberUnknown => "member_unknown",
            Self::MemberLeft => "member_left",
            Self::Ledger(refusal) => refusal.code(),
        }
    }
}

/// What a wallet holds, in ngwee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalletBalance {
    /// Booked in, less booked out.
    pub posted: Ngwee,
    /// Held for payments that are not booked yet.
    pub pending: Ngwee,
    /// What may be spent now.
    pub available: Ngwee,
}

/// The wallets of the clusters asked for lately.
#[derive(Default)]
pub(crate) struct WalletCache {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    of: HashMap<ClusterId, Arc<Wallets>>,
    /// Members in all of them.
    members: usize,
    /// How often something was forgotten: what was read before is not kept after.
    forgotten: u64,
}

/// The wallets of one cluster. Their numbers never change; memberships end.
struct Wallets {
    offset: UtcOffset,
    /// By member.
    all: Vec<Wallet>,
    /// When they were read, or when somebody last set out to read them again.
    read_at: AtomicI64,
}

#[derive(Debug, Clone, Copy)]
struct Wallet {
    member: MemberNo,
    account: AccountNo,
    left_on: Option<BusinessDay>,
}

/// A payment as far as it is decided before the ledger sees it.
enum Plan {
    Refused(PaymentRefusal),
    /// Refused as well, unless it was answered before somebody left.
    Left(TransferCreate),
    Ask(TransferCreate),
}

impl Service {
    /// Pays from one member's wallet into others' of the same cluster, for today. Gives one outcome per payment, in order, once they are on
    /// disk; a refused payment leaves the others alone.
    ///
    /// The caller sees to it that `actor_user` may pay for `from`.
    ///
    /// # Errors
    /// [`ServiceError::PaymentsTooMany`], [`ServiceError::ClusterUnknown`], [`ServiceError::MemberUnknown`] for the payer; `overloaded` and
    /// what else the store says.
    pub async fn wallet_pay(
        &self,
        cluster: ClusterId,
        from: MemberNo,
        actor_user: i64,
        payments: Vec<WalletPayment>,
    ) -> Result<Vec<PaymentOutcome>, ServiceError> {
        if payments.len() > PAYMENTS_MAX {
            return Err(ServiceError::PaymentsTooMany { count: payments.len(), most: PAYMENTS_MAX });
        }
        let now = self.now();
        let wallets = self.wallets(cluster, now, || std::iter::once(from).chain(payments.iter().map(|payment| payment.to))).await?;
        let payer = wallets.find(from).ok_or(ServiceError::MemberUnknown { number: from.get() })?;
        let today = BusinessDay::of(now, wallets.offset);
        let plans: Vec<Plan> = payments.iter().map(|payment| plan(&wallets, payer, payment, today, actor_user)).collect();
        let commands = plans.iter().filter_map(|plan| if let Plan::Ask(command) = plan { Some(*command) } else { None }).collect();
        let outcomes = self.transfers_book(cluster, commands).await?;
        let mut outcomes = outcomes.into_iter();
        let mut answers = Vec::with_capacity(plans.len());
        let mut doubtful = Vec::new();
        for (at, plan) in plans.iter().enumerate() {
            let (answer, command) = match plan {
                Plan::Refused(refusal) => (PaymentOutcome::Refused(*refusal), None),
                Plan::Left(command) => (PaymentOutcome::Refused(PaymentRefusal::MemberLeft), Some(command)),
                Plan::Ask(command) => {
                    let answer = outcomes.next().map_or(PaymentOutcome::Refused(Refusal::LinkedFailed.into()), answer);
                    (answer, (answer == PaymentOutcome::Refused(Refusal::KeyReused.into())).then_some(command))
                }
            };
            answers.push(answer);
            doubtful.extend(command.map(|command| (at, *command)));
        }
        if !doubtful.is_empty() {
            self.recall(cluster, today, doubtful, &mut answers).await?;
        }
        Ok(answers)
    }

    /// Hands commands in at the transfer desk; without any there is nothing to wait for.
    async fn transfers_book(&self, cluster: ClusterId, commands: Vec<TransferCreate>) -> Result<Vec<Outcome>, ServiceError> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.desk.execute(&self.store, &self.clock, cluster, commands).await?)
    }

    /// What a member's wallet holds.
    ///
    /// # Errors
    /// [`ServiceError::ClusterUnknown`]; [`ServiceError::MemberUnknown`]; what the store says.
    pub async fn wallet_balance(&self, cluster: ClusterId, member: MemberNo) -> Result<WalletBalance, ServiceError> {
        let wallets = self.wallets(cluster, self.now(), || std::iter::once(member)).await?;
        let unknown = || ServiceError::MemberUnknown { number: member.get() };
        let number = wallets.find(member).ok_or_else(unknown)?.account;
        let found: Vec<Account> =
            self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.account_find(cluster, &[number]).await?) })).await?;
        let account = found.first().ok_or_else(unknown)?;
        Ok(WalletBalance { posted: Ngwee(account.balance()), pending: Ngwee(account.debits_pending), available: Ngwee(account.available()) })
    }

    /// Forgets what is kept in memory of a cluster's wallets: to be called when a membership has ended, so that this process refuses at
    /// once what others refuse within ten seconds.
    pub fn wallets_forget(&self, cluster: ClusterId) {
        self.wallets.forget(cluster);
    }

    /// The wallets of a cluster: from memory when they are fresh and all of `members` are among them, else read again.
    async fn wallets<I>(&self, cluster: ClusterId, now: Instant, members: impl Fn() -> I) -> Result<Arc<Wallets>, ServiceError>
    where
        I: Iterator<Item = MemberNo>,
    {
        if let Some(kept) = self.wallets.get(cluster)
            && !kept.is_due(now)
            && members().all(|member| kept.find(member).is_some())
        {
            return Ok(kept);
        }
        let forgotten = self.wallets.lock().forgotten;
        let read = self
            .store
            .read(move |tx| Box::pin(async move { wallets_read(tx, cluster, now).await }))
            .await?
            .ok_or_else(|| ServiceError::ClusterUnknown { code: cluster.to_string() })?;
        let read = Arc::new(read);
        self.wallets.put(cluster, Arc::clone(&read), forgotten);
        Ok(read)
    }

    /// Looks commands up that may have been answered earlier under another day, and puts the answers of then in their places.
    async fn recall(
        &self,
        cluster: ClusterId,
        today: BusinessDay,
        doubtful: Vec<(usize, TransferCreate)>,
        answers: &mut [PaymentOutcome],
    ) -> Result<(), ServiceError> {
        let keys: Arc<[IdempotencyKey]> = doubtful.iter().map(|(_, command)| command.key).collect();
        let (booked, refused) = self
            .store
            .read::<_, ServiceError, _>(move |tx| {
                let keys = Arc::clone(&keys);
                Box::pin(async move { Ok((tx.transfers_by_key(cluster, &keys).await?, tx.refusals_by_key(cluster, &keys).await?)) })
            })
            .await?;
        let booked: HashMap<_, _> = booked.iter().map(|transfer| (transfer.key, transfer)).collect();
        let refused: HashMap<_, _> = refused.iter().map(|prior| (prior.key, prior)).collect();
        for (at, command) in doubtful {
            let paid = booked.get(&command.key).filter(|made| TransferCreate { business_on: made.business_on, ..command } == made.command());
            let of_then = match (paid, refused.get(&command.key)) {
                (Some(made), _) => Some(PaymentOutcome::Paid { transfer: made.no, is_repeat: true }),
                (None, Some(prior)) if is_of_lately(&command, today, &prior.digest) => refusal_of(prior.outcome),
                _ if booked.contains_key(&command.key) || refused.contains_key(&command.key) => {
                    Some(PaymentOutcome::Refused(Refusal::KeyReused.into()))
                }
                _ => None,
            };
            if let (Some(of_then), Some(answer)) = (of_then, answers.get_mut(at)) {
                *answer = of_then;
            }
        }
        Ok(())
    }
}

/// Whether a recorded digest is that of `command` on one of the last days.
fn is_of_lately(command: &TransferCreate, today: BusinessDay, digest: &[u8; 16]) -> bool {
    // A clock that was set back makes the recorded day a later one.
    (-1..DAYS_RECOGNISED).any(|back| TransferCreate { business_on: today.plus_days(-back), ..*command }.digest() == *digest)
}

fn refusal_of(outcome: ledger::PriorOutcome) -> Option<PaymentOutcome> {
    match outcome {
        ledger::PriorOutcome::Refused(refusal) => Some(PaymentOutcome::Refused(refusal.into())),
        ledger::PriorOutcome::Transfer(_) => None,
    }
}

fn answer(outcome: Outcome) -> PaymentOutcome {
    match outcome {
        Outcome::Created(transfer) => PaymentOutcome::Paid { transfer, is_repeat: false },
        Outcome::Exists(transfer) => PaymentOutcome::Paid { transfer, is_repeat: true },
        Outcome::Refused(refusal) | Outcome::RefusedBefore(refusal) => PaymentOutcome::Refused(refusal.into()),
    }
}

fn plan(wallets: &Wallets, payer: Wallet, payment: &WalletPayment, today: BusinessDay, actor: i64) -> Plan {
    if payment.amount.0 <= 0 {
        return Plan::Refused(PaymentRefusal::AmountNotPositive);
    }
    if payment.to == payer.member {
        return Plan::Refused(PaymentRefusal::SelfPayment);
    }
    let Some(paid) = wallets.find(payment.to) else { return Plan::Refused(PaymentRefusal::MemberUnknown) };
    let command = TransferCreate {
        key: payment.key,
        debit: payer.account,
        credit: paid.account,
        amount: payment.amount.0,
        code: TransferCode::MemberPayment,
        kind: TransferKind::Posted,
        cause: Cause { kind: CauseKind::Payment, a: 0, b: 0 },
        business_on: today,
        actor,
        linked: false,
    };
    if payer.has_left(today) || paid.has_left(today) { Plan::Left(command) } else { Plan::Ask(command) }
}

async fn wallets_read(tx: &mut Tx<'_>, cluster: ClusterId, now: Instant) -> Result<Option<Wallets>, ServiceError> {
    let Some(row) = tx.cluster_find(cluster).await? else { return Ok(None) };
    let members = tx.member_list(cluster).await?;
    let accounts = tx.account_list(cluster).await?;
    Ok(Some(Wallets::new(row.offset, &members, &accounts, now)))
}

impl Wallets {
    fn new(offset: UtcOffset, members: &[MemberRow], accounts: &[Account], now: Instant) -> Self {
        let is_wallet = |account: &&Account| account.code == AccountCode::MemberWallet && account.currency == Currency::Zmw;
        let of: HashMap<MemberNo, AccountNo> = accounts.iter().filter(is_wallet).filter_map(|account| Some((account.member?, account.no))).collect();
        let wallet = |row: &MemberRow| Some(Wallet { member: row.no, account: *of.get(&row.no)?, left_on: row.left_on });
        let mut all: Vec<Wallet> = members.iter().filter_map(wallet).collect();
        all.sort_unstable_by_key(|wallet| wallet.member);
        Self { offset, all, read_at: AtomicI64::new(now.0) }
    }

    fn find(&self, member: MemberNo) -> Option<Wallet> {
        let at = self.all.binary_search_by_key(&member, |wallet| wallet.member).ok()?;
        self.all.get(at).copied()
    }

    /// Whether the caller is the one to read them again: the others go on with these meanwhile.
    fn is_due(&self, now: Instant) -> bool {
        let read_at = self.read_at.load(Ordering::Relaxed);
        let is_fresh = (0..FRESH_MS).contains(&now.ms_since(Instant(read_at)));
        !is_fresh && self.read_at.compare_exchange(read_at, now.0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

impl Wallet {
    fn has_left(&self, today: BusinessDay) -> bool {
        self.left_on.is_some_and(|left_on| left_on <= today)
    }
}

impl WalletCache {
    fn get(&self, cluster: ClusterId) -> Option<Arc<Wallets>> {
        self.lock().of.get(&cluster).cloned()
    }

    /// Keeps what was read when the cache had forgotten that many times.
    fn put(&self, cluster: ClusterId, wallets: Arc<Wallets>, forgotten: u64) {
        let mut kept = self.lock();
        if kept.forgotten != forgotten {
            return;
        }
        kept.remove(cluster);
        kept.members += wallets.all.len();
        kept.of.insert(cluster, wallets);
        while kept.members > MEMBERS_KEPT_MAX {
            let oldest = kept.of.iter().min_by_key(|(_, wallets)| wallets.read_at.load(Ordering::Relaxed)).map(|(cluster, _)| *cluster);
            let Some(oldest) = oldest else { return };
            kept.remove(oldest);
        }
    }

    fn forget(&self, cluster: ClusterId) {
        let mut kept = self.lock();
        kept.forgotten = kept.forgotten.wrapping_add(1);
        kept.remove(cluster);
    }

    /// Nothing panics while it is held.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn remove(&mut self, cluster: ClusterId) {
        if let Some(gone) = self.of.remove(&cluster) {
            self.members = self.members.saturating_sub(gone.all.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_users_own() {
        let sent = "a key of my own";
        assert_eq!(PaymentKeys::new(7, sent), PaymentKeys::new(7, sent));
        assert_ne!(PaymentKeys::new(7, sent), PaymentKeys::new(8, sent));
        assert_ne!(PaymentKeys::new(7, sent), PaymentKeys::new(7, "another"));
        let rows: std::collections::BTreeSet<_> = (0..PAYMENTS_MAX as u32).map(|row| PaymentKeys::new(7, sent).of(row)).collect();
        assert_eq!(rows.len(), PAYMENTS_MAX);
        assert!(rows.iter().all(|key| key.0[..13] == PaymentKeys::new(7, sent).of(0).0[..13]), "they stand side by side");
    }

    #[test]
    fn keys_with_a_time_stand_in_its_order() {
        let key = |user, sent| PaymentKeys::new(user, sent).of(0);
        let early = key(9, "018f0000-0000-7000-8000-00000000000a");
        let same = key(9, "018F0000-0000-7000-8000-00000000000A");
        let late = key(1, "018f0000-0001-7000-8000-00000000000a");
        assert_eq!((early, early.0[..6].to_vec()), (same, vec![0x01, 0x8f, 0, 0, 0, 0]));
        assert!(early < late && early.0[6..] != late.0[6..]);
        // Others are hashes throughout.
        for other in ["018f0000-0000-4000-8000-00000000000a", "018f0000-0000-7000-8000-00000000000", "018f0000x0000-7000-8000-00000000000a", "é"] {
            assert_eq!(key(9, other), IdempotencyKey::derive(&[b"payment", &9i64.to_be_bytes(), other.as_bytes()]), "{other}");
        }
    }

    #[test]
    fn the_cache_is_bounded_and_forgets() {
        let cache = WalletCache::default();
        let cluster = |number: i64| ClusterId::new(number).expect("an id");
        let wallets = |members: i64, at: i64| {
            let number = |no: i64| (MemberNo::new(no).expect("a number"), AccountNo::new(no).expect("a number"));
            let all = (1..=members).map(number).map(|(member, account)| Wallet { member, account, left_on: None }).collect();
            Arc::new(Wallets { offset: UtcOffset::LUSAKA, all, read_at: AtomicI64::new(at) })
        };
        let third = MEMBERS_KEPT_MAX as i64 / 3 + 1;
        for number in 1..=3 {
            cache.put(cluster(number), wallets(third, number), 0);
        }
        assert!(cache.get(cluster(1)).is_none() && cache.get(cluster(2)).is_some() && cache.get(cluster(3)).is_some());
        cache.put(cluster(3), wallets(1, 9), 0);
        assert_eq!(cache.lock().members as i64, third + 1);
        // What was read before a membership ended is not kept after.
        cache.forget(cluster(2));
        cache.put(cluster(2), wallets(1, 9), 0);
        assert!(cache.get(cluster(2)).is_none());
        assert_eq!(cache.lock().members, 1);
    }

    #[test]
    fn one_of_many_reads_again() {
        let wallets = Wallets { offset: UtcOffset::LUSAKA, all: Vec::new(), read_at: AtomicI64::new(1_000) };
        assert!(!wallets.is_due(Instant(1_000 + FRESH_MS - 1)));
        assert!(wallets.is_due(Instant(1_000 + FRESH_MS)) && !wallets.is_due(Instant(1_000 + FRESH_MS)));
        // A clock that was set back.
        assert!(wallets.is_due(Instant(0)) && !wallets.is_due(Instant(0)));
    }
}
