//! The RFC 6962 Merkle log of a cluster: one hash that stands for every record, and short proofs about it.
//!
//! Hashes are SHA-256; a leaf is hashed behind a byte 0, a node behind a byte 1, so that neither can pass for the other. The writer
//! keeps only a [`Frontier`] (a handful of hashes); proofs are made from the leaf hashes.
//! Source: RFC 6962 section 2.1 (tree, proofs), RFC 9162 sections 2.1.3.2 and 2.1.4.2 (verification).

use crate::short_hash::sha256;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// What is wrong with a proof, a position or stored bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MerkleError {
    /// There is no such leaf, or the older log is not within the newer one.
    #[error("position {index} is outside a log of {size} records: check the number against the tree head")]
    OutOfRange {
        /// The leaf, or the older size.
        index: u64,
        /// The size of the log.
        size: u64,
    },
    /// Too many or too few hashes.
    #[error("the proof has the wrong number of hashes: ask for it again")]
    Length,
    /// The proof leads to another root.
    #[error("the proof does not lead to the tree head: the record or the log was changed")]
    RootDiffers,
    /// The bytes are no frontier.
    #[error("the stored frontier of the log is not readable: rebuild it from the records")]
    Frontier,
}

impl MerkleError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OutOfRange { .. } => "merkle_out_of_range",
            Self::Length => "merkle_proof_length",
            Self::RootDiffers => "merkle_root_differs",
            Self::Frontier => "merkle_frontier_malformed",
        }
    }
}

/// The hash of a record.
#[must_use]
pub fn leaf_hash(bytes: &[u8]) -> Hash {
    sha256([&[0], bytes])
}

/// The hash of two subtrees.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256([&[1], left, right])
}

/// The right edge of a log: its size and the root of each complete subtree, largest first. Enough to append and to give the root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many leaves were appended.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the complete subtrees, largest first: one for each bit set in the size.
    #[must_use]
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Adds a leaf and returns its position.
    pub fn append(&mut self, leaf: Hash) -> u64 {
        let position = self.size;
        let mut merged = leaf;
        // Each low bit set in the size is a subtree of that height; the new leaf closes them one after the other, like a carry.
        for _ in 0..position.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                merged = node_hash(&left, &merged);
            }
        }
        self.peaks.push(merged);
        self.size = position.saturating_add(1);
        position
    }

    /// The root; for an empty log the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            Some(&last) => peaks.fold(last, |right, left| node_hash(left, &right)),
            None => sha256([]),
        }
    }

    /// The size in eight bytes, most significant first, then the peaks.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        bytes.extend(self.peaks.iter().flatten());
        bytes
    }

    /// Reads [`Frontier::to_bytes`].
    ///
    /// # Errors
    /// [`MerkleError::Frontier`] when the number of peaks does not fit the size.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MerkleError> {
        let (size, rest) = bytes.split_first_chunk::<8>().ok_or(MerkleError::Frontier)?;
        let size = u64::from_be_bytes(*size);
        let (peaks, left_over) = rest.as_chunks::<32>();
        if !left_over.is_empty() || u32::try_from(peaks.len()) != Ok(size.count_ones()) {
            return Err(MerkleError::Frontier);
        }
        Ok(Self { size, peaks: peaks.to_vec() })
    }
}

/// The root of a log with these leaf hashes.
#[must_use]
pub fn root_of(leaves: &[Hash]) -> Hash {
    let mut frontier = Frontier::new();
    for &leaf in leaves {
        frontier.append(leaf);
    }
    frontier.root()
}

/// The largest power of two below `size`, for a size of two or more: where a tree divides.
fn split_point(size: usize) -> usize {
    1 << size.saturating_sub(1).checked_ilog2().unwrap_or(0)
}

/// The proof that the leaf at `index` is in the log of these leaves: the neighbouring subtrees, from the leaf up.
///
/// # Errors
/// [`MerkleError::OutOfRange`] when there is no such leaf.
pub fn inclusion_proof(index: u64, leaves: &[Hash]) -> Result<Vec<Hash>, MerkleError> {
    let out_of_range = MerkleError::OutOfRange { index, size: leaves.len() as u64 };
    let mut at = usize::try_from(index).map_err(|_| out_of_range)?;
    if at >= leaves.len() {
        return Err(out_of_range);
    }
    let mut tree = leaves;
    let mut proof = Vec::new();
    while tree.len() > 1 {
        let middle = split_point(tree.len());
        let (left, right) = tree.split_at(middle);
        if at < middle {
            proof.push(root_of(right));
            tree = left;
        } else {
            proof.push(root_of(left));
            at = at.saturating_sub(middle);
            tree = right;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// Checks that `leaf` stands at `index` in the log of `size` leaves with this `root`.
///
/// # Errors
/// [`MerkleError`] says why the proof does not hold.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> Result<(), MerkleError> {
    if index >= size {
        return Err(MerkleError::OutOfRange { index, size });
    }
    let (mut node, mut last) = (index, size.saturating_sub(1));
    let mut hash = *leaf;
    for neighbour in proof {
        if last == 0 {
            return Err(MerkleError::Length);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(neighbour, &hash);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, neighbour);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    match (last, hash == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(MerkleError::RootDiffers),
        _ => Err(MerkleError::Length),
    }
}

/// The proof that the log of the first `old_size` leaves is a beginning of the log of all these leaves. Empty when `old_size` is 0
/// or the whole.
///
/// # Errors
/// [`MerkleError::OutOfRange`] when the old log is larger.
pub fn consistency_proof(old_size: u64, leaves: &[Hash]) -> Result<Vec<Hash>, MerkleError> {
    let out_of_range = MerkleError::OutOfRange { index: old_size, size: leaves.len() as u64 };
    let mut old = usize::try_from(old_size).map_err(|_| out_of_range)?;
    if old > leaves.len() {
        return Err(out_of_range);
    }
    if old == 0 || old == leaves.len() {
        return Ok(Vec::new());
    }
    let mut tree = leaves;
    let mut proof = Vec::new();
    let mut is_left_edge = true;
    while old != tree.len() {
        let middle = split_point(tree.len());
        let (left, right) = tree.split_at(middle);
        if old <= middle {
            proof.push(root_of(right));
            tree = left;
        } else {
            proof.push(root_of(left));
            old = old.saturating_sub(middle);
            tree = right;
            is_left_edge = false;
        }
    }
    // The verifier knows the old root, so the subtree that is the whole old log is left out.
    if !is_left_edge {
        proof.push(root_of(tree));
    }
    proof.reverse();
    Ok(proof)
}

/// Checks that the log of `old_size` leaves with `old_root` is a beginning of the log of `size` leaves with `root`.
///
/// # Errors
/// [`MerkleError`] says why the proof does not hold.
pub fn verify_consistency(old_size: u64, old_root: &Hash, size: u64, root: &Hash, proof: &[Hash]) -> Result<(), MerkleError> {
    if old_size > size {
        return Err(MerkleError::OutOfRange { index: old_size, size });
    }
    if old_size == size || old_size == 0 {
        let is_expected = if old_size == 0 { *old_root == root_of(&[]) } else { old_root == root };
        return match (proof.is_empty(), is_expected) {
            (false, _) => Err(MerkleError::Length),
            (true, false) => Err(MerkleError::RootDiffers),
            (true, true) => Ok(()),
        };
    }
    let mut rest = proof.iter();
    let start = if old_size.is_power_of_two() { Some(old_root) } else { rest.next() };
    let start = *start.ok_or(MerkleError::Length)?;
    let (mut node, mut last) = (old_size.saturating_sub(1), size.saturating_sub(1));
    let done = node.trailing_ones();
    (node, last) = (node >> done, last >> done);
    let (mut old_hash, mut hash) = (start, start);
    for neighbour in rest {
        if last == 0 {
            return Err(MerkleError::Length);
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(neighbour, &old_hash);
            hash = node_hash(neighbour, &hash);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, neighbour);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    match (last, old_hash == *old_root && hash == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(MerkleError::RootDiffers),
        _ => Err(MerkleError::Length),
    }
}
