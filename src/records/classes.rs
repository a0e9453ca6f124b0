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
    /// What it counts from where there is no case to say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_case: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    class: Vec<Class>,
}

/// How many rules the schedule has, numbered from 1.
pub const COUNT: u32 = 40;

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

/// Everything wrong with a list of rules, a sentence each: it has every number once, in order.
pub fn faults(rules: &[Class]) -> Vec<String> {
    let mut faults = Vec::new();
    let numbers: Vec<String> = (1..=COUNT).map(|number| number.to_string()).collect();
    for number in &numbers {
        let count = rules.iter().filter(|rule| rule.rule == *number).count();
        match count {
            1 => {}
            0 => faults.push(format!("retention rule {number} is missing")),
            _ => faults.push(format!("retention rule {number} stands {count} times")),
        }
    }
    for rule in rules {
        if !numbers.contains(&rule.rule) {
            faults.push(format!(
                "retention rule {} is none of the schedule",
                rule.rule
            ));
        }
        if rule.name.trim().is_empty() || rule.keep.trim().is_empty() {
            faults.push(format!("retention rule {} has no words", rule.rule));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_is_whole_and_in_order() {
        assert_eq!(faults(all()), Vec::<String>::new());
        let numbers: Vec<u32> = all()
            .iter()
            .map(|rule| rule.rule.parse().unwrap())
            .collect();
        assert!(numbers.is_sorted());
        assert_eq!(find("14").unwrap().needs, ["decision"]);
    }

    #[test]
    fn a_rule_that_is_gone_or_stands_twice_is_named() {
        let mut rules = all().to_vec();
        let gone = rules.remove(12);
        assert_eq!(faults(&rules), ["retention rule 13 is missing"]);
        rules.extend([gone.clone(), gone]);
        assert_eq!(faults(&rules), ["retention rule 13 stands 2 times"]);
        rules.pop();
        rules[0].rule = "0".to_owned();
        let wanted = [
            "retention rule 1 is missing",
            "retention rule 0 is none of the schedule",
        ];
        assert_eq!(faults(&rules), wanted);
    }
}
