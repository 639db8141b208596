//! Trading: energy credits inside a cluster.
//!
//! | File | What |
//! |---|---|
//! | `placing.rs` | the use cases of orders: place, preview, change, take back, look |
//! | `orders.rs` | the desk where orders are handed in, one unit for many of them |
//! | `floor.rs`, `turn.rs`, `auction.rs` | the book of a cluster in memory, and what a turn at it decides |
//! | `outlook.rs` | what prices are made of: terms, supply and demand of the last weeks, the strip ahead |
//! | `verify.rs` | recounting a market from the ledger |
//! | `error.rs` | why something is refused |

mod auction;
mod error;
mod floor;
mod orders;
mod outlook;
mod placing;
mod turn;
mod verify;

pub use error::TradeError;
pub(crate) use orders::{Orders, orders_end};
pub(crate) use outlook::{Forecasts, Outlook};
pub use placing::{LIST_MAX, OrderCreate, OrderPreview, StandingCreate};
pub use turn::{EXPIRY_DAYS, OPEN_MAX, OrderDone};
pub(crate) use verify::TradeVerifier;
