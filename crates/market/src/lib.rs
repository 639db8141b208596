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
//! | `pricing.rs` | the price now, over the next six hours, and between clusters |
//! | `candle.rs` | charts: candles of a quarter of an hour, an hour, a day; the last 24 hours in figures |
//! | `alert.rs` | price alerts: when one fires |
//! | `telling.rs` | when people are told of it |
//! | `trader.rs` | who trades, and who belongs to whom |
//! | `guard.rs` | which orders a person looks at before they reach the book |
//! | `reputation.rs` | how reliably somebody delivered or paid |
//! | `between/` | trade between clusters: joint clearing, deals, delivery against meters |
//!
//! Rules: docs/market.md.

#![deny(clippy::float_arithmetic)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod auction;
pub mod between;
mod book;
mod order;

pub mod alert;
pub mod candle;
pub mod guard;
pub mod pricing;
pub mod reputation;
pub mod telling;
pub mod trader;

pub use auction::{Auction, Pairing, clear};
pub use book::{Amended, BookError, Depth, Fill, Level, ORDERS_MAX, OrderBook, OrderNew, Placed, Resting, hold, trade_money};
pub use order::{ENERGY_MAX, LOT, ORDER_MIN, Order, OrderError, PRICE_MAX, Side};
