//! What the names of files say: a pattern such as `{case}/{document_date} {sort} {people.name} - {title}`.

/// A pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// What stands before the first placeholder.
    start: String,
    /// Each placeholder, and what stands behind it.
    parts: Vec<(String, String)>,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (start, mut rest) = text
            .split_once('{')
            .ok_or("a pattern needs placeholders, such as {title}")?;
        let mut parts: Vec<(String, String)> = Vec::new();
        loop {
            let (name, after) = rest.split_once('}').ok_or("a { in the pattern has no }")?;
            let (between, next) = after
                .split_once('{')
                .map_or((after, None), |(a, b)| (a, Some(b)));
            if name.trim().is_empty() || parts.iter().any(|(known, _)| known == name.trim()) {
                return Err("each placeholder of a pattern has a name of its own".to_owned());
            }
            if between.contains('}') {
                return Err("a } in the pattern has no {".to_owned());
            }
            parts.push((name.trim().to_owned(), between.to_owned()));
            let Some(next) = next else { break };
            if between.is_empty() {
                return Err(
                    "something must stand between two placeholders, such as a space".to_owned(),
                );
            }
            rest = next;
        }
        Ok(Self {
            start: start.to_owned(),
            parts,
        })
    }

    /// The placeholders' names, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|(name, _)| name.as_str())
    }

    /// What the placeholders stand for in a file's path without its ending; `None` where it does not fit. Each takes as
    /// little as it can, the last one the rest.
    pub fn read(&self, path: &str) -> Option<Vec<String>> {
        let mut rest = path.strip_prefix(self.start.as_str())?;
        let mut values = Vec::new();
        let last = self.parts.len().checked_sub(1)?;
        for (at, (_, behind)) in self.parts.iter().enumerate() {
            let (value, after) = if at == last {
                (rest.strip_suffix(behind.as_str())?, "")
            } else {
                rest.split_once(behind.as_str())?
            };
            if value.trim().is_empty() {
                return None;
            }
            values.push(value.trim().to_owned());
            rest = after;
        }
        Some(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_the_pattern_says() {
        let pattern =
            Pattern::parse("{case}/{document_date} {sort} {people.name} - {title}").unwrap();
        let names: Vec<&str> = pattern.names().collect();
        assert_eq!(
            names,
            ["case", "document_date", "sort", "people.name", "title"]
        );
        let read =
            pattern.read("Tŷ-Coch Parry/2021-04-17 letter Gwen Tŷ-Coch - From the court - copy");
        let read = read.unwrap();
        assert_eq!(
            read,
            [
                "Tŷ-Coch Parry",
                "2021-04-17",
                "letter",
                "Gwen Tŷ-Coch",
                "From the court - copy"
            ]
        );
        for other in [
            "2021-04-17 letter Gwen - x",
            "a/b c",
            "a/2021-04-17 letter Gwen - ",
            "",
        ] {
            assert_eq!(pattern.read(other), None, "{other}");
        }
        let pattern = Pattern::parse("scan_{title}_x").unwrap();
        assert_eq!(pattern.read("scan_one_two_x").unwrap(), ["one_two"]);
    }

    #[test]
    fn patterns_that_could_mean_two_things_are_refused() {
        for bad in ["plain", "{a", "{}", "{a}{b}", "{a} {a}", "{a}} {b}"] {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
    }
}
