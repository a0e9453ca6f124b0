//! A keeper that lies about who is kept apart from a case, and people who say what is not theirs to say.

use std::collections::BTreeSet;

use crate::desk::Desk;
use crate::desk::DeskError;
use crate::desk::Filing;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::ada_refuses;
use crate::desk::forgery::kit::filing;
use crate::desk::forgery::kit::sign_in;
use crate::desk::forgery::rekey::enrol;
use crate::ids::CaseId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::Keeper;
use crate::keeper::facts::Member;
use crate::keeper::facts::Role;
use crate::keeper::lie::Lie;
use crate::keeper::message::answer::Outcome;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedCase;
use crate::keeper::message::load::ConflictWord;
use crate::keeper::message::load::MembersStatement;
use crate::keeper::message::open_to::Entitled;
use crate::keeper::units;
use crate::records::Kinds;
use crate::sealing::StatementKind;

/// A centre whose second coordinator is kept apart from the first case, and her id.
fn centre() -> (Centre, UserId) {
    let centre = Centre::new();
    enrol(&centre.keeper, "cora", Role::Coordinator);
    drop(sign_in(&centre.keeper, "cora"));
    let mut ada = sign_in(&centre.keeper, "ada");
    let cora = ada.user("cora").unwrap().id;
    let case = centre.cases[0].to_string();
    ada.note_conflict(&case, "cora", "a cousin").unwrap();
    ada.note_conflict(&case, "vera", "a neighbour").unwrap();
    drop(ada);
    (centre, cora)
}

/// A lie about a case that is shown.
fn about_case(change: impl Fn(&mut ServedCase) + Send + 'static) -> Lie {
    Box::new(move |_, _, answer| {
        if let Outcome::Done(served) = &mut answer.outcome
            && let Served::Cases(cases) = served.as_mut()
            && let [case] = cases.as_mut_slice()
        {
            change(case);
        }
    })
}

/// A word of the register, signed by this person.
fn word(desk: &Desk<'_>, (case, number): (CaseId, u32), user: UserId, ended: bool) -> String {
    let said = MembersStatement::Conflict(ConflictWord {
        case,
        number,
        user,
        ended,
        why: "0".repeat(64),
    });
    let bytes = desk.says(StatementKind::Members, &said).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_register_is_what_was_signed_and_sealed() {
    let (centre, cora) = centre();
    let case = centre.cases[0].to_string();
    let mut ada = sign_in(&centre.keeper, "ada");
    let lies: Vec<(&str, Lie)> = vec![
        ("a word less", about_case(|case| drop(case.conflicts.pop()))),
        (
            "a word less, and nobody the wiser",
            about_case(|case| {
                case.conflicts.remove(0);
                case.facts.conflict_words = 1;
            }),
        ),
        (
            "one for another",
            about_case(|case| case.conflicts.swap(0, 1)),
        ),
        (
            "another's reason",
            about_case(|case| {
                let (first, second) = case.conflicts.split_at_mut(1);
                std::mem::swap(&mut first[0].why, &mut second[0].why);
            }),
        ),
        (
            "she is kept apart no more",
            about_case(move |case| {
                case.facts.conflicts.remove(&cora);
            }),
        ),
        (
            "a changed reason",
            about_case(|case| {
                let why = case.conflicts[0].why.as_mut().unwrap();
                why.payload[40] ^= 1;
            }),
        ),
    ];
    for (what, lie) in lies {
        centre.not_taken_in(what, lie, || ada.case(&case));
    }
    let shown = ada.case(&case).unwrap();
    let whys: Vec<_> = shown
        .conflicts
        .iter()
        .map(|one| one.why.as_deref())
        .collect();
    assert_eq!(whys, [Some("a cousin"), Some("a neighbour")]);
}

/// Insiders sign words that are not theirs to say, and the keeper serves them as if they were.
#[test]
fn a_word_is_believed_only_from_those_who_may_write_it() {
    let centre = Centre::new();
    let case = centre.cases[0];
    let id = case.to_string();
    let mut ada = sign_in(&centre.keeper, "ada");
    let [vera, sam] = ["vera", "sam"].map(|who| ada.user(who).unwrap().id);
    ada.note_conflict(&id, "vera", "a neighbour").unwrap();
    drop(ada);
    // By whom, about whom, ended, and whether it may be said.
    for (by, user, ended, may) in [
        ("vera", sam, false, false),
        ("sam", vera, false, false),
        ("sam", vera, true, false),
        ("vera", vera, true, false),
        ("sam", sam, false, true),
        ("ada", vera, true, true),
    ] {
        let text = word(&sign_in(&centre.keeper, by), (case, 2), user, ended);
        let lie = about_case(move |case| {
            let mut more = case.conflicts[0].clone();
            more.statement.clone_from(&text);
            more.why = None;
            case.conflicts.push(more);
            case.facts.conflict_words = 2;
            if ended {
                case.facts.conflicts.remove(&user);
            } else {
                case.facts.conflicts.insert(user);
            }
        });
        let mut ada = sign_in(&centre.keeper, "ada");
        centre.keeper.tell(Some(lie));
        let shown = ada.case(&id);
        centre.keeper.tell(None);
        match shown {
            Ok(_) => assert!(may, "{by} was believed"),
            Err(DeskError::Damaged(says)) => {
                assert!(!may, "{by}: {says}");
                assert!(says.contains("conflict register"), "{says}");
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

/// After the case has a new key, a keeper asks for it to be sealed to the team that cora is in, as if nobody had said
/// anything of her.
#[test]
fn no_key_is_sealed_to_a_team_that_somebody_kept_apart_is_in() {
    let (centre, cora) = centre();
    let keeper = &centre.keeper;
    let case = centre.cases[0];
    let sam = sign_in(keeper, "ada").user("sam").unwrap().id;
    let team = keeper
        .run(|vault| vault.team(Role::Coordinator).unwrap().unwrap())
        .unwrap();
    // In truth sam lacks the keys of his cases.
    keeper.tamper(move |vault| {
        for (id, epoch) in vault.envelopes_of(sam) {
            vault.end_unit(units::membership(id, epoch, &Member::User(sam)));
        }
    });
    let asks = |member: Member, forgets: bool| -> Lie {
        Box::new(move |_, _, answer| {
            let Outcome::Done(served) = &mut answer.outcome else {
                return;
            };
            let Served::Errands(errands) = served.as_mut() else {
                return;
            };
            for errand in &mut errands.seal_on {
                if let Entitled::Case { conflicts, .. } = &mut errand.entitled
                    && !conflicts.is_empty()
                {
                    errand.members.push(member);
                    if forgets {
                        conflicts.clear();
                    }
                }
            }
        })
    };
    for (lie, says) in [
        (asks(Member::User(cora), false), "is not meant to hold it"),
        (
            asks(Member::Compartment(team), false),
            "is not meant to hold it",
        ),
        (asks(Member::Compartment(team), true), "leaves out"),
    ] {
        ada_refuses(keeper, lie, says);
    }
    assert!(!holds(keeper, cora, case));
    drop(sign_in(keeper, "ada"));
    assert!(holds(keeper, sam, case) && !holds(keeper, cora, case));
}

/// Whether somebody has a way to a case's present key.
fn holds(keeper: &Keeper, user: UserId, case: CaseId) -> bool {
    let way = keeper.run(move |vault| {
        let id = vault.compartment_of(case).unwrap().unwrap();
        vault.way(user, id).unwrap().is_some()
    });
    way.unwrap()
}

/// The control of the access check: where the keys of those who are kept apart do not end, it says so.
#[test]
fn a_key_that_does_not_follow_is_a_difference() {
    let centre = Centre::new();
    let keeper = &centre.keeper;
    enrol(keeper, "dpl", Role::DataProtectionLead);
    drop(sign_in(keeper, "ada"));
    let case = centre.cases[0].to_string();
    let found = || -> Vec<(Option<String>, String)> {
        let checked = sign_in(keeper, "dpl").check_access().unwrap();
        let all = checked.differences.into_iter();
        all.map(|one| (one.user, one.keys)).collect()
    };
    assert_eq!(found(), []);
    keeper.run(|vault| vault.forgetful = true).unwrap();
    let mut ada = sign_in(keeper, "ada");
    ada.note_conflict(&case, "sam", "his nephew").unwrap();
    drop(ada);
    let stray = (Some("sam".to_owned()), "yes".to_owned());
    assert!(found().contains(&stray));
    keeper
        .run(|vault| {
            vault.forgetful = false;
            vault.settle_everything();
        })
        .unwrap();
    let mut ada = sign_in(keeper, "ada");
    ada.note_conflict(&case, "vera", "a neighbour").unwrap();
    drop(ada);
    assert_eq!(found(), []);
}

/// A record's own compartment: its epoch, who holds its key in person or as a team, and for how many it is.
fn lock(keeper: &Keeper, record: RecordId) -> (u32, BTreeSet<Member>, usize) {
    let found = keeper.run(move |vault| {
        let facts = vault.record(record).unwrap().unwrap();
        let own = vault.compartment(facts.compartments[0]).unwrap().unwrap();
        let roll = vault.roll().unwrap();
        let ought = vault.ought_to_hold(&own, &roll).unwrap().unwrap();
        let holders = vault.holders(own.id, own.epoch);
        (own.epoch, holders, ought.len())
    });
    found.unwrap()
}

/// All who could ever read a record are kept apart from its case, one after the other: the last of them keeps the key
/// until somebody else has it, makes no new one, and then has it no more.
#[test]
fn the_last_who_holds_a_key_keeps_it_until_somebody_else_does() {
    let centre = Centre::new();
    let keeper = &centre.keeper;
    enrol(keeper, "cora", Role::Coordinator);
    enrol(keeper, "tess", Role::Trustee);
    enrol(keeper, "dpl", Role::DataProtectionLead);
    for who in ["ada", "cora", "tess", "dpl"] {
        drop(sign_in(keeper, who));
    }
    let case = centre.cases[0].to_string();
    let kind = Kinds::builtin().find("complaint").unwrap();
    let filed = Filing {
        kind: kind.name.clone(),
        form: kind.template_json(),
        attachments: Vec::new(),
        about: vec!["ada".to_owned()],
        ..filing(centre.cases[0])
    };
    let record = sign_in(keeper, "cora").file(&filed).unwrap().id;
    let mut before = lock(keeper, record);
    assert_eq!((before.1.len(), before.2), (3, 3));
    for who in ["cora", "tess", "dpl"] {
        let mut ada = sign_in(keeper, "ada");
        ada.note_conflict(&case, who, "a neighbour").unwrap();
        let now = lock(keeper, record);
        assert!(now.1.is_subset(&before.1) && !now.1.is_empty(), "{who}");
        before = now;
    }
    assert_eq!((before.1.len(), before.2), (1, 0));
    for who in ["cora", "tess", "dpl"] {
        drop(sign_in(keeper, who));
    }
    assert_eq!(lock(keeper, record), before);
    enrol(keeper, "tim", Role::Trustee);
    let tim = Member::User(sign_in(keeper, "ada").user("tim").unwrap().id);
    assert_eq!(lock(keeper, record).1, before.1);
    drop(sign_in(keeper, "dpl"));
    assert_eq!(lock(keeper, record), (1, [tim].into(), 1));
    drop(sign_in(keeper, "tim"));
    assert_eq!(lock(keeper, record), (2, [tim].into(), 1));
    let mut tim = sign_in(keeper, "tim");
    assert!(tim.record(&record.to_string(), None, None, 80).is_ok());
}
