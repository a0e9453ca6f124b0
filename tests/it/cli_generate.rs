//! Completions, the manual, and `docs/cli.md`: all made from the command line itself.

use std::fmt::Write as _;
use std::fs;

use crate::cli_run::Place;

#[test]
fn completions_for_each_shell() {
    let place = Place::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = place.run(&format!("completions {shell}")).ok().stdout;
        assert!(
            script.contains("strongroom") && script.contains("attachment"),
            "{shell}"
        );
        let document = place
            .run(&format!("--json completions {shell}"))
            .ok()
            .json();
        assert_eq!(document["script"], script);
    }
}

#[test]
fn bash_takes_its_completions() {
    if !crate::common::have("bash", "--version") {
        return;
    }
    let place = Place::new();
    let script = place.run("completions bash").ok().stdout;
    let path = place.write("completions", script);
    let checked = std::process::Command::new("bash")
        .arg("-n")
        .arg(path)
        .output()
        .unwrap();
    assert!(checked.status.success(), "{checked:?}");
}

#[test]
fn one_page_of_the_manual_for_each_command() {
    let place = Place::new();
    place.run("man deep/man1").ok();
    let mut pages: Vec<String> = fs::read_dir(place.path("deep/man1"))
        .unwrap()
        .map(|page| page.unwrap().file_name().into_string().unwrap())
        .collect();
    pages.sort();
    assert!(pages.contains(&"strongroom.1".to_owned()));
    assert!(
        pages.contains(&"strongroom-case-team-add.1".to_owned()),
        "{pages:?}"
    );
    let page = fs::read_to_string(place.path("deep/man1/strongroom-record-add.1")).unwrap();
    assert!(page.contains(".TH strongroom-record-add 1"), "{page}");
    place.write("file", "");
    place.run("man file").fails(1);
    assert_eq!(
        place.run("--json man deep/man1").ok().json()["dir"],
        "deep/man1"
    );
}

/// The reference of all commands, in Markdown.
fn reference() -> String {
    let mut text = String::from(
        "# The command line\n\nMade from the program itself; `UPDATE_GOLDEN=1 cargo test --test it cli_generate` makes it anew.\n",
    );
    let mut command = strongroom::cli::command()
        .term_width(100)
        .bin_name("strongroom");
    command.build();
    pages(&mut command, &mut text);
    text
}

fn pages(command: &mut clap::Command, text: &mut String) {
    let name = command.get_bin_name().unwrap_or_default().to_owned();
    let help = command.render_long_help().to_string();
    // The flags that every command takes are told once, with the first.
    let global = help
        .find("\nGlobal options:")
        .filter(|_| name.contains(' '));
    let (own, rest) = help.split_at(global.unwrap_or(help.len()));
    let after = rest.find("\nExample").map_or("", |at| &rest[at..]);
    let lines: Vec<&str> = own
        .lines()
        .chain(after.lines())
        .map(str::trim_end)
        .collect();
    writeln!(
        text,
        "\n## `{name}`\n\n```text\n{}\n```",
        lines.join("\n").trim()
    )
    .unwrap();
    for sub in command.get_subcommands_mut() {
        pages(sub, text);
    }
}

#[test]
fn the_reference_is_what_the_program_says() {
    let now = reference();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all("docs").unwrap();
        fs::write("docs/cli.md", &now).unwrap();
    }
    let kept = fs::read_to_string("docs/cli.md").unwrap_or_default();
    assert!(kept == now, "docs/cli.md is old: run with UPDATE_GOLDEN=1");
}
