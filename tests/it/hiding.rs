//! What is hidden leaves no trace. Two vaults are the same but for one record that is about ada, a coordinator
//! and the first administrator; she sits at the keyboard and tries every command in both, for people and for
//! scripts. What she is told may differ in the size of the ledger, its root, and the time, and in nothing else.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use strongroom::desk::Desk;
use strongroom::desk::Filing;
use strongroom::keeper::Keeper;
use strongroom::keeper::facts::Role;
use strongroom::records::PersonCard;
use strongroom::records::person::Part;
use strongroom::sealing::HybridIdentity;
use strongroom::sealing::SigningKey;

use crate::centre_kit;
use crate::centre_kit::Centre;
use crate::centre_kit::attach;
use crate::centre_kit::copy_all;
use crate::centre_kit::filing;
use crate::centre_kit::form;
use crate::centre_kit::passphrase;
use crate::centre_kit::paths;
use crate::cli_run::Place;
use crate::cli_run::Said;
use crate::cli_words::commands;
use crate::grants::access;

/// What ada tries, as she may guess it. `R`, `P` and `G` are the ids of the hidden record, of a proposal about
/// it and of the grant proposed; where there are none, ids that are nobody's. `C` is the case it belongs to.
const TRIED: &[&str] = &[
    "record list",
    "record list --case C",
    "find complaint",
    "find complaint --text",
    "find complaint --case C --kind complaint",
    "find complaint --person D",
    "find invented --kind person",
    "record show R",
    "record show R --version 7",
    "record show R --purpose x",
    "record history R",
    "record looked R",
    "record attachment R letter.txt --out letter.txt",
    "record amend R --from form.json --reason x",
    "record export R --age out.age",
    "record print R --pdf out.pdf",
    "record release R --to Cafcass --authority x --pdf out.pdf",
    "record release R --to Cafcass --authority x --reason x",
    "record check R",
    "record return R --reason x",
    "record exclude R sam",
    "record move R --to C --reason x",
    "record restrict R --roles trustee",
    "record deciders R dbs",
    "record handler R dbs",
    "breakglass open R --reason x",
    "breakglass review R --reason x",
    "access who R",
    "access who OWN",
    "access of cora",
    "access of nora",
    "access check",
    "grant add --to anna --record R --purpose x --until +2d",
    "grant add --to anna --record OWN --record R --purpose x --until +2d",
    "grant list",
    "grant revoke G",
    "grant statement G --out g.json",
    "proposal list",
    "proposal show P",
    "proposal approve P",
    "proposal refuse P --reason x",
    "proposal withdraw P",
    "case list",
    "case show C",
    "case team add C otto",
    "case team remove C otto",
    "case conflict C cora --reason x",
    "case show C",
    "case conflict C cora --end --reason x",
    "person list",
    "person show D",
    "person amend D --born 2019-03-02 --reason x",
    "person unlink D C --reason x",
    "person link D C --role child",
    "person same D E",
    "person looked D",
    "person same --not D E --reason x",
    "person add --name Nobody",
    "audit show",
    "audit show --record R",
    "audit show --actor cora",
    "audit proof 1",
    "audit verify",
    "audit export out",
    "user list",
    "user show cora",
    "user show sam",
    "errands",
    "due",
    "calendar --out due.ics",
    "check-in start C --until +2h",
    "check-in list",
    "check-in end",
    "vault two-person single",
    "vault place add away nowhere --for backup",
    "vault place remove nobody",
    "vault place list",
    "vault turn",
    "recovery rotate --opened opened --trustee x --trustee y --to shares",
    "recovery shares --opened opened --trustee x --trustee y --to shares",
    "recovery rehearse",
    "recovery rehearse --opened form.json",
    "team add staff tess",
    "team remove staff tess",
    "record add --kind complaint --from form.json",
    "import forms --case C --kind contact-report",
    "export --all --to age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p --out all",
    "doctor",
    "index rebuild",
    "case open --title New --service virtual",
    "case close C",
    "case reopen C",
    "user suspend vera",
    "user resume vera",
    "user leave vera",
    "user invite zoe --role staff",
    "user reissue sam --new-passphrase-file new",
    "user add new --role staff --new-passphrase-file new",
];

/// Of these, the ones that would show a record that is not hidden.
const TELLING: &[&str] = &[
    "record list",
    "record list --case C",
    "find complaint",
    "find complaint --text",
    "find complaint --case C --kind complaint",
    "find complaint --person D",
    "record show R",
    "record history R",
    "record attachment R letter.txt --out letter.txt",
    "grant list",
    "grant add --to anna --record R --purpose x --until +2d",
    "proposal list",
    "proposal show P",
    "audit show --record R",
    "access who R",
    "access of cora",
    "errands",
    "record looked R",
    "person looked D",
];

/// Commands that look at no vault, make one, or would end the walk.
const NOT_TRIED: &[&str] = &[
    "init",
    "demo",
    "user passphrase",
    "user enrol",
    "keeper",
    // Nobody signs in: whoever makes or reads backups has the vault's folder, and sees its files' sizes as it is.
    "backup to",
    "backup list",
    "backup verify",
    "backup rehearse",
    "restore",
    "kind list",
    "kind show",
    "kind template",
    "kind check",
    "policy show",
    "policy test",
    "completions",
    "man",
];

/// The ids a walk uses.
#[derive(Debug, Clone)]
struct Ids {
    record: String,
    proposal: String,
    grant: String,
    case: String,
    own: String,
    /// Two people on file.
    people: [String; 2],
}

/// A vault and what ada may guess about it.
struct Twin {
    place: Place,
    ids: Ids,
}

impl Twin {
    /// A copy of `from`, in which `happen` has happened.
    fn of(from: &Centre, happen: impl FnOnce(&Keeper) -> Option<[String; 3]>) -> Self {
        let place = Place::new();
        copy_all(from.dir.path(), &place.path("centre"));
        let keeper = Keeper::open(&paths(&place.path("centre")), &[]).unwrap();
        let none = ["r", "p", "g"].map(|sort| format!("{sort}_{}", "a".repeat(26)));
        let [record, proposal, grant] = happen(&keeper).unwrap_or(none);
        // Somebody new lacks keys, that of the hidden record among them: it waits for cora.
        let mut ada = Desk::sign_in(&keeper, "ada", &passphrase("ada"), None).unwrap();
        let people = on_file(&mut ada);
        centre_kit::enrol(&mut ada, "nora", Role::Coordinator, None);
        drop(ada);
        keeper.close().unwrap();
        place.write("ada", "test only: ada knows these five words\n");
        place.write("new", "words for somebody who is new here\n");
        place.write("form.json", form("complaint").to_string());
        // Of no vault: whoever looks gets as far as the keeper's answer.
        let root = SigningKey::generate().to_text();
        let recovery = HybridIdentity::generate().to_text();
        let (root, recovery) = (root.as_str(), recovery.expose());
        let opened = format!("# strongroom recovery, version 1\n# root key: {root}\n{recovery}\n");
        place.write("opened", opened);
        place.write("forms/one.json", form("contact-report").to_string());
        Self {
            place,
            ids: Ids {
                record,
                proposal,
                grant,
                case: from.supervised.clone(),
                own: from.report.clone(),
                people,
            },
        }
    }

    fn try_line(&self, line: &str, json: bool) -> Said {
        let ids = &self.ids;
        let words: Vec<&str> = line
            .split(' ')
            .map(|word| match word {
                "R" => ids.record.as_str(),
                "P" => ids.proposal.as_str(),
                "G" => ids.grant.as_str(),
                "C" => ids.case.as_str(),
                "OWN" => ids.own.as_str(),
                "D" => ids.people[0].as_str(),
                "E" => ids.people[1].as_str(),
                other => other,
            })
            .collect();
        let json = if json { "--json " } else { "" };
        self.place.run(&format!(
            "{json}--vault centre/vault --keys centre/keys --as ada --passphrase-file ada {}",
            words.join(" ")
        ))
    }

    /// Everything ada is told by these commands, one after the other.
    fn walked(&self, lines: &[&str]) -> Vec<(String, String)> {
        let mut told = Vec::new();
        for line in lines {
            for json in [false, true] {
                // What was written to the first time is in the way the second time.
                for out in ["letter.txt", "out.age", "g.json"] {
                    drop(std::fs::remove_file(self.place.path(out)));
                }
                drop(std::fs::remove_dir_all(self.place.path("out")));
                let said = self.try_line(line, json);
                let name = if json {
                    format!("{line} --json")
                } else {
                    (*line).to_owned()
                };
                told.push((name, plain(&self.place, line, &said)));
            }
        }
        told
    }
}

/// What stands before the size of the ledger or a place in it.
const BEFORE_A_SIZE: &[&str] = &[
    "entry ",
    "history of ",
    "\"index\":",
    "\"size\":",
    "\"entry\":",
    "\"remembered\":",
];

/// What somebody is told, without the size of the ledger, its root, the time, and what is random.
fn plain(place: &Place, line: &str, said: &Said) -> String {
    let stdout = match line {
        // Everybody's entries, as bare as `others_entries_are_bare` sees them: here, ada's own.
        line if line.starts_with("audit show") => {
            keep(&said.stdout, |_, line| line.contains("ada"))
        }
        // The path to the root is as long as the ledger is large.
        line if line.starts_with("audit proof") => {
            let first = said.stdout.split("\\n").next().unwrap_or_default();
            keep(first, |at, _| at < 3)
        }
        // A code is random.
        line if line.starts_with("user invite") => String::new(),
        _ => said.stdout.clone(),
    };
    let text = format!("{stdout}\n[stderr]\n{}\n[exit {}]", said.stderr, said.code);
    let text = place.redacted(&text);
    let in_column = line.starts_with("audit show") || line.starts_with("import");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let digits = rest.chars().take_while(char::is_ascii_digit).count();
        let after = &rest[digits..];
        let alone = !out.ends_with(char::is_alphanumeric) && !after.starts_with(['-', ':', '.']);
        let size = BEFORE_A_SIZE.iter().any(|word| out.ends_with(word))
            || after.starts_with(" entries")
            || (in_column && alone);
        if digits > 0 && size {
            out.push('#');
            rest = after;
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    let out = out.replace("[ROOT]", "#");
    // Columns are as wide as what stands in them.
    keep(&out, |_, _| true)
}

/// Some of the lines, each with single spaces.
fn keep(text: &str, wanted: impl Fn(usize, &str) -> bool) -> String {
    let lines = text.lines().enumerate();
    let kept = lines.filter(|(at, line)| wanted(*at, line));
    kept.map(|(_, line)| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join("\n")
}

/// A record with an attachment, and everything that people who may know it do with it.
fn happens(keeper: &Keeper, case: &str, about: &[&str]) -> [String; 3] {
    let sign_in = |who: &str| Desk::sign_in(keeper, who, &passphrase(who), None).unwrap();
    let filed = Filing {
        about: about.iter().map(|who| (*who).to_owned()).collect(),
        attachments: vec![attach("letter.txt", b"invented")],
        ..filing("complaint", Some(case))
    };
    let mut cora = sign_in("cora");
    let [subject, _] = on_file(&mut cora);
    let about = [(subject.clone(), Part::Parent)];
    let record = cora.file_about(&filed, &about).unwrap().id.to_string();
    cora.record(&record, None, None, 80).unwrap();
    cora.amend(&record, &form("complaint"), "a date").unwrap();
    let access = access(keeper, None, std::slice::from_ref(&record), 2);
    let grant = cora.grant(&access).unwrap();
    let mut tess = sign_in("tess");
    tess.records(None, 0).unwrap();
    tess.attachment(&record, "letter.txt", None, &mut Vec::new())
        .unwrap();
    sign_in("saf").break_glass(&record, "invented", 80).unwrap();
    let mut dpl = sign_in("dpl");
    dpl.history(&record).unwrap();
    dpl.looks_at_record(&record).unwrap();
    [
        record,
        grant.proposal.unwrap().to_string(),
        grant.id.to_string(),
    ]
}

/// The people on file, in the order of their names.
fn on_file(desk: &mut Desk<'_>) -> [String; 2] {
    let people = desk.people().unwrap();
    let ids: Vec<String> = people.iter().map(|one| one.id.to_string()).collect();
    ids.try_into().unwrap()
}

/// A centre with an assessor, which the twins are copied from.
fn stem() -> Centre {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    centre_kit::enrol(&mut ada, "anna", Role::Assessor, None);
    for name in ["Invented A", "Invented B"] {
        let card = PersonCard {
            name: name.to_owned(),
            ..PersonCard::default()
        };
        ada.add_person(&card).unwrap();
    }
    drop(ada);
    centre
}

/// Every command there is is tried, or is named as one that cannot tell anything.
#[test]
fn every_command_is_tried() {
    let all = commands();
    let leaves = all.iter().filter(|name| {
        !all.iter()
            .any(|other| other.starts_with(&format!("{name} ")))
    });
    for name in leaves {
        let tried = TRIED.iter().any(|line| line.starts_with(name.as_str()));
        let not = NOT_TRIED.contains(&name.as_str());
        assert!(tried != not, "`{name}` is neither tried nor left out");
    }
}

/// The accused administrator cannot tell that there is a record about her. And the control: were she not the
/// one it is about, the same walk would tell her so in all these ways.
#[test]
fn the_one_it_is_about_cannot_tell_that_it_is_there() {
    let stem = stem();
    let case = stem.supervised.clone();
    let with = Twin::of(&stem, |keeper| Some(happens(keeper, &case, &["ada"])));
    // Who is on file cora looks up in both: that is no sign of the record.
    let without = Twin::of(&stem, |keeper| {
        on_file(&mut Desk::sign_in(keeper, "cora", &passphrase("cora"), None).unwrap());
        None
    });
    let visible = Twin::of(&stem, |keeper| Some(happens(keeper, &case, &["otto"])));
    let (with, without, visible) = std::thread::scope(|scope| {
        let walks = [(&with, TRIED), (&without, TRIED), (&visible, TELLING)];
        let [a, b, c] = walks.map(|(twin, lines)| scope.spawn(|| twin.walked(lines)));
        (a.join().unwrap(), b.join().unwrap(), c.join().unwrap())
    });
    let mut differ = Vec::new();
    for ((line, there), (_, not_there)) in with.iter().zip(&without) {
        if there != not_there {
            differ.push(format!(
                "== {line}\n-- with it\n{there}\n-- without it\n{not_there}"
            ));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n\n"));
    // Notices that were shown are not shown again.
    for (line, there) in visible.iter().filter(|(line, _)| line != "errands --json") {
        let not_there = without.iter().find(|(other, _)| other == line).unwrap();
        assert_ne!(*there, not_there.1, "the walk cannot see {line}");
    }
}

/// In the whole list of entries she sees that something happened (the ledger's size shows it anyway), and not
/// with what.
#[test]
fn others_entries_are_bare() {
    let stem = stem();
    let case = stem.supervised.clone();
    let entries = |twin: &Twin| -> Vec<Value> {
        let said = twin.try_line("audit show", true).ok();
        let lines = said.stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let bare = |entry: &Value| {
        ["record", "case", "purpose"]
            .iter()
            .all(|field| entry[field].is_null())
    };
    for (about, hidden) in [("ada", true), ("otto", false)] {
        let twin = Twin::of(&stem, |keeper| Some(happens(keeper, &case, &[about])));
        let before = entries(&Twin::of(&stem, |_| None)).len() - 1;
        let new = &entries(&twin)[before..];
        assert!(new.len() > 10, "{}", new.len());
        assert_eq!(new.iter().all(bare), hidden, "{new:#?}");
        let text = serde_json::to_string(new).unwrap();
        assert_eq!(text.contains(&twin.ids.record), !hidden);
    }
}

/// What the folder shows a reader of its names and sizes is another matter (`docs/threat-model.md`, (a)); what
/// the program writes beside a vault is not: nothing is left where the walk ran but what was asked for.
#[test]
fn a_walk_leaves_nothing_beside_the_vault() {
    let twin = Twin::of(&stem(), |_| None);
    let names = |dir: &Path| -> BTreeSet<String> {
        let found = std::fs::read_dir(dir).unwrap();
        found
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    };
    let before = names(&twin.place.path(""));
    for line in [
        "record show R",
        "record attachment R x.pdf --out x.pdf",
        "record export R --age x.age",
        "record print R --pdf x.pdf",
        "record release R --to Cafcass --authority x --pdf x.pdf",
    ] {
        twin.try_line(line, false).fails(3);
    }
    let mut after = names(&twin.place.path(""));
    after.remove("state");
    assert_eq!(after, before);
}
