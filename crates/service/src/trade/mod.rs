//! Trade: what members do with energy beyond sharing it.
//!
//! | File | What |
//! |---|---|
//! | `credits.rs` | say what happens to the own surplus, see and give energy credits, see and add to their cover |
//! | `placing.rs` | the use cases of orders: place, preview, change, take back, look |
//! | `orders.rs` | the desk where orders are handed in, one unit for many of them |
//! | `floor.rs`, `turn.rs`, `auction.rs` | the book of a cluster in memory, and what a turn at it decides |
//! | `verify.rs` | recounting a market from the ledger |
//! | `error.rs` | why something is refused |

mod auction;
mod credits;
mod error;
mod floor;
mod orders;
mod placing;
mod turn;
mod verify;

pub(crate) use credits::credit_sum;
pub use credits::{COVER_MAX, CREDIT_GIVE_MAX, CoverAdded, CoverSource, CoverView, CreditError, CreditGiven, CreditView, SurplusChosen};
pub use error::TradeError;
pub(crate) use orders::{Orders, orders_end};
pub use placing::{LIST_MAX, OrderCreate, OrderPreview, StandingCreate};
pub use turn::{EXPIRY_DAYS, OPEN_MAX, OrderDone};
pub(crate) use verify::TradeVerifier;
