//! The laws of the call auction, on made-up books: thin ones, thick ones, and many at the same price.

use market::{Auction, Order, Side, clear};
use proptest::prelude::*;
use quantity::{PricePerKwh, WattHours};

fn order() -> impl Strategy<Value = Order> {
    (any::<bool>(), 1_i64..30, 1_i64..40).prop_map(|(is_buy, price, energy)| made(if is_buy { Side::Buy } else { Side::Sell }, price, energy))
}

fn made(side: Side, price: i64, energy: i64) -> Order {
    Order::new(side, PricePerKwh(price), WattHours(energy)).expect("an order in range")
}

fn book() -> impl Strategy<Value = Vec<Order>> {
    prop_oneof![prop::collection::vec(order(), 0..8), prop::collection::vec(order(), 0..80)]
}

/// The welfare of the best trades there are: each watt-hour for itself, the dearest bid with the cheapest ask for as long as it is worth it.
fn best_welfare(orders: &[Order]) -> i128 {
    let unit_prices = |side: Side| {
        let of_side = orders.iter().filter(move |order| order.side() == side);
        of_side.flat_map(|order| std::iter::repeat_n(order.price().0, usize::try_from(order.energy().0).expect("small"))).collect::<Vec<_>>()
    };
    let (mut bids, mut asks) = (unit_prices(Side::Buy), unit_prices(Side::Sell));
    bids.sort_unstable_by(|a, b| b.cmp(a));
    asks.sort_unstable();
    bids.iter().zip(&asks).map(|(bid, ask)| i128::from((bid - ask).max(0))).sum()
}

fn sum_of(orders: &[Order], auction: &Auction, side: Side) -> i64 {
    orders.iter().zip(&auction.fills).filter(|(order, _)| order.side() == side).map(|(_, fill)| fill.0).sum()
}

/// Whether an order, left with more, would have traded at this price.
fn would_trade(order: Order, price: i64) -> bool {
    match order.side() {
        Side::Buy => order.price().0 > price,
        Side::Sell => order.price().0 < price,
    }
}

proptest! {
    #[test]
    fn what_is_bought_is_sold_and_nothing_beats_a_limit(orders in book()) {
        let auction = clear(&orders);
        prop_assert_eq!(sum_of(&orders, &auction, Side::Buy), auction.volume.0);
        prop_assert_eq!(sum_of(&orders, &auction, Side::Sell), auction.volume.0);
        for (order, fill) in orders.iter().zip(&auction.fills) {
            prop_assert!((0..=order.energy().0).contains(&fill.0), "no order gets more than it asked for");
            if fill.0 > 0 {
                let price = auction.price.expect("a price").0;
                let is_within = if order.side() == Side::Buy { order.price().0 >= price } else { order.price().0 <= price };
                prop_assert!(is_within, "{order:?} at {price}");
            }
        }
    }

    #[test]
    fn no_other_trades_are_worth_more_and_the_price_is_competitive(orders in book()) {
        let auction = clear(&orders);
        prop_assert_eq!(auction.welfare, best_welfare(&orders));
        let Some(price) = auction.price else {
            prop_assert_eq!(auction.volume.0, 0);
            let best = |side| orders.iter().filter(move |order| order.side() == side).map(|order| order.price().0);
            prop_assert!(best(Side::Buy).max().is_none_or(|bid| best(Side::Sell).min().is_none_or(|ask| bid < ask)));
            return Ok(());
        };
        for (order, fill) in orders.iter().zip(&auction.fills) {
            prop_assert!(*fill == order.energy() || !would_trade(*order, price.0), "{order:?} got {fill:?} at {price:?}");
        }
    }

    #[test]
    fn the_order_of_the_list_matters_to_equals_alone(orders in book(), seed in any::<u64>()) {
        let mut places: Vec<usize> = (0..orders.len()).collect();
        places.sort_by_key(|&at| (at as u64 + 1).wrapping_mul(seed | 1));
        let shuffled: Vec<Order> = places.iter().map(|&at| orders[at]).collect();
        let (one, other) = (clear(&orders), clear(&shuffled));
        prop_assert_eq!((one.price, one.volume, one.welfare), (other.price, other.volume, other.welfare));
        for (at, &place) in places.iter().enumerate() {
            prop_assert!((one.fills[place].0 - other.fills[at].0).abs() <= 1);
        }
    }

    #[test]
    fn equals_are_treated_alike(orders in book()) {
        let auction = clear(&orders);
        for (order, fill) in orders.iter().zip(&auction.fills) {
            for (other, got) in orders.iter().zip(&auction.fills) {
                prop_assert!(order != other || (fill.0 - got.0).abs() <= 1);
            }
        }
    }

    #[test]
    fn bidding_more_never_gets_less(mut orders in book(), at in any::<prop::sample::Index>(), more in 1_i64..10) {
        prop_assume!(!orders.is_empty());
        let at = at.index(orders.len());
        let before = clear(&orders).fills[at];
        let order = orders[at];
        let price = if order.side() == Side::Buy { order.price().0 + more } else { (order.price().0 - more).max(1) };
        orders[at] = made(order.side(), price, order.energy().0);
        prop_assert!(clear(&orders).fills[at] >= before);
    }

    #[test]
    fn twice_the_prices_are_twice_the_price(orders in book(), times in 2_i64..5) {
        let larger: Vec<Order> = orders.iter().map(|order| made(order.side(), order.price().0 * times, order.energy().0)).collect();
        let (one, other) = (clear(&orders), clear(&larger));
        prop_assert_eq!(&one.fills, &other.fills);
        prop_assert_eq!(one.price.is_some(), other.price.is_some());
        if let (Some(price), Some(scaled)) = (one.price, other.price) {
            // Rounding down by half a ngwee is multiplied too.
            prop_assert!((0..times).contains(&(scaled.0 - price.0 * times)), "{price:?} {scaled:?}");
        }
    }

    #[test]
    fn pairings_are_the_fills_again(orders in book()) {
        let auction = clear(&orders);
        let pairings = auction.pairings(&orders);
        let mut sums = vec![0; orders.len()];
        for pairing in &pairings {
            prop_assert!(pairing.energy.0 > 0);
            prop_assert_eq!((orders[pairing.buy].side(), orders[pairing.sell].side()), (Side::Buy, Side::Sell));
            sums[pairing.buy] += pairing.energy.0;
            sums[pairing.sell] += pairing.energy.0;
        }
        prop_assert_eq!(sums, auction.fills.iter().map(|fill| fill.0).collect::<Vec<_>>());
        let filled = auction.fills.iter().filter(|fill| fill.0 > 0).count();
        prop_assert!(pairings.len() < filled.max(1));
    }
}

#[test]
fn the_largest_books_do_not_overflow() {
    let orders: Vec<Order> = (0..1_000_000)
        .map(|at| if at % 2 == 0 { made(Side::Buy, market::PRICE_MAX, market::ENERGY_MAX) } else { made(Side::Sell, 1, market::ENERGY_MAX) })
        .collect();
    let auction = clear(&orders);
    assert_eq!(auction.volume.0, 500_000 * market::ENERGY_MAX);
    assert_eq!(auction.welfare, 500_000 * i128::from(market::ENERGY_MAX) * i128::from(market::PRICE_MAX - 1));
}
