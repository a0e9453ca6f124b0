//! The one place that prints. What goes to stdout is kept until the command has succeeded, so that an
//! error leaves stdout empty; what goes to stderr while a command runs is notes, warnings and bars.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io;
use std::io::IsTerminal as _;
use std::io::Write as _;
use std::process::ExitCode;

use serde::Serialize;
use zeroize::Zeroizing;

use crate::cli::ask::Colour;
use crate::cli::ask::Global;
use crate::cli::environment::Environment;
use crate::cli::fail::CliError;
use crate::cli::table;
use crate::cli::table::Table;

/// Prose is never wider than this, however wide the window.
const PROSE: usize = 100;
/// The width of prose that does not go to a terminal.
const UNSEEN: usize = 80;

/// Where a command's words go.
#[derive(Debug)]
pub(crate) struct Out {
    json: bool,
    quiet: bool,
    colour: bool,
    /// Of the terminal; `None` where stdout is no terminal.
    width: Option<usize>,
    /// Of the terminal that notes and errors go to; `None` where stderr is no terminal.
    stderr_width: Option<usize>,
    page: Zeroizing<String>,
}

impl Out {
    /// Looks at the terminal once.
    pub(crate) fn new(global: &Global, environment: &Environment) -> Self {
        let terminal = io::stdout().is_terminal();
        let colour = match global.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => terminal && environment.colour,
        };
        Self {
            json: global.json,
            quiet: global.quiet,
            colour,
            width: width_of(&io::stdout()),
            stderr_width: width_of(&io::stderr()),
            page: Zeroizing::new(String::new()),
        }
    }

    /// Whether a script reads.
    pub(crate) const fn json(&self) -> bool {
        self.json
    }

    /// Whether only what was asked for is printed.
    pub(crate) const fn quiet(&self) -> bool {
        self.quiet
    }

    /// How wide prose may be.
    pub(crate) fn prose_width(&self) -> usize {
        self.width.unwrap_or(UNSEEN).clamp(20, PROSE)
    }

    /// An id as a table shows it: on a terminal its first letters, which commands take there.
    pub(crate) fn id(&self, id: &impl ToString) -> String {
        let whole = id.to_string();
        if self.width.is_some() {
            crate::cli::resolve::short(&whole).to_owned()
        } else {
            whole
        }
    }

    /// Whether a moving bar may be shown.
    pub(crate) const fn may_draw(&self) -> bool {
        self.stderr_width.is_some() && !self.quiet
    }

    /// The one document of `--json`.
    ///
    /// # Errors
    /// A bug, when the value has no JSON form.
    pub(crate) fn document(&mut self, value: &impl Serialize) -> Result<(), CliError> {
        let text = serde_json::to_string(value)
            .map_err(|_| CliError::bug("the answer has no JSON form"))?;
        self.page.push_str(&text);
        self.page.push('\n');
        Ok(())
    }

    /// A paragraph, wrapped.
    pub(crate) fn say(&mut self, text: &str) {
        let width = self.prose_width();
        for paragraph in shown(text).split('\n') {
            for line in textwrap::wrap(paragraph, width) {
                self.page.push_str(line.trim_end());
                self.page.push('\n');
            }
        }
    }

    /// Lines that must stay as they are: commands, ids, proofs, forms.
    pub(crate) fn verbatim(&mut self, text: &str) {
        self.page.push_str(&shown(text));
        if !text.ends_with('\n') {
            self.page.push('\n');
        }
    }

    /// Our own script, tabs and all.
    pub(crate) fn script(&mut self, text: &str) {
        self.page.push_str(text);
    }

    /// An empty line.
    pub(crate) fn gap(&mut self) {
        self.page.push('\n');
    }

    /// A heading, bold where colours are on.
    pub(crate) fn heading(&mut self, text: &str) {
        let line = self.bold(&shown(text));
        self.page.push_str(&line);
        self.page.push('\n');
    }

    /// Names and values, one a line, values aligned and wrapped.
    pub(crate) fn facts(&mut self, facts: &[(&str, String)]) {
        let facts: Vec<(&str, String)> = facts
            .iter()
            .map(|(name, value)| (*name, shown(value)))
            .collect();
        let width = self.prose_width();
        self.page.push_str(&table::facts(&facts, width));
    }

    /// A list: a dot before each item, its lines aligned.
    pub(crate) fn items(&mut self, items: &[String]) {
        let items: Vec<(&str, String)> = items.iter().map(|item| ("-", item.clone())).collect();
        self.facts(&items);
    }

    /// A table, or `none` where it has no rows.
    pub(crate) fn table(&mut self, table: &Table, none: &str) {
        if table.is_empty() {
            if !self.quiet {
                self.say(none);
            }
            return;
        }
        for (at, line) in table.lines(self.width).into_iter().enumerate() {
            let line = if at == 0 { self.bold(&line) } else { line };
            self.page.push_str(&line);
            self.page.push('\n');
        }
    }

    /// What was made or changed: its id alone with `--quiet`, otherwise the sentence.
    pub(crate) fn done(&mut self, id: Option<&str>, sentence: &str) {
        match (self.quiet, id) {
            (true, Some(id)) => self.verbatim(id),
            (true, None) => {}
            (false, _) => self.say(sentence),
        }
    }

    /// A line on stderr about what is going on; silent with `--quiet`.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.aside(text);
        }
    }

    /// A line on stderr about what the person should know although it worked.
    pub(crate) fn warning(&self, text: &str) {
        self.aside(&format!("warning: {text}"));
    }

    /// With `--json` a success writes nothing to stderr, unless somebody is looking at it.
    fn aside(&self, text: &str) {
        if !self.json || self.stderr_width.is_some() {
            to_stderr(&format!("{}\n", shown(text)));
        }
    }

    /// Prints the page as far as it has come, for a command that goes on.
    pub(crate) fn print_now(&mut self) -> Result<(), CliError> {
        to_stdout(&std::mem::take(&mut self.page)).map_err(|error| unprinted(&error))
    }

    /// Bytes straight to stdout: an attachment, which may be larger than memory.
    pub(crate) fn raw() -> impl io::Write {
        io::stdout().lock()
    }

    /// Prints the page after a success, the error after a failure, and gives the exit code.
    pub(crate) fn finish(mut self, result: Result<(), CliError>) -> ExitCode {
        let page = std::mem::take(&mut self.page);
        match result {
            Ok(()) => match to_stdout(&page) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => self.fail(&unprinted(&error)),
            },
            // The report says what is wrong; only where it cannot be printed does the error say so.
            Err(error) if error.has_report() && to_stdout(&page).is_ok() => {
                ExitCode::from(error.exit_code())
            }
            Err(error) => self.fail(&error),
        }
    }

    fn fail(&self, error: &CliError) -> ExitCode {
        if self.json {
            to_stderr(&format!("{}\n", error.json()));
        } else {
            // Without a terminal one line a sentence, for logs.
            let width = self
                .stderr_width
                .map_or(usize::MAX, |width| width.clamp(20, PROSE));
            to_stderr(&error_text(
                error,
                width,
                self.colour && self.stderr_width.is_some(),
            ));
        }
        ExitCode::from(error.exit_code())
    }

    fn bold(&self, text: &str) -> String {
        if self.colour {
            format!("\u{1b}[1m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

fn unprinted(error: &io::Error) -> CliError {
    let says = format!("could not print: {}", crate::cli::fail::reason(error));
    CliError::refused("output", says)
}

fn error_text(error: &CliError, width: usize, colour: bool) -> String {
    let lead = if colour {
        "\u{1b}[1;31merror:\u{1b}[0m "
    } else {
        "error: "
    };
    let mut text = String::new();
    for (at, line) in error.lines().iter().enumerate() {
        let lead = if at == 0 { lead } else { "" };
        let options = textwrap::Options::new(width)
            .subsequent_indent(if at == 0 { "  " } else { "    " })
            .break_words(false);
        for wrapped in textwrap::wrap(&shown(line), options) {
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{}{}",
                if wrapped.starts_with(' ') { "" } else { lead },
                wrapped
            );
        }
    }
    text
}

/// Whether `--json` stands among the arguments, also where they cannot be understood as a whole.
pub(crate) fn json_wanted(arguments: &[OsString]) -> bool {
    let flags = arguments.iter().take_while(|argument| *argument != "--");
    flags.into_iter().any(|argument| argument == "--json")
}

/// Whether `--color` or the terminal wants colours in help and usage errors.
pub(crate) fn colour_wanted(arguments: &[OsString]) -> clap::ColorChoice {
    let mut said = arguments.iter().filter_map(|argument| argument.to_str());
    while let Some(argument) = said.next() {
        let value = match argument.strip_prefix("--color") {
            Some("") => said.next(),
            Some(value) => value.strip_prefix('='),
            None => continue,
        };
        match value {
            Some("always") => return clap::ColorChoice::Always,
            Some("never") => return clap::ColorChoice::Never,
            _ => {}
        }
    }
    clap::ColorChoice::Auto
}

/// Prints a help or version page.
pub(crate) fn help(page: &clap::Error) -> ExitCode {
    match page.print() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(1),
    }
}

/// Says what is wrong with the command line, exit code 2.
pub(crate) fn usage_error(error: &clap::Error, json: bool) -> ExitCode {
    let text = error
        .render()
        .to_string()
        .replace("\n  tip: ", "\n  hint: ");
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let (says, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let says = says.split_whitespace().collect::<Vec<_>>().join(" ");
    let bare = error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if json {
        let says = if bare {
            "no command was given".to_owned()
        } else {
            says
        };
        to_stderr(&format!("{}\n", CliError::usage(says).json()));
    } else if bare {
        to_stderr(text);
    } else {
        to_stderr(&format!("error: {says}\n\n{rest}"));
    }
    ExitCode::from(2)
}

/// The last words after a bug.
pub(crate) fn bug(error: &CliError, json: bool) -> ExitCode {
    if json {
        to_stderr(&format!("{}\n", error.json()));
    } else {
        to_stderr(&error_text(error, PROSE, false));
    }
    ExitCode::from(error.exit_code())
}

/// A line on stderr while the process is being stopped.
pub(crate) fn last_words(text: &str) {
    to_stderr(&format!("\n{text}\n"));
}

fn to_stdout(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let result = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match result {
        // Whoever was reading has seen enough (`| head`).
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn to_stderr(text: &str) {
    // There is nowhere left to complain to.
    drop(io::stderr().lock().write_all(text.as_bytes()));
}

/// Text without anything that could move the cursor or change the terminal: names and titles are
/// somebody else's words.
pub(crate) fn shown(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' => '\n',
            '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// The width of the terminal behind `stream`; `None` where there is none.
fn width_of(stream: &(impl std::os::fd::AsFd + io::IsTerminal)) -> Option<usize> {
    let columns = |size: rustix::termios::Winsize| usize::from(size.ws_col);
    stream.is_terminal().then(|| {
        let width = rustix::termios::tcgetwinsize(stream).map_or(0, columns);
        if width == 0 { UNSEEN } else { width }
    })
}
