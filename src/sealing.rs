//! Everything sealed is an age file (C2SP `age.md`). Its header and its payload are made and kept
//! apart; `header ++ payload` is a standard age file that other implementations open.
//!
//! - [`Plain`], [`FileKey`], [`SecretText`] and [`HybridIdentity`] hold secrets: wiped when dropped, never
//!   printed, and lent only by a method called `expose`.
//! - [`seal_header`] and [`open_header`]: headers of exactly one post-quantum reader.
//! - [`seal_payload`], [`open_payload`], [`PayloadWriter`], [`PayloadReader`]: payloads.
//! - [`seal_with_passphrase`], [`open_with_passphrase`]: whole files under a passphrase.
//! - [`encrypt_to`]: whole files to anyone's recipients; the way out.
//! - [`UnitKey`] and [`GenerationKey`]: rows, effects and key tables of the store.
//! - [`Person`]: someone's keys. [`InviteCode`]: what a person types who has none yet. [`Shares`]: the trustees' files,
//!   two of whom open [`Recovered`].
//! - [`on_all_cores`], [`try_on_all_cores`]: many headers at once.
//! - [`Statement`], [`Manifest`] and [`SigningKey`]: what people sign.
//! - [`PartWriter`], [`PartReader`]: the plaintext of a part.
//! - [`WipeOnFree`], [`harden_process`]: what keeps secrets out of freed memory and core files.
//!
//! What gives content or file keys away begins with `open_`, or is [`PayloadReader`], so that a ban on
//! these few names keeps every room but the desk from opening anything.
//!
//! age has no associated data and no sender: what a payload is and who wrote it stand inside the
//! plaintext and in the ledger. A file key serves one payload only; payloads never change.

#![expect(
    clippy::disallowed_methods,
    reason = "what opens is made, used and tested in this room"
)]

mod aead;
mod batch;
mod compat;
mod cores;
mod crew;
mod export;
mod header;
mod hpke;
mod hybrid;
mod kdf;
mod passphrase;
mod payload;
mod reader;
mod row;
mod secret;
mod writer;
mod xwing;

mod digest;
mod generation;
mod invite_code;
mod manifest;
mod padme;
mod part;
mod person;
mod record_key;
mod rows;
mod shares;
mod signed_manifest;
mod signing;
mod statement;
mod statement_kind;
mod wipe;
mod xchacha;

pub use cores::on_all_cores;
pub use cores::try_on_all_cores;
pub use export::ExportError;
pub use export::ExportRecipient;
pub use export::ExportWriter;
pub use export::NotARecipient;
pub use export::encrypt_to;
pub use header::Header;
pub use header::HeaderError;
pub use header::MAX_HEADER_BYTES;
pub use header::MAX_STANZAS;
pub use header::Stanza;
pub use hybrid::HybridIdentity;
pub use hybrid::HybridRecipient;
pub use hybrid::KeyError;
pub use hybrid::RECIPIENT_BYTES;
pub use hybrid::SEED_BYTES;
pub use passphrase::DEMO_PREFIX;
pub use passphrase::PassphraseError;
pub use passphrase::Weak;
pub use passphrase::WorkFactor;
pub use passphrase::check_strength;
pub use passphrase::generate_words;
pub use passphrase::is_demo;
pub use passphrase::open_with_passphrase;
pub use passphrase::seal_with_passphrase;
pub use payload::PayloadError;
pub use payload::open_payload;
pub use payload::seal_payload;
pub use reader::PayloadReader;
pub use row::OpenHeaderError;
pub use row::open_header;
pub use row::seal_header;
pub use secret::FILE_KEY_BYTES;
pub use secret::FileKey;
pub use secret::Plain;
pub use secret::SecretText;
/// A passphrase is secret text; one type under both names.
pub use secret::SecretText as Passphrase;
pub use writer::PayloadWriter;

pub use digest::Digest;
pub use generation::BareTable;
pub use generation::EffectPlace;
pub use generation::GenerationKey;
pub use generation::KeyFileError;
pub use invite_code::InviteCode;
pub use invite_code::NotACode;
pub use manifest::Manifest;
pub use manifest::ManifestError;
pub use manifest::ManifestPart;
pub use manifest::ManifestSubject;
pub use manifest::PartSort;
pub use padme::padme;
pub use padme::size_step;
pub use part::PartError;
pub use part::PartReader;
pub use part::PartWriter;
pub use part::WholePart;
pub use part::read_part;
pub use part::write_part;
pub use person::Person;
pub use person::PersonError;
pub use record_key::RecordKey;
pub use rows::RowError;
pub use rows::RowId;
pub use rows::RowPlace;
pub use rows::SealedRow;
pub use rows::UnitKey;
pub use shares::Dummy;
pub use shares::DummyError;
pub use shares::NotForRehearsal;
pub use shares::OpenLayerError;
pub use shares::OpenShareError;
pub use shares::REHEARSAL_ENDING;
pub use shares::Recovered;
pub use shares::RecoveredError;
pub use shares::Shares;
pub use shares::SharesError;
pub use shares::Trustee;
pub use shares::begins_real;
pub use shares::for_rehearsal;
pub use shares::open_layer;
pub use shares::words_on;
pub use signed_manifest::SignedManifest;
pub use signing::SIGNATURE_BYTES;
pub use signing::SigningKey;
pub use signing::SigningKeyError;
pub use signing::VerifyingKey;
pub use statement::Heading;
pub use statement::STATEMENT_MAX_BYTES;
pub use statement::Statement;
pub use statement::StatementError;
pub use statement_kind::StatementKind;
pub use statement_kind::UnknownKind;
pub use wipe::WipeOnFree;
pub use wipe::harden_process;

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing printable holds a secret: the text of every secret type, whole.
    #[test]
    fn debug_shows_nothing() {
        let key = FileKey::from_bytes(b"YELLOW SUBMARINE");
        let identity = HybridIdentity::from_seed(&[7; SEED_BYTES]);
        let payload = seal_payload(&key, &Plain::new(b"content".to_vec()));
        let reader = PayloadReader::new(&key, &payload[..]).unwrap();
        let writer = PayloadWriter::new(&key, Vec::new()).unwrap();
        let export = encrypt_to(&[identity.recipient().clone().into()], Vec::new()).unwrap();
        let shown = format!(
            "{:?}\n{:?}\n{key:?}\n{identity:?}\n{:?}\n{reader:?}\n{writer:?}\n{export:?}",
            Plain::new(b"content".to_vec()),
            SecretText::new("passphrase".to_owned()),
            identity.to_text(),
        );
        insta::assert_snapshot!(shown, @r"
        Plain(..)
        SecretText(..)
        FileKey(..)
        HybridIdentity(..)
        SecretText(..)
        PayloadReader(..)
        PayloadWriter(..)
        ExportWriter(PayloadWriter(..))
        ");
    }
}
