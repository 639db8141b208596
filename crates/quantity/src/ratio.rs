//! Ratios of whole numbers: efficiencies, fractions, rates.

/// A ratio that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a ratio needs a numerator of zero or more and a denominator above zero, got {num}/{den}")]
pub struct RatioError {
    num: i64,
    den: i64,
}

impl RatioError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "ratio_invalid"
    }
}

/// A fraction `num / den` with `num >= 0` and `den > 0`; compared and applied without rounding error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ratio {
    num: i64,
    den: i64,
}

impl Ratio {
    /// One: everything.
    pub const ONE: Self = Self { num: 1, den: 1 };

    /// The ratio `num / den`.
    ///
    /// # Errors
    /// [`RatioError`] when `num` is negative or `den` is not positive.
    pub const fn new(num: i64, den: i64) -> Result<Self, RatioError> {
        if num < 0 || den <= 0 { Err(RatioError { num, den }) } else { Ok(Self { num, den }) }
    }

    /// The numerator.
    #[must_use]
    pub const fn num(self) -> i64 {
        self.num
    }

    /// The denominator.
    #[must_use]
    pub const fn den(self) -> i64 {
        self.den
    }

    /// `amount` times this ratio, rounded down (towards minus infinity); `None` beyond 63 bits.
    #[must_use]
    pub fn of_floor(self, amount: i64) -> Option<i64> {
        let product = i128::from(amount).checked_mul(i128::from(self.num))?;
        i64::try_from(product.div_euclid(i128::from(self.den))).ok()
    }

    /// The smallest whole number whose floor under this ratio is at least `amount`; `None` for a zero ratio or beyond 63 bits.
    #[must_use]
    pub fn inverse_ceil(self, amount: i64) -> Option<i64> {
        if self.num == 0 {
            return None;
        }
        let product = i128::from(amount).checked_mul(i128::from(self.den))?;
        let num = i128::from(self.num);
        i64::try_from(product.checked_add(num.checked_sub(1)?)?.div_euclid(num)).ok()
    }

    /// Whether this ratio is at most one.
    #[must_use]
    pub const fn is_at_most_one(self) -> bool {
        self.num <= self.den
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bad_ratios_are_refused() {
        assert!(Ratio::new(1, 0).is_err());
        assert!(Ratio::new(-1, 2).is_err());
        assert!(Ratio::new(1, -2).is_err());
    }

    proptest! {
        #[test]
        fn inverse_is_the_smallest_that_reaches(num in 1i64..1000, den in 1i64..1000, amount in 0i64..1_000_000) {
            let ratio = Ratio::new(num, den).expect("valid");
            let back = ratio.inverse_ceil(amount).expect("fits");
            prop_assert!(ratio.of_floor(back).expect("fits") >= amount);
            prop_assert!(back == 0 || ratio.of_floor(back - 1).expect("fits") < amount);
        }
    }
}
