//! What a document says, as data. How it looks is not here.
//!
//! Every text may hold anything a person can type. Line breaks begin a new paragraph in values and are spaces
//! elsewhere. A name in a script that runs from right to left should have a row or a cell of its own: in the
//! middle of a sentence it moves the figures that follow it.

use crate::paper::Language;

/// A document: a record, a list of records, a bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// What it is: `Contact report`. Never left empty: it is what screen readers and windows call the file.
    pub title: String,
    /// Which one: a name, a date, an id. May be empty.
    pub subtitle: String,
    /// Whose paper it is: the centre. Stands above the title and on every further page. May be empty.
    pub issuer: String,
    /// The language of what is given.
    pub language: Language,
    /// How large it is set.
    pub size: Size,
    /// What must be seen first: to whom it is released, on whose authority.
    pub notice: Option<Notice>,
    /// The text.
    pub sections: Vec<Section>,
    /// Who printed it and what entry says so.
    pub footer: Footer,
}

/// How large a document is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Size {
    /// 10.5 points.
    #[default]
    Normal,
    /// 18 points, labels above what they name.
    LargePrint,
}

/// A framed block before the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notice {
    /// `Released copy`.
    pub heading: String,
    /// A sentence or two; may be empty. Names belong in `rows`.
    pub text: String,
    /// To whom, on whose authority, for what.
    pub rows: Vec<Row>,
}

/// A part of the text with a heading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// May be empty.
    pub heading: String,
    /// In the order they are read. None: it is said that nothing is recorded.
    pub rows: Vec<Row>,
}

/// A label and what belongs to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// What it is; may be empty before a table or blocks.
    pub label: String,
    /// The value.
    pub value: Value,
}

/// What can stand beside a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Each line is a paragraph.
    Text(String),
    /// What people said, set apart.
    Quotes(Vec<Quote>),
    /// One below the other, each with a mark.
    List(Vec<String>),
    /// Cells under heads that are repeated on each page.
    Table(Table),
    /// What occurs more than once and has labels of its own, one after the other.
    Blocks(Vec<Block>),
}

impl Default for Value {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// What somebody said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quote {
    /// Who.
    pub speaker: String,
    /// What; set in quotation marks if these are the very words.
    pub words: String,
    /// Whether these are the very words, or what they came to.
    pub verbatim: bool,
}

/// Rows of cells under heads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// What stands above each column.
    pub heads: Vec<String>,
    /// What stands below. A row shorter than the heads has empty cells at its end; cells beyond the last head
    /// are set under an empty one.
    pub rows: Vec<Vec<String>>,
}

/// One of several: a child, a visit, a witness.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    /// `Child 2`.
    pub heading: String,
    /// What belongs to it; may hold blocks again.
    pub rows: Vec<Row>,
}

/// What stands at the foot of every page, and once below the title where it is read aloud.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Footer {
    /// Who printed it. Empty: nobody is named.
    pub reader: String,
    /// When, in words.
    pub printed_at: String,
    /// The number of the ledger's entry about it.
    pub entry: Option<u64>,
}

impl Row {
    /// A label with a text.
    pub fn text(label: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            value: Value::Text(text.into()),
        }
    }
}
