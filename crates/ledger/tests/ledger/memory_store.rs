//! A store of plain maps that does what the real one does: prefetch what a batch refers to, execute, write what the books list.

use domain::{AccountNo, TransferNo};
use ledger::audit::{AuditReport, Auditor};
use ledger::{
    Account, Books, BooksInit, IdempotencyKey, Outcome, PriorCommand, PriorOutcome, Transfer, TransferCreate, TransferState, TransferStatus, execute,
    references,
};
use quantity::{BusinessDay, Instant};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MemoryStore {
    pub accounts: BTreeMap<AccountNo, Account>,
    pub transfers: BTreeMap<TransferNo, Transfer>,
    pub statuses: BTreeMap<TransferNo, TransferStatus>,
    pub refusals: BTreeMap<IdempotencyKey, PriorCommandRow>,
    pub closed_until: Option<BusinessDay>,
}

/// A recorded refusal: digest and number, as a row holds them.
pub type PriorCommandRow = ([u8; 16], i64);

impl MemoryStore {
    pub fn init(&self) -> BooksInit {
        let last = self.transfers.values().next_back();
        BooksInit {
            next_transfer_no: last.map_or(1, |last| last.no.get() + 1),
            next_leaf_no: last.map_or(0, |last| last.leaf_no + 1),
            closed_until: self.closed_until,
            last_booked_at: last.map(|last| last.booked_at),
        }
    }

    /// Loads what `commands` refer to and nothing else. Accounts the books hold already are not loaded again.
    pub fn prefetch(&self, commands: &[TransferCreate], books: &mut Books) {
        let wanted = references(commands);
        for account in wanted.accounts.iter().filter_map(|no| self.accounts.get(no)) {
            if books.account(account.no).is_none() {
                books.add_account(*account);
            }
        }
        for state in wanted.transfers.iter().filter_map(|no| self.transfers.get(no)) {
            books.add_transfer(TransferState { status: self.statuses[&state.no], ..TransferState::open(state) });
        }
        for &key in &wanted.keys {
            if let Some(&(digest, number)) = self.refusals.get(&key) {
                let refusal = ledger::Refusal::from_number(number).expect("a stored refusal");
                books.add_prior(PriorCommand { key, digest, outcome: PriorOutcome::Refused(refusal) });
            }
            if let Some(made) = self.transfers.values().find(|made| made.key == key) {
                books.add_prior(PriorCommand { key, digest: made.digest(), outcome: PriorOutcome::Transfer(made.no) });
            }
        }
    }

    pub fn record(&mut self, books: &Books) {
        for transfer in books.new_transfers() {
            assert!(self.transfers.insert(transfer.no, *transfer).is_none(), "a number is given once");
            self.statuses.insert(transfer.no, TransferStatus::Open);
        }
        for settled in books.settled_pendings() {
            let before = self.statuses.insert(settled.no, settled.status);
            assert_eq!(before, Some(TransferStatus::Open), "a status changes once");
        }
        for account in books.touched_accounts() {
            let is_used = |made: &Transfer| made.debit == account.no || made.credit == account.no;
            assert!(books.new_transfers().iter().any(is_used), "a touched account has a new transfer");
            self.accounts.insert(account.no, *account);
        }
        for refused in books.new_refusals() {
            let row = (refused.digest, refused.refusal.number());
            assert!(self.refusals.insert(refused.key, row).is_none(), "a refusal is recorded once");
        }
    }

    /// One batch: fresh books, execute, write.
    pub fn execute(&mut self, at: Instant, commands: &[TransferCreate]) -> Vec<Outcome> {
        let mut books = Books::new(self.init());
        let mut outcomes = Vec::new();
        self.prefetch(commands, &mut books);
        execute(&mut books, at, commands, &mut outcomes);
        assert_eq!(outcomes.len(), commands.len());
        self.record(&books);
        outcomes
    }

    pub fn audit(&self) -> AuditReport {
        let mut auditor = Auditor::new(self.accounts.values().copied());
        for transfer in self.transfers.values() {
            auditor.transfer(transfer);
        }
        for (&no, &status) in &self.statuses {
            auditor.status(no, status);
        }
        auditor.finish()
    }
}
