//! No keeper talks a desk into sealing a key on to somebody it is not for.

use std::collections::BTreeSet;

use crate::desk::Desk;
use crate::desk::DeskError;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::ada_refuses;
use crate::desk::forgery::kit::filing;
use crate::desk::forgery::kit::passphrase;
use crate::desk::forgery::kit::sign_in;
use crate::ids::UserId;
use crate::keeper::facts::Member;
use crate::keeper::lie::Lie;
use crate::keeper::message::answer::Errand;
use crate::keeper::message::answer::Outcome;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::MembersStatement;
use crate::keeper::message::open_to::Entitled;
use crate::keeper::message::open_to::OpenTo;
use crate::keeper::units;
use crate::sealing::StatementKind;

/// Changes what a desk is asked to seal on.
fn about_errands(change: impl Fn(&mut Errand) + Send + 'static) -> Lie {
    Box::new(move |_, _, answer| {
        if let Outcome::Done(served) = &mut answer.outcome
            && let Served::Errands(errands) = served.as_mut()
        {
            errands.seal_on.iter_mut().for_each(&change);
        }
    })
}

/// A keeper with all its keys that wants somebody to have a key they are not meant to have: in truth sam
/// lacks the keys of a case and of a record about vera.
#[test]
fn no_key_is_sealed_on_to_somebody_it_is_not_for() {
    let centre = Centre::new();
    let keeper = &centre.keeper;
    let mut ada = sign_in(keeper, "ada");
    let filed = crate::desk::Filing {
        about: vec!["vera".to_owned()],
        ..filing(centre.cases[0])
    };
    ada.file(&filed).unwrap();
    let [vera, sam] = ["vera", "sam"].map(|who| ada.user(who).unwrap().id);
    let by_vera = sign_in(keeper, "vera");
    drop(ada);
    keeper.tamper(move |vault| {
        for (id, epoch) in vault.envelopes_of(sam) {
            vault.end_unit(units::membership(id, epoch, &Member::User(sam)));
        }
    });
    let unsigned = |errand: &mut Errand| {
        if let Entitled::Record {
            said, statement, ..
        } = &mut errand.entitled
        {
            said.excluded.clear();
            *statement = None;
        }
    };
    let lies: Vec<(Lie, &str)> = vec![
        (
            about_errands(move |errand| errand.members.push(Member::User(vera))),
            "`vera`, who is not meant to hold it",
        ),
        (about_errands(unsigned), "is not what was signed"),
        (
            about_errands(|errand| errand.entitled = Entitled::Team {}),
            "whom another is for",
        ),
    ];
    for (lie, says) in lies {
        ada_refuses(keeper, lie, says);
        assert_eq!(keeper.held_by(sam).0, 0);
    }
    centre.refuses_vera_s(&by_vera, vera);
    // The control: told the truth, she seals on to sam what he lacks: two cases, his team, and the record.
    drop(sign_in(keeper, "ada"));
    assert!(keeper.held_by(sam).0 >= 3);
}

impl Centre {
    /// A statement that vera signs herself is not the one the key was made for.
    fn refuses_vera_s(&self, by_vera: &Desk<'_>, vera: UserId) {
        let said = OpenTo {
            record: self.records[0],
            number: 1,
            kind: "contact-report".to_owned(),
            case: None,
            excluded: BTreeSet::new(),
            only_roles: None,
            deciders: BTreeSet::new(),
            handler: Some(vera),
        };
        let said = MembersStatement::Record(said);
        let statement = by_vera.says(StatementKind::Members, &said).unwrap();
        let statement = String::from_utf8(statement).unwrap();
        self.keeper.tell(Some(about_errands(move |errand| {
            if let Entitled::Record { statement: old, .. } = &mut errand.entitled {
                *old = Some(statement.clone());
            }
        })));
        let refused = Desk::sign_in(&self.keeper, "ada", &passphrase("ada"), None);
        self.keeper.tell(None);
        assert!(matches!(refused, Err(DeskError::Damaged(_))));
    }
}
