//! A guided tour: commands that work as they are printed.

use serde_json::Value;
use serde_json::json;

use crate::cli::ask::beside;
use crate::cli::demo::build::Built;
use crate::cli::environment::Environment;
use crate::cli::environment::quoted;
use crate::cli::out::Out;

/// One stop: what it belongs to, what it shows, and the command.
#[derive(Debug)]
pub(crate) struct Stop {
    chapter: &'static str,
    says: &'static str,
    command: String,
}

/// What a stop shows, who is signed in, and what they type.
type Line = (&'static str, &'static str, &'static str);

/// What each stop shows, chapter by chapter. `{name}` stands for the record made of that form, or for the case or the
/// person on file with that key; `{pdf}` for a file beside the vault.
const CHAPTERS: &[(&str, &[Line])] = &[
    ("A Monday morning", MORNING),
    ("What some must not learn", HIDDEN),
    ("A child at risk, and a visitor", OUTSIDE),
];

const MORNING: &[Line] = &[
    (
        "What the coordinator has to see to, and by when.",
        "moira",
        "due",
    ),
    (
        "A family is found however their name is typed: Tŷ-Coch, ty coch, TY COCH.",
        "moira",
        "find ty coch",
    ),
    (
        "Who is part of a case. Alerts come first, and a number kept from the father is not beside his.",
        "efa",
        "case show {al-haddad}",
    ),
    (
        "A supervisor reads a report. It is written down before it opens.",
        "harpreet",
        "record show {okonkwo-bell-4.json}",
    ),
    (
        "A volunteer may file reports but not read them: refused, and that is written down too.",
        "tomos",
        "record show {okonkwo-bell-4.json}",
    ),
    (
        "The report waits to be looked over. The coordinator reads it, and signs for what she read.",
        "moira",
        "record check {okonkwo-bell-4.json}",
    ),
    (
        "She puts it on paper: every page says who printed it, when, and in which entry that stands.",
        "moira",
        "record print {okonkwo-bell-4.json} --pdf {pdf}",
    ),
    (
        "Who did what with this report: reading, refusal, check and printing are all there.",
        "moira",
        "record history {okonkwo-bell-4.json}",
    ),
    (
        "Two girls of nearly one name are kept apart, and somebody has signed that they are two.",
        "moira",
        "person show {mia}",
    ),
];

const HIDDEN: &[Line] = &[
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
        "Three small worries about one volunteer, at three families: the safeguarding lead alone sees all three.",
        "rhiannon",
        "find low level concern",
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
];

const OUTSIDE: &[Line] = &[
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

const ANYBODY: &str = "Without signing in";

/// The stops, in order.
pub(crate) fn stops(built: &Built, environment: &Environment) -> Vec<Stop> {
    let guide = Guide {
        program: environment.program(),
        built,
    };
    let signed_in = CHAPTERS
        .iter()
        .flat_map(|(chapter, lines)| lines.iter().map(|line| guide.stop(chapter, line)));
    let anybody = [
        Stop {
            chapter: ANYBODY,
            says: "Anybody can check that no entry was altered or taken out.",
            command: format!(
                "{} --vault {} audit verify",
                guide.program,
                quoted(&built.paths.dir)
            ),
        },
        Stop {
            chapter: ANYBODY,
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
    fn stop(&self, chapter: &'static str, (says, who, what): &Line) -> Stop {
        let command = format!(
            "{} --vault {} --as {who} --passphrase-file {} {}",
            self.program,
            quoted(&self.built.paths.dir),
            quoted(&self.built.signin.join(who)),
            self.with_ids(what),
        );
        Stop {
            chapter,
            says,
            command,
        }
    }

    fn with_ids(&self, what: &str) -> String {
        let built = self.built;
        let records = built.records.iter().map(named);
        let cases = built.cases.iter().map(named);
        let people = built.people.iter().map(named);
        let pdf = quoted(&beside(&built.paths.dir, ".pdf"));
        let ids = records.chain(cases).chain(people);
        ids.chain([("{pdf}".to_owned(), pdf)])
            .fold(what.to_owned(), |what, (name, id)| what.replace(&name, &id))
    }
}

/// What stands for an id in a stop, and the id.
fn named<T: ToString>((key, id): &(String, T)) -> (String, String) {
    (format!("{{{key}}}"), id.to_string())
}

/// The tour for people.
pub(crate) fn page(stops: &[Stop], out: &mut Out) {
    let mut chapter = "";
    for (at, stop) in stops.iter().enumerate() {
        out.gap();
        if stop.chapter != chapter {
            chapter = stop.chapter;
            out.heading(chapter);
            out.gap();
        }
        out.say(&format!("{}. {}", at + 1, stop.says));
        out.verbatim(&format!("   {}", stop.command));
    }
}

/// The tour for scripts.
pub(crate) fn document(stops: &[Stop]) -> Vec<Value> {
    let each = |stop: &Stop| json!({ "chapter": stop.chapter, "says": stop.says, "command": stop.command });
    stops.iter().map(each).collect()
}
