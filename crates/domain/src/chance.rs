//! Chance as an argument.

use std::sync::Mutex;

/// The system gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random numbers; nothing was done")]
pub struct NoChance;

impl NoChance {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "no_random_source"
    }
}

/// Where random bytes come from. Passed in, so that a test or a simulation with a seed does the same again.
pub trait Chance: Send + Sync {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// [`NoChance`].
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoChance>;
}

impl dyn Chance + '_ {
    /// `N` random bytes.
    ///
    /// # Errors
    /// [`NoChance`].
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], NoChance> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// A random number.
    ///
    /// # Errors
    /// [`NoChance`].
    pub fn number(&self) -> Result<u64, NoChance> {
        self.bytes().map(u64::from_be_bytes)
    }
}

/// The random source of this machine, fit for secrets.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine is asked for chance")]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoChance> {
        getrandom::fill(bytes).map_err(|_| NoChance)
    }
}

/// A repeatable sequence from a seed, for tests and simulations; never for secrets of real people.
#[derive(Debug, Default)]
pub struct SeededChance(Mutex<u64>);

impl SeededChance {
    /// The sequence of `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Chance for SeededChance {
    /// Source: SplitMix64, G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators", 2014.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoChance> {
        let mut state = self.0.lock().map_err(|_| NoChance)?;
        for chunk in bytes.chunks_mut(8) {
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_be_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_does_the_same_again_and_the_system_does_not() {
        let draw = |chance: &dyn Chance| chance.bytes::<20>().expect("bytes");
        assert_eq!(draw(&SeededChance::new(7)), draw(&SeededChance::new(7)));
        let one = SeededChance::new(7);
        assert_ne!(draw(&one), draw(&one));
        assert_ne!(draw(&SystemChance), draw(&SystemChance));
    }
}
