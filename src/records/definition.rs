//! Whether a kind's definition is sound: complete, free of contradictions, its examples valid.

use serde_json::Value;

use crate::records::card;
use crate::records::card::Piece;
use crate::records::classes;
use crate::records::classes::Class;
use crate::records::field::Field;
use crate::records::kind::FORMAT;
use crate::records::kind::Kind;
use crate::records::words::CaseRule;
use crate::records::words::Place;
use crate::records::words::Sort;

mod clocks;
pub mod fields;

impl Kind {
    /// Everything wrong with the definition, a sentence each.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        head(self, &mut faults);
        fields::check(&self.fields, "", &mut faults);
        class(self, &mut faults);
        card_lines(self, &mut faults);
        named_fields(self, &mut faults);
        leaving(self, &mut faults);
        clocks::check(self, &mut faults);
        example(self, &mut faults);
        faults
    }
}

fn head(kind: &Kind, faults: &mut Vec<String>) {
    let mut fault = |wrong: bool, words: &str| {
        if wrong {
            faults.push(words.to_owned());
        }
    };
    fault(kind.format != FORMAT, "its format is not 1");
    fault(!is_spelt(&kind.name, '-'), "its name is not kebab-case");
    fault(kind.version == 0, "its version does not count from 1");
    fault(kind.title.trim().is_empty(), "it has no title");
    fault(kind.summary.trim().is_empty(), "it has no summary");
    fault(kind.hint.trim().is_empty(), "it has no hint");
    fault(kind.readers.is_empty(), "nobody may read it");
    fault(kind.writers.is_empty(), "nobody may file it");
    fault(kind.fields.is_empty(), "it has no fields");
    fault(
        kind.case == CaseRule::None && kind.place == Place::Case,
        "it is sealed to a case but belongs to none",
    );
    fault(
        kind.case == CaseRule::None && !kind.services.is_empty(),
        "it names services but belongs to no case",
    );
    fault(
        kind.hides_from_manager && kind.place == Place::Case,
        "it is hidden from a manager but sealed to a case",
    );
    fault(
        twice(&kind.readers) || twice(&kind.writers),
        "a reader or writer stands twice",
    );
    for reader in kind.readers.iter().filter(|reader| !reader.may_read()) {
        faults.push(format!(
            "it names {reader} among its readers, which no kind may"
        ));
    }
    for writer in kind.writers.iter().filter(|writer| !writer.may_file()) {
        faults.push(format!(
            "it names {writer} among its writers, which no kind may"
        ));
    }
}

fn twice<T: PartialEq>(items: &[T]) -> bool {
    let mut rest = items;
    while let Some((first, after)) = rest.split_first() {
        if after.contains(first) {
            return true;
        }
        rest = after;
    }
    false
}

/// What a rule counts from and a record of the kind may not have. A record that may have no case needs what
/// the rule counts from without one.
fn unfed<'c>(kind: &Kind, class: &'c Class) -> impl Iterator<Item = &'c str> {
    let of_case = |need: &str| ["case-closure", "child-birth"].contains(&need);
    let given = |need: &str| kind.triggers.set().any(|(name, _)| name == need);
    // Without a case the rule counts from `without_case`, which is empty if it has no such form.
    let alone =
        kind.case == CaseRule::Optional && class.needs.iter().any(|need| need == "case-closure");
    let always = move |need: &&String| !(kind.case != CaseRule::None && of_case(need));
    let instead = class.without_case.iter().filter(move |_| alone);
    let lacking = (alone && class.without_case.is_empty()).then_some("case-closure");
    class
        .needs
        .iter()
        .filter(always)
        .chain(instead)
        .map(String::as_str)
        .filter(move |need| !given(need))
        .chain(lacking)
}

fn class(kind: &Kind, faults: &mut Vec<String>) {
    for rule in kind.class.all() {
        match classes::find(rule) {
            None => faults.push(format!("class {rule} is no retention rule")),
            Some(class) => {
                for need in unfed(kind, class) {
                    faults.push(format!(
                        "class {rule} counts from {need}, which no trigger gives"
                    ));
                }
            }
        }
    }
    for service in kind.class.services.keys() {
        if kind.case == CaseRule::None || !kind.takes(*service) {
            faults.push(format!(
                "its class depends on {service} cases, which do not take it"
            ));
        }
    }
    let Some(name) = &kind.class.field else {
        if !kind.class.by.is_empty() {
            faults.push("its class depends on a field it does not name".to_owned());
        }
        return;
    };
    match kind.field(name) {
        Some(field) if field.sort == Sort::Choice && field.required => {
            let known = |code: &str| field.choices.iter().any(|choice| choice.code == code);
            for code in kind.class.by.keys().filter(|code| !known(code)) {
                faults.push(format!(
                    "its class names {code}, which is no choice of {name}"
                ));
            }
        }
        _ => faults.push(format!(
            "its class depends on {name}, which is no required choice"
        )),
    }
}

fn card_lines(kind: &Kind, faults: &mut Vec<String>) {
    let lines = [
        Some((&kind.card.title, true)),
        kind.card.subtitle.as_ref().map(|s| (s, false)),
    ];
    for (template, whole) in lines.into_iter().flatten() {
        let Some(pieces) = card::pieces(template) else {
            faults.push("its card has a brace without a partner".to_owned());
            continue;
        };
        for piece in pieces {
            let Piece::Field(path) = piece else { continue };
            match kind.field_at(path) {
                None => faults.push(format!("its card names {path}, which is no field")),
                Some(field) if field.nested() => {
                    faults.push(format!("its card names {path}, which is a group"));
                }
                Some(_) if whole && !always_given(kind, path) => {
                    faults.push(format!(
                        "its card's title needs {path}, which may be absent"
                    ));
                }
                Some(_) => {}
            }
        }
    }
}

/// Whether every form has a value at this path.
fn always_given(kind: &Kind, path: &str) -> bool {
    let mut at = String::new();
    path.split('.').all(|step| {
        if !at.is_empty() {
            at.push('.');
        }
        at.push_str(step);
        kind.field_at(&at).is_some_and(|field| field.required)
    })
}

fn named_fields(kind: &Kind, faults: &mut Vec<String>) {
    let mut named = |what: &str, path: &str, fits: fn(&Field) -> bool, wanted: &str| {
        if !kind.field_at(path).is_some_and(fits) {
            faults.push(format!("{what} names {path}, which is no {wanted} field"));
        }
    };
    let is_day = |field: &Field| matches!(field.sort, Sort::Date | Sort::DateTime);
    let is_name = |field: &Field| field.sort == Sort::Person;
    let is_line = |field: &Field| matches!(field.sort, Sort::Person | Sort::Text);
    for (trigger, path) in kind.triggers.set() {
        named(&format!("the {trigger} trigger"), path, is_day, "date");
    }
    for path in kind
        .people
        .handler
        .iter()
        .chain(&kind.people.about)
        .chain(&kind.people.deciders)
    {
        named("people", path, is_name, "person");
    }
    if let Some(path) = &kind.people.order_recipients {
        named("people", path, is_line, "text");
    }
    if let Some(order) = &kind.order {
        if let Some(path) = &order.until {
            named("order", path, is_day, "date");
        }
        if let Some(path) = &order.replaces {
            named("order", path, |field| field.sort == Sort::Text, "text");
        }
    }
    for path in &kind.revealed {
        named("revealed", path, |_| true, "known");
    }
    for path in kind.leaves.iter().flat_map(|leaves| &leaves.fields) {
        named("what leaves", path, |_| true, "known");
    }
}

/// What may leave is said once for a service, and only of what may leave at all.
fn leaving(kind: &Kind, faults: &mut Vec<String>) {
    let services: Vec<_> = kind
        .leaves
        .iter()
        .flat_map(|leaves| &leaves.services)
        .collect();
    if twice(&services) {
        faults.push("it says twice what may leave a case of one service".to_owned());
    }
    for service in services.iter().filter(|service| !kind.takes(***service)) {
        faults.push(format!(
            "it says what may leave {service} cases, which do not take it"
        ));
    }
    if !kind.leaves.is_empty() && !kind.exportable {
        faults.push("it says what may leave, and nothing of it may".to_owned());
    }
}

fn example(kind: &Kind, faults: &mut Vec<String>) {
    let template = kind.template_json();
    match kind.check(&template) {
        Err(problems) => {
            faults.extend(
                problems
                    .iter()
                    .map(|problem| format!("its example: {problem}")),
            );
        }
        Ok(form) if form.fields() != &template => {
            faults.push("its example is not kept as it stands".to_owned());
        }
        Ok(_) => {}
    }
    if !kind
        .fields
        .iter()
        .any(|field| field.free_text() && plainly_worded(template.get(&field.name)))
    {
        faults.push("no example text is of letters, spaces, commas and full stops only".to_owned());
    }
}

/// Whether the example is words that every reader of text takes as they are.
fn plainly_worded(example: Option<&Value>) -> bool {
    let plain = |c: char| c.is_alphabetic() || matches!(c, ' ' | ',' | '.');
    let words = |text: &str| text.contains(' ') && text.chars().all(plain);
    example.and_then(Value::as_str).is_some_and(words)
}

/// Lower-case words of letters and digits, joined by `joint`.
pub(crate) fn is_spelt(name: &str, joint: char) -> bool {
    let word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.split(joint).all(word)
}
