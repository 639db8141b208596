//! What was asked for under a key, as a number that is kept beside it: other content has another.

use sha2::{Digest, Sha256};

/// What was asked for, as a number above zero.
pub(crate) fn digest(parts: &[i64]) -> i64 {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part.to_be_bytes()));
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize()[..8]);
    (u64::from_be_bytes(first) >> 1).cast_signed()
}
