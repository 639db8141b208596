//! Buying and selling of energy among members: what an order may say, and which orders meet at which price.
//!
//! Values in, values out: nothing here knows a clock, a database, a wallet or a person. Who may order, what an order reserves and how a
//! trade is paid is decided elsewhere.
//!
//! | File | What |
//! |---|---|
//! | `order.rs` | sides, and the limits of prices and quantities |
//! | `auction.rs` | the call auction: all orders of an interval meet at one price |
//! | `book/` | the continuous book: orders meet as they come, by price and time |
//! | `book/money.rs` | what a buyer's order reserves and what a fill costs |
//!
//! Rules: docs/market.md.

#![deny(clippy::float_arithmetic)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod auction;
mod book;
mod order;

pub use auction::{Auction, Pairing, clear};
pub use book::{Amended, BookError, Depth, Fill, Level, ORDERS_MAX, OrderBook, OrderNew, Placed, Resting, hold, trade_money};
pub use order::{ENERGY_MAX, LOT, ORDER_MIN, Order, OrderError, PRICE_MAX, Side};
