//! What the threads do: units in batches for the writer, one by one for the readers.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::mpsc::Receiver;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::unit::{Unit, run_now};
use crate::waist::LiteTx;
use crate::{Result, StoreError, Tx};

/// Most units of one commit.
const BATCH_MAX: usize = 4096;

/// A unit in a queue, its types forgotten.
pub(super) trait Waiting: Send {
    /// Whether nobody waits for the answer any more.
    fn is_gone(&self) -> bool;
    /// Runs the unit and keeps its outcome.
    fn run(&mut self, connection: &mut Connection) -> Ran;
    /// Answers: with the outcome, or with the error that undid it.
    fn done(self: Box<Self>, committed: Result<()>);
}

/// How a unit ended.
pub(super) enum Ran {
    Keep,
    /// Take it back; with the statement failure, if one was the cause.
    Undo(Option<StoreError>),
}

/// A unit with the channel for its answer.
pub(super) struct Ticket<F, T, E> {
    unit: F,
    reply: oneshot::Sender<Result<T, E>>,
    outcome: Option<Result<T, E>>,
}

impl<F, T, E> Ticket<F, T, E>
where
    F: Unit<T, E>,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    pub(super) fn boxed(unit: F, reply: oneshot::Sender<Result<T, E>>) -> Box<dyn Waiting> {
        Box::new(Self { unit, reply, outcome: None })
    }
}

impl<F, T, E> Waiting for Ticket<F, T, E>
where
    F: Unit<T, E>,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    fn is_gone(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(&mut self, connection: &mut Connection) -> Ran {
        let mut tx = Tx::Lite(LiteTx::new(connection));
        let outcome = run_now(&self.unit, &mut tx);
        let ran = if outcome.is_ok() { Ran::Keep } else { Ran::Undo(tx.failed()) };
        self.outcome = Some(outcome);
        ran
    }

    fn done(self: Box<Self>, committed: Result<()>) {
        let answer = match (committed, self.outcome) {
            (Err(error), None | Some(Ok(_))) => Err(error.into()),
            (Ok(()), None) => Err(StoreError::Closed.into()),
            (_, Some(outcome)) => outcome,
        };
        // The receiver may have left; then nobody wants the answer.
        let _ = reply_to(self.reply, answer);
    }
}

fn reply_to<T, E>(reply: oneshot::Sender<Result<T, E>>, answer: Result<T, E>) -> std::result::Result<(), ()> {
    reply.send(answer).map_err(|_| ())
}

/// The writer's life: takes whatever waits, commits it at once. The disk sync of one batch is the time in which the
/// next one gathers, so there is no timer.
pub(super) fn write_all(mut connection: Connection, mut queue: mpsc::Receiver<Box<dyn Waiting>>) {
    let mut taken = Vec::with_capacity(BATCH_MAX);
    while queue.blocking_recv_many(&mut taken, BATCH_MAX) > 0 {
        let mut batch: VecDeque<_> = taken.drain(..).collect();
        while !batch.is_empty() {
            commit_batch(&mut connection, &mut batch);
        }
    }
}

/// Runs units in one transaction and answers them. Stops early, leaving the rest in `batch`, when SQLite has taken
/// the transaction back by itself (as it may when the disk is full).
fn commit_batch(connection: &mut Connection, batch: &mut VecDeque<Box<dyn Waiting>>) {
    if let Err(error) = plain(connection, "BEGIN IMMEDIATE") {
        batch.drain(..).for_each(|waiting| waiting.done(Err(error.clone())));
        return;
    }
    let mut begun = Vec::with_capacity(batch.len());
    let mut result = Ok(());
    let mut is_empty = true;
    while let Some(mut waiting) = batch.pop_front() {
        if waiting.is_gone() {
            continue;
        }
        result = match is_empty {
            true => run_first(connection, &mut *waiting).map(|is_kept| is_empty = !is_kept),
            false => run_in_savepoint(connection, &mut *waiting),
        };
        begun.push(waiting);
        if result.is_err() {
            break;
        }
    }
    let result = result.and_then(|()| plain(connection, "COMMIT"));
    if let Err(error) = &result {
        tracing::warn!(code = error.code(), units = begun.len(), "a batch was taken back");
        take_back(connection);
    }
    begun.into_iter().for_each(|waiting| waiting.done(result.clone()));
}

/// Runs a unit in a transaction that holds nothing yet, so that taking the transaction back takes back this unit alone. That spares
/// the savepoint, which would copy every page that the unit changes. Gives whether the unit is kept.
///
/// An error means that the whole transaction is lost.
fn run_first(connection: &mut Connection, waiting: &mut dyn Waiting) -> Result<bool> {
    let ran = waiting.run(connection);
    still_open(connection, &ran)?;
    if let Ran::Undo(_) = ran {
        plain(connection, "ROLLBACK")?;
        plain(connection, "BEGIN IMMEDIATE")?;
        return Ok(false);
    }
    Ok(true)
}

/// An error means that the whole transaction is lost, not only this unit.
fn run_in_savepoint(connection: &mut Connection, waiting: &mut dyn Waiting) -> Result<()> {
    plain(connection, "SAVEPOINT unit")?;
    let ran = waiting.run(connection);
    still_open(connection, &ran)?;
    if let Ran::Undo(_) = ran {
        plain(connection, "ROLLBACK TO unit")?;
    }
    plain(connection, "RELEASE unit")
}

/// Says why the transaction is gone, if it is: SQLite takes it back by itself when the disk is full, for one.
fn still_open(connection: &Connection, ran: &Ran) -> Result<()> {
    if !connection.is_autocommit() {
        return Ok(());
    }
    Err(match ran {
        Ran::Undo(Some(error @ (StoreError::DiskFull(_) | StoreError::DiskFailed(_)))) => error.clone(),
        Ran::Undo(Some(error)) => StoreError::BatchLost(error.to_string()),
        Ran::Keep | Ran::Undo(None) => StoreError::BatchLost("the transaction ended by itself".to_owned()),
    })
}

/// A reader's life: one snapshot per unit.
pub(super) fn read_all(mut connection: Connection, queue: &Mutex<Receiver<Box<dyn Waiting>>>) {
    loop {
        // One idle reader waits in `recv`, the others for the guard.
        let Ok(receiver) = queue.lock() else { return };
        let Ok(mut waiting) = receiver.recv() else {
            // One after the other: SQLite takes the log into the file when the last connection closes, and not at all when two close at once.
            drop(connection);
            return;
        };
        drop(receiver);
        if waiting.is_gone() {
            continue;
        }
        let result = plain(&connection, "BEGIN");
        if result.is_ok() {
            waiting.run(&mut connection);
            take_back(&connection);
        }
        waiting.done(result);
    }
}

fn plain(connection: &Connection, text: &str) -> Result<()> {
    connection.prepare_cached(text)?.raw_execute()?;
    Ok(())
}

fn take_back(connection: &Connection) {
    if !connection.is_autocommit()
        && let Err(error) = plain(connection, "ROLLBACK")
    {
        tracing::error!(code = error.code(), "a rollback failed");
    }
}
