//! Texts folded for finding: what a volunteer types on a British keyboard meets what was written with other
//! letters, marks, cases and scripts.
//!
//! Compatibility forms are taken apart (NFKD), marks of Latin, Greek, Cyrillic, Hebrew and Arabic letters fall
//! away, case goes, and letters that are made of no others go by table (`ł` is l, `ß` ss). Vowel signs of Indian
//! scripts stay: without them different names are one. Whatever is neither letter nor digit parts words; what
//! takes no place at all (zero width, direction, soft hyphen) is not there.
//!
//! Folding is for comparing, never for showing, and nothing folded is kept.

use unicode_normalization::UnicodeNormalization as _;

mod letters;

/// Folding what is folded changes nothing more; most texts need one round, a few a second.
const ROUNDS: usize = 8;
/// The longest name written in one with hyphens, apostrophes or dots that is a word as well, in parts.
const MOST_PARTS: usize = 6;

/// A word of a text, folded.
#[derive(Clone, PartialEq, Eq)]
pub struct Word {
    /// Its letters.
    pub text: String,
    /// Whether nothing but a hyphen, an apostrophe, a dot or nothing parts it from the word before.
    pub joined: bool,
    /// Whether it is one sign of a script that puts no spaces between words.
    pub sign: bool,
}

impl std::fmt::Debug for Word {
    /// Without content.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Word(..)")
    }
}

/// A text's words with one space between, folded.
pub fn fold(text: &str) -> String {
    let words: Vec<String> = words(text).into_iter().map(|word| word.text).collect();
    words.join(" ")
}

/// A text's words, folded, in their order.
pub fn words(text: &str) -> Vec<Word> {
    let mut words = Words::default();
    for c in letters_of(text).chars() {
        if letters::stands_alone(c) {
            words.end();
            words.letter(c);
            words.end_sign();
        } else if letters::is_of_a_word(c) {
            words.letter(c);
        } else {
            words.end();
            words.apart |= !letters::joins(c);
        }
    }
    words.end();
    words.all
}

/// Words that are written in one, such as `Tŷ-Coch` or `O'Brien`, without what parts them; by the place of the
/// first, and none for those that stand alone.
pub fn joined(words: &[Word]) -> Vec<(usize, String)> {
    let mut all = Vec::new();
    let mut from = 0;
    while from < words.len() {
        let rest = words.get(from + 1..).unwrap_or_default();
        let more = rest.iter().take_while(|word| word.joined && !word.sign);
        let upto = from + 1 + more.count();
        let run = words.get(from..upto).unwrap_or_default();
        if (2..=MOST_PARTS).contains(&run.len()) && run.iter().all(|word| !word.sign) {
            let text = run.iter().map(|word| word.text.as_str()).collect();
            all.push((from, text));
        }
        from = upto;
    }
    all
}

/// Words as they come.
#[derive(Default)]
struct Words {
    all: Vec<Word>,
    now: String,
    apart: bool,
}

impl Words {
    fn letter(&mut self, c: char) {
        self.now.push(c);
    }

    fn end(&mut self) {
        self.push(false);
    }

    fn end_sign(&mut self) {
        self.push(true);
    }

    fn push(&mut self, sign: bool) {
        if self.now.is_empty() {
            return;
        }
        self.all.push(Word {
            text: std::mem::take(&mut self.now),
            joined: !self.apart && !self.all.is_empty(),
            sign,
        });
        self.apart = false;
    }
}

/// The text with its letters folded; what parts them stands as it was.
fn letters_of(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = round(text);
    for _ in 1..ROUNDS {
        let again = round(&folded);
        if again == folded {
            break;
        }
        folded = again;
    }
    folded
}

/// One round. What falls away first would otherwise stand between marks that have an order.
fn round(text: &str) -> String {
    let kept = text.chars().filter(|c| !letters::takes_no_place(*c));
    let kept = kept.map(letters::as_written);
    let plain = kept.nfkd().filter(|c| !letters::is_mark(*c));
    let mut folded = String::with_capacity(text.len());
    for c in plain.flat_map(lower) {
        match letters::by_table(c) {
            Some(letters) => folded.push_str(letters),
            None => folded.push(c),
        }
    }
    folded
}

/// Without case: capitals first, for letters that are two of them (`ŉ`, `ς` at the end of words).
fn lower(c: char) -> impl Iterator<Item = char> {
    c.to_uppercase().flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests;
