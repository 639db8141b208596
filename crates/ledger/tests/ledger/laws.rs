//! Laws that hold for any commands.

use crate::memory_store::MemoryStore;
use domain::{AccountNo, TransferNo};
use ledger::audit::Auditor;
use ledger::{
    Account, AccountCode, Books, Cause, Currency, IdempotencyKey, Limit, Outcome, Refusal, Transfer, TransferCode, TransferCreate, TransferKind,
    TransferStatus, execute,
};
use proptest::prelude::*;
use quantity::{BusinessDay, Instant};

/// What a client might do next; made into a command when the books of that moment are known.
#[derive(Debug, Clone)]
enum Step {
    Move { debit: i64, credit: i64, amount: i64, hold: bool, expires_in: Option<i64>, linked: bool },
    Settle { what: u8, pick: usize, less: i64, linked: bool },
    Repeat { pick: usize, other_content: bool },
    Wait { ms: i64 },
}

const ACCOUNTS: [(Currency, Limit); 7] = [
    (Currency::Zmw, Limit::None),
    (Currency::Zmw, Limit::DebitsNotOverCredits),
    (Currency::Zmw, Limit::DebitsNotOverCredits),
    (Currency::Zmw, Limit::CreditsNotOverDebits),
    (Currency::EnergyWh, Limit::None),
    (Currency::EnergyWh, Limit::DebitsNotOverCredits),
    (Currency::CarbonG, Limit::None),
];

/// Wallets with something in them and a debt, then anything.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let funded = |debit, credit| Step::Move { debit, credit, amount: 300, hold: false, expires_in: None, linked: false };
    any_steps().prop_map(move |steps| [vec![funded(1, 2), funded(1, 3), funded(4, 1), funded(5, 6)], steps].concat())
}

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let linked = || prop::bool::weighted(0.25);
    // Mostly two different accounts of one currency; now and then anything, also an account that is not there.
    let pair = prop_oneof![
        12 => (1..=4_i64, 1..=3_i64).prop_map(|(debit, apart)| (debit, (debit + apart - 1) % 4 + 1)),
        2 => any::<bool>().prop_map(|is_sale| if is_sale { (6, 5) } else { (5, 6) }),
        1 => (1..=8_i64, 1..=8_i64),
    ];
    let movement = (pair, prop_oneof![40 => 1..=200_i64, 1 => Just(0), 1 => Just(i64::MAX)], any::<bool>());
    prop::collection::vec(
        prop_oneof![
            8 => (movement, prop::option::weighted(0.5, 0..=30_i64), linked()).prop_map(|(((debit, credit), amount, hold), expires_in, linked)| {
                Step::Move { debit, credit, amount, hold, expires_in, linked }
            }),
            6 => (0..3_u8, any::<usize>(), prop_oneof![6 => Just(0), 1 => -3..=30_i64], linked())
                .prop_map(|(what, pick, less, linked)| Step::Settle { what, pick, less, linked }),
            2 => (any::<usize>(), prop::bool::weighted(0.2)).prop_map(|(pick, other_content)| Step::Repeat { pick, other_content }),
            1 => (-5..=20_i64).prop_map(|ms| Step::Wait { ms }),
        ],
        1..60,
    )
}

/// Commands sent at one instant.
type Batch = (Instant, Vec<TransferCreate>);

fn opened() -> MemoryStore {
    let mut store = MemoryStore::default();
    for (at, (currency, limit)) in ACCOUNTS.into_iter().enumerate() {
        let no = AccountNo::new(at as i64 + 1).expect("a number");
        store.accounts.insert(no, Account::new(no, currency, AccountCode::MemberWallet, None, limit));
    }
    store
}

/// Plays the steps unit by unit, checking what must hold after each unit. Returns the books, what was sent, and the answers.
fn play(steps: &[Step]) -> (MemoryStore, Vec<Batch>, Vec<Outcome>) {
    let mut store = opened();
    let mut batches: Vec<Batch> = vec![(Instant(1000), Vec::new())];
    let mut unit = Vec::new();
    let mut outcomes = Vec::new();
    let mut sent: Vec<TransferCreate> = Vec::new();
    for (serial, step) in steps.iter().enumerate() {
        let at = batches.last().expect("a batch").0;
        let Some(command) = command(&store, &sent, at, serial, step) else {
            if let (Step::Wait { ms }, true) = (step, unit.is_empty()) {
                batches.push((at.plus_ms(*ms), Vec::new()));
            }
            continue;
        };
        sent.push(command);
        unit.push(command);
        if !command.linked || serial + 1 == steps.len() {
            let before = store.clone();
            let answers = store.execute(at, &unit);
            hold_after_unit(&before, &store, &unit, &answers);
            outcomes.extend(answers);
            batches.last_mut().expect("a batch").1.append(&mut unit);
        }
    }
    if !unit.is_empty() {
        outcomes.extend(store.execute(batches.last().expect("a batch").0, &unit));
        batches.last_mut().expect("a batch").1.append(&mut unit);
    }
    (store, batches, outcomes)
}

fn command(store: &MemoryStore, sent: &[TransferCreate], at: Instant, serial: usize, step: &Step) -> Option<TransferCreate> {
    let account = |number: i64| AccountNo::new(number).expect("a number");
    let fresh = TransferCreate {
        key: IdempotencyKey::derive(&[&serial.to_be_bytes()]),
        debit: account(1),
        credit: account(2),
        amount: 1,
        code: TransferCode::Other,
        kind: TransferKind::Posted,
        cause: Cause::NONE,
        business_on: BusinessDay(100),
        actor: 0,
        linked: false,
    };
    match *step {
        Step::Wait { .. } => None,
        Step::Move { debit, credit, amount, hold, expires_in, linked } => {
            let kind = if hold { TransferKind::Pending { expires_at: expires_in.map(|ms| at.plus_ms(ms)) } } else { TransferKind::Posted };
            Some(TransferCreate { debit: account(debit), credit: account(credit), amount, kind, linked, ..fresh })
        }
        Step::Settle { what, pick, less, linked } => {
            let fitting: Vec<&Transfer> =
                store.transfers.values().filter(|made| matches!(made.kind, TransferKind::Pending { .. }) == (what < 2)).collect();
            let original = fitting.get(pick % fitting.len().max(1))?;
            let no = original.no;
            let (kind, is_mirror) = match what {
                0 => (TransferKind::Post { pending: no }, false),
                1 => (TransferKind::Void { pending: no }, false),
                _ => (TransferKind::Reversal { of: no }, true),
            };
            let (debit, credit) = if is_mirror { (original.credit, original.debit) } else { (original.debit, original.credit) };
            Some(TransferCreate { debit, credit, amount: original.amount.saturating_sub(less), kind, linked, ..fresh })
        }
        Step::Repeat { pick, other_content } => {
            let again = sent.get(pick % sent.len().max(1))?;
            Some(if other_content { TransferCreate { actor: again.actor + 1, ..*again } } else { *again })
        }
    }
}

fn hold_after_unit(before: &MemoryStore, after: &MemoryStore, unit: &[TransferCreate], answers: &[Outcome]) {
    let created = answers.iter().filter(|answer| matches!(answer, Outcome::Created(_))).count();
    assert!(created == 0 || created == unit.len(), "all or none: {answers:?}");
    if created == 0 {
        assert_eq!(before.accounts, after.accounts, "what is refused changes nothing");
        assert_eq!(before.statuses, after.statuses);
    }
    if let ([command], [Outcome::Refused(refusal)]) = (unit, answers) {
        let available = |no: AccountNo| before.accounts[&no].available();
        match refusal {
            Refusal::ExceedsCredits => assert!(available(command.debit) < command.amount),
            Refusal::ExceedsDebits => assert!(available(command.credit) < command.amount),
            _ => {}
        }
    }
    if let ([command], [Outcome::Created(_)]) = (unit, answers)
        && let TransferKind::Reversal { of } = command.kind
    {
        let original = before.transfers[&of];
        let net = |store: &MemoryStore, no: AccountNo| store.accounts[&no].balance();
        assert_eq!(net(after, original.debit) - net(before, original.debit), original.amount, "what was debited comes back");
        assert_eq!(net(before, original.credit) - net(after, original.credit), original.amount, "what was credited goes back");
        assert_eq!(after.statuses[&of], TransferStatus::Reversed);
    }
    for account in after.accounts.values() {
        assert!(account.limit == Limit::None || account.available() >= 0, "{account:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_auditor_agrees_with_whatever_was_booked(steps in steps()) {
        let (store, _, _) = play(&steps);
        let report = store.audit();
        prop_assert!(report.is_clean(), "{:#?}", report.problems);
        for total in &report.totals {
            prop_assert_eq!(total.debits_posted, total.credits_posted);
            prop_assert_eq!(total.debits_pending, total.credits_pending);
        }
    }

    #[test]
    fn pieces_give_what_the_whole_gives(steps in steps()) {
        let (by_unit, batches, outcomes) = play(&steps);
        let (mut whole, mut kept) = (opened(), opened());
        let (mut whole_outcomes, mut kept_outcomes) = (Vec::new(), Vec::new());
        let mut books = Books::new(kept.init());
        for (at, commands) in &batches {
            whole_outcomes.extend(whole.execute(*at, commands));
            books.next_batch(None);
            kept.prefetch(commands, &mut books);
            let mut answers = Vec::new();
            execute(&mut books, *at, commands, &mut answers);
            kept.record(&books);
            kept_outcomes.extend(answers);
            prop_assert_eq!(books.standing(), kept.init());
        }
        prop_assert_eq!(&outcomes, &whole_outcomes);
        prop_assert_eq!(&outcomes, &kept_outcomes);
        prop_assert_eq!(&by_unit, &whole);
        prop_assert_eq!(&by_unit, &kept);
    }

    #[test]
    fn a_second_sending_is_answered_the_same_and_changes_nothing(steps in steps()) {
        let (mut store, batches, outcomes) = play(&steps);
        let before = store.clone();
        let again: Vec<Outcome> = batches.iter().flat_map(|(at, commands)| store.execute(*at, commands)).collect();
        prop_assert_eq!(&before, &store);
        for (first, second) in outcomes.iter().zip(&again) {
            let expected = match *first {
                Outcome::Created(no) | Outcome::Exists(no) => Outcome::Exists(no),
                Outcome::Refused(Refusal::KeyReused) => Outcome::Refused(Refusal::KeyReused),
                Outcome::Refused(refusal) | Outcome::RefusedBefore(refusal) => Outcome::RefusedBefore(refusal),
            };
            prop_assert_eq!(expected, *second);
        }
    }

    #[test]
    fn cleared_books_are_new_books(first in steps(), second in steps()) {
        let mut reused = Books::new(opened().init());
        let mut stores = Vec::new();
        for steps in [&first, &second] {
            let (expected, batches, _) = play(steps);
            let mut store = opened();
            for (at, commands) in &batches {
                reused.clear(store.init());
                store.prefetch(commands, &mut reused);
                execute(&mut reused, *at, commands, &mut Vec::new());
                store.record(&reused);
            }
            prop_assert_eq!(&expected, &store);
            stores.push(store);
        }
    }

    #[test]
    fn one_changed_field_is_found(steps in steps(), which in 0..14_u8, pick: usize) {
        let (store, _, _) = play(&steps);
        let mut accounts: Vec<Account> = store.accounts.values().copied().collect();
        let mut transfers: Vec<Transfer> = store.transfers.values().copied().collect();
        if !corrupt(&store, &mut accounts, &mut transfers, which, pick) {
            corrupt_sum(&mut accounts, pick);
        }
        let mut auditor = Auditor::new(accounts);
        transfers.iter().for_each(|transfer| auditor.transfer(transfer));
        store.statuses.iter().for_each(|(&no, &status)| auditor.status(no, status));
        prop_assert!(!auditor.finish().is_clean(), "corruption {} went unseen", which);
    }
}

/// Changes one thing; `false` where this history has nothing of the kind, or nothing that the sums could show.
fn corrupt(store: &MemoryStore, accounts: &mut Vec<Account>, transfers: &mut Vec<Transfer>, which: u8, pick: usize) -> bool {
    let at = pick % transfers.len().max(1);
    let Some(&picked) = transfers.get(at) else { return false };
    let before = at.checked_sub(1).and_then(|at| transfers.get(at).copied());
    let made = &mut transfers[at];
    match which {
        // The size of a hold that was posted leaves no trace in the sums; the log's root holds it.
        0 if store.statuses[&picked.no] == TransferStatus::Posted => return false,
        0 => made.amount = if picked.amount == i64::MAX { 1 } else { picked.amount + 1 },
        1 => (made.debit, made.credit) = (picked.credit, picked.debit),
        2 => made.debit = AccountNo::new(77).expect("a number"),
        3 => made.currency = if picked.currency == Currency::Zmw { Currency::CarbonG } else { Currency::Zmw },
        4 => made.leaf_no = before.map_or(-1, |before| before.leaf_no),
        5 => match before {
            Some(before) => made.key = before.key,
            None => return false,
        },
        6 => match before {
            Some(before) => made.booked_at = before.booked_at.plus_ms(-1),
            None => return false,
        },
        7 => made.no = TransferNo::new(picked.no.get() + 1).expect("a number"),
        8 => {
            transfers.remove(at);
        }
        9 => transfers.insert(at, picked),
        10 => made.kind = if picked.kind == TransferKind::Posted { TransferKind::Pending { expires_at: None } } else { TransferKind::Posted },
        11 => transfers.last_mut().expect("not empty").linked = true,
        12 => corrupt_sum(accounts, pick),
        _ => {
            let used = accounts.iter().position(|account| account.no == picked.debit).expect("an account");
            accounts.remove(used);
        }
    }
    true
}

fn corrupt_sum(accounts: &mut [Account], pick: usize) {
    let at = pick % accounts.len();
    let account = &mut accounts[at];
    let sums = [&mut account.debits_pending, &mut account.debits_posted, &mut account.credits_pending, &mut account.credits_posted];
    let sum = sums.into_iter().nth(pick % 4).expect("one of four");
    *sum = if *sum == i64::MAX { 0 } else { *sum + 1 };
}

#[test]
fn cleared_books_know_nothing() {
    let (store, batches, _) = play(&[
        Step::Move { debit: 1, credit: 2, amount: 5, hold: true, expires_in: None, linked: false },
        Step::Settle { what: 0, pick: 0, less: 0, linked: false },
    ]);
    let post = batches[0].1[1];
    let (mut books, mut outcomes) = (Books::new(opened().init()), Vec::new());
    store.prefetch(&[post], &mut books);
    books.clear(opened().init());
    execute(&mut books, Instant(1000), &[post], &mut outcomes);
    assert_eq!(outcomes, [Outcome::Refused(Refusal::AccountUnknown)]);
    store.prefetch(&[post], &mut books);
    books.next_batch(None);
    let again = TransferCreate { key: IdempotencyKey([1; 16]), ..post };
    execute(&mut books, Instant(1000), &[again], &mut outcomes);
    assert_eq!(outcomes, [Outcome::Refused(Refusal::PendingUnknown)], "accounts stay, earlier transfers do not");
}
