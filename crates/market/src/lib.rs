//! Buying and selling of energy among members: what an order may say, and which orders meet at which price.
//!
//! Values in, values out: nothing here knows a clock, a database, a wallet or a person. Who may order, what an order reserves and how a
//! trade is paid is decided elsewhere.
//!
//! | File | What |
//! |---|---|
//! | `order.rs` | sides, and the limits of prices and quantities |
//! | `auction.rs` | the call auction: all orders of an interval meet at one price |
//! | `between/` | trade between clusters: joint clearing, deals, delivery against meters |
//!
//! Rules: docs/market.md.

#![deny(clippy::float_arithmetic)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod auction;
pub mod between;
mod order;

pub use auction::{Auction, Pairing, clear};
pub use order::{ENERGY_MAX, Order, OrderError, PRICE_MAX, Side};
