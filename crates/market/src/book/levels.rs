//! Price levels: the queue of orders at one price, and the ladder of one side's prices.

use super::index::NONE;
use super::slots::Slots;
use crate::Side;

/// The orders of one side at one price, first come first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level {
    /// The price as the ladder sorts it: see [`key`].
    pub(super) key: i64,
    /// Sum over the queue, in Wh. A full book of the largest orders fits.
    pub(super) energy: i64,
    pub(super) head: u32,
    pub(super) tail: u32,
    pub(super) orders: u32,
}

/// All levels of both sides; unused ones form a list through `head`.
#[derive(Debug, Clone)]
pub(super) struct Levels {
    all: Vec<Level>,
    free: u32,
}

impl Levels {
    pub(super) const fn new() -> Self {
        Self { all: Vec::new(), free: NONE }
    }

    pub(super) fn get(&self, level: u32) -> &Level {
        &self.all[level as usize]
    }

    pub(super) fn get_mut(&mut self, level: u32) -> &mut Level {
        &mut self.all[level as usize]
    }

    fn take(&mut self, key: i64) -> u32 {
        let new = Level { key, energy: 0, head: NONE, tail: NONE, orders: 0 };
        if self.free == NONE {
            self.all.push(new);
            return self.all.len().wrapping_sub(1) as u32;
        }
        let level = self.free;
        self.free = self.get(level).head;
        *self.get_mut(level) = new;
        level
    }

    pub(super) fn give_back(&mut self, level: u32) {
        self.get_mut(level).head = self.free;
        self.free = level;
    }

    /// Puts an order at the end of a level's queue.
    pub(super) fn append(&mut self, slots: &mut Slots, level: u32, at: u32) {
        let queue = self.get_mut(level);
        let last = queue.tail;
        queue.tail = at;
        queue.orders = queue.orders.wrapping_add(1);
        let slot = slots.get_mut(at);
        queue.energy = queue.energy.wrapping_add(slot.energy);
        (slot.level, slot.prev, slot.next) = (level, last, NONE);
        if last == NONE {
            queue.head = at;
        } else {
            slots.get_mut(last).next = at;
        }
    }

    /// Takes an order with the energy it has left out of its queue. Says whether the level is empty now.
    pub(super) fn detach(&mut self, slots: &mut Slots, at: u32) -> bool {
        let slot = slots.get(at);
        let (prev, next, energy) = (slot.prev, slot.next, slot.energy);
        let queue = self.get_mut(slot.level);
        if prev == NONE {
            queue.head = next;
        } else {
            slots.get_mut(prev).next = next;
        }
        if next == NONE {
            queue.tail = prev;
        } else {
            slots.get_mut(next).prev = prev;
        }
        queue.energy = queue.energy.wrapping_sub(energy);
        queue.orders = queue.orders.wrapping_sub(1);
        queue.orders == 0
    }
}

/// The price of a side as a number that is larger when the price is better for the other side.
pub(super) const fn key(side: Side, price: i64) -> i64 {
    match side {
        Side::Buy => price,
        Side::Sell => price.wrapping_neg(),
    }
}

/// One step of a ladder.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rung {
    pub(super) key: i64,
    pub(super) level: u32,
}

/// The prices of one side, the best one last: most of what comes and goes does so near the best price, where little has to move.
#[derive(Debug, Clone, Default)]
pub(super) struct Ladder {
    pub(super) rungs: Vec<Rung>,
}

impl Ladder {
    pub(super) fn best(&self) -> Option<Rung> {
        self.rungs.last().copied()
    }

    fn place_of(&self, key: i64) -> Result<usize, usize> {
        self.rungs.binary_search_by_key(&key, |rung| rung.key)
    }

    /// The level at a price, made when there is none.
    pub(super) fn level(&mut self, levels: &mut Levels, key: i64) -> u32 {
        match self.place_of(key) {
            Ok(place) => self.rungs[place].level,
            Err(place) => {
                let level = levels.take(key);
                self.rungs.insert(place, Rung { key, level });
                level
            }
        }
    }

    /// Takes an empty level out.
    pub(super) fn remove(&mut self, levels: &mut Levels, level: u32) {
        if let Ok(place) = self.place_of(levels.get(level).key) {
            self.rungs.remove(place);
        }
        levels.give_back(level);
    }

    /// Takes the best level, which is empty, out.
    pub(super) fn remove_best(&mut self, levels: &mut Levels) {
        if let Some(rung) = self.rungs.pop() {
            levels.give_back(rung.level);
        }
    }
}
