//! Amounts in their smallest unit.

use std::fmt;

/// What goes wrong when amounts are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// The result does not fit into 63 bits and a sign.
    #[error("{unit} overflow: the amounts are too large to be added or multiplied")]
    Overflow {
        /// The unit of the amount that overflowed.
        unit: &'static str,
    },
    /// An amount that must not be negative is.
    #[error("{unit} must not be negative, got {amount}")]
    Negative {
        /// The unit of the amount.
        unit: &'static str,
        /// The amount given.
        amount: i64,
    },
}

impl QuantityError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Overflow { .. } => "quantity_overflow",
            Self::Negative { .. } => "quantity_negative",
        }
    }
}

macro_rules! amount {
    ($(#[$doc:meta])* $name:ident, $unit:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl $name {
            /// Nothing at all.
            pub const ZERO: Self = Self(0);

            /// The sum.
            ///
            /// # Errors
            /// [`QuantityError::Overflow`] beyond 63 bits.
            pub fn plus(self, other: Self) -> Result<Self, QuantityError> {
                self.0.checked_add(other.0).map(Self).ok_or(QuantityError::Overflow { unit: $unit })
            }

            /// The difference, which may be negative.
            ///
            /// # Errors
            /// [`QuantityError::Overflow`] beyond 63 bits.
            pub fn minus(self, other: Self) -> Result<Self, QuantityError> {
                self.0.checked_sub(other.0).map(Self).ok_or(QuantityError::Overflow { unit: $unit })
            }

            /// The same amount with the other sign.
            ///
            /// # Errors
            /// [`QuantityError::Overflow`] for the one value without a counterpart.
            pub fn negated(self) -> Result<Self, QuantityError> {
                self.0.checked_neg().map(Self).ok_or(QuantityError::Overflow { unit: $unit })
            }

            /// The sum of many amounts.
            ///
            /// # Errors
            /// [`QuantityError::Overflow`] beyond 63 bits.
            pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, QuantityError> {
                amounts.into_iter().try_fold(Self::ZERO, Self::plus)
            }

            /// This amount, refused when it is below zero.
            ///
            /// # Errors
            /// [`QuantityError::Negative`].
            pub fn not_negative(self) -> Result<Self, QuantityError> {
                if self.0 < 0 { Err(QuantityError::Negative { unit: $unit, amount: self.0 }) } else { Ok(self) }
            }

            /// The smaller of two amounts.
            #[must_use]
            pub fn at_most(self, limit: Self) -> Self {
                Self(self.0.min(limit.0))
            }
        }
    };
}

amount!(
    /// Money: 1 kwacha = 100 ngwee.
    Ngwee, "ngwee"
);
amount!(
    /// Money in thousandths of a ngwee: what Wh times ngwee per kWh gives, carried until the settlement day is rounded.
    MilliNgwee, "milli-ngwee"
);
amount!(
    /// Energy.
    WattHours, "watt-hours"
);
amount!(
    /// Power.
    Watts, "watts"
);
amount!(
    /// Carbon dioxide equivalent.
    Grams, "grams"
);
amount!(
    /// A price: ngwee for one kilowatt-hour.
    PricePerKwh, "ngwee per kWh"
);

impl WattHours {
    /// What this energy costs at `price`: Wh times ngwee per kWh is milli-ngwee, exactly.
    ///
    /// # Errors
    /// [`QuantityError::Overflow`] beyond 63 bits.
    pub fn cost(self, price: PricePerKwh) -> Result<MilliNgwee, QuantityError> {
        self.0.checked_mul(price.0).map(MilliNgwee).ok_or(QuantityError::Overflow { unit: "milli-ngwee" })
    }

    /// The carbon of this energy at `grams_per_kwh`, rounded half to even.
    ///
    /// # Errors
    /// [`QuantityError::Overflow`] beyond 63 bits.
    pub fn carbon(self, grams_per_kwh: i64) -> Result<Grams, QuantityError> {
        let milligrams = self.0.checked_mul(grams_per_kwh).ok_or(QuantityError::Overflow { unit: "grams" })?;
        Ok(Grams(crate::rounding::div_half_even(milligrams, 1000)))
    }
}

impl MilliNgwee {
    /// The nearest ngwee, half to even. For showing a single figure; a settlement day is rounded by [`crate::round_day`].
    #[must_use]
    pub fn to_ngwee_half_even(self) -> Ngwee {
        Ngwee(crate::rounding::div_half_even(self.0, 1000))
    }
}

impl Ngwee {
    /// This amount in milli-ngwee.
    ///
    /// # Errors
    /// [`QuantityError::Overflow`] beyond 63 bits.
    pub fn to_milli(self) -> Result<MilliNgwee, QuantityError> {
        self.0.checked_mul(1000).map(MilliNgwee).ok_or(QuantityError::Overflow { unit: "milli-ngwee" })
    }
}

/// Kwacha with two digits and grouped thousands: `K1,234.50`, `-K0.44`.
impl fmt::Display for Ngwee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let whole = (self.0.unsigned_abs() / 100).to_string();
        write!(f, "{sign}K")?;
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && whole.len().saturating_sub(at).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        write!(f, ".{:02}", self.0.unsigned_abs() % 100)
    }
}

/// Watt-hours with their unit: `1234 Wh`.
impl fmt::Display for WattHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} Wh", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_shown_in_kwacha() {
        for (ngwee, text) in [(0, "K0.00"), (123_450, "K1,234.50"), (-44, "-K0.44"), (100_000_000, "K1,000,000.00")] {
            assert_eq!(Ngwee(ngwee).to_string(), text);
        }
    }

    #[test]
    fn energy_times_price_is_exact() {
        assert_eq!(WattHours(1).cost(PricePerKwh(120)), Ok(MilliNgwee(120)));
        assert_eq!(WattHours(i64::MAX).cost(PricePerKwh(2)), Err(QuantityError::Overflow { unit: "milli-ngwee" }));
    }

    #[test]
    fn carbon_rounds_half_to_even() {
        assert_eq!(WattHours(1500).carbon(1), Ok(Grams(2)));
        assert_eq!(WattHours(2500).carbon(1), Ok(Grams(2)));
        assert_eq!(WattHours(10_000).carbon(166), Ok(Grams(1660)));
    }
}
