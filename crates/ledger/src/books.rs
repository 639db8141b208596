//! The books of one cluster as a batch sees them: what the store prefetched, and what the batch made of it.

use crate::number_hash::NumberMap;
use crate::{Account, IdempotencyKey, Refusal, Transfer, TransferCreate, TransferKind, TransferState, TransferStatus};
use domain::{AccountNo, TransferNo};
use quantity::{BusinessDay, Instant};

/// Where the books stand when a batch begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BooksInit {
    /// The number the next transfer gets, from 1.
    pub next_transfer_no: i64,
    /// The position the next record gets in the cluster's log.
    pub next_leaf_no: i64,
    /// The last closed business day: nothing is booked on it or before.
    pub closed_until: Option<BusinessDay>,
    /// When the last transfer was booked. Where the clock has gone back, this instant is used instead, so that booking times never do.
    pub last_booked_at: Option<Instant>,
}

impl BooksInit {
    /// The books of a cluster without a history.
    #[must_use]
    pub const fn first() -> Self {
        Self { next_transfer_no: 1, next_leaf_no: 0, closed_until: None, last_booked_at: None }
    }
}

/// A command the cluster has answered before, as the store prefetches it by key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriorCommand {
    /// Its key.
    pub key: IdempotencyKey,
    /// What it said: [`TransferCreate::digest`], or [`Transfer::digest`] of the transfer it became.
    pub digest: [u8; 16],
    /// The answer it got.
    pub outcome: PriorOutcome,
}

/// The answer of an earlier command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriorOutcome {
    /// It was booked.
    Transfer(TransferNo),
    /// It was refused.
    Refused(Refusal),
}

/// A refusal to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusedCommand {
    /// Key of the command.
    pub key: IdempotencyKey,
    /// What it said.
    pub digest: [u8; 16],
    /// Why it was refused.
    pub refusal: Refusal,
}

/// A transfer that left [`TransferStatus::Open`] in this batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// The hold, or the transfer that was reversed. It may itself be new in this batch.
    pub no: TransferNo,
    /// What became of it.
    pub status: TransferStatus,
    /// The transfer that did it.
    pub by: TransferNo,
}

/// What the store must prefetch for a batch: each list sorted and without repetition, so that rows are also locked in one order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    /// Accounts debited and credited.
    pub accounts: Vec<AccountNo>,
    /// Keys that may have been answered before.
    pub keys: Vec<IdempotencyKey>,
    /// Holds and reversed transfers.
    pub transfers: Vec<TransferNo>,
}

/// Lists what `commands` refer to.
#[must_use]
pub fn references(commands: &[TransferCreate]) -> References {
    let mut found = References {
        accounts: commands.iter().flat_map(|command| [command.debit, command.credit]).collect(),
        keys: commands.iter().map(|command| command.key).collect(),
        transfers: commands.iter().filter_map(|command| command.kind.refers_to()).collect(),
    };
    found.accounts.sort_unstable();
    found.accounts.dedup();
    found.keys.sort_unstable();
    found.keys.dedup();
    found.transfers.sort_unstable();
    found.transfers.dedup();
    found
}

/// The answer kept under a key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// None yet: the key belongs to the unit that is being decided.
    Waiting,
    /// Given in an earlier batch.
    Stored { digest: [u8; 16], outcome: PriorOutcome },
    /// Booked in this batch: position in the new transfers.
    Created(usize),
    /// Refused in this batch: position in the new refusals.
    Refused(usize),
}

/// A key met in this batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeySlot {
    /// The last unit (single command or chain) that used it, counted from 1.
    pub(crate) unit: u64,
    pub(crate) answer: Answer,
}

#[derive(Debug, Clone)]
pub(crate) struct AccountSlot {
    pub(crate) account: Account,
    pub(crate) is_touched: bool,
}

/// The books of one cluster for one batch. See the crate's head for the order of things.
#[derive(Debug, Clone)]
pub struct Books {
    pub(crate) next_transfer_no: i64,
    pub(crate) next_leaf_no: i64,
    pub(crate) closed_until: Option<BusinessDay>,
    pub(crate) last_booked_at: Option<Instant>,
    pub(crate) first_new_no: i64,
    pub(crate) units: u64,
    pub(crate) accounts: Vec<AccountSlot>,
    account_at: NumberMap<i64, usize>,
    pub(crate) keys: Vec<KeySlot>,
    pub(crate) key_at: NumberMap<u128, usize>,
    pub(crate) earlier: NumberMap<i64, TransferState>,
    pub(crate) new_transfers: Vec<Transfer>,
    pub(crate) new_statuses: Vec<TransferStatus>,
    pub(crate) new_refusals: Vec<RefusedCommand>,
    pub(crate) settled: Vec<Settled>,
    pub(crate) touched: Vec<usize>,
    pub(crate) undo: Vec<(usize, Account)>,
    pub(crate) claims: Vec<crate::execute::Claim>,
}

impl Books {
    /// Books that stand at `init` and hold nothing yet.
    #[must_use]
    pub fn new(init: BooksInit) -> Self {
        Self {
            next_transfer_no: init.next_transfer_no.max(1),
            next_leaf_no: init.next_leaf_no,
            closed_until: init.closed_until,
            last_booked_at: init.last_booked_at,
            first_new_no: init.next_transfer_no.max(1),
            units: 0,
            accounts: Vec::new(),
            account_at: NumberMap::default(),
            keys: Vec::new(),
            key_at: NumberMap::default(),
            earlier: NumberMap::default(),
            new_transfers: Vec::new(),
            new_statuses: Vec::new(),
            new_refusals: Vec::new(),
            settled: Vec::new(),
            touched: Vec::new(),
            undo: Vec::new(),
            claims: Vec::new(),
        }
    }

    /// Forgets everything but the memory, and stands at `init`: for the next batch, or after a batch that could not be written.
    pub fn clear(&mut self, init: BooksInit) {
        self.forget_batch();
        self.accounts.clear();
        self.account_at.clear();
        self.next_transfer_no = init.next_transfer_no.max(1);
        self.next_leaf_no = init.next_leaf_no;
        self.closed_until = init.closed_until;
        self.last_booked_at = init.last_booked_at;
        self.first_new_no = self.next_transfer_no;
    }

    /// After a batch was written: keeps the accounts, the numbers and the last booking time, forgets the rest. For a single writer that
    /// holds its accounts in memory. Earlier commands and transfers are prefetched anew.
    pub fn next_batch(&mut self, closed_until: Option<BusinessDay>) {
        self.forget_batch();
        self.closed_until = closed_until;
        self.first_new_no = self.next_transfer_no;
    }

    fn forget_batch(&mut self) {
        for &at in &self.touched {
            self.accounts[at].is_touched = false;
        }
        self.units = 0;
        self.keys.clear();
        self.key_at.clear();
        self.earlier.clear();
        self.new_transfers.clear();
        self.new_statuses.clear();
        self.new_refusals.clear();
        self.settled.clear();
        self.touched.clear();
    }

    /// Puts a prefetched account in; the last one of a number counts.
    pub fn add_account(&mut self, account: Account) {
        let next = self.accounts.len();
        let at = *self.account_at.entry(account.no.get()).or_insert(next);
        match self.accounts.get_mut(at) {
            Some(slot) => slot.account = account,
            None => self.accounts.push(AccountSlot { account, is_touched: false }),
        }
    }

    /// Puts a command in that was answered in an earlier batch.
    pub fn add_prior(&mut self, prior: PriorCommand) {
        let slot = KeySlot { unit: 0, answer: Answer::Stored { digest: prior.digest, outcome: prior.outcome } };
        let next = self.keys.len();
        let at = *self.key_at.entry(u128::from_be_bytes(prior.key.0)).or_insert(next);
        match self.keys.get_mut(at) {
            Some(known) => *known = slot,
            None => self.keys.push(slot),
        }
    }

    /// Puts an earlier transfer in that a command may refer to.
    pub fn add_transfer(&mut self, state: TransferState) {
        self.earlier.insert(state.no.get(), state);
    }

    /// The account as it stands now; `None` when it was not put in.
    #[must_use]
    pub fn account(&self, no: AccountNo) -> Option<&Account> {
        self.position(no).map(|at| &self.accounts[at].account)
    }

    pub(crate) fn position(&self, no: AccountNo) -> Option<usize> {
        self.account_at.get(&no.get()).copied()
    }

    /// Where the books stand now: what the next batch begins with.
    #[must_use]
    pub fn standing(&self) -> BooksInit {
        BooksInit {
            next_transfer_no: self.next_transfer_no,
            next_leaf_no: self.next_leaf_no,
            closed_until: self.closed_until,
            last_booked_at: self.last_booked_at,
        }
    }

    /// The transfers booked in this batch, by number.
    #[must_use]
    pub fn new_transfers(&self) -> &[Transfer] {
        &self.new_transfers
    }

    /// The accounts whose sums this batch changed, in order of first change.
    pub fn touched_accounts(&self) -> impl ExactSizeIterator<Item = &Account> {
        self.touched.iter().map(|&at| &self.accounts[at].account)
    }

    /// The holds posted or voided and the transfers reversed in this batch, in order. To be written after the new transfers, since some
    /// may be among them (new transfers are written as [`TransferStatus::Open`]).
    #[must_use]
    pub fn settled_pendings(&self) -> &[Settled] {
        &self.settled
    }

    /// The refusals to be recorded, in order: all but `key_reused`.
    #[must_use]
    pub fn new_refusals(&self) -> &[RefusedCommand] {
        &self.new_refusals
    }

    /// A transfer by number, from this batch or prefetched.
    pub(crate) fn transfer_state(&self, no: TransferNo) -> Option<TransferState> {
        let Some(at) = self.new_position(no) else { return self.earlier.get(&no.get()).copied() };
        let transfer = self.new_transfers.get(at)?;
        Some(TransferState { status: *self.new_statuses.get(at)?, ..TransferState::open(transfer) })
    }

    /// The instant at which the hold `state` ends.
    pub(crate) fn expiry(state: &TransferState) -> Option<Instant> {
        match state.kind {
            TransferKind::Pending { expires_at } => expires_at,
            _ => None,
        }
    }

    pub(crate) fn set_status(&mut self, no: TransferNo, status: TransferStatus) {
        let slot = match self.new_position(no) {
            Some(at) => self.new_statuses.get_mut(at),
            None => self.earlier.get_mut(&no.get()).map(|state| &mut state.status),
        };
        if let Some(slot) = slot {
            *slot = status;
        }
    }

    /// Where a transfer of this batch stands among the new ones; `None` for an earlier one.
    fn new_position(&self, no: TransferNo) -> Option<usize> {
        usize::try_from(no.get().checked_sub(self.first_new_no)?).ok()
    }
}
