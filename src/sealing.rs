//! Everything sealed: keys, rows, parts, people's identities and signed statements.

mod aead;
mod generation;
mod rows;

pub use self::generation::{EffectPlace, GenerationKey, KeyFileError};
pub use self::rows::{RowError, RowId, RowPlace, SealedRow, UnitKey};
