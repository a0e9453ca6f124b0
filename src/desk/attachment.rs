//! Attachments: found by name, streamed against an entry of their own.

use std::io::Read;
use std::io::Write;

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::open;
use crate::desk::reading::parse_record;
use crate::desk::versions::OpenedRecord;
use crate::ids::RecordId;
use crate::keeper::facts::Place;
use crate::keeper::message::Want;
use crate::keeper::message::answer::ServedPart;
use crate::ledger::Proven;
use crate::sealing::HybridIdentity;
use crate::sealing::PartReader;

/// How much of an attachment is held at a time.
const CHUNK: usize = 64 * 1024;

impl Desk<'_> {
    /// Writes an attachment's content to `out`. It is checked to its end as it streams: on an error what
    /// was written is not to be trusted.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn attachment(
        &mut self,
        record: &str,
        name: &str,
        purpose: Option<&str>,
        out: &mut dyn Write,
    ) -> Result<u64, DeskError> {
        let record = parse_record(record);
        let (version, part) = self.locate(record, name, purpose)?;
        let want = Want::ReadAttachment {
            record,
            version,
            part,
        };
        let ((served, proven), known) = self.ask_known(want, purpose)?;
        let (_, trust) = &*known;
        let opened = OpenedRecord::open(&proven, self.person.identity(), &served, trust)?;
        opened.manifest(version, trust)?;
        let part = served
            .parts
            .iter()
            .find(|p| (p.version, p.number) == (version, part))
            .ok_or_else(link::unexpected)?;
        let manifest = manifest_bytes(&opened, version)?;
        self.stream_part(&proven, &opened.secret, (part, manifest), out)
    }

    /// Which version and part an attachment's name means: names stand only in the manifests.
    fn locate(
        &mut self,
        record: RecordId,
        name: &str,
        purpose: Option<&str>,
    ) -> Result<(u32, u32), DeskError> {
        let want = Want::ReadRecord {
            record,
            version: None,
        };
        let ((served, proven), known) = self.ask_known(want, purpose)?;
        let (_, trust) = &*known;
        let opened = OpenedRecord::open(&proven, self.person.identity(), &served, trust)?;
        let all = opened.attachments(served.facts.versions, trust)?;
        let found = all
            .iter()
            .find(|found| found.part.name.as_deref() == Some(name));
        found
            .map(|found| (found.version, found.part.number))
            .ok_or_else(|| {
                let names: Vec<&str> = all
                    .iter()
                    .filter_map(|found| found.part.name.as_deref())
                    .collect();
                let says = if names.is_empty() {
                    "this record has no attachments".to_owned()
                } else {
                    format!(
                        "this record has no attachment `{name}`; it has: {}",
                        names.join(", ")
                    )
                };
                DeskError::refused("no-such-attachment", says)
            })
    }

    /// Streams an object part's content, checking manifest, length and digest.
    pub(crate) fn stream_part(
        &self,
        proven: &Proven,
        secret: &HybridIdentity,
        (part, manifest): (&ServedPart, &[u8]),
        out: &mut dyn Write,
    ) -> Result<u64, DeskError> {
        if part.place != Place::Object {
            return Err(link::unexpected());
        }
        let payload = self
            .keeper
            .fetch(&part.sha256)
            .map_err(DeskError::reading)?;
        let plain = open::stream(proven, secret, &part.header, payload)?;
        let mut reader = PartReader::new(plain)?;
        if reader.number() != part.number || reader.manifest().bytes() != manifest {
            return Err(DeskError::damaged(
                "an attachment was served in the place of another",
            ));
        }
        let mut chunk = zeroize::Zeroizing::new(vec![0; CHUNK]);
        let mut written = 0_u64;
        loop {
            let count = reader.read(&mut chunk).map_err(DeskError::reading)?;
            if count == 0 {
                break;
            }
            out.write_all(chunk.get(..count).unwrap_or_default())?;
            written = written.saturating_add(count as u64);
        }
        reader.finish()?;
        Ok(written)
    }
}

/// The bytes of a version's manifest.
pub(crate) fn manifest_bytes(opened: &OpenedRecord, version: u32) -> Result<&[u8], DeskError> {
    let mut all = opened.manifests.iter();
    let found = all.find(|signed| signed.claimed_version() == version);
    found
        .map(crate::sealing::SignedManifest::bytes)
        .ok_or_else(link::unexpected)
}
