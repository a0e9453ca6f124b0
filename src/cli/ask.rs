//! Who, which vault, which passphrase: from flags, from the environment, or by asking at the terminal.
//! No other file asks a person anything.

use std::fs::File;
use std::io;
use std::io::IsTerminal as _;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::cli::environment::Environment;
use crate::cli::fail::CliError;
use crate::cli::tty;
use crate::keeper::Paths;
use crate::sealing::Passphrase;

/// No passphrase is longer than this, in bytes.
const LONGEST: u64 = 4096;

/// Flags that stand before or after any command.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    #[arg(
        help = "The vault's folder, or its keeper's socket, or STRONGROOM_VAULT",
        long,
        global = true,
        value_name = "DIR",
        env = "STRONGROOM_VAULT",
        hide_env = true
    )]
    pub(crate) vault: Option<PathBuf>,
    /// The folder of the vault's keys [default: DIR.keys]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) keys: Option<PathBuf>,
    #[arg(
        help = "Who you are, handle or id, or STRONGROOM_USER",
        id = "as",
        long = "as",
        global = true,
        value_name = "USER",
        env = "STRONGROOM_USER",
        hide_env = true
    )]
    pub(crate) user: Option<String>,
    #[arg(
        help = "A file that holds your passphrase, or STRONGROOM_PASSPHRASE_FILE; without it you are asked",
        long,
        global = true,
        value_name = "FILE",
        env = "STRONGROOM_PASSPHRASE_FILE",
        hide_env = true
    )]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Move a demo vault's clock forward, for good: a date, a date with time, or +2d, +6m
    #[arg(long, global = true, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Print one JSON document, for scripts
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print only what was asked for: no notes, no progress
    #[arg(long, global = true)]
    pub(crate) quiet: bool,
    /// Never ask anything: fail and say what is missing
    #[arg(long, global = true)]
    pub(crate) no_input: bool,
    /// When to add colours
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub(crate) color: Colour,
}

/// When colours are added: by default on a terminal, unless `NO_COLOR` is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Colour {
    #[default]
    Auto,
    Always,
    Never,
}

/// Finds out what a command needs to know about its user.
#[derive(Debug)]
pub(crate) struct Ask {
    global: Global,
    environment: Environment,
    /// Whether questions reach somebody.
    terminal: bool,
    /// Whether a person sits at both ends.
    present: bool,
}

/// A new passphrase, and whether its owner has yet to be told.
#[derive(Debug)]
pub(crate) struct NewPassphrase {
    /// The passphrase.
    pub(crate) passphrase: Passphrase,
    /// Whether it was made here, and so must be shown once.
    pub(crate) generated: bool,
}

impl Ask {
    /// Looks at the terminal once.
    pub(crate) fn new(global: Global, environment: Environment) -> Self {
        let terminal = io::stderr().is_terminal() && !global.no_input;
        Self {
            global,
            environment,
            terminal,
            present: io::stdin().is_terminal() && io::stdout().is_terminal(),
        }
    }

    /// Whether a person sits at both ends: what they type may be short, what they see too.
    pub(crate) const fn person_present(&self) -> bool {
        self.present
    }

    /// What the environment says.
    pub(crate) const fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The vault's folders.
    ///
    /// # Errors
    /// Usage, when no flag and no variable names the vault.
    pub(crate) fn vault(&self) -> Result<Paths, CliError> {
        match &self.global.vault {
            Some(dir) => Ok(self.vault_at(dir)),
            None => Err(CliError::usage("no vault was named")
                .hint("name its folder with --vault DIR, or set STRONGROOM_VAULT")),
        }
    }

    /// The vault's folders, where one is named.
    pub(crate) fn vault_if_named(&self) -> Option<Paths> {
        self.global.vault.as_deref().map(|dir| self.vault_at(dir))
    }

    /// The folder of keys, where it or the vault is named.
    pub(crate) fn keys_if_named(&self) -> Option<PathBuf> {
        let beside = || self.vault_if_named().map(|paths| paths.keys);
        self.global.keys.clone().or_else(beside)
    }

    /// The folders of the vault at `dir`: keys stand beside it unless `--keys` says where.
    pub(crate) fn vault_at(&self, dir: &Path) -> Paths {
        let keys = self.global.keys.clone();
        Paths {
            dir: dir.to_owned(),
            keys: keys.unwrap_or_else(|| beside(dir, ".keys")),
        }
    }

    /// The time of `--at`, as it was typed.
    pub(crate) fn at(&self) -> Option<&str> {
        self.global.at.as_deref()
    }

    /// Refuses `--at`, for commands that have no demo vault before them.
    ///
    /// # Errors
    /// Usage, when the flag was given.
    pub(crate) fn no_clock_to_move(&self) -> Result<(), CliError> {
        match self.global.at {
            Some(_) => Err(CliError::usage(
                "--at moves the clock of a demo vault, and this command opens none",
            )),
            None => Ok(()),
        }
    }

    /// Whether somebody is named by flag or variable, without asking.
    pub(crate) const fn names_somebody(&self) -> bool {
        self.global.user.is_some()
    }

    /// Who is asking: a handle or an id.
    ///
    /// # Errors
    /// Usage, when it is not said and cannot be asked.
    pub(crate) fn user(&self) -> Result<String, CliError> {
        if let Some(user) = &self.global.user {
            return Ok(user.clone());
        }
        let missing = || {
            CliError::usage("who you are was not said")
                .hint("give your handle with --as USER, or set STRONGROOM_USER")
        };
        if !self.terminal {
            return Err(missing());
        }
        match tty::line("Your handle: ") {
            Ok(line) if !line.trim().is_empty() => Ok(line.trim().to_owned()),
            _ => Err(missing()),
        }
    }

    /// The passphrase of `user`.
    ///
    /// # Errors
    /// Usage, when there is no file and nobody to ask; refused, when the file cannot be read.
    pub(crate) fn passphrase(&self, user: &str) -> Result<Passphrase, CliError> {
        if let Some(file) = &self.global.passphrase_file {
            return from_file(file);
        }
        let missing = || {
            CliError::usage(format!("the passphrase of `{user}` is needed")).hint(
                "give a file that holds it with --passphrase-file FILE, or set STRONGROOM_PASSPHRASE_FILE",
            )
        };
        if !self.terminal {
            return Err(missing());
        }
        match tty::hidden(&format!("Passphrase of {user}: ")) {
            Some(text) if !text.is_empty() => Ok(from_text(&text)),
            _ => Err(missing()),
        }
    }

    /// A line that stays out of the shell's history; `None` where there is nobody to ask.
    pub(crate) fn typed(&self, prompt: &str) -> Option<String> {
        let line = self.terminal.then(|| tty::line(prompt).ok()).flatten();
        line.map(|line| tty::without_newline(&line).to_owned())
    }

    /// Whether somebody is there to be asked.
    pub(crate) fn is_at_terminal(&self) -> bool {
        self.terminal
    }

    /// Shows a line between questions.
    pub(crate) fn tell(&self, line: &str) {
        if self.terminal {
            // What cannot be shown cannot be answered either: the next question finds that out.
            drop(tty::tell(line));
        }
    }

    /// The words on a trustee's sheet, typed without being shown.
    ///
    /// # Errors
    /// Usage, when there is nobody to ask.
    pub(crate) fn words(&self, prompt: &str) -> Result<Passphrase, CliError> {
        let typed = self.terminal.then(|| tty::hidden(prompt)).flatten();
        let typed = typed.filter(|text| !text.trim().is_empty());
        let typed = typed.ok_or_else(|| {
            CliError::usage("the words on a trustee's sheet are needed")
                .hint("type them when asked, or name a file that holds them with --sheet FILE, for each trustee")
        })?;
        Ok(crate::sealing::words_on(&typed))
    }

    /// The first administrator's own passphrase at `init`: from the file of `--passphrase-file`, or made.
    ///
    /// # Errors
    /// Refused, when the file cannot be read or its passphrase is weak.
    pub(crate) fn first_passphrase(&self) -> Result<NewPassphrase, CliError> {
        new_passphrase(self.global.passphrase_file.as_deref())
    }

    /// One's own new passphrase: from `file`, typed twice at a terminal, or five words made here.
    ///
    /// # Errors
    /// As [`new_passphrase`]; refused, when the two typed ones differ.
    pub(crate) fn own_new_passphrase(
        &self,
        file: Option<&Path>,
    ) -> Result<NewPassphrase, CliError> {
        if file.is_some() || !self.terminal {
            return new_passphrase(file);
        }
        let first = tty::hidden("New passphrase (leave empty to be given five words): ");
        let Some(first) = first.filter(|text| !text.is_empty()) else {
            return new_passphrase(None);
        };
        let made = strong(from_text(&first), false)?;
        match tty::hidden("The same once more: ") {
            Some(second) if second == first => Ok(made),
            _ => Err(CliError::refused(
                "passphrase",
                "the two were not the same; nothing was changed",
            )),
        }
    }

    /// Where this person's own memory of ledgers is kept.
    pub(crate) fn memory(&self) -> Option<&Path> {
        self.environment.state()
    }
}

/// A new passphrase: from `file`, or five words made here.
///
/// # Errors
/// Refused, when the file cannot be read or its passphrase is weak.
pub(crate) fn new_passphrase(file: Option<&Path>) -> Result<NewPassphrase, CliError> {
    match file {
        Some(file) => strong(from_file(file)?, false),
        None => Ok(NewPassphrase {
            passphrase: crate::sealing::generate_words(5),
            generated: true,
        }),
    }
}

/// `dir` with `ending` after its name: `centre` -> `centre.keys`.
pub(crate) fn beside(dir: &Path, ending: &str) -> PathBuf {
    // Through the components, so that `centre/` and `centre` have the same keys.
    let mut name = dir.components().collect::<PathBuf>().into_os_string();
    name.push(ending);
    name.into()
}

fn strong(passphrase: Passphrase, generated: bool) -> Result<NewPassphrase, CliError> {
    crate::sealing::check_strength(&passphrase)
        .map_err(|weak| CliError::refused("weak-passphrase", weak.to_string()))?;
    Ok(NewPassphrase {
        passphrase,
        generated,
    })
}

fn from_file(path: &Path) -> Result<Passphrase, CliError> {
    let unreadable = |error: io::Error| CliError::file("read the passphrase from", path, &error);
    let mut text = Zeroizing::new(String::with_capacity(256));
    let file = File::open(path).map_err(unreadable)?;
    let read = file
        .take(LONGEST + 1)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    if read as u64 > LONGEST {
        let says = format!("`{}` is too long to hold a passphrase", path.display());
        return Err(CliError::refused("passphrase-file", says));
    }
    let line = tty::without_newline(&text);
    if line.is_empty() {
        let says = format!("`{}` is empty; it should hold a passphrase", path.display());
        return Err(CliError::refused("passphrase-file", says));
    }
    Ok(from_text(line))
}

fn from_text(text: &str) -> Passphrase {
    Passphrase::new(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_beside_the_vault_however_it_is_spelled() {
        for dir in ["x/centre", "x/centre/", "x//centre", "x/centre/."] {
            assert_eq!(beside(Path::new(dir), ".keys"), Path::new("x/centre.keys"));
        }
        assert_eq!(
            beside(Path::new("../v"), ".signin"),
            Path::new("../v.signin")
        );
    }
}
