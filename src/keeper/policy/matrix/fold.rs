//! Folding: equal lines become one, over acts, then situations, then what is asked about, so that a line
//! reads: on these, these acts, in these situations, are answered so, by these rules, to these people.

use std::collections::HashMap;
use std::fmt::Write as _;

/// The table's first line.
const HEAD: &str = "on\tacts\tsituations\tanswer\trules\twho\n";

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Line {
    pub(crate) on: String,
    pub(crate) acts: String,
    pub(crate) situation: String,
    /// `yes`, `no` or `hidden`, a tab, and the rules.
    pub(crate) answer: String,
    pub(crate) who: String,
}

impl Line {
    /// The same answer about another kind.
    pub(crate) fn of(&self, kind: &str, other: &str) -> Self {
        Self {
            on: self.on.replace(kind, other),
            ..self.clone()
        }
    }
}

/// The part of a line that is folded over, and what joins several.
type Part = (fn(&mut Line) -> &mut String, &'static str);

/// The table of these lines.
pub(crate) fn fold(mut lines: Vec<Line>) -> String {
    let parts: [Part; 3] = [
        (|line| &mut line.acts, " "),
        (|line| &mut line.situation, "; "),
        (|line| &mut line.on, "; "),
    ];
    for part in parts {
        lines = over(lines, part);
    }
    let mut text = HEAD.to_owned();
    for line in lines {
        let Line {
            on,
            acts,
            situation,
            answer,
            who,
        } = line;
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{on}\t{acts}\t{situation}\t{answer}\t{who}");
    }
    text
}

/// Makes one of the lines that differ in one part alone, where the first of them stood.
fn over(lines: Vec<Line>, (part, joint): Part) -> Vec<Line> {
    let mut places: HashMap<Line, usize> = HashMap::new();
    let mut folded: Vec<(Line, Vec<String>)> = Vec::new();
    for mut line in lines {
        let word = std::mem::take(part(&mut line));
        let at = *places.entry(line.clone()).or_insert(folded.len());
        match folded.get_mut(at) {
            Some((_, words)) => words.push(word),
            None => folded.push((line, vec![word])),
        }
    }
    let join = |(mut line, words): (Line, Vec<String>)| {
        *part(&mut line) = words.join(joint);
        line
    };
    folded.into_iter().map(join).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(on: &str, acts: &str, situation: &str, answer: &str) -> Line {
        let [on, acts, situation, answer, who] =
            [on, acts, situation, answer, "ada"].map(str::to_owned);
        Line {
            on,
            acts,
            situation,
            answer,
            who,
        }
    }

    #[test]
    fn what_differs_in_one_part_is_one_line() {
        let lines = vec![
            line("a", "read", "s1", "yes\tr"),
            line("a", "list", "s1", "yes\tr"),
            line("a", "read", "s2", "yes\tr"),
            line("a", "list", "s2", "yes\tr"),
            line("a", "list", "s3", "no\tr"),
            line("b", "list", "s3", "no\tr"),
        ];
        assert_eq!(
            fold(lines),
            format!("{HEAD}a\tread list\ts1; s2\tyes\tr\tada\na; b\tlist\ts3\tno\tr\tada\n")
        );
    }
}
