//! Trade: what members do with energy beyond sharing it.
//!
//! | File | What |
//! |---|---|
//! | `credits.rs` | say what happens to the own surplus, see and give energy credits, see and add to their cover |
//! | `placing.rs` | the use cases of orders: place, preview, change, take back, look |
//! | `orders.rs` | the desk where orders are handed in, one unit for many of them |
//! | `floor.rs`, `turn.rs`, `auction.rs` | the book of a cluster in memory, and what a turn at it decides |
//! | `outlook.rs`, `strip.rs` | what prices are made of: terms, supply and demand of the last weeks, the six hours ahead |
//! | `verify.rs` | recounting a market from the ledger |
//! | `guarding.rs` | what the guard is told about an order before it reaches the book |
//! | `review.rs` | held orders: who looks at them, and who is told |
//! | `view.rs` | the market as it stands, its candles, a member's position |
//! | `dispute.rs` | a member says that a trade is not right |
//! | `error.rs` | why something is refused |

mod auction;
mod credits;
mod dispute;
mod error;
mod floor;
mod guarding;
mod orders;
mod outlook;
mod placing;
mod review;
mod strip;
mod turn;
mod verify;
mod view;

pub(crate) use credits::credit_sum;
pub use credits::{COVER_MAX, CREDIT_GIVE_MAX, CoverAdded, CoverSource, CoverView, CreditError, CreditGiven, CreditView, SurplusChosen};
pub use dispute::{DISPUTE_MAX, DISPUTES_MAX};
pub use error::TradeError;
pub use orders::STANDING_MAX;
pub(crate) use orders::{Orders, orders_end};
pub(crate) use outlook::{Outlook, terms as price_terms};
pub use placing::{LIST_MAX, OrderCreate, OrderPreview, StandingCreate};
pub use review::{OrderReview, ReviewDecision, reason_text};
pub(crate) use strip::Forecasts;
pub use strip::{Forecaster, SameSlot, SharedForecast};
pub use turn::{EXPIRY_DAYS, HELD_MAX, OPEN_MAX, OrderDone};
pub(crate) use verify::TradeVerifier;
pub use view::{DEPTH_LEVELS, EnergyNow, MarketNow, OwnPosition, TradeShown};

use domain::{ClusterId, TradePrice, TradingConfig};
use quantity::{BusinessDay, PricePerKwh};
use store::{StoreError, Tx};

/// What the members voted about trading, as of a day. Where they said nothing, nobody trades.
pub(crate) async fn rules_on(tx: &mut Tx<'_>, cluster: ClusterId, day: BusinessDay) -> Result<TradingConfig, StoreError> {
    let off = || TradingConfig { is_inside_on: false, ..TradingConfig::new(TradePrice::MidMarket, PricePerKwh::ZERO, PricePerKwh::ZERO) };
    Ok(tx.trading_on(cluster, day).await?.map_or_else(off, |row| row.config))
}
