//! A served record, opened and compared: every version's manifest against the facts, the chain of
//! digests, the author's key and the audit key, before anything of it is shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::bytes::unbase64url;
use crate::desk::error::DeskError;
use crate::desk::moving::cases_of;
use crate::desk::open;
use crate::desk::parts::signed_subjects;
use crate::desk::trust::Trust;
use crate::ids::CaseId;
use crate::keeper::facts::Place;
use crate::keeper::facts::VersionFacts;
use crate::keeper::message::answer::ServedRecord;
use crate::ledger::Proven;
use crate::sealing::HybridIdentity;
use crate::sealing::Manifest;
use crate::sealing::ManifestPart;
use crate::sealing::PartSort;
use crate::sealing::Plain;
use crate::sealing::RecordKey;
use crate::sealing::SignedManifest;
use crate::sealing::read_part;

/// What is sealed as the body: the form, and why it was corrected.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Body {
    /// The form's fields.
    pub(crate) form: serde_json::Value,
    /// The reason of a correction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// A record, opened and checked.
pub(crate) struct OpenedRecord {
    pub(crate) secret: Arc<HybridIdentity>,
    pub(crate) manifests: Vec<SignedManifest>,
    parts: BTreeMap<(u32, u32), Plain>,
}

/// An attachment's place: version, part, and what the manifest says of it.
pub(crate) struct Found {
    pub(crate) version: u32,
    pub(crate) part: ManifestPart,
}

/// The audit key a keeper has sent with a record.
///
/// # Errors
/// [`DeskError::Damaged`] for anything but 32 bytes.
pub(crate) fn audit_key(served: &ServedRecord) -> Result<RecordKey, DeskError> {
    audit_key_of(&served.k_record)
}

/// As [`audit_key`], from its text.
///
/// # Errors
/// [`DeskError::Damaged`] for anything but 32 bytes.
pub(crate) fn audit_key_of(text: &str) -> Result<RecordKey, DeskError> {
    unbase64url(text)
        .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
        .map(RecordKey::from_bytes)
        .ok_or_else(|| DeskError::damaged("the record's audit key has another shape"))
}

impl OpenedRecord {
    /// Opens what was served and checks all of it.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] naming what is not as it was filed.
    pub(crate) fn open(
        proven: &Proven,
        own: &HybridIdentity,
        served: &ServedRecord,
        trust: &Trust,
    ) -> Result<Self, DeskError> {
        let secret = open::follow(proven, own, &served.chain, trust)?;
        Self::open_with(proven, Arc::new(secret), served, trust)
    }

    /// As [`OpenedRecord::open`], with the secret at the end of its chain.
    ///
    /// # Errors
    /// As [`OpenedRecord::open`].
    pub(crate) fn open_with(
        proven: &Proven,
        secret: Arc<HybridIdentity>,
        served: &ServedRecord,
        trust: &Trust,
    ) -> Result<Self, DeskError> {
        let mut manifests: BTreeMap<u32, SignedManifest> = BTreeMap::new();
        let mut parts = BTreeMap::new();
        for part in &served.parts {
            if part.place != Place::Row {
                continue;
            }
            let plain = open::part(proven, &secret, part)?;
            let whole = read_part(plain.expose()).map_err(DeskError::damaged)?;
            let known = manifests.get(&part.version);
            let same = known.is_none_or(|known| known.bytes() == whole.manifest.bytes());
            if whole.number != part.number || !same {
                return Err(swapped());
            }
            parts.insert((part.version, part.number), whole.content);
            manifests.insert(part.version, whole.manifest);
        }
        let opened = Self {
            secret,
            manifests: manifests.into_values().collect(),
            parts,
        };
        opened.check(served, trust)?;
        Ok(opened)
    }

    fn check(&self, served: &ServedRecord, trust: &Trust) -> Result<(), DeskError> {
        let key = audit_key(served)?;
        let cases = cases_of(served, trust)?;
        let mut since = cases.as_slice();
        for signed in &self.manifests {
            let manifest = verified(signed, trust)?;
            since = in_case(manifest, since)?;
            let at = usize::try_from(manifest.version)
                .unwrap_or(0)
                .wrapping_sub(1);
            let facts = served.versions.get(at).ok_or_else(swapped)?;
            compare(served, facts, signed, manifest)?;
            if !manifest.k_record.matches(&key) {
                return Err(DeskError::damaged(
                    "the record's audit key is not the one that was filed with it; keep the answer as evidence",
                ));
            }
        }
        for pair in self.manifests.windows(2) {
            let [before, after] = pair else { continue };
            let follows = verified(after, trust)?.previous == Some(before.digest());
            if !follows && verified(after, trust)?.version == verified(before, trust)?.version + 1 {
                return Err(DeskError::damaged(
                    "a version does not follow the one before it",
                ));
            }
        }
        Ok(())
    }

    /// The manifest of a version that was opened.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] when it was not served.
    pub(crate) fn manifest(&self, version: u32, trust: &Trust) -> Result<&Manifest, DeskError> {
        for signed in &self.manifests {
            let manifest = verified(signed, trust)?;
            if manifest.version == version {
                return Ok(manifest);
            }
        }
        Err(swapped())
    }

    /// Adds the content of a part that was fetched apart.
    pub(crate) fn add(&mut self, part: (u32, u32), content: Plain) {
        self.parts.insert(part, content);
    }

    /// A part's content.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] when it was not served.
    pub(crate) fn content(&self, version: u32, part: u32) -> Result<&Plain, DeskError> {
        self.parts.get(&(version, part)).ok_or_else(swapped)
    }

    /// Every attachment up to a version, the latest of each name.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] when a manifest does not verify.
    pub(crate) fn attachments(&self, upto: u32, trust: &Trust) -> Result<Vec<Found>, DeskError> {
        let mut found: Vec<Found> = Vec::new();
        for signed in &self.manifests {
            let manifest = verified(signed, trust)?;
            for part in manifest
                .parts
                .iter()
                .filter(|part| part.sort == PartSort::Attachment)
            {
                if manifest.version <= upto {
                    found.retain(|older| older.part.name != part.name);
                    found.push(Found {
                        version: manifest.version,
                        part: part.clone(),
                    });
                }
            }
        }
        Ok(found)
    }
}

/// A manifest whose author signed it.
fn verified<'m>(signed: &'m SignedManifest, trust: &Trust) -> Result<&'m Manifest, DeskError> {
    trust
        .keys_of(signed.author())
        .find_map(|key| signed.verify(key).ok())
        .ok_or_else(|| DeskError::damaged("the record's manifest is not signed by its author"))
}

/// The manifest against what the keeper says: swapped records, versions, parts and facts stop here.
fn compare(
    served: &ServedRecord,
    facts: &VersionFacts,
    signed: &SignedManifest,
    manifest: &Manifest,
) -> Result<(), DeskError> {
    let record = &served.facts;
    let same_parts = facts.parts.len() == manifest.parts.len()
        && facts
            .parts
            .iter()
            .zip(&manifest.parts)
            .all(|(fact, part)| fact.number == part.number && fact.sort == part.sort.word());
    let first = manifest.version > 1 || manifest.author == record.author;
    let latest = facts.number != record.versions || manifest.class == record.class;
    let subjects =
        facts.number != record.versions || manifest.subjects == signed_subjects(&record.subjects);
    let same = manifest.record == record.id
        && manifest.version == facts.number
        && manifest.kind == record.kind
        && manifest.author == facts.author
        && signed.digest().hex() == facts.manifest;
    if same && same_parts && first && latest && subjects {
        return Ok(());
    }
    Err(other())
}

fn other() -> DeskError {
    DeskError::damaged(
        "what the keeper says about the record is not what its author signed; keep the answer as evidence",
    )
}

/// The cases from the one a version was filed in: the first is that of version 1, and no version goes back.
fn in_case<'c>(
    manifest: &Manifest,
    since: &'c [Option<CaseId>],
) -> Result<&'c [Option<CaseId>], DeskError> {
    let at = since.iter().position(|case| *case == manifest.case);
    let at = at.filter(|at| manifest.version > 1 || *at == 0);
    at.and_then(|at| since.get(at..)).ok_or_else(other)
}

fn swapped() -> DeskError {
    DeskError::damaged("a part was served in the place of another")
}
