//! What is known of single characters: which are seen, which only steer others.

use unicode_properties::GeneralCategory;
use unicode_properties::UnicodeGeneralCategory;
use unicode_segmentation::UnicodeSegmentation;

/// As many letters of India in a row, at most four marks after each, are no word.
pub(crate) const LONGEST_INDIC: usize = 40;

/// What becomes of a character that is not simply drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Treatment {
    /// It is drawn where a font has it.
    Draw,
    /// A tab.
    Blank,
    /// Nobody sees it and nothing depends on it.
    LeaveOut,
    /// It could reorder, hide or break what stands around it, and so it is shown.
    WriteOut,
    /// Says on which side of a figure or a bracket a text from right to left goes on.
    Direction,
    /// Joins letters, or keeps them from joining.
    Joiner,
}

pub(crate) fn treatment(c: char) -> Treatment {
    match c {
        '\t' => Treatment::Blank,
        '\u{200c}' | '\u{200d}' => Treatment::Joiner,
        '\u{200e}' | '\u{200f}' | '\u{61c}' => Treatment::Direction,
        // Overrides, embeddings and isolates (Unicode Annex 9, 2); and what the type setter itself puts where
        // something that is no text stands.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffc}' => Treatment::WriteOut,
        // Set around or upon what follows, and that may be anything.
        '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{890}' | '\u{891}' | '\u{8e2}' | '\u{d4e}' => {
            Treatment::WriteOut
        }
        c if c.is_control() => Treatment::WriteOut,
        c if is_invisible(c) => Treatment::LeaveOut,
        _ => Treatment::Draw,
    }
}

/// Soft hyphens, places to break, fillers, selectors of variants, tags.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'
            | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Asks for a picture or for a letter; a drawn sign is what it is.
pub(crate) fn is_presentation(c: char) -> bool {
    matches!(c, '\u{fe0e}' | '\u{fe0f}')
}

/// A mark that stands above, below, beside or in the character before it.
pub(crate) fn is_mark(c: char) -> bool {
    matches!(
        c.general_category(),
        GeneralCategory::NonspacingMark
            | GeneralCategory::SpacingMark
            | GeneralCategory::EnclosingMark
    )
}

/// `text` with a place to break wherever letters of India have gone on for longer than any word does: what sets
/// type counts the parts of one syllable up to 127, and people can type a longer one.
pub(crate) fn interrupted(text: String) -> String {
    if text.chars().filter(|c| is_indic(*c)).count() <= LONGEST_INDIC {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut in_a_row = 0;
    for c in text.chars() {
        in_a_row = if is_indic(c) { in_a_row + 1 } else { 0 };
        if in_a_row > LONGEST_INDIC && !is_mark(c) {
            out.push(SOFT_BREAK);
            in_a_row = 1;
        }
        out.push(c);
    }
    out
}

fn is_indic(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{dff}' | '\u{200c}' | '\u{200d}')
}

/// Whether `text` begins with what belongs to a letter before it.
pub(crate) fn leans(text: &str) -> bool {
    let first: String = text.chars().take(1).collect();
    format!("a{first}").graphemes(true).count() == 1 && !first.is_empty()
}

/// Whether joiners mean something after this letter: Arabic and its like, and the scripts of India.
pub(crate) fn joins(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{8ff}' | '\u{900}'..='\u{dff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

/// `U+1F1FE U+1F1EA`.
pub(crate) fn name(sign: &str) -> String {
    let names: Vec<String> = sign
        .chars()
        .map(|c| format!("U+{:04X}", u32::from(c)))
        .collect();
    names.join(" ")
}

/// `[emoji: grinning face]`.
pub(crate) fn emoji(sign: &str) -> Option<String> {
    emojis::get(sign).map(|emoji| format!("[emoji: {}]", emoji.name()))
}

/// A place to break in letters that join: what sets type knows it and goes on joining, and who copies the text
/// gets it too.
pub(crate) const SOFT_BREAK: char = '\u{200b}';
/// A place to break elsewhere, which the templates turn into a space without width: nobody copies it. Controls
/// do not pass the check, so this one can only come from here.
pub(crate) const BREAK: char = '\u{1f}';

/// `word` with places to break, if it is longer than `longest`: a few characters apart, since each place costs
/// time, and close enough that lines are filled.
pub(crate) fn broken(word: &str, longest: usize) -> String {
    if word.graphemes(true).count() <= longest {
        return word.to_owned();
    }
    let apart = (longest / 6).max(1);
    let mut out = String::with_capacity(word.len() * 2);
    for (at, sign) in word.graphemes(true).enumerate() {
        out.push_str(sign);
        match sign.chars().next() {
            _ if (at + 1) % apart != 0 => {}
            Some(c) if breaks_alone(c) => {}
            Some(c) if joins(c) => out.push(SOFT_BREAK),
            _ => out.push(BREAK),
        }
    }
    out
}

/// Scripts written without spaces, whose lines break by rules of their own, and what is a break already.
fn breaks_alone(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{e00}'..='\u{eff}' | '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{ffef}')
}
