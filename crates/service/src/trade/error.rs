//! Why something about trading is refused: a closed list, each with a stable code. The book is unchanged then.

use domain::{MemberNo, OrderNo, StandingNo};
use market::{BookError, OrderError};
use quantity::{Ngwee, WattHours};

/// A refusal; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TradeError {
    /// The rules of the cluster say so.
    #[error("members of this cluster do not trade among themselves: a vote can change that")]
    TradingOff,
    /// No order can say this.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// The book refuses.
    #[error(transparent)]
    Book(#[from] BookError),
    /// Outside the band that the rules of the cluster set.
    #[error("the price must be from {floor} to {ceiling} per kWh here: choose one between")]
    PriceOutside {
        /// Lowest price.
        floor: Ngwee,
        /// Highest price.
        ceiling: Ngwee,
    },
    /// Larger than the rules allow.
    #[error("an order is at most {most} here: choose less")]
    EnergyOver {
        /// Largest order.
        most: WattHours,
    },
    /// The wallet has less than the order may cost.
    #[error("the order may cost {needed} and the wallet has {available} free: choose less, or pay in first")]
    MoneyShort {
        /// What the order reserves.
        needed: Ngwee,
        /// What is free.
        available: Ngwee,
    },
    /// The member has fewer credits than it offers.
    #[error("{needed} are offered and {available} of energy credits are free: offer less")]
    CreditsShort {
        /// What the order reserves.
        needed: WattHours,
        /// What is free.
        available: WattHours,
    },
    /// No such order of the member.
    #[error("there is no order {no}: look at the list of orders")]
    OrderUnknown {
        /// The number asked for.
        no: OrderNo,
    },
    /// Only an order that waits for an officer can be let go on or refused.
    #[error("order {no} waits for nobody")]
    NotHeld {
        /// The order.
        no: OrderNo,
    },
    /// An officer does not decide about the own household.
    #[error("order {no} is of your own household: another officer decides")]
    OwnOrder {
        /// The order.
        no: OrderNo,
    },
    /// The key was used for something else.
    #[error("the key was used for another order: use a new one")]
    KeyReused,
    /// Somebody was faster.
    #[error("the book has changed since you looked: look again")]
    BookChanged,
    /// Too many at once.
    #[error("a member has at most {most} open orders: cancel one first")]
    OpenTooMany {
        /// Most open orders of a member.
        most: usize,
    },
    /// Too many wait for an officer.
    #[error("{most} of your orders wait for an officer: wait for the answer, or take one back")]
    HeldTooMany {
        /// Most orders of a member that wait.
        most: usize,
    },
    /// A change to no more than was traded.
    #[error("{filled} of the order are traded already: take the rest back instead, or choose more")]
    BelowFilled {
        /// Traded.
        filled: WattHours,
    },
    /// An end in the past, or too far away.
    #[error("an order ends after now and within {days} days: choose another end")]
    Expiry {
        /// Most days.
        days: i64,
    },
    /// The cluster has no such member, or it has no wallet.
    #[error("the cluster has no member {member}: check the number")]
    MemberUnknown {
        /// The number given.
        member: MemberNo,
    },
    /// Who left trades no more.
    #[error("member {member} has left and trades no more")]
    MemberLeft {
        /// The member.
        member: MemberNo,
    },
    /// No such standing order of the member.
    #[error("there is no standing order {no} that is on")]
    StandingUnknown {
        /// The number asked for.
        no: StandingNo,
    },
    /// Energy to keep that cannot be.
    #[error("what you keep must be from 0 to {most}: choose less")]
    Keep {
        /// Most that can be kept.
        most: WattHours,
    },
    /// Buying up to more than one keeps when selling.
    #[error("you would buy up to {buy} and sell down to {sell}: keep at least as much when selling")]
    StandingCrossed {
        /// Credits up to which is bought.
        buy: WattHours,
        /// Credits down to which is sold.
        sell: WattHours,
    },
    /// Every standing order that is on takes part in every auction.
    #[error("{most} standing orders are on in this cluster: wait until one ends, or place an order")]
    StandingTooMany {
        /// Most that are on.
        most: u32,
    },
    /// No such trade of the member.
    #[error("the member has no trade {no}: look at the list of trades")]
    TradeUnknown {
        /// The number asked for.
        no: i64,
    },
    /// Nothing is said, or too much.
    #[error("say what is wrong in 1 to {most} letters")]
    DisputeWords {
        /// Most letters.
        most: usize,
    },
    /// Too many disputes in a day.
    #[error("a member disputes at most {most} trades in 24 hours: speak with an officer, or wait")]
    DisputesTooMany {
        /// Most disputes of a member in 24 hours.
        most: u32,
    },
    /// The day's books are closed.
    #[error("the books of this day are closed: try again tomorrow")]
    DayClosed,
    /// More asked for than is given at once.
    #[error("at most {most} at once: ask for a shorter time")]
    SpanTooLong {
        /// Most that is given at once.
        most: u32,
    },
}

impl TradeError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TradingOff => "trading_off",
            Self::Order(error) => error.code(),
            Self::Book(error) => error.code(),
            Self::PriceOutside { .. } => "order_price_outside",
            Self::EnergyOver { .. } => "order_energy_over",
            Self::MoneyShort { .. } => "order_money_short",
            Self::CreditsShort { .. } => "order_credits_short",
            Self::OrderUnknown { .. } => "order_unknown",
            Self::NotHeld { .. } => "order_not_held",
            Self::OwnOrder { .. } => "order_own",
            Self::KeyReused => "key_reused",
            Self::BookChanged => "book_changed",
            Self::OpenTooMany { .. } => "orders_open_too_many",
            Self::HeldTooMany { .. } => "orders_held_too_many",
            Self::BelowFilled { .. } => "order_below_filled",
            Self::Expiry { .. } => "order_expiry",
            Self::MemberUnknown { .. } => "member_unknown",
            Self::MemberLeft { .. } => "member_left",
            Self::StandingUnknown { .. } => "standing_unknown",
            Self::Keep { .. } => "standing_keep",
            Self::StandingCrossed { .. } => "standing_crossed",
            Self::StandingTooMany { .. } => "standing_too_many",
            Self::TradeUnknown { .. } => "trade_unknown",
            Self::DisputeWords { .. } => "dispute_words",
            Self::DisputesTooMany { .. } => "disputes_too_many",
            Self::DayClosed => "business_day_closed",
            Self::SpanTooLong { .. } => "span_too_long",
        }
    }
}
