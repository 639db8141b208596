//! An independent auditor: recounts every sum from zero and names everything that does not fit.
//!
//! It reads the accounts as stored and all transfers in order, and shares no code with the engine: its own arithmetic (128 bits), its own
//! memory of holds and reversals, its own idea of a limit. Two things must agree that were never computed together.
//!
//! What it cannot see: fields that move no money (cause, actor, business day, a code). They are held by the log's root
//! ([`crate::merkle`]), which whoever audits compares too.

use crate::{Account, Currency, Limit, Transfer, TransferCode, TransferKind, TransferStatus};
use domain::{AccountNo, TransferNo};
use quantity::Instant;
use std::collections::{HashMap, HashSet};
use std::fmt;

/// Problems listed in a report; more are only counted.
pub const PROBLEMS_MAX: usize = 1000;

macro_rules! problems {
    ($($(#[$vdoc:meta])* $variant:ident = $code:literal $message:literal),+ $(,)?) => {
        /// What the auditor can find.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ProblemKind { $($(#[$vdoc])* $variant),+ }

        impl ProblemKind {
            /// Everything the auditor can find.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            const fn message(self) -> &'static str {
                match self { $(Self::$variant => $message),+ }
            }
        }
    };
}

problems! {
    /// Transfers are numbered from 1 without gaps.
    NumberGap = "number_gap" "transfer numbers must follow one another",
    /// Each transfer is a later leaf of the log than the one before.
    LeafNotIncreasing = "leaf_not_increasing" "positions in the log must grow",
    /// One key, two transfers.
    KeyTwice = "key_twice" "the idempotency key was used before",
    /// Booking times never go back.
    BookedBackwards = "booked_backwards" "booked earlier than the transfer before",
    /// Nothing or less was moved.
    AmountNotPositive = "amount_not_positive" "the amount must be above zero",
    /// Debit and credit are one account.
    AccountsEqual = "accounts_equal" "debit and credit are the same account",
    /// A stored account stands there twice.
    AccountTwice = "account_twice" "the account is stored twice",
    /// A transfer names an account that is not stored.
    AccountUnknown = "account_unknown" "the account is not stored",
    /// The transfer's currency is not that of its account.
    CurrencyMismatch = "currency_mismatch" "the currency is not that of the account",
    /// A post or void of something that is not a hold.
    PendingUnknown = "pending_unknown" "there is no such pending transfer",
    /// A hold posted or voided a second time.
    PendingTwice = "pending_twice" "the pending transfer was resolved before",
    /// A post after the end of the hold.
    PendingExpired = "pending_expired" "posted after the pending transfer had expired",
    /// Other accounts, another code, or an amount that does not fit the hold.
    PendingDiffers = "pending_differs" "does not fit the pending transfer",
    /// A hold that ended before it began.
    ExpiryNotAfterBooking = "expiry_not_after_booking" "the hold ended before it was booked",
    /// A reversal of nothing, of a hold, of a void or of a reversal.
    ReversalUnknown = "reversal_unknown" "there is no such posted transfer to reverse",
    /// A second reversal.
    ReversalTwice = "reversal_twice" "the transfer was reversed before",
    /// Not the mirror image.
    ReversalDiffers = "reversal_differs" "is not the mirror of the transfer it reverses",
    /// An account went beyond its limit.
    LimitViolated = "limit_violated" "the account went beyond its limit",
    /// The last transfer waits for one that never came.
    LinkedChainOpen = "linked_chain_open" "the last transfer is linked to one that is not there",
    /// A chain is booked at one instant.
    LinkedChainSplit = "linked_chain_split" "linked transfers were not booked together",
    /// What the store says became of a transfer is not what the transfers say.
    StatusDiffers = "status_differs" "the stored status is not what later transfers made of it",
    /// Stored holds on the debit side are not what the transfers say.
    DebitsPendingDiffer = "debits_pending_differ" "stored pending debits differ from the recount",
    /// Stored debits are not what the transfers say.
    DebitsPostedDiffer = "debits_posted_differ" "stored posted debits differ from the recount",
    /// Stored holds on the credit side are not what the transfers say.
    CreditsPendingDiffer = "credits_pending_differ" "stored pending credits differ from the recount",
    /// Stored credits are not what the transfers say.
    CreditsPostedDiffer = "credits_posted_differ" "stored posted credits differ from the recount",
    /// Debits and credits of a currency differ.
    TrialBalance = "trial_balance" "stored debits and credits of the currency differ",
    /// Holds on the two sides of a currency differ.
    TrialBalancePending = "trial_balance_pending" "stored pending debits and credits of the currency differ",
}

/// One thing that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    /// What it is.
    pub kind: ProblemKind,
    /// At which transfer.
    pub transfer: Option<TransferNo>,
    /// At which account.
    pub account: Option<AccountNo>,
    /// In which currency.
    pub currency: Option<Currency>,
    /// The value that would fit; what it counts depends on `kind`, 0 where there is none.
    pub expected: i128,
    /// The value found.
    pub found: i128,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.code())?;
        if let Some(no) = self.transfer {
            write!(f, ", transfer {no}")?;
        }
        if let Some(no) = self.account {
            write!(f, ", account {no}")?;
        }
        if let Some(currency) = self.currency {
            write!(f, ", {currency}")?;
        }
        write!(f, ": {} (expected {}, found {})", self.kind.message(), self.expected, self.found)
    }
}

/// Stored totals of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrencyTotal {
    /// Which currency.
    pub currency: Currency,
    /// All posted debits.
    pub debits_posted: i128,
    /// All posted credits; equal to the debits when the books are right.
    pub credits_posted: i128,
    /// All holds on the debit side.
    pub debits_pending: i128,
    /// All holds on the credit side.
    pub credits_pending: i128,
}

/// What the auditor saw and found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditReport {
    /// Accounts read.
    pub accounts: u64,
    /// Transfers read.
    pub transfers: u64,
    /// Totals by currency, for the currencies that occur.
    pub totals: Vec<CurrencyTotal>,
    /// The first [`PROBLEMS_MAX`] problems, in the order they were met.
    pub problems: Vec<Problem>,
    /// How many problems there are in all.
    pub problem_count: u64,
}

impl AuditReport {
    /// Whether everything fits.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.problem_count == 0
    }
}

/// Sums of one account.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    debits_pending: i128,
    debits_posted: i128,
    credits_pending: i128,
    credits_posted: i128,
}

/// What must be remembered of a transfer.
struct Seen {
    no: TransferNo,
    debit: AccountNo,
    credit: AccountNo,
    amount: i64,
    code: TransferCode,
    kind: TransferKind,
    /// What later transfers made of it.
    status: TransferStatus,
}

/// Counts the books again. Feed it every transfer in order, then the stored statuses if there are any, then ask for the report.
pub struct Auditor {
    stored: Vec<Account>,
    position: HashMap<AccountNo, usize>,
    counted: Vec<Sums>,
    seen: Vec<Seen>,
    keys: HashSet<[u8; 16]>,
    transfers: u64,
    expected_no: i64,
    last_leaf: i64,
    last_booked: Option<Instant>,
    chained: Option<TransferNo>,
    problems: Vec<Problem>,
    problem_count: u64,
}

impl Auditor {
    /// An auditor of these accounts, as they are stored after the last transfer.
    #[must_use]
    pub fn new(accounts: impl IntoIterator<Item = Account>) -> Self {
        let mut auditor = Self {
            stored: Vec::new(),
            position: HashMap::new(),
            counted: Vec::new(),
            seen: Vec::new(),
            keys: HashSet::new(),
            transfers: 0,
            expected_no: 1,
            last_leaf: -1,
            last_booked: None,
            chained: None,
            problems: Vec::new(),
            problem_count: 0,
        };
        for account in accounts {
            if auditor.position.insert(account.no, auditor.stored.len()).is_some() {
                auditor.report(ProblemKind::AccountTwice, None, Some(account.no), None, (1, 2));
            }
            auditor.stored.push(account);
            auditor.counted.push(Sums::default());
        }
        auditor
    }

    /// Reads the next transfer.
    pub fn transfer(&mut self, transfer: &Transfer) {
        self.transfers = self.transfers.saturating_add(1);
        self.check_order(transfer);
        self.check_shape(transfer);
        let is_known = self.check_accounts(transfer);
        let released = self.check_reference(transfer);
        if is_known {
            self.count(transfer, released);
        }
        if self.seen.last().is_none_or(|last| last.no < transfer.no) {
            self.seen.push(Seen {
                no: transfer.no,
                debit: transfer.debit,
                credit: transfer.credit,
                amount: transfer.amount,
                code: transfer.code,
                kind: transfer.kind,
                status: TransferStatus::Open,
            });
        }
    }

    /// Reads what the store says became of a transfer; after the last transfer, for as many as are stored.
    pub fn status(&mut self, no: TransferNo, stored: TransferStatus) {
        let found = self.seen.binary_search_by_key(&no, |seen| seen.no);
        let counted = found.ok().and_then(|at| self.seen.get(at)).map(|seen| seen.status);
        if counted != Some(stored) {
            let expected = counted.map_or(-1, |counted| counted as i128);
            self.report(ProblemKind::StatusDiffers, Some(no), None, None, (expected, stored as i128));
        }
    }

    /// The report, after the last transfer.
    #[must_use]
    pub fn finish(mut self) -> AuditReport {
        if let Some(no) = self.chained {
            self.report(ProblemKind::LinkedChainOpen, Some(no), None, None, (0, 1));
        }
        for at in 0..self.stored.len() {
            self.compare(at);
        }
        let totals = self.trial_balance();
        AuditReport {
            accounts: self.stored.len() as u64,
            transfers: self.transfers,
            totals,
            problems: self.problems,
            problem_count: self.problem_count,
        }
    }

    fn report(
        &mut self,
        kind: ProblemKind,
        transfer: Option<TransferNo>,
        account: Option<AccountNo>,
        currency: Option<Currency>,
        (expected, found): (i128, i128),
    ) {
        self.problem_count = self.problem_count.saturating_add(1);
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(Problem { kind, transfer, account, currency, expected, found });
        }
    }

    fn at_transfer(&mut self, kind: ProblemKind, transfer: &Transfer, expected: i64, found: i64) {
        self.report(kind, Some(transfer.no), None, None, (expected.into(), found.into()));
    }

    fn check_order(&mut self, transfer: &Transfer) {
        let no = transfer.no.get();
        if no != self.expected_no {
            self.at_transfer(ProblemKind::NumberGap, transfer, self.expected_no, no);
        }
        self.expected_no = no.saturating_add(1);
        if transfer.leaf_no <= self.last_leaf {
            self.at_transfer(ProblemKind::LeafNotIncreasing, transfer, self.last_leaf.saturating_add(1), transfer.leaf_no);
        }
        self.last_leaf = self.last_leaf.max(transfer.leaf_no);
        if !self.keys.insert(transfer.key.0) {
            self.at_transfer(ProblemKind::KeyTwice, transfer, 1, 2);
        }
        if let Some(last) = self.last_booked {
            if transfer.booked_at < last {
                self.at_transfer(ProblemKind::BookedBackwards, transfer, last.0, transfer.booked_at.0);
            }
            if self.chained.is_some() && transfer.booked_at != last {
                self.at_transfer(ProblemKind::LinkedChainSplit, transfer, last.0, transfer.booked_at.0);
            }
        }
        self.last_booked = Some(transfer.booked_at);
        self.chained = transfer.linked.then_some(transfer.no);
    }

    fn check_shape(&mut self, transfer: &Transfer) {
        if transfer.amount < 1 {
            self.at_transfer(ProblemKind::AmountNotPositive, transfer, 1, transfer.amount);
        }
        if transfer.debit == transfer.credit {
            self.report(ProblemKind::AccountsEqual, Some(transfer.no), Some(transfer.debit), None, (0, 0));
        }
        if let TransferKind::Pending { expires_at: Some(end) } = transfer.kind
            && end <= transfer.booked_at
        {
            self.at_transfer(ProblemKind::ExpiryNotAfterBooking, transfer, transfer.booked_at.0.saturating_add(1), end.0);
        }
    }

    /// Whether both accounts are stored.
    fn check_accounts(&mut self, transfer: &Transfer) -> bool {
        let mut is_known = true;
        for no in [transfer.debit, transfer.credit] {
            match self.position.get(&no).map(|&at| self.stored[at].currency) {
                None => {
                    is_known = false;
                    self.report(ProblemKind::AccountUnknown, Some(transfer.no), Some(no), None, (1, 0));
                }
                Some(currency) if currency != transfer.currency => {
                    let pair = (currency as i128, transfer.currency as i128);
                    self.report(ProblemKind::CurrencyMismatch, Some(transfer.no), Some(no), Some(currency), pair);
                }
                Some(_) => {}
            }
        }
        is_known
    }

    /// Checks what a transfer says of an earlier one. Returns how much of a hold it releases.
    fn check_reference(&mut self, transfer: &Transfer) -> i64 {
        match transfer.kind {
            TransferKind::Posted | TransferKind::Pending { .. } => 0,
            TransferKind::Post { pending } | TransferKind::Void { pending } => self.check_hold(transfer, pending),
            TransferKind::Reversal { of } => {
                self.check_reversal(transfer, of);
                0
            }
        }
    }

    fn check_hold(&mut self, transfer: &Transfer, pending: TransferNo) -> i64 {
        let found = self.seen.binary_search_by_key(&pending, |seen| seen.no);
        let Some(hold) = found.ok().and_then(|at| self.seen.get_mut(at)) else {
            self.at_transfer(ProblemKind::PendingUnknown, transfer, pending.get(), 0);
            return 0;
        };
        let TransferKind::Pending { expires_at } = hold.kind else {
            self.at_transfer(ProblemKind::PendingUnknown, transfer, pending.get(), 0);
            return 0;
        };
        let (was_done, amount) = (hold.status != TransferStatus::Open, hold.amount);
        let is_post = matches!(transfer.kind, TransferKind::Post { .. });
        hold.status = if is_post { TransferStatus::Posted } else { TransferStatus::Voided };
        let same_accounts = (hold.debit, hold.credit, hold.code) == (transfer.debit, transfer.credit, transfer.code);
        let fits = if is_post { transfer.amount <= amount } else { transfer.amount == amount };
        if was_done {
            self.at_transfer(ProblemKind::PendingTwice, transfer, 1, 2);
        }
        if !same_accounts || !fits {
            self.at_transfer(ProblemKind::PendingDiffers, transfer, amount, transfer.amount);
        }
        if let Some(end) = expires_at.filter(|&end| is_post && transfer.booked_at >= end) {
            self.at_transfer(ProblemKind::PendingExpired, transfer, end.0, transfer.booked_at.0);
        }
        amount
    }

    fn check_reversal(&mut self, transfer: &Transfer, of: TransferNo) {
        let found = self.seen.binary_search_by_key(&of, |seen| seen.no);
        let original = found.ok().and_then(|at| self.seen.get_mut(at));
        let Some(original) = original.filter(|seen| matches!(seen.kind, TransferKind::Posted | TransferKind::Post { .. })) else {
            self.at_transfer(ProblemKind::ReversalUnknown, transfer, of.get(), 0);
            return;
        };
        let was_done = original.status != TransferStatus::Open;
        original.status = TransferStatus::Reversed;
        let mirror = (original.credit, original.debit, original.amount);
        let is_mirror = mirror == (transfer.debit, transfer.credit, transfer.amount);
        if was_done {
            self.at_transfer(ProblemKind::ReversalTwice, transfer, 1, 2);
        }
        if !is_mirror {
            self.at_transfer(ProblemKind::ReversalDiffers, transfer, mirror.2, transfer.amount);
        }
    }

    /// Adds a transfer to the recount, then looks at the limits of its two accounts.
    #[expect(clippy::arithmetic_side_effects, reason = "63-bit amounts in 128 bits: no number of transfers a disk can hold overflows")]
    fn count(&mut self, transfer: &Transfer, released: i64) {
        let amount = i128::from(transfer.amount);
        let (held, posted) = match transfer.kind {
            TransferKind::Pending { .. } => (amount, 0),
            TransferKind::Posted | TransferKind::Reversal { .. } => (0, amount),
            TransferKind::Post { .. } => (-i128::from(released), amount),
            TransferKind::Void { .. } => (-i128::from(released), 0),
        };
        let (debit, credit) = (self.position[&transfer.debit], self.position[&transfer.credit]);
        self.counted[debit].debits_pending += held;
        self.counted[debit].debits_posted += posted;
        self.counted[credit].credits_pending += held;
        self.counted[credit].credits_posted += posted;
        for at in [debit, credit] {
            let sums = self.counted[at];
            let (used, allowed) = match self.stored[at].limit {
                Limit::None => continue,
                Limit::DebitsNotOverCredits => (sums.debits_posted + sums.debits_pending, sums.credits_posted),
                Limit::CreditsNotOverDebits => (sums.credits_posted + sums.credits_pending, sums.debits_posted),
            };
            if used > allowed {
                let no = self.stored[at].no;
                self.report(ProblemKind::LimitViolated, Some(transfer.no), Some(no), None, (allowed, used));
            }
        }
    }

    /// Compares one stored account with the recount.
    fn compare(&mut self, at: usize) {
        let (account, sums) = (self.stored[at], self.counted[at]);
        for (kind, counted, stored) in [
            (ProblemKind::DebitsPendingDiffer, sums.debits_pending, account.debits_pending),
            (ProblemKind::DebitsPostedDiffer, sums.debits_posted, account.debits_posted),
            (ProblemKind::CreditsPendingDiffer, sums.credits_pending, account.credits_pending),
            (ProblemKind::CreditsPostedDiffer, sums.credits_posted, account.credits_posted),
        ] {
            if counted != i128::from(stored) {
                self.report(kind, None, Some(account.no), Some(account.currency), (counted, stored.into()));
            }
        }
    }

    #[expect(clippy::arithmetic_side_effects, reason = "63-bit sums in 128 bits: no number of accounts a disk can hold overflows")]
    fn trial_balance(&mut self) -> Vec<CurrencyTotal> {
        let mut totals: Vec<CurrencyTotal> = Vec::new();
        for account in &self.stored {
            let at = totals.iter().position(|total| total.currency == account.currency).unwrap_or_else(|| {
                totals.push(CurrencyTotal { currency: account.currency, debits_posted: 0, credits_posted: 0, debits_pending: 0, credits_pending: 0 });
                totals.len() - 1
            });
            totals[at].debits_posted += i128::from(account.debits_posted);
            totals[at].credits_posted += i128::from(account.credits_posted);
            totals[at].debits_pending += i128::from(account.debits_pending);
            totals[at].credits_pending += i128::from(account.credits_pending);
        }
        totals.sort_by_key(|total| total.currency);
        for total in &totals {
            if total.debits_posted != total.credits_posted {
                self.report(ProblemKind::TrialBalance, None, None, Some(total.currency), (total.debits_posted, total.credits_posted));
            }
            if total.debits_pending != total.credits_pending {
                let pair = (total.debits_pending, total.credits_pending);
                self.report(ProblemKind::TrialBalancePending, None, None, Some(total.currency), pair);
            }
        }
        totals
    }
}
