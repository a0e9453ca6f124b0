//! A form as people read it on a terminal: labels in one column, texts wrapped beside or below.

use std::fmt::Write as _;

use serde_json::Value;

use crate::records::display;
use crate::records::field::Field;
use crate::records::form::Form;
use crate::records::form::entries;
use crate::records::kind::Kind;
use crate::records::words::Sort;

/// The narrowest terminal a form is laid out for.
const NARROWEST: usize = 20;
/// Below this, values stand under their labels.
const SIDE_BY_SIDE: usize = 50;
/// The widest column of labels.
const LABELS: usize = 28;
/// How far groups and long texts are set in.
const INDENT: usize = 2;

impl Kind {
    /// The form in words, each line at most `width` columns wide (at least 20; a character wider than
    /// what is left stands alone). Ends with a line break.
    pub fn render(&self, form: &Form, width: usize) -> String {
        let mut page = Page::new(width.max(NARROWEST), &self.fields);
        page.object(&self.fields, form.fields(), 0);
        page.text
    }
}

struct Page {
    text: String,
    width: usize,
    labels: usize,
}

impl Page {
    fn new(width: usize, fields: &[Field]) -> Self {
        let widest = fields.iter().map(|field| columns(&field.label)).max();
        let labels = widest.unwrap_or(0).min(LABELS).min(width / 3);
        Self {
            text: String::new(),
            width,
            labels: if width < SIDE_BY_SIDE { 0 } else { labels },
        }
    }

    fn object(&mut self, fields: &[Field], given: &Value, indent: usize) {
        let mut section = None;
        for field in fields {
            if field.section.is_some() {
                section = field.section.as_deref();
            }
            if let Some(value) = given.get(&field.name) {
                if let Some(title) = section.take() {
                    self.heading(title);
                }
                self.field(field, value, indent);
            }
        }
        let unknown = given.as_object().into_iter().flatten();
        for (name, value) in unknown.filter(|(name, _)| fields.iter().all(|f| &f.name != *name)) {
            self.pair(name, &display::plain(value), indent);
        }
    }

    fn heading(&mut self, title: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.wrapped(title, 0, 0);
    }

    fn field(&mut self, field: &Field, value: &Value, indent: usize) {
        match field.sort {
            Sort::LongText => {
                self.wrapped(&field.label, indent, indent);
                for text in entries(value) {
                    self.paragraphs(&display::value(field, text), indent + INDENT);
                }
            }
            Sort::Quote => {
                self.wrapped(&field.label, indent, indent);
                for quote in entries(value) {
                    self.quote(quote, indent + INDENT);
                }
            }
            Sort::Group => {
                for (at, one) in entries(value).iter().enumerate() {
                    let number = if field.list {
                        format!(" {}", at + 1)
                    } else {
                        String::new()
                    };
                    self.wrapped(&format!("{}{number}", field.label), indent, indent);
                    self.object(&field.fields, one, indent + INDENT);
                }
            }
            Sort::Text | Sort::Person if field.list => {
                // Names may hold commas, so each stands on a line of its own.
                let each = entries(value).iter().map(|one| display::value(field, one));
                let lines: Vec<String> = each.collect();
                self.pair(&field.label, &lines.join("\n"), indent);
            }
            _ => self.pair(&field.label, &display::value(field, value), indent),
        }
    }

    /// Words in quotation marks if they are the very words, and who said them.
    fn quote(&mut self, quote: &Value, indent: usize) {
        let part = |name: &str| quote.get(name).map(display::plain).unwrap_or_default();
        let verbatim = quote.get("verbatim") == Some(&Value::Bool(true));
        let said = if verbatim {
            format!("{}: “{}”", part("speaker"), part("words"))
        } else {
            format!("{}, in summary: {}", part("speaker"), part("words"))
        };
        self.paragraphs(&said, indent);
    }

    /// A label and a short value, side by side where there is room.
    fn pair(&mut self, label: &str, value: &str, indent: usize) {
        let fits = columns(label) <= self.labels;
        if self.labels == 0 || !fits {
            self.wrapped(label, indent, indent);
            self.paragraphs(value, indent + INDENT);
            return;
        }
        let label = display::line(label);
        let padding = self.labels - columns(&label);
        let first = format!("{:indent$}{label}{:padding$}  ", "", "");
        let hanging = " ".repeat(indent + self.labels + 2);
        let mut before = first.as_str();
        for line in display::lines(value) {
            self.fill(&line, before, &hanging);
            before = &hanging;
        }
    }

    fn paragraphs(&mut self, text: &str, indent: usize) {
        display::lines(text).for_each(|line| self.wrapped(&line, indent, indent));
    }

    fn wrapped(&mut self, text: &str, first: usize, rest: usize) {
        let (first, rest) = (" ".repeat(first), " ".repeat(rest));
        self.fill(&display::line(text), &first, &rest);
    }

    fn fill(&mut self, line: &str, first: &str, rest: &str) {
        let options = textwrap::Options::new(self.width)
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            .initial_indent(first)
            .subsequent_indent(rest);
        for line in textwrap::wrap(line, options) {
            // Writing to a String cannot fail.
            let _ = writeln!(self.text, "{}", line.trim_end());
        }
    }
}

pub(crate) fn columns(text: &str) -> usize {
    textwrap::core::display_width(text)
}
