//! What a fill costs, so that what was reserved is always enough.
//!
//! An order to buy reserves the cost of its energy at its limit, rounded up. Each fill frees what is no longer needed for the rest. A fill
//! costs its energy times the price, half to even, yet never more than it frees: where many small fills would each round up, one of them
//! is a ngwee cheaper.

use quantity::{Ngwee, PricePerKwh, WattHours};

/// Wh times ngwee per kWh are thousandths of a ngwee.
const MILLI: i128 = 1000;

/// What an order to buy `energy` at `limit` reserves: its cost, rounded up to a whole ngwee. Neither may be below zero.
#[must_use]
pub fn hold(energy: WattHours, limit: PricePerKwh) -> Ngwee {
    let milli = exact(energy, limit);
    let up = milli.saturating_add(MILLI.saturating_sub(1)).div_euclid(MILLI);
    ngwee(up)
}

/// What a fill of `energy` at `price` costs the buyer and brings the seller, when the buyer's order with `limit` had `before` left.
///
/// Half to even, but at most `hold(before) - hold(before - energy)`: the sum of all fills and the hold of the rest never exceed the hold
/// of the whole. The correction is one ngwee at most, so the money is never a whole ngwee from the exact product. The price must not be
/// above the limit, nor the energy above what was left.
#[must_use]
pub fn trade_money(energy: WattHours, price: PricePerKwh, limit: PricePerKwh, before: WattHours) -> Ngwee {
    debug_assert!(price <= limit && energy <= before, "the book fills within limits");
    let after = WattHours(before.0.saturating_sub(energy.0));
    let freed = hold(before, limit).0.saturating_sub(hold(after, limit).0);
    Ngwee(half_even(exact(energy, price)).0.min(freed))
}

fn exact(energy: WattHours, price: PricePerKwh) -> i128 {
    // Two factors of 63 bits.
    i128::from(energy.0).saturating_mul(i128::from(price.0))
}

fn half_even(milli: i128) -> Ngwee {
    let (floor, twice) = (milli.div_euclid(MILLI), milli.rem_euclid(MILLI).saturating_mul(2));
    let is_up = twice > MILLI || (twice == MILLI && floor.rem_euclid(2) == 1);
    ngwee(floor.saturating_add(i128::from(is_up)))
}

fn ngwee(amount: i128) -> Ngwee {
    Ngwee(i64::try_from(amount).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ENERGY_MAX, PRICE_MAX};
    use proptest::prelude::*;

    #[test]
    fn golden() {
        for (energy, limit, reserved) in [(0, 120, 0), (1, 1, 1), (1000, 120, 120), (10, 120, 2), (1005, 100, 101), (100, 100, 10)] {
            assert_eq!(hold(WattHours(energy), PricePerKwh(limit)).0, reserved, "{energy} Wh at {limit}");
        }
        for (energy, price, limit, before, money) in [
            (1000, 120, 150, 2000, 120),
            // 1.5 goes to the even 2, 2.5 to the even 2.
            (10, 150, 150, 10, 2),
            (10, 250, 250, 10, 2),
            // Two halves of 3.0: each would round up to 2, and 4 are not reserved.
            (10, 150, 150, 20, 1),
            // The price is below the limit: what was reserved is enough without a correction.
            (10, 150, 300, 20, 2),
        ] {
            let (energy, price) = (WattHours(energy), PricePerKwh(price));
            assert_eq!(trade_money(energy, price, PricePerKwh(limit), WattHours(before)).0, money, "{energy:?} at {price:?} of {before}");
        }
        assert_eq!(hold(WattHours(ENERGY_MAX), PricePerKwh(PRICE_MAX)).0, ENERGY_MAX / 1000 * PRICE_MAX);
    }

    /// A limit, prices up to it, and how the order is filled.
    fn filled() -> impl Strategy<Value = (i64, Vec<(i64, i64)>, i64)> {
        let small = (1_i64..400, 1_i64..60);
        let large = (1..=PRICE_MAX, 1..=ENERGY_MAX / 64);
        prop_oneof![Just(small), Just((1..400, 1..5000))]
            .prop_flat_map(|(limits, energies)| sequence(limits.boxed(), energies.boxed()))
            .boxed()
            .prop_union(sequence(large.0.boxed(), large.1.boxed()).boxed())
    }

    fn sequence(limits: BoxedStrategy<i64>, energies: BoxedStrategy<i64>) -> impl Strategy<Value = (i64, Vec<(i64, i64)>, i64)> {
        limits.prop_flat_map(move |limit| {
            let price = prop_oneof![Just(limit), 1..=limit];
            (Just(limit), prop::collection::vec((energies.clone(), price), 1..40), prop_oneof![Just(0), energies.clone()])
        })
    }

    proptest! {
        #[test]
        fn what_is_reserved_is_always_enough((limit, fills, rest) in filled()) {
            let limit = PricePerKwh(limit);
            let whole = fills.iter().map(|(energy, _)| energy).sum::<i64>() + rest;
            let (mut before, mut paid) = (whole, 0);
            for (energy, price) in fills {
                let (energy, price) = (WattHours(energy), PricePerKwh(price));
                let money = trade_money(energy, price, limit, WattHours(before)).0;
                before -= energy.0;
                paid += money;
                let rounded = half_even(exact(energy, price)).0;
                prop_assert!(money >= 0 && (rounded - 1..=rounded).contains(&money), "the correction is a ngwee at most");
                prop_assert!((i128::from(money) * MILLI - exact(energy, price)).abs() < MILLI, "{money} for {energy:?} at {price:?}");
                prop_assert!(paid + hold(WattHours(before), limit).0 <= hold(WattHours(whole), limit).0);
            }
            prop_assert!(paid <= hold(WattHours(whole - rest), limit).0, "no more than what was bought costs at the limit");
        }
    }
}
