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

/// What each stop shows, who is signed in, and what they type; `{file}` stands for the record made of that form.
const STOPS: &[(&str, &str, &str)] = &[
    ("The coordinator's cases.", "moira", "case list"),
    (
        "A supervisor reads a report. It is written down before it opens.",
        "harpreet",
        "record show {okonkwo-bell-1.json}",
    ),
    (
        "A volunteer may file reports but not read them: refused, and that is written down too.",
        "tomos",
        "record show {okonkwo-bell-1.json}",
    ),
    (
        "Who did what with this report: the reading and the refusal are both there.",
        "moira",
        "record history {okonkwo-bell-1.json}",
    ),
    (
        "A complaint about the coordinator. A trustee handles it.",
        "farhana",
        "record show {complaint-coordinator.json}",
    ),
    (
        "The coordinator cannot even learn that it exists.",
        "moira",
        "record show {complaint-coordinator.json}",
    ),
    (
        "What a DBS certificate says opens only for those who decide, and only with a purpose.",
        "gethin",
        "record show {dbs-certificate-siqi.json} --purpose \"deciding on a volunteer\"",
    ),
    (
        "Everyone it was shown to is listed with its history, and the list outlives the certificate.",
        "gethin",
        "record history {dbs-certificate-siqi.json}",
    ),
    (
        "Whether a driver with an old caution may work here: two people decide, and only they read it.",
        "idris",
        "record show {positive-disclosure-penhaligon.json} --purpose \"deciding on a driver\"",
    ),
    (
        "The countersignatory who filed it is not one of the two.",
        "gethin",
        "record show {positive-disclosure-penhaligon.json}",
    ),
    (
        "A parent has said something about Harpreet, a supervisor. The safeguarding lead reads it.",
        "rhiannon",
        "record show {allegation-harpreet.json}",
    ),
    (
        "Harpreet becomes a coordinator as well: she may see every case now.",
        "moira",
        "team add coordinator harpreet",
    ),
    (
        "She finds her other cases, and not the allegation.",
        "harpreet",
        "record list",
    ),
    (
        "Even its id tells her no more than an id that is nobody's.",
        "harpreet",
        "record show {allegation-harpreet.json}",
    ),
    (
        "A complaint is not for the safeguarding lead. But a child is at risk: she opens it at once.",
        "rhiannon",
        "breakglass open {complaint-premises.json} --reason \"a child is at risk now\"",
    ),
    (
        "Everybody who may know that complaint is told, until they have read it.",
        "moira",
        "errands",
    ),
    (
        "An assessor from outside was given access for two days, each time with a second person's yes.",
        "ipek",
        "grant list",
    ),
    (
        "She sees what she was given and nothing else: of the DBS check, its card.",
        "ipek",
        "record list",
    ),
    (
        "She reads one of the reports. When her two days are over, nothing opens any more.",
        "ipek",
        "record show {llewelyn.json}",
    ),
    (
        "The data-protection lead sees every act of everybody.",
        "priya",
        "audit show",
    ),
];

/// The stops, in order.
pub(crate) fn stops(built: &Built, environment: &Environment) -> Vec<Stop> {
    let guide = Guide {
        program: environment.program(),
        built,
    };
    let signed_in = STOPS
        .iter()
        .map(|(says, who, what)| guide.stop(says, who, what));
    let anybody = [
        Stop {
            says: "Anybody can check that no entry was altered or taken out.",
            command: format!(
                "{} --vault {} audit verify",
                guide.program,
                quoted(&built.paths.dir)
            ),
        },
        Stop {
            says: "To file something yourself, start from an example.",
            command: format!("{} kind template contact-report", guide.program),
        },
    ];
    signed_in.chain(anybody).collect()
}

struct Guide<'a> {
    program: String,
    built: &'a Built,
}

impl Guide<'_> {
    fn stop(&self, says: &'static str, who: &str, what: &str) -> Stop {
        let command = format!(
            "{} --vault {} --as {who} --passphrase-file {} {}",
            self.program,
            quoted(&self.built.paths.dir),
            quoted(&self.built.signin.join(who)),
            self.with_ids(what),
        );
        Stop { says, command }
    }

    fn with_ids(&self, what: &str) -> String {
        let ids = self.built.records.iter();
        ids.fold(what.to_owned(), |what, (file, id)| {
            what.replace(&format!("{{{file}}}"), &id.to_string())
        })
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
