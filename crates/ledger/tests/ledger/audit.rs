//! The auditor finds every single thing it claims to find.

use crate::memory_store::MemoryStore;
use domain::{AccountNo, TransferNo};
use ledger::audit::{AuditReport, Auditor, PROBLEMS_MAX, ProblemKind};
use ledger::{
    Account, AccountCode, Cause, Currency, IdempotencyKey, Limit, Outcome, Transfer, TransferCode, TransferCreate, TransferKind, TransferStatus,
};
use quantity::{BusinessDay, Instant};
use std::collections::BTreeSet;

struct Case {
    accounts: Vec<Account>,
    transfers: Vec<Transfer>,
    statuses: Vec<(TransferNo, TransferStatus)>,
}

fn no(number: i64) -> TransferNo {
    TransferNo::new(number).expect("a number")
}

fn account(number: i64) -> AccountNo {
    AccountNo::new(number).expect("a number")
}

/// Bank 1, wallets 2 and 3 that may not go below zero, a debt 4 that may not be overpaid, energy 5 and 6. Eleven transfers: top-up 1,
/// hold 2 posted in part by 3, hold 4 voided by 5, transfer 6 reversed by 7, chain 8-9, a debt 10, an open hold 11.
fn case() -> Case {
    let mut store = MemoryStore::default();
    for (number, currency, limit) in [
        (1, Currency::Zmw, Limit::None),
        (2, Currency::Zmw, Limit::DebitsNotOverCredits),
        (3, Currency::Zmw, Limit::DebitsNotOverCredits),
        (4, Currency::Zmw, Limit::CreditsNotOverDebits),
        (5, Currency::EnergyWh, Limit::None),
        (6, Currency::EnergyWh, Limit::None),
    ] {
        let opened = Account::new(account(number), currency, AccountCode::MemberWallet, None, limit);
        store.accounts.insert(opened.no, opened);
    }
    let hold = TransferKind::Pending { expires_at: Some(Instant(5000)) };
    let script = [
        (1, 2, 1000, TransferKind::Posted, false),
        (2, 3, 400, hold, false),
        (2, 3, 300, TransferKind::Post { pending: no(2) }, false),
        (2, 3, 100, hold, false),
        (2, 3, 100, TransferKind::Void { pending: no(4) }, false),
        (2, 3, 50, TransferKind::Posted, false),
        (3, 2, 50, TransferKind::Reversal { of: no(6) }, false),
        (2, 3, 10, TransferKind::Posted, true),
        (5, 6, 900, TransferKind::Posted, false),
        (4, 1, 70, TransferKind::Posted, false),
        (3, 4, 20, hold, false),
    ];
    let commands = script.iter().enumerate().map(|(at, &(debit, credit, amount, kind, linked))| TransferCreate {
        key: IdempotencyKey::derive(&[&at.to_be_bytes()]),
        debit: account(debit),
        credit: account(credit),
        amount,
        code: TransferCode::Other,
        kind,
        cause: Cause::NONE,
        business_on: BusinessDay(100),
        actor: 0,
        linked,
    });
    let outcomes = store.execute(Instant(1000), &commands.collect::<Vec<_>>());
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Created(_))), "{outcomes:?}");
    Case {
        accounts: store.accounts.into_values().collect(),
        transfers: store.transfers.into_values().collect(),
        statuses: store.statuses.into_iter().collect(),
    }
}

fn audit(case: &Case) -> AuditReport {
    let mut auditor = Auditor::new(case.accounts.iter().copied());
    case.transfers.iter().for_each(|transfer| auditor.transfer(transfer));
    case.statuses.iter().for_each(|&(no, status)| auditor.status(no, status));
    auditor.finish()
}

#[test]
fn right_books_are_clean_and_totalled() {
    let report = audit(&case());
    assert!(report.is_clean(), "{:#?}", report.problems);
    assert_eq!((report.accounts, report.transfers), (6, 11));
    let totals: Vec<_> = report.totals.iter().map(|total| (total.currency, total.debits_posted, total.debits_pending)).collect();
    assert_eq!(totals, [(Currency::Zmw, 1480, 20), (Currency::EnergyWh, 900, 0)]);
}

#[test]
fn each_problem_is_found() {
    type Change = fn(&mut Case);
    let corruptions: &[(&str, Change)] = &[
        ("number_gap", |case| {
            case.transfers.remove(8);
        }),
        ("leaf_not_increasing", |case| case.transfers[3].leaf_no = 2),
        ("leaf_not_increasing", |case| case.transfers[0].leaf_no = -1),
        ("key_twice", |case| case.transfers[3].key = case.transfers[7].key),
        ("booked_backwards", |case| case.transfers[3].booked_at = Instant(999)),
        ("amount_not_positive", |case| case.transfers[3].amount = 0),
        ("accounts_equal", |case| case.transfers[0].debit = account(2)),
        ("account_twice", |case| case.accounts.push(case.accounts[0])),
        ("account_unknown", |case| case.transfers[0].credit = account(7)),
        ("account_unknown", |case| {
            case.accounts.remove(3);
        }),
        ("currency_mismatch", |case| case.transfers[0].currency = Currency::CarbonG),
        ("currency_mismatch", |case| case.accounts[5].currency = Currency::Zmw),
        ("pending_unknown", |case| case.transfers[2].kind = TransferKind::Post { pending: no(1) }),
        ("pending_unknown", |case| case.transfers[2].kind = TransferKind::Post { pending: no(3) }),
        ("pending_unknown", |case| case.transfers[2].kind = TransferKind::Void { pending: no(99) }),
        ("pending_twice", |case| case.transfers[4].kind = TransferKind::Void { pending: no(2) }),
        ("pending_expired", |case| case.transfers[1].kind = TransferKind::Pending { expires_at: Some(Instant(1000)) }),
        ("pending_differs", |case| case.transfers[2].amount = 401),
        ("pending_differs", |case| case.transfers[4].amount = 99),
        ("pending_differs", |case| case.transfers[2].code = TransferCode::TopUp),
        ("pending_differs", |case| case.transfers[1].credit = account(4)),
        ("expiry_not_after_booking", |case| case.transfers[3].kind = TransferKind::Pending { expires_at: Some(Instant(1000)) }),
        ("reversal_unknown", |case| case.transfers[6].kind = TransferKind::Reversal { of: no(4) }),
        ("reversal_unknown", |case| case.transfers[6].kind = TransferKind::Reversal { of: no(5) }),
        ("reversal_unknown", |case| case.transfers[6].kind = TransferKind::Reversal { of: no(7) }),
        ("reversal_twice", |case| {
            let again = Transfer { no: no(12), leaf_no: 11, key: IdempotencyKey([1; 16]), ..case.transfers[6] };
            case.transfers.push(again);
        }),
        ("reversal_differs", |case| case.transfers[6].amount = 49),
        ("reversal_differs", |case| case.transfers[5].amount = 49),
        ("limit_violated", |case| case.transfers[0].amount = 399),
        ("limit_violated", |case| case.transfers[10].amount = 71),
        ("limit_violated", |case| case.accounts[0].limit = Limit::DebitsNotOverCredits),
        ("linked_chain_open", |case| case.transfers[10].linked = true),
        ("linked_chain_split", |case| case.transfers[8..].iter_mut().for_each(|made| made.booked_at = Instant(1001))),
        ("status_differs", |case| case.statuses[0].1 = TransferStatus::Reversed),
        ("status_differs", |case| case.statuses[3].1 = TransferStatus::Posted),
        ("status_differs", |case| case.transfers[6].kind = TransferKind::Posted),
        ("debits_pending_differ", |case| case.accounts[2].debits_pending += 1),
        ("debits_posted_differ", |case| case.accounts[2].debits_posted -= 1),
        ("credits_pending_differ", |case| case.accounts[2].credits_pending -= 1),
        ("credits_posted_differ", |case| case.accounts[2].credits_posted += 1),
        ("trial_balance", |case| case.accounts[2].credits_posted += 1),
        ("trial_balance_pending", |case| case.accounts[2].debits_pending += 1),
    ];
    let mut seen = BTreeSet::new();
    for (at, (code, corrupt)) in corruptions.iter().enumerate() {
        let mut case = case();
        corrupt(&mut case);
        let report = audit(&case);
        let found: Vec<_> = report.problems.iter().map(|problem| problem.kind.code()).collect();
        assert!(found.contains(code), "corruption {at}: expected {code}, found {found:?}");
        assert!(report.problems.iter().all(|problem| problem.to_string().starts_with(problem.kind.code())));
        seen.insert(*code);
    }
    let all: BTreeSet<_> = ProblemKind::ALL.iter().map(|kind| kind.code()).collect();
    assert_eq!(seen, all, "every problem has a corruption that shows it");
}

#[test]
fn a_report_lists_a_bounded_number_and_counts_the_rest() {
    let mut case = case();
    let first = case.transfers[0];
    case.transfers = vec![first; 3000];
    let report = audit(&case);
    assert_eq!(report.problems.len(), PROBLEMS_MAX);
    assert!(report.problem_count > 2 * 2999);
}
