//! A form filled in by answering, one field after the other: which question comes next, what an answer means, and
//! what is asked once more. Who answers, a terminal or a test, is for others to say.

use serde_json::Map;
use serde_json::Value;

use crate::records::asking::one::meant;
use crate::records::asking::one::one;
use crate::records::field::Field;
use crate::records::field::LIST_ITEMS;
use crate::records::kind::Kind;
use crate::records::problem::Problem;
use crate::records::words::Sort;

mod one;

/// Who is asked.
pub trait Answers {
    /// Shows words: a heading, a hint, what was wrong.
    fn tell(&mut self, text: &str);
    /// The line given to a question.
    ///
    /// # Errors
    /// [`Ended`].
    fn answer(&mut self, question: &str) -> Result<String, Ended>;
}

/// There is nobody to ask any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended;

/// How answering goes.
const HOW: &str =
    "Enter alone leaves a field out, ? says what is meant. A long text ends with an empty line.";

/// Asks for a kind's fields until the form keeps every rule of it.
///
/// # Errors
/// [`Ended`], where the answers end before.
pub fn ask(kind: &Kind, to: &mut dyn Answers) -> Result<Value, Ended> {
    to.tell(&kind.title);
    to.tell(&kind.hint);
    to.tell(HOW);
    let mut given = Map::new();
    ask_each(&kind.fields, &mut given, to)?;
    loop {
        let form = Value::Object(given.clone());
        let Err(problems) = kind.check(&form) else {
            return Ok(form);
        };
        // Rules between fields are seen only now; what they name is asked once more.
        to.tell("");
        for problem in &problems {
            to.tell(&told(kind, problem));
        }
        for field in &kind.fields {
            if problems.iter().any(|problem| top(problem) == field.name) {
                given.remove(&field.name);
                let value = question(field, &given, to)?;
                given.extend(value.map(|value| (field.name.clone(), value)));
            }
        }
    }
}

/// The field of the form that a problem is in.
fn top(problem: &Problem) -> &str {
    let name = problem.field.split(['.', '[']).next();
    name.unwrap_or_default()
}

fn told(kind: &Kind, problem: &Problem) -> String {
    let label = kind.field(top(problem)).map(|field| field.label.as_str());
    format!("{} {}", label.unwrap_or("The form"), problem.rule)
}

fn ask_each(
    fields: &[Field],
    given: &mut Map<String, Value>,
    to: &mut dyn Answers,
) -> Result<(), Ended> {
    for field in fields {
        if let Some(section) = &field.section {
            to.tell("");
            to.tell(section);
        }
        let value = question(field, given, to)?;
        given.extend(value.map(|value| (field.name.clone(), value)));
    }
    Ok(())
}

/// A field's value; `None` where it is left out.
fn question(
    field: &Field,
    beside: &Map<String, Value>,
    to: &mut dyn Answers,
) -> Result<Option<Value>, Ended> {
    if field
        .only_if
        .as_ref()
        .is_some_and(|only| !only.holds(beside))
    {
        return Ok(None);
    }
    let needed = field.required
        || field
            .required_if
            .as_ref()
            .is_some_and(|when| when.holds(beside));
    if !field.choices.is_empty() {
        for (at, choice) in field.choices.iter().enumerate() {
            to.tell(&format!("  {} {}", at + 1, choice.label));
        }
    }
    match (field.nested(), field.list) {
        (true, _) => groups(field, needed, to),
        (false, true) => many(field, needed, to),
        (false, false) => one(field, &asked(field, needed), needed, to),
    }
}

/// The question of a field.
fn asked(field: &Field, needed: bool) -> String {
    let mut beside: Vec<&str> = field.unit.as_deref().into_iter().collect();
    beside.extend((field.sort == Sort::YesNo).then_some("yes or no"));
    beside.extend((field.sort == Sort::Choices).then_some("numbers, with commas between"));
    beside.extend(needed.then_some("needed"));
    if beside.is_empty() {
        format!("{}: ", field.label)
    } else {
        format!("{} ({}): ", field.label, beside.join("; "))
    }
}

/// A list of values, one a line, until a line is empty.
fn many(field: &Field, needed: bool, to: &mut dyn Answers) -> Result<Option<Value>, Ended> {
    let mut all = Vec::new();
    let another = format!("{}, another: ", field.label);
    while all.len() < field.max_items.unwrap_or(LIST_ITEMS) {
        let first = asked(field, needed);
        let prompt = if all.is_empty() { &first } else { &another };
        match one(field, prompt, needed && all.is_empty(), to)? {
            Some(value) => all.push(value),
            None => break,
        }
    }
    Ok((!all.is_empty()).then_some(Value::Array(all)))
}

/// A group, or any number of them.
fn groups(field: &Field, needed: bool, to: &mut dyn Answers) -> Result<Option<Value>, Ended> {
    let mut all = Vec::new();
    let most = if field.list {
        field.max_items.unwrap_or(LIST_ITEMS)
    } else {
        1
    };
    while all.len() < most {
        if (!needed || !all.is_empty()) && !wants_one(field, !all.is_empty(), to)? {
            break;
        }
        let mut inner = Map::new();
        to.tell(&format!("{} {}", field.label, all.len() + 1));
        ask_each(&field.fields, &mut inner, to)?;
        all.push(Value::Object(inner));
    }
    if field.list {
        return Ok((!all.is_empty()).then_some(Value::Array(all)));
    }
    Ok(all.pop())
}

/// Whether there is one to be written down.
fn wants_one(field: &Field, another: bool, to: &mut dyn Answers) -> Result<bool, Ended> {
    let what = if another {
        "write down another"
    } else {
        "is there one"
    };
    loop {
        let line = to.answer(&format!("{}: {what}? (y/N): ", field.label))?;
        match line.trim().to_lowercase().as_str() {
            "y" | "yes" => return Ok(true),
            "" | "n" | "no" => return Ok(false),
            _ => to.tell(&meant(field)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::records::Kinds;

    /// Answers made ready, and everything that was said.
    #[derive(Default)]
    struct Script {
        answers: VecDeque<String>,
        said: Vec<String>,
    }

    impl Answers for Script {
        fn tell(&mut self, text: &str) {
            self.said.push(text.to_owned());
        }

        fn answer(&mut self, question: &str) -> Result<String, Ended> {
            self.said.push(question.to_owned());
            self.answers.pop_front().ok_or(Ended)
        }
    }

    fn script(answers: &[&str]) -> Script {
        Script {
            answers: answers.iter().map(|&one| one.to_owned()).collect(),
            said: Vec::new(),
        }
    }

    #[test]
    fn what_is_wrong_is_asked_again() {
        let kinds = Kinds::builtin();
        let field = |kind: &str, name: &str| kinds.find(kind).unwrap().field(name).unwrap().clone();
        let date = field("attendance", "session_date");
        let mut to = script(&["", "?", "yesterday", "31/2/2026", "4/11/2026"]);
        let value = question(&date, &Map::new(), &mut to).unwrap();
        assert_eq!(value, Some(Value::String("2026-11-04".to_owned())));
        let said = to.said.join("\n");
        for words in [
            "This one is needed.",
            "for example: 2026-11-07",
            "must be a date",
            "a day that exists",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
        let sort = field("attendance", "session_type");
        let mut to = script(&["0", "7", "supervisd", "2"]);
        let value = question(&sort, &Map::new(), &mut to).unwrap();
        assert_eq!(value, Some(Value::String("supervised".to_owned())));
        assert!(to.said.iter().any(|said| said.contains("1 Supported")));
        // Nobody answers any more: nothing comes of it.
        assert_eq!(
            question(&date, &Map::new(), &mut script(&["yesterday"])),
            Err(Ended)
        );
    }

    /// What only the whole form shows is asked once more, and then the form is whole.
    #[test]
    fn rules_between_fields_are_kept_too() {
        let kind = Kinds::builtin().find("attendance").unwrap();
        let answers = [
            "2026-11-07",
            "1",
            "16:00",
            "14:00",
            "yes",
            "Cai",
            "",
            "",
            "",
            "n",
            "",
            "",
            "",
            "",
            "17:30",
        ];
        let mut to = script(&answers);
        let asked = ask(kind, &mut to);
        assert!(to.answers.is_empty(), "{:?}", to.said);
        let asked = asked.unwrap();
        assert_eq!(asked["planned_end"], "17:30");
        assert!(
            to.said.iter().any(|said| said.starts_with("Planned end ")),
            "{:?}",
            to.said
        );
    }
}
