//! Exports: one fresh age file whose plaintext is a tar of the record, its attachments by name, the
//! signed manifests and the proof of the entry that says it was exported.

use std::io::Read;
use std::io::Write;

use serde_json::Value;
use serde_json::json;

use crate::desk::Desk;
use crate::desk::attachment::manifest_bytes;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::line;
use crate::desk::reading::parse_record;
use crate::desk::shown::ReceiptLine;
use crate::desk::trust::Trust;
use crate::desk::versions::Body;
use crate::desk::versions::Found;
use crate::desk::versions::OpenedRecord;
use crate::keeper::message::Want;
use crate::keeper::message::answer::ServedPart;
use crate::keeper::message::answer::ServedRecord;
use crate::keeper::rules::Rules;
use crate::ledger::Proven;
use crate::ledger::proof::LogProof;
use crate::records::Kinds;
use crate::sealing::ExportRecipient;
use crate::sealing::encrypt_to;

/// A record that was taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The proof of its entry.
    pub receipt: ReceiptLine,
    /// What whoever took it out should know: nothing was refused.
    pub warning: Option<String>,
}

impl Desk<'_> {
    /// Writes a record as an age file to `out`: to these recipients (`age1…`, `age1pq1…`), or to the
    /// person's own key where none is named.
    ///
    /// # Errors
    /// [`DeskError`]; on an error what was written is not a whole file.
    pub fn export(
        &mut self,
        record: &str,
        recipients: &[String],
        purpose: Option<&str>,
        out: &mut dyn Write,
    ) -> Result<Exported, DeskError> {
        let record = parse_record(record);
        let to = self.export_recipients(recipients)?;
        let named = to.iter().map(ToString::to_string).collect();
        let want = Want::ExportRecord {
            record,
            recipients: named,
        };
        let ((served, proven), known) = self.ask_known(want, purpose)?;
        let (_, trust) = &*known;
        let own = self.person.identity();
        let mut opened = OpenedRecord::open(&proven, own, &served, trust)?;
        self.fetch_apart(&proven, &mut opened, &served.parts)?;
        let age = encrypt_to(&to, &mut *out)
            .map_err(|error| DeskError::refused("bad-recipients", error.to_string()))?;
        let mut tar = Tar { to: age };
        tar.file(
            "record.json",
            &serde_json::to_vec_pretty(&summary(&opened, &served, trust)?)
                .map_err(DeskError::damaged)?,
        )?;
        for version in 1..=served.facts.versions {
            tar.file(
                &format!("manifest-{version}.json"),
                manifest_bytes(&opened, version)?,
            )?;
        }
        tar.file("proof.txt", proof_text(&proven).as_bytes())?;
        for found in opened.attachments(served.facts.versions, trust)? {
            self.export_attachment((&proven, &opened, &served), &found, &mut tar)?;
        }
        tar.finish()?.finish()?;
        let rules = Rules::from_kinds(Kinds::builtin());
        Ok(Exported {
            receipt: line(&proven),
            warning: rules.of(&served.facts.kind).may_leave(&served.facts).err(),
        })
    }

    /// Seals bytes as an age file to these recipients: a list of what was exported, say.
    ///
    /// # Errors
    /// [`DeskError::Refused`] for what is no recipient.
    pub fn seal_for(
        &self,
        recipients: &[String],
        bytes: &[u8],
        out: &mut dyn Write,
    ) -> Result<(), DeskError> {
        let to = self.export_recipients(recipients)?;
        let mut age = encrypt_to(&to, out)
            .map_err(|error| DeskError::refused("bad-recipients", error.to_string()))?;
        age.write_all(bytes)?;
        age.finish()?;
        Ok(())
    }

    pub(crate) fn export_recipients(
        &self,
        recipients: &[String],
    ) -> Result<Vec<ExportRecipient>, DeskError> {
        if recipients.is_empty() {
            return Ok(vec![ExportRecipient::from(self.account.recipient.clone())]);
        }
        recipients
            .iter()
            .map(|text| {
                text.parse().map_err(|_| {
                    let says = "a recipient is an age public key: `age1pq1...` or `age1...`";
                    DeskError::refused("bad-recipients", says)
                })
            })
            .collect()
    }

    fn export_attachment<W: Write>(
        &self,
        (proven, opened, served): (&Proven, &OpenedRecord, &ServedRecord),
        found: &Found,
        tar: &mut Tar<W>,
    ) -> Result<(), DeskError> {
        let at = (found.version, found.part.number);
        let part: &ServedPart = served
            .parts
            .iter()
            .find(|part| (part.version, part.number) == at)
            .ok_or_else(link::unexpected)?;
        let name = found.part.name.clone().unwrap_or_default();
        tar.begin(&format!("attachments/{name}"), found.part.bytes)?;
        let manifest = manifest_bytes(opened, found.version)?;
        self.stream_part(proven, &opened.secret, (part, manifest), &mut tar.to)?;
        tar.pad(found.part.bytes)
    }
}

/// `record.json`: every version's form, and what the newest manifest says.
fn summary(
    opened: &OpenedRecord,
    served: &ServedRecord,
    trust: &Trust,
) -> Result<Value, DeskError> {
    let mut versions = Vec::new();
    for number in 1..=served.facts.versions {
        let manifest = opened.manifest(number, trust)?;
        let body: Body = serde_json::from_slice(opened.content(number, 2)?.expose())
            .map_err(|_| DeskError::damaged("the record's form cannot be read"))?;
        versions.push(json!({
            "version": number,
            "kind_version": manifest.kind_version,
            "author": manifest.author,
            "filed_at": manifest.filed_at.to_string(),
            "reason": body.reason,
            "fields": body.form,
        }));
    }
    let attachments: Vec<Value> = opened
        .attachments(served.facts.versions, trust)?
        .iter()
        .map(|found| {
            json!({
                "name": found.part.name,
                "bytes": found.part.bytes,
                "sha256": found.part.sha256.hex(),
            })
        })
        .collect();
    let fields = versions
        .last()
        .and_then(|newest| newest.get("fields").cloned());
    Ok(json!({
        "id": served.facts.id,
        "case": served.facts.case,
        "kind": served.facts.kind,
        "version": served.facts.versions,
        "state": served.facts.state,
        "fields": fields,
        "versions": versions,
        "attachments": attachments,
    }))
}

/// The entry of this export with its proof, in the form a stranger can check.
fn proof_text(proven: &Proven) -> String {
    LogProof::from(proven).to_text()
}

/// A tar of regular files (POSIX ustar, with pax headers for long names), written as it goes.
struct Tar<W: Write> {
    to: W,
}

impl<W: Write> Tar<W> {
    fn file(&mut self, name: &str, bytes: &[u8]) -> Result<(), DeskError> {
        self.begin(name, bytes.len() as u64)?;
        self.to.write_all(bytes)?;
        self.pad(bytes.len() as u64)
    }

    fn begin(&mut self, name: &str, bytes: u64) -> Result<(), DeskError> {
        let mut long = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes);
        header.set_mode(0o600);
        header.set_mtime(0);
        if header.set_path(name).is_err() {
            let extension = [("path", name.as_bytes())];
            long.append_pax_extensions(extension)
                .map_err(DeskError::from)?;
            header
                .set_path("attachments/long-name")
                .map_err(DeskError::from)?;
        }
        header.set_cksum();
        // The builder ends an archive with zero blocks; only what stands before them goes out.
        self.to.write_all(long.get_ref())?;
        self.to.write_all(header.as_bytes())?;
        Ok(())
    }

    fn pad(&mut self, bytes: u64) -> Result<(), DeskError> {
        let rest = usize::try_from(bytes.next_multiple_of(512) - bytes).unwrap_or(0);
        std::io::copy(&mut std::io::repeat(0).take(rest as u64), &mut self.to)?;
        Ok(())
    }

    fn finish(mut self) -> Result<W, DeskError> {
        self.to.write_all(&[0; 1024])?;
        Ok(self.to)
    }
}
