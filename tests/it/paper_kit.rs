//! Documents for tests: a report with one of everything, any record of any kind, and what other programs read
//! out of the PDF.

use std::fs;
use std::process::Command;

use strongroom::paper::Block;
use strongroom::paper::Document;
use strongroom::paper::Footer;
use strongroom::paper::Imprint;
use strongroom::paper::Language;
use strongroom::paper::Notice;
use strongroom::paper::Printed;
use strongroom::paper::Quote;
use strongroom::paper::Row;
use strongroom::paper::Section;
use strongroom::paper::Size;
use strongroom::paper::Table;
use strongroom::paper::Value;
use strongroom::paper::print;

/// Names as people of the scenarios write them, with the script or language each is of.
pub(crate) const NAMES: [(&str, &str); 16] = [
    ("Polish", "Łukasz Wiśniewski-Ćwikła"),
    ("Welsh", "Siân ap Gruffydd, Tŷ’r Wŷr"),
    ("Arabic", "ليلى الحداد"),
    ("Urdu", "یاسمین ڈار"),
    ("Chinese", "李小龍、张伟"),
    ("Hindi", "हरप्रीत श्रीवास्तव"),
    ("Bengali", "ফারহানা আক্তার"),
    ("Gurmukhi", "ਹਰਪ੍ਰੀਤ ਕੌਰ"),
    ("Ethiopic", "ሰላም ተስፋዬ"),
    ("Vietnamese", "Nguyễn Thị Hồng Ánh"),
    ("Cyrillic", "Ольга Щербакова"),
    ("Turkish", "Yıldız Şahin İğdır"),
    ("Gujarati", "રમેશ પટેલ"),
    ("Tamil", "தமிழ்ச்செல்வி"),
    ("Hebrew", "שלום כהן"),
    ("Greek", "Ελένη Παπαδοπούλου"),
];

pub(crate) fn imprint(ident: &str) -> Imprint {
    Imprint {
        ident: ident.to_owned(),
        made_at: 1_778_000_000,
    }
}

pub(crate) fn printed(document: &Document) -> Printed {
    print(document, &imprint("test")).unwrap()
}

/// A document of one section.
pub(crate) fn of_rows(rows: Vec<Row>) -> Document {
    Document {
        title: "Contact report".to_owned(),
        sections: vec![Section {
            heading: "What happened".to_owned(),
            rows,
        }],
        ..Document::default()
    }
}

pub(crate) fn table(heads: &[&str], rows: Vec<Vec<String>>) -> Value {
    Value::Table(Table {
        heads: heads.iter().map(|head| (*head).to_owned()).collect(),
        rows,
    })
}

/// One of everything.
pub(crate) fn report() -> Document {
    let quote = |speaker: &str, words: &str, verbatim| Quote {
        speaker: speaker.to_owned(),
        words: words.to_owned(),
        verbatim,
    };
    let names = NAMES.iter().map(|(_, name)| (*name).to_owned()).collect();
    let rows = vec![
        Row::text("Date and time", "Tuesday 12 May 2026, 10:00 to 11:30"),
        Row {
            label: "Present".to_owned(),
            value: Value::List(names),
        },
        Row {
            label: "What was said".to_owned(),
            value: Value::Quotes(vec![
                quote("Ada", "I want the blue cup.", true),
                quote("Mr Okafor", "He was sorry that he had been loud.", false),
            ]),
        },
        Row {
            label: "Children".to_owned(),
            value: Value::Blocks(vec![Block {
                heading: "Child 1".to_owned(),
                rows: vec![Row::text("Name", "Ada Okafor"), Row::text("Age", "7")],
            }]),
        },
        Row {
            label: "Later visits".to_owned(),
            value: table(
                &["Date", "Supervisor"],
                vec![vec!["1 June 2026".to_owned()]],
            ),
        },
    ];
    Document {
        subtitle: "Okafor family".to_owned(),
        issuer: "Riverside Contact Centre".to_owned(),
        notice: Some(Notice {
            heading: "Released copy".to_owned(),
            text: "Do not pass this copy on.".to_owned(),
            rows: vec![Row::text("Released to", "Family Court at Leeds")],
        }),
        footer: Footer {
            reader: "Harpreet Kaur".to_owned(),
            printed_at: "13 May 2026, 14:03".to_owned(),
            entry: Some(1234),
        },
        ..of_rows(rows)
    }
}

/// In both sizes and languages.
pub(crate) fn in_every_form(document: &Document) -> impl Iterator<Item = Document> {
    [
        (Size::Normal, Language::English),
        (Size::LargePrint, Language::Welsh),
    ]
    .into_iter()
    .map(|(size, language)| Document {
        size,
        language,
        ..document.clone()
    })
}

/// What `pdftotext` reads, page by page, in the order of the text.
pub(crate) fn pages(printed: &Printed) -> Vec<String> {
    let text = read_by(printed, "pdftotext", &["-raw"], &["-"]);
    let mut pages: Vec<String> = text.split('\u{c}').map(str::to_owned).collect();
    pages.truncate(printed.pages);
    pages
}

/// All pages' text without spaces, breaks of lines and marks of direction: extraction has its own idea of these.
pub(crate) fn squeezed(text: &str) -> String {
    let dropped = |c: char| {
        c.is_whitespace() || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
    };
    text.chars().filter(|c| !dropped(*c)).collect()
}

/// What a program says about the PDF.
pub(crate) fn read_by(printed: &Printed, program: &str, before: &[&str], after: &[&str]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("document.pdf");
    fs::write(&file, &printed.pdf).unwrap();
    let output = Command::new(program)
        .args(before)
        .arg(&file)
        .args(after)
        .output()
        .unwrap();
    assert!(output.status.success(), "{program}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}
