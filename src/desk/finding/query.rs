//! What somebody looks for: words that must all be there, the beginning of each being enough, and phrases in
//! quotation marks, whose words stand whole and next to each other.

use std::fmt;

use crate::records::fold::Word;
use crate::records::fold::joined;
use crate::records::fold::words;

/// The longest search, in characters: the longest name there is, and some words.
pub const MOST_CHARS: usize = 1000;
/// The most words and phrases of one.
pub const MOST_WORDS: usize = 64;

/// What somebody looks for. It stays on their desk.
pub struct Query {
    pub(crate) clauses: Vec<Clause>,
}

impl fmt::Debug for Query {
    /// Without what is looked for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Query(..)")
    }
}

/// What has to be there.
#[derive(PartialEq, Eq)]
pub(crate) enum Clause {
    /// A word that begins so.
    Begins(String),
    /// These words, whole, one after the other.
    Phrase(Vec<String>),
    /// All of these.
    All(Vec<Clause>),
    /// One of these.
    Any(Vec<Clause>),
}

impl fmt::Debug for Clause {
    /// Without what is looked for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clause(..)")
    }
}

/// What cannot be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoQuery {
    /// Nothing was typed.
    Empty,
    /// No letter and no digit.
    NoWord,
    /// Longer than [`MOST_CHARS`], or more than [`MOST_WORDS`].
    TooLong,
}

impl fmt::Display for NoQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("say what to look for: a name, or a word of a title"),
            Self::NoWord => f.write_str(
                "there is no letter or digit in what you look for: give a name, or a word of a title",
            ),
            Self::TooLong => write!(
                f,
                "what you look for is too long: give at most {MOST_WORDS} words and {MOST_CHARS} characters"
            ),
        }
    }
}

impl std::error::Error for NoQuery {}

impl Query {
    /// What these words mean.
    ///
    /// # Errors
    /// [`NoQuery`], saying what to give.
    pub fn parse(text: &str) -> Result<Self, NoQuery> {
        if text.trim().is_empty() {
            return Err(NoQuery::Empty);
        }
        if text.chars().nth(MOST_CHARS).is_some() {
            return Err(NoQuery::TooLong);
        }
        let mut clauses = Vec::new();
        for (quoted, piece) in pieces(text) {
            if quoted {
                clauses.extend(phrase(words(piece)));
            } else {
                clauses.extend(
                    piece
                        .split_whitespace()
                        .filter_map(|term| term_of(words(term))),
                );
            }
        }
        match clauses.len() {
            0 => Err(NoQuery::NoWord),
            1..=MOST_WORDS => Ok(Self { clauses }),
            _ => Err(NoQuery::TooLong),
        }
    }
}

/// The text by its quotation marks: what stands between two of them is a phrase; one without a partner is none.
fn pieces(text: &str) -> Vec<(bool, &str)> {
    let all: Vec<&str> = text.split(is_quote).collect();
    let last = all.len().saturating_sub(1);
    let quoted = |at: usize| at % 2 == 1 && at < last;
    let pieces = all.into_iter().enumerate();
    pieces.map(|(at, piece)| (quoted(at), piece)).collect()
}

const fn is_quote(c: char) -> bool {
    matches!(
        c,
        '"' | '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{300c}'..='\u{300f}' | '\u{ff02}'
    )
}

fn phrase(words: Vec<Word>) -> Option<Clause> {
    let words: Vec<String> = words.into_iter().map(|word| word.text).collect();
    (!words.is_empty()).then_some(Clause::Phrase(words))
}

/// What was typed without a space: a word; or a name with hyphens, of which each part has to be there, or all of
/// it in one; or signs of a script without spaces, in their order.
fn term_of(words: Vec<Word>) -> Option<Clause> {
    let whole = joined(&words);
    let mut parts = Vec::new();
    let mut signs = Vec::new();
    for word in words {
        if word.sign {
            signs.push(word.text);
            continue;
        }
        if !signs.is_empty() {
            parts.push(Clause::Phrase(std::mem::take(&mut signs)));
        }
        parts.push(Clause::Begins(word.text));
    }
    if !signs.is_empty() {
        parts.push(Clause::Phrase(signs));
    }
    let all = match parts.len() {
        0 | 1 => parts.pop()?,
        _ => Clause::All(parts),
    };
    match whole.as_slice() {
        [(0, whole)] => Some(Clause::Any(vec![all, Clause::Begins(whole.clone())])),
        _ => Some(all),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begins(word: &str) -> Clause {
        Clause::Begins(word.to_owned())
    }

    fn phrase(words: &[&str]) -> Clause {
        Clause::Phrase(words.iter().map(|word| (*word).to_owned()).collect())
    }

    fn parsed(text: &str) -> Vec<Clause> {
        Query::parse(text).unwrap().clauses
    }

    #[test]
    fn words_and_phrases() {
        assert!(parsed("ty coch") == [begins("ty"), begins("coch")]);
        assert!(parsed("“Tŷ-Coch” parry") == [phrase(&["ty", "coch"]), begins("parry")]);
        assert!(parsed("\"mia\"") == [phrase(&["mia"])]);
        // A mark without a partner is no phrase.
        assert!(parsed("\"mia bell") == [begins("mia"), begins("bell")]);
        assert!(parsed("a \"b c\" \"d") == [begins("a"), phrase(&["b", "c"]), begins("d")]);
        assert!(parsed("王思琪") == [phrase(&["王", "思", "琪"])]);
        let in_one = Clause::All(vec![begins("o"), begins("brien")]);
        assert!(parsed("O'Brien") == [Clause::Any(vec![in_one, begins("obrien")])]);
    }

    #[test]
    fn what_cannot_be_looked_for() {
        assert_eq!(Query::parse(" \t").unwrap_err(), NoQuery::Empty);
        assert_eq!(Query::parse("").unwrap_err(), NoQuery::Empty);
        for text in ["-", "\"\"", "?! …", "\u{200b}\u{202e}", "\" - \""] {
            assert_eq!(Query::parse(text).unwrap_err(), NoQuery::NoWord, "{text:?}");
        }
        assert_eq!(
            Query::parse(&"a".repeat(1001)).unwrap_err(),
            NoQuery::TooLong
        );
        assert_eq!(
            Query::parse(&"a ".repeat(65)).unwrap_err(),
            NoQuery::TooLong
        );
        assert!(Query::parse(&"a ".repeat(64)).is_ok());
        assert!(Query::parse(&"ŷ".repeat(500)).is_ok());
        assert_eq!(format!("{:?}", Query::parse("mia").unwrap()), "Query(..)");
    }
}
