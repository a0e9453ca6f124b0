//! Passphrases: made of words drawn at random, or a person's own above a floor.

use std::fmt;
use std::sync::LazyLock;

use zeroize::Zeroizing;

use crate::ids;
use crate::sealing::secret::SecretText as Passphrase;

/// How the passphrases of a demonstration begin. They are printed in guides, so they protect nothing.
pub const DEMO_PREFIX: &str = "demo only ";

/// The fewest characters of a person's own passphrase.
const MIN_CHARACTERS: usize = 12;
/// The fewest different characters in it.
const MIN_DIFFERENT: usize = 5;

/// 7776 words, 12.9 bits each. Source and licence: `words.LICENCE` beside the list.
static WORDS: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("../words.txt").lines().collect());
/// More than the longest word and a space.
const WORD_CAPACITY: usize = 9;
/// The bits of a draw: 8192 values, the fewest that reach every word.
const DRAW_MASK: u16 = (1 << 13) - 1;

/// `count` words drawn independently and uniformly from the operating system's random source, with
/// spaces between; 12.9 bits a word. Five suit a person, ten a sheet of paper.
pub fn generate_words(count: usize) -> Passphrase {
    // Allocated whole, so that growing it leaves no copy behind.
    let mut text = String::with_capacity(count.saturating_mul(WORD_CAPACITY));
    for at in 0..count {
        if at > 0 {
            text.push(' ');
        }
        text.push_str(random_word());
    }
    Passphrase::new(text)
}

/// Draws until a draw is the number of a word: no word is likelier than another.
fn random_word() -> &'static str {
    loop {
        let draw = u16::from_le_bytes(ids::random()) & DRAW_MASK;
        if let Some(word) = WORDS.get(usize::from(draw)) {
            return word;
        }
    }
}

/// Whether a passphrase is one of a demonstration's.
pub fn is_demo(passphrase: &Passphrase) -> bool {
    passphrase.expose().starts_with(DEMO_PREFIX)
}

/// Why a person's own passphrase is below the floor. The text says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weak {
    /// Fewer than 12 characters.
    Short,
    /// Fewer than five different characters.
    Monotonous,
    /// One word or pattern, again and again.
    Repeated,
    /// A run along the alphabet, the digits or the keyboard.
    Run,
    /// Among the first that anyone tries.
    Known,
}

impl fmt::Display for Weak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Short => {
                "this passphrase is shorter than 12 characters: use at least 12, for example four \
                 unrelated words"
            }
            Self::Monotonous => {
                "this passphrase uses fewer than five different characters: use more different \
                 ones, for example four unrelated words"
            }
            Self::Repeated => {
                "this passphrase repeats one word or pattern: use at least four different, \
                 unrelated words"
            }
            Self::Run => {
                "this passphrase follows the alphabet, the digits or the keyboard: use at least \
                 four unrelated words"
            }
            Self::Known => {
                "this passphrase is among the first that anyone tries: use at least four unrelated \
                 words of your own choosing"
            }
        })
    }
}

impl std::error::Error for Weak {}

/// Whether a person's own passphrase is above the floor. The floor stops the worst; it is no measure of
/// strength, and generated words are better.
///
/// # Errors
/// [`Weak`], the first reason that applies.
pub fn check_strength(passphrase: &Passphrase) -> Result<(), Weak> {
    let characters: Vec<char> = passphrase
        .expose()
        .trim()
        .chars()
        .flat_map(char::to_lowercase)
        .collect();
    let mut characters = Zeroizing::new(characters);
    if characters.len() < MIN_CHARACTERS {
        return Err(Weak::Short);
    }
    if different(&characters) < MIN_DIFFERENT {
        return Err(Weak::Monotonous);
    }
    if repeats(&characters) || is_one_word(passphrase) {
        return Err(Weak::Repeated);
    }
    characters.retain(|c| !c.is_whitespace());
    if is_run(&characters) {
        return Err(Weak::Run);
    }
    if is_known(&characters) {
        return Err(Weak::Known);
    }
    Ok(())
}

fn different(characters: &[char]) -> usize {
    let mut seen = Zeroizing::new(characters.to_vec());
    seen.sort_unstable();
    seen.chunk_by(PartialEq::eq).count()
}

/// Whether a pattern of at most half the length makes up the whole, its last turn perhaps cut.
fn repeats(characters: &[char]) -> bool {
    (1..=characters.len() / 2).any(|period| {
        characters
            .iter()
            .zip(characters.iter().skip(period))
            .all(|(a, b)| a == b)
    })
}

/// Whether there are several words and all are one.
fn is_one_word(passphrase: &Passphrase) -> bool {
    let text = Zeroizing::new(passphrase.expose().to_lowercase());
    let mut words = text.split_whitespace();
    let first = words.next();
    let mut rest = words.peekable();
    rest.peek().is_some() && rest.all(|word| Some(word) == first)
}

/// The rows of a keyboard, along which hands run.
const ROWS: [&str; 5] = [
    "1234567890-=",
    "qwertyuiop[]",
    "asdfghjkl;'#",
    "zxcvbnm,./",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
];

/// Whether three of four steps from one character to the next are those of a run, up or down.
fn is_run(characters: &[char]) -> bool {
    let steps = characters.len().saturating_sub(1);
    let run = characters
        .iter()
        .zip(characters.iter().skip(1))
        .filter(|(a, b)| is_step(**a, **b))
        .count();
    run * 4 >= steps * 3
}

fn is_step(from: char, to: char) -> bool {
    let beside = u32::from(from).abs_diff(u32::from(to)) == 1;
    let on_row = |row: &str| {
        row.chars()
            .zip(row.chars().skip(1))
            .any(|pair| pair == (from, to) || pair == (to, from))
    };
    beside || ROWS.iter().any(|row| on_row(row))
}

/// What people choose first; compared without spaces, signs and digits.
const KNOWN: &[&str] = &[
    "password",
    "passwordpassword",
    "mypassword",
    "thepassword",
    "passphrase",
    "mypassphrase",
    "thisismypassword",
    "thisismypassphrase",
    "changeme",
    "changemenow",
    "pleasechangeme",
    "letmein",
    "letmeinnow",
    "pleaseletmein",
    "iloveyou",
    "iloveyousomuch",
    "trustnoone",
    "opensesame",
    "administrator",
    "adminadmin",
    "administratorpassword",
    "welcome",
    "welcometomyworld",
    "strongroom",
    "strongroompassword",
    "contactcentre",
    "childcontactcentre",
    "contactcentrepassword",
    "secretpassword",
    "supersecret",
    "supersecretpassword",
    "manchesterunited",
    "liverpoolfootballclub",
    "godsavetheking",
    "godsavethequeen",
    "correcthorsebatterystaple",
    "thequickbrownfox",
    "thequickbrownfoxjumpsoverthelazydog",
    "onetwothreefour",
    "onetwothreefourfive",
    "tobeornottobe",
];

fn is_known(characters: &[char]) -> bool {
    let edge = |c: &char| !c.is_alphabetic();
    let from = characters.iter().take_while(|c| edge(c)).count();
    let until = characters.len() - characters.iter().rev().take_while(|c| edge(c)).count();
    let middle = characters.get(from..until).unwrap_or_default();
    let mut letters = Zeroizing::new(String::with_capacity(middle.len()));
    letters.extend(middle.iter().filter_map(|c| as_letter(*c)));
    KNOWN.contains(&letters.as_str())
}

/// The letter a character is or stands for (`p4ssw0rd`); nothing for other digits and signs.
fn as_letter(character: char) -> Option<char> {
    match character {
        'a'..='z' => Some(character),
        '@' | '4' => Some('a'),
        '3' => Some('e'),
        '!' | '1' => Some('i'),
        '0' => Some('o'),
        '$' | '5' => Some('s'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), Weak> {
        check_strength(&Passphrase::new(text.to_owned()))
    }

    #[test]
    fn the_list_is_what_it_says() {
        assert_eq!(WORDS.len(), 7776);
        assert!(WORDS.is_sorted_by(|a, b| a < b), "sorted, so all different");
        for word in WORDS.iter() {
            assert!((4..WORD_CAPACITY).contains(&word.len()), "{word}");
            assert!(word.bytes().all(|c| c.is_ascii_lowercase()), "{word}");
        }
        assert!(
            WORDS.len() <= usize::from(DRAW_MASK) + 1,
            "all can be drawn"
        );
        assert!(include_str!("../words.txt").ends_with('\n'));
        // These are told to families' helpers, in rooms where children are.
        for word in [
            "abusive", "groom", "handcuff", "jail", "predator", "strangle", "verdict",
        ] {
            assert!(!WORDS.contains(&word), "{word}");
        }
    }

    #[test]
    fn words_are_drawn_with_spaces_between() {
        for count in [0, 1, 5, 10] {
            let passphrase = generate_words(count);
            let text = passphrase.expose();
            assert_eq!(text.split_whitespace().count(), count);
            assert_eq!(text.split(' ').count(), count.max(1));
            assert!(text.split_whitespace().all(|word| WORDS.contains(&word)));
            assert!(text.len() <= count * WORD_CAPACITY);
        }
        assert_ne!(generate_words(5).expose(), generate_words(5).expose());
    }

    /// 16 bits modulo 7776 would draw each of the first 3328 words nine times for every eight of the
    /// others: 45.7% of draws instead of 42.8%. A fair draw strays by a third of the margin once in
    /// thirty, by all of it once in 10^9.
    #[test]
    fn no_word_is_likelier() {
        let favoured = WORDS[3328];
        let draws = 90_000;
        let low = (0..draws).filter(|_| random_word() < favoured).count();
        let share = low * 1000 / draws;
        assert!((418..=438).contains(&share), "{share} of 1000");
    }

    #[test]
    fn the_first_and_the_last_word_can_be_drawn() {
        for word in [WORDS[0], WORDS[7775]] {
            assert!((0..400_000).any(|_| random_word() == word), "{word}");
        }
    }

    #[test]
    fn weak_passphrases_are_refused() {
        let cases = [
            ("", Weak::Short),
            ("           ", Weak::Short),
            ("elevenchars", Weak::Short),
            ("   elevenchars   ", Weak::Short),
            ("aaaaaaaaaaaaaaaa", Weak::Monotonous),
            ("abcdabcdabcdabcd", Weak::Monotonous),
            ("AaAaBbBbCcCcDdDd", Weak::Monotonous),
            ("cricket cricket", Weak::Repeated),
            ("Cricket  cricket cricket", Weak::Repeated),
            ("cricketcricketcri", Weak::Repeated),
            ("123456789012", Weak::Run),
            ("abcdefghijkl", Weak::Run),
            ("zyxwvutsrqpo", Weak::Run),
            ("1234 5678 9876", Weak::Run),
            ("qwertyuiop12", Weak::Run),
            ("1qaz2wsx3edc", Weak::Run),
            ("password1234", Weak::Known),
            ("P@ssw0rd!2024", Weak::Known),
            ("This is my password", Weak::Known),
            ("correct horse battery staple", Weak::Known),
        ];
        for (text, weak) in cases {
            assert_eq!(check(text), Err(weak), "{text:?}");
        }
    }

    #[test]
    fn others_are_accepted() {
        for text in [
            "twelve chars",
            "a kettle under the moon",
            "my cat Rosa sleeps on the boiler",
            "Llanfairpwllgwyngyll",
            "cymdeithas ŵyl ŷd",
            "correct horse battery stapler",
            "k7#pQ2!xVw9z",
        ] {
            assert_eq!(check(text), Ok(()), "{text:?}");
        }
        for _ in 0..200 {
            assert_eq!(check_strength(&generate_words(5)), Ok(()));
        }
    }

    #[test]
    fn refusals_say_what_to_do() {
        let all = [
            Weak::Short,
            Weak::Monotonous,
            Weak::Repeated,
            Weak::Run,
            Weak::Known,
        ];
        for weak in all {
            let text = weak.to_string();
            assert!(text.contains(": use ") && !text.ends_with('.'), "{text}");
        }
    }

    #[test]
    fn known_ones_are_spelt_as_they_are_compared() {
        for known in KNOWN {
            assert!(known.bytes().all(|c| c.is_ascii_lowercase()), "{known}");
        }
    }

    #[test]
    fn a_demonstrations_passphrases_are_told_apart() {
        let demo = format!("{DEMO_PREFIX}{}", generate_words(3).expose());
        assert!(is_demo(&Passphrase::new(demo)));
        for own in ["demonstration only", "a demo only one", "demo only", ""] {
            assert!(!is_demo(&Passphrase::new(own.to_owned())), "{own}");
        }
    }
}
