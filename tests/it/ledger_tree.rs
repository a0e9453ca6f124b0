//! The tree against two others: the recursion of RFC 6962 as its text says it, and the `ct-merkle` crate.

use ct_merkle::ConsistencyProof;
use ct_merkle::InclusionProof;
use ct_merkle::RootHash;
use ct_merkle::digest::FixedOutput;
use ct_merkle::digest::HashMarker;
use ct_merkle::digest::Output;
use ct_merkle::digest::OutputSizeUser;
use ct_merkle::digest::Update;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::Digest as _;
use strongroom::ledger::merkle::Frontier;
use strongroom::ledger::merkle::Hash;
use strongroom::ledger::merkle::LeafIndex;
use strongroom::ledger::merkle::TreeSize;
use strongroom::ledger::merkle::leaf_hash;
use strongroom::ledger::merkle::node_hash;
use strongroom::ledger::merkle::prove;
use strongroom::ledger::merkle::prove::NodesInMemory;
use strongroom::ledger::merkle::prove::ProveError;
use strongroom::ledger::verify;
use strongroom::ledger::verify::Head;

/// Every size up to this is gone through.
const SIZES: u64 = 140;

/// SHA-256 for `ct-merkle`, which uses a newer version of the hashing traits.
#[derive(Clone, Default)]
struct Sha256(sha2::Sha256);

impl OutputSizeUser for Sha256 {
    type OutputSize = ct_merkle::digest::typenum::U32;
}

impl Update for Sha256 {
    fn update(&mut self, data: &[u8]) {
        sha2::Digest::update(&mut self.0, data);
    }
}

impl FixedOutput for Sha256 {
    fn finalize_into(self, out: &mut Output<Self>) {
        out.copy_from_slice(&self.0.finalize());
    }
}

impl HashMarker for Sha256 {}

/// Everything a test needs about the trees of the first `SIZES` entries.
struct Trees {
    leaves: Vec<Hash>,
    nodes: NodesInMemory,
    heads: Vec<Head>,
}

impl Trees {
    fn new() -> Self {
        let leaves: Vec<Hash> = (0..SIZES).map(|n| leaf_hash(&entry(n))).collect();
        let mut frontier = Frontier::new();
        let mut nodes = NodesInMemory::new();
        let mut heads = vec![head(&frontier)];
        for leaf in &leaves {
            frontier.append(*leaf);
            nodes.append(*leaf);
            heads.push(head(&frontier));
        }
        Self {
            leaves,
            nodes,
            heads,
        }
    }

    fn head(&self, size: u64) -> &Head {
        &self.heads[usize::try_from(size).unwrap()]
    }

    fn leaf(&self, index: u64) -> Hash {
        self.leaves[usize::try_from(index).unwrap()]
    }

    fn first(&self, size: u64) -> &[Hash] {
        &self.leaves[..usize::try_from(size).unwrap()]
    }
}

fn entry(n: u64) -> Vec<u8> {
    n.to_be_bytes().to_vec()
}

fn head(frontier: &Frontier) -> Head {
    Head {
        size: frontier.size(),
        root: frontier.root(),
    }
}

/// RFC 6962 section 2.1, word for word.
mod rfc6962 {
    use std::cell::RefCell;
    use std::collections::HashMap;

    use super::*;

    fn split(n: usize) -> usize {
        let mut k = 1;
        while k * 2 < n {
            k *= 2;
        }
        k
    }

    thread_local! {
        /// Roots computed before, by where their entries lie: the recursion asks for each many times.
        static KNOWN: RefCell<HashMap<(*const Hash, usize), Hash>> = RefCell::default();
    }

    pub(super) fn mth(d: &[Hash]) -> Hash {
        let place = (d.as_ptr(), d.len());
        if let Some(known) = KNOWN.with_borrow(|known| known.get(&place).copied()) {
            return known;
        }
        let root = match d {
            [] => Hash::empty_root(),
            [leaf] => *leaf,
            _ => {
                let k = split(d.len());
                node_hash(&mth(&d[..k]), &mth(&d[k..]))
            }
        };
        KNOWN.with_borrow_mut(|known| known.insert(place, root));
        root
    }

    pub(super) fn path(m: usize, d: &[Hash]) -> Vec<Hash> {
        if d.len() == 1 {
            return Vec::new();
        }
        let k = split(d.len());
        let (mut path, last) = if m < k {
            (path(m, &d[..k]), mth(&d[k..]))
        } else {
            (path(m - k, &d[k..]), mth(&d[..k]))
        };
        path.push(last);
        path
    }

    pub(super) fn proof(m: usize, d: &[Hash]) -> Vec<Hash> {
        subproof(m, d, true)
    }

    fn subproof(m: usize, d: &[Hash], whole: bool) -> Vec<Hash> {
        if m == d.len() {
            return if whole { Vec::new() } else { vec![mth(d)] };
        }
        let k = split(d.len());
        let (mut proof, last) = if m <= k {
            (subproof(m, &d[..k], whole), mth(&d[k..]))
        } else {
            (subproof(m - k, &d[k..], false), mth(&d[..k]))
        };
        proof.push(last);
        proof
    }

    /// The root that a path leads to, by the same recursion backwards; `None` where the path does not fit.
    pub(super) fn root_of_path(leaf: Hash, m: u64, n: u64, path: &[Hash]) -> Option<Hash> {
        if m >= n {
            return None;
        }
        if n == 1 {
            return path.is_empty().then_some(leaf);
        }
        let k = n.next_power_of_two() / 2;
        let (last, rest) = path.split_last()?;
        Some(if m < k {
            node_hash(&root_of_path(leaf, m, k, rest)?, last)
        } else {
            node_hash(last, &root_of_path(leaf, m - k, n - k, rest)?)
        })
    }

    /// The roots of the old and the new tree that a consistency proof leads to.
    pub(super) fn roots_of_proof(
        old: Hash,
        m: u64,
        n: u64,
        proof: &[Hash],
    ) -> Option<(Hash, Hash)> {
        sub_roots(old, m, n, proof, true)
    }

    fn sub_roots(old: Hash, m: u64, n: u64, proof: &[Hash], whole: bool) -> Option<(Hash, Hash)> {
        if m == n {
            return match proof {
                [] if whole => Some((old, old)),
                [root] if !whole => Some((*root, *root)),
                _ => None,
            };
        }
        let k = n.next_power_of_two() / 2;
        let (last, rest) = proof.split_last()?;
        if m <= k {
            let (old, new) = sub_roots(old, m, k, rest, whole)?;
            Some((old, node_hash(&new, last)))
        } else {
            let (old, new) = sub_roots(old, m - k, n - k, rest, false)?;
            Some((node_hash(last, &old), node_hash(last, &new)))
        }
    }
}

#[test]
fn every_root_and_proof_up_to_140_entries() {
    let trees = Trees::new();
    let mut theirs: MemoryBackedTree<Sha256, Vec<u8>> = MemoryBackedTree::new();
    assert_eq!(trees.head(0).root, rfc6962::mth(&[]));
    for size in 1..=SIZES {
        theirs.push(entry(size - 1));
        let leaves = trees.first(size);
        let head = trees.head(size);
        assert_eq!(head.root, rfc6962::mth(leaves));
        assert_eq!(
            &head.root.as_bytes()[..],
            theirs.root().as_bytes().as_slice()
        );
        let size = TreeSize::new(size);
        assert_eq!(prove::root(&trees.nodes, size), Ok(head.root));

        for index in 0..size.get() {
            let at = usize::try_from(index).unwrap();
            let proof = prove::inclusion(&trees.nodes, LeafIndex::new(index), size).unwrap();
            assert_eq!(proof, rfc6962::path(at, leaves));
            assert_eq!(bytes(&proof), theirs.prove_inclusion(at).as_bytes());
            let verdict = verify::inclusion(leaves[at], LeafIndex::new(index), &proof, head);
            assert_eq!(verdict, Ok(()));
        }
        for old in 0..=size.get() {
            let proof = prove::consistency(&trees.nodes, TreeSize::new(old), size).unwrap();
            if old > 0 {
                let at = usize::try_from(old).unwrap();
                assert_eq!(proof, rfc6962::proof(at, leaves));
            }
            assert_eq!(verify::consistency(trees.head(old), head, &proof), Ok(()));
        }
    }
}

/// Every kind of damage to every proof of many pairs of sizes gets the same verdict from our verifier, the
/// recursion and `ct-merkle`; and where a hash is damaged, that verdict is no.
#[test]
fn damaged_proofs_get_the_same_verdict_from_three_verifiers() {
    let trees = Trees::new();
    let mut tried = 0;
    for size in (1..=26).chain([64, 65]) {
        for index in 0..size {
            let proof =
                prove::inclusion(&trees.nodes, LeafIndex::new(index), TreeSize::new(size)).unwrap();
            for (proof, is_hash_damaged) in damaged(&proof, index) {
                for (at, of) in [
                    (index, size),
                    (index ^ 1, size),
                    (index, size + 1),
                    (index + 1, size),
                ] {
                    tried += 1;
                    let said = inclusion_verdict(&trees, at, of, &proof);
                    let same = (at, of) == (index, size);
                    assert!(!(said && same && is_hash_damaged), "{at} in {of}");
                }
            }
        }
        for old in 1..size {
            let proof =
                prove::consistency(&trees.nodes, TreeSize::new(old), TreeSize::new(size)).unwrap();
            for (proof, is_hash_damaged) in damaged(&proof, old) {
                for (from, to) in [
                    (old, size),
                    (old + 1, size),
                    (old, size + 1),
                    (old - 1, size),
                ] {
                    tried += 1;
                    let said = consistency_verdict(&trees, from, to, &proof);
                    let same = (from, to) == (old, size);
                    assert!(!(said && same && is_hash_damaged), "{from} to {to}");
                }
            }
        }
    }
    assert!(tried > 50_000, "only {tried} proofs were tried");
}

/// The proof itself, and the proof with one thing wrong. `true` where a hash is wrong, missing or too many.
fn damaged(proof: &[Hash], salt: u64) -> Vec<(Vec<Hash>, bool)> {
    let mut all = vec![(proof.to_vec(), false)];
    all.push(([proof, &[leaf_hash(b"more")]].concat(), true));
    for at in 0..proof.len() {
        let mut flipped = proof.to_vec();
        let mut hash = *flipped[at].as_bytes();
        let bit = usize::try_from(salt).unwrap() * 7 + at;
        hash[bit / 8 % 32] ^= 1 << (bit % 8);
        flipped[at] = Hash::from_bytes(hash);
        all.push((flipped, true));
        let mut dropped = proof.to_vec();
        dropped.remove(at);
        all.push((dropped, true));
        let mut doubled = proof.to_vec();
        doubled.insert(at, proof[at]);
        all.push((doubled, true));
    }
    if proof.len() > 1 {
        let mut swapped = proof.to_vec();
        swapped.swap(0, 1);
        all.push((swapped, true));
    }
    all
}

fn inclusion_verdict(trees: &Trees, index: u64, size: u64, proof: &[Hash]) -> bool {
    if size > SIZES || index >= SIZES {
        return false;
    }
    let (head, leaf) = (trees.head(size), trees.leaf(index));
    let ours = verify::inclusion(leaf, LeafIndex::new(index), proof, head).is_ok();
    let recursive = rfc6962::root_of_path(leaf, index, size, proof) == Some(head.root);
    let theirs = InclusionProof::try_from_bytes(bytes(proof)).is_ok_and(|proof| {
        let leaf = entry(index);
        their_root(head)
            .verify_inclusion(&leaf, index, &proof)
            .is_ok()
    });
    assert_eq!((ours, ours), (recursive, theirs), "{index} in {size}");
    ours
}

fn consistency_verdict(trees: &Trees, old: u64, new: u64, proof: &[Hash]) -> bool {
    if old == 0 || old >= new || new > SIZES {
        return false;
    }
    let (first, second) = (trees.head(old), trees.head(new));
    let ours = verify::consistency(first, second, proof).is_ok();
    let recursive =
        rfc6962::roots_of_proof(first.root, old, new, proof) == Some((first.root, second.root));
    let theirs = ConsistencyProof::try_from_bytes(bytes(proof)).is_ok_and(|proof| {
        let verdict = their_root(second).verify_consistency(&their_root(first), &proof);
        verdict.is_ok()
    });
    assert_eq!((ours, ours), (recursive, theirs), "{old} to {new}");
    ours
}

fn their_root(head: &Head) -> RootHash<Sha256> {
    RootHash::new((*head.root.as_bytes()).into(), head.size.get())
}

fn bytes(proof: &[Hash]) -> Vec<u8> {
    proof.iter().flat_map(Hash::as_bytes).copied().collect()
}

#[test]
fn the_edges_of_the_range() {
    let trees = Trees::new();
    let out = Err(ProveError::OutOfRange);
    let (index, size) = (LeafIndex::new, TreeSize::new);
    assert_eq!(prove::inclusion(&trees.nodes, index(5), size(5)), out);
    assert_eq!(prove::inclusion(&trees.nodes, index(0), size(0)), out);
    assert_eq!(prove::consistency(&trees.nodes, size(6), size(5)), out);
    assert!(matches!(
        prove::inclusion(&trees.nodes, index(0), size(SIZES + 1)),
        Err(ProveError::Missing { .. })
    ));
    let (five, nine) = (trees.head(5), trees.head(9));
    let other = Head {
        root: nine.root,
        ..*five
    };
    assert!(
        verify::consistency(five, &other, &[]).is_err(),
        "same size, other root"
    );
    assert!(
        verify::consistency(five, five, &[five.root]).is_err(),
        "more than needed"
    );
    assert!(verify::consistency(nine, five, &[]).is_err(), "backwards");
    let not_empty = Head {
        size: size(0),
        root: five.root,
    };
    assert!(verify::consistency(&not_empty, nine, &[]).is_err());
    assert!(verify::consistency(trees.head(0), nine, &[five.root]).is_err());
}

proptest! {
    /// Hostile numbers do not overflow.
    #[test]
    fn any_numbers_and_hashes_get_an_answer(
        index: u64, old: u64, new: u64, hashes in prop::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let proof: Vec<Hash> = hashes.into_iter().map(Hash::from_bytes).collect();
        let root = leaf_hash(b"");
        let head = |size| Head { size: TreeSize::new(size), root };
        prop_assert!(verify::inclusion(root, LeafIndex::new(index), &proof, &head(new)).is_err()
            || (new == 1 && proof.is_empty()));
        let said = verify::consistency(&head(old), &head(new), &proof);
        prop_assert!(said.is_err() || (old == new && proof.is_empty()));
        for size in [0, u64::MAX, u64::MAX - 1, 1 << 63] {
            let _ = verify::inclusion(root, LeafIndex::new(index), &proof, &head(size));
            let _ = verify::consistency(&head(old), &head(size), &proof);
            let _ = verify::consistency(&head(size), &head(new), &proof);
        }
    }
}
