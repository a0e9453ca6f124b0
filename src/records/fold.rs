//! Names as they are compared: two spellings of one name fold to the same text.
//!
//! A fold is for finding and for warning, never for deciding that two people are one.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::canonical_combining_class;

/// Marks of these classes are accents and vowel points. Those below them (nuktas, kana voicing marks, viramas)
/// make another letter.
const FIRST_ACCENT: u8 = 10;

/// A text without case, accents, punctuation and what cannot be seen; words stand one space apart.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut gap = false;
    let letters = text
        .nfkd()
        .filter(|c| canonical_combining_class(*c) < FIRST_ACCENT && !is_unseen(*c))
        .flat_map(char::to_lowercase);
    // Lower case may bring marks back (U+0130).
    for c in letters.filter(|c| canonical_combining_class(*c) < FIRST_ACCENT) {
        if is_apostrophe(c) {
            continue;
        }
        if c.is_whitespace() || is_punctuation(c) {
            gap = !folded.is_empty();
            continue;
        }
        if std::mem::take(&mut gap) {
            folded.push(' ');
        }
        match plain(c) {
            Some(letters) => folded.push_str(letters),
            None => folded.push(c),
        }
    }
    folded
}

/// Letters without decomposition, in lower case.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'ł' => "l",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ı' => "i",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ħ' => "h",
        'ŧ' => "t",
        'ς' => "σ",
        _ => return None,
    })
}

/// What stands between letters and shows nothing: joiners, direction marks, soft hyphens, fillers.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// People leave these out, or write one for another.
fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '`' | '\u{b4}' | '\u{2bb}'..='\u{2bf}' | '\u{2018}' | '\u{2019}' | '\u{2032}'
    )
}

fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(
            c,
            '\u{a1}' | '\u{b7}' | '\u{bf}' | '\u{2010}'
                ..='\u{2027}' | '\u{3001}' | '\u{3002}' | '\u{30fb}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_one_name_are_alike() {
        for (one, other) in [
            ("Łukasz Wiśniewski", "lukasz  wisniewski"),
            ("Siân Llewelyn-Jones", "SIAN LLEWELYN JONES"),
            ("O’Connor", "oconnor"),
            ("Þóra Æsdóttir", "thora aesdottir"),
            ("José", "Jose\u{301}"),
            ("Anna\u{200b} Smith\u{202e}", "Anna Smith"),
            ("ＡＮＮＡ", "anna"),
            ("محمّد", "محمد"),
            ("İpek Yılmaz", "ipek yilmaz"),
            ("Groß", "GROSS"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} and {other}");
        }
    }

    #[test]
    fn other_names_are_not() {
        for (one, other) in [
            ("Anna Smith", "Anne Smith"),
            ("राम", "रोम"),
            ("ガ", "カ"),
            ("Ана", "Ana"),
            ("", "a"),
        ] {
            assert_ne!(fold(one), fold(other), "{one} and {other}");
        }
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once.clone());
            prop_assert_eq!(once.trim(), &once);
        }
    }
}
