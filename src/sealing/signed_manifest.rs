//! Manifests as statements.

use serde::Deserialize;
use serde_json::Value;

use crate::ids::{CaseId, RecordId, UserId};
use crate::sealing::digest::{Digest, array_from_base64url};
use crate::sealing::manifest::{Manifest, ManifestError, ManifestPart, ManifestSubject};
use crate::sealing::record_key::RecordKey;
use crate::sealing::signing::{SigningKey, VerifyingKey};
use crate::sealing::statement::{Heading, Statement, StatementError};
use crate::sealing::statement_kind::StatementKind;

/// The body as it is read. Fields it does not name stay in the signed bytes.
#[derive(Deserialize)]
struct Body {
    record: RecordId,
    version: u32,
    kind: String,
    kind_version: u32,
    case: Option<CaseId>,
    class: String,
    previous: Option<Digest>,
    #[serde(deserialize_with = "array_from_base64url")]
    k_record: [u8; 32],
    parts: Vec<ManifestPart>,
    #[serde(default)]
    subjects: Vec<ManifestSubject>,
}

impl Manifest {
    /// Signs the manifest as its author.
    ///
    /// # Errors
    /// [`ManifestError::Parts`] and [`ManifestError::Previous`] for a manifest that would not be read
    /// back, [`ManifestError::Statement`] when a length is beyond 2^53 or the whole is too long.
    pub fn sign(self, key: &SigningKey) -> Result<SignedManifest, ManifestError> {
        self.check()?;
        let author = self.author.to_string();
        let heading = Heading {
            kind: StatementKind::Manifest,
            vault: self.vault,
            by: &author,
            at: self.filed_at,
        };
        let statement =
            Statement::sign(&heading, self.body()?, key).map_err(ManifestError::Statement)?;
        Ok(SignedManifest {
            manifest: self,
            statement,
        })
    }
}

/// A manifest with its signature. What it says is given out only against the author's key.
pub struct SignedManifest {
    manifest: Manifest,
    statement: Statement,
}

impl SignedManifest {
    /// Reads a manifest's bytes. The signature is not checked: see [`SignedManifest::verify`].
    ///
    /// # Errors
    /// [`ManifestError`] for anything but the canonical statement of a well-formed manifest.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        let statement = Statement::parse(bytes).map_err(ManifestError::Statement)?;
        if statement.kind() != StatementKind::Manifest {
            return Err(ManifestError::NotAManifest);
        }
        let body: Body = serde_json::from_value(Value::Object(statement.body().clone()))
            .map_err(|_| ManifestError::Malformed)?;
        let manifest = Manifest {
            vault: statement.vault(),
            record: body.record,
            version: body.version,
            kind: body.kind,
            kind_version: body.kind_version,
            case: body.case,
            class: body.class,
            author: statement
                .by()
                .parse()
                .map_err(|_| ManifestError::Malformed)?,
            previous: body.previous,
            k_record: RecordKey::from_bytes(body.k_record),
            filed_at: statement.at(),
            parts: body.parts,
            subjects: body.subjects,
        };
        manifest.check()?;
        Ok(Self {
            manifest,
            statement,
        })
    }

    /// Who is named as the author: whose key [`SignedManifest::verify`] needs.
    pub fn author(&self) -> UserId {
        self.manifest.author
    }

    /// What the author says, if this is the author's key.
    ///
    /// # Errors
    /// [`StatementError::Signature`] when the signature is not this key's.
    pub fn verify(&self, author: &VerifyingKey) -> Result<&Manifest, StatementError> {
        self.statement.verify(author)?;
        Ok(&self.manifest)
    }

    /// The bytes every part begins with.
    pub fn bytes(&self) -> &[u8] {
        self.statement.bytes()
    }

    /// SHA-256 of [`SignedManifest::bytes`], as the version's facts and the next manifest name it.
    pub fn digest(&self) -> Digest {
        self.statement.digest()
    }

    /// Which version it is said to be; to find a manifest, not to believe it.
    pub fn claimed_version(&self) -> u32 {
        self.manifest.version
    }

    /// What is said, whether or not the signature holds: to lay out and take apart parts alone.
    pub(crate) fn claimed(&self) -> &Manifest {
        &self.manifest
    }
}

impl std::fmt::Debug for SignedManifest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signed{:?}", self.manifest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::ids::VaultId;
    use crate::sealing::manifest::PartSort;

    fn part(number: u32, sort: PartSort, name: Option<&str>) -> ManifestPart {
        ManifestPart {
            number,
            sort,
            name: name.map(str::to_owned),
            bytes: 3,
            sha256: Digest::of(b"abc"),
        }
    }

    fn manifest() -> Manifest {
        Manifest {
            vault: VaultId::from_bytes([1; 16]),
            record: RecordId::from_bytes([2; 16]),
            version: 1,
            kind: "contact-report".to_owned(),
            kind_version: 3,
            case: Some(CaseId::from_bytes([3; 16])),
            class: "contact".to_owned(),
            author: UserId::from_bytes([4; 16]),
            previous: None,
            k_record: RecordKey::from_bytes([5; 32]),
            filed_at: Timestamp::from_ms(6),
            parts: vec![
                part(1, PartSort::Card, None),
                part(2, PartSort::Body, None),
                part(3, PartSort::Attachment, Some("photo.jpg")),
            ],
            subjects: Vec::new(),
        }
    }

    #[test]
    fn manifests_round_trip() {
        let key = SigningKey::from_bytes([7; 32]);
        for (case, version) in [(None, 1), (None, 2), (Some(CaseId::random()), 9)] {
            let previous = (version > 1).then(|| Digest::of(b"before"));
            let made = Manifest {
                version,
                case,
                previous,
                ..manifest()
            };
            let signed = made.sign(&key).unwrap();
            let read = SignedManifest::parse(signed.bytes()).unwrap();
            assert_eq!(read.digest(), Digest::of(signed.bytes()));
            assert_eq!(read.author(), UserId::from_bytes([4; 16]));
            let said = read.verify(&key.verifying()).unwrap();
            let expected = manifest();
            assert_eq!(said.vault, expected.vault);
            assert_eq!(said.record, expected.record);
            assert_eq!(
                (said.case, said.version, said.previous),
                (case, version, previous)
            );
            assert_eq!((&*said.kind, said.kind_version), ("contact-report", 3));
            assert_eq!((&*said.class, said.filed_at.as_ms()), ("contact", 6));
            assert!(said.k_record.matches(&expected.k_record));
            assert_eq!(said.parts, expected.parts);
            assert_eq!(said.part(3), Some(&expected.parts[2]));
            assert_eq!(said.part(4), None);
        }
    }

    #[test]
    fn nothing_is_said_to_another_key() {
        let signed = manifest().sign(&SigningKey::from_bytes([7; 32])).unwrap();
        let other = SigningKey::from_bytes([8; 32]).verifying();
        assert_eq!(
            signed.verify(&other).unwrap_err(),
            StatementError::Signature
        );
    }

    #[test]
    fn ill_made_lists_of_parts_are_refused() {
        let card = |number| part(number, PartSort::Card, None);
        let lists = [
            vec![],
            vec![card(0)],
            vec![card(1), card(2)],
            vec![card(1), part(3, PartSort::Body, None)],
            vec![part(1, PartSort::Card, Some("x"))],
            vec![part(1, PartSort::Attachment, None)],
        ];
        for parts in lists {
            let made = Manifest {
                parts,
                ..manifest()
            };
            assert_refused(made, ManifestError::Parts);
        }
    }

    #[test]
    fn versions_and_predecessors_must_fit() {
        for (version, previous) in [(0, None), (2, None), (1, Some(Digest::of(b"")))] {
            let made = Manifest {
                version,
                previous,
                ..manifest()
            };
            assert_refused(made, ManifestError::Previous);
        }
    }

    /// Neither signed, nor read when somebody signed it all the same.
    fn assert_refused(manifest: Manifest, error: ManifestError) {
        let key = SigningKey::from_bytes([7; 32]);
        let heading = Heading {
            kind: StatementKind::Manifest,
            vault: manifest.vault,
            by: &manifest.author.to_string(),
            at: manifest.filed_at,
        };
        let forced = Statement::sign(&heading, manifest.body().unwrap(), &key).unwrap();
        assert_eq!(SignedManifest::parse(forced.bytes()).unwrap_err(), error);
        assert_eq!(manifest.sign(&key).unwrap_err(), error);
    }

    #[test]
    fn other_statements_and_signers_without_an_account_are_refused() {
        let key = SigningKey::from_bytes([7; 32]);
        let sign = |kind, by: &str| {
            let heading = Heading {
                kind,
                vault: VaultId::from_bytes([1; 16]),
                by,
                at: Timestamp::from_ms(6),
            };
            let said = Statement::sign(&heading, manifest().body().unwrap(), &key).unwrap();
            SignedManifest::parse(said.bytes()).map(|_| ()).unwrap_err()
        };
        let author = manifest().author.to_string();
        assert_eq!(
            sign(StatementKind::Grant, &author),
            ManifestError::NotAManifest
        );
        assert_eq!(
            sign(StatementKind::Manifest, "root"),
            ManifestError::Malformed
        );
    }

    #[test]
    fn unknown_fields_stay_in_the_bytes() {
        let key = SigningKey::from_bytes([7; 32]);
        let Value::Object(mut body) = manifest().body().unwrap() else {
            unreachable!()
        };
        body.insert("language".to_owned(), "cy".into());
        let heading = Heading {
            kind: StatementKind::Manifest,
            vault: VaultId::from_bytes([1; 16]),
            by: &manifest().author.to_string(),
            at: Timestamp::from_ms(6),
        };
        let said = Statement::sign(&heading, Value::Object(body), &key).unwrap();
        let read = SignedManifest::parse(said.bytes()).unwrap();
        assert!(read.verify(&key.verifying()).is_ok());
        assert_eq!(read.digest(), said.digest());
        assert_eq!(read.bytes(), said.bytes());
    }

    #[test]
    fn debug_shows_no_content() {
        let made = manifest();
        assert_eq!(
            format!("{:?}", made.parts[2]),
            "ManifestPart(3, Attachment, ..)"
        );
        let record = made.record;
        assert_eq!(format!("{made:?}"), format!("Manifest({record}, 1, ..)"));
        let signed = made.sign(&SigningKey::from_bytes([7; 32])).unwrap();
        assert_eq!(
            format!("{signed:?}"),
            format!("SignedManifest({record}, 1, ..)")
        );
    }
}
