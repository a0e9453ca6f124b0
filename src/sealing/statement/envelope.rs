//! The envelope's fields and the bytes that are signed.

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::bytes::unbase64url;
use crate::canon;
use crate::clock::Timestamp;
use crate::ids::VaultId;
use crate::sealing::signing::SIGNATURE_BYTES;
use crate::sealing::statement::StatementError;
use crate::sealing::statement_kind::StatementKind;

/// The envelope's version.
pub(crate) const VERSION: u64 = 1;

/// Who says what sort of thing, where and when.
#[derive(Debug, Clone, Copy)]
pub struct Heading<'a> {
    /// What is said.
    pub kind: StatementKind,
    /// The vault it is said in.
    pub vault: VaultId,
    /// The signer: a user id, `root`, or an invitation's key.
    pub by: &'a str,
    /// When, by the signer's clock.
    pub at: Timestamp,
}

pub(crate) fn envelope(heading: &Heading<'_>, body: &Map<String, Value>) -> Map<String, Value> {
    let fields: [(&str, Value); 6] = [
        ("v", VERSION.into()),
        ("kind", heading.kind.name().into()),
        ("vault", heading.vault.to_string().into()),
        ("by", heading.by.into()),
        ("at", heading.at.as_ms().into()),
        ("body", Value::Object(body.clone())),
    ];
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

pub(crate) fn message(
    context: &[u8],
    heading: &Heading<'_>,
    body: &Map<String, Value>,
) -> Result<Zeroizing<Vec<u8>>, StatementError> {
    let bytes = canonical(&envelope(heading, body))?;
    Ok(Zeroizing::new([context, &bytes].concat()))
}

pub(crate) fn canonical(
    envelope: &Map<String, Value>,
) -> Result<Zeroizing<Vec<u8>>, StatementError> {
    canon::to_bytes(envelope)
        .map(Zeroizing::new)
        .map_err(|_| StatementError::Body)
}

pub(crate) fn signature(text: &str) -> Result<[u8; SIGNATURE_BYTES], StatementError> {
    unbase64url(text)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(StatementError::Malformed)
}
