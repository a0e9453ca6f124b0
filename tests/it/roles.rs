//! Every act as every role, through desk and keeper: answered as the checked-in table of the policy says
//! (`tests/golden/policy.tsv`), and whoever may read also holds the key.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use strongroom::desk::Desk;
use strongroom::desk::DeskError;
use strongroom::desk::NewUser;
use strongroom::keeper::acts::ACTS;
use strongroom::keeper::facts::Role;
use strongroom::keeper::facts::Service;
use strongroom::sealing::Passphrase;

use crate::centre_kit::Centre;
use crate::centre_kit::enrol;
use crate::centre_kit::filing;
use crate::centre_kit::form;

/// Handle, and what the table calls such a person.
const ASKERS: &[(&str, &str)] = &[
    ("cora", "coordinator"),
    ("sam", "staff-on-team-unclaimed"),
    ("otto", "staff"),
    ("vera", "volunteer-on-team"),
    ("tess", "trustee"),
    ("saf", "safeguarding-lead"),
    ("dbs", "dbs-countersignatory"),
    ("dpl", "data-protection-lead"),
    ("anna", "assessor"),
];

/// On what, act, situation and person: whether the policy says yes.
fn table() -> BTreeMap<(String, String, String, String), bool> {
    let text = include_str!("../golden/policy.tsv");
    let mut table = BTreeMap::new();
    for line in text.lines().skip(1) {
        let [on, acts, situations, answer, _, who] = line.split('\t').collect::<Vec<_>>()[..]
        else {
            panic!("{line}");
        };
        for act in acts.split(' ') {
            for situation in situations.split("; ") {
                for person in who.split(' ') {
                    let key = [on, act, situation, person].map(str::to_owned);
                    let [on, act, situation, person] = key;
                    table.insert((on, act, situation, person), answer == "yes");
                }
            }
        }
    }
    table
}

/// Whether it was allowed; anything else than the policy's no is a fault.
fn allowed<T>(result: Result<T, DeskError>, may_be_refused: bool) -> bool {
    match result {
        Ok(_) => true,
        Err(DeskError::Denied { .. } | DeskError::Unknown) => false,
        Err(DeskError::Refused { .. }) if may_be_refused => true,
        Err(other) => panic!("{other:?}"),
    }
}

fn on_the_vault(centre: &Centre, desk: &mut Desk<'_>, act: &str) -> Option<bool> {
    let out = centre
        .dir
        .path()
        .join(format!("out-{}", desk.account().handle));
    Some(match act {
        "look-up-keys" => true,
        "look-up-errands" => allowed(desk.run_errands(), false),
        "fill-errands" => {
            let role = desk.account().role;
            let mate = format!("mate-{}", desk.account().handle);
            enrol(&mut centre.desk("ada"), &mate, role, None);
            let made = desk.run_errands();
            assert!(!matches!(made, Ok(0)), "{mate} lacked nothing");
            allowed(made, false)
        }
        "add-user" => {
            let new = NewUser {
                handle: format!("new-{}", desk.account().handle),
                name: None,
                role: Role::Volunteer,
                reports_to: None,
            };
            allowed(
                desk.add_user(
                    &new,
                    &Passphrase::new("test only, of somebody new".to_owned()),
                ),
                false,
            )
        }
        "list-users" => allowed(desk.users(), false),
        "open-case" => allowed(desk.open_case("Invented, Mondays", Service::Virtual), false),
        "list-cases" => allowed(desk.cases(), false),
        "show-audit" => allowed(desk.audit(None, None, None), false),
        "export-audit" => allowed(desk.export_audit(&out), false),
        "prove-entry" => allowed(desk.proof(1), false),
        "list-errands" => allowed(desk.waiting(), false),
        "check-access" => allowed(desk.check_access(), false),
        _ => return None,
    })
}

fn on_accounts_and_cases(centre: &Centre, desk: &mut Desk<'_>, act: &str) -> Option<bool> {
    let case = centre.supervised.as_str();
    Some(match act {
        "show-user" => allowed(desk.user("ada"), false),
        "access-of" => allowed(desk.access_of("ada"), false),
        "suspend-user" => allowed(desk.suspend_user("ada"), true),
        "resume-user" => allowed(desk.resume_user("ada"), true),
        "show-case" => allowed(desk.case(case), false),
        "close-case" => allowed(desk.close_case(case), true),
        "reopen-case" => allowed(desk.reopen_case(case), true),
        "add-to-team" => allowed(desk.add_to_team(case, "ada"), true),
        "remove-from-team" => allowed(desk.remove_from_team(case, "ada"), true),
        _ => return None,
    })
}

fn on_a_kind(centre: &Centre, desk: &mut Desk<'_>, act: &str) -> Option<bool> {
    let filed = filing("contact-report", Some(&centre.supervised));
    Some(match act {
        "add-record" => allowed(desk.file(&filed), false),
        "import-records" => allowed(desk.import(&[filed]), false),
        _ => return None,
    })
}

fn on_a_record(desk: &mut Desk<'_>, kind: &str, record: &str, act: &str) -> Option<bool> {
    let purpose = Some("to see who may");
    Some(match act {
        "list-records" => {
            let (lines, _) = desk.records(None, 0).unwrap();
            lines.iter().any(|line| line.id.to_string() == record)
        }
        "read-record" => allowed(desk.record(record, None, purpose, 80), false),
        // Either there is none of this name, or the record is not to be known.
        "read-attachment" => allowed(
            desk.attachment(record, "notes.txt", purpose, &mut Vec::new()),
            true,
        ),
        "show-history" => allowed(desk.history(record), false),
        "amend-record" => allowed(desk.amend(record, &form(kind), "to see who may"), false),
        "export-record" => allowed(desk.export(record, &[], purpose, &mut Vec::new()), false),
        "who-may-read" => allowed(desk.who_may_read(record), false),
        // Somebody who reads none of it, every role, and who decides anyway: nobody's answers change.
        "exclude-user" => allowed(desk.exclude(record, "zoe"), true),
        "restrict-record" => {
            let all: BTreeSet<Role> = Role::ALL.iter().copied().collect();
            allowed(desk.restrict(record, &all), true)
        }
        "name-deciders" => allowed(desk.name_deciders(record, &["dbs".to_owned()]), true),
        _ => return None,
    })
}

/// Kind, record, one handle, and the table's situations for that person and for everybody else.
fn records(centre: &Centre) -> [(&'static str, &str, &'static str, &'static str, &'static str); 3] {
    [
        (
            "contact-report",
            &centre.report,
            "sam",
            "filed by the asker",
            "ordinary",
        ),
        (
            "complaint",
            &centre.complaint,
            "sam",
            "about the asker",
            "ordinary",
        ),
        (
            "dbs-certificate",
            &centre.certificate,
            "dbs",
            "decided by the asker",
            "decided by others",
        ),
    ]
}

#[test]
fn everyone_is_answered_as_the_policy_s_table_says() {
    let centre = Centre::new();
    enrol(&mut centre.desk("ada"), "anna", Role::Assessor, None);
    enrol(&mut centre.desk("ada"), "zoe", Role::Volunteer, None);
    let table = table();
    let mut walked = BTreeSet::new();
    let mut wrong = Vec::new();
    for (handle, person) in ASKERS {
        let mut desk = centre.desk(handle);
        walked.insert("sign-in");
        let mut check = |on: &str, act: &'static str, situation: &str, got: bool| {
            let key = [on, act, situation, person].map(str::to_owned);
            let [a, b, c, d] = key;
            let expected = table.get(&(a, b, c, d)).copied();
            walked.insert(act);
            if expected != Some(got) {
                wrong.push(format!(
                    "{act} on {on}, {situation}, by {handle}: {got}, not {expected:?}"
                ));
            }
        };
        for act in ACTS.iter().map(|row| row.word) {
            if let Some(got) = on_the_vault(&centre, &mut desk, act) {
                check("vault", act, "ordinary", got);
            }
            if let Some(got) = on_a_kind(&centre, &mut desk, act) {
                check("a new contact-report", act, "ordinary", got);
            }
            for (kind, record, whose, theirs, others) in records(&centre) {
                let situation = if *handle == whose { theirs } else { others };
                if let Some(got) = on_a_record(&mut desk, kind, record, act) {
                    check(&format!("a {kind}"), act, situation, got);
                }
            }
        }
        for row in ACTS {
            if let Some(got) = on_accounts_and_cases(&centre, &mut desk, row.word) {
                let on = if row.word.contains("user") || row.word == "access-of" {
                    "another account"
                } else {
                    "case"
                };
                check(on, row.word, "ordinary", got);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    walked.insert("change-passphrase");
    let all: BTreeSet<&str> = ACTS.iter().map(|row| row.word).collect();
    assert_eq!(walked, all, "an act is missing from this walk");
}

/// Everyone may take keys of their own, outsiders too, and then has what they had.
#[test]
fn everyone_may_set_a_passphrase_of_their_own() {
    let centre = Centre::new();
    enrol(&mut centre.desk("ada"), "anna", Role::Assessor, None);
    let table = table();
    for (handle, person) in ASKERS
        .iter()
        .filter(|(handle, _)| ["cora", "vera", "anna"].contains(handle))
    {
        let mut desk = centre.desk(handle);
        let own = Passphrase::new(format!("words of {handle}'s very own choosing"));
        let got = allowed(desk.change_passphrase(&own), false);
        let [on, act, situation, person] =
            ["own account", "change-passphrase", "ordinary", person].map(str::to_owned);
        assert_eq!(
            table.get(&(on, act, situation, person)),
            Some(&got),
            "{handle}"
        );
        let mut again = Desk::sign_in(&centre.keeper, handle, &own, None).unwrap();
        assert!(again.cases().is_ok());
    }
}
