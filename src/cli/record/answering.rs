//! Filling in a form at a terminal.

use serde_json::Value;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::out::shown;
use crate::cli::tty::LINE_BYTES;
use crate::records::asking::Answers;
use crate::records::asking::Ended;
use crate::records::kind::Kind;

/// The terminal of whoever is asked.
pub(crate) struct Terminal<'a> {
    ask: &'a Ask,
    width: usize,
}

impl<'a> Terminal<'a> {
    /// # Errors
    /// Usage, where nobody is there to be asked, or a script reads the answer.
    pub(crate) fn of(ask: &'a Ask, out: &Out) -> Result<Self, CliError> {
        if ask.is_at_terminal() && !out.json() {
            let width = out.prose_width();
            return Ok(Self { ask, width });
        }
        let says = "the form was not given";
        Err(CliError::usage(says).hint(
            "name its file with --from FILE; `strongroom kind template` prints one to fill in",
        ))
    }

    /// Shows a form as it will be read.
    pub(crate) fn show(&mut self, kind: &Kind, value: &Value) {
        self.tell("");
        if let Ok(form) = kind.check(value) {
            self.ask.tell(&shown(&kind.render(&form, self.width)));
        }
        self.tell("");
    }

    /// Whether the answer is yes; asked until it is yes or no.
    pub(crate) fn wants(&mut self, question: &str) -> bool {
        loop {
            let Ok(line) = self.answer(question) else {
                return false;
            };
            match line.trim().to_lowercase().as_str() {
                "y" | "yes" => return true,
                "n" | "no" => return false,
                _ => {}
            }
        }
    }
}

impl Answers for Terminal<'_> {
    fn tell(&mut self, text: &str) {
        for line in textwrap::wrap(&shown(text), self.width) {
            self.ask.tell(line.trim_end());
        }
    }

    fn answer(&mut self, question: &str) -> Result<String, Ended> {
        loop {
            let line = self.ask.typed(&shown(question)).ok_or(Ended)?;
            if line.len() < LINE_BYTES {
                return Ok(line);
            }
            self.tell(
                "This line is longer than a terminal takes, and its end is lost. Type it again in shorter lines; what \
                 is very long goes into a file (--from).",
            );
        }
    }
}
