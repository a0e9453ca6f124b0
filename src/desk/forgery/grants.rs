//! A keeper with all its keys gives access that nobody gave: the next desk refuses it, by name.

use std::collections::BTreeSet;

use crate::desk::Desk;
use crate::desk::NewAccess;
use crate::desk::NewUser;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::about_answer;
use crate::desk::forgery::kit::about_keys;
use crate::desk::forgery::kit::filing;
use crate::desk::forgery::kit::passphrase;
use crate::desk::forgery::kit::sign_in;
use crate::desk::forgery::kit::stranger;
use crate::ids::CaseId;
use crate::ids::GrantId;
use crate::ids::ProposalId;
use crate::ids::RecordId;
use crate::keeper::Keeper;
use crate::keeper::facts::EpochFacts;
use crate::keeper::facts::GrantState;
use crate::keeper::facts::Role;
use crate::keeper::lie::Lie;
use crate::keeper::message::answer::Answer;
use crate::keeper::message::answer::Outcome;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::ApproveStatement;
use crate::keeper::message::load::GrantStatement;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::units;
use crate::sealing::Passphrase;
use crate::sealing::Statement;
use crate::sealing::StatementKind;
use crate::store::Tree;

pub(crate) fn enrol(ada: &mut Desk<'_>, handle: &str, role: Role) {
    let new = NewUser {
        handle: handle.to_owned(),
        name: None,
        role,
        reports_to: None,
    };
    ada.add_user(&new, &passphrase(handle)).unwrap();
}

/// Someone with a passphrase of their own.
pub(crate) fn claimed<'k>(keeper: &'k Keeper, who: &str) -> Desk<'k> {
    sign_in(keeper, who).change_passphrase(&own(who)).unwrap();
    Desk::sign_in(keeper, who, &own(who), None).unwrap()
}

/// The words nobody set for them.
pub(crate) fn own(who: &str) -> Passphrase {
    Passphrase::new(format!("test only: {who}'s own words"))
}

pub(crate) fn access(keeper: &Keeper, case: Option<CaseId>, records: &[RecordId]) -> NewAccess {
    NewAccess {
        to: "anna".to_owned(),
        case: case.map(|case| case.to_string()),
        records: records.iter().map(ToString::to_string).collect(),
        purpose: "to look".to_owned(),
        from: None,
        until: keeper.now().plus_ms(1 << 30),
    }
}

/// A centre with an assessor and a second coordinator.
pub(crate) fn centre() -> Centre {
    let centre = Centre::new();
    let mut ada = sign_in(&centre.keeper, "ada");
    enrol(&mut ada, "anna", Role::Assessor);
    enrol(&mut ada, "cora", Role::Coordinator);
    drop(ada);
    centre
}

/// The keeper alone puts a grant in force, with whatever it has for an approval.
pub(crate) fn put_in_force(keeper: &Keeper, grant: GrantId, vouchers: Option<Vec<String>>) {
    let done = keeper.run(move |vault| {
        vault.begin();
        let mut facts = vault.shared.grants.get(&grant).unwrap().clone();
        facts.state = GrantState::Active;
        facts.active_at = Some(vault.now());
        facts.approval = vouchers.as_ref().and_then(|all| all.get(1).cloned());
        let mut epoch: EpochFacts = vault.epoch(facts.compartment, 1).unwrap().unwrap();
        epoch.vouchers = vouchers.unwrap_or(epoch.vouchers);
        let unit = units::grant(grant);
        vault.write(&unit, Tree::Epoch, &[], &epoch).unwrap();
        vault.put_grant(facts).unwrap();
        vault
            .log_service(crate::keeper::entry::Entry::new(
                crate::ledger::Event::Grant,
                crate::ledger::Outcome::Ok,
                crate::ledger::ActorHandle::SERVICE,
                serde_json::Value::Null,
            ))
            .unwrap();
        vault.commit().unwrap();
        vault.begin();
    });
    done.unwrap();
}

pub(crate) fn approval(desk: &Desk<'_>, proposal: ProposalId, of: &str) -> String {
    let digest = Statement::parse(of.as_bytes()).unwrap().digest().hex();
    let said = ApproveStatement { proposal, digest };
    String::from_utf8(desk.says(StatementKind::Approve, &said).unwrap()).unwrap()
}

/// A statement under another's signature.
fn resigned(text: &str, other: &str) -> String {
    let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
    let other: serde_json::Value = serde_json::from_str(other).unwrap();
    value["sig"] = other["sig"].clone();
    String::from_utf8(crate::canon::to_bytes(&value).unwrap()).unwrap()
}

pub(crate) fn given_of(keeper: &Keeper, grant: GrantId) -> String {
    let text = keeper.run(move |vault| vault.shared.grants.get(&grant).unwrap().statement.clone());
    text.unwrap()
}

/// A true second person's approvals that are of something else, or not hers any more.
fn misplaced(
    cora: &Desk<'_>,
    proposal: ProposalId,
    (given, other): (&String, &String),
) -> Vec<(&'static str, Vec<String>)> {
    let with = |approval: String| vec![given.clone(), approval];
    let hers = approval(cora, proposal, given);
    vec![
        ("of another grant", with(approval(cora, proposal, other))),
        (
            "of another proposal",
            with(approval(cora, ProposalId::random(), given)),
        ),
        ("with another signature", with(resigned(&hers, given))),
    ]
}

#[test]
fn nothing_is_opened_by_a_grant_that_no_second_person_agreed_to() {
    let centre = centre();
    let (mut ada, vera) = (
        sign_in(&centre.keeper, "ada"),
        sign_in(&centre.keeper, "vera"),
    );
    let cora = claimed(&centre.keeper, "cora");
    let mut anna = sign_in(&centre.keeper, "anna");
    let record = centre.records[0].to_string();
    let new = access(&centre.keeper, None, &centre.records[..1]);
    let grant = ada.grant(&new).unwrap();
    let other = ada.grant(&new).unwrap();
    let proposal = grant.proposal.unwrap();
    let given = given_of(&centre.keeper, grant.id);
    let of_other = given_of(&centre.keeper, other.id);
    let by = |desk: &Desk<'_>| vec![given.clone(), approval(desk, proposal, &given)];
    let mut forged = vec![
        ("no approval", vec![given.clone()]),
        ("the giver's own", by(&ada)),
        ("a volunteer's", by(&vera)),
        ("hers for whom it is", by(&anna)),
    ];
    forged.extend(misplaced(&cora, proposal, (&given, &of_other)));
    for (what, vouchers) in forged {
        put_in_force(&centre.keeper, grant.id, Some(vouchers));
        let told = anna
            .record(&record, None, None, 80)
            .unwrap_err()
            .to_string();
        assert!(told.contains("no second person agreed"), "{what}: {told}");
        // What nobody signed her desk does not put its name to; the rest a stranger finds.
        let Ok(stated) = anna.state_grant(&grant.id.to_string()) else {
            assert_eq!(what, "with another signature");
            continue;
        };
        if let Some(told) = outside(&centre.keeper, &stated.file) {
            assert!(told.contains("second person's"), "{what}: {told}");
        }
    }
    let unsigned = [
        ("no grant at all", vec![]),
        (
            "another grant's",
            vec![of_other.clone(), approval(&cora, proposal, &of_other)],
        ),
    ];
    for (what, vouchers) in unsigned {
        put_in_force(&centre.keeper, grant.id, Some(vouchers));
        let told = anna
            .record(&record, None, None, 80)
            .unwrap_err()
            .to_string();
        assert!(told.contains("nobody entitled gave"), "{what}: {told}");
    }
    // The control: with a true approval it opens.
    let honest = vec![given.clone(), approval(&cora, proposal, &given)];
    put_in_force(&centre.keeper, grant.id, Some(honest));
    assert!(anna.record(&record, None, None, 80).is_ok());
}

/// What the outside verifier says of a statement; `None` where it cannot run here.
fn outside(keeper: &Keeper, file: &str) -> Option<String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("statement");
    std::fs::write(&path, file).unwrap();
    let mut python = std::process::Command::new("python3");
    python.args(["-B", "docs/verify/verify.py", "grant"]);
    let output = python
        .arg(path)
        .args(["--vkey", keeper.vkey()])
        .output()
        .ok()?;
    Some(String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// A lie about proposals.
fn about_proposals(
    change: impl Fn(&mut crate::keeper::message::answer::ServedProposal) + Send + 'static,
) -> Lie {
    about_answer(move |answer: &mut Answer| {
        if let Outcome::Done(served) = &mut answer.outcome
            && let Served::Proposals(all) = served.as_mut()
        {
            all.iter_mut().for_each(&change);
        }
    })
}

type Told = Box<dyn Fn(&mut crate::keeper::message::answer::ServedProposal) + Send>;

#[test]
fn what_is_approved_is_what_was_signed() {
    let centre = centre();
    let mut ada = sign_in(&centre.keeper, "ada");
    let mut cora = claimed(&centre.keeper, "cora");
    let new = access(&centre.keeper, None, &centre.records[..1]);
    let grant = ada.grant(&new).unwrap();
    let p = grant.proposal.unwrap().to_string();
    let sam = ada.user("sam").unwrap().id;
    let second = ada.grant(&new).unwrap();
    let other = given_of(&centre.keeper, second.id);
    let more = centre.records[1];
    let lies: Vec<(&str, Told)> = vec![
        (
            "for somebody else",
            Box::new(move |one| one.grant.as_mut().unwrap().to = sam),
        ),
        (
            "for longer",
            Box::new(|one| {
                let grant = one.grant.as_mut().unwrap();
                grant.until = grant.until.plus_ms(1 << 40);
            }),
        ),
        (
            "of less than it is",
            Box::new(move |one| one.grant.as_mut().unwrap().records = BTreeSet::from([more])),
        ),
        (
            "for something else",
            Box::new(|one| one.grant.as_mut().unwrap().purpose = "x".to_owned()),
        ),
        ("by somebody else", Box::new(move |one| one.facts.by = sam)),
        (
            "in the place of another",
            Box::new(move |one| one.facts.statement.clone_from(&other)),
        ),
        (
            "of another digest",
            Box::new(|one| one.facts.digest = "00".repeat(32)),
        ),
        ("without its grant", Box::new(|one| one.grant = None)),
        (
            "of another id",
            Box::new(|one| one.facts.id = ProposalId::random()),
        ),
    ];
    for (what, lie) in lies {
        centre.not_taken_in(what, about_proposals(lie), || cora.approve(&p));
    }
    assert!(cora.approve(&p).is_ok());
}

#[test]
fn nothing_is_sealed_on_that_was_not_to_be_given() {
    let centre = centre();
    let mut ada = sign_in(&centre.keeper, "ada");
    let new = access(&centre.keeper, None, &centre.records[..1]);
    let more = centre.records[1];
    let headers = |change: fn(&mut HeaderOf, RecordId)| -> Lie {
        about_answer(move |answer| {
            if let Outcome::Done(served) = &mut answer.outcome
                && let Served::Headers(headers) = served.as_mut()
            {
                change(&mut headers.groups[0].headers[0].of, more);
            }
        })
    };
    let another = headers(|of, more| {
        if let HeaderOf::Part { record, .. } = of {
            *record = more;
        }
    });
    let says = centre.not_taken_in("another record's", another, || ada.grant(&new));
    assert!(says.contains("something else"), "{says}");
    let centre_s = headers(|of, _| *of = HeaderOf::Centre {});
    centre.not_taken_in("the centre's", centre_s, || ada.grant(&new));
    let swapped = about_keys(|keys| {
        let anna = keys.accounts.iter_mut().find(|one| one.handle == "anna");
        anna.unwrap().recipient = stranger();
    });
    centre.not_taken_in("another recipient", swapped, || ada.grant(&new));
    assert!(ada.grant(&new).is_ok());
}

#[test]
fn nothing_is_filed_for_a_grant_that_nobody_gave() {
    let centre = centre();
    let mut ada = sign_in(&centre.keeper, "ada");
    let (mut sam, vera) = (
        sign_in(&centre.keeper, "sam"),
        sign_in(&centre.keeper, "vera"),
    );
    let case = centre.cases[0];
    let grant = ada
        .grant(&access(&centre.keeper, Some(centre.cases[1]), &[]))
        .unwrap();
    let id = grant.id;
    let pair = centre.keeper.run(move |vault| {
        let grant = vault.shared.grants.get(&id).unwrap();
        vault.current(grant.compartment).unwrap().unwrap()
    });
    let (facts, epoch) = pair.unwrap();
    let told = |epoch: EpochFacts| {
        let facts = facts.clone();
        about_keys(move |keys| keys.compartments.push((facts.clone(), epoch.clone())))
    };
    let said: GrantStatement = Statement::parse(epoch.vouchers[0].as_bytes())
        .unwrap()
        .read_body()
        .unwrap();
    let by_vera = GrantStatement {
        case: Some(case),
        ..said.clone()
    };
    let by_vera = String::from_utf8(vera.says(StatementKind::Grant, &by_vera).unwrap()).unwrap();
    let forged = [
        ("of another case", epoch.clone()),
        (
            "without the giver's word",
            EpochFacts {
                vouchers: Vec::new(),
                ..epoch.clone()
            },
        ),
        (
            "given by a volunteer",
            EpochFacts {
                vouchers: vec![by_vera],
                ..epoch.clone()
            },
        ),
        (
            "with another key",
            EpochFacts {
                recipient: stranger(),
                ..epoch.clone()
            },
        ),
    ];
    for (what, epoch) in forged {
        centre.not_taken_in(what, told(epoch), || sam.file(&filing(case)));
    }
    // The control: what is given is filed for.
    assert!(sam.file(&filing(case)).is_ok());
    assert!(sam.file(&filing(centre.cases[1])).is_ok());
}
