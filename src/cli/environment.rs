//! The environment: read here, once, and nowhere else (but for the variables that stand for flags).

use std::env;
use std::path::Path;
use std::path::PathBuf;

/// What is read from the environment beside the flags' own variables.
#[derive(Debug)]
pub(crate) struct Environment {
    /// Whether a terminal may be given colours.
    pub(crate) colour: bool,
    /// Where programs are looked for.
    search_path: Vec<PathBuf>,
    /// Where this person's own memory of ledgers is kept; never inside a vault.
    state: Option<PathBuf>,
}

impl Environment {
    /// Reads it once.
    pub(crate) fn read() -> Self {
        let said = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let state = said("STRONGROOM_STATE").map(PathBuf::from).or_else(|| {
            let folder = said("XDG_STATE_HOME")
                .map(PathBuf::from)
                .filter(|p| p.is_absolute());
            let folder = folder.or_else(|| Some(PathBuf::from(said("HOME")?).join(".local/state")));
            folder.map(|folder| folder.join("strongroom"))
        });
        Self {
            colour: said("NO_COLOR").is_none() && said("TERM").is_none_or(|term| term != "dumb"),
            search_path: said("PATH")
                .map_or_else(Vec::new, |path| env::split_paths(&path).collect()),
            state,
        }
    }
}

impl Environment {
    /// Where this person's own memory of ledgers is kept.
    pub(crate) fn state(&self) -> Option<&Path> {
        self.state.as_deref()
    }

    /// What to type to run this program again from the present folder: its name where a shell finds
    /// this very file under it, otherwise its path.
    pub(crate) fn program(&self) -> String {
        const NAME: &str = "strongroom";
        let Ok(own) = env::current_exe().and_then(|path| path.canonicalize()) else {
            return NAME.to_owned();
        };
        let found = self
            .search_path
            .iter()
            .map(|folder| folder.join(NAME))
            .find(|path| path.is_file());
        if found.and_then(|path| path.canonicalize().ok()).as_ref() == Some(&own) {
            return NAME.to_owned();
        }
        let here = env::current_dir().and_then(|path| path.canonicalize()).ok();
        let below = here.and_then(|here| {
            own.strip_prefix(here)
                .ok()
                .map(|path| Path::new(".").join(path))
        });
        quoted(&below.unwrap_or(own))
    }
}

/// A path as a shell takes it.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+@%:,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_survive_a_shell() {
        assert_eq!(
            quoted(Path::new("./target/debug/x-1.0")),
            "./target/debug/x-1.0"
        );
        assert_eq!(quoted(Path::new("/a b/it's")), "'/a b/it'\\''s'");
        assert_eq!(quoted(Path::new("")), "''");
    }
}
