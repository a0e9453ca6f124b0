//! A document as the templates read it: every text checked, every table measured. Decides what needs counting;
//! how things look stands in the templates.

mod table;

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

use crate::paper::Block;
use crate::paper::Document;
use crate::paper::Notice;
use crate::paper::Quote;
use crate::paper::Row;
use crate::paper::Section;
use crate::paper::Size;
use crate::paper::Value;
use crate::paper::Warning;
use crate::paper::fonts::FONTS;
use crate::paper::language::Words;
use crate::paper::preflight::Line;
use crate::paper::preflight::Preflight;

/// The longest word that fits beside a label or below it, with room to spare.
const LONGEST_WORD: usize = 30;
/// The longest word of a heading.
const LONGEST_IN_HEADING: usize = 20;
/// How much of a title or a name stands at the head and foot of pages.
const RUNNING: usize = 60;
/// Up to this many characters a value is kept with its label on one page.
const KEPT_TOGETHER: usize = 600;

/// What the templates are given, as JSON.
#[derive(Serialize)]
pub(crate) struct Sheet {
    language: &'static str,
    large: bool,
    families: &'static [String],
    words: &'static Words,
    /// The title without places to break: what the file is called.
    name: String,
    title: Line,
    running: Line,
    running_subtitle: Line,
    running_issuer: Line,
    subtitle: Line,
    issuer: Line,
    notice: Option<Framed>,
    sections: Vec<Part>,
    reader: Line,
    printed_at: Line,
    entry: Option<String>,
    signs: Vec<Sign>,
}

#[derive(Serialize)]
struct Framed {
    heading: Line,
    text: Vec<Line>,
    items: Vec<Item>,
}

#[derive(Serialize)]
struct Part {
    heading: Line,
    /// Whether each item is a line, as what was a table's row.
    compact: bool,
    items: Vec<Item>,
}

#[derive(Serialize)]
struct Item {
    label: Line,
    /// Whether it stays on one page.
    together: bool,
    #[serde(flatten)]
    content: Content,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Content {
    Text(Vec<Line>),
    Quotes(Vec<Said>),
    List(Vec<Vec<Line>>),
    Table(table::Measured),
    Blocks(Vec<Part>),
}

#[derive(Serialize)]
struct Said {
    speaker: Line,
    words: Vec<Line>,
    verbatim: bool,
}

#[derive(Serialize)]
struct Sign {
    sign: String,
    shown: String,
}

impl Sheet {
    /// A document made ready, and what its preparer is told.
    pub(crate) fn of(document: &Document) -> (Self, Vec<Warning>) {
        let mut reader = Reader {
            preflight: Preflight::default(),
            size: document.size,
        };
        let mut sheet = reader.sheet(document);
        let warnings = reader.preflight.warnings();
        sheet.signs = warnings.iter().map(sign).collect();
        (sheet, warnings)
    }
}

fn sign(warning: &Warning) -> Sign {
    Sign {
        sign: warning.character.clone(),
        shown: warning.shown.clone(),
    }
}

struct Reader {
    preflight: Preflight,
    size: Size,
}

impl Reader {
    fn sheet(&mut self, document: &Document) -> Sheet {
        let words = document.language.words();
        let mut title = self.heading(&document.title);
        if title.is_blank() {
            words.untitled.clone_into(&mut title.text);
        }
        let footer = &document.footer;
        let issuer = self.heading(&document.issuer);
        let subtitle = self.heading(&document.subtitle);
        Sheet {
            language: document.language.tag(),
            large: document.size == Size::LargePrint,
            families: FONTS.families(),
            words,
            name: title.whole(),
            running: running(&title),
            running_issuer: running(&issuer),
            title,
            running_subtitle: running(&subtitle),
            subtitle,
            issuer,
            notice: document.notice.as_ref().map(|notice| self.framed(notice)),
            sections: document
                .sections
                .iter()
                .map(|one| self.section(one))
                .collect(),
            reader: running(&self.line(&footer.reader)),
            printed_at: running(&self.line(&footer.printed_at)),
            entry: footer.entry.map(|number| number.to_string()),
            signs: Vec::new(),
        }
    }

    fn framed(&mut self, notice: &Notice) -> Framed {
        Framed {
            heading: self.heading(&notice.heading),
            text: self.paragraphs(&notice.text),
            items: self.items(&notice.rows),
        }
    }

    fn section(&mut self, section: &Section) -> Part {
        Part {
            heading: self.heading(&section.heading),
            compact: false,
            items: self.items(&section.rows),
        }
    }

    fn items(&mut self, rows: &[Row]) -> Vec<Item> {
        rows.iter().map(|row| self.item(row)).collect()
    }

    fn item(&mut self, row: &Row) -> Item {
        let label = self.line(&row.label);
        let content = self.content(&row.value);
        Item {
            together: label.text.len() + content.characters() <= KEPT_TOGETHER,
            label,
            content,
        }
    }

    fn content(&mut self, value: &Value) -> Content {
        match value {
            Value::Text(text) => Content::Text(self.paragraphs(text)),
            Value::Quotes(quotes) => {
                Content::Quotes(quotes.iter().map(|quote| self.said(quote)).collect())
            }
            Value::List(entries) => {
                Content::List(entries.iter().map(|entry| self.paragraphs(entry)).collect())
            }
            Value::Table(given) if table::fits(given, self.size) => {
                Content::Table(table::measured(given, self.size, &mut self.preflight))
            }
            Value::Table(given) => {
                let blocks = table::as_blocks(given);
                Content::Blocks(self.blocks(&blocks, true))
            }
            Value::Blocks(blocks) => Content::Blocks(self.blocks(blocks, false)),
        }
    }

    fn blocks(&mut self, blocks: &[Block], compact: bool) -> Vec<Part> {
        let mut parts = Vec::with_capacity(blocks.len());
        for (at, block) in blocks.iter().enumerate() {
            let mut heading = self.heading(&block.heading);
            if heading.is_blank() {
                heading.text = (at + 1).to_string();
            }
            let items = self.items(&block.rows);
            parts.push(Part {
                heading,
                compact,
                items,
            });
        }
        parts
    }

    fn said(&mut self, quote: &Quote) -> Said {
        Said {
            speaker: self.line(&quote.speaker),
            words: self.paragraphs(&quote.words),
            verbatim: quote.verbatim,
        }
    }

    fn heading(&mut self, text: &str) -> Line {
        self.preflight.line(text).breaking(LONGEST_IN_HEADING)
    }

    fn line(&mut self, text: &str) -> Line {
        self.preflight.line(text).breaking(LONGEST_WORD)
    }

    fn paragraphs(&mut self, text: &str) -> Vec<Line> {
        let lines = self.preflight.paragraphs(text).into_iter();
        lines.map(|line| line.breaking(LONGEST_WORD)).collect()
    }
}

impl Content {
    /// About how much there is to set. Tables and blocks go over pages by rules of their own.
    fn characters(&self) -> usize {
        let all = |lines: &[Line]| lines.iter().map(|line| line.text.len() + 40).sum::<usize>();
        match self {
            Self::Text(lines) => all(lines),
            Self::Quotes(quotes) => quotes.iter().map(|said| 80 + all(&said.words)).sum(),
            Self::List(entries) => entries.iter().map(|lines| all(lines)).sum(),
            Self::Table(_) | Self::Blocks(_) => usize::MAX / 2,
        }
    }
}

/// A text for the head or foot of pages: one line, however long it is.
fn running(line: &Line) -> Line {
    let mut text = line.whole();
    if let Some((end, _)) = text.grapheme_indices(true).nth(RUNNING) {
        text.truncate(end);
        text.push('…');
    }
    Line {
        text,
        rtl: line.rtl,
    }
}
