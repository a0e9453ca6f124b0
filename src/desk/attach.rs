//! Files to attach: where their content comes from, and what their names may be.

use std::collections::BTreeSet;
use std::io;
use std::io::Read;

use crate::desk::error::DeskError;
use crate::desk::shown::AttachmentLine;
use crate::desk::trust::Trust;
use crate::desk::versions::OpenedRecord;
use crate::records::attachment;

/// Where an attachment's content comes from. Opened twice: once to be hashed, once to be sealed.
pub trait Source {
    /// A fresh reader from the beginning.
    ///
    /// # Errors
    /// What the system reports.
    fn open(&self) -> io::Result<Box<dyn Read>>;
}

impl<F: Fn() -> io::Result<Box<dyn Read>>> Source for F {
    fn open(&self) -> io::Result<Box<dyn Read>> {
        self()
    }
}

/// An attachment to file.
pub struct Attach {
    /// Its name, with an ending of the allowed list.
    pub name: String,
    /// Its content.
    pub source: Box<dyn Source>,
}

impl std::fmt::Debug for Attach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Attach(..)")
    }
}

/// Refuses attachments by their names, and says where a content does not look like its ending.
pub(crate) fn attachment_warnings(attachments: &[Attach]) -> Result<Vec<String>, DeskError> {
    let mut warnings = Vec::new();
    let mut names = BTreeSet::new();
    for attach in attachments {
        let refused = |says: String| DeskError::refused("attachment", says);
        attachment::check_name(&attach.name).map_err(|error| refused(error.to_string()))?;
        let kind =
            attachment::file_type(&attach.name).map_err(|error| refused(error.to_string()))?;
        if !names.insert(&attach.name) {
            return Err(refused(format!(
                "two attachments are called `{}`; rename one",
                attach.name
            )));
        }
        let mut first = Vec::new();
        attach.source.open()?.take(512).read_to_end(&mut first)?;
        warnings.extend(
            kind.warning(&first)
                .map(|says| format!("{}: {says}", attach.name)),
        );
    }
    Ok(warnings)
}

/// The first pass over an attachment: its length and digest.
pub(crate) fn hash(mut content: Box<dyn Read>) -> std::io::Result<(u64, crate::sealing::Digest)> {
    use sha2::Digest as _;
    let mut sha256 = sha2::Sha256::new();
    let mut chunk = zeroize::Zeroizing::new(vec![0; 64 * 1024]);
    let mut bytes = 0_u64;
    loop {
        let count = content.read(&mut chunk)?;
        if count == 0 {
            break;
        }
        sha256.update(chunk.get(..count).unwrap_or_default());
        bytes = bytes.saturating_add(count as u64);
    }
    Ok((
        bytes,
        crate::sealing::Digest::from_bytes(sha256.finalize().into()),
    ))
}

/// The attachments of a version as lines.
pub(crate) fn attachment_lines(
    opened: &OpenedRecord,
    upto: u32,
    trust: &Trust,
) -> Result<Vec<AttachmentLine>, DeskError> {
    let all = opened.attachments(upto, trust)?;
    Ok(all
        .into_iter()
        .map(|found| AttachmentLine {
            name: found.part.name.unwrap_or_default(),
            bytes: found.part.bytes,
            sha256: found.part.sha256.hex(),
        })
        .collect())
}
