//! Trade between clusters: joint clearing, bilateral deals, and what the meters say about both.
//!
//! | File | What |
//! |---|---|
//! | `line.rs` | a line: fee, capacity, loss, and what a price at one end is worth at the other |
//! | `clearing.rs` | joint clearing: one price for each cluster, what each line carries |
//! | `flow.rs` | the quantities of a joint clearing, by minimum-cost flow |
//! | `deal.rs` | bilateral deals: offer, counter-offer, acceptance, expiry |
//!
//! Rules: docs/market.md, "Between clusters".

mod clearing;
mod deal;
mod flow;
mod line;

pub use clearing::{CLUSTERS_MAX, ClearingError, ClusterCleared, Joint, LINES_MAX, LineCleared, ORDERS_MAX, clear_between};
pub use deal::{Deal, DealAction, DealError, DealRules, DealState, Party, Terms, TermsFault};
pub use line::{LOSS_MAX_PPM, LOSS_MIN_PPM, Line, LineError, Loss};
