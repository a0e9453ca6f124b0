//! A record on paper: what its form says, section by section, as a tagged PDF whose footer names the reader, the time
//! and the entry that says so.

use serde_json::Value as Json;

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::reading::parse_record;
use crate::desk::shown::AttachmentLine;
use crate::desk::shown::ReceiptLine;
use crate::desk::shown::ShownRecord;
use crate::keeper::message::Want;
use crate::paper;
use crate::paper::Block;
use crate::paper::Document;
use crate::paper::Footer;
use crate::paper::Imprint;
use crate::paper::Language;
use crate::paper::Printed;
use crate::paper::Quote;
use crate::paper::Row;
use crate::paper::Section;
use crate::paper::Size;
use crate::paper::Table;
use crate::paper::Value;
use crate::records::Kind;
use crate::records::Kinds;
use crate::records::dates;
use crate::records::display;
use crate::records::field::Field;
use crate::records::words::Sort;

/// Columns of the text that a shown record carries beside its form; nothing of it is printed.
pub(crate) const WIDTH: usize = 80;

/// How a record is to look on paper.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// Whose paper it is; where this is empty, the centre's as the vault knows it.
    pub issuer: String,
    /// How large it is set.
    pub size: Size,
    /// The language of what stands around the form.
    pub language: Language,
}

/// A record that was printed.
#[derive(Debug)]
pub struct OnPaper {
    /// The file, and what could not be set in it.
    pub printed: Printed,
    /// The proof that the printing is in the ledger.
    pub receipt: ReceiptLine,
}

impl Desk<'_> {
    /// Prints a record's newest version.
    ///
    /// # Errors
    /// [`DeskError`]; [`DeskError::Refused`] where only the card may be read, and in a program without documents.
    pub fn print(
        &mut self,
        record: &str,
        purpose: Option<&str>,
        look: &Look,
    ) -> Result<OnPaper, DeskError> {
        let record = parse_record(record);
        let (asked, known) = self.ask_known(Want::PrintRecord { record }, purpose)?;
        let shown = self.shown(&known, asked, None, WIDTH)?;
        if !shown.whole {
            let says = "you see only the card of this record, and there is nothing more to print";
            return Err(DeskError::refused("card-only", says));
        }
        self.set(&shown, document(&shown)?, look)
    }

    /// The name at the head of a paper.
    fn issuer(&self, look: &Look) -> String {
        let known = self.centre().map(|centre| centre.name.clone());
        let asked = Some(look.issuer.clone()).filter(|issuer| !issuer.is_empty());
        asked.or(known).unwrap_or_default()
    }

    /// Sets a document about a record that was just shown.
    pub(crate) fn set(
        &self,
        shown: &ShownRecord,
        document: Document,
        look: &Look,
    ) -> Result<OnPaper, DeskError> {
        let now = self.now();
        let document = Document {
            issuer: self.issuer(look),
            size: look.size,
            language: look.language,
            footer: Footer {
                reader: self.account().handle.clone(),
                printed_at: dates::people_moment(now),
                entry: Some(shown.receipt.index),
            },
            ..document
        };
        let imprint = Imprint {
            ident: format!("{}/{}/{}", shown.id, shown.version, shown.receipt.index),
            made_at: i64::try_from(now.as_ms() / 1000).unwrap_or_default(),
        };
        let printed = paper::print(&document, &imprint)
            .map_err(|failure| DeskError::refused("paper", failure.to_string()))?;
        Ok(OnPaper {
            printed,
            receipt: shown.receipt.clone(),
        })
    }
}

/// A record as a document, without its footer.
fn document(shown: &ShownRecord) -> Result<Document, DeskError> {
    let kind = kind_of(shown)?;
    let mut all = vec![about(shown)];
    all.extend(sections(&kind.fields, &shown.fields));
    if !shown.attachments.is_empty() {
        all.push(attached(&shown.attachments));
    }
    Ok(Document {
        title: kind.title.clone(),
        subtitle: shown.title.clone(),
        sections: all,
        ..Document::default()
    })
}

/// A record's kind, as it was when the version shown was filed.
pub(crate) fn kind_of(shown: &ShownRecord) -> Result<&'static Kind, DeskError> {
    let kind = Kinds::builtin().find_version(&shown.kind, shown.kind_version);
    kind.ok_or_else(|| {
        let says = "this program does not know the kind of this record; use a newer one";
        DeskError::refused("no-such-kind", says)
    })
}

/// What stands before the form.
fn about(shown: &ShownRecord) -> Section {
    let filed = format!("{}, {}", shown.author, dates::people_moment(shown.filed_at));
    let case = shown.case.map(|case| Row::text("Case", case.to_string()));
    let reason = shown.reason.as_deref();
    let reason = reason.map(|reason| Row::text("Corrected because", reason));
    let version = format!("{}, {}", shown.version, shown.state.word());
    let mut rows = vec![Row::text("Record", shown.id.to_string())];
    rows.extend(case);
    rows.push(Row::text("Version", version));
    rows.push(Row::text("Filed by", filed));
    rows.extend(reason);
    Section {
        heading: String::new(),
        rows,
    }
}

/// A form's fields under their headings, as they stand on paper.
pub fn sections(fields: &[Field], given: &Json) -> Vec<Section> {
    let mut sections = vec![Section::default()];
    for field in fields {
        if let Some(heading) = &field.section {
            sections.push(Section {
                heading: heading.clone(),
                ..Section::default()
            });
        }
        let row = given.get(&field.name).map(|value| row(field, value));
        if let Some(section) = sections.last_mut() {
            section.rows.extend(row);
        }
    }
    sections.retain(|section| !section.rows.is_empty());
    sections
}

fn row(field: &Field, given: &Json) -> Row {
    let entries = given
        .as_array()
        .map_or(std::slice::from_ref(given), Vec::as_slice);
    let value = match field.sort {
        Sort::Quote => Value::Quotes(entries.iter().map(quote).collect()),
        Sort::Group => {
            let block = |(at, entry): (usize, &Json)| Block {
                heading: format!("{} {}", field.label, at + 1),
                rows: sections(&field.fields, entry)
                    .into_iter()
                    .flat_map(|section| section.rows)
                    .collect(),
            };
            Value::Blocks(entries.iter().enumerate().map(block).collect())
        }
        _ if field.list => Value::List(
            entries
                .iter()
                .map(|one| display::value(field, one))
                .collect(),
        ),
        _ => Value::Text(display::value(field, given)),
    };
    Row {
        label: field.label.clone(),
        value,
    }
}

fn quote(given: &Json) -> Quote {
    let text = |name: &str| {
        given
            .get(name)
            .and_then(Json::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    Quote {
        speaker: text("speaker"),
        words: text("words"),
        verbatim: given.get("verbatim") == Some(&Json::Bool(true)),
    }
}

/// What is attached, by name and digest: the files themselves are not on this paper.
fn attached(files: &[AttachmentLine]) -> Section {
    let cells = |file: &AttachmentLine| {
        vec![
            file.name.clone(),
            file.bytes.to_string(),
            file.sha256.clone(),
        ]
    };
    let table = Table {
        heads: ["Name", "Bytes", "SHA-256"].map(str::to_owned).to_vec(),
        rows: files.iter().map(cells).collect(),
    };
    Section {
        heading: "Attached in the vault".to_owned(),
        rows: vec![Row {
            label: String::new(),
            value: Value::Table(table),
        }],
    }
}
