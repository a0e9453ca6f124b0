//! The ledger: a transparency log after RFC 6962 in the C2SP formats (tlog-tiles, tlog-checkpoint,
//! signed-note, tlog-proof), and the checks a client or an outsider makes of it. Usable alone by a
//! verifier: it names no room that seals or stores.
//!
//! ```text
//! leaf        one entry, `cv1`: fixed fields, no personal data        opening  what a leaf commits to
//! merkle      hashes, the frontier, provers                           verify   proofs checked (RFC 9162)
//! note        signed notes and their keys                             checkpoint  signed tree heads
//! proof       an offline proof as a text file                         receipt  what a client checks first
//! tiles       the static directory, written and read                  check    the directory, checked
//! memory      what a client remembers, so that nothing is taken back
//! ```

pub mod checkpoint;
pub mod leaf;
pub mod merkle;
pub mod note;
pub mod opening;
pub mod receipt;
pub mod verify;
