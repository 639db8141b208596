//! Where open orders are kept, and which of them belong to the same member.

use super::index::{Index, NONE};
use crate::Side;

/// An open order with its neighbours in two lists: the queue of its price, and its member's orders on the same side. One cache line.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Slot {
    pub(super) no: i64,
    pub(super) member: i64,
    pub(super) price: i64,
    /// Energy left, in Wh.
    pub(super) energy: i64,
    pub(super) level: u32,
    pub(super) prev: u32,
    pub(super) next: u32,
    pub(super) holder: u32,
    pub(super) own_prev: u32,
    pub(super) own_next: u32,
    pub(super) side: Side,
}

/// All slots; unused ones form a list through `next`.
#[derive(Debug, Clone)]
pub(super) struct Slots {
    all: Vec<Slot>,
    free: u32,
}

impl Slots {
    pub(super) const fn new() -> Self {
        Self { all: Vec::new(), free: NONE }
    }

    pub(super) fn get(&self, at: u32) -> &Slot {
        &self.all[at as usize]
    }

    pub(super) fn get_mut(&mut self, at: u32) -> &mut Slot {
        &mut self.all[at as usize]
    }

    pub(super) fn take(&mut self, new: Slot) -> u32 {
        if self.free == NONE {
            self.all.push(new);
            // The book's limit of orders is far below 2^32.
            return self.all.len().wrapping_sub(1) as u32;
        }
        let at = self.free;
        let slot = self.get_mut(at);
        let free = slot.next;
        *slot = new;
        self.free = free;
        at
    }

    pub(super) fn give_back(&mut self, at: u32) {
        self.get_mut(at).next = self.free;
        self.free = at;
    }
}

/// A member who has or had open orders: the first one of each side.
#[derive(Debug, Clone, Copy)]
struct Holder {
    member: i64,
    first: [u32; 2],
}

/// The orders of each member. Members stay when their last order goes: most come back.
#[derive(Debug, Clone)]
pub(super) struct Holders {
    all: Vec<Holder>,
    index: Index,
}

impl Holders {
    pub(super) fn new() -> Self {
        Self { all: Vec::new(), index: Index::new() }
    }

    pub(super) fn find(&self, member: i64) -> Option<u32> {
        self.index.find(member, |at| self.all[at as usize].member == member)
    }

    /// The member's holder, made when there is none.
    pub(super) fn of(&mut self, member: i64) -> u32 {
        if let Some(holder) = self.find(member) {
            return holder;
        }
        let holder = self.all.len() as u32;
        self.all.push(Holder { member, first: [NONE; 2] });
        self.index.insert(member, holder);
        holder
    }

    pub(super) fn first(&self, holder: u32, side: Side) -> u32 {
        self.all[holder as usize].first[side as usize]
    }

    fn first_mut(&mut self, holder: u32, side: Side) -> &mut u32 {
        &mut self.all[holder as usize].first[side as usize]
    }

    /// Adds an order to its member's list.
    pub(super) fn link(&mut self, slots: &mut Slots, at: u32) {
        let slot = slots.get_mut(at);
        let first = self.first_mut(slot.holder, slot.side);
        (slot.own_prev, slot.own_next) = (NONE, *first);
        let second = std::mem::replace(first, at);
        if second != NONE {
            slots.get_mut(second).own_prev = at;
        }
    }

    /// Takes an order out of its member's list.
    pub(super) fn unlink(&mut self, slots: &mut Slots, at: u32) {
        let slot = slots.get(at);
        let (prev, next) = (slot.own_prev, slot.own_next);
        if prev == NONE {
            *self.first_mut(slot.holder, slot.side) = next;
        } else {
            slots.get_mut(prev).own_next = next;
        }
        if next != NONE {
            slots.get_mut(next).own_prev = prev;
        }
    }
}
