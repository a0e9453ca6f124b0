//! Which characters are what: letters and digits that go by table, marks that fall away, what joins and what parts.

use unicode_normalization::char::is_combining_mark;

/// Letters that are made of no others, and digits of other scripts, by what is typed for them. Lower case; what
/// stands for itself is in no table.
pub(crate) fn by_table(c: char) -> Option<&'static str> {
    latin(c).or_else(|| arabic(c)).or_else(|| digit(c))
}

const fn latin(c: char) -> Option<&'static str> {
    Some(match c {
        'ł' | 'ƚ' | 'ɫ' => "l",
        'ø' | 'ɔ' => "o",
        'đ' | 'ð' | 'ɗ' | 'ɖ' => "d",
        'ı' | 'ɩ' => "i",
        'ß' | 'ẞ' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ħ' => "h",
        'ŧ' => "t",
        'ŋ' => "ng",
        'ĸ' | 'ƙ' => "k",
        'ƒ' => "f",
        'ə' | 'ɛ' | 'ǝ' => "e",
        'ɓ' => "b",
        'ɣ' => "g",
        'ʋ' => "v",
        'ƴ' => "y",
        'ƶ' => "z",
        _ => return None,
    })
}

/// Arabic letters that are written one way or the other, by language and by keyboard.
const fn arabic(c: char) -> Option<&'static str> {
    Some(match c {
        // Alef wasla.
        '\u{671}' => "\u{627}",
        // Alef maksura, Farsi yeh, yeh barree: yeh.
        '\u{649}' | '\u{6cc}' | '\u{6d2}' => "\u{64a}",
        // Teh marbuta and the hehs of Urdu: heh.
        '\u{629}' | '\u{6be}' | '\u{6c1}' | '\u{6c3}' | '\u{6d5}' => "\u{647}",
        // Keheh: kaf.
        '\u{6a9}' => "\u{643}",
        _ => return None,
    })
}

/// Arabic-Indic, Urdu, Devanagari, Bengali and Gurmukhi digits.
fn digit(c: char) -> Option<&'static str> {
    const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    const ZEROS: [u32; 5] = [0x660, 0x6f0, 0x966, 0x9e6, 0xa66];
    let digit = |zero: &u32| usize::try_from(u32::from(c).checked_sub(*zero)?).ok();
    let at = ZEROS
        .iter()
        .filter_map(digit)
        .find(|at| *at < DIGITS.len())?;
    DIGITS.get(at).copied()
}

/// Typed in the place of an apostrophe; taken apart it would be a space and a mark.
pub(crate) const fn as_written(c: char) -> char {
    match c {
        '\u{b4}' | '\u{384}' | '\u{1fbd}' | '\u{1fbf}' | '\u{1fef}' | '\u{1ffd}' | '\u{1ffe}' => {
            '\''
        }
        _ => c,
    }
}

/// Takes no place: soft hyphen, zero width, direction, variation selectors, tags, and the stroke that only draws
/// Arabic words longer.
pub(crate) const fn takes_no_place(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{640}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e01ef}'
    )
}

/// A mark that falls away: on Latin, Greek and Cyrillic letters, Hebrew points, Arabic vowels and hamza.
pub(crate) const fn is_mark(c: char) -> bool {
    matches!(
        c,
        '\u{300}'..='\u{36f}'
            | '\u{483}'..='\u{489}'
            | '\u{591}'..='\u{5bd}'
            | '\u{5bf}'
            | '\u{5c1}'..='\u{5c2}'
            | '\u{5c4}'..='\u{5c5}'
            | '\u{5c7}'
            | '\u{610}'..='\u{61a}'
            | '\u{64b}'..='\u{65f}'
            | '\u{670}'
            | '\u{6d6}'..='\u{6dc}'
            | '\u{6df}'..='\u{6e4}'
            | '\u{6e7}'..='\u{6e8}'
            | '\u{6ea}'..='\u{6ed}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{fe20}'..='\u{fe2f}'
    ) || takes_no_place(c)
}

/// Letters, digits, and the signs above and below letters that stay.
pub(crate) fn is_of_a_word(c: char) -> bool {
    !joins(c) && (c.is_alphanumeric() || is_combining_mark(c))
}

/// A sign of a script that puts no spaces between words: Chinese, Japanese, and those of Thailand, Laos, Burma
/// and Cambodia. Hangul does.
pub(crate) const fn stands_alone(c: char) -> bool {
    matches!(
        c,
        '\u{e00}'..='\u{eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}'
            | '\u{3005}'..='\u{3007}'
            | '\u{3041}'..='\u{3096}'
            | '\u{30a1}'..='\u{30fa}'
            | '\u{30fc}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

/// Hyphens, apostrophes and dots: what a name is written in one with.
pub(crate) const fn joins(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2010}'..='\u{2015}'
            | '\u{2212}'
            | '\u{58a}'
            | '\u{5be}'
            | '\u{30fb}'
            | '\''
            | '`'
            | '\u{2018}'..='\u{201b}'
            | '\u{2032}'
            | '\u{2b9}'..='\u{2bf}'
            | '\u{2c8}'
            | '\u{5f3}'
            | '\u{a78b}'..='\u{a78c}'
            | '.'
            | '\u{b7}'
    )
}
