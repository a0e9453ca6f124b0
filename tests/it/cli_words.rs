//! Every command's help, and what is said about command lines that cannot be understood.

use crate::cli_run::Place;

/// Words that mean nothing to a volunteer.
const JARGON: &[&str] = &[
    "tip", "token", "blob", "scope", "string", "bool", "struct", "option<", "vec<", "u64", "utf-8",
    "stdin", "null", "parse", "enum",
];

/// The commands of the first step, as the interface lists them.
const COMMANDS: &[&str] = &[
    "init",
    "demo",
    "user add",
    "user invite",
    "user enrol",
    "user list",
    "user show",
    "user suspend",
    "user resume",
    "user leave",
    "user reissue",
    "user passphrase",
    "team add",
    "team remove",
    "case open",
    "case list",
    "case show",
    "case close",
    "case reopen",
    "case team add",
    "case team remove",
    "case conflict",
    "person add",
    "person list",
    "person show",
    "person amend",
    "person link",
    "person unlink",
    "person same",
    "person looked",
    "kind list",
    "kind show",
    "kind template",
    "kind check",
    "record add",
    "record list",
    "record show",
    "record history",
    "record looked",
    "record amend",
    "record attachment",
    "record check",
    "record return",
    "record export",
    "record print",
    "record release",
    "record move",
    "record exclude",
    "record restrict",
    "record deciders",
    "record handler",
    "find",
    "import",
    "export",
    "grant add",
    "grant list",
    "grant revoke",
    "grant statement",
    "proposal list",
    "proposal show",
    "proposal approve",
    "proposal refuse",
    "proposal withdraw",
    "vault two-person",
    "vault turn",
    "vault place add",
    "vault place remove",
    "vault place list",
    "recovery shares",
    "recovery rotate",
    "recovery rehearse",
    "access check",
    "access who",
    "access of",
    "errands",
    "due",
    "calendar",
    "check-in start",
    "check-in end",
    "check-in list",
    "audit show",
    "audit verify",
    "audit export",
    "audit proof",
    "breakglass open",
    "breakglass review",
    "policy show",
    "policy test",
    "backup to",
    "backup list",
    "backup verify",
    "backup rehearse",
    "restore",
    "doctor",
    "keeper",
    "index rebuild",
    "completions",
    "man",
];

/// Every command, by the words one types.
pub(crate) fn commands() -> Vec<String> {
    fn walk(command: &clap::Command, lead: &str, found: &mut Vec<String>) {
        for sub in command.get_subcommands() {
            let name = format!("{lead}{}", sub.get_name());
            walk(sub, &format!("{name} "), found);
            found.push(name);
        }
    }
    let mut found = Vec::new();
    walk(&strongroom::cli::command(), "", &mut found);
    found
}

#[test]
fn the_commands_are_those_of_the_steps_so_far() {
    let leaves = |name: &String| {
        !commands()
            .iter()
            .any(|other| other.starts_with(&format!("{name} ")))
    };
    let names: Vec<String> = commands().into_iter().filter(leaves).collect();
    assert_eq!(names, COMMANDS);
}

/// Commands that are nobody's act: they need no person, or only one's own keys.
const NOBODYS: &[&str] = &[
    "init",
    "demo",
    "user enrol",
    "kind list",
    "kind show",
    "kind template",
    "kind check",
    "audit verify",
    "policy show",
    "policy test",
    "backup to",
    "backup list",
    "backup verify",
    "backup rehearse",
    "restore",
    "doctor",
    "keeper",
    "vault turn",
    "index rebuild",
    "completions",
    "man",
];

/// Commands that do another command's act many times over.
const MANY: &[(&str, &str)] = &[("export", "record export")];
/// Commands that put what another one's act is told into another form.
const OTHER_FORMS: &[&str] = &["calendar"];

#[test]
fn commands_and_acts_are_the_same_list() {
    let acts: Vec<&str> = strongroom::keeper::acts::ACTS
        .iter()
        .map(|row| row.command)
        .filter(|command| !command.is_empty())
        .collect();
    for command in &acts {
        assert!(
            COMMANDS.contains(command),
            "there is no command `{command}`"
        );
    }
    for command in COMMANDS {
        let many = MANY.iter().find(|(name, _)| name == command);
        let many = many.is_some_and(|(_, one)| acts.contains(one));
        let known = [acts.as_slice(), NOBODYS, OTHER_FORMS]
            .iter()
            .any(|list| list.contains(command));
        let known = known || many;
        assert!(known, "`{command}` is no act");
    }
}

#[test]
fn every_page_of_help_is_plain_and_fits_a_screen() {
    let place = Place::new();
    for name in commands() {
        for flag in ["-h", "--help"] {
            let said = place.run(&format!("{name} {flag}")).ok();
            assert_eq!(said.stderr, "");
            for line in said.stdout.lines() {
                assert!(line.chars().count() <= 100, "{name}: {line}");
                let words = line.to_lowercase();
                for word in words.split(|c: char| !c.is_alphanumeric() && !"<->".contains(c)) {
                    assert!(!JARGON.contains(&word) || word == "stdin", "{name}: {line}");
                }
            }
        }
    }
}

#[test]
fn help_and_version() {
    let place = Place::new();
    insta::assert_snapshot!(
        "help",
        place.transcript(&["-h", "--version", "record -h", "record add --help"])
    );
}

#[test]
fn bad_command_lines_exit_2_and_say_what_is_wrong() {
    let place = Place::new();
    insta::assert_snapshot!(
        "usage",
        place.transcript(&[
            "kind lst",
            "kind show",
            "--jsn kind list",
            "user add nobody --role janitor",
            "case open --title T --service supervised --service supported",
            "record add --kind contact-report",
            "audit proof minus-one",
            "audit show --record r_x --actor u_y",
            "init",
            "completions tcsh",
            "kind list --color sometimes",
            "kind list --at +2d",
        ])
    );
}

#[test]
fn bad_command_lines_are_json_too() {
    let place = Place::new();
    for line in [
        "--json",
        "--json kind",
        "kind --json show",
        "nothing --json",
        "--json kind list --at x",
    ] {
        let error = place.run(line).fails(2).error();
        assert_eq!(error["code"], "usage", "{line}");
        assert!(!error["message"].as_str().unwrap().contains('\n'));
        assert_eq!(error.as_object().unwrap().len(), 2, "{line}");
    }
}

#[test]
fn without_any_words_the_help_is_shown() {
    let said = Place::new().run("").fails(2);
    assert!(
        said.stderr
            .contains("Usage: strongroom [OPTIONS] <COMMAND>")
    );
}

#[test]
fn global_flags_stand_before_or_after() {
    let place = Place::new();
    let before = place
        .run("--json --quiet --no-input --color never kind list")
        .ok();
    let after = place
        .run("kind list --json --quiet --no-input --color never")
        .ok();
    assert_eq!(before.stdout, after.stdout);
    before.json();
}

#[test]
fn colours_only_add() {
    let place = Place::new();
    let plain = place.run("kind list").ok().stdout;
    let coloured = place.run("kind list --color always").ok().stdout;
    assert!(coloured.contains("\u{1b}[1m"));
    let stripped = coloured.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
    assert_eq!(stripped, plain);
    assert!(!plain.contains('\u{1b}'));
    let refused = place
        .run_with("kind list --color always", &[("NO_COLOR", "1")], "")
        .ok()
        .stdout;
    assert_eq!(refused, coloured, "the flag is nearer than the variable");
}

#[test]
fn what_is_missing_is_named_and_nothing_is_asked() {
    let place = Place::new();
    place.write("pass", "x\n");
    std::fs::create_dir(place.path("empty")).unwrap();
    insta::assert_snapshot!(
        "missing",
        place.transcript(&[
            "case list",
            "--vault nowhere case list",
            "--vault nowhere doctor",
            "--vault empty case list",
            "--vault empty --as moira case list",
            "--vault empty --as moira --passphrase-file none case list",
            "--vault empty --as moira --passphrase-file pass case list",
            "--vault empty --no-input --as moira user passphrase",
            "--vault empty --at +1d --as moira --passphrase-file pass user list",
        ])
    );
}

#[test]
fn variables_stand_for_flags() {
    let place = Place::new();
    std::fs::create_dir(place.path("empty")).unwrap();
    place.write("pass", "x\n");
    let variables = [
        ("STRONGROOM_VAULT", "empty"),
        ("STRONGROOM_USER", "moira"),
        ("STRONGROOM_PASSPHRASE_FILE", "pass"),
    ];
    let said = place.run_with("--json case list", &variables, "").fails(1);
    assert_eq!(said.error()["code"], "no-vault");
}
