//! The transfer desk: callers who ask at the same time share a commit.
//!
//! Each cluster has a queue of its own with at most one unit of work under way. While one unit is decided and written to disk, what arrives
//! gathers for the next: there is no timer, and a lone caller waits for nobody. The clusters' units are kept apart, so that one
//! cluster's trouble is not another's; on SQLite those that wait at the same time still go to disk with one commit, on PostgreSQL a few of
//! them run side by side.
//!
//! What the callers may rely on:
//!
//! - An answer means that it is on disk. A missing answer says nothing; the same command again tells.
//! - The commands of one caller stay together and in order, and never run into those of the next.
//! - A refused command refuses only itself (and its chain). When the store fails over something in the data, the unit is divided until the
//!   one at fault stands alone; the others are booked.
//! - A caller who leaves before its turn is skipped; one whose turn has begun is booked.

use domain::{Clock, ClusterId};
use ledger::{Outcome, TransferCreate};
use quantity::Instant;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{Engine, Store, StoreError, Tx};
use tokio::sync::{Semaphore, oneshot};

/// Most commands of one unit, unless a single caller brings more.
const BATCH_MAX: usize = 4_096;
/// Most commands that wait, over all clusters; beyond it `overloaded` is answered. A command takes about 130 bytes.
const WAITING_MAX: usize = 65_536;
/// PostgreSQL: most units at once, so that connections are left for everything else.
const SIDE_BY_SIDE: usize = 8;

/// What one caller gets: an outcome for each command, in order.
type Answer = Result<Vec<Outcome>, StoreError>;

/// Where callers hand in transfers. One for each process.
pub(crate) struct TransferDesk {
    queues: Mutex<Queues>,
    room: Semaphore,
}

#[derive(Default)]
struct Queues {
    /// The queues of the clusters that a clerk works for.
    of: HashMap<ClusterId, VecDeque<Order>>,
    /// Commands in all of them.
    waiting: usize,
}

/// What one caller asks for.
struct Order {
    commands: Vec<TransferCreate>,
    reply: oneshot::Sender<Answer>,
}

/// Works through the queue of one cluster and leaves when it is empty.
struct Clerk {
    desk: Arc<TransferDesk>,
    cluster: ClusterId,
    /// Given back before the last callers are answered, so that one who then closes the store really closes it.
    store: Option<Store>,
    clock: Arc<dyn Clock>,
}

impl TransferDesk {
    pub(crate) fn new(engine: Engine) -> Arc<Self> {
        let room = match engine {
            Engine::Lite => Semaphore::MAX_PERMITS,
            Engine::Pg => SIDE_BY_SIDE,
        };
        Arc::new(Self { queues: Mutex::default(), room: Semaphore::new(room) })
    }

    /// Books commands of one cluster, in order, together with what others ask for at the same time. Gives one outcome per command once they
    /// are on disk.
    ///
    /// # Errors
    /// [`StoreError::Overloaded`] when too much waits; else what the store says. A refusal is an [`Outcome`], not an error.
    pub(crate) async fn execute(
        self: &Arc<Self>,
        store: &Store,
        clock: &Arc<dyn Clock>,
        cluster: ClusterId,
        commands: Vec<TransferCreate>,
    ) -> Answer {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let (reply, answer) = oneshot::channel();
        if self.put(cluster, Order { commands, reply })? {
            let clerk = Clerk { desk: Arc::clone(self), cluster, store: Some(store.clone()), clock: Arc::clone(clock) };
            tokio::spawn(clerk.work());
        }
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Puts an order into the queue of its cluster; `true` when that had no clerk and now needs one.
    fn put(&self, cluster: ClusterId, order: Order) -> Result<bool, StoreError> {
        let mut queues = self.lock();
        let waiting = queues.waiting.saturating_add(order.commands.len());
        if waiting > WAITING_MAX {
            return Err(StoreError::Overloaded);
        }
        queues.waiting = waiting;
        let is_new = !queues.of.contains_key(&cluster);
        queues.of.entry(cluster).or_default().push_back(order);
        Ok(is_new)
    }

    /// The next orders of a cluster; none when nothing waits.
    fn take(&self, cluster: ClusterId) -> Vec<Order> {
        let mut queues = self.lock();
        let Some(queue) = queues.of.get_mut(&cluster) else { return Vec::new() };
        let (mut orders, mut commands) = (Vec::with_capacity(queue.len()), 0);
        while let Some(order) = queue.pop_front_if(|order| commands == 0 || commands + order.commands.len() <= BATCH_MAX) {
            commands += order.commands.len();
            orders.push(order);
        }
        queues.waiting = queues.waiting.saturating_sub(commands);
        orders.retain(|order| !order.reply.is_closed());
        orders
    }

    /// Sends a cluster's clerk home; `false` when something waits.
    fn leave(&self, cluster: ClusterId) -> bool {
        let mut queues = self.lock();
        let is_idle = queues.of.get(&cluster).is_none_or(VecDeque::is_empty);
        if is_idle {
            queues.of.remove(&cluster);
        }
        is_idle
    }

    /// Forgets what waits for a cluster; its callers hear that the store is closed.
    fn abandon(&self, cluster: ClusterId) {
        let mut queues = self.lock();
        let left = queues.of.remove(&cluster).unwrap_or_default();
        let commands: usize = left.iter().map(|order| order.commands.len()).sum();
        queues.waiting = queues.waiting.saturating_sub(commands);
    }

    /// Nothing panics while it is held, and half a change to a queue does no harm.
    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clerk {
    async fn work(mut self) {
        let desk = Arc::clone(&self.desk);
        while let Some(store) = self.store.as_ref() {
            let permit = desk.room.acquire().await;
            let answered = settle(store, self.cluster, self.clock.now(), desk.take(self.cluster)).await;
            drop(permit);
            if desk.leave(self.cluster) {
                self.store = None;
            }
            for (order, answer) in answered {
                // The caller may have left; then nobody wants the answer.
                let _ = order.reply.send(answer);
            }
        }
    }
}

impl Drop for Clerk {
    /// A clerk still holding the store was stopped half-way, with its runtime.
    fn drop(&mut self) {
        if self.store.is_some() {
            self.desk.abandon(self.cluster);
        }
    }
}

/// Books orders in one unit, or in as many as it takes to part one that the store fails over from the others.
async fn settle(store: &Store, cluster: ClusterId, now: Instant, orders: Vec<Order>) -> Vec<(Order, Answer)> {
    let mut answered = Vec::with_capacity(orders.len());
    let mut parts = vec![orders];
    while let Some(mut part) = parts.pop() {
        if part.is_empty() {
            continue;
        }
        match book(store, cluster, now, &part).await {
            Ok(outcomes) => {
                let mut outcomes = outcomes.into_iter();
                answered.extend(part.into_iter().map(|order| {
                    let own = outcomes.by_ref().take(order.commands.len()).collect();
                    (order, Ok(own))
                }));
            }
            Err(error) if part.len() > 1 && is_of_data(&error) => {
                let rest = part.split_off(part.len() / 2);
                parts.extend([rest, part]);
            }
            Err(error) => answered.extend(part.into_iter().map(|order| (order, Err(error.clone())))),
        }
    }
    answered
}

/// Whether the cause may be one command's data, so that others can be booked without it.
fn is_of_data(error: &StoreError) -> bool {
    use StoreError as E;
    matches!(
        error,
        E::DataCorrupt(_)
            | E::InvalidValue(_)
            | E::CheckFailed(_)
            | E::ForeignKey(_)
            | E::UniqueViolation(_)
            | E::UnitPanicked(_)
            | E::EngineFailed(_)
    )
}

async fn book(store: &Store, cluster: ClusterId, now: Instant, orders: &[Order]) -> Answer {
    let runs: Arc<[Vec<TransferCreate>]> = runs(orders).into();
    store
        .write(move |tx| {
            let runs = Arc::clone(&runs);
            Box::pin(async move { book_runs(tx, cluster, now, &runs).await })
        })
        .await
}

/// The commands of all orders, cut only behind one whose last command asks to be linked to a next: that next one is not another caller's.
fn runs(orders: &[Order]) -> Vec<Vec<TransferCreate>> {
    let mut runs = vec![Vec::with_capacity(orders.iter().map(|order| order.commands.len()).sum())];
    for order in orders {
        if let Some(run) = runs.last_mut() {
            run.extend_from_slice(&order.commands);
        }
        if order.commands.last().is_some_and(|last| last.linked) {
            runs.push(Vec::new());
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

async fn book_runs(tx: &mut Tx<'_>, cluster: ClusterId, now: Instant, runs: &[Vec<TransferCreate>]) -> Answer {
    let mut head = tx.ledger_head(cluster).await?;
    let mut outcomes = Vec::new();
    for run in runs {
        let more = tx.transfers_execute_at(cluster, &mut head, now, run).await?;
        if outcomes.is_empty() { outcomes = more } else { outcomes.extend(more) }
    }
    tx.ledger_head_put(cluster, &head).await?;
    Ok(outcomes)
}
