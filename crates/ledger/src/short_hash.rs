//! SHA-256 of short messages, laid out in place: a log hashes millions of them, and the general way costs a third more.

use crate::merkle::Hash;
use sha2::block_api::compress256;
use sha2::{Digest, Sha256};

const BLOCK: usize = 64;
const BLOCKS_MAX: usize = 2;
/// A message ends in one byte and its length in bits, eight bytes.
const PADDING: usize = 9;
/// Source: FIPS 180-4, section 5.3.3.
const START: [u32; 8] = [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// SHA-256 of `parts`, one after the other.
#[must_use]
#[inline]
pub fn sha256<const N: usize>(parts: [&[u8]; N]) -> Hash {
    let length = parts.iter().fold(0usize, |sum, part| sum.saturating_add(part.len()));
    if length.saturating_add(PADDING) > BLOCKS_MAX.saturating_mul(BLOCK) { long(&parts) } else { short(parts, length) }
}

fn long(parts: &[&[u8]]) -> Hash {
    parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part)).finalize().into()
}

/// Source: FIPS 180-4, section 5.1.1: the message, a bit, zeros, the length in bits.
#[expect(clippy::arithmetic_side_effects, reason = "length and padding fit the two blocks, checked by the caller")]
#[inline]
fn short<const N: usize>(parts: [&[u8]; N], length: usize) -> Hash {
    let mut blocks = [[0u8; BLOCK]; BLOCKS_MAX];
    let used = if length + PADDING > BLOCK { 2 } else { 1 };
    let bytes = blocks.as_flattened_mut();
    let mut at = 0;
    for part in parts {
        bytes[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    }
    bytes[length] = 0x80;
    let bits = (length as u64 * 8).to_be_bytes();
    bytes[used * BLOCK - bits.len()..used * BLOCK].copy_from_slice(&bits);
    let mut state = START;
    compress256(&mut state, &blocks[..used]);
    let mut hash = [0; 32];
    for (bytes, word) in hash.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_length_around_the_blocks() {
        let message: Vec<u8> = (0..=255).collect();
        for length in 0..=message.len() {
            assert_eq!(sha256([&message[..length]]), <Hash>::from(Sha256::digest(&message[..length])), "{length} bytes");
        }
    }

    proptest! {
        #[test]
        fn parts_are_one_message(parts in proptest::array::uniform4(proptest::collection::vec(any::<u8>(), 0..60))) {
            prop_assert_eq!(sha256(parts.each_ref().map(Vec::as_slice)), <Hash>::from(Sha256::digest(parts.concat())));
        }
    }
}
