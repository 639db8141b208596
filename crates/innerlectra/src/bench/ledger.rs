//! Transfers: the deciding engine alone, in batches on disk, and one at a time by many callers.

use super::bare::TransferLoop;
use super::measure::{Chance, Sample, interleaved, on_cpu, on_wall};
use super::place::Place;
use super::row::{Row, Taken};
use super::{Size, data};
use anyhow::{Result, ensure};
use domain::{AccountNo, ClusterId};
use ledger::{Account, AccountCode, Books, BooksInit, Cause, Currency, IdempotencyKey, Limit, Outcome, TransferCode, TransferCreate, TransferKind};
use quantity::Instant;
use std::collections::HashMap;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use store::Store;

/// What every account holds at the start, so that its limit is checked and never met.
const OPENING: i64 = 1 << 40;
/// Callers that wait for an answer each before they ask again.
const CALLERS: usize = 64;

/// The one cluster of those measurements that need one.
pub(super) fn cluster() -> ClusterId {
    data::cluster_id(1)
}

/// The instant at which everything is booked.
pub(super) fn booked_at() -> Instant {
    data::slot_start(1, 0)
}

fn account_no(number: i64) -> AccountNo {
    AccountNo::new(number).unwrap_or_else(|_| unreachable!("accounts are numbered from 1"))
}

/// Wallets with money in them, numbered from 1.
pub(super) fn accounts(count: usize) -> Vec<Account> {
    let wallet = |number| Account {
        credits_posted: OPENING,
        ..Account::new(account_no(number), Currency::Zmw, AccountCode::MemberWallet, None, Limit::DebitsNotOverCredits)
    };
    (1..=count as i64).map(wallet).collect()
}

/// Transfers between random pairs of accounts, each with a key of its own.
pub(super) struct Commands {
    chance: Chance,
    accounts: i64,
}

impl Commands {
    pub(super) const fn from_seed(seed: u64, accounts: usize) -> Self {
        Self { chance: Chance::from_seed(seed), accounts: accounts as i64 }
    }

    pub(super) fn take(&mut self, count: usize) -> Vec<TransferCreate> {
        (0..count).map(|_| self.one()).collect()
    }

    fn one(&mut self) -> TransferCreate {
        let debit = self.chance.between(1, self.accounts + 1);
        let other = self.chance.between(1, self.accounts);
        let credit = if other >= debit { other + 1 } else { other };
        let mut key = [0; 16];
        key[..8].copy_from_slice(&self.chance.next().to_be_bytes());
        key[8..].copy_from_slice(&self.chance.next().to_be_bytes());
        TransferCreate {
            key: IdempotencyKey(key),
            debit: account_no(debit),
            credit: account_no(credit),
            amount: self.chance.between(1, 10_000),
            code: TransferCode::Other,
            kind: TransferKind::Posted,
            cause: Cause::NONE,
            business_on: data::first_day(),
            actor: 0,
            linked: false,
        }
    }
}

/// The pure engine against two additions in a hash map.
pub(super) fn engine(size: &Size, _: &Place) -> Result<Vec<Row>> {
    let mut source = Commands::from_seed(11, size.accounts);
    let commands = source.take(size.transfers);
    let mut books = Books::new(BooksInit::first());
    accounts(size.accounts).into_iter().for_each(|account| books.add_account(account));
    let mut balances: HashMap<i64, i64> = (1..=size.accounts as i64).map(|number| (number, OPENING)).collect();
    let mut outcomes = Vec::new();
    let medians = interleaved(
        size.runs,
        &mut [
            &mut || {
                on_cpu(commands.len(), || {
                    for batch in commands.chunks(4096) {
                        ledger::execute(&mut books, booked_at(), batch, &mut outcomes);
                        black_box(books.new_transfers());
                        books.next_batch(None);
                    }
                    ensure!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Created(_))), "a transfer was refused");
                    Ok(())
                })
            },
            &mut || {
                on_cpu(commands.len(), || {
                    for command in &commands {
                        *balances.entry(command.debit.get()).or_default() -= command.amount;
                        *balances.entry(command.credit.get()).or_default() += command.amount;
                    }
                    black_box(&balances);
                    Ok(())
                })
            },
        ],
    )?;
    let taken = Taken { unit: "transfers/CPU-s", runs: size.runs, engine: "memory" };
    let note = format!("deciding alone, batches of 4096, {} accounts in memory", size.accounts);
    Ok(vec![Row::new("ledger_execute", taken, medians[0], "two additions in a hash map of the same accounts", medians[1]).note(note)])
}

/// A store with accounts in it.
fn funded(place: &Place, path: &Path, count: usize) -> Result<Store> {
    let store = place.store(path)?;
    fund(place, &store, cluster(), count)?;
    Ok(store)
}

/// Opens the accounts of a cluster in `store`.
pub(super) fn fund(place: &Place, store: &Store, cluster: ClusterId, count: usize) -> Result<()> {
    let all = Arc::new(accounts(count));
    place.wait(store.write::<_, store::StoreError, _>(move |tx| {
        let all = all.clone();
        Box::pin(async move { tx.account_put(cluster, &all).await })
    }))?;
    Ok(())
}

/// Books a batch in one unit.
async fn book(store: &Store, cluster: ClusterId, commands: Arc<[TransferCreate]>) -> Result<()> {
    let outcomes: Vec<Outcome> = store
        .write::<_, store::StoreError, _>(move |tx| {
            let commands = commands.clone();
            Box::pin(async move { tx.transfers_execute(cluster, booked_at(), &commands).await })
        })
        .await?;
    ensure!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Created(_))), "a transfer was refused");
    Ok(())
}

/// Books batches one after the other.
pub(super) fn book_in_turn(place: &Place, store: &Store, commands: &[TransferCreate], batch: usize) -> Result<Sample> {
    let batches: Vec<Arc<[TransferCreate]>> = commands.chunks(batch).map(Arc::from).collect();
    on_wall(commands.len(), || {
        place.wait(async {
            for batch in batches {
                book(store, cluster(), batch).await?;
            }
            Ok(())
        })
    })
}

/// A funded file without the store: the bare loop's.
fn bare_loop(size: &Size, place: &Place) -> Result<TransferLoop> {
    let path = place.fresh("loop");
    drop(funded(place, &path, size.accounts)?);
    TransferLoop::open(&path, cluster())
}

/// Measures batches on disk.
pub(super) fn batches(size: &Size, place: &Place) -> Result<Vec<Row>> {
    [4096, 512, 64].map(|batch| batches_of(size, place, batch)).into_iter().collect()
}

fn batches_of(size: &Size, place: &Place, batch: usize) -> Result<Row> {
    let store = funded(place, &place.fresh("ledger"), size.accounts)?;
    let mut bare = bare_loop(size, place)?;
    let count = size.transfers.min(batch * 256).max(batch);
    let (mut ours, mut theirs) = (Commands::from_seed(12, size.accounts), Commands::from_seed(12, size.accounts));
    let medians = interleaved(
        size.runs,
        &mut [
            &mut || {
                let commands = ours.take(count);
                book_in_turn(place, &store, &commands, batch)
            },
            &mut || {
                let commands = theirs.take(count);
                on_wall(count, || commands.chunks(batch).try_for_each(|batch| bare.book(batch, booked_at().0)))
            },
        ],
    )?;
    let taken = Taken { unit: "transfers/s", runs: size.runs, engine: "sqlite" };
    let baseline = "bare loop in the same tables: one insert and two updates a transfer, one commit a batch";
    let note = format!("batches of {batch}, {} accounts; keys looked up, limits kept, log appended", size.accounts);
    let name = if batch == 4096 { "ledger_engine".to_owned() } else { format!("ledger_engine_{batch}") };
    let row = Row::new(name, taken, medians[0], baseline, medians[1]).note(note);
    Ok(if batch == 4096 { row.target(0.7, 2.0) } else { row })
}

/// Where the callers of [`book_by_callers`] book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Callers {
    /// All in one cluster.
    Together(usize),
    /// Each in a cluster of its own, numbered from 1, so that none waits for another's turn.
    Apart(usize),
}

/// Many callers, each with one transfer at a time.
pub(super) fn book_by_callers(place: &Place, store: &Store, commands: &[TransferCreate], callers: Callers) -> Result<Sample> {
    let (Callers::Together(count) | Callers::Apart(count)) = callers;
    let shares: Vec<Vec<TransferCreate>> = (0..count).map(|caller| commands.iter().skip(caller).step_by(count).copied().collect()).collect();
    on_wall(commands.len(), || {
        place.wait_all((1..).zip(shares).map(|(number, share)| {
            let store = store.clone();
            let cluster = if callers == Callers::Together(count) { cluster() } else { data::cluster_id(number) };
            async move {
                for command in share {
                    book(&store, cluster, Arc::from([command])).await?;
                }
                Ok(())
            }
        }))
    })
}

/// Measures single transfers of many callers.
pub(super) fn single(size: &Size, place: &Place) -> Result<Vec<Row>> {
    let store = funded(place, &place.fresh("ledger-single"), size.accounts)?;
    let mut bare = bare_loop(size, place)?;
    let (mut ours, mut theirs) = (Commands::from_seed(13, size.accounts), Commands::from_seed(13, size.accounts));
    let few = size.singles / 8;
    let medians = interleaved(
        size.runs,
        &mut [
            &mut || {
                let commands = ours.take(size.singles);
                book_by_callers(place, &store, &commands, Callers::Together(CALLERS))
            },
            &mut || {
                let commands = theirs.take(few);
                on_wall(few, || commands.iter().try_for_each(|command| bare.book(std::slice::from_ref(command), booked_at().0)))
            },
        ],
    )?;
    let taken = Taken { unit: "transfers/s", runs: size.runs, engine: "sqlite" };
    let note = format!("{CALLERS} callers, one transfer each at a time; units that wait share a commit");
    Ok(vec![Row::new("ledger_single", taken, medians[0], "the same statements, a commit for each transfer", medians[1]).note(note)])
}
