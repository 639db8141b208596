//! A desk: callers who ask at the same time share a commit.
//!
//! Each cluster has a queue of its own with at most one unit of work under way. While one unit is decided and written to disk, what arrives
//! gathers for the next: there is no timer, and a lone caller waits for nobody. The clusters' units are kept apart, so that one
//! cluster's trouble is not another's; on SQLite those that wait at the same time still go to disk with one commit, on PostgreSQL a few of
//! them run side by side.
//!
//! What the callers may rely on:
//!
//! - An answer means that it is on disk. A missing answer says nothing; the same request again tells.
//! - What one caller asks for stays together and in order, and never runs into what the next one asks for.
//! - A refusal refuses only itself. When the store fails over something in the data, the unit is divided until the one at fault stands
//!   alone; the others are booked.
//! - A caller who leaves before its turn is skipped; one whose turn has begun is booked.
//!
//! Two kinds of work are done at desks: transfers (`transfer_desk.rs`) and orders (`trade/`).

use domain::{Clock, ClusterId};
use quantity::Instant;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{Engine, Store, StoreError};
use tokio::sync::{Semaphore, oneshot};

/// Most commands of one unit, unless a single caller brings more.
const BATCH_MAX: usize = 4_096;
/// Most commands that wait, over all clusters; beyond it `overloaded` is answered.
const WAITING_MAX: usize = 65_536;
/// PostgreSQL: most units at once, so that connections are left for everything else.
const SIDE_BY_SIDE: usize = 8;

/// What is done at a desk.
pub(crate) trait Work: Send + Sync + 'static {
    /// What one caller asks for.
    type Ask: Send + Sync + 'static;
    /// What the caller gets.
    type Answer: Send + 'static;

    /// How many commands an ask is worth.
    fn size(ask: &Self::Ask) -> usize;

    /// Decides the asks of one cluster in order and writes what came of them in one unit; one answer for each.
    fn book(
        &self,
        store: &Store,
        cluster: ClusterId,
        now: Instant,
        asks: Arc<[Arc<Self::Ask>]>,
    ) -> impl Future<Output = Result<Vec<Self::Answer>, StoreError>> + Send;
}

/// Where callers hand in what they ask for. One for each process and kind of work.
pub(crate) struct Desk<W: Work> {
    work: W,
    queues: Mutex<Queues<W>>,
    room: Semaphore,
}

struct Queues<W: Work> {
    /// The queues of the clusters that a clerk works for.
    of: HashMap<ClusterId, VecDeque<Order<W>>>,
    /// Commands in all of them.
    waiting: usize,
}

/// What one caller asks for, and where the answer goes.
struct Order<W: Work> {
    ask: Arc<W::Ask>,
    reply: oneshot::Sender<Result<W::Answer, StoreError>>,
}

/// Works through the queue of one cluster and leaves when it is empty.
struct Clerk<W: Work> {
    desk: Arc<Desk<W>>,
    cluster: ClusterId,
    /// Given back before the last callers are answered, so that one who then closes the store really closes it.
    store: Option<Store>,
    clock: Arc<dyn Clock>,
}

impl<W: Work> Desk<W> {
    pub(crate) fn new(engine: Engine, work: W) -> Arc<Self> {
        let room = match engine {
            Engine::Lite => Semaphore::MAX_PERMITS,
            Engine::Pg => SIDE_BY_SIDE,
        };
        let queues = Mutex::new(Queues { of: HashMap::new(), waiting: 0 });
        Arc::new(Self { work, queues, room: Semaphore::new(room) })
    }

    /// The work that is done at it, for those who only look.
    pub(crate) const fn work(&self) -> &W {
        &self.work
    }

    /// Does what is asked for in one cluster, together with what others ask for at the same time. Gives the answer once it is on disk.
    ///
    /// # Errors
    /// [`StoreError::Overloaded`] when too much waits; else what the store says.
    pub(crate) async fn execute(
        self: &Arc<Self>,
        store: &Store,
        clock: &Arc<dyn Clock>,
        cluster: ClusterId,
        ask: W::Ask,
    ) -> Result<W::Answer, StoreError> {
        let (reply, answer) = oneshot::channel();
        if self.put(cluster, Order { ask: Arc::new(ask), reply })? {
            let clerk = Clerk { desk: Arc::clone(self), cluster, store: Some(store.clone()), clock: Arc::clone(clock) };
            tokio::spawn(clerk.work());
        }
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Puts an order into the queue of its cluster; `true` when that had no clerk and now needs one.
    fn put(&self, cluster: ClusterId, order: Order<W>) -> Result<bool, StoreError> {
        let mut queues = self.lock();
        let waiting = queues.waiting.saturating_add(W::size(&order.ask));
        if waiting > WAITING_MAX {
            return Err(StoreError::Overloaded);
        }
        queues.waiting = waiting;
        let is_new = !queues.of.contains_key(&cluster);
        queues.of.entry(cluster).or_default().push_back(order);
        Ok(is_new)
    }

    /// The next orders of a cluster; none when nothing waits.
    fn take(&self, cluster: ClusterId) -> Vec<Order<W>> {
        let mut queues = self.lock();
        let Some(queue) = queues.of.get_mut(&cluster) else { return Vec::new() };
        let (mut orders, mut commands) = (Vec::with_capacity(queue.len()), 0);
        while let Some(order) = queue.pop_front_if(|order| commands == 0 || commands + W::size(&order.ask) <= BATCH_MAX) {
            commands += W::size(&order.ask);
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
        let commands: usize = left.iter().map(|order| W::size(&order.ask)).sum();
        queues.waiting = queues.waiting.saturating_sub(commands);
    }

    /// Nothing panics while it is held, and half a change to a queue does no harm.
    fn lock(&self) -> MutexGuard<'_, Queues<W>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: Work> Clerk<W> {
    async fn work(mut self) {
        let desk = Arc::clone(&self.desk);
        while let Some(store) = self.store.as_ref() {
            let permit = desk.room.acquire().await;
            let answered = settle(&desk.work, store, self.cluster, self.clock.now(), desk.take(self.cluster)).await;
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

impl<W: Work> Drop for Clerk<W> {
    /// A clerk still holding the store was stopped half-way, with its runtime.
    fn drop(&mut self) {
        if self.store.is_some() {
            self.desk.abandon(self.cluster);
        }
    }
}

/// An order with its answer.
type Answered<W> = (Order<W>, Result<<W as Work>::Answer, StoreError>);

/// Books orders in one unit, or in as many as it takes to part one that the store fails over from the others.
async fn settle<W: Work>(work: &W, store: &Store, cluster: ClusterId, now: Instant, orders: Vec<Order<W>>) -> Vec<Answered<W>> {
    let mut answered = Vec::with_capacity(orders.len());
    let mut parts = vec![orders];
    while let Some(mut part) = parts.pop() {
        if part.is_empty() {
            continue;
        }
        let asks = part.iter().map(|order| Arc::clone(&order.ask)).collect();
        match work.book(store, cluster, now, asks).await {
            Ok(answers) => answered.extend(part.into_iter().zip(answers.into_iter().map(Ok))),
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
