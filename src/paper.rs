//! Documents: what is given as data comes out as a tagged PDF (PDF/A-2a and PDF/UA-1 at once).
//!
//! Data in, bytes out. This room names no other room, asks no clock, reads no file and calls nobody; the same
//! [`Document`] and [`Imprint`] give the same bytes. `docs/documents.md` says what a document looks like and
//! what becomes of characters that no font here can draw.
//!
//! Without the crate feature `documents` the types are all here, and [`print()`] answers
//! [`Failure::WithoutDocuments`].

mod document;
mod failure;
#[cfg(feature = "documents")]
mod fonts;
mod language;
#[cfg(feature = "documents")]
mod layout;
#[cfg(feature = "documents")]
mod preflight;
#[cfg(feature = "documents")]
mod press;
mod warning;
#[cfg(feature = "documents")]
mod world;

pub use document::Block;
pub use document::Document;
pub use document::Footer;
pub use document::Notice;
pub use document::Quote;
pub use document::Row;
pub use document::Section;
pub use document::Size;
pub use document::Table;
pub use document::Value;
pub use failure::Failure;
pub use language::Language;
pub use warning::Warning;

/// What a file says of itself besides its text. Both are given, never asked for, so that the same input gives
/// the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imprint {
    /// What tells this document from all others, for good. Only a digest of it stands in the file.
    pub ident: String,
    /// When it was made: seconds since 1970-01-01T00:00:00Z, stated in the file in UTC.
    pub made_at: i64,
}

/// A finished document.
#[derive(Clone, PartialEq, Eq)]
pub struct Printed {
    /// The file.
    pub pdf: Vec<u8>,
    /// How many pages it has.
    pub pages: usize,
    /// What could not be set as it was given, each character once; whoever made the document is told.
    pub warnings: Vec<Warning>,
}

impl std::fmt::Debug for Printed {
    /// Says how much there is and nothing of what it says.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Printed")
            .field("bytes", &self.pdf.len())
            .field("pages", &self.pages)
            .field("warnings", &self.warnings)
            .finish()
    }
}

/// Sets a document.
///
/// Takes about 1.5 MB of memory a page while it runs: what may grow beyond some two hundred pages is better
/// made in volumes.
///
/// # Errors
/// [`Failure::Date`] for a moment no calendar has; [`Failure::Unset`] for a document that cannot be laid out or
/// does not meet both standards, which is a bug here and not in what was given.
#[cfg(feature = "documents")]
pub fn print(document: &Document, imprint: &Imprint) -> Result<Printed, Failure> {
    press::print(document, imprint)
}

/// Sets no document: this program was built without them.
///
/// # Errors
/// Always [`Failure::WithoutDocuments`].
#[cfg(not(feature = "documents"))]
pub fn print(_document: &Document, _imprint: &Imprint) -> Result<Printed, Failure> {
    Err(Failure::WithoutDocuments)
}

#[cfg(all(test, not(feature = "documents")))]
mod tests {
    use crate::paper::Document;
    use crate::paper::Failure;
    use crate::paper::Imprint;
    use crate::paper::print;

    #[test]
    fn without_documents_there_is_a_plain_error() {
        let imprint = Imprint {
            ident: "test".to_owned(),
            made_at: 0,
        };
        let failure = print(&Document::default(), &imprint).unwrap_err();
        assert_eq!(failure, Failure::WithoutDocuments);
        assert!(failure.to_string().contains("built without documents"));
    }
}
