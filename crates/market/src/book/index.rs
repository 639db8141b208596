//! From a number to its place in a list: an open hash table of eight-byte cells.
//!
//! The keys themselves stand in the list; a cell holds the place and 32 bits of the key's hash, so that nearly every foreign cell is passed
//! without a look into the list. Numbers given one after the other, as orders and members have, spread evenly.
//!
//! Source: multiplicative hashing and linear probing with deletion by shifting back, D. Knuth, "The Art of Computer Programming" 3, 6.4.

/// No place: the end of a list, an empty cell.
pub(super) const NONE: u32 = u32::MAX;

/// 2^64 divided by the golden ratio.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
/// The smallest table, as a power of two.
const BITS_MIN: u32 = 6;

#[derive(Debug, Clone, Copy)]
struct Cell {
    tag: u32,
    at: u32,
}

const EMPTY: Cell = Cell { tag: 0, at: NONE };

/// A set of places, found by their keys. At most half of the cells are in use.
#[derive(Debug, Clone)]
pub(super) struct Index {
    cells: Vec<Cell>,
    bits: u32,
    len: usize,
}

const fn tag(key: i64) -> u32 {
    (key.cast_unsigned().wrapping_mul(GOLDEN) >> 32) as u32
}

impl Index {
    pub(super) fn new() -> Self {
        Self { cells: vec![EMPTY; 1 << BITS_MIN], bits: BITS_MIN, len: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Where a key with this hash would like to stand.
    const fn home(&self, tag: u32) -> usize {
        // The table has at most 2^31 cells: the book's limit keeps it far below.
        (tag >> 32_u32.wrapping_sub(self.bits)) as usize
    }

    const fn mask(&self) -> usize {
        self.cells.len().wrapping_sub(1)
    }

    /// The cell of a key: `is_it` says whether the entry at a place of the list has it.
    fn cell_of(&self, key: i64, is_it: impl Fn(u32) -> bool) -> Option<usize> {
        let tag = tag(key);
        let mut cell = self.home(tag);
        loop {
            let found = self.cells[cell];
            if found.at == NONE {
                return None;
            }
            if found.tag == tag && is_it(found.at) {
                return Some(cell);
            }
            cell = cell.wrapping_add(1) & self.mask();
        }
    }

    /// The place of a key.
    pub(super) fn find(&self, key: i64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        self.cell_of(key, is_it).map(|cell| self.cells[cell].at)
    }

    /// Adds a key that is not in the table.
    pub(super) fn insert(&mut self, key: i64, at: u32) {
        if self.len.wrapping_mul(2) >= self.cells.len() {
            self.grow();
        }
        self.put(Cell { tag: tag(key), at });
        self.len = self.len.wrapping_add(1);
    }

    fn put(&mut self, new: Cell) {
        let mut cell = self.home(new.tag);
        while self.cells[cell].at != NONE {
            cell = cell.wrapping_add(1) & self.mask();
        }
        self.cells[cell] = new;
    }

    fn grow(&mut self) {
        self.bits = self.bits.wrapping_add(1);
        let larger = vec![EMPTY; self.cells.len().wrapping_mul(2)];
        for cell in std::mem::replace(&mut self.cells, larger) {
            if cell.at != NONE {
                self.put(cell);
            }
        }
    }

    /// Takes out the key that stands at this place of the list.
    pub(super) fn remove(&mut self, key: i64, at: u32) {
        let Some(mut hole) = self.cell_of(key, |found| found == at) else { return };
        self.len = self.len.wrapping_sub(1);
        let mut next = hole;
        loop {
            next = next.wrapping_add(1) & self.mask();
            let cell = self.cells[next];
            if cell.at == NONE {
                break;
            }
            // A cell may move into the hole unless its home lies behind the hole on the way to where it stands.
            let from_home = next.wrapping_sub(self.home(cell.tag)) & self.mask();
            let from_hole = next.wrapping_sub(hole) & self.mask();
            if from_home >= from_hole {
                self.cells[hole] = cell;
                hole = next;
            }
        }
        self.cells[hole] = EMPTY;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn it_finds_what_a_map_finds() {
        // Dense numbers, numbers with the same low bits, and numbers below zero.
        for (from, step) in [(1_i64, 1_i64), (5, 1 << 32), (-40, 7), (i64::MAX - 3_000, 3)] {
            let (mut index, mut keys, mut map) = (Index::new(), Vec::new(), BTreeMap::new());
            for at in 0..900_u32 {
                let key = from.wrapping_add(step.wrapping_mul(i64::from(at)));
                keys.push(key);
                index.insert(key, at);
                map.insert(key, at);
                if at % 3 == 2 {
                    let gone = (at / 2) as usize;
                    if map.remove(&keys[gone]).is_some() {
                        index.remove(keys[gone], gone as u32);
                    }
                }
                assert_eq!(index.len(), map.len());
            }
            for key in &keys {
                assert_eq!(index.find(*key, |at| keys[at as usize] == *key), map.get(key).copied(), "{key}");
            }
        }
    }
}
