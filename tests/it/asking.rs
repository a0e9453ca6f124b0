//! Forms filled in by answering: every kind, and what each asks.

use std::collections::VecDeque;

use serde_json::Map;
use serde_json::Value;
use strongroom::records::Kinds;
use strongroom::records::asking::Answers;
use strongroom::records::asking::Ended;
use strongroom::records::asking::ask;
use strongroom::records::field::Condition;
use strongroom::records::field::Field;
use strongroom::records::field::LIST_ITEMS;
use strongroom::records::words::Sort;

/// Answers made ready, and everything that was said.
#[derive(Default)]
struct Script {
    answers: VecDeque<String>,
    said: String,
}

impl Answers for Script {
    fn tell(&mut self, text: &str) {
        self.said.push_str(text);
        self.said.push('\n');
    }

    fn answer(&mut self, question: &str) -> Result<String, Ended> {
        let answer = self.answers.pop_front().ok_or(Ended)?;
        self.tell(&format!("{question}{answer}"));
        Ok(answer)
    }
}

fn entries(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// What somebody types who has this form before them.
fn typed(fields: &[Field], form: &Map<String, Value>, out: &mut VecDeque<String>) {
    for field in fields {
        let holds = |when: &Option<Condition>| when.as_ref().map(|when| when.holds(form));
        if holds(&field.only_if) == Some(false) {
            continue;
        }
        let needed = field.required || holds(&field.required_if) == Some(true);
        let given = form.get(&field.name);
        let all = given.map(|value| {
            if field.list {
                entries(value)
            } else {
                std::slice::from_ref(value)
            }
        });
        let all = all.unwrap_or_default();
        for (at, value) in all.iter().enumerate() {
            match value {
                Value::Object(inner) => {
                    out.extend((!(needed && at == 0)).then(|| "y".to_owned()));
                    typed(&field.fields, inner, out);
                }
                value => out.extend(lines(field, value)),
            }
        }
        let full = all.len()
            >= if field.list {
                field.max_items.unwrap_or(LIST_ITEMS)
            } else {
                1
            };
        out.extend((!full).then(String::new));
    }
}

fn lines(field: &Field, value: &Value) -> Vec<String> {
    let number = |code: &Value| {
        let mut all = field.choices.iter();
        (all.position(|choice| code == choice.code.as_str()).unwrap() + 1).to_string()
    };
    match (field.sort, value) {
        (Sort::Choice, code) => vec![number(code)],
        (Sort::Choices, codes) => {
            let all: Vec<String> = entries(codes).iter().map(number).collect();
            vec![all.join(", ")]
        }
        (Sort::LongText, text) => {
            let text = text.as_str().unwrap();
            let mut all: Vec<String> = text.split('\n').map(str::to_owned).collect();
            all.push(String::new());
            all
        }
        (_, Value::Bool(yes)) => vec![if *yes { "yes" } else { "no" }.to_owned()],
        (_, Value::String(text)) => vec![text.clone()],
        (_, other) => vec![other.to_string()],
    }
}

/// Every kind can be filled in by answering, and comes to what its example says. What is asked stands in a snapshot.
#[test]
fn whoever_answers_as_the_example_does_gets_the_example() {
    let mut said = String::new();
    for kind in Kinds::builtin().iter() {
        let form = kind.template_json();
        let mut script = Script::default();
        typed(&kind.fields, form.as_object().unwrap(), &mut script.answers);
        let asked = ask(kind, &mut script);
        let asked = asked.unwrap_or_else(|_| panic!("{}: {}", kind.name, script.said));
        assert!(
            script.answers.is_empty(),
            "{}: {:?}",
            kind.name,
            script.answers
        );
        let whole = |form: &Value| kind.check(form).unwrap().to_json();
        assert_eq!(whole(&asked), whole(&form), "{}", kind.name);
        said.push_str(&script.said);
        said.push('\n');
    }
    insta::assert_snapshot!("asked", said);
}
