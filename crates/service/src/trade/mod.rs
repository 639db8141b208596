//! Trade: what members and clusters do with energy beyond sharing it.
//!
//! | File | Use case |
//! |---|---|
//! | `credits.rs` | say what happens to the own surplus, see and give energy credits, see and add to their cover |

mod credits;

pub(crate) use credits::credit_sum;
pub use credits::{COVER_MAX, CREDIT_GIVE_MAX, CoverAdded, CoverSource, CoverView, CreditError, CreditGiven, CreditView, SurplusChosen};
