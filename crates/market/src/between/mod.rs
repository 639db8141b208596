//! Trade between clusters: joint clearing, bilateral deals, and what the meters say about both.
//!
//! | File | What |
//! |---|---|
//! | `line.rs` | a line: fee, capacity, loss, and what a price at one end is worth at the other |
//! | `clearing.rs` | joint clearing: one price for each cluster, what each line carries |
//! | `flow.rs` | the quantities of a joint clearing, by minimum-cost flow |
//! | `deal.rs` | bilateral deals: offer, counter-offer, acceptance, expiry |
//! | `delivery.rs` | a day of deliveries against the meters of seller and buyer |
//! | `leg.rs` | such a day in whole ngwee: what each side posts |
//!
//! Rules: docs/market.md, "Between clusters".

mod clearing;
mod deal;
mod delivery;
mod flow;
mod leg;
mod line;

pub use clearing::{CLUSTERS_MAX, ClearingError, ClusterCleared, Joint, LINES_MAX, LineCleared, ORDERS_MAX, clear_between};
pub use deal::{Deal, DealAction, DealError, DealRules, DealState, Party, Terms, TermsFault, penalty_max};
pub use delivery::{
    BuyerDay, BuyerInterval, BuyerMember, BuyerPays, Contract, DeliveryError, Due, MemberIn, MemberOut, Parcel, SellerDay, SellerInterval,
    SellerMember, deliver, receive,
};
pub use leg::{BuyerLeg, SellerLeg};
pub use line::{LOSS_MAX_PPM, LOSS_MIN_PPM, Line, LineError, Loss};
