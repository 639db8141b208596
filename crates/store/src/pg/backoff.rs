//! How long a collided unit waits.

use std::time::Duration;

/// The wait before retry number `retry` (from 1): 4 ms, doubled each time, plus up to as much again by the unit's
/// number, so that two units that collided do not meet again at once.
pub(super) fn wait(retry: u32, unit: u64) -> Duration {
    let base_us = 4_000u64 << retry.saturating_sub(1).min(7);
    // Fibonacci hashing: neighbouring numbers land far apart.
    let spread = unit.wrapping_add(u64::from(retry)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    Duration::from_micros(base_us + spread % base_us)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_differ() {
        for unit in 0..1000 {
            for retry in 1..=5 {
                let base = Duration::from_millis(4 << (retry - 1));
                assert!(wait(retry, unit) >= base && wait(retry, unit) < base * 2);
            }
            assert_ne!(wait(1, unit), wait(1, unit + 1));
        }
    }
}
