//! A kind in words: what it asks for, who reads it, how long it is kept.

use std::fmt::Write as _;

use crate::records::classes;
use crate::records::display::listed;
use crate::records::field::Field;
use crate::records::field::LIST_ITEMS;
use crate::records::field::LONG_TEXT_CHARS;
use crate::records::field::TEXT_CHARS;
use crate::records::kind::Kind;
use crate::records::render::columns;
use crate::records::words::CaseRule;
use crate::records::words::Checker;
use crate::records::words::Place;
use crate::records::words::Service;
use crate::records::words::Sort;

/// The narrowest terminal a kind is laid out for.
const NARROWEST: usize = 20;
/// The column of labels of the overview.
const LABELS: usize = 12;

impl Kind {
    /// The kind for people, each line at most `width` columns wide (at least 20).
    pub fn describe(&self, width: usize) -> String {
        let width = width.max(NARROWEST);
        let mut text = String::new();
        let heading = format!("{} ({}, version {})", self.title, self.name, self.version);
        put(&mut text, width, "", "", &heading);
        put(&mut text, width, "", "", &self.summary);
        put(&mut text, width, "", "", &self.hint);
        text.push('\n');
        for (label, words) in self.overview() {
            let padding = LABELS.saturating_sub(columns(label));
            let first = format!("{label}{:padding$} ", "");
            put(&mut text, width, &first, &" ".repeat(LABELS + 1), &words);
        }
        text.push_str("\nFields\n");
        for field in &self.fields {
            describe_field(&mut text, width, field, 1);
        }
        text
    }

    fn overview(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![
            ("Belongs to", self.belongs_to()),
            ("Read by", words(&self.readers)),
            ("Filed by", words(&self.writers)),
            ("Kept", self.kept().join("; ")),
        ];
        if !self.sensitivity.is_empty() {
            lines.push(("Sensitive", words(&self.sensitivity)));
        }
        for leaves in &self.leaves {
            let services = words(&leaves.services);
            let fields = words(&leaves.fields);
            lines.push(("Leaves", format!("from {services} cases only {fields}")));
        }
        let rules = self.rules();
        if !rules.is_empty() {
            lines.push(("Rules", rules.join("; ")));
        }
        if !self.clocks.is_empty() {
            lines.push(("Due", self.clock_lines()));
        }
        lines
    }

    /// Each retention rule, and for which answers and services.
    fn kept(&self) -> Vec<String> {
        let rule = &self.class;
        let mut kept = Vec::new();
        for number in rule.all() {
            let Some(class) = classes::find(number) else {
                continue;
            };
            let says = format!("rule {number}, {}: {}", class.name, class.keep);
            let codes = rule.by.iter().filter(|(_, of)| *of == number);
            let codes: Vec<String> = codes.map(|(code, _)| code.clone()).collect();
            let services = rule.services.iter().filter(|(_, of)| *of == number);
            let services: Vec<Service> = services.map(|(service, _)| *service).collect();
            let mut when = Vec::new();
            if let Some(field) = rule.field.as_ref().filter(|_| !codes.is_empty()) {
                when.push(format!("when {field} is {}", codes.join(" or ")));
            }
            if !services.is_empty() {
                when.push(format!("of {} cases", words(&services)));
            }
            kept.push(if number == rule.rule || when.is_empty() {
                says
            } else {
                format!("{} {says}", when.join(" and "))
            });
        }
        kept
    }

    fn belongs_to(&self) -> String {
        let case = match self.case {
            CaseRule::Required => "always a case",
            CaseRule::Optional => "a case, or none",
            CaseRule::None => "no case",
        };
        if self.services.is_empty() {
            case.to_owned()
        } else {
            format!("{case}, of these services: {}", words(&self.services))
        }
    }

    fn clock_lines(&self) -> String {
        let lines = self.clocks.iter().map(|clock| {
            let (says, from) = (&clock.says, &clock.from);
            match clock.lengths().next() {
                None | Some((0, _)) => format!("{says}, on {from}"),
                Some((1, unit)) => {
                    format!("{says}, within 1 {} of {from}", unit.trim_end_matches('s'))
                }
                Some((count, unit)) => format!("{says}, within {count} {unit} of {from}"),
            }
        });
        lines.collect::<Vec<_>>().join("; ")
    }

    fn rules(&self) -> Vec<&'static str> {
        let own = self.place == Place::Own;
        let checked = self.checked_by == Some(Checker::NotAuthor);
        [
            (own, "hidden from everyone who may not read it"),
            (
                self.hides_from_manager,
                "hidden from the manager of whoever it is about",
            ),
            (self.purpose_required, "opens only with a purpose"),
            (!self.exportable, "never leaves as an export"),
            (
                self.second_approver,
                "a second person approves granting or releasing it",
            ),
            (checked, "checked by someone other than its author"),
            (self.revealed_to, "everyone it is shown to is listed"),
        ]
        .into_iter()
        .filter_map(|(holds, words)| holds.then_some(words))
        .collect()
    }
}

/// Words of a closed list, as a sentence has them.
fn words<T: std::fmt::Display>(items: &[T]) -> String {
    listed(items.iter().map(ToString::to_string))
}

fn describe_field(text: &mut String, width: usize, field: &Field, depth: usize) {
    let first = "  ".repeat(depth);
    let rest = "  ".repeat(depth + 2);
    let sentence = format!(
        "{}: {}. {}. {}",
        field.name,
        field.label,
        asks(field),
        field.hint
    );
    put(text, width, &first, &rest, &sentence);
    for choice in &field.choices {
        let line = format!("{}: {}", choice.code, choice.label);
        put(text, width, &rest, &"  ".repeat(depth + 3), &line);
    }
    for inner in &field.fields {
        describe_field(text, width, inner, depth + 1);
    }
}

/// What a field accepts, as a phrase: its sort, whether it is needed, its limits.
pub(crate) fn asks(field: &Field) -> String {
    let sort = match field.sort {
        Sort::Text => "one line of text",
        Sort::LongText => "text",
        Sort::Date => "date, year-month-day",
        Sort::Time => "time, hours:minutes",
        Sort::DateTime => "date and time",
        Sort::Number => "whole number",
        Sort::Duration => "whole minutes",
        Sort::YesNo => "true or false",
        Sort::Choice => "one of the codes below",
        Sort::Choices => "any of the codes below",
        Sort::Person => "a handle or a name",
        Sort::Quote => "somebody's words",
        Sort::Group => "fields of its own",
    };
    let mut phrase = if field.list {
        let most = field.max_items.unwrap_or(LIST_ITEMS);
        match field.min_items {
            Some(least) if least == most => format!("List of {most}, each {sort}"),
            Some(least) => format!("List of {least} to {most}, each {sort}"),
            None => format!("List of up to {most}, each {sort}"),
        }
    } else {
        let mut letters = sort.chars();
        let first = letters.next().map(|c| c.to_uppercase().to_string());
        format!("{}{}", first.unwrap_or_default(), letters.as_str())
    };
    // Writing to a String cannot fail.
    match (&field.pattern, field.min, field.max) {
        (Some(pattern), _, _) => {
            let _ = write!(phrase, ", {}", pattern.words);
        }
        (None, Some(least), Some(most)) => {
            let _ = write!(phrase, ", {least} to {most}");
        }
        _ => {}
    }
    if matches!(field.sort, Sort::Text | Sort::LongText | Sort::Person) && field.pattern.is_none() {
        let usual = match field.sort {
            Sort::LongText => LONG_TEXT_CHARS,
            _ => TEXT_CHARS,
        };
        let _ = write!(
            phrase,
            " of up to {} characters",
            field.max_length.unwrap_or(usual)
        );
    }
    phrase.push_str(&need(field));
    if !field.personal.is_empty() {
        let _ = write!(phrase, ", sensitive: {}", words(&field.personal));
    }
    phrase
}

fn need(field: &Field) -> String {
    if field.required {
        return ", required".to_owned();
    }
    match (&field.required_if, &field.only_if) {
        (None, None) => ", optional".to_owned(),
        (None, Some(only)) => format!(", only when {only}"),
        (Some(condition), Some(only)) if condition == only => {
            format!(", required when {condition}, and only then")
        }
        (Some(condition), Some(only)) => {
            format!(", required when {condition}, and only when {only}")
        }
        (Some(condition), None) => format!(", required when {condition}"),
    }
}

fn put(text: &mut String, width: usize, first: &str, rest: &str, words: &str) {
    let options = textwrap::Options::new(width)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .initial_indent(first)
        .subsequent_indent(rest);
    for line in textwrap::wrap(words, options) {
        let _ = writeln!(text, "{}", line.trim_end());
    }
}
