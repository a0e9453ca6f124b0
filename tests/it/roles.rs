//! Every act as every role, through desk and keeper: answered as the checked-in table of the policy says
//! (`src/keeper/policy/matrix.tsv`), and whoever may read also holds the key.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use strongroom::desk::Among;
use strongroom::desk::Desk;
use strongroom::desk::DeskError;
use strongroom::desk::Look;
use strongroom::desk::NewUser;
use strongroom::desk::Query;
use strongroom::keeper::acts::ACTS;
use strongroom::keeper::acts::Target;
use strongroom::keeper::facts::GrantState;
use strongroom::keeper::facts::PlaceUse;
use strongroom::keeper::facts::Recipient;
use strongroom::keeper::facts::Role;
use strongroom::keeper::facts::Service;
use strongroom::keeper::facts::TwoPerson;
use strongroom::records::Form;
use strongroom::records::Judgement;
use strongroom::records::Kind;
use strongroom::records::Kinds;
use strongroom::records::PartCard;
use strongroom::records::PersonCard;
use strongroom::records::fold::fold;
use strongroom::records::person::Part;
use strongroom::records::words::Nation;
use strongroom::sealing::HybridIdentity;
use strongroom::sealing::Passphrase;
use strongroom::sealing::Recovered;
use strongroom::sealing::SigningKey;

use crate::centre_kit::Centre;
use crate::centre_kit::enrol;
use crate::centre_kit::filing;
use crate::centre_kit::form;
use crate::grants::access;
use crate::grants::given;
use crate::grants::with_six;
use crate::two_person::claimed;

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

/// What desks do by themselves at sign-in, and cannot be asked to do: no role walks it here.
const UNWALKED: &[&str] = &["re-key"];

/// On what, act, situation and person: whether the policy says yes.
fn table() -> BTreeMap<(String, String, String, String), bool> {
    let text = strongroom::keeper::policy::matrix::TABLE;
    let mut table = BTreeMap::new();
    for line in text.lines().skip(1) {
        let [on, acts, situations, answer, _, who] = line.split('\t').collect::<Vec<_>>()[..]
        else {
            panic!("{line}");
        };
        for (on, act) in on
            .split("; ")
            .flat_map(|on| acts.split(' ').map(move |act| (on, act)))
        {
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
        // Outsiders are not told who has an account here, and so cannot even name anybody.
        Err(DeskError::Refused { code, .. }) if code == "no-such-user" => false,
        Err(DeskError::Refused { .. }) if may_be_refused => true,
        Err(other) => panic!("{other:?}"),
    }
}

/// Somebody who may be given a record.
fn outsider() -> Recipient {
    Recipient {
        name: "the invented court".to_owned(),
        authority: "invented".to_owned(),
        key: None,
    }
}

fn on_the_vault(centre: &Centre, desk: &mut Desk<'_>, act: &str) -> Option<bool> {
    let out = format!("out-{}", desk.account().handle);
    let out = centre.dir.path().join(out);
    Some(match act {
        "look-up-keys" => true,
        "look-up-errands" => allowed(desk.run_errands(), false),
        "fill-errands" => {
            let role = desk.account().role;
            let colleague = format!("mate-{}", desk.account().handle);
            enrol(&mut centre.desk("ada"), &colleague, role, None);
            let made = desk.run_errands();
            assert!(!matches!(made, Ok(0)), "{colleague} lacked nothing");
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
        "read-notices" => allowed(desk.notices(), false),
        "invite-user" => {
            let new = NewUser {
                handle: format!("guest-{}", desk.account().handle),
                name: None,
                role: Role::Volunteer,
                reports_to: None,
            };
            allowed(desk.invite_user(&new), false)
        }
        "list-users" => allowed(desk.users(), false),
        "open-case" => allowed(desk.open_case("Invented, Mondays", Service::Virtual), false),
        "list-cases" => allowed(desk.cases(), false),
        "list-grants" => allowed(desk.grants(), false),
        "list-proposals" => allowed(desk.proposals(), false),
        "change-two-person" => allowed(desk.change_two_person(TwoPerson::Single), false),
        "show-audit" => allowed(desk.audit(None, None, None), false),
        "export-audit" => allowed(desk.export_audit(&out), false),
        "prove-entry" => allowed(desk.proof(1), false),
        "list-errands" => allowed(desk.waiting(), false),
        // Nobody of them is out.
        "end-check-in" => allowed(desk.end_check_in(), true),
        "list-check-ins" => allowed(desk.check_ins(), false),
        "list-due" => allowed(desk.due(Nation::Scotland), false),
        "check-access" => allowed(desk.check_access(), false),
        // The centre was made without trustees, so that whoever may is told that there is no key to change.
        "rotate-recovery" => allowed(desk.new_recovery(&recovered(), &[]), true),
        "make-shares" => allowed(desk.new_shares(&recovered(), &[]), true),
        "rehearse-recovery" => allowed(desk.rehearsals(), true),
        "add-person" => allowed(desk.add_person(&named("Invented")), false),
        "list-people" => allowed(desk.people(), false),
        _ => return None,
    })
}

fn named(name: &str) -> PersonCard {
    PersonCard {
        name: name.to_owned(),
        ..PersonCard::default()
    }
}

/// What is done with somebody on file who is part of the case, and with somebody who is not.
fn on_people(
    centre: &Centre,
    desk: &mut Desk<'_>,
    (person, other): (&str, &str),
    act: &str,
) -> Option<bool> {
    let judged = |same| Judgement {
        same,
        reason: Some("to see who may".to_owned()),
        other: BTreeMap::new(),
    };
    let part = PartCard {
        role: Part::Child,
        name: String::new(),
        about: None,
        alerts: Vec::new(),
        ended: None,
        other: BTreeMap::new(),
    };
    let case = &centre.supervised;
    Some(match act {
        "show-person" => allowed(desk.person(person, None), false),
        "show-person-looks" => allowed(desk.looks_at_person(person), false),
        "amend-person" => allowed(desk.amend_person(person, &|_| {}, "to see who may"), true),
        "link-person" => allowed(desk.link_person(person, case, &part), true),
        // Nobody's part ends, so that everybody finds what the one before found.
        "unlink-person" => allowed(
            desk.unlink_person(person, &centre.supported, "to see who may"),
            true,
        ),
        "same-person" => allowed(desk.compare_people((person, other), &judged(true)), false),
        "tell-apart" => allowed(desk.compare_people((person, other), &judged(false)), false),
        _ => return None,
    })
}

fn on_places(centre: &Centre, desk: &mut Desk<'_>, act: &str) -> Option<bool> {
    let name = format!("of-{}", desk.account().handle);
    Some(match act {
        "add-place" => {
            let dir = centre.folder(&name);
            std::fs::create_dir_all(&dir).unwrap();
            let dir = dir.to_str().unwrap();
            allowed(desk.add_place(&name, dir, PlaceUse::Backup), false)
        }
        "remove-place" => allowed(desk.remove_place(&name), false),
        "list-places" => allowed(desk.places(), false),
        _ => return None,
    })
}

/// A secret such as two trustees bring back, of no vault.
fn recovered() -> Recovered {
    Recovered {
        recovery: HybridIdentity::generate(),
        root: SigningKey::generate(),
    }
}

fn on_accounts_and_cases(centre: &Centre, desk: &mut Desk<'_>, act: &str) -> Option<bool> {
    let case = centre.supervised.as_str();
    Some(match act {
        "show-user" => allowed(desk.user("ada"), false),
        "access-of" => allowed(desk.access_of("ada"), false),
        "suspend-user" => allowed(desk.suspend_user("ada"), true),
        "resume-user" => allowed(desk.resume_user("ada"), true),
        "reissue-user" => {
            let first = Passphrase::new("test only, of new keys for ada".to_owned());
            allowed(desk.reissue_user("ada", &first), true)
        }
        "leave-user" => allowed(desk.leave_user("leo"), true),
        "add-to-role-team" => allowed(desk.add_role(Role::Volunteer, "ada"), true),
        "remove-from-role-team" => allowed(desk.remove_role(Role::Volunteer, "ada"), true),
        "show-case" => allowed(desk.case(case), false),
        "start-check-in" => allowed(desk.start_check_in(case, desk.now()), true),
        "close-case" => allowed(desk.close_case(case), true),
        "reopen-case" => allowed(desk.reopen_case(case), true),
        "add-to-team" => allowed(desk.add_to_team(case, "ada"), true),
        "grant-case" => {
            let new = access(&centre.keeper, Some(case), &[], 2);
            allowed(desk.grant(&new), false)
        }
        "remove-from-team" => allowed(desk.remove_from_team(case, "ada"), true),
        // Of somebody who reads it like others: nobody's answers change.
        "note-conflict" => allowed(desk.note_conflict(case, "zoe", "to see who may"), true),
        "end-conflict" => allowed(desk.end_conflict(case, "zoe", "to see who may"), true),
        _ => return None,
    })
}

fn on_a_kind(centre: &Centre, desk: &mut Desk<'_>, act: &str) -> Option<bool> {
    let filed = filing("contact-report", Some(&centre.supervised));
    Some(match act {
        "add-record" => allowed(desk.file(&filed), false),
        // Its cases take such records, so that whoever may is told to file it.
        "override-service" => allowed(
            desk.propose_override(&centre.supervised, "contact-report", "agreed"),
            true,
        ),
        "import-records" => allowed(desk.import(&[filed]), false),
        _ => return None,
    })
}

fn on_a_record(
    centre: &Centre,
    desk: &mut Desk<'_>,
    (kind, record): (&str, &str),
    act: &str,
) -> Option<bool> {
    let purpose = Some("to see who may");
    Some(match act {
        "list-records" => {
            let (lines, _) = desk.records(None, 0).unwrap();
            lines.iter().any(|line| line.id.to_string() == record)
        }
        "find-records" => finds(desk, &title_word(kind), false, record),
        "search-text" => finds(desk, &text_word(kind), true, record),
        "read-record" => allowed(desk.record(record, None, purpose, 80), false),
        // Either there is none of this name, or the record is not to be known.
        "read-attachment" => allowed(
            desk.attachment(record, "notes.txt", purpose, &mut Vec::new()),
            true,
        ),
        "break-glass" => allowed(desk.break_glass(record, "to see who may", 80), false),
        "review-opening" => allowed(desk.review_opening(record, "to see who may"), true),
        "show-history" => allowed(desk.history(record), false),
        "show-looks" => allowed(desk.looks_at_record(record), false),
        "amend-record" => allowed(desk.amend(record, &form(kind), "to see who may"), false),
        "grant-record" => {
            let new = access(&centre.keeper, None, &[record.to_owned()], 2);
            allowed(desk.grant(&new), false)
        }
        "export-record" => allowed(desk.export(record, &[], purpose, &mut Vec::new()), false),
        "release-record" => {
            let to = outsider();
            allowed(desk.release(record, &to, purpose, &Look::default()), true)
        }
        "propose-release" => {
            let to = outsider();
            allowed(desk.propose_release(record, &to, ("walked", purpose)), true)
        }
        "print-record" => allowed(desk.print(record, purpose, &Look::default()), false),
        "who-may-read" => allowed(desk.who_may_read(record), false),
        // Somebody who reads none of it, every role, and who decides anyway: nobody's answers change.
        "exclude-user" => allowed(desk.exclude(record, "zoe"), true),
        "restrict-record" => {
            let all: BTreeSet<Role> = Role::ALL.iter().copied().collect();
            allowed(desk.restrict(record, &all), true)
        }
        "move-record" => allowed(
            desk.move_record(record, &centre.supported, "to see who may"),
            true,
        ),
        "name-handler" => {
            let outside = desk.account().is(Role::Assessor);
            let who = if outside { "zoe" } else { "tess" };
            allowed(desk.name_handler(record, who), true)
        }
        "name-deciders" => {
            // Somebody the asker knows of: to an outsider most people are nobody.
            let outside = desk.account().is(Role::Assessor);
            let who = if outside { "zoe" } else { "dbs" };
            allowed(desk.name_deciders(record, &[who.to_owned()]), true)
        }
        _ => return None,
    })
}

/// Whether somebody finds a record by a word.
fn finds(desk: &mut Desk<'_>, word: &str, text: bool, record: &str) -> bool {
    let among = Among {
        text,
        ..Among::default()
    };
    let searchable = desk.searchable(&among).unwrap();
    let query = Query::parse(word).unwrap();
    let found = desk.find(&searchable, &query, 1000).unwrap();
    found.lines.iter().any(|line| line.id.to_string() == record)
}

/// A word of the title of the kind's example.
fn title_word(kind: &str) -> String {
    let kind = Kinds::builtin().find(kind).unwrap();
    let title = fold(&kind.card(&example(kind)).title);
    title.split(' ').next().unwrap().to_owned()
}

/// A word of the example's text that its card does not have.
fn text_word(kind: &str) -> String {
    let kind = Kinds::builtin().find(kind).unwrap();
    let form = example(kind);
    let card = kind.card(&form);
    let card = fold(&format!(
        "{} {}",
        card.title,
        card.subtitle.unwrap_or_default()
    ));
    let text = fold(&kind.texts(&form).join(" "));
    let mut words = text.split(' ').filter(|word| word.len() > 4);
    let word = words.find(|word| !card.contains(word));
    word.unwrap().to_owned()
}

fn example(kind: &Kind) -> Form {
    Form::from_stored(&kind.name, kind.version, kind.template_json()).unwrap()
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

/// Two people on file, both part of the case.
fn two_on_file(centre: &Centre) -> [String; 2] {
    let mut ada = centre.desk("ada");
    let mut on_file = |name: &str| ada.add_person(&named(name)).unwrap().0.id.to_string();
    let people = [on_file("Invented A"), on_file("Invented B")];
    let part = PartCard {
        role: Part::Child,
        name: String::new(),
        about: None,
        alerts: Vec::new(),
        ended: None,
        other: BTreeMap::new(),
    };
    for person in &people {
        ada.link_person(person, &centre.supervised, &part).unwrap();
    }
    people
}

#[test]
fn everyone_is_answered_as_the_policy_s_table_says() {
    let centre = Centre::new();
    // Somebody to close records to, and somebody to end the account of: an assessor knows who enrolled her, and
    // who enrolled them.
    enrol(&mut centre.desk("ada"), "zoe", Role::Coordinator, None);
    enrol(&mut centre.desk("zoe"), "leo", Role::Coordinator, None);
    enrol(&mut centre.desk("leo"), "anna", Role::Assessor, None);
    let people = two_on_file(&centre);
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
            if let Some(got) =
                on_the_vault(&centre, &mut desk, act).or_else(|| on_places(&centre, &mut desk, act))
            {
                check("vault", act, "ordinary", got);
            }
            let [person, other] = &people;
            if let Some(got) = on_people(&centre, &mut desk, (person, other), act) {
                check("person", act, "ordinary", got);
            }
            if let Some(got) = on_a_kind(&centre, &mut desk, act) {
                check("new contact-report", act, "ordinary", got);
            }
            for (kind, record, whose, theirs, others) in records(&centre) {
                let situation = if *handle == whose { theirs } else { others };
                if let Some(got) = on_a_record(&centre, &mut desk, (kind, record), act) {
                    check(kind, act, situation, got);
                }
            }
        }
        for row in ACTS {
            if let Some(got) = on_accounts_and_cases(&centre, &mut desk, row.word) {
                let on = match row.target {
                    Target::Account => "another account",
                    _ => "case",
                };
                check(on, row.word, "ordinary", got);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    walked.extend(["change-passphrase", "revoke-grant", "state-grant"]);
    walked.extend(["show-proposal", "approve-proposal"]);
    walked.extend(["refuse-proposal", "withdraw-proposal"]);
    // By those with a passphrase of their own: `checked.rs`; by whoever is kept apart from then on: below.
    walked.extend(["check-record", "return-record", "declare-conflict"]);
    let all: BTreeSet<&str> = ACTS.iter().map(|row| row.word).collect();
    let unwalked: Vec<&str> = all.difference(&walked).copied().collect();
    assert_eq!(unwalked, UNWALKED, "an act is missing from this walk");
}

/// Everybody in turn says that they know the family; ada is left, who reads the case.
#[test]
fn those_who_may_say_that_they_know_a_family() {
    let centre = Centre::new();
    enrol(&mut centre.desk("ada"), "anna", Role::Assessor, None);
    let table = table();
    for (handle, person) in ASKERS {
        let mut desk = centre.desk(handle);
        let got = allowed(
            desk.note_conflict(&centre.supervised, handle, "to see who may"),
            false,
        );
        let [on, act, situation, person] =
            ["case", "declare-conflict", "ordinary", person].map(str::to_owned);
        let expected = table.get(&(on, act, situation, person));
        assert_eq!(expected, Some(&got), "{handle}");
    }
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

/// Grants and proposals by everybody, with and without a side in them.
#[test]
fn grants_and_proposals_are_for_their_sides_and_for_those_who_answer_for_them() {
    let (centre, six) = with_six();
    let new = access(&centre.keeper, None, &six[..1], 2);
    let running = given(&centre, &new).id.to_string();
    let mut wrong = Vec::new();
    let mut expect = |what: &str, who: &str, yes: &[&str], got: bool| {
        if got != yes.contains(&who) {
            wrong.push(format!("{what} by {who}: {got}"));
        }
    };
    // Saf, who was the second person of the grant, has a passphrase of her own.
    for who in [
        "ada", "sam", "otto", "vera", "tess", "dbs", "dpl", "anna", "cora",
    ] {
        let mut desk = match who {
            "ada" => centre.desk(who),
            who => claimed(&centre.keeper, who),
        };
        let mut ada = centre.desk("ada");
        let p = ada.grant(&new).unwrap().proposal.unwrap().to_string();
        let seniors = ["ada", "cora", "tess", "dpl"];
        expect("show", who, &seniors, allowed(desk.proposal(&p), false));
        let back = allowed(desk.withdraw_proposal(&p), false);
        expect("withdraw", who, &["ada"], back);
        if who != "ada" {
            let no = allowed(desk.refuse_proposal(&p, "no"), false);
            expect("refuse", who, &seniors, no);
        }
        let p = ada.grant(&new).unwrap().proposal.unwrap().to_string();
        let yes = allowed(desk.approve(&p), false);
        expect("approve", who, &seniors[1..], yes);
        let told = ["ada", "cora", "tess", "dpl", "anna"];
        expect(
            "state",
            who,
            &told,
            allowed(desk.state_grant(&running), false),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_grant_is_ended_by_its_side_and_by_those_who_answer_for_it() {
    let (centre, six) = with_six();
    let new = access(&centre.keeper, None, &six[..1], 2);
    for (who, may) in [
        ("sam", false),
        ("tess", false),
        ("dpl", true),
        ("anna", true),
        ("cora", true),
    ] {
        let grant = given(&centre, &new);
        let running = centre.desk("ada").grants().unwrap();
        let running = running.iter().find(|one| one.state == GrantState::Active);
        let id = running.unwrap_or(&grant).id.to_string();
        let got = allowed(centre.desk(who).revoke_grant(&id), false);
        assert_eq!(got, may, "revoked by {who}");
    }
}
