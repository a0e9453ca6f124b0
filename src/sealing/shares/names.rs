//! Names of files made from names of people: ASCII, short, one for each, and the same on every system.

/// The longest name of a person, in bytes.
const MAX_NAME: usize = 100;
/// The longest part of a file name made from one.
const MAX_FILE: usize = 24;

/// Names that some systems keep for devices, whatever the ending.
const RESERVED: [&str; 4] = ["aux", "con", "nul", "prn"];

/// Latin letters with marks, and what they become without.
const PLAIN: [(&str, &str); 24] = [
    ("àáâãäåāăą", "a"),
    ("æ", "ae"),
    ("çćč", "c"),
    ("ďđð", "d"),
    ("èéêëēęě", "e"),
    ("ğģ", "g"),
    ("ìíîïīı", "i"),
    ("ķ", "k"),
    ("łļľ", "l"),
    ("ñńņň", "n"),
    ("òóôõöøőō", "o"),
    ("œ", "oe"),
    ("ŕř", "r"),
    ("śşšș", "s"),
    ("ß", "ss"),
    ("ťțţ", "t"),
    ("þ", "th"),
    ("ùúûüūůűų", "u"),
    ("ŵẁẃẅ", "w"),
    ("ýÿŷỳ", "y"),
    ("źżž", "z"),
    ("ạảấầẩẫậắằẳẵặ", "a"),
    ("ẹẻẽếềểễệ", "e"),
    ("ọỏốồổỗộớờởỡợơ", "o"),
];

/// The name without the spaces around it, if it can stand on a sheet.
pub(crate) fn plain(name: &str) -> Option<&str> {
    let name = name.trim();
    let fits = !name.is_empty() && name.len() <= MAX_NAME && !name.chars().any(is_unseen);
    fits.then_some(name)
}

/// Whether a character breaks a line, or changes how others are shown without being seen.
fn is_unseen(character: char) -> bool {
    let formats = matches!(
        character,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    );
    character.is_control() || formats
}

/// Whether two names would be taken for one.
pub(crate) fn same(one: &str, other: &str) -> bool {
    let words = |name: &str| {
        name.split_whitespace()
            .map(str::to_lowercase)
            .collect::<Vec<_>>()
    };
    words(one) == words(other)
}

/// A part of a file name for each person, all different even where a file system takes capitals for small
/// letters: letters, digits and hyphens as they are, other letters without their marks, `_` for the rest.
pub(crate) fn for_files<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut made: Vec<String> = Vec::new();
    for name in names {
        let base = for_file(name);
        let mut file = base.clone();
        let mut number = 2;
        while made.iter().any(|taken| taken.eq_ignore_ascii_case(&file)) {
            file = format!("{base}_{number}");
            number += 1;
        }
        made.push(file);
    }
    made
}

fn for_file(name: &str) -> String {
    let mut file = String::new();
    for character in name.chars() {
        if character.is_ascii_alphanumeric() || (character == '-' && !file.is_empty()) {
            file.push(character);
            continue;
        }
        match character.to_lowercase().next().and_then(without_mark) {
            Some(letters) => file.push_str(letters),
            // Apostrophes and marks that follow their letter leave no gap.
            None if matches!(character, '\'' | '’' | '\u{300}'..='\u{36f}') => {}
            None if !file.is_empty() && !file.ends_with('_') => file.push('_'),
            None => {}
        }
    }
    file.truncate(MAX_FILE);
    let file = file.trim_end_matches('_');
    match file {
        "" => "trustee".to_owned(),
        _ if RESERVED.iter().any(|name| name.eq_ignore_ascii_case(file)) => format!("{file}_"),
        _ => file.to_owned(),
    }
}

fn without_mark(character: char) -> Option<&'static str> {
    let (_, plain) = PLAIN
        .iter()
        .find(|(marked, _)| marked.contains(character))?;
    Some(plain)
}
