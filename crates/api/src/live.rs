//! Live markets: one poller for each cluster that somebody watches, shared by all who do.
//!
//! A stream begins with the present state and gets each change after it, at most one a tick, and a comment in between so that nothing on
//! the way thinks the line dead. It ends with the session and with the right to see the cluster.

use crate::operation::market_state;
use crate::problem::Problem;
use crate::state::Api;
use axum::response::sse::Event;
use domain::ClusterId;
use futures_util::Stream;
use futures_util::stream::unfold;
use service::news::News as Followed;
use service::policy::{Action, Actor};
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::tables::ClusterRow;
use tokio::sync::watch;

/// Most streams of one process; each holds a connection and a few hundred bytes.
const STREAMS_MAX: usize = 2_000;
/// Most streams of one user.
const STREAMS_OF_USER_MAX: usize = 5;
/// Ticks without an event after which a comment is sent and the session looked at again.
const TICKS_SILENT: u32 = 15;
/// Ticks after which the state is read although nothing was told: its figures of 24 hours grow old.
const TICKS_STALE: u32 = 60;
/// What the outbox calls a change of a market.
const KIND: &str = "market";

/// What streams tell: the version of the book, and the state as JSON.
type News = Option<(i64, Arc<str>)>;

/// The clusters that are watched, and by whom.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    rooms: Mutex<HashMap<ClusterId, watch::Sender<News>>>,
    seats: Arc<Mutex<HashMap<i64, usize>>>,
}

/// A place at a stream; given back when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Arc<Mutex<HashMap<i64, usize>>>,
    user: i64,
    news: watch::Receiver<News>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = lock(&self.seats);
        if let Some(count) = seats.get_mut(&self.user) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                seats.remove(&self.user);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    /// A place for `user` at the market of a cluster, whose poller is begun when it has none.
    ///
    /// # Errors
    /// `streams_too_many` for the user's sixth; `overloaded` when all places are taken.
    pub(crate) fn sit(&self, api: &Api, cluster: &ClusterRow, user: i64) -> Result<Seat, Problem> {
        {
            let mut seats = lock(&self.seats);
            if seats.values().sum::<usize>() >= STREAMS_MAX {
                return Err(Problem::new("overloaded", "too many watch the markets: come again in a while"));
            }
            let own = seats.entry(user).or_default();
            if *own >= STREAMS_OF_USER_MAX {
                return Err(Problem::new("streams_too_many", format!("at most {STREAMS_OF_USER_MAX} streams at once: close one first")));
            }
            *own += 1;
        }
        let mut rooms = lock(&self.rooms);
        let news = match rooms.get(&cluster.id) {
            Some(sender) => sender.subscribe(),
            None => {
                let (sender, news) = watch::channel(None);
                rooms.insert(cluster.id, sender);
                tokio::spawn(poll(api.clone(), cluster.clone()));
                news
            }
        };
        Ok(Seat { seats: Arc::clone(&self.seats), user, news })
    }

    /// Tells everybody who watches a cluster; `false` when nobody is left, and its poller may go.
    fn tell(&self, cluster: ClusterId, news: News) -> bool {
        let mut rooms = lock(&self.rooms);
        let Some(sender) = rooms.get(&cluster) else { return false };
        if sender.receiver_count() == 0 {
            rooms.remove(&cluster);
            return false;
        }
        if news.is_some() {
            sender.send_replace(news);
        }
        true
    }
}

/// Looks for changes of a market until nobody watches it.
async fn poll(api: Api, cluster: ClusterRow) {
    let (mut news, mut quiet) = (Followed::of(cluster.id), TICKS_STALE);
    loop {
        let is_new = news.look(api.service(), |event| event.kind == KIND).await;
        let news = if is_new || quiet >= TICKS_STALE { read(&api, &cluster).await } else { None };
        quiet = if news.is_some() { 0 } else { quiet.saturating_add(1) };
        if !api.live().tell(cluster.id, news) {
            return;
        }
        tokio::time::sleep(api.limits().live_tick).await;
    }
}

/// The market as the program sees it; what each listener may see was asked before.
async fn read(api: &Api, cluster: &ClusterRow) -> News {
    match api.service().market_now(Actor::System, cluster).await {
        Ok(now) => Some((now.version, market_state(&now).into())),
        Err(error) => {
            tracing::warn!(code = error.code(), "a live market could not be read: {error}");
            None
        }
    }
}

/// Who listens, and to what.
pub(crate) struct Listener {
    pub(crate) api: Api,
    pub(crate) cluster: ClusterId,
    /// Whose session it is; the stream ends with it.
    pub(crate) token: String,
    pub(crate) seat: Seat,
}

struct State {
    listener: Listener,
    silent: u32,
    is_over: bool,
}

/// The events of a listener.
pub(crate) fn listen(mut listener: Listener) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    listener.seat.news.mark_changed();
    unfold(State { listener, silent: 0, is_over: false }, |mut state| async move { state.next().await.map(|event| (Ok(event), state)) })
}

impl State {
    async fn next(&mut self) -> Option<Event> {
        if self.is_over {
            return None;
        }
        loop {
            tokio::select! {
                changed = self.listener.seat.news.changed() => {
                    if changed.is_err() || !self.may_listen().await {
                        return self.end();
                    }
                    let news = self.listener.seat.news.borrow_and_update().clone();
                    if let Some((version, data)) = news {
                        self.silent = 0;
                        return Some(Event::default().event(KIND).id(version.to_string()).data(&*data));
                    }
                }
                () = tokio::time::sleep(self.listener.api.limits().live_tick) => {
                    self.silent = self.silent.saturating_add(1);
                    if self.silent >= TICKS_SILENT {
                        self.silent = 0;
                        return if self.may_listen().await { Some(Event::default().comment("")) } else { self.end() };
                    }
                }
            }
        }
    }

    /// Whether the session still holds and its user may still see the cluster.
    async fn may_listen(&self) -> bool {
        let service = self.listener.api.service();
        match service.actor(&self.listener.token).await {
            Ok(actor) => service.require(actor, self.listener.cluster, Action::ClusterRead).await.is_ok(),
            Err(_) => false,
        }
    }

    fn end(&mut self) -> Option<Event> {
        self.is_over = true;
        Some(Event::default().event("end").data(""))
    }
}
