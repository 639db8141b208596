//! The reading block: all readings of one cluster in one interval, packed, with every version of every reading.
//!
//! The store loads the bytes of a block, [`Block::merge`] puts new readings in, the store writes the bytes back if nobody else has in
//! between. Merging the same readings again changes nothing.
//!
//! # Versions
//! A reading with another value than the one in force becomes a new version; the older ones stay. A reading that repeats a value which
//! was corrected since (an old file imported again, a message delivered twice) stays without effect: [`MergeOutcome::Superseded`].
//! Going back to an older value is done by [`Block::restore`], which makes a new version of it. What weighs less
//! ([`crate::Quality::rank`]) never replaces what weighs more.
//!
//! # Bytes, version 1
//! Integers are unsigned LEB128 (at most ten bytes), signed ones zigzag first. Checked by golden vectors: these bytes are stored.
//!
//! | Part | Content |
//! |---|---|
//! | head | byte 1 (version); byte 15, 30 or 60 (step, minutes); start in minutes since 1970-01-01T00:00Z, signed; number of entries |
//! | meters | for each entry, rising: meter number minus that of the entry before (minus 0 for the first) |
//! | consumption | for each entry: Wh |
//! | generation | for each entry: Wh |
//! | quality | runs: length, byte of the quality, until all entries are covered |
//! | received | runs: length, signed seconds from the end of the interval to the arrival of the value in force |
//! | history | number of corrected entries; for each, rising: index minus that of the one before (minus 0 for the first), number of older versions, and of each, oldest first: Wh consumption, Wh generation, byte of the quality, signed seconds |
//! | check | CRC-32 (IEEE 802.3) of everything before, 4 bytes, little end first |

mod codec;

pub use codec::BlockError;

use crate::reading::{Quality, Reading};
use domain::MeterNo;
use quantity::{Instant, Step, WattHours};

/// The values in force of a block, column by column and by rising meter: what settlement reads. Kept between calls, so that decoding
/// allocates nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockColumns {
    /// Start of the interval.
    pub start: Instant,
    /// Length of the interval.
    pub step: Step,
    /// The meters, rising.
    pub meters: Vec<MeterNo>,
    /// Energy used.
    pub consumption: Vec<WattHours>,
    /// Energy generated.
    pub generation: Vec<WattHours>,
    /// How the values came to be.
    pub quality: Vec<Quality>,
    /// Version of the value in force, from 1.
    pub version: Vec<u32>,
}

impl Default for BlockColumns {
    fn default() -> Self {
        Self {
            start: Instant(0),
            step: Step::Min15,
            meters: Vec::new(),
            consumption: Vec::new(),
            generation: Vec::new(),
            quality: Vec::new(),
            version: Vec::new(),
        }
    }
}

impl BlockColumns {
    /// Replaces the content by that of an encoded block.
    ///
    /// # Errors
    /// [`BlockError`] when the bytes are not those of a block; the content is then empty.
    pub fn decode_into(&mut self, bytes: &[u8]) -> Result<(), BlockError> {
        codec::decode_columns(bytes, self).inspect_err(|_| self.clear())
    }

    /// How many meters there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.meters.len()
    }

    /// Whether there is no meter.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.meters.is_empty()
    }

    /// The values in force as readings, by rising meter.
    pub fn readings(&self) -> impl Iterator<Item = Reading> {
        (0..self.len()).map(|at| Reading {
            meter: self.meters[at],
            start: self.start,
            consumption: self.consumption[at],
            generation: self.generation[at],
            quality: self.quality[at],
        })
    }

    fn clear(&mut self) {
        self.meters.clear();
        self.consumption.clear();
        self.generation.clear();
        self.quality.clear();
        self.version.clear();
    }
}

/// One value that a reading has or had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// Energy used.
    pub consumption: WattHours,
    /// Energy generated.
    pub generation: WattHours,
    /// How it came to be.
    pub quality: Quality,
    /// When it arrived, to the second below.
    pub received_at: Instant,
}

impl Version {
    fn says(&self, reading: &Reading) -> bool {
        (self.consumption, self.generation, self.quality.rank()) == (reading.consumption, reading.generation, reading.quality.rank())
    }
}

/// What became of a reading that was merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeOutcome {
    /// The first of its meter in this interval.
    Accepted,
    /// The value in force says the same.
    Duplicate,
    /// An older version says the same and was corrected since: the value in force stays.
    Superseded {
        /// That older version.
        version: u32,
    },
    /// Another value than before: now in force.
    Corrected {
        /// The new version.
        version: u32,
    },
    /// Weighs more than the estimate before: now in force.
    ReplacedEstimate {
        /// The new version.
        version: u32,
    },
    /// An estimate for what is known better.
    IgnoredEstimate,
}

/// A reading of a meter that the block does not hold yet.
#[derive(Debug, Clone, Copy)]
struct Fresh {
    /// Where in the columns it belongs, before anything is inserted.
    place: usize,
    /// Which reading it is.
    reading: usize,
}

/// The older versions of one meter, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
struct History {
    meter: MeterNo,
    older: Vec<Version>,
}

/// All readings of one cluster in one interval, with all versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    columns: BlockColumns,
    received_at: Vec<Instant>,
    history: Vec<History>,
}

impl Block {
    /// A block without readings.
    ///
    /// # Errors
    /// [`BlockError::Start`] when `start` is not on a full step.
    pub fn new(start: Instant, step: Step) -> Result<Self, BlockError> {
        if !step.is_aligned(start) {
            return Err(BlockError::Start { start });
        }
        Ok(Self { columns: BlockColumns { start, step, ..BlockColumns::default() }, received_at: Vec::new(), history: Vec::new() })
    }

    /// Reads an encoded block.
    ///
    /// # Errors
    /// [`BlockError`] when the bytes are not those of a block.
    pub fn decode(bytes: &[u8]) -> Result<Self, BlockError> {
        codec::decode_block(bytes)
    }

    /// Appends the bytes of this block to `out`. Equal blocks give equal bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        codec::encode_block(self, out);
    }

    /// Start of the interval.
    #[must_use]
    pub const fn start(&self) -> Instant {
        self.columns.start
    }

    /// Length of the interval.
    #[must_use]
    pub const fn step(&self) -> Step {
        self.columns.step
    }

    /// The values in force.
    #[must_use]
    pub const fn columns(&self) -> &BlockColumns {
        &self.columns
    }

    /// Every version of a meter's reading, oldest first, the one in force last; empty when there is none.
    #[must_use]
    pub fn versions(&self, meter: MeterNo) -> Vec<Version> {
        let Ok(at) = self.columns.meters.binary_search(&meter) else { return Vec::new() };
        let mut versions = self.older(meter).to_vec();
        versions.push(self.current(at));
        versions
    }

    /// Puts `readings` in; `received_at` is when they arrived. Gives what became of each, in their order.
    ///
    /// `readings` are sorted by meter; of several of one meter the later ones correct the earlier ones.
    ///
    /// # Errors
    /// [`BlockError`] when the readings are not sorted, not of this interval or below zero; the block is then unchanged.
    pub fn merge(&mut self, readings: &[Reading], received_at: Instant) -> Result<Vec<MergeOutcome>, BlockError> {
        let mut outcomes = Vec::with_capacity(readings.len());
        self.merge_into(readings, received_at, &mut outcomes)?;
        Ok(outcomes)
    }

    /// [`Block::merge`] that appends to `outcomes`, which the caller keeps between calls.
    ///
    /// # Errors
    /// As [`Block::merge`].
    pub fn merge_into(&mut self, readings: &[Reading], received_at: Instant, outcomes: &mut Vec<MergeOutcome>) -> Result<(), BlockError> {
        self.check(readings)?;
        let received_at = whole_seconds(received_at);
        let fresh = self.places_of_new(readings);
        self.insert(&fresh, readings, received_at);
        outcomes.reserve(readings.len());
        let mut new = fresh.iter().peekable();
        let mut at = 0;
        for (index, reading) in readings.iter().enumerate() {
            while self.columns.meters[at] < reading.meter {
                at += 1;
            }
            outcomes.push(if new.next_if(|fresh| fresh.reading == index).is_some() {
                MergeOutcome::Accepted
            } else {
                self.merge_one(at, reading, received_at)
            });
        }
        Ok(())
    }

    /// Makes an older version of a meter's reading the value in force again, as a new version, and gives its number. `None` when there is
    /// no such older version, or when it is the same as the value in force.
    pub fn restore(&mut self, meter: MeterNo, version: u32, received_at: Instant) -> Option<u32> {
        let at = self.columns.meters.binary_search(&meter).ok()?;
        let index = usize::try_from(version).ok()?.checked_sub(1)?;
        let mut value = *self.older(meter).get(index)?;
        let current = self.current(at);
        if (value.consumption, value.generation, value.quality) == (current.consumption, current.generation, current.quality) {
            return None;
        }
        value.received_at = whole_seconds(received_at);
        Some(self.replace(at, value))
    }

    fn check(&self, readings: &[Reading]) -> Result<(), BlockError> {
        let start = self.columns.start;
        let mut last = None;
        for reading in readings {
            if reading.start != start {
                return Err(BlockError::OtherInterval { start, got: reading.start });
            }
            if last > Some(reading.meter) {
                return Err(BlockError::Unsorted { meter: reading.meter });
            }
            if reading.consumption.0 < 0 || reading.generation.0 < 0 {
                return Err(BlockError::Negative { meter: reading.meter });
            }
            last = Some(reading.meter);
        }
        Ok(())
    }

    fn merge_one(&mut self, at: usize, reading: &Reading, received_at: Instant) -> MergeOutcome {
        let current = self.current(at);
        let (new_rank, rank) = (reading.quality.rank(), current.quality.rank());
        if new_rank < rank {
            return MergeOutcome::IgnoredEstimate;
        }
        if current.says(reading) {
            return MergeOutcome::Duplicate;
        }
        if let Some(index) = self.older(reading.meter).iter().position(|version| version.says(reading)) {
            return MergeOutcome::Superseded { version: number(index) };
        }
        let value = Version { consumption: reading.consumption, generation: reading.generation, quality: reading.quality, received_at };
        let version = self.replace(at, value);
        if new_rank > rank { MergeOutcome::ReplacedEstimate { version } } else { MergeOutcome::Corrected { version } }
    }

    /// Puts `value` in force at `at`, keeps the one before, and gives the new number.
    fn replace(&mut self, at: usize, value: Version) -> u32 {
        let (meter, before) = (self.columns.meters[at], self.current(at));
        let place = match self.history.binary_search_by_key(&meter, |history| history.meter) {
            Ok(place) => place,
            Err(place) => {
                self.history.insert(place, History { meter, older: Vec::with_capacity(1) });
                place
            }
        };
        self.history[place].older.push(before);
        self.columns.consumption[at] = value.consumption;
        self.columns.generation[at] = value.generation;
        self.columns.quality[at] = value.quality;
        self.received_at[at] = value.received_at;
        self.columns.version[at] = number(self.history[place].older.len());
        self.columns.version[at]
    }

    fn current(&self, at: usize) -> Version {
        Version {
            consumption: self.columns.consumption[at],
            generation: self.columns.generation[at],
            quality: self.columns.quality[at],
            received_at: self.received_at[at],
        }
    }

    fn older(&self, meter: MeterNo) -> &[Version] {
        match self.history.binary_search_by_key(&meter, |history| history.meter) {
            Ok(place) => &self.history[place].older,
            Err(_) => &[],
        }
    }

    /// The first reading of every meter that is not in the block; both are sorted, so that one walk finds them.
    fn places_of_new(&self, readings: &[Reading]) -> Vec<Fresh> {
        let meters = &self.columns.meters;
        let mut fresh = Vec::new();
        let mut place = 0;
        let mut last = None;
        for (reading, Reading { meter, .. }) in readings.iter().enumerate() {
            if last == Some(*meter) {
                continue;
            }
            last = Some(*meter);
            while meters.get(place).is_some_and(|there| there < meter) {
                place += 1;
            }
            if meters.get(place) != Some(meter) {
                if fresh.is_empty() {
                    fresh.reserve(readings.len() - reading);
                }
                fresh.push(Fresh { place, reading });
            }
        }
        fresh
    }

    fn insert(&mut self, fresh: &[Fresh], readings: &[Reading], received_at: Instant) {
        if fresh.is_empty() {
            return;
        }
        let columns = &mut self.columns;
        widen(&mut columns.meters, fresh, |at| readings[at].meter);
        widen(&mut columns.consumption, fresh, |at| readings[at].consumption);
        widen(&mut columns.generation, fresh, |at| readings[at].generation);
        widen(&mut columns.quality, fresh, |at| readings[at].quality);
        widen(&mut columns.version, fresh, |_| 1);
        widen(&mut self.received_at, fresh, |_| received_at);
    }
}

/// Inserts the values of all new readings at their places, from the back, so that each old value moves once.
fn widen<T: Copy>(column: &mut Vec<T>, fresh: &[Fresh], value: impl Fn(usize) -> T) {
    let mut from = column.len();
    if fresh.iter().all(|new| new.place == from) {
        column.extend(fresh.iter().map(|new| value(new.reading)));
        return;
    }
    let mut to = from + fresh.len();
    column.resize(to, value(fresh[0].reading));
    for new in fresh.iter().rev() {
        to -= from - new.place;
        column.copy_within(new.place..from, to);
        from = new.place;
        to -= 1;
        column[to] = value(new.reading);
    }
}

/// Arrivals are kept to the second.
fn whole_seconds(at: Instant) -> Instant {
    Instant(at.0.div_euclid(1000).saturating_mul(1000))
}

/// The number of the version at `index`, from 1.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests;
