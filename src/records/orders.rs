//! Whom a court's order names, and how long it holds.
//!
//! Orders are copied by hand, and so is the name of whoever asks: letters, case and marks
//! are compared folded. A line such as `Hughes and Partners, for the mother` also names what stands before its first
//! comma; nothing less does, so that a surname alone, or one of two firms, is not enough.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;

use crate::records::facts::day;
use crate::records::fold::fold;
use crate::records::form::Form;

/// Which fields of a kind say how long an order holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OrderRule {
    /// Its last day; a date field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The ids of the orders whose place it takes; a text field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
}

/// What an order's form says of how long it holds, and of others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Its last day, `YYYY-MM-DD`.
    pub until: Option<String>,
    /// The ids of the orders whose place it takes, as typed.
    pub replaces: Vec<String>,
}

impl OrderRule {
    /// What a form says, if it says anything.
    pub fn of(&self, form: &Form) -> Option<Standing> {
        let until = self.until.as_deref().and_then(|path| day(form, path));
        let replaces = self.replaces.as_deref().map(|path| form.texts(path));
        let replaces: Vec<String> = replaces.into_iter().flatten().map(str::to_owned).collect();
        (until.is_some() || !replaces.is_empty()).then_some(Standing { until, replaces })
    }
}

/// What these lines name, folded: whoever is spelt so is named.
pub fn named(lines: &[String]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for line in lines {
        all.extend(spelt(line));
        all.extend(line.split_once(',').and_then(|(first, _)| spelt(first)));
    }
    all
}

/// Somebody's name, folded; `None` where it names nobody.
pub fn spelt(name: &str) -> Option<String> {
    let folded = fold(name);
    (!folded.is_empty()).then_some(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_named_is_found_however_it_is_typed() {
        let lines = [
            "The Family Court at Carmarthen",
            "Cafcass Cymru, Ms Lowri Vaughan",
            "Hughes and Partners, for the mother",
            "Siân Tŷ-Coch",
            ", nobody",
            "",
        ]
        .map(str::to_owned);
        let names = |typed: &str| spelt(typed).is_some_and(|typed| named(&lines).contains(&typed));
        for typed in [
            "the family court at carmarthen",
            "Cafcass Cymru",
            "Cafcass Cymru, Ms Lowri Vaughan",
            "cafcass cymru ms lowri vaughan",
            "HUGHES AND PARTNERS",
            "sian ty coch",
        ] {
            assert!(names(typed), "{typed}");
        }
        // One word of several, what stands behind the comma, somebody else, nobody.
        for typed in [
            "Cafcass",
            "Partners",
            "for the mother",
            "Ms Lowri Vaughan",
            "Emeka Okonkwo",
            "",
            " , ",
        ] {
            assert!(!names(typed), "{typed}");
        }
    }
}
