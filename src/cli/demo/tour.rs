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
    let assessment = guide.record("positive-disclosure-penhaligon.json");
    let allegation = guide.record("allegation-harpreet.json");
    let premises = guide.record("complaint-premises.json");
    let granted = guide.record("llewelyn.json");
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
            "Everyone it was shown to is listed with its history, and the list outlives the certificate.",
            "gethin",
            &format!("record history {certificate}"),
        ),
        guide.stop(
            "Whether a driver with an old caution may work here: two people decide, and only they read it.",
            "idris",
            &format!("record show {assessment} --purpose \"deciding on a driver\""),
        ),
        guide.stop(
            "The countersignatory who filed it is not one of the two.",
            "gethin",
            &format!("record show {assessment}"),
        ),
        guide.stop(
            "A parent has said something about Harpreet, a supervisor. The safeguarding lead reads it.",
            "rhiannon",
            &format!("record show {allegation}"),
        ),
        guide.stop(
            "Harpreet becomes a coordinator as well: she may see every case now.",
            "moira",
            "team add coordinator harpreet",
        ),
        guide.stop(
            "She finds her other cases, and not the allegation.",
            "harpreet",
            "record list",
        ),
        guide.stop(
            "Even its id tells her no more than an id that is nobody's.",
            "harpreet",
            &format!("record show {allegation}"),
        ),
        guide.stop(
            "A complaint is not for the safeguarding lead. But a child is at risk: she opens it at once.",
            "rhiannon",
            &format!("breakglass open {premises} --reason \"a child is at risk now\""),
        ),
        guide.stop(
            "Everybody who may know that complaint is told, until they have read it.",
            "moira",
            "errands",
        ),
        guide.stop(
            "An assessor from outside was given access for two days, each time with a second person's yes.",
            "ipek",
            "grant list",
        ),
        guide.stop(
            "She sees what she was given and nothing else: of the DBS check, its card.",
            "ipek",
            "record list",
        ),
        guide.stop(
            "She reads one of the reports. When her two days are over, nothing opens any more.",
            "ipek",
            &format!("record show {granted}"),
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
