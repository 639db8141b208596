//! Live markets: one poller for each cluster that somebody watches, shared by all who do.
//!
//! A stream begins with the present state and gets each change after it, at most one a tick, then the running candles and the own positions
//! that changed, and a comment in between so that nothing on the way thinks the line dead. It ends with the session and with the right to see the cluster.

use crate::operation::{candle_running, market_state, position_told};
use crate::problem::Problem;
use crate::state::Api;
use axum::response::sse::Event;
use domain::{ClusterId, MemberNo, Role};
use futures_util::Stream;
use futures_util::stream::unfold;
use service::news::News as Followed;
use service::policy::{Action, Actor, Standing};
use std::collections::{BTreeMap, HashMap, VecDeque};
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
/// Most households whose position one stream tells.
const HOMES_MAX: usize = 5;
/// What the outbox calls a change of a market.
const KIND: &str = "market";

/// What all streams of a cluster tell, as JSON.
#[derive(Debug)]
struct Market {
    /// Of the book.
    version: i64,
    state: Arc<str>,
    /// The candles that run, the shortest first: three at most.
    candles: Vec<Arc<str>>,
}

/// The latest of it; `None` before the first look.
type News = Option<Arc<Market>>;

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

    /// Ends all streams of a cluster.
    fn close(&self, cluster: ClusterId) {
        lock(&self.rooms).remove(&cluster);
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
        let found = if is_new || quiet >= TICKS_STALE { read(&api, &cluster).await } else { Ok(None) };
        let Ok(news) = found else {
            api.live().close(cluster.id);
            return;
        };
        quiet = if news.is_some() { 0 } else { quiet.saturating_add(1) };
        if !api.live().tell(cluster.id, news) {
            return;
        }
        tokio::time::sleep(api.limits().live_tick).await;
    }
}

/// The market as the program sees it; what each listener may see was asked before. What cannot be read now is logged and tried again; what
/// cannot be told is logged, and ends the streams.
async fn read(api: &Api, cluster: &ClusterRow) -> serde_json::Result<News> {
    let service = api.service();
    let read = async { Ok((service.market_now(Actor::System, cluster).await?, service.candles_running(Actor::System, cluster).await?)) };
    let (now, candles) = match read.await {
        Ok(found) => found,
        Err(error) => {
            let error: service::ServiceError = error;
            tracing::warn!(code = error.code(), "a live market could not be read: {error}");
            return Ok(None);
        }
    };
    let told = || {
        let candles = candles.iter().map(|(span, candle)| candle_running(*span, candle).map(Arc::from));
        Ok(Market { version: now.version, state: market_state(&now)?.into(), candles: candles.collect::<Result<_, _>>()? })
    };
    told().map(|market| Some(Arc::new(market))).inspect_err(|error: &serde_json::Error| {
        tracing::error!(cluster = %cluster.code, "a live market cannot be told: {error}");
    })
}

/// Who listens, and to what.
pub(crate) struct Listener {
    pub(crate) api: Api,
    pub(crate) cluster: ClusterRow,
    /// Whose session it is; the stream ends with it.
    pub(crate) token: String,
    pub(crate) seat: Seat,
}

struct State {
    listener: Listener,
    /// What waits to be told: the parts of one piece of news at most.
    waiting: VecDeque<Event>,
    /// The parts that were told last, by what they are of: a span, or a household.
    told: BTreeMap<Part, Arc<str>>,
    silent: u32,
    is_over: bool,
}

/// What a part is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// The candle in this place.
    Candle(usize),
    /// A household.
    Position(MemberNo),
}

/// The events of a listener.
pub(crate) fn listen(mut listener: Listener) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    listener.seat.news.mark_changed();
    unfold(State { listener, waiting: VecDeque::new(), told: BTreeMap::new(), silent: 0, is_over: false }, |mut state| async move {
        state.next().await.map(|event| (Ok(event), state))
    })
}

impl State {
    async fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.waiting.pop_front() {
            return Some(event);
        }
        if self.is_over {
            return None;
        }
        loop {
            tokio::select! {
                changed = self.listener.seat.news.changed() => {
                    let Some((actor, standing)) = self.may_listen().await.filter(|_| changed.is_ok()) else { return self.end() };
                    let news = self.listener.seat.news.borrow_and_update().clone();
                    if let Some(market) = news {
                        self.silent = 0;
                        return Some(self.tell(&market, actor, &standing).await);
                    }
                }
                () = tokio::time::sleep(self.listener.api.limits().live_tick) => {
                    self.silent = self.silent.saturating_add(1);
                    if self.silent >= TICKS_SILENT {
                        self.silent = 0;
                        return if self.may_listen().await.is_some() { Some(Event::default().comment("")) } else { self.end() };
                    }
                }
            }
        }
    }

    /// Who listens and what the user is in the cluster, while the session holds and the user may see the cluster.
    async fn may_listen(&self) -> Option<(Actor, Standing)> {
        let service = self.listener.api.service();
        let actor = service.actor(&self.listener.token).await.ok()?;
        let standing = service.require(actor, self.listener.cluster.id, Action::ClusterRead).await.ok()?;
        Some((actor, standing))
    }

    /// The event of the market; what changed beside it waits behind it.
    async fn tell(&mut self, market: &Market, actor: Actor, standing: &Standing) -> Event {
        for (place, candle) in market.candles.iter().enumerate() {
            self.part(Part::Candle(place), "candle", candle);
        }
        let homes = standing.roles.iter().filter(|(_, role)| *role == Role::Member).map(|(member, _)| *member);
        for member in homes.take(HOMES_MAX) {
            match self.listener.api.service().own_position(actor, &self.listener.cluster, member).await {
                Ok(own) => match position_told(member, &own) {
                    Ok(data) => self.part(Part::Position(member), "position", &data.into()),
                    Err(error) => {
                        tracing::error!(cluster = %self.listener.cluster.code, "a live position cannot be told: {error}");
                        self.waiting.push_back(Event::default().event("end").data(""));
                        self.is_over = true;
                        break;
                    }
                },
                // Rights that ended meanwhile, or a database that is away: the market goes on without it.
                Err(error) => tracing::debug!(code = error.code(), "a live position could not be read: {error}"),
            }
        }
        Event::default().event(KIND).id(market.version.to_string()).data(&*market.state)
    }

    /// Lets a part wait to be told, unless it was told last.
    fn part(&mut self, of: Part, kind: &'static str, data: &Arc<str>) {
        if self.told.get(&of) != Some(data) {
            self.told.insert(of, Arc::clone(data));
            self.waiting.push_back(Event::default().event(kind).data(&**data));
        }
    }

    fn end(&mut self) -> Option<Event> {
        self.is_over = true;
        Some(Event::default().event("end").data(""))
    }
}
