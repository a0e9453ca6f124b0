//! The doctor: what is wrong, what is weak, and what to do, without a person signed in.

use crate::keeper::Paths;
use crate::keeper::backup::noted::Noted;
use crate::keeper::config::Config;
use crate::keeper::custody;
use crate::keeper::doctor::backups::Now;
use crate::keeper::keyring::Keyring;
use crate::keeper::open::OpenError;
use crate::keeper::open::clock_of;
use crate::keeper::peer::Peer;
use crate::keeper::verify::verify;

pub(crate) mod backups;
mod places;
pub(crate) mod recovery;
mod turns;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Something to know.
    Note,
    /// Something to do when there is time.
    Advice,
    /// Something to do now.
    Warning,
    /// Something is not what was written.
    Damage,
}

impl Level {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Advice => "advice",
            Self::Warning => "warning",
            Self::Damage => "damage",
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// What was found.
    pub what: String,
    /// What to do.
    pub action: String,
}

/// What the doctor says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// `local` or `keeper`; `unknown` where the vault's own settings are damaged.
    pub custody: String,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether nothing is damaged.
    pub fn ok(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.level != Level::Damage)
    }

    pub(crate) fn add(&mut self, level: Level, what: impl Into<String>, action: impl Into<String>) {
        self.findings.push(Finding {
            level,
            what: what.into(),
            action: action.into(),
        });
    }
}

/// Looks a vault over. A vault that is open elsewhere is looked at as far as it can be; `told` is what its keeper
/// then says that it remembers of its backups.
///
/// # Errors
/// [`OpenError::NotAVault`] and [`OpenError::Io`]; damage is a finding, not an error.
pub fn doctor(paths: &Paths, told: Option<&Noted>) -> Result<Report, OpenError> {
    let mut report = Report {
        custody: "unknown".to_owned(),
        findings: Vec::new(),
    };
    let config = crate::keeper::open::config_of(paths);
    match &config {
        Ok(config) => {
            say_custody(&config.custody, &mut report);
            look_at_custody(paths, &config.custody, &mut report);
            say_demo(config.demo, &mut report);
        }
        // The same file stops the verifying below, which reports it.
        Err(OpenError::Damaged(_)) => {}
        Err(_) => return config.map(|_| report),
    }
    look_at_keys(paths, &mut report);
    places::look(paths, &mut report);
    match verify(paths, None) {
        Ok(verified) => {
            report.add(
                Level::Note,
                format!("every entry was read back and checked: {verified}"),
                "nothing to do",
            );
            if let Some(known) = &verified.turns {
                turns::look(known, verified.generation, &mut report);
                if let Ok(config) = &config {
                    recovery::look(known, clock_of(config).now(), &mut report);
                }
            }
            if let (Ok(config), Some(noted)) = (&config, &verified.backups) {
                look_at_backups((paths, config), verified.generation, noted, &mut report);
            }
        }
        Err(OpenError::Locked(says)) => {
            report.add(
                Level::Note,
                says,
                "close it there to have every entry checked here",
            );
            let seen = Keyring::at(&paths.keys).seen().ok().flatten();
            if let (Ok(config), Some(noted), Some(seen)) = (&config, told, seen) {
                look_at_backups((paths, config), seen.generation, noted, &mut report);
            }
        }
        Err(OpenError::NoKeys(says)) => {
            report.add(Level::Warning, says, "name the keys' folder with --keys");
        }
        Err(OpenError::Io(error)) => return Err(OpenError::Io(error)),
        Err(error) => report.add(
            Level::Damage,
            error.to_string(),
            "stop using this copy, keep it as it is, and take the newest good copy",
        ),
    }
    report
        .findings
        .sort_by_key(|finding| std::cmp::Reverse(finding.level as u8));
    Ok(report)
}

fn look_at_backups(
    (paths, config): (&Paths, &Config),
    generation: u32,
    noted: &Noted,
    report: &mut Report,
) {
    let at = Now {
        paths,
        generation,
        moment: clock_of(config).now(),
        demo: config.demo,
    };
    backups::look(noted, &at, report);
}

/// What can be said of a vault whose files this account may not look at: its keeper answers.
pub fn from_afar(custody: &str, demo: bool) -> Report {
    let mut report = Report {
        custody: custody.to_owned(),
        findings: Vec::new(),
    };
    say_custody(custody, &mut report);
    say_demo(demo, &mut report);
    report.add(
        Level::Note,
        "a keeper has this vault and answers; its files can be looked over only by the keeper's own account",
        "there, run `strongroom doctor` with --vault naming the folder",
    );
    report
}

fn say_custody(custody: &str, report: &mut Report) {
    custody.clone_into(&mut report.custody);
    if custody == custody::KEEPER {
        report.add(
            Level::Note,
            "custody is `keeper`: no reading without an entry holds against users and former users of this \
             computer; it does not hold against root of this machine together with a reader's key",
            "keep the number of people who can become root small",
        );
    }
    if custody == custody::LOCAL {
        report.add(
            Level::Advice,
            "custody is `local`: one account of this computer runs everything, so whoever can use that \
             account could read past the log with a reader's passphrase",
            "good for a trial; for daily use run the keeper under an account of its own",
        );
    }
}

/// Whether the files still stand as custody `keeper` says.
fn look_at_custody(paths: &Paths, custody: &str, report: &mut Report) {
    use std::os::unix::fs::MetadataExt as _;
    if custody != custody::KEEPER {
        return;
    }
    let owner = std::fs::metadata(&paths.dir).map(|data| Peer { uid: data.uid() });
    let shared = owner.and_then(|owner| custody::shared(paths, owner));
    if let Ok(Some(why)) = shared {
        report.add(
            Level::Warning,
            format!("the vault says that its custody is `keeper`, and yet {why}"),
            "put that right, and start the keeper again; it writes down what custody it finds",
        );
    }
}

fn say_demo(demo: bool, report: &mut Report) {
    if demo {
        report.add(
            Level::Note,
            "this is a demonstration vault: its passphrases are public",
            "never put a real record in it",
        );
    }
}

fn look_at_keys(paths: &Paths, report: &mut Report) {
    use std::os::unix::fs::PermissionsExt as _;
    if !Keyring::at(&paths.keys).exists() {
        report.add(
            Level::Warning,
            format!("the keys are not in `{}`", paths.keys.display()),
            "name their folder with --keys",
        );
        return;
    }
    if paths.keys.starts_with(&paths.dir) {
        report.add(
            Level::Warning,
            "the keys are inside the vault's folder, so every copy of the vault opens by itself",
            "move the keys' folder out of the vault, and name it with --keys",
        );
    }
    if paths.keys.parent() == paths.dir.parent() {
        report.add(
            Level::Advice,
            "the keys are in the folder next to the vault: a copy of the folder above has both, and opens by itself",
            "make copies with `strongroom backup to`, which takes no key",
        );
    }
    let mode = std::fs::metadata(&paths.keys).map_or(0, |data| data.permissions().mode());
    if mode & 0o077 != 0 {
        report.add(
            Level::Warning,
            "other accounts of this computer can look into the keys' folder",
            format!("run: chmod 700 {}", paths.keys.display()),
        );
    }
}
