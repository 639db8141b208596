//! The call auction: all orders of an interval meet at once, at one price.
//!
//! The volume is the largest at which the last bid still covers the last ask. The price is the middle of the competitive interval: from
//! the higher of last accepted ask and first unfilled bid to the lower of last accepted bid and first unfilled ask, where an order that is
//! filled in part counts as unfilled too. Whoever would take a worse price is filled; those exactly at the price share what is left in
//! proportion to their size. So no order beats its limit, nobody who is left out would have traded at this price, and no other set of
//! trades is worth more to all together.
//!
//! The result depends on the orders and, for left-over watt-hours among equals, on their place in the list; on nothing else.
//!
//! Source: market rules of the programme, section 3; docs/market.md.

use crate::{Order, Side};
use quantity::{PricePerKwh, WattHours, split_exact};
use std::cmp::Reverse;

/// What an auction decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auction {
    /// What every kWh costs; `None` when no two orders meet.
    pub price: Option<PricePerKwh>,
    /// What each order got, in the order they were given.
    pub fills: Vec<WattHours>,
    /// Energy that changes hands.
    pub volume: WattHours,
    /// What the trades are worth above the limits of those who make them: the sum over buyers of limit times energy, less the same over
    /// sellers, in milli-ngwee. A million orders of the largest size need more than 63 bits.
    pub welfare: i128,
}

/// Energy that goes from one seller to one buyer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pairing {
    /// Place of the buyer's order in the list.
    pub buy: usize,
    /// Place of the seller's order in the list.
    pub sell: usize,
    /// How much.
    pub energy: WattHours,
}

/// An order with its place, as the auction sorts it: the better price first, then the earlier place.
#[derive(Clone, Copy)]
struct Ranked {
    price: i64,
    energy: i64,
    at: usize,
}

/// How far the two sides meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Meeting {
    volume: i64,
    price: i64,
}

/// Clears `orders` at one price. At most a million of them, so that no sum can overflow.
///
/// # Panics
/// Never on a list of that length; sums are checked all the same.
#[must_use]
pub fn clear(orders: &[Order]) -> Auction {
    let (bids, asks) = (ranked(orders, Side::Buy), ranked(orders, Side::Sell));
    let mut fills = vec![WattHours(0); orders.len()];
    let Some(Meeting { volume, price }) = meet(&bids, &asks) else {
        return Auction { price: None, fills, volume: WattHours(0), welfare: 0 };
    };
    fill(&bids, volume, price, &mut fills);
    fill(&asks, volume, price, &mut fills);
    let welfare = orders.iter().zip(&fills).map(|(order, fill)| worth(*order, *fill)).sum();
    Auction { price: Some(PricePerKwh(price)), fills, volume: WattHours(volume), welfare }
}

impl Auction {
    /// Who sells to whom: buyers from the highest limit, sellers from the lowest, each filled from the next one with energy left. At most
    /// one pairing fewer than there are filled orders.
    #[must_use]
    pub fn pairings(&self, orders: &[Order]) -> Vec<Pairing> {
        let filled = |side| {
            let ranked = ranked(orders, side).into_iter();
            ranked.filter_map(|order| self.fills.get(order.at).filter(|fill| fill.0 > 0).map(|fill| (order.at, fill.0)))
        };
        let (mut buyers, mut sellers) = (filled(Side::Buy), filled(Side::Sell));
        let (mut buyer, mut seller) = (buyers.next(), sellers.next());
        let mut pairings = Vec::new();
        while let (Some((buy, wanted)), Some((sell, offered))) = (buyer, seller) {
            let energy = wanted.min(offered);
            pairings.push(Pairing { buy, sell, energy: WattHours(energy) });
            buyer = if wanted > energy { Some((buy, wanted.saturating_sub(energy))) } else { buyers.next() };
            seller = if offered > energy { Some((sell, offered.saturating_sub(energy))) } else { sellers.next() };
        }
        pairings
    }
}

/// One side's orders, best price first, earlier first among equals.
fn ranked(orders: &[Order], side: Side) -> Vec<Ranked> {
    let of_side = orders.iter().enumerate().filter(|(_, order)| order.side() == side);
    let mut ranked: Vec<Ranked> = of_side.map(|(at, order)| Ranked { price: order.price().0, energy: order.energy().0, at }).collect();
    match side {
        Side::Buy => ranked.sort_by_key(|order| Reverse(order.price)),
        Side::Sell => ranked.sort_by_key(|order| order.price),
    }
    ranked
}

/// Walks down the bids and up the asks for as long as they meet.
fn meet(bids: &[Ranked], asks: &[Ranked]) -> Option<Meeting> {
    let (mut buy, mut sell) = (0, 0);
    // What the orders at the two places have already given.
    let (mut bought, mut sold) = (0, 0);
    let (mut volume, mut last) = (0_i64, None);
    while let (Some(bid), Some(ask)) = (bids.get(buy), asks.get(sell)) {
        if bid.price < ask.price {
            break;
        }
        let (wanted, offered) = (bid.energy.saturating_sub(bought), ask.energy.saturating_sub(sold));
        let energy = wanted.min(offered);
        volume = volume.saturating_add(energy);
        last = Some((bid.price, ask.price));
        (buy, bought) = if wanted == energy { (next(buy), 0) } else { (buy, bought.saturating_add(energy)) };
        (sell, sold) = if offered == energy { (next(sell), 0) } else { (sell, sold.saturating_add(energy)) };
    }
    let (last_bid, last_ask) = last?;
    // An order filled in part is the first unfilled one, at its own price.
    let from = bids.get(buy).map_or(last_ask, |bid| bid.price.max(last_ask));
    let to = asks.get(sell).map_or(last_bid, |ask| ask.price.min(last_bid));
    debug_assert!(from <= to, "the competitive interval is never empty");
    Some(Meeting { volume, price: from.midpoint(to) })
}

const fn next(at: usize) -> usize {
    at.saturating_add(1)
}

/// Fills one side: those who would take a worse price in full, those exactly at the price in proportion to their size.
fn fill(ranked: &[Ranked], volume: i64, price: i64, fills: &mut [WattHours]) {
    let at_price = ranked.iter().position(|order| order.price == price).unwrap_or(ranked.len());
    let mut left = volume;
    for order in ranked {
        if order.price == price || left == 0 {
            break;
        }
        fills[order.at] = WattHours(order.energy);
        left = left.saturating_sub(order.energy);
    }
    let equals: Vec<&Ranked> = ranked.get(at_price..).unwrap_or_default().iter().take_while(|order| order.price == price).collect();
    let sizes: Vec<u64> = equals.iter().map(|order| order.energy.unsigned_abs()).collect();
    // Without orders at the price nothing is left to share.
    let parts = split_exact(WattHours(left), &sizes).unwrap_or_default();
    for (order, part) in equals.iter().zip(parts) {
        fills[order.at] = part;
    }
}

/// What a fill adds to the welfare.
fn worth(order: Order, fill: WattHours) -> i128 {
    // Both factors are below 2^40: the product is far from the end of 128 bits.
    let value = i128::from(order.price().0).saturating_mul(i128::from(fill.0));
    match order.side() {
        Side::Buy => value,
        Side::Sell => value.saturating_neg(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Orders as `b180x5` and `s90x3`: side, price, energy.
    fn orders(text: &str) -> Vec<Order> {
        let order = |word: &str| {
            let (price, energy) = word[1..].split_once('x').expect("price x energy");
            let side = if word.starts_with('b') { Side::Buy } else { Side::Sell };
            Order::new(side, PricePerKwh(price.parse().expect("a price")), WattHours(energy.parse().expect("energy"))).expect("an order")
        };
        text.split_whitespace().map(order).collect()
    }

    fn check(text: &str, price: Option<i64>, fills: &[i64], welfare: i128) {
        let orders = orders(text);
        let auction = clear(&orders);
        let got: Vec<i64> = auction.fills.iter().map(|fill| fill.0).collect();
        assert_eq!((auction.price.map(|price| price.0), &got[..], auction.welfare), (price, fills, welfare), "{text}");
    }

    #[test]
    fn thin_books() {
        check("", None, &[], 0);
        check("b100x5", None, &[0], 0);
        check("s100x5", None, &[0], 0);
        check("b99x5 s100x5", None, &[0, 0], 0);
        // The middle of what both would take, rounded down.
        check("b101x5 s100x5", Some(100), &[5, 5], 5);
        check("b180x5 s90x5", Some(135), &[5, 5], 450);
        // The buyer wants more: the price is the buyer's own.
        check("b180x9 s90x5", Some(180), &[5, 5], 450);
        check("b180x5 s90x9", Some(90), &[5, 5], 450);
        // The first bid left out lifts the lower end, the first ask left out lowers the upper one.
        check("b180x5 b120x5 s90x5", Some(150), &[5, 0, 5], 450);
        check("b180x5 s90x5 s100x5", Some(95), &[5, 5, 0], 450);
        check("b100x5 s100x5", Some(100), &[5, 5], 0);
    }

    #[test]
    fn those_at_the_price_share_in_proportion() {
        // 10 offered; the better bid takes 4, and 6 are shared 2 : 1.
        check("b200x4 b100x8 b100x4 s50x10", Some(100), &[4, 4, 2, 10], 4 * 200 + 6 * 100 - 500);
        // A watt-hour that cannot be divided goes to the earlier one.
        check("b100x3 b100x3 s50x3", Some(100), &[2, 1, 3], 150);
        check("s100x3 s100x3 b150x3", Some(100), &[2, 1, 3], 150);
        // Both sides at the price.
        check("b100x6 s100x2 s100x2", Some(100), &[4, 2, 2], 0);
    }

    #[test]
    fn pairings_add_up_to_the_fills() {
        let orders = orders("b200x4 s10x1 b100x8 s20x5 b100x4 s50x4");
        let auction = clear(&orders);
        let pairings = auction.pairings(&orders);
        let mut sums = vec![0; orders.len()];
        for pairing in &pairings {
            sums[pairing.buy] += pairing.energy.0;
            sums[pairing.sell] += pairing.energy.0;
        }
        assert_eq!(sums, auction.fills.iter().map(|fill| fill.0).collect::<Vec<_>>());
        assert_eq!(pairings[0], Pairing { buy: 0, sell: 1, energy: WattHours(1) });
    }
}
