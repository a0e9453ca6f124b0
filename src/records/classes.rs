//! The retention rules kinds may name (`classes.toml`). When a record is due is not decided here.

use std::sync::OnceLock;

use serde::Deserialize;
use serde::Serialize;

/// A retention rule in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Its number, as kinds and facts carry it.
    pub rule: String,
    /// What falls under it.
    pub name: String,
    /// How long that is kept.
    pub keep: String,
    /// What must be known for it to count.
    pub needs: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    class: Vec<Class>,
}

/// Every rule, in the order of their numbers.
pub fn all() -> &'static [Class] {
    static ALL: OnceLock<Vec<Class>> = OnceLock::new();
    // A file that cannot be read gives no rules, which fails every kind's own check and the test below.
    ALL.get_or_init(|| {
        toml::from_str::<File>(include_str!("classes.toml"))
            .map_or_else(|_| Vec::new(), |f| f.class)
    })
}

/// The rule with this number.
pub fn find(rule: &str) -> Option<&'static Class> {
    all().iter().find(|class| class.rule == rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_numbered_without_a_gap() {
        let numbers: Vec<String> = (1..=20).map(|n: u32| n.to_string()).collect();
        let found: Vec<&str> = all().iter().map(|class| class.rule.as_str()).collect();
        assert_eq!(found, numbers);
        assert_eq!(find("14").unwrap().needs, ["decision"]);
    }
}
