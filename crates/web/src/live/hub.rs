//! Rooms: the clusters that are watched, each with one poller.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ClusterId;
use service::news::News;
use service::policy::Actor;
use tokio::sync::watch;

use crate::from_service::trading;
use crate::input::DashboardInput;
use crate::input::trade::MarketInput;
use crate::web::Web;

/// Ticks of a listener in which a room looks once for something new.
const TICKS_PER_POLL: u32 = 2;

/// Rounds after which a room reads the dashboard although nothing was told: its data grows old.
const ROUNDS_MAX: u32 = 6;

/// Most listeners of one process; each holds a connection and a few hundred bytes.
const LISTENERS_MAX: usize = 2_000;

/// What is known of a cluster that somebody watches.
#[derive(Debug)]
pub struct Watched {
    /// Its energy.
    pub dashboard: DashboardInput,
    /// Its market; `None` where there is none.
    pub market: Option<MarketInput>,
}

/// The latest state of a cluster.
pub type State = Option<Arc<Watched>>;

/// All rooms.
#[derive(Debug, Default)]
pub struct Hub {
    rooms: Mutex<HashMap<String, watch::Sender<State>>>,
    listeners: Arc<AtomicUsize>,
}

/// A place in a room; given back when dropped.
#[derive(Debug)]
pub struct Seat {
    listeners: Arc<AtomicUsize>,
    /// What happens in the room.
    pub states: watch::Receiver<State>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.listeners.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Hub {
    fn rooms(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<State>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A seat in the room of a cluster, whose poller is begun when it has none; `None` when all seats are taken.
    pub fn sit(&self, web: &Web, code: &str, cluster: ClusterId) -> Option<Seat> {
        if self.listeners.fetch_add(1, Ordering::AcqRel) >= LISTENERS_MAX {
            self.listeners.fetch_sub(1, Ordering::AcqRel);
            return None;
        }
        let mut rooms = self.rooms();
        let states = match rooms.get(code) {
            Some(sender) => sender.subscribe(),
            None => {
                let (sender, states) = watch::channel(None);
                rooms.insert(code.to_owned(), sender);
                tokio::spawn(poll(web.clone(), code.to_owned(), cluster));
                states
            }
        };
        Some(Seat { listeners: Arc::clone(&self.listeners), states })
    }

    /// Tells a state to everybody in the room; `false` closes the room because nobody is left.
    fn tell(&self, code: &str, state: State) -> bool {
        let mut rooms = self.rooms();
        let Some(sender) = rooms.get(code) else { return false };
        if sender.receiver_count() == 0 {
            rooms.remove(code);
            return false;
        }
        if state.is_some() {
            sender.send_replace(state);
        }
        true
    }
}

/// Looks for something new until nobody listens.
async fn poll(web: Web, code: String, cluster: ClusterId) {
    let (mut news, mut rounds) = (News::of(cluster), ROUNDS_MAX);
    loop {
        let is_new = match web.service() {
            Some(service) => news.look(service, |_| true).await,
            None => false,
        };
        let state = if is_new || rounds >= ROUNDS_MAX { read(&web, &code).await } else { None };
        rounds = if state.is_some() { 0 } else { rounds + 1 };
        if !web.live().tell(&code, state) {
            return;
        }
        tokio::time::sleep(web.options().live_tick * TICKS_PER_POLL).await;
    }
}

/// The cluster as the program sees it; what each listener may see was asked before.
async fn read(web: &Web, code: &str) -> State {
    let dashboard = match web.source().dashboard(Actor::System, code).await {
        Ok(found) => found?,
        Err(error) => {
            tracing::warn!(code = error.code, "the live parts could not read a dashboard: {}", error.message);
            return None;
        }
    };
    Some(Arc::new(Watched { dashboard, market: market(web, code).await }))
}

async fn market(web: &Web, code: &str) -> Option<MarketInput> {
    let (service, code) = (web.service()?, domain::ClusterCode::parse(code).ok()?);
    let read = async { trading::market(service, Actor::System, &service.cluster(&code).await?).await };
    match read.await {
        Ok(found) => found,
        Err(error) => {
            tracing::warn!(code = error.code(), "the live parts could not read a market: {error}");
            None
        }
    }
}
