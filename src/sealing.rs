//! Everything sealed: keys, rows, parts, people's identities and signed statements.

mod aead;
mod digest;
mod generation;
mod rows;
mod signing;
mod statement;
mod statement_kind;

pub use self::digest::Digest;
pub use self::generation::{EffectPlace, GenerationKey, KeyFileError};
pub use self::rows::{RowError, RowId, RowPlace, SealedRow, UnitKey};
pub use self::signing::{KeyError, SIGNATURE_BYTES, SigningKey, VerifyingKey};
pub use self::statement::{Heading, STATEMENT_MAX_BYTES, Statement, StatementError};
pub use self::statement_kind::{StatementKind, UnknownKind};
