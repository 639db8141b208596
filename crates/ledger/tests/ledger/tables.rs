//! Ledgers as text tables, one command a line, the expected answer behind the bar.
//!
//! ```text
//! account A [wh|co2] [no_overdraft|no_overpay] [closed]   a new account; numbers follow the order of the lines
//! close A                                                 closes it
//! day 100 / closed_until 99 / at 5000                     business day of the commands, last closed day, booking time
//! transfer T1 A -> B 500 [words]                          books at once
//! pending  T1 A -> B 500 [until=6000] [words]             holds
//! post     T2 of T1 500 [A -> B] [words]                  amount and accounts of T1 unless said
//! void     T2 of T1 [500] [words]
//! reverse  T2 of T1 [500] [A -> B] [words]
//! balance A | posted=5 pending=-2 available=3             credits less debits
//! ```
//!
//! Words: `linked`, `key=NAME` (else the name of the transfer), `code=fund_move`, `day=99`, `actor=7`. Answers: `created`, `exists` (the
//! same number as the first time), a refusal, or `before:` and a refusal. Each table runs three times: a batch for each unit, one batch for
//! as long as possible, and with the books kept between batches; all must agree, the auditor too, and a second sending changes nothing.

use crate::memory_store::MemoryStore;
use domain::{AccountNo, TransferNo};
use ledger::{Account, AccountCode, Books, Cause, Currency, IdempotencyKey, Limit, Outcome, TransferCode, TransferCreate, TransferKind, execute};
use quantity::{BusinessDay, Instant};
use std::collections::HashMap;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Mode {
    UnitByUnit,
    OneBatch,
    KeptBooks,
}

struct Line {
    text: String,
    expected: String,
}

struct Table {
    mode: Mode,
    store: MemoryStore,
    kept: Option<Books>,
    names: HashMap<String, AccountNo>,
    numbers: HashMap<String, TransferNo>,
    made: HashMap<IdempotencyKey, TransferNo>,
    waiting: Vec<(TransferCreate, Line, String)>,
    sent: Vec<(Instant, Vec<TransferCreate>)>,
    at: i64,
    day: i32,
}

fn check(text: &str) {
    let stores = [Mode::UnitByUnit, Mode::OneBatch, Mode::KeptBooks].map(|mode| Table::run(mode, text));
    assert_eq!(stores[0], stores[1], "one batch gives what its pieces give");
    assert_eq!(stores[0], stores[2], "kept books give what loaded books give");
}

impl Table {
    fn run(mode: Mode, text: &str) -> MemoryStore {
        let mut table = Self {
            mode,
            store: MemoryStore::default(),
            kept: None,
            names: HashMap::new(),
            numbers: HashMap::new(),
            made: HashMap::new(),
            waiting: Vec::new(),
            sent: Vec::new(),
            at: 1000,
            day: 100,
        };
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (text, expected) = line.split_once('|').unwrap_or((line, ""));
            table.line(Line { text: text.trim().to_owned(), expected: expected.trim().to_owned() });
        }
        table.flush();
        let report = table.store.audit();
        assert!(report.is_clean(), "{:#?}", report.problems);
        table.send_again();
        table.store
    }

    fn line(&mut self, line: Line) {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let rest = &words[1..];
        match words[0] {
            "transfer" | "pending" | "post" | "void" | "reverse" => {
                // A name may be needed by this line, so what waits is sent first when it does not know the number yet.
                if words.get(2) == Some(&"of") && !self.numbers.contains_key(words[3]) && !words[3].starts_with('#') {
                    self.guess_number(words[3]);
                }
                let command = self.command(words[0], rest);
                let name = words[1].to_owned();
                let is_linked = command.linked;
                self.waiting.push((command, line, name));
                if self.mode != Mode::OneBatch && !is_linked {
                    self.flush();
                }
            }
            _ => {
                self.flush();
                self.setting(words[0], rest, &line);
            }
        }
    }

    /// The number a waiting transfer will get when everything that waits is booked, as a client of the same batch would work it out.
    fn guess_number(&mut self, name: &str) {
        let mut next = self.store.init().next_transfer_no;
        for (_, line, waiting) in &self.waiting {
            if line.expected == "created" {
                self.numbers.insert(waiting.clone(), TransferNo::new(next).expect("a number"));
                next += 1;
            }
        }
        assert!(self.numbers.contains_key(name), "{name} is not booked");
    }

    fn setting(&mut self, verb: &str, rest: &[&str], line: &Line) {
        match verb {
            "account" => {
                let no = AccountNo::new(self.names.len() as i64 + 1).expect("a number");
                let has = |word| rest.contains(&word);
                let currency = if has("wh") {
                    Currency::EnergyWh
                } else if has("co2") {
                    Currency::CarbonG
                } else {
                    Currency::Zmw
                };
                let limit = match (has("no_overdraft"), has("no_overpay")) {
                    (true, _) => Limit::DebitsNotOverCredits,
                    (_, true) => Limit::CreditsNotOverDebits,
                    _ => Limit::None,
                };
                let account = Account { closed: has("closed"), ..Account::new(no, currency, AccountCode::MemberWallet, None, limit) };
                self.names.insert(rest[0].to_owned(), no);
                self.store.accounts.insert(no, account);
                self.kept = None;
            }
            "close" => {
                self.store.accounts.get_mut(&self.names[rest[0]]).expect("an account").closed = true;
                self.kept = None;
            }
            "at" => self.at = rest[0].parse().expect("an instant"),
            "day" => self.day = rest[0].parse().expect("a day"),
            "closed_until" => self.store.closed_until = Some(BusinessDay(rest[0].parse().expect("a day"))),
            "balance" => {
                let account = &self.store.accounts[&self.names[rest[0]]];
                let pending = account.credits_pending - account.debits_pending;
                let found = format!("posted={} pending={pending} available={}", account.balance(), account.available());
                assert_eq!(found, line.expected, "{:?}: {}", self.mode, line.text);
            }
            verb => panic!("no such line: {verb}"),
        }
    }

    fn command(&self, verb: &str, rest: &[&str]) -> TransferCreate {
        let value = |name: &str| rest.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        let of = rest.iter().position(|&word| word == "of").map(|at| rest[at + 1]);
        let of = of.map(|name| {
            name.strip_prefix('#').map_or_else(|| self.numbers[name], |no| TransferNo::new(no.parse().expect("a number")).expect("from 1"))
        });
        let original = of.and_then(|no| {
            let waiting = self.waiting.iter().find(|(_, _, name)| self.numbers.get(name) == Some(&no)).map(|(command, _, _)| *command);
            self.store.transfers.get(&no).map(|made| made.command()).or(waiting)
        });
        let arrow = rest.iter().position(|&word| word == "->");
        let account = |name: &str| self.names.get(name).copied().unwrap_or(AccountNo::new(999).expect("a number"));
        let (debit, credit) = match (arrow, original, verb) {
            (Some(at), _, _) => (account(rest[at - 1]), account(rest[at + 1])),
            (None, Some(original), "reverse") => (original.credit, original.debit),
            (None, Some(original), _) => (original.debit, original.credit),
            (None, None, _) => panic!("accounts are missing: {rest:?}"),
        };
        let amount = rest[1..].iter().find_map(|word| word.parse().ok()).or(original.map(|original| original.amount));
        let kind = match (verb, of) {
            ("transfer", _) => TransferKind::Posted,
            ("pending", _) => TransferKind::Pending { expires_at: value("until").map(|at| Instant(at.parse().expect("an instant"))) },
            ("post", Some(pending)) => TransferKind::Post { pending },
            ("void", Some(pending)) => TransferKind::Void { pending },
            ("reverse", Some(of)) => TransferKind::Reversal { of },
            _ => panic!("{verb} needs `of`"),
        };
        TransferCreate {
            key: IdempotencyKey::derive(&[value("key").unwrap_or(rest[0]).as_bytes()]),
            debit,
            credit,
            amount: amount.expect("an amount"),
            code: value("code").map_or(TransferCode::Other, |code| TransferCode::parse(code).expect("a code")),
            kind,
            cause: Cause::NONE,
            business_on: BusinessDay(value("day").map_or(self.day, |day| day.parse().expect("a day"))),
            actor: value("actor").map_or(0, |actor| actor.parse().expect("a user")),
            linked: rest.contains(&"linked"),
        }
    }

    fn flush(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return;
        }
        let commands: Vec<TransferCreate> = waiting.iter().map(|(command, _, _)| *command).collect();
        let at = Instant(self.at);
        let outcomes = if self.mode == Mode::KeptBooks { self.execute_kept(at, &commands) } else { self.store.execute(at, &commands) };
        for ((command, line, name), outcome) in waiting.into_iter().zip(outcomes) {
            let found = match outcome {
                Outcome::Created(no) => {
                    self.numbers.insert(name, no);
                    self.made.insert(command.key, no);
                    "created".to_owned()
                }
                Outcome::Exists(no) => {
                    assert_eq!(self.made.get(&command.key), Some(&no), "the same answer: {}", line.text);
                    "exists".to_owned()
                }
                Outcome::Refused(refusal) => refusal.code().to_owned(),
                Outcome::RefusedBefore(refusal) => format!("before:{}", refusal.code()),
            };
            assert_eq!(found, line.expected, "{:?}: {}", self.mode, line.text);
        }
        self.sent.push((at, commands));
    }

    fn execute_kept(&mut self, at: Instant, commands: &[TransferCreate]) -> Vec<Outcome> {
        let mut books = self.kept.take().unwrap_or_else(|| Books::new(self.store.init()));
        books.next_batch(self.store.closed_until);
        let mut outcomes = Vec::new();
        self.store.prefetch(commands, &mut books);
        execute(&mut books, at, commands, &mut outcomes);
        self.store.record(&books);
        assert_eq!(books.standing(), BooksInitOf(&self.store, &books).expected());
        self.kept = Some(books);
        outcomes
    }

    /// Every command once more: nothing new may happen.
    fn send_again(&mut self) {
        let before = self.store.clone();
        for (at, commands) in std::mem::take(&mut self.sent) {
            let outcomes = self.store.execute(at, &commands);
            for outcome in outcomes {
                assert!(!matches!(outcome, Outcome::Created(_)), "{commands:?}");
                assert!(!matches!(outcome, Outcome::Refused(refusal) if refusal != ledger::Refusal::KeyReused), "{outcome:?}");
            }
        }
        assert_eq!(before, self.store, "a second sending changes nothing");
    }
}

/// Kept books stand where freshly loaded ones would.
struct BooksInitOf<'a>(&'a MemoryStore, &'a Books);

impl BooksInitOf<'_> {
    fn expected(&self) -> ledger::BooksInit {
        assert!(self.1.new_transfers().iter().all(|made| self.0.transfers.contains_key(&made.no)));
        self.0.init()
    }
}

#[test]
fn a_transfer_moves_money() {
    check(
        "
        account A
        account B no_overdraft
        transfer T1 A -> B 500        | created
        balance A                     | posted=-500 pending=0 available=-500
        balance B                     | posted=500 pending=0 available=500
        transfer T2 B -> A 200        | created
        balance B                     | posted=300 pending=0 available=300
        transfer T3 B -> A 301        | exceeds_credits
        transfer T4 B -> A 300        | created
        balance B                     | posted=0 pending=0 available=0
        ",
    );
}

#[test]
fn a_hold_posts_once() {
    check(
        "
        account A
        account B no_overdraft
        pending T1 A -> B 500         | created
        balance B                     | posted=0 pending=500 available=0
        transfer TX B -> A 1          | exceeds_credits
        post T2 of T1 500             | created
        post T3 of T1 500             | pending_already_posted
        void T4 of T1                 | pending_already_posted
        balance A                     | posted=-500 pending=0 available=-500
        balance B                     | posted=500 pending=0 available=500
        ",
    );
}

#[test]
fn a_hold_is_released_whole() {
    check(
        "
        account A no_overdraft
        account B
        account S
        transfer T0 S -> A 500        | created
        pending T1 A -> B 400         | created
        balance A                     | posted=500 pending=-400 available=100
        transfer T2 A -> B 101        | exceeds_credits
        void T3 of T1                 | created
        balance A                     | posted=500 pending=0 available=500
        balance B                     | posted=0 pending=0 available=0
        void T4 of T1                 | pending_already_voided
        post T5 of T1                 | pending_already_voided
        transfer T6 A -> B 500        | created
        ",
    );
}

#[test]
fn posting_a_part_releases_the_rest() {
    check(
        "
        account A no_overdraft
        account B
        account S
        transfer T0 S -> A 500        | created
        pending T1 A -> B 500         | created
        post T2 of T1 501             | pending_amount_exceeded
        post T3 of T1 120             | created
        balance A                     | posted=380 pending=0 available=380
        balance B                     | posted=120 pending=0 available=120
        ",
    );
}

#[test]
fn a_void_is_of_the_whole_hold() {
    check(
        "
        account A
        account B
        pending T1 A -> B 500         | created
        void T2 of T1 499             | pending_differs
        void T3 of T1 501             | pending_amount_exceeded
        void T4 of T1 500             | created
        ",
    );
}

#[test]
fn a_hold_is_answered_in_its_own_terms() {
    check(
        "
        account A
        account B
        account C
        pending T1 A -> B 500 code=top_up         | created
        post T2 of T1 500 B -> A code=top_up      | pending_differs
        post T3 of T1 500 A -> C code=top_up      | pending_differs
        post T4 of T1 500 code=purchase           | pending_differs
        post T5 of T1 600 A -> C code=purchase    | pending_amount_exceeded
        void T6 of T1 B -> A code=top_up          | pending_differs
        post T7 of T1 code=top_up                 | created
        ",
    );
}

#[test]
fn an_expired_hold_can_only_be_voided() {
    check(
        "
        account A
        account B
        at 1000
        pending T0 A -> B 5 until=1000            | expiry_not_after_booking
        pending T1 A -> B 5 until=2000            | created
        pending T2 A -> B 5 until=2000            | created
        at 1999
        post T3 of T1                             | created
        at 2000
        post T4 of T2 6                           | pending_expired
        post T5 of T2                             | pending_expired
        void T6 of T2                             | created
        post T7 of T2                             | pending_already_voided
        balance A                                 | posted=-5 pending=0 available=-5
        ",
    );
}

#[test]
fn only_holds_are_posted_and_voided() {
    check(
        "
        account A
        account B
        transfer T1 A -> B 5                      | created
        post T2 of T1                             | pending_not_pending
        void T3 of T1                             | pending_not_pending
        post T4 of #77 5 A -> B                   | pending_unknown
        pending P A -> B 5                        | created
        void V of P                               | created
        post T5 of V                              | pending_not_pending
        ",
    );
}

#[test]
fn a_reversal_restores_every_balance() {
    check(
        "
        account A
        account B no_overdraft
        transfer T1 A -> B 500                    | created
        reverse T2 of T1                          | created
        balance A                                 | posted=0 pending=0 available=0
        balance B                                 | posted=0 pending=0 available=0
        reverse T3 of T1                          | reversal_already
        reverse T4 of T2                          | reversal_of_reversal
        pending P A -> B 50                       | created
        reverse T5 of P                           | reversal_of_pending
        post Q of P 40                            | created
        reverse T6 of P                           | reversal_of_pending
        reverse T7 of Q                           | created
        balance B                                 | posted=0 pending=0 available=0
        pending P2 A -> B 50                      | created
        void V of P2                              | created
        reverse T8 of V                           | reversal_of_pending
        reverse T9 of #99 5 A -> B                | reversal_unknown
        ",
    );
}

#[test]
fn a_reversal_mirrors_exactly_and_within_limits() {
    check(
        "
        account A
        account B no_overdraft
        account C
        transfer T1 A -> B 500                    | created
        reverse T2 of T1 499                      | reversal_differs
        reverse T3 of T1 A -> B                   | reversal_differs
        reverse T4 of T1 B -> C                   | reversal_differs
        transfer T5 B -> C 1                      | created
        reverse T6 of T1                          | exceeds_credits
        reverse T7 of T5                          | created
        reverse T8 of T1                          | created
        ",
    );
}

#[test]
fn what_is_owed_is_not_overpaid() {
    check(
        "
        account R no_overpay
        account W
        transfer T1 W -> R 1                      | exceeds_debits
        transfer T2 R -> W 100                    | created
        pending T3 W -> R 60                      | created
        balance R                                 | posted=-100 pending=60 available=40
        transfer T4 W -> R 41                     | exceeds_debits
        transfer T5 W -> R 40                     | created
        post T6 of T3                             | created
        balance R                                 | posted=0 pending=0 available=0
        ",
    );
}

#[test]
fn refusals_come_in_their_order() {
    // Each line breaks one rule less than the line before; the answer is always the first rule broken.
    check(
        "
        account A no_overdraft
        account B
        account E wh
        account X closed
        account R no_overpay
        closed_until 99
        transfer T00 X -> X 0 day=99              | amount_not_positive
        transfer T01 X -> X -5 day=99             | amount_not_positive
        transfer T02 X -> X 5 day=99              | accounts_equal
        pending  T03 NONE -> X 5 day=99 until=9   | expiry_not_after_booking
        transfer T04 NONE -> X 5 day=99           | account_unknown
        transfer T05 X -> NONE 5 day=99           | account_unknown
        transfer T06 X -> E 5 day=99              | account_closed
        transfer T07 E -> X 5 day=99              | account_closed
        transfer T08 A -> E 5 day=99              | currency_mismatch
        transfer T09 A -> B 5 day=99              | business_day_closed
        transfer T10 A -> B 5 day=98              | business_day_closed
        transfer T11 A -> R 5                     | exceeds_credits
        transfer T12 B -> R 5                     | exceeds_debits
        transfer T13 B -> A 9223372036854775807   | created
        transfer T14 B -> A 1                     | overflow
        transfer T15 B -> R 9223372036854775807   | overflow
        transfer T16 A -> B 9223372036854775807   | created
        transfer T17 A -> B 1                     | overflow
        ",
    );
}

#[test]
fn holds_count_towards_overflow() {
    check(
        "
        account A
        account B
        account C
        pending T1 A -> B 9223372036854775807     | created
        transfer T2 A -> C 1                      | overflow
        transfer T3 C -> B 1                      | overflow
        post T4 of T1                             | created
        ",
    );
}

#[test]
fn a_closed_account_only_releases_holds() {
    check(
        "
        account A
        account B
        pending T1 A -> B 5                       | created
        pending T2 A -> B 5                       | created
        transfer T3 A -> B 5                      | created
        close B
        transfer T4 A -> B 5                      | account_closed
        pending T5 A -> B 5                       | account_closed
        post T6 of T1                             | account_closed
        reverse T7 of T3                          | account_closed
        void T8 of T1                             | created
        void T9 of T2                             | created
        balance B                                 | posted=5 pending=0 available=5
        ",
    );
}

#[test]
fn a_closed_day_takes_nothing() {
    check(
        "
        account A
        account B
        pending T1 A -> B 5                       | created
        transfer T2 A -> B 5                      | created
        closed_until 100
        post T3 of T1                             | business_day_closed
        void T4 of T1                             | business_day_closed
        reverse T5 of T2                          | business_day_closed
        day 101
        post T6 of T1                             | created
        reverse T7 of T2                          | created
        ",
    );
}

#[test]
fn the_same_key_is_one_effect() {
    check(
        "
        account A
        account B
        transfer T1 A -> B 5 key=k                | created
        transfer T2 A -> B 5 key=k                | exists
        transfer T3 A -> B 6 key=k                | key_reused
        transfer T4 B -> A 5 key=k                | key_reused
        transfer T5 A -> B 5 key=k actor=1        | key_reused
        transfer T6 A -> B 5 key=k day=101        | key_reused
        transfer T7 A -> B 5 key=k code=top_up    | key_reused
        pending  T8 A -> B 5 key=k                | key_reused
        transfer T9 A -> B 0 key=k                | key_reused
        balance B                                 | posted=5 pending=0 available=5
        ",
    );
}

#[test]
fn a_refusal_is_answered_again_even_when_it_could_succeed() {
    check(
        "
        account A no_overdraft
        account B
        transfer T1 A -> B 5 key=k                | exceeds_credits
        transfer T2 B -> A 5                      | created
        transfer T3 A -> B 5 key=k                | before:exceeds_credits
        transfer T4 A -> B 4 key=k                | key_reused
        transfer T5 A -> B 5 key=k2               | created
        ",
    );
}

#[test]
fn linked_transfers_are_all_or_none() {
    check(
        "
        account A no_overdraft
        account B
        account C no_overdraft
        transfer T0 B -> A 100                    | created
        transfer T1 A -> B 60 linked              | linked_failed
        transfer T2 B -> C 60 linked              | linked_failed
        transfer T3 A -> B 60 linked              | exceeds_credits
        transfer T4 B -> C 1                      | linked_failed
        balance A                                 | posted=100 pending=0 available=100
        balance C                                 | posted=0 pending=0 available=0
        transfer T5 A -> B 60 linked              | created
        transfer T6 B -> C 60 linked              | created
        transfer T7 C -> A 60                     | created
        balance A                                 | posted=100 pending=0 available=100
        transfer T8 A -> B 100                    | created
        ",
    );
}

#[test]
fn a_refused_unit_refuses_only_itself() {
    check(
        "
        account A no_overdraft
        account B
        transfer T1 A -> B 1 linked               | exceeds_credits
        transfer T2 B -> A 1                      | linked_failed
        transfer T3 B -> A 1                      | created
        transfer T4 A -> B 1                      | created
        transfer T5 A -> B 1                      | exceeds_credits
        transfer T6 B -> A 1                      | created
        ",
    );
}

#[test]
fn a_failed_chain_gives_holds_and_reversed_transfers_back() {
    check(
        "
        account A
        account B
        pending P A -> B 5                        | created
        transfer Q A -> B 7                       | created
        post T1 of P linked                       | linked_failed
        reverse T2 of Q linked                    | linked_failed
        transfer T3 A -> B 0                      | amount_not_positive
        balance B                                 | posted=7 pending=5 available=7
        void T4 of P                              | created
        reverse T5 of Q                           | created
        balance B                                 | posted=0 pending=0 available=0
        ",
    );
}

#[test]
fn a_chain_sees_its_own_earlier_links() {
    check(
        "
        account A
        account B
        pending P A -> B 5 linked                 | created
        post T1 of P linked                       | created
        reverse T2 of T1                          | created
        pending P2 A -> B 5 linked                | created
        void T3 of P2                             | created
        ",
    );
}

#[test]
fn a_chain_is_retried_whole() {
    check(
        "
        account A
        account B
        transfer T1 A -> B 5 linked key=a         | created
        transfer T2 A -> B 6 key=b                | created
        transfer T3 A -> B 5 linked key=a         | exists
        transfer T4 A -> B 6 key=b                | exists
        transfer T5 A -> B 5 linked key=a         | exists
        transfer T6 A -> B 7 linked key=c         | linked_failed
        transfer T7 A -> B 6 key=b                | exists
        transfer T8 A -> B 5 key=a                | key_reused
        transfer T9 A -> B 0 linked key=d         | amount_not_positive
        transfer T10 A -> B 1 key=e               | linked_failed
        transfer T11 A -> B 0 linked key=d        | before:amount_not_positive
        transfer T12 A -> B 1 key=e               | before:linked_failed
        balance B                                 | posted=11 pending=0 available=11
        ",
    );
}

#[test]
fn a_key_stands_once_in_a_chain() {
    check(
        "
        account A
        account B
        transfer T1 A -> B 5 linked key=a         | linked_failed
        transfer T2 A -> B 5 linked key=a         | key_reused
        transfer T3 A -> B 5                      | linked_failed
        transfer T4 A -> B 5 linked key=b         | linked_failed
        transfer T5 A -> B 9 key=b                | key_reused
        balance B                                 | posted=0 pending=0 available=0
        ",
    );
}

#[test]
fn a_batch_does_not_end_in_a_chain() {
    check(
        "
        account A
        account B
        transfer T1 A -> B 5                      | created
        transfer T2 A -> B 5 linked               | linked_failed
        transfer T3 A -> B 0 linked               | linked_chain_open
        balance B                                 | posted=5 pending=0 available=5
        ",
    );
}

#[test]
fn booking_time_never_goes_back() {
    check(
        "
        account A
        account B
        at 5000
        transfer T1 A -> B 5                      | created
        at 3000
        pending T2 A -> B 5 until=4000            | expiry_not_after_booking
        transfer T3 A -> B 5                      | created
        ",
    );
}

#[test]
fn currencies_stay_apart() {
    check(
        "
        account P wh
        account M wh no_overdraft
        account S co2
        account G co2
        account K
        transfer T1 P -> M 1500                   | created
        transfer T2 S -> G 900                    | created
        transfer T3 M -> G 1                      | currency_mismatch
        transfer T4 M -> K 1                      | currency_mismatch
        transfer T5 M -> P 1500                   | created
        ",
    );
}
