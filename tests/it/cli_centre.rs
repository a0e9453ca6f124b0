//! A demo centre for tests: built once for all of them, copied for each.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;

use crate::cli_run::Place;
use crate::cli_run::Said;

struct Master {
    place: Place,
    document: Value,
}

fn master() -> &'static Master {
    static MASTER: OnceLock<Master> = OnceLock::new();
    MASTER.get_or_init(|| {
        let place = Place::new();
        let document = place.run("--json demo centre --no-serve").ok().json();
        Master { place, document }
    })
}

/// What `demo --json` said when the master copy was made.
pub(crate) fn document() -> &'static Value {
    &master().document
}

/// A copy of the demo centre in a folder of its own.
#[derive(Debug)]
pub(crate) struct Centre {
    pub(crate) place: Place,
    document: &'static Value,
}

impl Centre {
    pub(crate) fn new() -> Self {
        let place = Place::new();
        for name in ["centre", "centre.keys", "centre.signin", "centre.shares"] {
            copy(&master().place.path(name), &place.path(name));
        }
        Self {
            place,
            document: document(),
        }
    }

    /// The id of the record made from a form of the demo's data.
    pub(crate) fn record(&self, form: &str) -> String {
        id(&self.document["records"], "form", form)
    }

    /// The id of a case by the demo's key for it.
    pub(crate) fn case(&self, key: &str) -> String {
        id(&self.document["cases"], "key", key)
    }

    /// The id of somebody on file by the demo's key for them.
    pub(crate) fn person(&self, key: &str) -> String {
        id(&self.document["people"], "key", key)
    }

    /// The flags that sign `who` in.
    pub(crate) fn flags(who: &str) -> String {
        format!("--vault centre --as {who} --passphrase-file centre.signin/{who}")
    }

    /// Runs a command as `who`.
    pub(crate) fn run(&self, who: &str, line: &str) -> Said {
        let mut said = self.place.run(&format!("{} {line}", Self::flags(who)));
        said.line = format!("[as {who}] {line}");
        said
    }

    /// Runs a command as `who`, for scripts.
    pub(crate) fn json(&self, who: &str, line: &str) -> Value {
        self.run(who, &format!("--json {line}")).ok().json()
    }

    /// Runs a command as nobody.
    pub(crate) fn anybody(&self, line: &str) -> Said {
        let mut said = self.place.run(&format!("--vault centre {line}"));
        said.line = format!("[as nobody] {line}");
        said
    }

    /// What a PDF says that a command wrote, where poppler is there to read it.
    #[cfg(feature = "documents")]
    pub(crate) fn pdf_text(&self, file: &str) -> Option<String> {
        crate::common::have("pdftotext", "-v").then(|| {
            let mut program = self.place.program_named("pdftotext");
            program.env("PATH", std::env::var_os("PATH").unwrap());
            let output = program.args(["-raw", file, "-"]).output().unwrap();
            String::from_utf8(output.stdout).unwrap()
        })
    }

    /// What several commands said, without what differs from run to run.
    pub(crate) fn transcript(&self, lines: &[(&str, String)]) -> String {
        let mut text = String::new();
        for (who, line) in lines {
            let said = if who.is_empty() {
                self.anybody(line)
            } else {
                self.run(who, line)
            };
            said.write_to(&mut text);
        }
        self.place.redacted(&text)
    }
}

fn id(list: &Value, key: &str, value: &str) -> String {
    let found = list
        .as_array()
        .unwrap()
        .iter()
        .find(|each| each[key] == value);
    found.unwrap_or_else(|| panic!("no {value}"))["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Copies a folder with everything in it, modes included.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
