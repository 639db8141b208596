//! The log against the known vectors of RFC 6962 logs and against an independent implementation.

use crate::golden::{hex, unhex};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use ledger::merkle::{
    Frontier, Hash, MerkleError, consistency_proof, inclusion_proof, leaf_hash, node_hash, root_of, verify_consistency, verify_inclusion,
};
use sha2::Sha256;

/// The leaves every Certificate Transparency implementation is tested with, and the root after each.
const KNOWN: [(&str, &str); 8] = [
    ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
    ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
    ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
    ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
    ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
    ("606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
];
const EMPTY_ROOT: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn known_leaves() -> Vec<Hash> {
    KNOWN.iter().map(|(leaf, _)| leaf_hash(&unhex(leaf))).collect()
}

fn leaves(size: usize) -> Vec<Hash> {
    (0..size).map(|at| leaf_hash(&at.to_be_bytes())).collect()
}

#[test]
fn known_roots_come_out() {
    let mut frontier = Frontier::new();
    assert_eq!(hex(&frontier.root()), EMPTY_ROOT);
    for (at, (leaf, root)) in KNOWN.iter().enumerate() {
        assert_eq!(frontier.append(leaf_hash(&unhex(leaf))), at as u64);
        assert_eq!(hex(&frontier.root()), *root);
        assert_eq!(hex(&root_of(&known_leaves()[..=at])), *root);
    }
}

#[test]
fn known_proofs_come_out() {
    let text = |proof: Vec<Hash>| proof.iter().map(|hash| hex(hash)).collect::<Vec<_>>();
    let leaves = known_leaves();
    assert_eq!(text(inclusion_proof(0, &leaves[..1]).expect("a leaf")), Vec::<String>::new());
    assert_eq!(
        text(inclusion_proof(1, &leaves[..5]).expect("a leaf")),
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ]
    );
    assert_eq!(
        text(consistency_proof(6, &leaves).expect("a size")),
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
}

#[test]
fn an_independent_implementation_agrees() {
    for size in 1..=40_usize {
        let ours = leaves(size);
        let mut tree = MemoryBackedTree::<Sha256, [u8; 8]>::new();
        (0..size).for_each(|at| tree.push(at.to_be_bytes()));
        assert_eq!(hex(&root_of(&ours)), hex(tree.root().as_bytes()));
        let root = RootHash::<Sha256>::new(root_of(&ours).into(), size as u64);
        for at in 0..size {
            let proof = inclusion_proof(at as u64, &ours).expect("a leaf");
            assert_eq!(proof.concat(), tree.prove_inclusion(at).as_bytes());
            let theirs = InclusionProof::try_from_bytes(proof.concat()).expect("hashes");
            root.verify_inclusion(&at.to_be_bytes(), at as u64, &theirs).expect("their verifier takes our proof");
        }
        for old in 1..size {
            let proof = consistency_proof(old as u64, &ours).expect("a size");
            let old_root = RootHash::<Sha256>::new(root_of(&ours[..old]).into(), old as u64);
            let theirs = ConsistencyProof::try_from_bytes(proof.concat()).expect("hashes");
            root.verify_consistency(&old_root, &theirs).expect("their verifier takes our proof");
        }
    }
}

#[test]
fn proofs_hold_for_what_they_prove_and_nothing_else() {
    for size in 1..=24_usize {
        let all = leaves(size);
        let (root, wrong) = (root_of(&all), leaf_hash(b"wrong"));
        for at in 0..size {
            let proof = inclusion_proof(at as u64, &all).expect("a leaf");
            let verify = |leaf: &Hash, at: usize, proof: &[Hash], root: &Hash| verify_inclusion(leaf, at as u64, size as u64, proof, root);
            assert_eq!(verify(&all[at], at, &proof, &root), Ok(()));
            assert_eq!(verify(&wrong, at, &proof, &root), Err(MerkleError::RootDiffers));
            assert_eq!(verify(&all[at], at, &proof, &wrong), Err(MerkleError::RootDiffers));
            for other in (0..size).filter(|&other| other != at) {
                assert!(verify(&all[at], other, &proof, &root).is_err(), "{at} as {other} of {size}");
            }
            assert!(verify(&all[at], at, &[proof.clone(), vec![wrong]].concat(), &root).is_err());
            for left_out in 0..proof.len() {
                let mut shorter = proof.clone();
                shorter.remove(left_out);
                assert!(verify(&all[at], at, &shorter, &root).is_err());
                let mut changed = proof.clone();
                changed[left_out] = wrong;
                assert_eq!(verify(&all[at], at, &changed, &root), Err(MerkleError::RootDiffers));
            }
        }
        assert_eq!(
            verify_inclusion(&all[0], size as u64, size as u64, &[], &root),
            Err(MerkleError::OutOfRange { index: size as u64, size: size as u64 })
        );
        assert!(inclusion_proof(size as u64, &all).is_err());
    }
}

#[test]
fn a_log_that_was_rewritten_is_not_consistent() {
    for size in 0..=24_usize {
        let all = leaves(size);
        let root = root_of(&all);
        assert!(consistency_proof(size as u64 + 1, &all).is_err());
        for old in 0..=size {
            let old_root = root_of(&all[..old]);
            let proof = consistency_proof(old as u64, &all).expect("a size");
            let verify = |old_root: &Hash, root: &Hash, proof: &[Hash]| verify_consistency(old as u64, old_root, size as u64, root, proof);
            assert_eq!(verify(&old_root, &root, &proof), Ok(()), "{old} of {size}");
            let wrong = leaf_hash(b"wrong");
            assert!(verify(&wrong, &root, &proof).is_err());
            assert!(verify(&old_root, &root, &[proof.clone(), vec![wrong]].concat()).is_err());
            for at in 0..proof.len() {
                let mut changed = proof.clone();
                changed[at] = wrong;
                assert_eq!(verify(&old_root, &root, &changed), Err(MerkleError::RootDiffers));
                assert!(verify(&old_root, &root, &proof[..at]).is_err());
            }
            // The history before `old` rewritten: its proof does not lead from the root people remember.
            if old > 0 && old < size {
                let mut rewritten = all.clone();
                rewritten[old - 1] = wrong;
                let proof = consistency_proof(old as u64, &rewritten).expect("a size");
                assert_eq!(verify(&old_root, &root_of(&rewritten), &proof), Err(MerkleError::RootDiffers));
            }
        }
    }
    assert!(verify_consistency(2, &[0; 32], 1, &[0; 32], &[]).is_err());
}

#[test]
fn a_frontier_is_kept_in_few_bytes() {
    let mut frontier = Frontier::new();
    for (at, leaf) in leaves(200).into_iter().enumerate() {
        frontier.append(leaf);
        let bytes = frontier.to_bytes();
        assert_eq!(bytes.len(), 8 + 32 * (at + 1).count_ones() as usize);
        assert_eq!(Frontier::from_bytes(&bytes), Ok(frontier.clone()));
        for bad in [&bytes[..bytes.len() - 1], &bytes[..7], &[bytes.clone(), vec![0; 32]].concat()] {
            assert_eq!(Frontier::from_bytes(bad), Err(MerkleError::Frontier));
        }
    }
    assert_eq!(frontier.root(), root_of(&leaves(200)));
    assert_eq!(Frontier::from_bytes(&[0; 8]), Ok(Frontier::new()));
}

#[test]
fn leaves_and_nodes_cannot_pass_for_each_other() {
    let (left, right) = (leaf_hash(b"left"), leaf_hash(b"right"));
    assert_ne!(node_hash(&left, &right), leaf_hash(&[left, right].concat()));
    assert_ne!(node_hash(&left, &right), node_hash(&right, &left));
}
