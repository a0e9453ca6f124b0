use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization as _;

use crate::records::fold::fold;
use crate::records::fold::joined;
use crate::records::fold::words;

/// As it is written, and what somebody types for it.
const NAMES: &[(&str, &[&str])] = &[
    // Welsh
    (
        "Tŷ-Coch",
        &["ty coch", "TY-COCH", "Ty\u{302} Coch", "tŷ  coch"],
    ),
    ("Siân", &["sian", "SIAN", "sia\u{302}n"]),
    ("Gwenllïan Tŷ-Coch Parry", &["gwenllian ty coch parry"]),
    ("Siôn-Wyn Morgan", &["sion wyn morgan"]),
    // Irish
    ("Aoife Ní Dhomhnaill", &["aoife ni dhomhnaill"]),
    (
        "O’Brien",
        &["o'brien", "O`Brien", "o brien", "O´Brien", "oʼbrien"],
    ),
    // Polish, Croatian, Vietnamese
    (
        "Łukasz Wiśniewska",
        &["lukasz wisniewska", "ŁUKASZ WIŚNIEWSKA"],
    ),
    ("Đorđe Nguyễn", &["dorde nguyen"]),
    // Turkish: four letters, one of them on the keyboard
    (
        "Işıl İpek",
        &["isil ipek", "ISIL IPEK", "ışıl ipek", "İŞİL İPEK"],
    ),
    ("Dr İpek Yıldız", &["dr ipek yildiz", "DR IPEK YILDIZ"]),
    // German, Danish, Icelandic, French, Maltese
    ("Groß", &["gross", "GROSS", "GROẞ"]),
    ("Søren Æbelø", &["soren aebelo"]),
    ("Þórður Guðmundsson", &["thordur gudmundsson"]),
    ("Cœur", &["coeur"]),
    ("Għawdex", &["ghawdex"]),
    // Cyrillic: the marks go, i stays i
    ("Олена Коваленко", &["олена коваленко", "ОЛЕНА КОВАЛЕНКО"]),
    ("Алёна", &["алена"]),
    ("Мар’яна", &["мар'яна", "мар яна"]),
    // Greek
    ("Γιώργος", &["γιωργοσ", "ΓΙΏΡΓΟΣ"]),
    // Arabic without its vowels, its stroke and its hamzas; Urdu on an Arabic keyboard
    ("ليلى الحدّاد", &["ليلي الحداد", "ليـــلى الحداد"]),
    ("أحمد", &["احمد"]),
    ("محمد عثمان", &["مُحَمَّد عُثْمان"]),
    ("ثمینہ کوثر", &["ثمينه كوثر"]),
    // Scripts without case
    ("王思琪", &["王 思 琪"]),
    ("ফারহানা আক্তার", &["ফারহানা  আক্তার"]),
    ("ਹਰਪ੍ਰੀਤ ਕੌਰ ਢਿੱਲੋਂ", &["ਹਰਪ੍ਰੀਤ ਕੌਰ ਢਿੱਲੋਂ"]),
    // Nothing to see
    (
        "Si\u{200b}an\u{200d} \u{202e}Jones\u{2069}\u{ad}",
        &["sian jones"],
    ),
    ("ＷＡＮＧ　ﬃ", &["wang ffi"]),
    ("۱۲ ১২ 12", &["12 12 12"]),
];

#[test]
fn names_are_found_by_what_is_typed() {
    for (written, typed) in NAMES {
        for typed in *typed {
            assert_eq!(fold(written), fold(typed), "{written} by {typed}");
        }
    }
    assert_eq!(fold("Tŷ-Coch"), "ty coch");
    assert_eq!(fold("Işıl İpek"), "isil ipek");
    assert_eq!(fold("王思琪"), "王 思 琪");
}

#[test]
fn different_names_stay_different() {
    for (one, other) in [
        ("Mia", "Mya"),
        ("і", "ы"),
        ("ফারহানা", "ফরহন"),
        ("ਕੌਰ", "ਕੋਰ"),
        ("Ann", "Anna"),
        ("12", "21"),
    ] {
        assert_ne!(fold(one), fold(other), "{one} and {other}");
    }
}

#[test]
fn what_has_no_letters_folds_to_nothing() {
    for text in [
        "",
        " ",
        "-",
        "'’.",
        "\u{200b}\u{202e}",
        "…!?",
        "🙂",
        "\u{301}",
    ] {
        assert_eq!(fold(text), "", "{text:?}");
    }
}

#[test]
fn a_name_in_one_is_a_word_as_well() {
    let all = |text: &str| {
        let joined = joined(&words(text));
        joined.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(all("the Tŷ-Coch family"), [(1, "tycoch".to_owned())]);
    assert_eq!(all("O’Brien"), [(0, "obrien".to_owned())]);
    assert_eq!(all("Ty Coch"), []);
    assert_eq!(all("王思琪"), []);
    assert_eq!(all("a-b-c-d-e-f-g"), []);
}

#[test]
fn debug_shows_no_word() {
    assert_eq!(format!("{:?}", words("secret")), "[Word(..)]");
}

/// Turkish capitals are other letters than those of the standard library.
fn turkish_upper(text: &str) -> String {
    text.replace('i', "İ").replace('ı', "I").to_uppercase()
}

/// Each character that is composed of others, or is another one, beside a letter that it may join.
#[test]
fn every_character_as_it_is_composed() {
    for c in '\0'..=char::MAX {
        let whole: String = ['a', c, 'b'].iter().collect();
        let (nfc, nfd): (String, String) = (whole.nfc().collect(), whole.nfd().collect());
        for composed in [nfc, nfd] {
            if composed != whole {
                assert_eq!(fold(&composed), fold(&whole), "U+{:04X}", u32::from(c));
            }
        }
    }
}

proptest! {
    #[test]
    fn folding_again_changes_nothing(text: String) {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn marks_and_zero_width_in_any_order(text in "[a-zÀ-ž\u{300}-\u{345}\u{591}-\u{5c7}\u{610}-\u{670}\u{900}-\u{9ff}\u{a00}-\u{a75}\u{200b}-\u{200f}\u{640}\u{fe70}-\u{fe7f} -]{0,40}") {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn however_a_text_is_composed(text: String) {
        let folded = fold(&text);
        prop_assert_eq!(fold(&text.nfc().collect::<String>()), folded.clone());
        prop_assert_eq!(fold(&text.nfd().collect::<String>()), folded);
    }

    #[test]
    fn capitals_and_small_letters(
        // Latin with every mark there is in Europe and Vietnam, Greek, Cyrillic.
        text in "[A-Za-zÀ-ÖØ-öø-ž\u{1e00}-\u{1eff}\u{391}-\u{3a1}\u{3a3}-\u{3c9}\u{400}-\u{45f} '-]{0,30}",
    ) {
        let folded = fold(&text);
        prop_assert_eq!(fold(&text.to_uppercase()), folded.clone());
        prop_assert_eq!(fold(&text.to_lowercase()), folded.clone());
        prop_assert_eq!(fold(&turkish_upper(&text)), folded);
    }

    #[test]
    fn what_is_folded_is_words_and_single_spaces(text: String) {
        let folded = fold(&text);
        prop_assert!(!folded.contains("  ") && folded.trim() == folded);
        prop_assert!(!folded.chars().any(|c| c.is_control() || c == '-' || c == '\''));
    }
}
