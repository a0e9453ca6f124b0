//! A guided tour: commands that work as they are printed.

use serde_json::Value;
use serde_json::json;

use crate::cli::demo::build::Built;
use crate::cli::environment::Environment;
use crate::cli::environment::quoted;
use crate::cli::out::Out;

/// One stop: what it shows, and the command.
#[derive(Debug)]
pub(crate) struct Stop {
    says: &'static str,
    command: String,
}

/// The stops, in order.
pub(crate) fn stops(built: &Built, environment: &Environment) -> Vec<Stop> {
    let guide = Guide {
        program: environment.program(),
        built,
    };
    let report = guide.record("okonkwo-bell-1.json");
    let complaint = guide.record("complaint-coordinator.json");
    let certificate = guide.record("dbs-certificate-siqi.json");
    vec![
        guide.stop("The coordinator's cases.", "moira", "case list"),
        guide.stop(
            "A supervisor reads a report. It is written down before it opens.",
            "harpreet",
            &format!("record show {report}"),
        ),
        guide.stop(
            "A volunteer may file reports but not read them: refused, and that is written down too.",
            "tomos",
            &format!("record show {report}"),
        ),
        guide.stop(
            "Who did what with this report: the reading and the refusal are both there.",
            "moira",
            &format!("record history {report}"),
        ),
        guide.stop(
            "A complaint about the coordinator. A trustee handles it.",
            "farhana",
            &format!("record show {complaint}"),
        ),
        guide.stop(
            "The coordinator cannot even learn that it exists.",
            "moira",
            &format!("record show {complaint}"),
        ),
        guide.stop(
            "What a DBS certificate says opens only for those who decide, and only with a purpose.",
            "gethin",
            &format!("record show {certificate} --purpose \"deciding on a volunteer\""),
        ),
        guide.stop(
            "The data-protection lead sees every act of everybody.",
            "priya",
            "audit show",
        ),
        Stop {
            says: "Anybody can check that no entry was altered or taken out.",
            command: format!("{} --vault {} audit verify", guide.program, quoted(&built.paths.dir)),
        },
        Stop {
            says: "To file something yourself, start from an example.",
            command: format!("{} kind template contact-report", guide.program),
        },
    ]
}

struct Guide<'a> {
    program: String,
    built: &'a Built,
}

impl Guide<'_> {
    fn stop(&self, says: &'static str, who: &str, what: &str) -> Stop {
        let command = format!(
            "{} --vault {} --as {who} --passphrase-file {} {what}",
            self.program,
            quoted(&self.built.paths.dir),
            quoted(&self.built.signin.join(who)),
        );
        Stop { says, command }
    }

    fn record(&self, file: &str) -> String {
        let found = self.built.records.iter().find(|(each, _)| each == file);
        found.map(|(_, id)| id.to_string()).unwrap_or_default()
    }
}

/// The tour for people.
pub(crate) fn page(stops: &[Stop], out: &mut Out) {
    for (at, stop) in stops.iter().enumerate() {
        out.gap();
        out.say(&format!("{}. {}", at + 1, stop.says));
        out.verbatim(&format!("   {}", stop.command));
    }
}

/// The tour for scripts.
pub(crate) fn document(stops: &[Stop]) -> Vec<Value> {
    let each = |stop: &Stop| json!({ "says": stop.says, "command": stop.command });
    stops.iter().map(each).collect()
}
