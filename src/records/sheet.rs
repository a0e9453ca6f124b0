//! A spreadsheet saved as text: its header and rows, however Excel or another program wrote them. What the columns mean
//! says a map (`sheet::map`).

pub mod cell;
pub mod map;
pub mod pattern;

use std::collections::BTreeSet;
use std::fmt;

/// Most bytes of a sheet.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;
/// Most columns of a sheet.
const MAX_COLUMNS: usize = 1_000;

/// A sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// What the columns are called, in their order.
    pub columns: Vec<String>,
    /// The rows below the header that are not blank.
    pub rows: Vec<Row>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line it begins on, from 1.
    pub line: u64,
    /// Its cells without white space around them, as many as there are columns.
    pub cells: Vec<String>,
}

/// Why text is no sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SheetError {
    /// More than [`MAX_BYTES`], or very many columns.
    TooLarge,
    /// There is no header, or no row below it.
    Empty,
    /// A spreadsheet program's own file, not text.
    NotText,
    /// Two columns have this name.
    SameName(String),
    /// A column of the header has no name; counted from 1.
    NoName(usize),
    /// A row has another number of cells than the header.
    Ragged {
        /// Its line.
        line: u64,
        /// Its cells.
        cells: usize,
        /// The header's.
        columns: usize,
    },
}

impl fmt::Display for SheetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(
                f,
                "a sheet may have at most {} MiB and {MAX_COLUMNS} columns; split it",
                MAX_BYTES / 1024 / 1024
            ),
            Self::Empty => f.write_str("there is no row below a header"),
            Self::NotText => f.write_str(
                "this is not text: open it in the spreadsheet program and save it as \"CSV UTF-8\"",
            ),
            Self::SameName(_) => f.write_str(
                "two columns have the same name, so nobody can tell which is meant; give them names of their own",
            ),
            Self::NoName(number) => write!(
                f,
                "column {number} has cells and no name in the first line; give it one, or remove it"
            ),
            Self::Ragged {
                line,
                cells,
                columns,
            } => write!(
                f,
                "line {line} has {cells} cells, and the first line has {columns}; is a text with the separator in it \
                 not in quotes?"
            ),
        }
    }
}

impl std::error::Error for SheetError {}

impl Sheet {
    /// Reads a sheet. Without a separator it is looked for in the first line: comma, semicolon or tab.
    ///
    /// # Errors
    /// [`SheetError`].
    pub fn read(bytes: &[u8], separator: Option<u8>) -> Result<Self, SheetError> {
        if bytes.len() > MAX_BYTES {
            return Err(SheetError::TooLarge);
        }
        // One line end: the reader counts lines by it, and forms keep it.
        let text = text(bytes).ok_or(SheetError::NotText)?;
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let separator = separator.unwrap_or_else(|| separator_of(&text));
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|_| SheetError::NotText)?;
            let line = record.position().map_or(0, csv::Position::line);
            let cells: Vec<String> = record.iter().map(str::to_owned).collect();
            if cells.iter().any(|cell| !cell.is_empty()) {
                rows.push(Row { line, cells });
            }
        }
        let mut rows = rows.into_iter();
        let header = rows.next().ok_or(SheetError::Empty)?;
        let mut sheet = Self {
            columns: header.cells,
            rows: rows.collect(),
        };
        sheet.straighten()?;
        Ok(sheet)
    }

    /// Which column has this name, exactly or but for case and white space.
    pub fn column(&self, name: &str) -> Option<usize> {
        let exact = self.columns.iter().position(|column| column == name);
        exact.or_else(|| {
            let plain = plain(name);
            self.columns
                .iter()
                .position(|column| self::plain(column) == plain)
        })
    }

    /// Takes away empty columns at the end, and insists on a name for each of the others.
    fn straighten(&mut self) -> Result<(), SheetError> {
        let used = |cells: &[String]| cells.iter().rposition(|cell| !cell.is_empty());
        let widths = self.rows.iter().filter_map(|row| used(&row.cells));
        let last = widths.chain(used(&self.columns)).max();
        let columns = used(&self.columns).map_or(0, |last| last + 1);
        if self.rows.is_empty() {
            return Err(SheetError::Empty);
        }
        if columns > MAX_COLUMNS {
            return Err(SheetError::TooLarge);
        }
        if let Some(row) = self
            .rows
            .iter()
            .find(|row| used(&row.cells) >= Some(columns))
            && last >= Some(columns)
        {
            let cells = used(&row.cells).map_or(0, |last| last + 1);
            let line = row.line;
            return Err(SheetError::Ragged {
                line,
                cells,
                columns,
            });
        }
        self.columns.truncate(columns);
        for row in &mut self.rows {
            row.cells.resize(columns, String::new());
        }
        let mut names = BTreeSet::new();
        for (at, name) in self.columns.iter().enumerate() {
            let unused = self
                .rows
                .iter()
                .all(|row| row.cells.get(at).is_none_or(String::is_empty));
            match (name.is_empty(), unused) {
                (true, true) => {}
                (true, false) => return Err(SheetError::NoName(at + 1)),
                (false, _) => {
                    if !names.insert(plain(name)) {
                        return Err(SheetError::SameName(name.clone()));
                    }
                }
            }
        }
        Ok(())
    }
}

/// A name as it is compared.
pub fn plain(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// Text in UTF-8, in UTF-16 with a byte order mark ("Unicode Text"), or in the character set of Windows in western
/// Europe, which "CSV" without more is saved in.
fn text(bytes: &[u8]) -> Option<String> {
    let utf_16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks(2).map(|pair| pair.try_into().map(unit));
        let units: Result<Vec<u16>, _> = units.collect();
        String::from_utf16(&units.ok()?).ok()
    };
    let text = match bytes {
        [0xFF, 0xFE, rest @ ..] => utf_16(rest, u16::from_le_bytes)?,
        [0xFE, 0xFF, rest @ ..] => utf_16(rest, u16::from_be_bytes)?,
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
            Err(_) => bytes
                .iter()
                .map(|byte| windows_1252(*byte))
                .collect::<Option<_>>()?,
        },
    };
    // A workbook is a zip, an old one begins with other bytes no text has.
    let binary = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    (!text.contains(binary) && !text.starts_with("PK\u{3}")).then_some(text)
}

/// A character of Windows-1252 (WHATWG Encoding, index windows-1252).
fn windows_1252(byte: u8) -> Option<char> {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9F => HIGH.get(usize::from(byte - 0x80)).copied(),
        other => Some(char::from(other)),
    }
}

/// The separator the first line has most of, outside quotes.
fn separator_of(text: &str) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    for byte in text.trim_start_matches(['\r', '\n']).bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            other if !quoted => {
                if let Some((_, count)) =
                    counts.iter_mut().find(|(separator, _)| *separator == other)
                {
                    *count += 1;
                }
            }
            _ => {}
        }
    }
    // Of as many the first: `max_by_key` takes the last.
    let most = counts.iter().rev().max_by_key(|(_, count)| *count);
    most.map_or(b',', |(separator, _)| *separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(sheet: &Sheet) -> Vec<(u64, Vec<&str>)> {
        let row = |row: &'_ Row| (row.line, row.cells.clone());
        let rows = sheet.rows.iter().map(row);
        rows.map(|(line, _)| line)
            .zip(
                sheet
                    .rows
                    .iter()
                    .map(|row| row.cells.iter().map(String::as_str).collect()),
            )
            .collect()
    }

    #[test]
    fn however_it_was_saved_it_reads_the_same() {
        let text = "Name,Room\r\n\"Tŷ-Coch, Siân\",Red\r\n,\r\nBeth,\"two\nlines\"\r\n";
        let wanted = vec![
            (2, vec!["Tŷ-Coch, Siân", "Red"]),
            (4, vec!["Beth", "two\nlines"]),
        ];
        let marked = format!("\u{feff}{text}");
        let semicolons = text.replace(",Room", ";Room").replace("\",Red", "\";Red");
        let semicolons = semicolons
            .replace("\r\n,\r\n", "\r\n;\r\n")
            .replace("Beth,", "Beth;");
        let tabs = semicolons.replace(';', "\t");
        let little: Vec<u8> = "\u{feff}"
            .encode_utf16()
            .chain(tabs.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        let big: Vec<u8> = "\u{feff}"
            .encode_utf16()
            .chain(tabs.encode_utf16())
            .flat_map(u16::to_be_bytes)
            .collect();
        for bytes in [
            text.as_bytes(),
            marked.as_bytes(),
            semicolons.as_bytes(),
            tabs.as_bytes(),
            &little,
            &big,
        ] {
            let sheet = Sheet::read(bytes, None).unwrap();
            assert_eq!(sheet.columns, ["Name", "Room"]);
            assert_eq!(cells(&sheet), wanted);
        }
        let windows = b"Name,Room\nSi\xE2n\x92s,caf\xE9\n";
        let sheet = Sheet::read(windows, None).unwrap();
        assert_eq!(cells(&sheet), [(2, vec!["Siân’s", "café"])]);
    }

    #[test]
    fn what_is_no_sheet_says_what_to_do() {
        let refused = |text: &str| Sheet::read(text.as_bytes(), None).unwrap_err();
        assert_eq!(refused(""), SheetError::Empty);
        assert_eq!(refused("Name,Room\n,\n"), SheetError::Empty);
        assert_eq!(refused("PK\u{3}\u{4}...\na\n"), SheetError::NotText);
        assert_eq!(
            refused("Name,name \na,b\n"),
            SheetError::SameName("name".to_owned())
        );
        assert_eq!(refused("Name,,Room\na,b,c\n"), SheetError::NoName(2));
        let ragged = SheetError::Ragged {
            line: 3,
            cells: 3,
            columns: 2,
        };
        assert_eq!(refused("Name,Room\na,b\nc,d,e\n"), ragged);
        // Empty columns at the end, which spreadsheets leave, and short rows are neither.
        let sheet = Sheet::read(b"Name,Room,,\na,b,,\nc\n", None).unwrap();
        assert_eq!(cells(&sheet), [(2, vec!["a", "b"]), (3, vec!["c", ""])]);
        assert_eq!(sheet.column(" room"), Some(1));
        assert_eq!(sheet.column("Rooms"), None);
    }

    proptest::proptest! {
        /// Nothing that is read makes it fail otherwise than in words.
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            if let Ok(sheet) = Sheet::read(&bytes, None) {
                assert!(sheet.rows.iter().all(|row| row.cells.len() == sheet.columns.len()));
            }
        }
    }
}
