//! Trading: energy credits inside a cluster.
//!
//! | File | What |
//! |---|---|
//! | `placing.rs` | the use cases of orders: place, preview, change, take back, look |
//! | `orders.rs` | the desk where orders are handed in, one unit for many of them |
//! | `floor.rs`, `turn.rs`, `auction.rs` | the book of a cluster in memory, and what a turn at it decides |
//! | `dispute.rs` | a member says that a trade is not right |
//! | `error.rs` | why something is refused |

mod auction;
mod dispute;
mod error;
mod floor;
mod orders;
mod placing;
mod turn;

pub use dispute::DISPUTE_MAX;
pub use error::TradeError;
pub(crate) use orders::Orders;
pub use placing::{LIST_MAX, OrderCreate, OrderPreview, StandingCreate};
pub use turn::{EXPIRY_DAYS, OPEN_MAX, OrderDone};
