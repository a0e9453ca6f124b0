//! What becomes of what people type.

use unicode_segmentation::UnicodeSegmentation;

use crate::paper::Warning;
use crate::paper::fonts::FONTS;
use crate::paper::preflight::MARKS;
use crate::paper::preflight::Preflight;
use crate::paper::preflight::signs;

fn set(text: &str) -> (String, Vec<String>) {
    let mut preflight = Preflight::default();
    let line = preflight.line(text);
    let warnings = preflight.warnings();
    (line.text, warnings.iter().map(Warning::to_string).collect())
}

fn unchanged(text: &str) {
    assert_eq!(set(text), (text.to_owned(), Vec::new()));
}

#[test]
fn the_names_of_the_scenarios_are_drawn_as_they_are() {
    for name in [
        "Łukasz Wiśniewski-Ćwikła",
        "Siân ap Gruffydd, Tŷ’r Wŷr, Ŵen",
        "ليلى الحدّاد",
        "یاسمین گُل ڈار",
        "李小龍、张伟",
        "हरप्रीत श्रीवास्तव",
        "ফারহানা আক্তার",
        "ਹਰਪ੍ਰੀਤ ਕੌਰ",
        "ሰላም ተስፋዬ",
        "Nguyễn Thị Hồng Ánh",
        "Ольга Щербакова, Ґалаґан",
        "Yıldız Şahin İğdır",
        "રમેશ પટેલ",
        "தமிழ்ச்செல்வி",
        "שָׁלוֹם",
        "Ελένη",
        "☎ ✓ ☐ → ≥ £ €",
        "می\u{200c}خواهم",
        "र\u{94d}\u{200d}य",
    ] {
        unchanged(name);
    }
}

#[test]
fn what_no_font_draws_is_written_out_and_named() {
    let (text, warnings) = set("Thank you 😀😀");
    assert_eq!(
        text,
        "Thank you [emoji: grinning face][emoji: grinning face]"
    );
    assert_eq!(
        warnings,
        ["U+1F600 is shown as [emoji: grinning face] (2 times)"]
    );
    assert_eq!(set("㐂").0, "[U+3402]");
    assert_eq!(set("\u{e000}").0, "[U+E000]");
    assert_eq!(set("👨‍👩‍👧").0, "[emoji: family: man, woman, girl]");
    assert_eq!(set("👍🏽").0, "[emoji: thumbs up: medium skin tone]");
    assert_eq!(set("❤\u{fe0f}").0, "❤");
    assert_eq!(set("1\u{fe0f}\u{20e3}").0, "[emoji: keycap: 1]");
    assert_eq!(set("ক\u{301}").0, "ক[U+0301]", "no one font has both");
}

#[test]
fn nothing_reorders_hides_or_breaks_a_line() {
    assert_eq!(set("invoice\u{202e}fdp.exe").0, "invoice[U+202E]fdp.exe");
    assert_eq!(set("a\u{2066}b\u{2069}").0, "a[U+2066]b[U+2069]");
    assert_eq!(set("a\u{1b}[2J\u{0}").0, "a[U+001B][2J[U+0000]");
    assert_eq!(set("a\tb").0, "a    b");
    assert_eq!(set("a\r\nb\u{2028}c").0, "a  b c");
    assert_eq!(set("\u{fffc}").0, "[U+FFFC]");
    let (text, warnings) = set("La\u{200b}yl\u{200d}a\u{feff}\u{ad}");
    assert_eq!(text, "Layla");
    assert_eq!(warnings.len(), 4);
    assert_eq!(set("12\u{200f}-\u{200f}34").0, "12-34");
    unchanged("ليلى\u{200f} (7)");
}

#[test]
fn marks_are_held_within_their_line() {
    let tall = format!("Z{}", "\u{301}".repeat(50));
    let (text, warnings) = set(&tall);
    assert_eq!(text.chars().count(), 1 + MARKS);
    assert_eq!(warnings, ["U+0301 is left out (46 times)"]);
    assert_eq!(set("\u{301}a").0, "\u{a0}\u{301}a");
}

#[test]
fn a_line_runs_as_most_of_its_letters_do() {
    let mut preflight = Preflight::default();
    assert!(preflight.line("12 ليلى الحدّاد (J)").rtl);
    assert!(!preflight.line("ليلى الحدّاد, mother").rtl);
    assert!(!preflight.line("Layla ليلى").rtl);
    assert!(!preflight.line("12").rtl);
}

#[test]
fn only_words_longer_than_a_line_can_break_anywhere() {
    let mut preflight = Preflight::default();
    let mut broken = |text: &str| preflight.line(text).breaking(10).text;
    assert_eq!(broken("a short one"), "a short one");
    assert_eq!(broken("twelve123456 one").matches(signs::BREAK).count(), 12);
    assert_eq!(
        broken(&"ل".repeat(12)).matches(signs::SOFT_BREAK).count(),
        12
    );
    let chinese = "李小龍张伟李小龍张伟李小龍张伟";
    assert_eq!(broken(chinese), chinese);
}

#[test]
fn no_syllable_is_longer_than_can_be_counted() {
    let (text, _) = set(&"क\u{94d}".repeat(250));
    let longest = text
        .split('\u{200b}')
        .map(|part| part.chars().count())
        .max();
    assert!(longest.unwrap() <= signs::LONGEST_INDIC + 2 * MARKS);
    assert_eq!(
        set(&format!("क{}", "\u{93e}".repeat(50))).0.chars().count(),
        1 + MARKS
    );
}

proptest::proptest! {
    #[test]
    fn whatever_is_typed_can_be_drawn(text in "\\PC*|[\u{0}-\u{2fff}]*|[\u{200b}-\u{206f}a\u{301}\u{627}]*") {
        let mut preflight = Preflight::default();
        for line in preflight.paragraphs(&text) {
            for sign in line.text.graphemes(true) {
                proptest::prop_assert!(FONTS.draw(sign) || sign == "\u{200b}", "{:?}", sign);
            }
            proptest::prop_assert!(!line.text.chars().any(char::is_control));
        }
    }
}
