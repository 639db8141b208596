//! Looking into the book.

use super::index::NONE;
use super::levels::Rung;
use super::{OrderBook, Resting};
use crate::Side;
use quantity::{PricePerKwh, WattHours};

/// The orders of one side at one price, together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// The price.
    pub price: PricePerKwh,
    /// Energy of all orders.
    pub energy: WattHours,
    /// How many orders.
    pub orders: u32,
}

/// The best levels of both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Depth {
    /// What is wanted, from the highest price down.
    pub bids: Vec<Level>,
    /// What is offered, from the lowest price up.
    pub asks: Vec<Level>,
}

impl OrderBook {
    /// How many orders are open.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether no order is open.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An open order.
    #[must_use]
    pub fn get(&self, no: i64) -> Option<Resting> {
        self.find(no).map(|at| self.resting(at))
    }

    /// The highest price that somebody would pay.
    #[must_use]
    pub fn best_bid(&self) -> Option<PricePerKwh> {
        self.best(Side::Buy)
    }

    /// The lowest price that somebody would take.
    #[must_use]
    pub fn best_ask(&self) -> Option<PricePerKwh> {
        self.best(Side::Sell)
    }

    fn best(&self, side: Side) -> Option<PricePerKwh> {
        self.sides[side as usize].best().map(|rung| self.level(rung).price)
    }

    /// Up to `levels` prices of each side, the best first.
    #[must_use]
    pub fn depth(&self, levels: usize) -> Depth {
        let side = |side| self.levels(side).take(levels).collect();
        Depth { bids: side(Side::Buy), asks: side(Side::Sell) }
    }

    /// All prices of one side, the best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = Level> {
        self.sides[side as usize].rungs.iter().rev().map(|rung| self.level(*rung))
    }

    /// All orders of one side in the order in which they would trade.
    pub fn orders(&self, side: Side) -> impl Iterator<Item = Resting> {
        self.places(side).map(|at| self.resting(at))
    }

    fn level(&self, rung: Rung) -> Level {
        let level = self.levels.get(rung.level);
        Level { price: PricePerKwh(level.key.saturating_abs()), energy: WattHours(level.energy), orders: level.orders }
    }

    /// Places of one side's orders, by price and time.
    pub(super) fn places(&self, side: Side) -> impl Iterator<Item = u32> {
        self.sides[side as usize].rungs.iter().rev().flat_map(move |rung| {
            let known = |at: u32| (at != NONE).then_some(at);
            std::iter::successors(known(self.levels.get(rung.level).head), move |at| known(self.slots.get(*at).next))
        })
    }

    /// A member's open orders of one side, the latest first.
    pub fn orders_of(&self, member: i64, side: Side) -> impl Iterator<Item = Resting> {
        let known = |at: u32| (at != NONE).then_some(at);
        let first = self.holders.find(member).and_then(|holder| known(self.holders.first(holder, side)));
        std::iter::successors(first, move |at| known(self.slots.get(*at).own_next)).map(|at| self.resting(at))
    }
}
