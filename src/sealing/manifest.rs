//! What a version consists of: the body of a signed statement of kind `manifest`, the same in every
//! part of the version. Vault, author and moment of filing are the envelope's `vault`, `by` and `at`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::bytes::base64url;
use crate::clock::Timestamp;
use crate::ids::{CaseId, PersonId, RecordId, UserId, VaultId};
use crate::sealing::digest::Digest;
use crate::sealing::record_key::RecordKey;
use crate::sealing::statement::StatementError;

/// Why something is not a manifest, or not a valid one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManifestError {
    /// The statement around it does not hold.
    Statement(StatementError),
    /// A statement of another kind.
    NotAManifest,
    /// A field is missing or of another type.
    Malformed,
    /// The first version names a previous one, or a later one names none, or the version is 0.
    Previous,
    /// Parts are not numbered from 1 in order, or there are none, two cards or two bodies, or a name is
    /// missing from an attachment or given to another part.
    Parts,
}

impl std::fmt::Display for ManifestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Statement(_) => "the statement around the manifest does not hold",
            Self::NotAManifest => "the statement is not a manifest",
            Self::Malformed => "the manifest is malformed",
            Self::Previous => "the manifest's version and its predecessor do not fit",
            Self::Parts => "the manifest's list of parts is not in order",
        })
    }
}

impl std::error::Error for ManifestError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Statement(error) => Some(error),
            _ => None,
        }
    }
}

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartSort {
    /// The summary that lists show.
    Card,
    /// The form.
    Body,
    /// A file.
    Attachment,
}

impl PartSort {
    /// Its word in manifests and facts.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Body => "body",
            Self::Attachment => "attachment",
        }
    }
}

/// One part of a version.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestPart {
    /// From 1, in order.
    pub number: u32,
    /// What it is.
    pub sort: PartSort,
    /// An attachment's file name as it was given; content, so never in a log. Whoever writes a file of
    /// that name makes it safe first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The content's length.
    pub bytes: u64,
    /// The content's SHA-256.
    pub sha256: Digest,
}

impl std::fmt::Debug for ManifestPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ManifestPart({}, {:?}, ..)", self.number, self.sort)
    }
}

/// Somebody on file whom a version is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestSubject {
    /// The person.
    pub person: PersonId,
    /// As what.
    pub role: String,
}

/// What the author of a version says it is. Kind, class and case are those it was filed under; later
/// values follow by signed statements of their own.
pub struct Manifest {
    /// The vault.
    pub vault: VaultId,
    /// The record.
    pub record: RecordId,
    /// The version's number, from 1.
    pub version: u32,
    /// The kind's name.
    pub kind: String,
    /// The version of the kind's form.
    pub kind_version: u32,
    /// The case, if any.
    pub case: Option<CaseId>,
    /// What drives retention.
    pub class: String,
    /// Who filed it.
    pub author: UserId,
    /// The digest of the previous version's manifest; none for version 1.
    pub previous: Option<Digest>,
    /// The key of the record's references in the ledger.
    pub k_record: RecordKey,
    /// When it was filed, by the author's clock.
    pub filed_at: Timestamp,
    /// Whom it is about, among the people on file.
    pub subjects: Vec<ManifestSubject>,
    /// At least one.
    pub parts: Vec<ManifestPart>,
}

impl std::fmt::Debug for Manifest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Manifest({}, {}, ..)", self.record, self.version)
    }
}

impl Manifest {
    /// The part with this number.
    pub fn part(&self, number: u32) -> Option<&ManifestPart> {
        self.parts.iter().find(|part| part.number == number)
    }

    pub(crate) fn body(&self) -> Result<Value, ManifestError> {
        let parts = serde_json::to_value(&self.parts).map_err(|_| ManifestError::Malformed)?;
        let previous = self.previous.map(|digest| digest.to_string());
        let mut fields: Vec<(&str, Value)> = vec![
            ("record", self.record.to_string().into()),
            ("version", self.version.into()),
            ("kind", self.kind.as_str().into()),
            ("kind_version", self.kind_version.into()),
            ("class", self.class.as_str().into()),
            ("previous", previous.into()),
            ("k_record", base64url(self.k_record.expose()).into()),
            ("parts", parts),
        ];
        if let Some(case) = self.case {
            fields.push(("case", case.to_string().into()));
        }
        if !self.subjects.is_empty() {
            let subjects = serde_json::to_value(&self.subjects);
            fields.push(("subjects", subjects.map_err(|_| ManifestError::Malformed)?));
        }
        let named = fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        Ok(Value::Object(named.collect::<Map<String, Value>>()))
    }

    pub(crate) fn check(&self) -> Result<(), ManifestError> {
        if self.version == 0 || (self.version == 1) != self.previous.is_none() {
            return Err(ManifestError::Previous);
        }
        let single = |sort| self.parts.iter().filter(|part| part.sort == sort).count() <= 1;
        let in_order = (1u32..)
            .zip(&self.parts)
            .all(|(number, part)| part.number == number);
        let named = self
            .parts
            .iter()
            .all(|part| part.name.is_some() == (part.sort == PartSort::Attachment));
        if self.parts.is_empty()
            || !in_order
            || !named
            || !single(PartSort::Card)
            || !single(PartSort::Body)
        {
            return Err(ManifestError::Parts);
        }
        Ok(())
    }
}
