//! Which files may be attached, and under which names. The type goes by the name's ending; content that
//! does not look like it is a warning for people, never a refusal.

use std::fmt;

/// Most characters of an attachment's name.
pub const NAME_CHARS: usize = 120;
/// How many first bytes [`FileType::warning`] wants to see.
pub const LOOKED_AT: usize = 16;

/// A type of file that may be attached.
#[derive(Debug, PartialEq, Eq)]
pub struct FileType {
    /// The name's ending, lower case.
    pub ending: &'static str,
    /// The media type to serve it as.
    pub media_type: &'static str,
    /// What such files begin with: any of these bytes at this distance; none: any content.
    starts: &'static [(usize, &'static [u8])],
}

const ZIP: &[(usize, &[u8])] = &[(0, b"PK\x03\x04")];
const ISO_MEDIA: &[(usize, &[u8])] = &[(4, b"ftyp")];
const JPEG: &[(usize, &[u8])] = &[(0, b"\xff\xd8\xff")];

const fn of(
    ending: &'static str,
    media_type: &'static str,
    starts: &'static [(usize, &'static [u8])],
) -> FileType {
    FileType {
        ending,
        media_type,
        starts,
    }
}

/// Every type, in the order refusals list them.
pub const TYPES: &[FileType] = &[
    of("jpg", "image/jpeg", JPEG),
    of("jpeg", "image/jpeg", JPEG),
    of("png", "image/png", &[(0, b"\x89PNG\r\n\x1a\n")]),
    of("gif", "image/gif", &[(0, b"GIF8")]),
    of("webp", "image/webp", &[(8, b"WEBP")]),
    of("heic", "image/heic", ISO_MEDIA),
    of("heif", "image/heif", ISO_MEDIA),
    of("tif", "image/tiff", &[(0, b"II*\0"), (0, b"MM\0*")]),
    of("tiff", "image/tiff", &[(0, b"II*\0"), (0, b"MM\0*")]),
    of("pdf", "application/pdf", &[(0, b"%PDF-")]),
    of("txt", "text/plain", &[]),
    of("md", "text/markdown", &[]),
    of("csv", "text/csv", &[]),
    of("rtf", "application/rtf", &[(0, b"{\\rtf")]),
    of(
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ZIP,
    ),
    of(
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ZIP,
    ),
    of("odt", "application/vnd.oasis.opendocument.text", ZIP),
    of("ods", "application/vnd.oasis.opendocument.spreadsheet", ZIP),
    of("eml", "message/rfc822", &[]),
    of(
        "msg",
        "application/vnd.ms-outlook",
        &[(0, b"\xd0\xcf\x11\xe0")],
    ),
    of(
        "mp3",
        "audio/mpeg",
        &[
            (0, b"ID3"),
            (0, b"\xff\xfb"),
            (0, b"\xff\xf3"),
            (0, b"\xff\xf2"),
        ],
    ),
    of("m4a", "audio/mp4", ISO_MEDIA),
    of("wav", "audio/wav", &[(0, b"RIFF")]),
    of("ogg", "audio/ogg", &[(0, b"OggS")]),
    of("mp4", "video/mp4", ISO_MEDIA),
    of(
        "mov",
        "video/quicktime",
        &[(4, b"ftyp"), (4, b"moov"), (4, b"wide"), (4, b"mdat")],
    ),
];

/// Why a file cannot be attached under its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttachmentError {
    /// The ending is none of [`TYPES`].
    Type,
    /// The name is empty or nothing but dots.
    Empty,
    /// The name holds a path.
    Path,
    /// The name holds control characters, or ones that reorder it on a screen.
    Control,
    /// The name is longer than [`NAME_CHARS`].
    Long,
}

impl fmt::Display for AttachmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type => {
                let endings: Vec<&str> = TYPES.iter().map(|kind| kind.ending).collect();
                write!(
                    f,
                    "files of this type are not taken; taken are {}",
                    endings.join(" ")
                )
            }
            Self::Empty => f.write_str("an attachment needs a name"),
            Self::Path => f.write_str("an attachment's name must not hold a path (/ or \\)"),
            Self::Control => f.write_str(
                "an attachment's name must not hold control characters or ones that reorder text",
            ),
            Self::Long => write!(
                f,
                "an attachment's name may have at most {NAME_CHARS} characters"
            ),
        }
    }
}

impl std::error::Error for AttachmentError {}

/// The type of a file by the ending of its name, after the name itself has passed.
///
/// # Errors
/// [`AttachmentError`].
pub fn file_type(name: &str) -> Result<&'static FileType, AttachmentError> {
    check_name(name)?;
    let (stem, ending) = name.rsplit_once('.').ok_or(AttachmentError::Type)?;
    if stem.trim_matches('.').is_empty() {
        return Err(AttachmentError::Type);
    }
    TYPES
        .iter()
        .find(|kind| kind.ending.eq_ignore_ascii_case(ending))
        .ok_or(AttachmentError::Type)
}

/// Whether a name may be written to anybody's disk as it is. Nothing is altered: accents stay as they
/// were composed.
///
/// # Errors
/// [`AttachmentError`], all but `Type`.
pub fn check_name(name: &str) -> Result<(), AttachmentError> {
    if name.trim_matches([' ', '.']).is_empty() {
        return Err(AttachmentError::Empty);
    }
    if name.contains(['/', '\\']) {
        return Err(AttachmentError::Path);
    }
    let unruly = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if name.chars().any(unruly) {
        return Err(AttachmentError::Control);
    }
    if name.chars().count() > NAME_CHARS {
        return Err(AttachmentError::Long);
    }
    Ok(())
}

impl FileType {
    /// A sentence for whoever attaches a file whose first bytes do not look like its ending.
    pub fn warning(&self, first: &[u8]) -> Option<String> {
        let begins = |(at, bytes): &(usize, &[u8])| {
            first.get(*at..).is_some_and(|rest| rest.starts_with(bytes))
        };
        let looks_right = if self.starts.is_empty() {
            !first.contains(&0)
        } else {
            self.starts.iter().any(begins)
        };
        (!looks_right).then(|| {
            format!(
                "the content does not look like a .{} file; it is kept as it is",
                self.ending
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn types_go_by_the_ending() {
        for name in [
            "a.jpg",
            "Llun Tŷ-Coch.JPEG",
            "報告.pdf",
            "a.b.docx",
            "رسالة.eml",
            "-.md",
        ] {
            assert!(file_type(name).is_ok(), "{name}");
        }
        for name in [
            "a.exe", "a", ".pdf", "a.pdf.", "a.pdf ", "..pdf", "a.html", "a.svg", "a.zip",
        ] {
            assert_eq!(file_type(name), Err(AttachmentError::Type), "{name}");
        }
        let list = AttachmentError::Type.to_string();
        for ending in "jpg jpeg png pdf txt md docx eml heic mp3 mp4".split(' ') {
            assert!(list.contains(&format!(" {ending}")), "{ending}");
        }
    }

    #[test]
    fn names_stay_inside_their_folder() {
        for (name, wrong) in [
            ("../a.pdf", AttachmentError::Path),
            ("/etc/a.pdf", AttachmentError::Path),
            ("c:\\a.pdf", AttachmentError::Path),
            ("..", AttachmentError::Empty),
            ("", AttachmentError::Empty),
            ("a\0.pdf", AttachmentError::Control),
            ("a\n.pdf", AttachmentError::Control),
            ("fdp\u{202e}gpj.pdf", AttachmentError::Control),
        ] {
            assert_eq!(file_type(name), Err(wrong), "{name:?}");
        }
        let long = format!("{}.pdf", "é".repeat(NAME_CHARS - 4));
        assert!(file_type(&long).is_ok());
        assert_eq!(file_type(&format!("a{long}")), Err(AttachmentError::Long));
    }

    #[test]
    fn unlikely_content_is_a_warning() {
        let pdf = file_type("a.pdf").unwrap();
        assert_eq!(pdf.warning(b"%PDF-1.7"), None);
        assert_eq!(
            pdf.warning(b"MZ").unwrap(),
            "the content does not look like a .pdf file; it is kept as it is"
        );
        assert_eq!(file_type("a.txt").unwrap().warning("Tŷ".as_bytes()), None);
        assert!(file_type("a.txt").unwrap().warning(b"a\0b").is_some());
        assert_eq!(
            file_type("a.heic").unwrap().warning(b"\0\0\0\x18ftypheic"),
            None
        );
        assert!(file_type("a.jpg").unwrap().warning(b"").is_some());
    }

    proptest! {
        #[test]
        fn arbitrary_names_and_bytes_never_panic(name: String, first: Vec<u8>) {
            if let Ok(kind) = file_type(&name) {
                drop(kind.warning(&first));
                prop_assert!(!name.contains('/'));
            }
            for kind in TYPES {
                drop(kind.warning(&first));
            }
        }
    }
}
