//! Every text, before it is laid out: what no font here draws is written out, what would move other characters
//! about is made visible, and whoever makes the document is told.
//!
//! PDF/A allows no missing character, and a box in its place says nothing to a court. So a document is set with
//! what the fonts have: `[emoji: grinning face]`, `[U+3402]`.

mod signs;

use std::collections::BTreeMap;

use unicode_bidi::BidiClass;
use unicode_bidi::bidi_class;
use unicode_segmentation::UnicodeSegmentation;

use crate::paper::Warning;
use crate::paper::fonts::FONTS;
use crate::paper::preflight::signs::Treatment;

/// The most marks one above the other that any language here writes, with one to spare. More would be drawn
/// over the lines above and below.
const MARKS: usize = 4;

/// One line of text that can be set, whatever was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Line {
    pub(crate) text: String,
    /// Whether it runs from right to left: it begins so, and few of its letters do otherwise.
    pub(crate) rtl: bool,
}

impl Line {
    pub(crate) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// The line with places to break in every word longer than `longest` characters, which would otherwise run
    /// out of the page.
    #[must_use]
    pub(crate) fn breaking(mut self, longest: usize) -> Self {
        if self.words().any(|word| word.len() > longest) {
            let words: Vec<String> = self
                .words()
                .map(|word| signs::broken(word, longest))
                .collect();
            self.text = words.concat();
        }
        self
    }

    /// The text without places to break, but for those letters that join cannot do without.
    pub(crate) fn whole(&self) -> String {
        self.text.replace(signs::BREAK, "")
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.text.split_inclusive(char::is_whitespace)
    }
}

/// What was met so far in one document.
#[derive(Debug, Default)]
pub(crate) struct Preflight {
    met: BTreeMap<(String, String), usize>,
}

impl Preflight {
    /// A text of one line; line breaks become spaces.
    pub(crate) fn line(&mut self, text: &str) -> Line {
        let lines: Vec<String> = text
            .split(ends_line)
            .map(|line| self.checked(line))
            .collect();
        directed(lines.join(" ").trim_matches(' ').to_owned())
    }

    /// The paragraphs of a text, without empty ones.
    pub(crate) fn paragraphs(&mut self, text: &str) -> Vec<Line> {
        let lines = text
            .split(ends_line)
            .map(|line| directed(self.checked(line)));
        lines.filter(|line| !line.is_blank()).collect()
    }

    /// What was written out or left out, in the order of the characters.
    pub(crate) fn warnings(self) -> Vec<Warning> {
        let met = self.met.into_iter();
        met.map(|((character, shown), times)| Warning {
            character,
            shown,
            times,
        })
        .collect()
    }

    fn checked(&mut self, line: &str) -> String {
        if line.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return line.to_owned();
        }
        let steered = self.steered(line);
        let mut out = String::with_capacity(steered.len());
        for sign in steered.graphemes(true) {
            let upon_nothing = signs::leans(sign).then(|| format!("\u{a0}{sign}"));
            let sign = upon_nothing.as_deref().unwrap_or(sign);
            if FONTS.draw(sign) {
                self.marked(sign, &mut out);
            } else {
                self.spelled(sign, &mut out);
            }
        }
        signs::interrupted(out)
    }

    /// The line without what is not text: what only steers is shown, left out or kept where it has its place,
    /// and pictures have become words.
    fn steered(&mut self, line: &str) -> String {
        // Marks of direction have their place among letters that run from right to left.
        let mixed = line.chars().any(is_rtl);
        let mut out = String::with_capacity(line.len());
        for sign in line.graphemes(true) {
            let plain: String = sign
                .chars()
                .filter(|c| !signs::is_presentation(*c))
                .collect();
            if let Some(emoji) = signs::emoji(sign).filter(|_| !FONTS.draw(&plain)) {
                self.write_out(sign, emoji, &mut out);
                continue;
            }
            let joins = plain.chars().next().is_some_and(signs::joins);
            for c in plain.chars() {
                match signs::treatment(c) {
                    Treatment::Blank => out.push_str("    "),
                    Treatment::WriteOut => self.write_out_one(c, &mut out),
                    Treatment::LeaveOut => self.leave_out(c),
                    Treatment::Direction if !mixed => self.leave_out(c),
                    Treatment::Joiner if !joins => self.leave_out(c),
                    Treatment::Draw | Treatment::Direction | Treatment::Joiner => out.push(c),
                }
            }
        }
        out
    }

    /// Adds a sign that no one font draws: its letter, if there is one for it, and what would be set upon that
    /// letter written out after it.
    fn spelled(&mut self, sign: &str, out: &mut String) {
        for (at, c) in sign.chars().enumerate() {
            if at == 0 && FONTS.draw(c.encode_utf8(&mut [0; 4])) {
                out.push(c);
            } else {
                self.write_out_one(c, out);
            }
        }
    }

    /// Adds a sign that the fonts draw, with no more marks than fit into a line.
    fn marked(&mut self, sign: &str, out: &mut String) {
        let mut in_a_row = 0;
        for c in sign.chars() {
            in_a_row = if signs::is_mark(c) { in_a_row + 1 } else { 0 };
            if in_a_row > MARKS {
                self.leave_out(c);
            } else {
                out.push(c);
            }
        }
    }

    fn write_out_one(&mut self, c: char, out: &mut String) {
        let mut bytes = [0; 4];
        let sign = c.encode_utf8(&mut bytes);
        let shown = signs::emoji(sign).unwrap_or_else(|| format!("[{}]", signs::name(sign)));
        self.write_out(sign, shown, out);
    }

    fn write_out(&mut self, sign: &str, shown: String, out: &mut String) {
        out.push_str(&shown);
        self.note(sign, shown);
    }

    fn leave_out(&mut self, c: char) {
        self.note(c.encode_utf8(&mut [0; 4]), String::new());
    }

    fn note(&mut self, sign: &str, shown: String) {
        *self.met.entry((signs::name(sign), shown)).or_insert(0) += 1;
    }
}

/// A name from right to left with a few words of ours after it is still a line of ours.
fn directed(text: String) -> Line {
    let strong = |c: &char| matches!(bidi_class(*c), BidiClass::L | BidiClass::R | BidiClass::AL);
    let mut letters = text.chars().filter(strong).map(is_rtl);
    let begins = letters.next().unwrap_or(false);
    let (mut back, mut forth) = (1, 0);
    letters.for_each(|rtl| if rtl { back += 1 } else { forth += 1 });
    Line {
        rtl: begins && back > 3 * forth,
        text,
    }
}

fn is_rtl(c: char) -> bool {
    matches!(bidi_class(c), BidiClass::R | BidiClass::AL) && !matches!(c, '\u{200f}' | '\u{61c}')
}

fn ends_line(c: char) -> bool {
    matches!(
        c,
        '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

#[cfg(test)]
mod tests;
