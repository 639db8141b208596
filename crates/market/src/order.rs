//! An order: so much energy, at this price or better.

use quantity::{PricePerKwh, WattHours};

/// The highest price of an order, in ngwee per kWh.
pub const PRICE_MAX: i64 = 1_000_000_000;
/// The most energy of an order, in Wh. Price times energy fits 63 bits of ngwee, and a million orders fit 63 bits of Wh.
pub const ENERGY_MAX: i64 = 1_000_000_000_000;

/// The step of an order's energy in the book, in Wh.
pub const LOT: i64 = 10;
/// The least energy of an order in the book, in Wh. What is left of one after a trade may be less.
pub const ORDER_MIN: i64 = 100;

/// Which way the energy goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Energy is wanted: at most this price.
    Buy,
    /// Energy is offered: at least this price.
    Sell,
}

impl Side {
    /// The side that it trades with.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// The word as programs write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        }
    }

    /// Reads the word back; `None` when it is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "buy" => Some(Self::Buy),
            "sell" => Some(Self::Sell),
            _ => None,
        }
    }
}

/// Why an order is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// A price of nothing or less, or absurdly high. The tick is a whole ngwee per kWh.
    #[error("the price must be from 1 to {PRICE_MAX} ngwee per kWh, got {found}")]
    Price {
        /// The price given.
        found: i64,
    },
    /// No energy, less than none, or absurdly much.
    #[error("the energy must be from 1 to {ENERGY_MAX} Wh, got {found}")]
    Energy {
        /// The energy given.
        found: i64,
    },
    /// In the book: not a whole number of lots.
    #[error("the energy must be a multiple of {LOT} Wh, got {found}")]
    Lot {
        /// The energy given.
        found: i64,
    },
    /// In the book: too little to be worth a trade.
    #[error("the energy must be at least {ORDER_MIN} Wh, got {found}")]
    Small {
        /// The energy given.
        found: i64,
    },
}

impl OrderError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Price { .. } => "order_price",
            Self::Energy { .. } => "order_energy",
            Self::Lot { .. } => "order_lot",
            Self::Small { .. } => "order_min",
        }
    }
}

/// A limit order whose price and energy are in range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Order {
    side: Side,
    price: PricePerKwh,
    energy: WattHours,
}

impl Order {
    /// An order for `energy` at `price` or better.
    ///
    /// # Errors
    /// [`OrderError`].
    pub fn new(side: Side, price: PricePerKwh, energy: WattHours) -> Result<Self, OrderError> {
        if !(1..=PRICE_MAX).contains(&price.0) {
            return Err(OrderError::Price { found: price.0 });
        }
        if !(1..=ENERGY_MAX).contains(&energy.0) {
            return Err(OrderError::Energy { found: energy.0 });
        }
        Ok(Self { side, price, energy })
    }

    /// An order that a member may give to the book: as [`Order::new`], in whole lots and not too small. The tick of the price is a whole
    /// ngwee per kWh.
    ///
    /// # Errors
    /// [`OrderError`].
    pub fn for_book(side: Side, price: PricePerKwh, energy: WattHours) -> Result<Self, OrderError> {
        let order = Self::new(side, price, energy)?;
        if energy.0.checked_rem(LOT) != Some(0) {
            return Err(OrderError::Lot { found: energy.0 });
        }
        if energy.0 < ORDER_MIN {
            return Err(OrderError::Small { found: energy.0 });
        }
        Ok(order)
    }

    /// Bought or sold.
    #[must_use]
    pub const fn side(self) -> Side {
        self.side
    }

    /// The limit: the most a buyer pays, the least a seller takes.
    #[must_use]
    pub const fn price(self) -> PricePerKwh {
        self.price
    }

    /// How much.
    #[must_use]
    pub const fn energy(self) -> WattHours {
        self.energy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_order_is_refused() {
        for (price, energy, code) in [
            (1, 1, None),
            (PRICE_MAX, ENERGY_MAX, None),
            (0, 1, Some("order_price")),
            (-5, 1, Some("order_price")),
            (PRICE_MAX + 1, 1, Some("order_price")),
            (i64::MAX, i64::MAX, Some("order_price")),
            (1, 0, Some("order_energy")),
            (1, -1, Some("order_energy")),
            (1, ENERGY_MAX + 1, Some("order_energy")),
        ] {
            let made = Order::new(Side::Buy, PricePerKwh(price), WattHours(energy));
            assert_eq!(made.err().map(|error| error.code()), code, "{price} {energy}");
        }
    }

    #[test]
    fn the_book_takes_whole_lots() {
        for (price, energy, code) in [
            (1, 100, None),
            (120, 1230, None),
            (PRICE_MAX, ENERGY_MAX, None),
            (120, 90, Some("order_min")),
            (120, 10, Some("order_min")),
            (120, 105, Some("order_lot")),
            (120, 5, Some("order_lot")),
            (120, 0, Some("order_energy")),
            (120, -100, Some("order_energy")),
            (0, 100, Some("order_price")),
        ] {
            let made = Order::for_book(Side::Sell, PricePerKwh(price), WattHours(energy));
            assert_eq!(made.err().map(|error| error.code()), code, "{price} {energy}");
        }
    }
}
