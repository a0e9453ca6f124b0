//! The keeper behind its socket: the same commands say the same, two programs share a vault, and what was
//! acknowledged outlives the keeper.

use crate::cli_centre::Centre;
use crate::common::files_under;
use crate::socket_kit::Running;

/// A tour of what people do. `[report]` and `[case]` stand for ids that differ from centre to centre.
const TOUR: &[(&str, &str)] = &[
    ("moira", "user list"),
    ("moira", "user show tomos"),
    ("moira", "case list"),
    (
        "moira",
        "--json case open --title 'The Lighthouse' --service supported",
    ),
    ("moira", "case team add [case] siqi"),
    ("harpreet", "record list --case [case]"),
    ("harpreet", "record show [report]"),
    ("harpreet", "--json record show [report]"),
    ("harpreet", "record history [report]"),
    ("tomos", "record show r_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ("tomos", "audit show"),
    (
        "harpreet",
        "record add --case [case] --kind contact-report --from form.json --attach big.txt",
    ),
    (
        "harpreet",
        "record add --case [case] --kind contact-report --from broken.json",
    ),
    (
        "harpreet",
        "record amend [report] --from form.json --reason 'the time was wrong'",
    ),
    ("harpreet", "record export [report] --age out.age"),
    ("moira", "user suspend efa"),
    ("moira", "user suspend efa"),
    ("efa", "case list"),
    ("moira", "user resume efa"),
    ("priya", "audit show --actor moira"),
    ("priya", "audit export all"),
    ("priya", "audit proof 3"),
    ("", "audit export hashes"),
    ("nobody-here", "case list"),
];

/// An attachment of this many bytes is an object, in several chunks.
const BIG: usize = 300_000;

fn prepare(centre: &Centre) {
    let form = centre.anybody("kind template contact-report --json").ok();
    centre.place.write("form.json", form.stdout);
    centre.place.write("broken.json", "{}");
    centre
        .place
        .write("big.txt", "all is well. ".repeat(BIG / 13));
    centre
        .place
        .write("centre.signin/nobody-here", "no words at all\n");
}

fn lines(centre: &Centre) -> Vec<(&'static str, String)> {
    let report = centre.record("okonkwo-bell-1.json");
    let case = centre.case("okonkwo-bell");
    let filled = |line: &str| line.replace("[report]", &report).replace("[case]", &case);
    TOUR.iter()
        .map(|(who, line)| (*who, filled(line)))
        .collect()
}

/// Without the signatures of heads, which differ from one entry's time to the other's.
fn unsigned(text: &str) -> String {
    let unsigned = text.lines().filter(|line| !line.starts_with('\u{2014}'));
    unsigned.map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_same_commands_say_the_same_over_the_socket() {
    let (direct, served) = (Centre::new(), Centre::new());
    for centre in [&direct, &served] {
        prepare(centre);
    }
    let keeper = Running::over(&served.place);
    let (own, over) = (lines(&direct), lines(&served));
    for (own, over) in own.iter().zip(&over) {
        let own = direct.transcript(std::slice::from_ref(own));
        let over = served.transcript(std::slice::from_ref(over));
        assert_eq!(unsigned(&own), unsigned(&over));
    }
    let exported = |centre: &Centre, dir: &str| {
        let files = files_under(centre.place.path(dir));
        let root = centre.place.path(dir);
        let name = |file: &std::path::PathBuf| file.strip_prefix(&root).unwrap().to_owned();
        files.iter().map(name).collect::<Vec<_>>()
    };
    for dir in ["all", "hashes"] {
        assert_eq!(exported(&direct, dir), exported(&served, dir));
    }
    assert_eq!(keeper.stop(), 0);
}
