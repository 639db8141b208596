//! Why something about trade between clusters is refused: a closed list, each with a stable code.

use domain::{ClusterCode, ConfigError, DealNo, OfferNo};
use market::OrderError;
use market::between::{ClearingError, DealError, DeliveryError, LineError};
use quantity::{Instant, QuantityError};

/// A refusal; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BetweenError {
    /// The rules of a cluster say so.
    #[error("members of {cluster} have not allowed trade with other clusters: a vote can change that")]
    Off {
        /// Which.
        cluster: ClusterCode,
    },
    /// The checklist is not filled.
    #[error("{cluster} may not trade with other clusters yet: the checklist lacks {}", missing.join(", "))]
    ComplianceMissing {
        /// Which.
        cluster: ClusterCode,
        /// What is missing or over, as codes.
        missing: Vec<&'static str>,
    },
    /// A date or a number of the checklist or the limits that cannot be.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// More than members voted.
    #[error("officers may not commit that: {what} is limited to {most} by the members' vote, this comes to {found}")]
    Limit {
        /// Which limit.
        what: &'static str,
        /// The limit, in the unit of its name.
        most: i64,
        /// What it comes to.
        found: i64,
    },
    /// An odd deal binds when two households have looked at it.
    #[error("your household has accepted deal {no} already: an officer of another household confirms it")]
    SecondOfficer {
        /// The deal.
        no: DealNo,
    },
    /// No line from the seller to the buyer.
    #[error("there is no open line from {from} to {to}: energy cannot be delivered")]
    LineMissing {
        /// The seller.
        from: ClusterCode,
        /// The buyer.
        to: ClusterCode,
    },
    /// The line is taken.
    #[error("the line carries {capacity} Wh in an interval and {taken} of it are promised: ask for less")]
    LineFull {
        /// What it carries.
        capacity: i64,
        /// What is promised already.
        taken: i64,
    },
    /// No line can be like this.
    #[error(transparent)]
    Line(#[from] LineError),
    /// A time that is none, or not on bounds of intervals.
    #[error("the time must begin and end on the bounds of metering intervals: correct it")]
    LineOutage,
    /// The deal refuses.
    #[error(transparent)]
    Deal(#[from] DealError),
    /// No such deal.
    #[error("there is no deal {no}: look at the list")]
    DealUnknown {
        /// The number asked for.
        no: DealNo,
    },
    /// Too many at once.
    #[error("two clusters have at most {most} open deals with each other: answer or withdraw one first")]
    DealsTooMany {
        /// Most open deals.
        most: usize,
    },
    /// The own side did something that the other cluster has not decided.
    #[error("deal {no} waits for the other cluster: look again in a moment")]
    DealWaiting {
        /// The deal.
        no: DealNo,
    },
    /// The clusters are metered in different steps or local times.
    #[error("the two clusters meter in different intervals: they cannot deliver to each other")]
    StepsDiffer,
    /// The key was used for something else.
    #[error("the key was used for something else: use a new one")]
    KeyReused,
    /// No such offer.
    #[error("there is no offer {no}: look at the list")]
    OfferUnknown {
        /// The number asked for.
        no: OfferNo,
    },
    /// The clearing has it or will have it.
    #[error("offers for that day closed at {gate}: choose a later day")]
    OfferGate {
        /// When.
        gate: Instant,
    },
    /// Not within a day, or too far ahead.
    #[error("an offer is for intervals of one local day, at most 60 days ahead: choose others")]
    OfferWindow,
    /// Sells and asks for the same interval.
    #[error("the cluster has an open offer on the other side for these intervals: withdraw it first")]
    OfferBothSides,
    /// Too many at once.
    #[error("a cluster has at most {most} open offers: withdraw one first")]
    OffersTooMany {
        /// Most open offers.
        most: usize,
    },
    /// It is off the board.
    #[error("offer {no} is no longer on the board")]
    OfferEnded {
        /// The offer.
        no: OfferNo,
    },
    /// A price or an energy that no order has.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// The joint clearing was refused.
    #[error(transparent)]
    Clearing(#[from] ClearingError),
    /// A delivery cannot be settled.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// Sums that are too large.
    #[error(transparent)]
    Quantity(#[from] QuantityError),
}

impl BetweenError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Off { .. } => "between_off",
            Self::ComplianceMissing { .. } => "compliance_missing",
            Self::Config(error) => error.code(),
            Self::Limit { .. } => "between_limit",
            Self::LineMissing { .. } => "line_missing",
            Self::LineFull { .. } => "line_full",
            Self::Line(error) => error.code(),
            Self::LineOutage => "line_outage_invalid",
            Self::Deal(error) => error.code(),
            Self::DealUnknown { .. } => "deal_unknown",
            Self::DealsTooMany { .. } => "deals_too_many",
            Self::DealWaiting { .. } => "deal_waiting",
            Self::SecondOfficer { .. } => "deal_second_officer",
            Self::StepsDiffer => "deal_steps_differ",
            Self::KeyReused => "key_reused",
            Self::OfferUnknown { .. } => "offer_unknown",
            Self::OfferGate { .. } => "offer_gate_closed",
            Self::OfferWindow => "offer_window",
            Self::OfferBothSides => "offer_both_sides",
            Self::OffersTooMany { .. } => "offers_too_many",
            Self::OfferEnded { .. } => "offer_ended",
            Self::Order(error) => error.code(),
            Self::Clearing(error) => error.code(),
            Self::Delivery(error) => error.code(),
            Self::Quantity(error) => error.code(),
        }
    }
}
