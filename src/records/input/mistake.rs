//! The mistakes that a parser of JSON or TOML finds, in words for whoever typed the file.
//!
//! A parser's own words are matched by what they begin with or contain. A mistake whose words are not
//! known gets the last line: its place is shown all the same.

/// How a form's text was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// TOML.
    Toml,
}

impl Format {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Toml => "TOML",
        }
    }

    /// What a parser says is wrong, in plain words: what it is, and what to do.
    pub(super) fn plain(self, parser: &str) -> &'static str {
        let table = match self {
            Self::Json => JSON,
            Self::Toml => TOML,
        };
        let known = table.iter().find(|(part, _)| parser.contains(part));
        known.map_or(OTHER, |(_, words)| words)
    }
}

/// What our own reading of JSON says about a field that stands twice.
pub(super) const TWICE: &str = "a field stands twice";

const OTHER: &str = "something here does not belong; compare it with the kind's template";
const DEEP: &str = "lists and groups stand too deep inside each other";
const NUMBER: &str = "this is not a number; if it is text, put it in double quotes";
const BACKSLASH: &str = "a backslash in a text stands for itself only when it is doubled: \\\\";

/// The first part found decides.
const JSON: &[(&str, &str)] = &[
    (TWICE, "the same field is given twice; keep one of them"),
    (
        "EOF while parsing a string",
        "a text is not closed; put a double quote where it ends",
    ),
    (
        "EOF while parsing",
        "the file ends too early; close what was opened with } or ]",
    ),
    (
        "trailing comma",
        "nothing follows the comma before this place; take the comma out",
    ),
    (
        "expected `:`",
        "a colon belongs between a field's name and its value",
    ),
    (
        "expected `,`",
        "a comma is missing before this place, or a text before it ends too early",
    ),
    (
        "key must be a string",
        "a field's name is missing, or is not in double quotes",
    ),
    (
        "control character",
        "a text goes on over the end of its line; write \\n where a new line should begin",
    ),
    ("escape", BACKSLASH),
    ("unicode code point", BACKSLASH),
    ("number", NUMBER),
    ("recursion limit", DEEP),
    (
        "trailing characters",
        "something follows after the form's end; take it out",
    ),
    (
        "expected",
        "a value is missing, or a text is not in double quotes",
    ),
];

const TOML: &[(&str, &str)] = &[
    (
        "duplicate key",
        "the same field is given twice; keep one of them",
    ),
    (
        "key with no value",
        "a field's name stands alone; write name = \"value\"",
    ),
    (
        "string values must be quoted",
        "a value is missing, or a text or a name is not in double quotes",
    ),
    ("escape", BACKSLASH),
    ("unicode", BACKSLASH),
    ("recurse", DEEP),
    (
        "string",
        "a text is not closed; put a double quote where it ends, or three around several lines",
    ),
    (
        "unquoted key",
        "a field's name has only letters a-z, digits, - and _; put any other in double quotes",
    ),
    ("quote", "a text is not in double quotes"),
    (
        "missing value",
        "a value is missing after the = of this field",
    ),
    (
        "assignment",
        "a = belongs between a field's name and its value",
    ),
    (
        "date",
        "this is not a date or time; write it like 2026-11-02 or 14:30",
    ),
    ("array table", "a line like [[name]] is not complete"),
    (
        "array",
        "a list is not closed with ], or a comma is missing between its values",
    ),
    (
        "inline table",
        "a group is not closed with }, or a comma is missing between its fields",
    ),
    ("table", "a line like [name] is not complete"),
    ("radix", NUMBER),
    ("zero", NUMBER),
    ("sign", NUMBER),
    ("digit", NUMBER),
    ("number", NUMBER),
    ("integer", NUMBER),
    (
        "key",
        "a field's name is not as it should be; write name = \"value\"",
    ),
];
