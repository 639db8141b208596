//! Live parts: one poller for each cluster that somebody watches, shared by all who do.
//!
//! A page asks with `EventSource`; it gets the present state at once, then each change, at most every 10 seconds (60 for a browser that
//! spares data), and a comment in between so that nothing on the way thinks the line dead. An event is at most 1 KB: the sentence, the
//! figures and the geometry of the bars, as small replacements. The stream ends with the session.

mod hub;
mod news;
mod stream;

pub use hub::Hub;
pub use news::{shape, trade_shape};
pub use stream::{Shown, Watcher, watch};
