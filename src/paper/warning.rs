//! What whoever makes a document is told about its characters.

use std::fmt;

/// A character that could not be set as it was given. Names the character and never what stood around it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Warning {
    /// The character, or those that make one sign together: `U+1F600`, `U+1F1FE U+1F1EA`.
    pub character: String,
    /// What stands in its place, `[emoji: grinning face]` or `[U+3402]`; nothing where it was invisible anyhow
    /// and is left out.
    pub shown: String,
    /// How often.
    pub times: usize,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = match self.times {
            1 => "once".to_owned(),
            times => format!("{times} times"),
        };
        if self.shown.is_empty() {
            write!(f, "{} is left out ({times})", self.character)
        } else {
            write!(f, "{} is shown as {} ({times})", self.character, self.shown)
        }
    }
}
