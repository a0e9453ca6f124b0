//! Documents: the same bytes for the same input, readable by other programs, whatever somebody typed.

use std::collections::BTreeSet;
use std::fs;
use std::thread;

use proptest::prelude::*;
use sha2::Digest;
use sha2::Sha256;
use strongroom::bytes;
use strongroom::desk::print::sections;
use strongroom::paper::Block;
use strongroom::paper::Document;
use strongroom::paper::Failure;
use strongroom::paper::Imprint;
use strongroom::paper::Row;
use strongroom::paper::Section;
use strongroom::paper::Value;
use strongroom::paper::print;
use strongroom::records::Kinds;

use crate::common::files_under;
use crate::common::have;
use crate::paper_kit::NAMES;
use crate::paper_kit::imprint;
use crate::paper_kit::in_every_form;
use crate::paper_kit::of_rows;
use crate::paper_kit::pages;
use crate::paper_kit::printed;
use crate::paper_kit::read_by;
use crate::paper_kit::report;
use crate::paper_kit::squeezed;
use crate::paper_kit::table;
use crate::records::lab;

#[test]
fn the_same_input_gives_the_same_bytes() {
    let first = printed(&report());
    let threads: Vec<_> = (0..3)
        .map(|_| thread::spawn(|| printed(&report())))
        .collect();
    for thread in threads {
        assert!(thread.join().unwrap().pdf == first.pdf);
    }
    printed(&Document::default());
    assert!(
        printed(&report()).pdf == first.pdf,
        "after another document"
    );
    let other = print(&report(), &imprint("other")).unwrap();
    assert!(other.pdf != first.pdf, "the ident stands in the file");
}

#[test]
fn a_moment_no_calendar_has_is_refused() {
    let beyond = Imprint {
        ident: String::new(),
        made_at: i64::MAX,
    };
    assert_eq!(print(&report(), &beyond), Err(Failure::Date));
}

#[test]
fn names_of_every_script_can_be_read_out() {
    if !have("pdftotext", "-v") {
        return;
    }
    for document in in_every_form(&report()) {
        let printed = printed(&document);
        assert_eq!(printed.warnings, []);
        let text = squeezed(&pages(&printed).concat());
        for (script, name) in NAMES {
            // Extraction may turn the words of a line round; each word stays as it is.
            for word in name.split([' ', '、']) {
                assert!(text.contains(&squeezed(word)), "{script}: {word} in {text}");
            }
        }
    }
}

#[test]
fn other_programs_find_the_structure() {
    if !have("pdfinfo", "-v") {
        return;
    }
    let printed = printed(&report());
    let tags = read_by(&printed, "pdfinfo", &["-struct"], &[]);
    for tag in [
        "H1 \"What happened\"",
        "H2 \"Children\"",
        "H3 \"Child 1\"",
        "Table",
        "THead",
        "TH <",
        "/Scope /Row",
        "/Scope /Column",
        "BlockQuote",
        "LBody",
    ] {
        assert!(tags.contains(tag), "{tag} in {tags}");
    }
    let about = read_by(&printed, "pdfinfo", &[], &[]);
    for line in ["Title:           Contact report", "Tagged:          yes"] {
        assert!(about.contains(line), "{line} in {about}");
    }
    let metadata = read_by(&printed, "pdfinfo", &["-meta"], &[]);
    for claim in [
        "<pdfaid:part>2</pdfaid:part>",
        "<pdfaid:conformance>A</pdfaid:conformance>",
        "<pdfuaid:part>1</pdfuaid:part>",
    ] {
        assert!(metadata.contains(claim), "{claim}");
    }
}

#[test]
fn the_file_is_whole() {
    if have("qpdf", "--version") {
        read_by(&printed(&report()), "qpdf", &["--check"], &[]);
    }
}

#[test]
fn every_page_says_whose_it_is_and_repeats_the_head_of_its_table() {
    if !have("pdftotext", "-v") {
        return;
    }
    let rows = (1..200).map(|n| vec![format!("Visit {n}"), "Harpreet Kaur".to_owned()]);
    let long = Row {
        label: "Visits".to_owned(),
        value: table(&["Which visit", "Supervisor"], rows.collect()),
    };
    let document = Document {
        sections: of_rows(vec![long]).sections,
        notice: None,
        ..report()
    };
    let printed = printed(&document);
    let pages = pages(&printed);
    assert!(pages.len() > 4);
    for (at, page) in pages.iter().enumerate() {
        let foot = format!("Page {} of {}", at + 1, pages.len());
        for words in [
            "Which visit Supervisor",
            "Printed by Harpreet Kaur",
            "Entry 1234",
            &foot,
        ] {
            assert!(page.contains(words), "{words} on {page}");
        }
        assert!(at == 0 || page.contains("Contact report · Okafor family"));
    }
    for n in 1..200 {
        let visit = format!("Visit {n} ");
        assert_eq!(pages.concat().matches(&visit).count(), 1, "{visit}");
    }
}

#[test]
fn what_looks_like_markup_stays_text() {
    if !have("pdftotext", "-v") {
        return;
    }
    let markup = r#"#import "x": y; #read("/etc/passwd") $x^2$ *bold* _thin_ \ `raw` <label> @ref // no /* no */ ~ --- = h - l + n 'q' "q" fi fl"#;
    let document = Document {
        title: markup.to_owned(),
        subtitle: markup.to_owned(),
        sections: of_rows(vec![Row::text(markup, markup)]).sections,
        ..report()
    };
    let text = squeezed(&pages(&printed(&document)).concat());
    assert!(text.matches(&squeezed(markup)).count() >= 4, "{text}");
}

#[test]
fn an_empty_document_is_still_one() {
    let empty = printed(&Document::default());
    assert_eq!((empty.pages, empty.warnings.len()), (1, 0));
    let hollow = of_rows(vec![
        Row::default(),
        Row {
            label: String::new(),
            value: Value::List(vec![]),
        },
        Row {
            label: String::new(),
            value: Value::Quotes(vec![]),
        },
        Row {
            label: String::new(),
            value: table(&[], vec![]),
        },
        Row {
            label: String::new(),
            value: table(&[], vec![vec!["beyond the heads".to_owned()], vec![]]),
        },
        Row {
            label: String::new(),
            value: Value::Blocks(vec![]),
        },
        Row {
            label: String::new(),
            value: Value::Blocks(vec![Block::default()]),
        },
    ]);
    for document in in_every_form(&hollow) {
        let printed = printed(&document);
        if have("pdftotext", "-v") {
            assert!(pages(&printed).concat().contains("beyond the heads"));
        }
    }
}

/// A document with `text` in every place a text can stand.
fn everywhere(text: &str) -> Document {
    let text = || text.to_owned();
    let mut document = report();
    document.title = text();
    document.subtitle = text();
    document.issuer = text();
    document.footer.reader = text();
    document.footer.printed_at = text();
    let deep = (0..8).fold(vec![Row::text(text(), text())], |rows, _| {
        vec![Row {
            label: text(),
            value: Value::Blocks(vec![Block {
                heading: text(),
                rows,
            }]),
        }]
    });
    let cells = |count: usize| {
        let heads = vec![text(); count];
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        Row {
            label: text(),
            value: table(&heads, vec![vec![text(); count]]),
        }
    };
    let mut rows = deep;
    rows.extend([cells(1), cells(6), cells(9)]);
    rows.push(Row {
        label: text(),
        value: Value::List(vec![text(), text()]),
    });
    document.sections.push(Section {
        heading: text(),
        rows,
    });
    document
}

#[test]
fn no_name_breaks_a_document() {
    let names = [
        "A".repeat(60),
        "م".repeat(60),
        "李".repeat(60),
        "क\u{94d}".repeat(100),
        format!("Zoë{}", "\u{335}\u{341}".repeat(300)),
        "invoice\u{202e}fdp.exe \u{2066}a\u{2069} \u{200f}b\u{200e}".to_owned(),
        "\u{0}\u{1}\u{1b}[2J\u{7f}\u{85}\u{9b}".to_owned(),
        "La\u{200b}y\u{feff}l\u{2060}a\u{ad} \u{e0041}\u{fe0f}\u{fffc}".to_owned(),
        "😀👨‍👩‍👧🇬🇧👍🏽❤️1️⃣ \u{e000}\u{10ffff}\u{3402}".to_owned(),
        "\u{301}\u{9be}\u{200d}x".to_owned(),
        " ".to_owned(),
        "\u{a0}\u{3000}\t\n\n\r\n\u{2028}".to_owned(),
        "=".to_owned(),
    ];
    // Each in one of the two forms: these are many pages.
    for (name, large) in names.iter().zip([false, true].into_iter().cycle()) {
        let document = everywhere(name);
        let document = in_every_form(&document).nth(usize::from(large)).unwrap();
        print(&document, &imprint("test")).unwrap_or_else(|e| panic!("{name:?}: {e}"));
    }
}

#[test]
fn names_of_500_characters_stay_on_their_pages() {
    for sign in ["A", "م", "क\u{94d}", "😀"] {
        let name = sign.repeat(500);
        let head = sign.repeat(60);
        let document = Document {
            title: name.clone(),
            issuer: name.clone(),
            sections: of_rows(vec![
                Row::text(&name, &name),
                Row {
                    label: String::new(),
                    value: table(&[&head, "", ""], vec![vec![name.clone(); 3]]),
                },
                Row {
                    label: String::new(),
                    value: table(&[&name], vec![vec![name.clone()]]),
                },
            ])
            .sections,
            ..report()
        };
        let printed = printed(&document);
        if sign == "A" && have("pdftotext", "-v") {
            let text = squeezed(&pages(&printed).concat());
            assert!(
                text.contains(&name),
                "copied without what breaks it: {text}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]
    #[test]
    fn whatever_is_typed_can_be_set(
        texts in proptest::collection::vec("\\PC{0,80}|[\u{0}-\u{2fff}]{0,40}|[\u{200b}-\u{206f}a\u{301}\u{627}]{0,30}", 40)
    ) {
        let rows = texts.iter().map(|text| Row::text(text, text)).collect();
        prop_assert!(print(&of_rows(rows), &imprint("test")).is_ok());
    }
}

#[test]
fn every_kind_of_record_can_be_set() {
    let lab = lab();
    for kind in Kinds::builtin().iter().chain([&lab]) {
        let form = kind.template_json();
        let sections = sections(&kind.fields, &form);
        assert!(!sections.is_empty(), "{}", kind.name);
        let document = Document {
            title: kind.title.clone(),
            sections: sections.clone(),
            ..report()
        };
        let printed = printed(&document);
        if have("pdftotext", "-v") {
            let text = squeezed(&pages(&printed).concat());
            for row in sections.iter().flat_map(|section| &section.rows) {
                assert!(
                    text.contains(&squeezed(&row.label)),
                    "{}: {}",
                    kind.name,
                    row.label
                );
            }
        }
    }
}

#[test]
fn fonts_are_those_their_page_describes() {
    let page = fs::read_to_string("src/paper/fonts/README.md").unwrap();
    let mut seen = BTreeSet::new();
    for file in files_under("src/paper/fonts") {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        if file.extension().is_some_and(|e| e == "ttf" || e == "otf") {
            let digest = bytes::hex(&Sha256::digest(fs::read(&file).unwrap()));
            let line = page
                .lines()
                .find(|line| line.contains(&format!("`{name}`")));
            let line = line.unwrap_or_else(|| panic!("{name} is not described"));
            assert!(line.contains(&digest), "{name} has {digest}");
            seen.insert(name);
        }
    }
    let described = page.lines().filter(|line| line.starts_with("| `Noto"));
    assert_eq!(seen.len(), described.count());
    let licence = fs::read_to_string("src/paper/fonts/OFL.txt").unwrap();
    assert!(licence.contains("SIL OPEN FONT LICENSE"));
}
