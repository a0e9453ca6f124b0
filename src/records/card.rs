//! Cards: what lists may show of a record, sealed apart from its body.

use serde::Deserialize;
use serde::Serialize;

use crate::records::display;
use crate::records::facts::event_date;
use crate::records::form::Form;
use crate::records::kind::Kind;

/// Most characters of a card's line.
const LINE_CHARS: usize = 160;

/// A record in a list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// One line, never empty.
    pub title: String,
    /// A second line, where the kind has one and its fields were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// When what it tells happened, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_date: Option<String>,
    /// Of a record that was brought in, what tells the row it came from: nothing is brought in twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Card(..)")
    }
}

impl Kind {
    /// The card of a record with this form.
    pub fn card(&self, form: &Form) -> Card {
        let title = fill(self, &self.card.title, form).filter(|title| !title.is_empty());
        let subtitle = self.card.subtitle.as_deref();
        Card {
            title: title.unwrap_or_else(|| self.title.clone()),
            subtitle: subtitle
                .and_then(|template| fill(self, template, form))
                .filter(|line| !line.is_empty()),
            event_date: event_date(self, form),
            source: None,
        }
    }
}

/// A piece of a card's template.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Words(&'a str),
    Field(&'a str),
}

/// The pieces of a template; `None` if a brace has no partner.
pub(crate) fn pieces(template: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((words, after)) = rest.split_once('{') {
        let (field, after) = after.split_once('}')?;
        pieces.push(Piece::Words(words));
        pieces.push(Piece::Field(field));
        rest = after;
    }
    pieces.push(Piece::Words(rest));
    let stray = |piece: &Piece<'_>| matches!(piece, Piece::Words(words) if words.contains('}'));
    (!pieces.iter().any(stray)).then_some(pieces)
}

/// The template filled in; `None` if a field was not given.
fn fill(kind: &Kind, template: &str, form: &Form) -> Option<String> {
    let mut line = String::new();
    for piece in pieces(template)? {
        match piece {
            Piece::Words(words) => line.push_str(words),
            Piece::Field(path) => {
                let field = kind.field_at(path)?;
                let values = form.values(path);
                if values.is_empty() {
                    return None;
                }
                let words = values.into_iter().map(|value| display::value(field, value));
                line.push_str(&display::listed(words));
            }
        }
    }
    Some(shortened(&line))
}

/// At most [`LINE_CHARS`] characters, cut before a whole character with its marks.
fn shortened(line: &str) -> String {
    if line.chars().count() <= LINE_CHARS {
        return line.to_owned();
    }
    let mut kept: Vec<char> = line.chars().take(LINE_CHARS).collect();
    // The last character may have lost marks that follow it, so it goes with those it has.
    while kept.pop().is_some_and(joins) {}
    if kept.last() == Some(&'\u{200d}') {
        kept.pop();
    }
    kept.into_iter().chain(['…']).collect()
}

/// Whether a character takes no place of its own.
fn joins(c: char) -> bool {
    textwrap::core::display_width(c.encode_utf8(&mut [0; 4])) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_have_pieces() {
        let found = pieces("On {date}: {people.name}").unwrap();
        let wanted = [
            Piece::Words("On "),
            Piece::Field("date"),
            Piece::Words(": "),
            Piece::Field("people.name"),
            Piece::Words(""),
        ];
        assert_eq!(found, wanted);
        assert_eq!(pieces("a {b"), None);
        assert_eq!(pieces("a } b"), None);
    }

    #[test]
    fn long_lines_end_before_a_whole_character() {
        let line = shortened(&format!(
            "{}e\u{301}\u{301}tail",
            "a".repeat(LINE_CHARS - 2)
        ));
        assert_eq!(line, format!("{}…", "a".repeat(LINE_CHARS - 2)));
        assert_eq!(shortened("王思琪"), "王思琪");
    }
}
