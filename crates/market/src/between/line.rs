//! A line between two clusters: what it costs, carries and loses.

use quantity::{PricePerKwh, WattHours};

/// The whole, in parts per million.
const MILLION: i64 = 1_000_000;
/// The highest loss of a line: half of what is sent.
pub const LOSS_MAX_PPM: i64 = 500_000;
/// The lowest loss of a line that loses anything: one in a thousand. Finer ones are below what meters tell.
pub const LOSS_MIN_PPM: i64 = 1_000;

/// Why a line is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// A line from a cluster to itself.
    #[error("a line joins two clusters, got {cluster} at both ends")]
    Loop {
        /// Place of that cluster.
        cluster: usize,
    },
    /// A fee below zero or absurdly high.
    #[error("the wheeling fee must be from 0 to {} ngwee per kWh, got {found}", crate::PRICE_MAX)]
    Fee {
        /// The fee given.
        found: i64,
    },
    /// A capacity below zero or absurdly high.
    #[error("the capacity must be from 0 to {} Wh in an interval, got {found}", crate::ENERGY_MAX)]
    Capacity {
        /// The capacity given.
        found: i64,
    },
    /// A loss that no line has.
    #[error("the loss must be 0 or from {LOSS_MIN_PPM} to {LOSS_MAX_PPM} parts per million, got {found}")]
    Loss {
        /// The loss given.
        found: i64,
    },
}

impl LineError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Loop { .. } => "line_loop",
            Self::Fee { .. } => "line_fee",
            Self::Capacity { .. } => "line_capacity",
            Self::Loss { .. } => "line_loss",
        }
    }
}

/// The share of energy that is lost on the way, in range.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Loss(i64);

impl Loss {
    /// Nothing is lost.
    pub const NONE: Self = Self(0);

    /// A loss of `ppm` parts per million.
    ///
    /// # Errors
    /// [`LineError::Loss`] unless it is 0 or from [`LOSS_MIN_PPM`] to [`LOSS_MAX_PPM`].
    pub const fn new(ppm: i64) -> Result<Self, LineError> {
        if ppm == 0 || (ppm >= LOSS_MIN_PPM && ppm <= LOSS_MAX_PPM) { Ok(Self(ppm)) } else { Err(LineError::Loss { found: ppm }) }
    }

    /// Parts per million.
    #[must_use]
    pub const fn ppm(self) -> i64 {
        self.0
    }

    /// What arrives of `sent` (Wh, not negative): the loss is rounded down to a whole watt-hour.
    ///
    /// Rounded down, because otherwise the last watt-hour could cost the buyer's side more than it pays, and somebody would have to
    /// cover it. At most one watt-hour in each interval arrives that a finer meter would have found lost.
    #[must_use]
    pub fn received(self, sent: WattHours) -> WattHours {
        WattHours(sent.0.saturating_sub(div_floor(sent.0, self.0, MILLION)))
    }

    /// The least that must be sent so that `received` (Wh, not negative) arrives.
    #[must_use]
    pub fn sent(self, received: WattHours) -> WattHours {
        if received.0 <= 0 {
            return WattHours::ZERO;
        }
        // What arrives is `sent` times the part that stays, rounded up; so the least is the first whole number above (received - 1) / part.
        let whole = MILLION.saturating_sub(self.0);
        WattHours(div_floor(received.0.saturating_sub(1), MILLION, whole).saturating_add(1))
    }
}

/// A line that carries energy one way, from the cluster at one place of a list to that at another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Line {
    from: usize,
    to: usize,
    fee: PricePerKwh,
    capacity: WattHours,
    loss: Loss,
}

impl Line {
    /// A line from one cluster to another: the wheeling `fee` for each kWh sent, the `capacity` in Wh sent in an interval (0: closed), and
    /// the loss in parts per million of what is sent.
    ///
    /// # Errors
    /// [`LineError`].
    pub fn new(from: usize, to: usize, fee: PricePerKwh, capacity: WattHours, loss_ppm: i64) -> Result<Self, LineError> {
        if from == to {
            return Err(LineError::Loop { cluster: from });
        }
        if !(0..=crate::PRICE_MAX).contains(&fee.0) {
            return Err(LineError::Fee { found: fee.0 });
        }
        if !(0..=crate::ENERGY_MAX).contains(&capacity.0) {
            return Err(LineError::Capacity { found: capacity.0 });
        }
        Ok(Self { from, to, fee, capacity, loss: Loss::new(loss_ppm)? })
    }

    /// Place of the sending cluster.
    #[must_use]
    pub const fn from(self) -> usize {
        self.from
    }

    /// Place of the receiving cluster.
    #[must_use]
    pub const fn to(self) -> usize {
        self.to
    }

    /// The wheeling fee for each kWh sent.
    #[must_use]
    pub const fn fee(self) -> PricePerKwh {
        self.fee
    }

    /// The most that can be sent in an interval.
    #[must_use]
    pub const fn capacity(self) -> WattHours {
        self.capacity
    }

    /// What is lost on the way.
    #[must_use]
    pub const fn loss(self) -> Loss {
        self.loss
    }

    /// The netback: what a kWh sent is worth at the sending end when it costs `price` (ngwee per kWh) at the receiving end, after loss and
    /// fee, rounded down to a whole ngwee. May be negative.
    #[must_use]
    pub fn netback(self, price: i64) -> i64 {
        div_floor(price, MILLION.saturating_sub(self.loss.0), MILLION).saturating_sub(self.fee.0)
    }

    /// The lowest price at the receiving end whose netback is at least `price`; that netback is then `price` exactly, because a step of one
    /// ngwee never changes the netback by more than one.
    #[must_use]
    pub fn landed(self, price: i64) -> i64 {
        let whole = MILLION.saturating_sub(self.loss.0);
        // Rounding up is rounding down the opposite number.
        div_floor(price.saturating_add(self.fee.0).saturating_neg(), MILLION, whole).saturating_neg()
    }
}

/// `value * times / by` towards minus infinity, held at the ends of the range; `by` is positive.
fn div_floor(value: i64, times: i64, by: i64) -> i64 {
    let product = i128::from(value).saturating_mul(i128::from(times));
    let quotient = product.checked_div_euclid(i128::from(by)).unwrap_or_default();
    i64::try_from(quotient).unwrap_or(if quotient < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_line_is_refused() {
        for (from, to, fee, capacity, loss, code) in [
            (0, 1, 0, 0, 0, None),
            (0, 1, 25, 5_000, 40_000, None),
            (3, 3, 25, 5_000, 0, Some("line_loop")),
            (0, 1, -1, 5_000, 0, Some("line_fee")),
            (0, 1, 25, -1, 0, Some("line_capacity")),
            (0, 1, 25, i64::MAX, 0, Some("line_capacity")),
            (0, 1, 25, 5_000, -1, Some("line_loss")),
            (0, 1, 25, 5_000, 999, Some("line_loss")),
            (0, 1, 25, 5_000, 500_001, Some("line_loss")),
        ] {
            let made = Line::new(from, to, PricePerKwh(fee), WattHours(capacity), loss);
            assert_eq!(made.err().map(|error| error.code()), code, "{from} {to} {fee} {capacity} {loss}");
        }
    }

    proptest! {
        #[test]
        fn sent_and_received_are_inverse(ppm in 1_000_i64..=500_000, sent in 0_i64..2_000_000_000) {
            let loss = Loss::new(ppm).expect("in range");
            let received = loss.received(WattHours(sent));
            prop_assert!(i128::from(received.0) * 1_000_000 >= i128::from(sent) * i128::from(1_000_000 - ppm));
            prop_assert!((i128::from(received.0) - 1) * 1_000_000 < i128::from(sent) * i128::from(1_000_000 - ppm));
            let least = loss.sent(received);
            prop_assert_eq!(loss.received(least), received);
            prop_assert!(least.0 <= sent && (least.0 == 0 || loss.received(WattHours(least.0 - 1)).0 < received.0));
        }

        #[test]
        fn landed_is_the_lowest_price_that_nets_back(ppm in 1_000_i64..=500_000, fee in 0_i64..1_000, price in -1_000_i64..1_000_000_000) {
            let line = Line::new(0, 1, PricePerKwh(fee), WattHours(1), ppm).expect("in range");
            let landed = line.landed(price);
            prop_assert_eq!(line.netback(landed), price);
            prop_assert!(line.netback(landed - 1) < price);
        }
    }
}
