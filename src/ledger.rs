//! The ledger: a transparency log after RFC 6962 in the C2SP formats (tlog-tiles, tlog-checkpoint,
//! signed-note, tlog-proof), the checks a client or an outsider makes of it, and the journal it is
//! committed through. Usable alone by a verifier: it names no room that seals or stores.
//!
//! ```text
//! leaf        one entry, `cv1`: fixed fields, no personal data    opening     what a leaf commits to
//! merkle      hashes, the frontier, provers                       verify      proofs checked (RFC 9162)
//! note        signed notes and their keys                         checkpoint  signed tree heads
//! lineage     the keys of one history, where entries were lost for good
//! proof       an offline proof as a text file                     receipt     what a client checks first
//! tiles       the static directory, written and read              check       the directory, checked
//! memory      what a client remembers, so that nothing is taken back
//! frame       what one group commit makes durable              durable     files beside a vault that outlive a power cut
//! ```

pub mod check;
pub mod checkpoint;
pub(crate) mod durable;
pub mod frame;
pub mod journal;
pub mod leaf;
pub mod lineage;
pub mod memory;
pub mod merkle;
pub mod note;
pub mod opening;
pub mod proof;
pub mod receipt;
pub mod tiles;
pub mod verify;

pub use crate::ledger::checkpoint::Checkpoint;
pub use crate::ledger::checkpoint::SignedCheckpoint;
pub use crate::ledger::leaf::Leaf;
pub use crate::ledger::leaf::actor::ActorHandle;
pub use crate::ledger::leaf::event::Event;
pub use crate::ledger::leaf::event::Outcome;
pub use crate::ledger::leaf::keys::Commitment;
pub use crate::ledger::leaf::keys::FrameDigest;
pub use crate::ledger::leaf::keys::RecordKey;
pub use crate::ledger::leaf::keys::RecordRef;
pub use crate::ledger::leaf::keys::commit;
pub use crate::ledger::leaf::keys::list_ref;
pub use crate::ledger::leaf::keys::no_record_ref;
pub use crate::ledger::leaf::keys::record_ref;
pub use crate::ledger::lineage::Lineage;
pub use crate::ledger::merkle::Frontier;
pub use crate::ledger::merkle::Hash;
pub use crate::ledger::merkle::LeafIndex;
pub use crate::ledger::merkle::TreeSize;
pub use crate::ledger::note::key::LogKey;
pub use crate::ledger::note::key::VerifierKey;
pub use crate::ledger::opening::Opening;
pub use crate::ledger::receipt::Expected;
pub use crate::ledger::receipt::Proven;
pub use crate::ledger::receipt::Receipt;
