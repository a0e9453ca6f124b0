//! Setting a bundle of contact reports as a tagged PDF.
//!
//! The floor is the type setter alone: one template written by hand that holds the same text, with the same fonts
//! and standards, without our check of every character and without data that come from outside.
//!
//!   cargo bench --bench printing -- --reports 330 --rounds 3

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench says what it measured, and one that fails should panic"
)]

use std::fmt::Write as _;
use std::fs;

use strongroom::paper::Document;
use strongroom::paper::Footer;
use strongroom::paper::Imprint;
use strongroom::paper::Row;
use strongroom::paper::Section;
use strongroom::paper::print;
use typst::Library;
use typst::LibraryExt;
use typst::World;
use typst::diag::FileError;
use typst::diag::FileResult;
use typst::foundations::Bytes;
use typst::foundations::Datetime;
use typst::foundations::Duration;
use typst::foundations::Smart;
use typst::syntax::FileId;
use typst::syntax::Source;
use typst::text::Font;
use typst::text::FontBook;
use typst::utils::LazyHash;
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;
use typst_pdf::PdfStandard;
use typst_pdf::PdfStandards;
use typst_pdf::Timestamp;

use crate::measure::compare;
use crate::measure::size;
use crate::measure::spent;

mod measure;

/// What each report says, in labels and values.
const ROWS: [(&str, &str); 7] = [
    ("Date and time", "Tuesday 12 May 2026, 10:00 to 11:30"),
    ("Supervised by", "Harpreet Kaur"),
    (
        "Present",
        "Łukasz Wiśniewski-Ćwikła, Siân ap Gruffydd, 李小龍",
    ),
    (
        "Arrival",
        "Ada arrived with her grandmother at five to ten, with a drawing of the canal.",
    ),
    ("Account", ACCOUNT),
    (
        "Departure",
        "They said goodbye at the door. Ada waved from the car.",
    ),
    ("Concerns", "None."),
];
const ACCOUNT: &str = "Ada ran to her father when he came in. They sat down at the low table and looked at the \
    drawing together. He asked about school and listened; she spoke about the trip to the museum and about a \
    friend. At half past ten they had a snack. Ada asked for the blue cup and he found it. At a quarter to eleven \
    Mr Okafor raised his voice about the time of the next visit. I asked him to step into the corridor and he \
    did. He came back after two minutes and apologised to Ada.";

fn main() {
    let (count, rounds) = (size("reports", 330), size("rounds", 3));
    let document = bundle(count);
    let imprint = Imprint {
        ident: "bench".to_owned(),
        made_at: 1_778_000_000,
    };
    let ours = print(&document, &imprint).unwrap();
    let by_hand = ByHand::new(count);
    let (pages, bytes) = by_hand.set();
    println!("{count} contact reports in one document");
    println!(
        "ours: {} pages, {} bytes; by hand: {pages} pages, {bytes} bytes",
        ours.pages,
        ours.pdf.len()
    );
    let work = || spent(|| print(&document, &imprint).unwrap());
    let floor = || spent(|| by_hand.set());
    compare(
        (rounds, None),
        ("checked, laid out and written", work),
        ("the type setter alone", floor),
    );
    println!("most memory held: {}", most_memory());
}

fn bundle(count: usize) -> Document {
    let section = |n| Section {
        heading: format!("Contact report {n}"),
        rows: ROWS
            .iter()
            .map(|(label, value)| Row::text(*label, *value))
            .collect(),
    };
    Document {
        title: "Contact reports".to_owned(),
        issuer: "Riverside Contact Centre".to_owned(),
        sections: (1..=count).map(section).collect(),
        footer: Footer {
            reader: "Harpreet Kaur".to_owned(),
            printed_at: "13 May 2026, 14:03".to_owned(),
            entry: Some(1234),
        },
        ..Document::default()
    }
}

fn most_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.unwrap_or("not known here").trim().to_owned()
}

/// The same text, looking the same, as somebody would write it who trusts every word.
struct ByHand {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    source: Source,
}

impl ByHand {
    fn new(count: usize) -> Self {
        let mut fonts = Vec::new();
        for entry in fs::read_dir("src/paper/fonts").unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "ttf" || e == "otf") {
                fonts.extend(Font::new(Bytes::new(fs::read(path).unwrap()), 0));
            }
        }
        Self {
            library: LazyHash::new(Library::builder().build()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            source: Source::detached(template(count)),
        }
    }

    fn set(&self) -> (usize, usize) {
        let pages = typst::compile::<PagedDocument>(self).output.unwrap();
        let options = PdfOptions {
            ident: Smart::Custom("bench".to_owned()),
            timestamp: Some(Timestamp::new_utc(
                Datetime::from_ymd_hms(2026, 5, 13, 14, 3, 0).unwrap(),
            )),
            standards: PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1]).unwrap(),
            ..PdfOptions::default()
        };
        let pdf = typst_pdf::pdf(&pages, &options).unwrap();
        let set = (pages.pages().len(), pdf.len());
        drop(pages);
        comemo::evict(0);
        set
    }
}

fn template(count: usize) -> String {
    let mut source = r#"#set document(title: "Contact reports", date: auto)
#set page(paper: "a4", margin: (x: 24mm, top: 27mm, bottom: 27mm), footer: context [
  Printed by Harpreet Kaur · 13 May 2026, 14:03 · Entry 1234 #h(1fr) Page #counter(page).display("1") of #counter(page).final().first()
])
#set text(font: ("Noto Sans", "Noto Sans CJK SC"), size: 10.5pt, lang: "en", region: "GB", hyphenate: false, top-edge: 1.02em, bottom-edge: -0.3em)
#set par(leading: 0.12em, spacing: 0.55em)
#set table(columns: (31%, 1fr), inset: (left: 0pt, right: 8pt, top: 4.5pt, bottom: 5.5pt), stroke: (x: none, top: none, bottom: 0.6pt))
#title()
"#
    .to_owned();
    for n in 1..=count {
        // Writing to a String cannot fail.
        let _ = writeln!(source, "= Contact report {n}\n#table(");
        for (label, value) in ROWS {
            let _ = writeln!(source, "[*{label}*], par[{value}],");
        }
        source.push_str(")\n");
    }
    source
}

impl World for ByHand {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.source.id()
    }

    fn source(&self, _id: FileId) -> FileResult<Source> {
        Ok(self.source.clone())
    }

    fn file(&self, _id: FileId) -> FileResult<Bytes> {
        Err(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}
