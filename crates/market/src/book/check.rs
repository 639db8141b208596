//! Whether the parts of a book agree, for tests.

use super::OrderBook;
use super::index::NONE;
use super::levels::{Rung, key};
use crate::Side;

impl OrderBook {
    /// Goes through the whole book: prices sorted and not crossed, sums and neighbours right, every order found by its number and among its
    /// member's. The time grows with the number of orders.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn check(&self) -> Result<(), &'static str> {
        let (bids, asks) = (self.check_side(Side::Buy)?, self.check_side(Side::Sell)?);
        ensure(bids.checked_add(asks) == Some(self.len()), "the index counts other orders than the queues")?;
        let is_crossed = self.best_bid().zip(self.best_ask()).is_some_and(|(bid, ask)| bid >= ask);
        ensure(!is_crossed, "the book is crossed")
    }

    /// How many orders a side has.
    fn check_side(&self, side: Side) -> Result<usize, &'static str> {
        let rungs = &self.sides[side as usize].rungs;
        ensure(rungs.is_sorted_by(|worse, better| worse.key < better.key), "the prices of a side are not sorted")?;
        rungs.iter().try_for_each(|rung| self.check_level(*rung, side))?;
        let mut count = 0_usize;
        for at in self.places(side) {
            let slot = self.slots.get(at);
            ensure(self.find(slot.no) == Some(at), "an order is not found by its number")?;
            ensure(self.holders.find(slot.member) == Some(slot.holder), "an order has another member's holder")?;
            let is_first = self.holders.first(slot.holder, side) == at;
            ensure(is_first == (slot.own_prev == NONE), "the first order of a member is another")?;
            ensure(is_first || self.slots.get(slot.own_prev).own_next == at, "a member's orders are not one list")?;
            count = count.saturating_add(1);
        }
        Ok(count)
    }

    fn check_level(&self, rung: Rung, side: Side) -> Result<(), &'static str> {
        let level = self.levels.get(rung.level);
        ensure(level.key == rung.key && level.orders > 0, "a price without orders")?;
        let (mut at, mut last, mut energy, mut orders) = (level.head, NONE, 0_i64, 0_u32);
        while at != NONE {
            let slot = self.slots.get(at);
            ensure(slot.level == rung.level && slot.prev == last, "a queue is not one list")?;
            ensure(slot.side == side && key(side, slot.price) == rung.key && slot.energy > 0, "an order stands where it does not belong")?;
            (energy, orders) = (energy.saturating_add(slot.energy), orders.saturating_add(1));
            ensure(orders <= level.orders, "a queue is longer than it says, or a circle")?;
            (last, at) = (at, slot.next);
        }
        ensure(last == level.tail && energy == level.energy && orders == level.orders, "a price does not add up its orders")
    }
}

const fn ensure(holds: bool, else_: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(else_) }
}
