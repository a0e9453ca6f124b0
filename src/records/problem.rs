//! What is wrong with a form, in words: every problem at once, none of them repeating what was typed.

use std::fmt;

use serde::Serialize;

/// Most problems listed one by one.
const LISTED: usize = 100;

/// One rule that one field does not meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where, such as `quotes[2].words`; entries count from 0, as in JSON. Empty: the whole form.
    pub field: String,
    /// The rule, in words that continue "this field ...".
    pub rule: String,
    /// A value that would do, as JSON.
    pub example: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.rule)?;
        match &self.example {
            Some(example) => write!(f, ", for example {example}"),
            None => Ok(()),
        }
    }
}

/// Everything wrong with a form, in a stable order; never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problems {
    problems: Vec<Problem>,
    more: usize,
}

impl Problems {
    /// The problems, if there are any.
    pub(crate) fn from_found(mut problems: Vec<Problem>) -> Option<Self> {
        let more = problems.len().saturating_sub(LISTED);
        problems.truncate(LISTED);
        (!problems.is_empty()).then_some(Self { problems, more })
    }

    /// Each problem.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.problems.iter()
    }

    /// How many there are, listed or not.
    pub fn count(&self) -> usize {
        self.problems.len().saturating_add(self.more)
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Problems {
    /// One problem a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.problems.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        if self.more > 0 {
            write!(f, "\nand {} more", self.more)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// The candidate closest to `word`, if one is close enough to be meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 64;
    let word: Vec<char> = word.to_lowercase().chars().take(LONGEST + 1).collect();
    if word.len() > LONGEST {
        return None;
    }
    candidates
        .into_iter()
        .map(|candidate| (distance(&word, candidate), candidate))
        .filter(|(away, candidate)| *away <= 1 + candidate.len() / 4)
        .min_by_key(|(away, _)| *away)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance: insertions, deletions and replacements.
fn distance(word: &[char], candidate: &str) -> usize {
    let mut row: Vec<usize> = (0..=word.len()).collect();
    for (at, wanted) in candidate.chars().enumerate() {
        let mut diagonal = at;
        let mut left = at + 1;
        let mut next = vec![left];
        for (above, given) in row.iter().skip(1).zip(word) {
            left = (diagonal + usize::from(*given != wanted)).min(above.min(&left) + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn away(a: &str, b: &str) -> usize {
        distance(&a.chars().collect::<Vec<_>>(), b)
    }

    #[test]
    fn distances() {
        assert_eq!(away("", ""), 0);
        assert_eq!(away("", "abc"), 3);
        assert_eq!(away("kitten", "sitting"), 3);
        assert_eq!(away("venue", "venue"), 0);
        assert_eq!(away("narative", "narrative"), 1);
    }

    #[test]
    fn suggests_only_what_could_be_meant() {
        let names = ["venue", "narrative", "ended"];
        assert_eq!(nearest("narative", names), Some("narrative"));
        assert_eq!(nearest("Venue", names), Some("venue"));
        assert_eq!(nearest("weather", names), None);
        assert_eq!(nearest(&"v".repeat(5000), names), None);
    }
}
