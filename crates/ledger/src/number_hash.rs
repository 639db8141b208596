//! A fast hash for maps keyed by numbers that the cluster itself gave, or by idempotency keys.
//!
//! It multiplies and folds; it does not defend against chosen keys. A batch is small and its keys come hashed
//! ([`crate::IdempotencyKey::derive`]), so the worst an odd key can do is slow down its own batch.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map keyed by a number.
pub(crate) type NumberMap<K, V> = HashMap<K, V, BuildHasherDefault<NumberHasher>>;

const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15; // 2^64 / golden ratio, odd

/// Folds each number into 64 bits, with the high bits mixed into the low ones that choose the bucket.
#[derive(Default)]
pub(crate) struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        let product = (self.0 ^ number).wrapping_mul(FACTOR);
        self.0 = product ^ (product >> 32);
    }

    fn write_i64(&mut self, number: i64) {
        self.write_u64(number.cast_unsigned());
    }

    fn write_u128(&mut self, number: u128) {
        self.write_u64((number >> 64) as u64);
        self.write_u64(number as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn neighbours_spread_over_buckets() {
        let bucket = |number: i64| {
            let mut hash = NumberHasher::default();
            hash.write_i64(number);
            (hash.finish() & 0x3FFF, hash.finish() >> 57)
        };
        let low: HashSet<_> = (0..4096).map(|number| bucket(number).0).collect();
        let high: HashSet<_> = (0..4096).map(|number| bucket(number).1).collect();
        assert!(low.len() > 3000, "{}", low.len());
        assert_eq!(high.len(), 128);
    }
}
