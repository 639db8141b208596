//! The engine: decides a batch of commands in order.

use crate::books::{Answer, KeySlot};
use crate::{
    Account, Books, Limit, PriorOutcome, Refusal, RefusedCommand, Settled, Transfer, TransferCreate, TransferKind, TransferState, TransferStatus,
};
use domain::TransferNo;
use quantity::Instant;
use std::collections::hash_map::Entry;

/// The answer to one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Booked now.
    Created(TransferNo),
    /// Booked before under this key.
    Exists(TransferNo),
    /// Refused now.
    Refused(Refusal),
    /// Refused before under this key.
    RefusedBefore(Refusal),
}

/// What a command's key says about it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Claim {
    /// Nobody has used the key: the slot it now has.
    New(usize),
    /// The command was answered before, or the key is another's.
    Answered(Outcome),
}

/// What a command will do to the books, worked out before anything is changed.
struct Effect {
    debit: usize,
    credit: usize,
    debit_after: Account,
    credit_after: Account,
    settles: Option<(TransferNo, TransferStatus)>,
}

/// How the sums of the two accounts move.
struct Move {
    pending: i64,
    posted: i64,
    settles: Option<(TransferNo, TransferStatus)>,
}

/// Decides `commands` in order at `booked_at` and puts one outcome per command into `outcomes` (emptied first).
///
/// A command is a unit of its own; a run of linked commands and the one after it is a unit that is booked whole or not at all. A
/// refused unit leaves no trace but its recorded refusals. Dividing a batch between units gives the same answers as the whole.
///
/// A chain in which some keys were answered before and others were not is refused: the known ones get their earlier answer, the new
/// ones `linked_failed`.
pub fn execute(books: &mut Books, booked_at: Instant, commands: &[TransferCreate], outcomes: &mut Vec<Outcome>) {
    outcomes.clear();
    let booked_at = books.last_booked_at.map_or(booked_at, |last| last.max(booked_at));
    let mut rest = commands;
    while !rest.is_empty() {
        let end = rest.iter().position(|command| !command.linked).map_or(rest.len(), |last| last.saturating_add(1));
        let (unit, after) = rest.split_at(end);
        books.execute_unit(booked_at, unit, outcomes);
        rest = after;
    }
}

impl Books {
    fn execute_unit(&mut self, booked_at: Instant, unit: &[TransferCreate], outcomes: &mut Vec<Outcome>) {
        let answered = self.claim(unit);
        let is_open = unit.last().is_some_and(|command| command.linked);
        let last = unit.len().saturating_sub(1);
        if answered > 0 {
            self.refuse_unit(unit, None, outcomes);
        } else if is_open {
            self.refuse_unit(unit, Some((last, Refusal::LinkedChainOpen)), outcomes);
        } else {
            self.book_unit(booked_at, unit, outcomes);
        }
    }

    /// Looks every key of a unit up and takes the new ones. Returns how many commands are answered by their key alone.
    fn claim(&mut self, unit: &[TransferCreate]) -> usize {
        self.units = self.units.saturating_add(1);
        self.claims.clear();
        let mut answered: usize = 0;
        for command in unit {
            let claim = match self.key_at.entry(u128::from_be_bytes(command.key.0)) {
                Entry::Vacant(free) => {
                    let at = *free.insert(self.keys.len());
                    self.keys.push(KeySlot { unit: self.units, answer: Answer::Waiting });
                    Claim::New(at)
                }
                Entry::Occupied(taken) => {
                    answered = answered.saturating_add(1);
                    let at = *taken.get();
                    Claim::Answered(self.answer_again(at, command))
                }
            };
            self.claims.push(claim);
        }
        answered
    }

    /// The answer to a command whose key is taken.
    fn answer_again(&mut self, at: usize, command: &TransferCreate) -> Outcome {
        let Some(slot) = self.keys.get_mut(at) else { return Outcome::Refused(Refusal::KeyReused) };
        if slot.unit == self.units {
            return Outcome::Refused(Refusal::KeyReused);
        }
        slot.unit = self.units;
        let known = match slot.answer {
            Answer::Waiting => None,
            Answer::Stored { digest, outcome } => (digest == command.digest()).then_some(outcome),
            Answer::Created(at) => self.new_transfers.get(at).filter(|made| made.command() == *command).map(|made| PriorOutcome::Transfer(made.no)),
            Answer::Refused(at) => {
                self.new_refusals.get(at).filter(|made| made.digest == command.digest()).map(|made| PriorOutcome::Refused(made.refusal))
            }
        };
        match known {
            Some(PriorOutcome::Transfer(no)) => Outcome::Exists(no),
            Some(PriorOutcome::Refused(refusal)) => Outcome::RefusedBefore(refusal),
            None => Outcome::Refused(Refusal::KeyReused),
        }
    }

    /// Refuses a whole unit: keys that were answered keep their answer, `own` names the command with a refusal of its own, all others
    /// fail with it.
    fn refuse_unit(&mut self, unit: &[TransferCreate], own: Option<(usize, Refusal)>, outcomes: &mut Vec<Outcome>) {
        for (at, command) in unit.iter().enumerate() {
            let outcome = match self.claims.get(at) {
                Some(&Claim::Answered(outcome)) => outcome,
                Some(&Claim::New(slot)) => {
                    let refusal = own.filter(|&(failed, _)| failed == at).map_or(Refusal::LinkedFailed, |(_, refusal)| refusal);
                    if let Some(slot) = self.keys.get_mut(slot) {
                        slot.answer = Answer::Refused(self.new_refusals.len());
                    }
                    self.new_refusals.push(RefusedCommand { key: command.key, digest: command.digest(), refusal });
                    Outcome::Refused(refusal)
                }
                None => Outcome::Refused(Refusal::LinkedFailed),
            };
            outcomes.push(outcome);
        }
    }

    /// Books a unit whose keys are all new, or nothing of it.
    fn book_unit(&mut self, booked_at: Instant, unit: &[TransferCreate], outcomes: &mut Vec<Outcome>) {
        self.undo.clear();
        let (transfers, settled, touched) = (self.new_transfers.len(), self.settled.len(), self.touched.len());
        for (at, command) in unit.iter().enumerate() {
            match self.decide(booked_at, command) {
                Ok(effect) => self.apply(booked_at, command, effect),
                Err(refusal) => {
                    self.roll_back(transfers, settled, touched);
                    return self.refuse_unit(unit, Some((at, refusal)), outcomes);
                }
            }
        }
        self.last_booked_at = Some(booked_at);
        for at in 0..unit.len() {
            let position = transfers.saturating_add(at);
            if let (Some(&Claim::New(slot)), Some(made)) = (self.claims.get(at), self.new_transfers.get(position)) {
                self.keys[slot].answer = Answer::Created(position);
                outcomes.push(Outcome::Created(made.no));
            }
        }
    }

    /// Works out what a command does, or the first reason in the order of [`Refusal`] why it cannot be.
    fn decide(&self, booked_at: Instant, command: &TransferCreate) -> Result<Effect, Refusal> {
        if command.amount <= 0 {
            return Err(Refusal::AmountNotPositive);
        }
        if command.debit == command.credit {
            return Err(Refusal::AccountsEqual);
        }
        if matches!(command.kind, TransferKind::Pending { expires_at: Some(end) } if end <= booked_at) {
            return Err(Refusal::ExpiryNotAfterBooking);
        }
        let debit = self.position(command.debit).ok_or(Refusal::AccountUnknown)?;
        let credit = self.position(command.credit).ok_or(Refusal::AccountUnknown)?;
        let (from, to) = (&self.accounts[debit].account, &self.accounts[credit].account);
        if (from.closed || to.closed) && !matches!(command.kind, TransferKind::Void { .. }) {
            return Err(Refusal::AccountClosed);
        }
        if from.currency != to.currency {
            return Err(Refusal::CurrencyMismatch);
        }
        if self.closed_until.is_some_and(|until| command.business_on <= until) {
            return Err(Refusal::BusinessDayClosed);
        }
        let movement = self.movement(booked_at, command)?;
        let (debit_after, credit_after) = moved(from, to, &movement).ok_or(Refusal::Overflow)?;
        if self.next_transfer_no == i64::MAX || self.next_leaf_no == i64::MAX {
            return Err(Refusal::Overflow);
        }
        // Posting or voiding a hold takes up no more than the hold did.
        if matches!(command.kind, TransferKind::Posted | TransferKind::Pending { .. } | TransferKind::Reversal { .. }) {
            within_limits(&debit_after, &credit_after)?;
        }
        Ok(Effect { debit, credit, debit_after, credit_after, settles: movement.settles })
    }

    fn movement(&self, booked_at: Instant, command: &TransferCreate) -> Result<Move, Refusal> {
        let amount = command.amount;
        match command.kind {
            TransferKind::Posted => Ok(Move { pending: 0, posted: amount, settles: None }),
            TransferKind::Pending { .. } => Ok(Move { pending: amount, posted: 0, settles: None }),
            TransferKind::Post { pending } => {
                let hold = self.open_hold(pending)?;
                if Self::expiry(&hold).is_some_and(|end| end <= booked_at) {
                    return Err(Refusal::PendingExpired);
                }
                matches_hold(command, &hold)?;
                Ok(Move { pending: hold.amount.saturating_neg(), posted: amount, settles: Some((pending, TransferStatus::Posted)) })
            }
            TransferKind::Void { pending } => {
                let hold = self.open_hold(pending)?;
                matches_hold(command, &hold)?;
                if amount != hold.amount {
                    return Err(Refusal::PendingDiffers);
                }
                Ok(Move { pending: hold.amount.saturating_neg(), posted: 0, settles: Some((pending, TransferStatus::Voided)) })
            }
            TransferKind::Reversal { of } => {
                self.mirrored(command, of)?;
                Ok(Move { pending: 0, posted: amount, settles: Some((of, TransferStatus::Reversed)) })
            }
        }
    }

    /// The hold `no`, when it can still be posted or voided.
    fn open_hold(&self, no: TransferNo) -> Result<TransferState, Refusal> {
        let hold = self.transfer_state(no).ok_or(Refusal::PendingUnknown)?;
        match (hold.kind, hold.status) {
            (TransferKind::Pending { .. }, TransferStatus::Posted) => Err(Refusal::PendingAlreadyPosted),
            (TransferKind::Pending { .. }, TransferStatus::Voided) => Err(Refusal::PendingAlreadyVoided),
            (TransferKind::Pending { .. }, TransferStatus::Open | TransferStatus::Reversed) => Ok(hold),
            _ => Err(Refusal::PendingNotPending),
        }
    }

    fn mirrored(&self, command: &TransferCreate, of: TransferNo) -> Result<(), Refusal> {
        let original = self.transfer_state(of).ok_or(Refusal::ReversalUnknown)?;
        if original.status == TransferStatus::Reversed {
            return Err(Refusal::ReversalAlready);
        }
        match original.kind {
            TransferKind::Reversal { .. } => return Err(Refusal::ReversalOfReversal),
            TransferKind::Pending { .. } | TransferKind::Void { .. } => return Err(Refusal::ReversalOfPending),
            TransferKind::Posted | TransferKind::Post { .. } => {}
        }
        let is_mirror = command.debit == original.credit && command.credit == original.debit && command.amount == original.amount;
        if is_mirror { Ok(()) } else { Err(Refusal::ReversalDiffers) }
    }

    fn apply(&mut self, booked_at: Instant, command: &TransferCreate, effect: Effect) {
        let Ok(no) = TransferNo::new(self.next_transfer_no) else { return };
        for (at, after) in [(effect.debit, effect.debit_after), (effect.credit, effect.credit_after)] {
            let slot = &mut self.accounts[at];
            self.undo.push((at, slot.account));
            slot.account = after;
            if !slot.is_touched {
                slot.is_touched = true;
                self.touched.push(at);
            }
        }
        if let Some((settled, status)) = effect.settles {
            self.set_status(settled, status);
            self.settled.push(Settled { no: settled, status, by: no });
        }
        self.new_transfers.push(Transfer {
            no,
            leaf_no: self.next_leaf_no,
            debit: command.debit,
            credit: command.credit,
            amount: command.amount,
            currency: effect.debit_after.currency,
            code: command.code,
            kind: command.kind,
            cause: command.cause,
            key: command.key,
            business_on: command.business_on,
            booked_at,
            actor: command.actor,
            linked: command.linked,
        });
        self.new_statuses.push(TransferStatus::Open);
        self.next_transfer_no = self.next_transfer_no.saturating_add(1);
        self.next_leaf_no = self.next_leaf_no.saturating_add(1);
    }

    /// Takes back everything since the books held that many transfers, settled and touched ones.
    fn roll_back(&mut self, transfers: usize, settled: usize, touched: usize) {
        while let Some((at, before)) = self.undo.pop() {
            self.accounts[at].account = before;
        }
        for &at in self.touched.get(touched..).unwrap_or_default() {
            self.accounts[at].is_touched = false;
        }
        self.touched.truncate(touched);
        while self.settled.len() > settled {
            if let Some(undone) = self.settled.pop() {
                self.set_status(undone.no, TransferStatus::Open);
            }
        }
        if let Some(first) = self.new_transfers.get(transfers) {
            (self.next_transfer_no, self.next_leaf_no) = (first.no.get(), first.leaf_no);
        }
        self.new_transfers.truncate(transfers);
        self.new_statuses.truncate(transfers);
    }
}

/// Whether a post or void fits its hold.
fn matches_hold(command: &TransferCreate, hold: &TransferState) -> Result<(), Refusal> {
    if command.amount > hold.amount {
        return Err(Refusal::PendingAmountExceeded);
    }
    let fits = command.debit == hold.debit && command.credit == hold.credit && command.code == hold.code;
    if fits { Ok(()) } else { Err(Refusal::PendingDiffers) }
}

/// Both accounts after the movement; `None` when a sum, or posted and pending together, leave the range from 0 to 63 bits.
fn moved(debit: &Account, credit: &Account, movement: &Move) -> Option<(Account, Account)> {
    let side = |pending: i64, posted: i64| {
        let pending = pending.checked_add(movement.pending).filter(|&sum| sum >= 0)?;
        let posted = posted.checked_add(movement.posted).filter(|&sum| sum >= 0)?;
        pending.checked_add(posted)?;
        Some((pending, posted))
    };
    let (debits_pending, debits_posted) = side(debit.debits_pending, debit.debits_posted)?;
    let (credits_pending, credits_posted) = side(credit.credits_pending, credit.credits_posted)?;
    Some((Account { debits_pending, debits_posted, ..*debit }, Account { credits_pending, credits_posted, ..*credit }))
}

fn within_limits(debit: &Account, credit: &Account) -> Result<(), Refusal> {
    if debit.limit == Limit::DebitsNotOverCredits && debit.available() < 0 {
        return Err(Refusal::ExceedsCredits);
    }
    if credit.limit == Limit::CreditsNotOverDebits && credit.available() < 0 {
        return Err(Refusal::ExceedsDebits);
    }
    Ok(())
}
