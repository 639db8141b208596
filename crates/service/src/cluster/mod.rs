//! Communities: founding, joining, leaving, moving; what they own, how they are metered, and the rules they give themselves.
//!
//! | File | Use case |
//! |---|---|
//! | `found.rs` | found a cluster, or the open cluster of a region |
//! | `join.rs` | join, admit, refuse; enter a contribution that was paid |
//! | `cash.rs` | take cash in, pay it out with two keys |
//! | `leave.rs` | leave; give and take offices |
//! | `people.rs` | who acts for a household: ask, accept, let go |
//! | `moves.rs`, `carry.rs`, `clearing.rs`, `clearing_watch.rs` | move members with their balances and energy credits; prove that nothing stayed on the way |
//! | `move_told.rs` | read what a move was, on both sides |
//! | `meters.rs` | add, assign and exchange meters |
//! | `assets.rs` | shared equipment and who owns it |
//! | `rules.rs` | read and change the rules |
//! | `outages.rs` | write down when the grid was away |
//! | `card.rs`, `directory.rs` | what strangers and what members may know |
//! | `verdict.rs`, `model.rs` | what joining would mean, before joining |
//! | `again.rs`, `entering.rs`, `telling.rs` | settle past days again; what every way in shares; notices |

mod again;
mod assets;
mod card;
mod carry;
mod cash;
mod clearing;
mod clearing_watch;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod crash_credits;
mod directory;
pub(crate) mod entering;
mod error;
mod found;
mod join;
mod leave;
mod meters;
mod model;
mod move_told;
mod moves;
mod outages;
mod people;
mod rules;
pub(crate) mod telling;
mod verdict;

pub(crate) use again::today;
pub use assets::{AssetNew, AssetOwned, Owner, SHARES_WHOLE};
pub use card::{ClusterCard, ProfileUpdate};
pub use cash::{CASH_LIST_MAX, CASH_MAX, CashFree, CashReceived, PAYOUT_DAYS, Payout, REFERENCE_MAX};
pub use clearing::{ClearingDifference, ClearingReport};
pub use directory::{DirectoryEntry, DirectoryFilter, EntryUpdate, Page, Usage};
pub use error::ClusterError;
pub use found::ClusterFound;
pub use join::{ClusterJoin, ContributionPaid, Joined, Pledged};
pub use leave::Left;
pub use meters::{MeterNew, MeterOwned, OWN_METERS_MAX};
pub use model::Assumption;
pub use move_told::{LegTold, MeterTold, MoveTold};
pub use moves::{Moved, MovedFrom};
pub use people::{HouseholdPerson, Invitation, Whom};
pub use rules::{Rules, RulesChange};
pub(crate) use telling::{tell_member, tell_officers};
pub use verdict::{Payback, Verdict, VerdictAsk, VerdictOf, VerdictUse};

use quantity::Ngwee;

/// Most letters of a household's name, as of a cluster's.
const NAME_MAX: usize = 60;
/// Most letters of a longer text.
const TEXT_MAX: usize = 300;
/// Most entries of one request.
const ENTRIES_MAX: usize = 1_000;

/// A household that founds or joins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Household {
    /// The name that others see.
    pub alias: String,
    /// What it is: `urban_home`, `village_home`, `clinic` … Empty is `household`.
    pub kind: String,
    /// Number or name of the house; may be empty.
    pub house: String,
    /// What it promises to put into the equipment. It is not paid by joining.
    pub contribution: Ngwee,
    /// How many people live there; 0 is not said.
    pub residents: i64,
    /// Serials of its meters.
    pub meters: Vec<String>,
}

impl Household {
    /// Checks names, numbers and serials, and puts the default kind in.
    fn checked(mut self) -> Result<Self, ClusterError> {
        self.alias = name("the household's name", &self.alias)?;
        if self.kind.is_empty() {
            "household".clone_into(&mut self.kind);
        }
        let is_word = |text: &str| text.len() <= 40 && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !is_word(&self.kind) {
            return Err(ClusterError::Name { what: "the kind of household", most: 40 });
        }
        self.house = text("the house", &self.house, 40)?;
        number("residents", 0, 1_000, self.residents)?;
        if self.meters.len() > 20 {
            return Err(ClusterError::TooMany { most: 20 });
        }
        for (at, meter) in self.meters.iter().enumerate() {
            serial(meter)?;
            if self.meters[..at].contains(meter) {
                return Err(ClusterError::MeterTaken { serial: meter.clone() });
            }
        }
        Ok(self)
    }
}

/// A name without the space around it: 1 to [`NAME_MAX`] characters on one line.
fn name(what: &'static str, given: &str) -> Result<String, ClusterError> {
    let plain = text(what, given, NAME_MAX)?;
    if plain.is_empty() { Err(ClusterError::Name { what, most: NAME_MAX }) } else { Ok(plain) }
}

/// A text without the space around it: up to `most` characters on one line.
fn text(what: &'static str, given: &str, most: usize) -> Result<String, ClusterError> {
    let plain = given.trim();
    if plain.chars().count() > most || plain.chars().any(char::is_control) {
        return Err(ClusterError::Name { what, most });
    }
    Ok(plain.to_owned())
}

fn number(what: &'static str, min: i64, max: i64, found: i64) -> Result<(), ClusterError> {
    if (min..=max).contains(&found) { Ok(()) } else { Err(ClusterError::Number { what, min, max, found }) }
}

fn serial(given: &str) -> Result<(), ClusterError> {
    let is_plain = (1..=40).contains(&given.len()) && given.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    if is_plain { Ok(()) } else { Err(ClusterError::Serial { serial: given.chars().take(40).collect() }) }
}
