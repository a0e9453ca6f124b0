//! What can be wrong with a statement.

/// Why something is not a statement, or not a valid one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementError {
    /// Not the envelope: not JSON, or a field is missing, unknown or of another type.
    Malformed,
    /// Longer than [`STATEMENT_MAX_BYTES`](crate::sealing::STATEMENT_MAX_BYTES).
    TooLong,
    /// The envelope's version is not one this program knows.
    Version,
    /// The kind is not on the closed list of this version.
    Kind,
    /// The bytes are not the one canonical spelling.
    NotCanonical,
    /// The body is no object, or holds a number that cannot be signed.
    Body,
    /// The signature is not this key's over these bytes.
    Signature,
}

impl std::fmt::Display for StatementError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the statement is malformed",
            Self::TooLong => "the statement is longer than 4 MiB",
            Self::Version => "the statement is of a version this program does not know",
            Self::Kind => "the statement is of a kind this program does not know",
            Self::NotCanonical => "the statement is not in its canonical spelling",
            Self::Body => "the statement's body cannot be signed",
            Self::Signature => "the statement's signature does not hold",
        })
    }
}

impl std::error::Error for StatementError {}
