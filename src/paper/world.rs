//! All that the templates can reach: themselves, the fonts and one document's data. No disk, no network, no
//! packages, no clock.

use std::sync::LazyLock;

use typst::Feature;
use typst::Library;
use typst::LibraryExt;
use typst::World;
use typst::diag::FileError;
use typst::diag::FileResult;
use typst::foundations::Bytes;
use typst::foundations::Datetime;
use typst::foundations::Duration;
use typst::syntax::FileId;
use typst::syntax::RootedPath;
use typst::syntax::Source;
use typst::syntax::VirtualPath;
use typst::syntax::VirtualRoot;
use typst::text::Font;
use typst::text::FontBook;
use typst::utils::LazyHash;

use crate::paper::fonts::FONTS;

/// The template that sets a document, and what it is called among the templates.
const MAIN: (&str, &str) = ("/document.typ", include_str!("document.typ"));
/// How things look.
const LOOK: (&str, &str) = ("/look.typ", include_str!("look.typ"));
/// Where the templates find the document's data.
const DATA: &str = "/document.json";

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| {
    // Labels are head cells of their rows, which the type setter counts among what may still change.
    let features = [Feature::A11yExtras].into_iter().collect();
    LazyHash::new(Library::builder().with_features(features).build())
});

static TEMPLATES: LazyLock<Option<Templates>> = LazyLock::new(Templates::read);

/// The templates, read once: they are the same for every document.
struct Templates {
    main: Source,
    look: Source,
    data: FileId,
}

impl Templates {
    fn read() -> Option<Self> {
        let source = |(name, text): (&str, &str)| Some(Source::new(id(name)?, text.to_owned()));
        Some(Self {
            main: source(MAIN)?,
            look: source(LOOK)?,
            data: id(DATA)?,
        })
    }
}

fn id(name: &str) -> Option<FileId> {
    let path = VirtualPath::new(name).ok()?;
    Some(RootedPath::new(VirtualRoot::Project, path).intern())
}

/// The world of one document.
pub(crate) struct OneDocument {
    templates: &'static Templates,
    data: Bytes,
}

impl OneDocument {
    /// `data` as JSON; it is never read as a template. `None` if the program's templates are not there, which
    /// no document can bring about.
    pub(crate) fn new(data: Vec<u8>) -> Option<Self> {
        Some(Self {
            templates: TEMPLATES.as_ref()?,
            data: Bytes::new(data),
        })
    }
}

impl World for OneDocument {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        FONTS.book()
    }

    fn main(&self) -> FileId {
        self.templates.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let templates = [&self.templates.main, &self.templates.look];
        let found = templates.into_iter().find(|source| source.id() == id);
        found.cloned().ok_or(FileError::AccessDenied)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.templates.data {
            Ok(self.data.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.font(index)
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_else_can_be_reached() {
        let world = OneDocument::new(b"{}".to_vec()).unwrap();
        assert!(world.source(world.main()).is_ok());
        assert_eq!(world.file(id(DATA).unwrap()).unwrap().as_slice(), b"{}");
        for name in ["/etc/passwd", "/document.typ", "/other.typ"] {
            assert!(world.file(id(name).unwrap()).is_err(), "{name}");
        }
        for name in [DATA, "/other.typ"] {
            assert!(world.source(id(name).unwrap()).is_err(), "{name}");
        }
        assert_eq!(world.today(None), None);
    }
}
