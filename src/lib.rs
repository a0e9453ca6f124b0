//! Strongroom: an encrypted, append-only vault for the case records of child contact centres.
//!
//! The rooms, from the ground up. A room may name only rooms above it in this list (that is: lower
//! layers); `tests/it/tidy.rs` enforces it.
//!
//! ```text
//! bytes    hex, base64url, big-endian fields           canon    RFC 8785 JSON
//! ids      typed random ids                            clock    the only caller of the system clock
//! sealing  age: hybrid keys, headers, payloads, rows; identities and signed statements
//! ledger   leaf, Merkle tree, journal, checkpoint, tiles, proofs; usable alone by a verifier
//! records  kinds as data, forms, validation, cards
//! paper    documents: typst templates to tagged PDF; names no other room
//! store    trait Store; embedded (journal, snapshot, key table, sled index, payload objects)
//! keeper   the list of acts, policy, decide -> log -> serve; never sees plaintext
//! desk     an unlocked person: file, read, amend, find; the only caller of sealing's open functions
//! server   the keeper behind a Unix socket, and a desk's side of it
//! cli      one file per command group
//! ```
//!
//! The keeper and the desk talk in messages ([`Ask`](keeper) and `Answer`), so that one code path serves
//! in-process use, a socket and pages.

pub mod bytes;
pub mod canon;
pub mod cli;
pub mod clock;
pub mod desk;
pub mod ids;
pub mod keeper;
pub mod ledger;
pub mod paper;
pub mod records;
pub mod sealing;
pub mod server;
pub mod store;

#[global_allocator]
static ALLOCATOR: sealing::WipeOnFree = sealing::WipeOnFree::SYSTEM;
