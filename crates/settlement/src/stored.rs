//! Sums and states as bytes for the store: a CBOR array of whole numbers that begins with a format version.
//!
//! Unlike sealed records these can be made again from the readings, so a new format may replace an old one by settling again.

use crate::battery::BatteryContent;
use crate::flows::{Flows, Totals};
use crate::run::{Alone, MemberDay, RunState};
use crate::seal::{flows_from, sealed_flows, write_ints};
use minicbor::Decoder;
use quantity::BusinessDay;

const VERSION: i64 = 1;

/// Stored bytes that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stored {what} cannot be read; settle the day again")]
pub struct StoredError {
    what: &'static str,
}

impl StoredError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "stored_sums_malformed"
    }
}

fn write(values: impl IntoIterator<Item = i64>) -> Vec<u8> {
    let all: Vec<i64> = std::iter::once(VERSION).chain(values).collect();
    let mut out = Vec::with_capacity(all.len() * 3);
    write_ints(&mut out, &all);
    out
}

fn read(what: &'static str, bytes: &[u8]) -> Result<Vec<i64>, StoredError> {
    let wrong = StoredError { what };
    let mut decoder = Decoder::new(bytes);
    let length = decoder.array().ok().flatten().filter(|length| (1..100_000).contains(length)).ok_or_else(|| wrong.clone())?;
    let values: Vec<i64> = (0..length).map(|_| decoder.i64()).collect::<Result<_, _>>().map_err(|_| wrong.clone())?;
    if values[0] != VERSION || decoder.position() != bytes.len() {
        return Err(wrong);
    }
    Ok(values[1..].to_vec())
}

impl MemberDay {
    /// This day as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Alone { cost, imported, exported, unserved, served_minutes } = self.alone;
        let head = [self.flows.consumption, self.flows.generation];
        let tail = [cost, imported, exported, unserved, served_minutes, self.outage_minutes, self.served_minutes];
        write(head.into_iter().chain(sealed_flows(&self.flows)).chain(tail))
    }

    /// A day from its bytes.
    ///
    /// # Errors
    /// [`StoredError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoredError> {
        let values = read("sums of a member's day", bytes)?;
        let all: [i64; 25] = values.try_into().map_err(|_| StoredError { what: "sums of a member's day" })?;
        let mut columns = [0; 16];
        columns.copy_from_slice(&all[2..18]);
        let [cost, imported, exported, unserved, served_alone, outage_minutes, served_minutes] =
            [all[18], all[19], all[20], all[21], all[22], all[23], all[24]];
        let flows: Flows = flows_from(columns, all[0], all[1]);
        Ok(Self { flows, alone: Alone { cost, imported, exported, unserved, served_minutes: served_alone }, outage_minutes, served_minutes })
    }
}

impl Totals {
    /// These totals as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        write(self.columns())
    }

    /// Totals from their bytes.
    ///
    /// # Errors
    /// [`StoredError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoredError> {
        let values = read("totals of a day", bytes)?;
        let [generation, consumption, self_used, shared, charged, discharged, loss, exported, imported, curtailed, unserved] =
            values.try_into().map_err(|_| StoredError { what: "totals of a day" })?;
        Ok(Self { generation, consumption, self_used, shared, charged, discharged, loss, exported, imported, curtailed, unserved })
    }

    /// The eleven figures in their sealed order.
    #[must_use]
    pub const fn columns(&self) -> [i64; 11] {
        [
            self.generation,
            self.consumption,
            self.self_used,
            self.shared,
            self.charged,
            self.discharged,
            self.loss,
            self.exported,
            self.imported,
            self.curtailed,
            self.unserved,
        ]
    }
}

impl RunState {
    /// This state as bytes; `members` are the numbers its columns belong to.
    ///
    /// # Panics
    /// When the columns and `members` differ in length: a bug in the caller.
    #[must_use]
    pub fn to_bytes(&self, members: &[i64]) -> Vec<u8> {
        let columns = [&self.content.claims, &self.bought, &self.bought_alone];
        assert!(columns.iter().all(|column| column.len() == members.len()), "one value for each member");
        let head = [i64::from(self.month.0), self.bought_together, self.content.common, members.len() as i64];
        write(head.into_iter().chain(members.iter().copied()).chain(columns.into_iter().flatten().copied()))
    }

    /// A state from its bytes, for `members`: a member that was not there before begins with nothing; what was stored in the name of
    /// one that is gone becomes common content.
    ///
    /// # Errors
    /// [`StoredError`].
    pub fn from_bytes(bytes: &[u8], members: &[i64]) -> Result<Self, StoredError> {
        let wrong = || StoredError { what: "state of a day" };
        let values = read("state of a day", bytes)?;
        let [month, bought_together, common, count] = *values.first_chunk::<4>().ok_or_else(wrong)?;
        let count = usize::try_from(count).map_err(|_| wrong())?;
        if count.checked_mul(4).and_then(|n| n.checked_add(4)) != Some(values.len()) {
            return Err(wrong());
        }
        let (known, columns) = values[4..].split_at(count);
        let mut state = Self::start(members.len());
        state.month = BusinessDay(i32::try_from(month).map_err(|_| wrong())?);
        state.bought_together = bought_together;
        state.content = BatteryContent { common, claims: vec![0; members.len()] };
        for (at, member) in known.iter().enumerate() {
            match members.binary_search(member) {
                Ok(to) => {
                    state.content.claims[to] = columns[at];
                    state.bought[to] = columns[count + at];
                    state.bought_alone[to] = columns[2 * count + at];
                }
                Err(_) => state.content.common += columns[at],
            }
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        let flows = Flows { consumption: 5, generation: 7, imported: 3, service_charge: 1 << 40, ..Flows::default() };
        let day = MemberDay { flows, alone: Alone { cost: -9, ..Alone::default() }, outage_minutes: 30, served_minutes: 15 };
        assert_eq!(MemberDay::from_bytes(&day.to_bytes()), Ok(day));
        let totals = Totals { generation: 9, unserved: 2, ..Totals::default() };
        assert_eq!(Totals::from_bytes(&totals.to_bytes()), Ok(totals));
        assert!(Totals::from_bytes(&day.to_bytes()).is_err());
        assert!(MemberDay::from_bytes(&[]).is_err());
    }

    #[test]
    fn members_come_and_go() {
        let state = RunState {
            content: BatteryContent { common: 10, claims: vec![1, 2, 3] },
            month: BusinessDay(20_000),
            bought: vec![4, 5, 6],
            bought_alone: vec![7, 8, 9],
            bought_together: 15,
        };
        let bytes = state.to_bytes(&[1, 2, 5]);
        assert_eq!(RunState::from_bytes(&bytes, &[1, 2, 5]), Ok(state));
        let later = RunState::from_bytes(&bytes, &[1, 3, 5]).expect("reads");
        assert_eq!((later.content.common, later.content.claims), (12, vec![1, 0, 3]));
        assert_eq!((later.bought, later.bought_alone), (vec![4, 0, 6], vec![7, 0, 9]));
    }
}
