//! The only caller of sealing's open functions: the linter's ban and `tests/it/gate.rs` find any other.
//! Everything here wants a `&Proven`: the entry that says this was looked at is in a signed head,
//! durable, and checked, before anything is opened.

#![expect(
    clippy::disallowed_methods,
    reason = "the desk opens, here alone, against a proven entry"
)]

use std::io::Read;

use crate::desk::error::DeskError;
use crate::desk::trust::Trust;
use crate::desk::trust::Vouched;
use crate::keeper::message::answer::ChainLink;
use crate::keeper::message::answer::ServedPart;
use crate::keeper::message::load::SealedAgain;
use crate::keeper::message::load::SealedCard;
use crate::ledger::Proven;
use crate::sealing::FileKey;
use crate::sealing::HybridIdentity;
use crate::sealing::PayloadReader;
use crate::sealing::Plain;

/// Follows a chain of envelopes from the person's own identity to a compartment's secret.
///
/// # Errors
/// [`DeskError::Damaged`] when an envelope does not open, or opens a key that nobody vouches for.
pub(crate) fn follow(
    _: &Proven,
    own: &HybridIdentity,
    chain: &[ChainLink],
    trust: &Trust,
) -> Result<HybridIdentity, DeskError> {
    let mut secret: Option<HybridIdentity> = None;
    for link in chain {
        let with = secret.as_ref().unwrap_or(own);
        let key = crate::sealing::open_header(&link.header, with).map_err(envelope)?;
        let plain = crate::sealing::open_payload(&key, &link.payload).map_err(envelope)?;
        let text = std::str::from_utf8(plain.expose()).map_err(envelope)?;
        let opened = HybridIdentity::parse(text).map_err(envelope)?;
        trust.check_epoch(&Vouched {
            recipient: Some(opened.recipient()),
            ..link.vouched()
        })?;
        secret = Some(opened);
    }
    secret.ok_or_else(|| DeskError::damaged("no way to the key was served"))
}

/// The file key behind a link's envelope, to seal it on to someone else.
///
/// # Errors
/// [`DeskError::Damaged`] when the envelope does not open.
pub(crate) fn envelope_key(
    _: &Proven,
    with: &HybridIdentity,
    link: &ChainLink,
) -> Result<FileKey, DeskError> {
    crate::sealing::open_header(&link.header, with).map_err(envelope)
}

/// The file key behind a header, to seal it again for others: no payload is opened.
///
/// # Errors
/// [`DeskError::Damaged`] when the header does not open.
pub(crate) fn header_key(
    _: &Proven,
    with: &HybridIdentity,
    header: &SealedAgain,
) -> Result<FileKey, DeskError> {
    crate::sealing::open_header(&header.header, with).map_err(part_error)
}

/// A card that is not a record's.
///
/// # Errors
/// [`DeskError::Damaged`] when it does not open.
pub(crate) fn card(
    _: &Proven,
    with: &HybridIdentity,
    card: &SealedCard,
) -> Result<Plain, DeskError> {
    let key = crate::sealing::open_header(&card.header, with).map_err(part_error)?;
    crate::sealing::open_payload(&key, &card.payload).map_err(part_error)
}

/// A part whose payload came with the answer: its plaintext, manifest and padding included.
///
/// # Errors
/// [`DeskError::Damaged`] when it does not open or is not what the keeper's digest says.
pub(crate) fn part(
    _: &Proven,
    with: &HybridIdentity,
    part: &ServedPart,
) -> Result<Plain, DeskError> {
    let key = crate::sealing::open_header(&part.header, with).map_err(part_error)?;
    crate::sealing::open_payload(&key, &part.payload).map_err(part_error)
}

/// A part whose payload is an object: a stream of plaintext that ends in an error if anything is wrong.
///
/// # Errors
/// [`DeskError::Damaged`] when its header does not open or the stream does not begin.
pub(crate) fn stream<R: Read>(
    _: &Proven,
    with: &HybridIdentity,
    header: &[u8],
    payload: R,
) -> Result<PayloadReader<R>, DeskError> {
    let key = crate::sealing::open_header(header, with).map_err(part_error)?;
    PayloadReader::new(&key, payload).map_err(part_error)
}

fn envelope<E>(_: E) -> DeskError {
    DeskError::damaged("an envelope does not open with the key it is for")
}

fn part_error<E>(_: E) -> DeskError {
    DeskError::damaged("a sealed part does not open; it is not what was filed")
}
