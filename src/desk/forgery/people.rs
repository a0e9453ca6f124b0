//! Lies about who somebody is here: a keeper with all its keys can write any row, and no desk acts on one
//! that nobody entitled has signed.

use std::collections::BTreeSet;

use crate::desk::Desk;
use crate::desk::DeskError;
use crate::desk::NewUser;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::about_keys;
use crate::desk::forgery::kit::filing;
use crate::desk::forgery::kit::passphrase;
use crate::desk::forgery::kit::sign_in;
use crate::ids::CaseId;
use crate::ids::UserId;
use crate::keeper::Keeper;
use crate::keeper::entry::Entry;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::AccountState;
use crate::keeper::facts::Role;
use crate::keeper::facts::Service;
use crate::keeper::lie::Lie;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::load::MembersStatement;
use crate::keeper::message::load::RolesStatement;
use crate::keeper::message::load::StateStatement;
use crate::keeper::vault::Vault;
use crate::ledger::ActorHandle;
use crate::ledger::Event;
use crate::ledger::Outcome as Ending;
use crate::sealing::StatementKind;

/// Commits what a keeper made up.
fn write(vault: &mut Vault) {
    let service = ActorHandle::SERVICE;
    let entry = Entry::new(Event::Admin, Ending::Ok, service, serde_json::Value::Null);
    vault.stage(entry).unwrap();
    vault.commit().unwrap();
    vault.begin();
}

/// A keeper that writes an account's row as it likes, with every key it needs for that.
fn rewrite(
    keeper: &Keeper,
    who: &'static str,
    change: impl Fn(&mut AccountFacts) + Send + 'static,
) {
    let done = keeper.run(move |vault| {
        vault.begin();
        let mut account = vault.people.find(who).unwrap().clone();
        change(&mut account);
        vault.put_account(account).unwrap();
        write(vault);
    });
    done.unwrap();
}

/// A keeper that writes a case's team as it likes.
fn rewrite_team(keeper: &Keeper, case: CaseId, team: BTreeSet<UserId>) {
    let done = keeper.run(move |vault| {
        vault.begin();
        let mut facts = vault.case(case).unwrap().unwrap();
        facts.team = team;
        vault.put_case(&facts).unwrap();
        write(vault);
    });
    done.unwrap();
}

fn named<T>(what: &str, result: Result<T, DeskError>, words: &str) {
    match result {
        Err(DeskError::Damaged(says)) => assert!(says.contains(words), "{what}: {says}"),
        Err(other) => panic!("{what}: refused otherwise: {other:?}"),
        Ok(_) => panic!("{what}: believed"),
    }
}

fn id_of(keeper: &Keeper, who: &'static str) -> UserId {
    let found = keeper.run(move |vault| vault.people.find(who).unwrap().id);
    found.unwrap()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// What a row is changed to, what the refusal says, whose it is, and how it is changed.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    fn(&mut AccountFacts),
);

/// Rows that only their own keeper wrote, and what the next desk says.
#[test]
fn an_invented_row_about_somebody_is_refused_by_name() {
    let rows: [Row; 5] = [
        ("a further role", "further roles of `sam`", "sam", |sam| {
            sam.also.insert(Role::Coordinator);
        }),
        ("another role", "keys of `vera`", "vera", |vera| {
            vera.role = Role::SafeguardingLead;
        }),
        ("an invented suspension", "stopped `sam`", "sam", |sam| {
            sam.state = AccountState::Suspended;
        }),
        ("an invented leaving", "stopped `vera`", "vera", |vera| {
            vera.state = AccountState::Left;
        }),
        ("another line", "whom `vera` reports to", "vera", |vera| {
            vera.reports_to = Some(UserId::random());
        }),
    ];
    for (what, words, who, change) in rows {
        let centre = Centre::new();
        let mut ada = sign_in(&centre.keeper, "ada");
        rewrite(&centre.keeper, who, change);
        named(what, ada.file(&filing(centre.cases[0])), words);
        named(what, ada.open_case("third", Service::Supervised), words);
        named(what, ada.users(), words);
        named(
            what,
            ada.add_to_team(&centre.cases[0].to_string(), "vera"),
            words,
        );
        // The control: the same row as it was signed.
        let centre = Centre::new();
        let mut ada = sign_in(&centre.keeper, "ada");
        rewrite(&centre.keeper, who, |_| {});
        assert!(ada.file(&filing(centre.cases[0])).is_ok(), "{what}");
        assert!(ada.users().is_ok(), "{what}");
    }
}

#[test]
fn a_suspension_cannot_be_hidden_by_a_row() {
    for state in [AccountState::Suspended, AccountState::Left] {
        let centre = Centre::new();
        let mut ada = sign_in(&centre.keeper, "ada");
        let before = match state {
            AccountState::Left => ada.leave_user("sam"),
            _ => ada.suspend_user("sam"),
        };
        assert_eq!(before.unwrap().state, state);
        assert!(ada.file(&filing(centre.cases[0])).is_ok());
        rewrite(&centre.keeper, "sam", |sam| {
            sam.state = AccountState::Active;
            sam.suspended_at = None;
        });
        let words = "`sam` is shown as somebody who may work";
        named("hidden", ada.file(&filing(centre.cases[0])), words);
        named("hidden", ada.users(), words);
        named("errands", ada.run_errands(), words);
    }
}

#[test]
fn a_team_is_who_a_coordinator_signed_for() {
    let centre = Centre::new();
    let (mut ada, mut sam) = (
        sign_in(&centre.keeper, "ada"),
        sign_in(&centre.keeper, "sam"),
    );
    let case = centre.cases[0];
    let [sams, veras] = ["sam", "vera"].map(|who| id_of(&centre.keeper, who));
    let words = case.to_string();
    for (what, team) in [
        ("one more", [sams, veras].into()),
        ("another", [veras].into()),
        ("nobody", BTreeSet::new()),
    ] {
        rewrite_team(&centre.keeper, case, team);
        named(what, sam.file(&filing(case)), &words);
        named(what, ada.add_to_team(&words, "vera"), &words);
    }
    rewrite_team(&centre.keeper, case, [sams].into());
    assert!(sam.file(&filing(case)).is_ok());
    // Nor can another case's statement, or one that is left out, stand in for it.
    let other = sam.keys(Some(centre.cases[1])).unwrap().0.members;
    for members in [other, None] {
        let lie = about_keys(move |keys: &mut Keys| keys.members.clone_from(&members));
        let told = centre.not_taken_in("another case's team", lie, || sam.file(&filing(case)));
        assert!(told.contains(&words), "{told}");
    }
    assert!(sam.file(&filing(case)).is_ok());
}

/// A key is never sealed on to somebody whom the keeper alone put on a team.
#[test]
fn an_errand_for_a_member_nobody_signed_for_is_refused_by_name() {
    let centre = Centre::new();
    let mut ada = sign_in(&centre.keeper, "ada");
    let tina = NewUser {
        handle: "tina".to_owned(),
        name: None,
        role: Role::Staff,
        reports_to: None,
    };
    ada.add_user(&tina, &passphrase("tina")).unwrap();
    ada.run_errands().unwrap();
    let case = centre.cases[0];
    let [sams, tinas] = ["sam", "tina"].map(|who| id_of(&centre.keeper, who));
    rewrite_team(&centre.keeper, case, [sams, tinas].into());
    named("an invented member", ada.run_errands(), &case.to_string());
    // The planted control: with a coordinator's signature it is an errand like any other.
    rewrite_team(&centre.keeper, case, [sams].into());
    ada.add_to_team(&case.to_string(), "tina").unwrap();
    let mut tina = sign_in(&centre.keeper, "tina");
    assert!(tina.case(&case.to_string()).unwrap().title.is_some());
}

/// A keeper that shows vera otherwise, and a statement for it.
fn about_vera(said: String, change: impl Fn(&mut AccountFacts) + Send + 'static) -> Lie {
    about_keys(move |keys| {
        let mut accounts = keys.accounts.iter_mut();
        change(accounts.find(|account| account.handle == "vera").unwrap());
        keys.statements.push(said.clone());
    })
}

/// Somebody inside who helps the keeper: what they sign beyond their role is not believed.
#[test]
fn only_coordinators_give_roles_in_turn_and_not_to_themselves() {
    let centre = Centre::new();
    let (sam, vera) = (
        sign_in(&centre.keeper, "sam"),
        sign_in(&centre.keeper, "vera"),
    );
    let mut ada = sign_in(&centre.keeper, "ada");
    let user = vera.account().id;
    let roles = |desk: &Desk<'_>, also: [Role; 1], number| {
        let also = also.into();
        let said = RolesStatement { user, number, also };
        text(desk.says(StatementKind::Role, &said).unwrap())
    };
    let (coordinator, assessor) = ([Role::Coordinator], [Role::Assessor]);
    let ask = |ada: &mut Desk<'_>| ada.file(&filing(centre.cases[0]));
    for (what, said, also) in [
        ("by staff", roles(&sam, coordinator, 1), coordinator),
        ("by herself", roles(&vera, coordinator, 1), coordinator),
        ("out of turn", roles(&ada, coordinator, 2), coordinator),
        ("outside and in", roles(&ada, assessor, 1), assessor),
    ] {
        let lie = about_vera(said, move |vera| vera.also = also.into());
        let says = centre.not_taken_in(what, lie, || ask(&mut ada));
        assert!(says.contains("`vera`"), "{what}: {says}");
    }
    // The control: signed by a coordinator, in turn, it is believed.
    let said = roles(&ada, coordinator, 1);
    let story = about_vera(said, move |vera| vera.also = coordinator.into());
    centre.keeper.tell(Some(story));
    assert!(ask(&mut ada).is_ok());
}

#[test]
fn only_coordinators_stop_people_and_let_them_work_again() {
    let centre = Centre::new();
    let (sam, vera) = (
        sign_in(&centre.keeper, "sam"),
        sign_in(&centre.keeper, "vera"),
    );
    let mut ada = sign_in(&centre.keeper, "ada");
    let user = vera.account().id;
    let active = |desk: &Desk<'_>, number| {
        let state = AccountState::Active;
        let said = StateStatement {
            user,
            number,
            state,
        };
        text(desk.says(StatementKind::Suspend, &said).unwrap())
    };
    ada.suspend_user("vera").unwrap();
    let works = |vera: &mut AccountFacts| vera.state = AccountState::Unclaimed;
    let ask = |ada: &mut Desk<'_>| ada.file(&filing(centre.cases[0]));
    for (what, said) in [
        ("by herself", active(&vera, 2)),
        ("by staff", active(&sam, 2)),
        ("out of turn", active(&ada, 1)),
    ] {
        let says = centre.not_taken_in(what, about_vera(said, works), || ask(&mut ada));
        assert!(says.contains("`vera`"), "{what}: {says}");
    }
    centre.keeper.tell(Some(about_vera(active(&ada, 2), works)));
    assert!(ask(&mut ada).is_ok(), "the control");
}

#[test]
fn only_coordinators_sign_for_a_team() {
    let centre = Centre::new();
    let sam = sign_in(&centre.keeper, "sam");
    let mut ada = sign_in(&centre.keeper, "ada");
    let case = centre.cases[0];
    let team: BTreeSet<UserId> = [sam.account().id, ada.account().id].into();
    let shown = |desk: &Desk<'_>| {
        let said = MembersStatement::Case {
            case,
            number: 2,
            team: team.clone(),
        };
        let said = text(desk.says(StatementKind::Members, &said).unwrap());
        let team = team.clone();
        about_keys(move |keys| {
            keys.case.as_mut().unwrap().team.clone_from(&team);
            keys.members = Some(said.clone());
        })
    };
    centre.not_taken_in("a team by staff", shown(&sam), || ada.file(&filing(case)));
    centre.keeper.tell(Some(shown(&ada)));
    assert!(ada.file(&filing(case)).is_ok(), "the control");
}
