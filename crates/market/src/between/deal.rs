//! Deals between two named clusters: offer, counter-offer, acceptance, and the ways in which nothing comes of it.
//!
//! A deal is a value; each action gives the next one or says why not, and a refusal changes nothing. Whoever has the turn answers the
//! terms that the other side named last: by other terms, by accepting, or by declining. Whoever named them may withdraw them. What nobody
//! answers in time expires. After acceptance, refusal, withdrawal or expiry nothing happens any more.
//!
//! Who may act for a cluster, and within which limits its members voted, is decided elsewhere. What is delivered: `delivery.rs`.

use super::line::Loss;
use domain::ClusterId;
use quantity::{Instant, Interval, PricePerKwh, Step, WattHours};

/// How many times the price of a kWh the penalty for it may be.
const PENALTY_PER_PRICE_MAX: i64 = 2;

/// The largest penalty that a deal may have at this price, ngwee for each kWh not sent. Source: docs/market.md, "Deals".
#[must_use]
pub const fn penalty_max(price: PricePerKwh) -> PricePerKwh {
    PricePerKwh(price.0.saturating_mul(PENALTY_PER_PRICE_MAX))
}

/// What the region allows for deals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DealRules {
    /// The metering step: delivery begins and ends on its bounds.
    pub step: Step,
    /// How many times terms may be named, the first offer included.
    pub rounds_max: u32,
    /// How many days ahead of now delivery may end.
    pub days_ahead_max: i64,
}

/// One of the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Party {
    /// The cluster that delivers.
    Seller,
    /// The cluster that receives.
    Buyer,
}

impl Party {
    /// The side across the table.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Seller => Self::Buyer,
            Self::Buyer => Self::Seller,
        }
    }

    /// The word as programs write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seller => "seller",
            Self::Buyer => "buyer",
        }
    }
}

/// What is delivered, when, and at what price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Terms {
    /// When delivery runs, from bound to bound of the metering step.
    pub window: Interval,
    /// What the seller sends in each interval, in Wh.
    pub energy_per_interval: WattHours,
    /// What the seller gets for each kWh sent.
    pub price: PricePerKwh,
    /// What is lost on the way.
    pub loss: Loss,
    /// The wheeling fee for each kWh sent; the buyer pays it.
    pub fee: PricePerKwh,
    /// What the seller pays for each kWh not sent, beside what it costs to replace it.
    pub penalty: PricePerKwh,
}

/// Where a deal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DealState {
    /// Terms lie on the table.
    Open,
    /// Agreed: the terms bind both.
    Accepted,
    /// The side asked said no.
    Declined,
    /// The side that named the terms took them back.
    Withdrawn,
    /// Nobody answered in time.
    Expired,
}

impl DealState {
    /// The word as programs write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }

    /// Whether nothing can happen any more.
    #[must_use]
    pub const fn is_ended(self) -> bool {
        !matches!(self, Self::Open)
    }
}

/// What a side does with an open deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DealAction {
    /// Names other terms, which lie on the table until the instant given.
    Counter(Terms, Instant),
    /// Takes the terms on the table.
    Accept,
    /// Says no.
    Decline,
    /// Takes back its own terms.
    Withdraw,
}

/// What is wrong with terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TermsFault {
    /// Delivery that begins or ends within an interval.
    #[error("delivery must begin and end on the bounds of metering intervals")]
    Bounds,
    /// Delivery that has begun.
    #[error("delivery must begin later than now")]
    Begun,
    /// Delivery too far ahead.
    #[error("delivery must end within the days that the region allows")]
    TooFarAhead,
    /// No energy, or absurdly much.
    #[error("the energy of an interval must be from 1 to {} Wh", crate::ENERGY_MAX)]
    Energy,
    /// A price of nothing or less, or absurdly high.
    #[error("the price must be from 1 to {} ngwee per kWh, fee and penalty from 0", crate::PRICE_MAX)]
    Price,
    /// A penalty out of proportion.
    #[error("the penalty must be at most {} times the price", PENALTY_PER_PRICE_MAX)]
    Penalty,
    /// An offer that ends before it begins, or after delivery has begun.
    #[error("the offer must expire later than now and not after delivery begins")]
    Expiry,
    /// A cluster that deals with itself.
    #[error("a deal needs two clusters")]
    OneCluster,
}

/// Why an action on a deal is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DealError {
    /// The terms cannot be offered.
    #[error("the terms cannot be offered: {0}")]
    Terms(#[from] TermsFault),
    /// The deal is over.
    #[error("the deal is over ({}): make a new offer", state.as_str())]
    Ended {
        /// How it ended.
        state: DealState,
    },
    /// The terms on the table have expired, or delivery would have begun.
    #[error("the offer expired at {at}: make a new one")]
    Expired {
        /// When.
        at: Instant,
    },
    /// It is not time to let the deal expire.
    #[error("the offer stands until {until}")]
    NotExpired {
        /// Until when.
        until: Instant,
    },
    /// The other side is asked.
    #[error("it is the turn of the {}: wait for the answer, or withdraw what is your own", turn.as_str())]
    NotYourTurn {
        /// Who has the turn.
        turn: Party,
    },
    /// Terms were named often enough.
    #[error("terms were named {rounds} times, which is the limit: accept or decline")]
    Rounds {
        /// How often.
        rounds: u32,
    },
}

impl DealError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Terms(_) => "deal_terms",
            Self::Ended { .. } => "deal_ended",
            Self::Expired { .. } => "deal_expired",
            Self::NotExpired { .. } => "deal_not_expired",
            Self::NotYourTurn { .. } => "deal_not_your_turn",
            Self::Rounds { .. } => "deal_rounds",
        }
    }
}

/// A negotiation between two clusters, or what came of it. A record as it is stored: made by [`Deal::offer`], changed by the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deal {
    /// Where it stands.
    pub state: DealState,
    /// The cluster that delivers.
    pub seller: ClusterId,
    /// The cluster that receives.
    pub buyer: ClusterId,
    /// The terms named last; the agreed ones once accepted.
    pub terms: Terms,
    /// Who is asked; the other side named the terms.
    pub turn: Party,
    /// The terms can be accepted before this instant.
    pub expires_at: Instant,
    /// How many times terms were named.
    pub rounds: u32,
}

impl Deal {
    /// A new deal with the first terms, named by `by`; the other side has the turn.
    ///
    /// # Errors
    /// [`DealError::Terms`].
    pub fn offer(
        (seller, buyer): (ClusterId, ClusterId),
        by: Party,
        terms: Terms,
        expires_at: Instant,
        now: Instant,
        rules: &DealRules,
    ) -> Result<Self, DealError> {
        if seller == buyer {
            return Err(TermsFault::OneCluster.into());
        }
        check(&terms, expires_at, now, rules)?;
        Ok(Self { state: DealState::Open, seller, buyer, terms, turn: by.other(), expires_at, rounds: 1 })
    }

    /// The deal after `by` has done `action`. A refusal leaves this one as it is.
    ///
    /// # Errors
    /// In this order: [`DealError::Ended`], [`DealError::Expired`], [`DealError::NotYourTurn`] (for withdrawing: the other side's terms),
    /// [`DealError::Rounds`], [`DealError::Terms`].
    pub fn act(&self, by: Party, action: DealAction, now: Instant, rules: &DealRules) -> Result<Self, DealError> {
        self.open()?;
        if now >= self.stands_until() {
            return Err(DealError::Expired { at: self.stands_until() });
        }
        let has_the_turn = by == self.turn;
        if has_the_turn == matches!(action, DealAction::Withdraw) {
            return Err(DealError::NotYourTurn { turn: self.turn });
        }
        match action {
            DealAction::Counter(terms, expires_at) => {
                if self.rounds >= rules.rounds_max {
                    return Err(DealError::Rounds { rounds: self.rounds });
                }
                check(&terms, expires_at, now, rules)?;
                Ok(Self { terms, expires_at, turn: by.other(), rounds: self.rounds.saturating_add(1), ..*self })
            }
            DealAction::Accept => Ok(Self { state: DealState::Accepted, ..*self }),
            DealAction::Decline => Ok(Self { state: DealState::Declined, ..*self }),
            DealAction::Withdraw => Ok(Self { state: DealState::Withdrawn, ..*self }),
        }
    }

    /// The deal after its time has run out. Time decides, no side: to be called by scheduled work.
    ///
    /// # Errors
    /// [`DealError::Ended`], and [`DealError::NotExpired`] before its time.
    pub fn expire(&self, now: Instant) -> Result<Self, DealError> {
        self.open()?;
        if now < self.stands_until() {
            return Err(DealError::NotExpired { until: self.stands_until() });
        }
        Ok(Self { state: DealState::Expired, ..*self })
    }

    /// When the terms on the table can no longer be accepted: at their expiry, at the latest when delivery begins.
    #[must_use]
    pub fn stands_until(&self) -> Instant {
        self.expires_at.min(self.terms.window.start())
    }

    /// What is to be sent in the interval that begins at `start`: nothing before acceptance and outside the window.
    #[must_use]
    pub fn contracted(&self, start: Instant) -> WattHours {
        let is_due = self.state == DealState::Accepted && self.terms.window.contains(start);
        if is_due { self.terms.energy_per_interval } else { WattHours::ZERO }
    }

    fn open(&self) -> Result<(), DealError> {
        if self.state.is_ended() { Err(DealError::Ended { state: self.state }) } else { Ok(()) }
    }
}

/// Whether `terms` can be named now.
fn check(terms: &Terms, expires_at: Instant, now: Instant, rules: &DealRules) -> Result<(), TermsFault> {
    use quantity::DAY_MS;
    let (start, end) = (terms.window.start(), terms.window.end());
    let prices = [terms.fee, terms.penalty];
    if !rules.step.is_aligned(start) || !rules.step.is_aligned(end) {
        Err(TermsFault::Bounds)
    } else if start <= now {
        Err(TermsFault::Begun)
    } else if end > now.plus_ms(rules.days_ahead_max.saturating_mul(DAY_MS)) {
        Err(TermsFault::TooFarAhead)
    } else if !(1..=crate::ENERGY_MAX).contains(&terms.energy_per_interval.0) {
        Err(TermsFault::Energy)
    } else if !(1..=crate::PRICE_MAX).contains(&terms.price.0) || !prices.iter().all(|price| (0..=crate::PRICE_MAX).contains(&price.0)) {
        Err(TermsFault::Price)
    } else if terms.penalty > penalty_max(terms.price) {
        Err(TermsFault::Penalty)
    } else if expires_at <= now || expires_at > start {
        Err(TermsFault::Expiry)
    } else {
        Ok(())
    }
}
