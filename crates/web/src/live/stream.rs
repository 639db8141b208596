//! One listener's stream of events.

use std::convert::Infallible;

use axum::response::sse::Event;
use domain::ClusterId;
use futures_util::Stream;
use futures_util::stream::unfold;
use service::policy::{Action, Actor};

use super::hub::Seat;
use super::news::{market_news, news};
use crate::reader::Reader;
use crate::view::dashboard::dashboard_of;
use crate::web::Web;

/// Ticks between two events.
const TICKS_BETWEEN: u32 = 2;

/// Ticks between two events for a browser that spares data.
const TICKS_BETWEEN_SPARING: u32 = 12;

/// Ticks without an event after which a comment is sent.
const TICKS_SILENT: u32 = 4;

/// Which page listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The dashboard.
    Dashboard,
    /// The Trading Hub.
    Trade,
}

/// Who listens, and to what.
pub struct Watcher {
    /// Whose session it is; the stream ends with it.
    pub session: String,
    /// The cluster.
    pub cluster: ClusterId,
    /// The page.
    pub shown: Shown,
    /// The member whose home the reader's is.
    pub own: Option<i64>,
    /// In whose words.
    pub reader: Reader,
    /// Whether the browser spares data.
    pub saves_data: bool,
    /// The id of the last event that the browser has seen, or empty.
    pub seen: String,
}

struct State {
    web: Web,
    watcher: Watcher,
    seat: Seat,
    sent: String,
    wait: u32,
    silent: u32,
    is_over: bool,
}

/// The events of a seat.
pub fn watch(web: Web, watcher: Watcher, mut seat: Seat) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    seat.states.mark_changed();
    let state = State { web, watcher, seat, sent: String::new(), wait: 0, silent: 0, is_over: false };
    unfold(state, |mut state| async move { state.next().await.map(|event| (Ok(event), state)) })
}

impl State {
    async fn next(&mut self) -> Option<Event> {
        if self.is_over {
            return None;
        }
        loop {
            tokio::select! {
                changed = self.seat.states.changed(), if self.wait == 0 => match changed {
                    Err(_) => return self.end(),
                    Ok(()) => if let Some(event) = self.event().await { return Some(event) },
                },
                () = tokio::time::sleep(self.web.options().live_tick) => {
                    self.wait = self.wait.saturating_sub(1);
                    self.silent += 1;
                    if self.silent >= TICKS_SILENT {
                        self.silent = 0;
                        return if self.may_listen().await { Some(Event::default().comment("")) } else { self.end() };
                    }
                }
            }
        }
    }

    /// The latest state as an event; `None` when the browser has it already.
    async fn event(&mut self) -> Option<Event> {
        let state = self.seat.states.borrow_and_update().clone()?;
        let now = &state.dashboard.now;
        let news = match self.watcher.shown {
            Shown::Dashboard => match dashboard_of(&state.dashboard, &self.watcher.reader, self.watcher.own) {
                Ok(view) => news(&view, now.reading_at),
                Err(error) => {
                    tracing::error!(cluster = %self.watcher.cluster, "a live dashboard cannot be shown: {error}");
                    return None;
                }
            },
            Shown::Trade => market_news(state.market.as_ref()?, now, self.watcher.reader.say),
        };
        // The room may still hold what was before the page that listens: a page never goes back.
        let instant = |id: &str| id.parse::<i64>().unwrap_or(i64::MIN);
        if instant(&news.id) < instant(&self.watcher.seen) {
            return None;
        }
        let is_first = std::mem::take(&mut self.watcher.seen);
        if news.data == self.sent || (!is_first.is_empty() && is_first == news.id) {
            return None;
        }
        if !self.may_listen().await {
            return self.end();
        }
        self.sent.clone_from(&news.data);
        self.wait = if self.watcher.saves_data { TICKS_BETWEEN_SPARING } else { TICKS_BETWEEN };
        self.silent = 0;
        Some(Event::default().id(news.id).data(news.data))
    }

    /// Whether the session still holds and its user may still see the cluster.
    async fn may_listen(&self) -> bool {
        let Some(service) = self.web.service() else { return true };
        match service.actor(&self.watcher.session).await {
            Ok(actor @ Actor::User { .. }) => service.require(actor, self.watcher.cluster, Action::ClusterRead).await.is_ok(),
            Ok(_) | Err(_) => false,
        }
    }

    fn end(&mut self) -> Option<Event> {
        self.is_over = true;
        Some(Event::default().event("end").data(""))
    }
}
