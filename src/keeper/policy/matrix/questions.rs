//! Everything that is asked.

use crate::ids::UserId;
use crate::keeper::acts::Target;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::GrantFacts;
use crate::keeper::facts::ProposalFacts;
use crate::keeper::facts::Proposed;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::Role;
use crate::keeper::policy::Policy;
use crate::keeper::policy::kind::KindRules;
use crate::keeper::policy::kind::Reader;
use crate::keeper::policy::matrix::Asked;
use crate::keeper::policy::matrix::actors::Actor;
use crate::keeper::policy::matrix::actors::actors;
use crate::keeper::policy::matrix::actors::team;
use crate::keeper::policy::matrix::actors::the_cases;
use crate::keeper::policy::matrix::acts;
use crate::keeper::policy::matrix::cast::HOUR_MS;
use crate::keeper::policy::matrix::cast::NOW;
use crate::keeper::policy::matrix::cast::account;
use crate::keeper::policy::matrix::cast::grant;
use crate::keeper::policy::matrix::cast::kind;
use crate::keeper::policy::matrix::cast::person;
use crate::keeper::policy::matrix::cast::proposal;
use crate::keeper::policy::matrix::cast::record;
use crate::keeper::policy::matrix::cast::user;
use crate::keeper::policy::matrix::question;
use crate::keeper::policy::matrix::scene::ABOUT;
use crate::keeper::policy::matrix::scene::GRANTS;
use crate::keeper::policy::matrix::scene::SITUATIONS;
use crate::keeper::policy::matrix::scene::Scene;
use crate::keeper::policy::question::Question;
use crate::keeper::policy::question::Resource;
use crate::keeper::policy::question::Ties;
use crate::records::Kinds;
use crate::records::words::CaseRule;

/// A kind to ask about, and where its records may be.
#[derive(Debug)]
pub(super) struct Asking {
    rules: KindRules,
    case: CaseRule,
    /// Whether every way a grant can stand is asked about.
    grants: bool,
}

impl Asking {
    /// Its kind's name.
    pub(super) fn name(&self) -> &str {
        &self.rules.name
    }

    /// Whether all that the policy sees of the two kinds and of their records is the same, but for their names,
    /// which no rule speaks of.
    pub(super) fn answered_as(&self, other: &Self) -> bool {
        let nameless = |asking: &Self| {
            let rules = KindRules {
                name: String::new(),
                ..asking.rules.clone()
            };
            let facts = RecordFacts {
                kind: String::new(),
                // Whether a second person is needed is for proposals, not for the policy.
                second_approver: false,
                ..record(0, asking.name(), None)
            };
            (rules, facts, asking.case, asking.grants)
        };
        nameless(self) == nameless(other)
    }
}

/// Every kind of the program, and one for the words that none of them uses.
pub(super) fn kinds() -> Vec<Asking> {
    let mut kinds: Vec<Asking> = Kinds::builtin()
        .iter()
        .map(|found| Asking {
            rules: kind(&found.name),
            case: found.case,
            grants: ["contact-report", "complaint"].contains(&found.name.as_str()),
        })
        .collect();
    kinds.push(Asking {
        rules: KindRules {
            name: "kind of handlers and authors".to_owned(),
            readers: [Reader::Author, Reader::Handler].into(),
            writers: [Reader::Author, Reader::Deciders].into(),
            hidden: false,
            break_glass: true,
        },
        case: CaseRule::Required,
        grants: false,
    });
    kinds
}

/// Everything but kinds and records.
pub(super) fn about_the_vault(asked: &mut Asked<'_>) {
    let actors = actors();
    let grants = |until| -> Vec<Vec<GrantFacts>> {
        let given = |actor: &Actor| GrantFacts {
            until,
            ..grant(1, actor.facts.id)
        };
        actors.iter().map(|actor| vec![given(actor)]).collect()
    };
    let (given, over) = (grants(NOW.plus_ms(HOUR_MS)), grants(NOW));
    for act in acts(Target::Vault) {
        let of = |actor| (actor, question(facts(actor), act, Resource::Vault));
        let questions: Vec<_> = actors.iter().map(of).collect();
        asked.ask(("vault", "ordinary"), act, &questions);
        let of = |(actor, grants)| {
            let plain = question(facts(actor), act, Resource::Vault);
            (actor, Question { grants, ..plain })
        };
        for (situation, grants) in [("something granted", &given), ("granted, over", &over)] {
            let questions: Vec<_> = actors
                .iter()
                .zip(grants.iter().map(Vec::as_slice))
                .map(of)
                .collect();
            asked.ask(("vault", situation), act, &questions);
        }
    }
    let somebody = account(1, Role::Staff);
    for act in acts(Target::Account) {
        let own = |actor| {
            (
                actor,
                question(facts(actor), act, Resource::Account(facts(actor))),
            )
        };
        let questions: Vec<_> = actors.iter().map(own).collect();
        asked.ask(("own account", "ordinary"), act, &questions);
        let other = |actor| {
            (
                actor,
                question(facts(actor), act, Resource::Account(&somebody)),
            )
        };
        let questions: Vec<_> = actors.iter().map(other).collect();
        asked.ask(("another account", "ordinary"), act, &questions);
    }
    about_cases(asked, &actors);
    about_people(asked, &actors);
    about_grants(asked, &actors);
    about_proposals(asked, &actors);
}

fn facts(actor: &Actor) -> &crate::keeper::facts::AccountFacts {
    &actor.facts
}

fn about_cases(asked: &mut Asked<'_>, actors: &[Actor]) {
    let (open, closed, known) = the_cases(actors);
    let granted = |actor: &Actor, over: bool| -> Vec<GrantFacts> {
        let mut given = grant(1, actor.facts.id);
        given.case = Some(open.id);
        if over {
            given.until = NOW;
        }
        vec![given]
    };
    let none: Vec<Vec<GrantFacts>> = actors.iter().map(|_| Vec::new()).collect();
    let whole: Vec<_> = actors.iter().map(|actor| granted(actor, false)).collect();
    let over: Vec<_> = actors.iter().map(|actor| granted(actor, true)).collect();
    let situations = [
        ("ordinary", &open, &none),
        ("case closed", &closed, &none),
        ("no purpose", &open, &none),
        ("whole case granted", &open, &whole),
        ("granted, over", &open, &over),
        ("family known to the asker", &known, &none),
        ("no reason", &open, &none),
    ];
    for act in acts(Target::Case) {
        for (situation, case, grants) in situations {
            let of = |(actor, grants)| {
                let plain = question(facts(actor), act, Resource::Case(case));
                let purpose = plain.purpose.filter(|_| situation != "no purpose");
                let reason = plain.reason.filter(|_| situation != "no reason");
                (
                    actor,
                    Question {
                        grants,
                        purpose,
                        reason,
                        ..plain
                    },
                )
            };
            let questions: Vec<_> = actors
                .iter()
                .zip(grants.iter().map(Vec::as_slice))
                .map(of)
                .collect();
            asked.ask(("case", situation), act, &questions);
        }
    }
}

fn about_people(asked: &mut Asked<'_>, actors: &[Actor]) {
    let of_case = Ties {
        team: team(actors).into_iter().collect(),
    };
    let (facts_of, alone) = (person(1), Ties::default());
    let situations = [
        ("ordinary", &of_case),
        ("part of no case", &alone),
        ("no reason", &of_case),
    ];
    for act in acts(Target::Person) {
        for (situation, ties) in situations {
            let facts_of = &facts_of;
            let resource = Resource::Person {
                facts: facts_of,
                ties,
            };
            let of = |actor| {
                let plain = question(facts(actor), act, resource);
                let reason = plain.reason.filter(|_| situation != "no reason");
                (actor, Question { reason, ..plain })
            };
            let questions: Vec<_> = actors.iter().map(of).collect();
            asked.ask(("person", situation), act, &questions);
        }
    }
}

fn about_grants(asked: &mut Asked<'_>, actors: &[Actor]) {
    type Change = fn(&mut GrantFacts, UserId);
    let situations: [(&str, Change); 3] = [
        ("of others", |_, _| {}),
        ("given to the asker", |grant, asker| grant.to = asker),
        ("given by the asker", |grant, asker| grant.by = asker),
    ];
    for (situation, change) in situations {
        let mut grants = Vec::new();
        for (actor, number) in actors.iter().zip(1..) {
            let mut facts = grant(number, user(1));
            change(&mut facts, actor.facts.id);
            grants.push(facts);
        }
        for act in acts(Target::Grant) {
            let of = |(actor, grant)| (actor, question(facts(actor), act, Resource::Grant(grant)));
            let questions: Vec<_> = actors.iter().zip(&grants).map(of).collect();
            asked.ask(("grant", situation), act, &questions);
        }
    }
}

fn about_proposals(asked: &mut Asked<'_>, actors: &[Actor]) {
    type Change = fn(&mut ProposalFacts, UserId);
    let situations: [(&str, Change); 5] = [
        ("ordinary", |_, _| {}),
        ("proposed by the asker", |facts, asker| facts.by = asker),
        ("proposed by the asker, who is alone", |facts, asker| {
            facts.by = asker;
            facts.single = true;
        }),
        ("about the asker", |facts, asker| {
            facts.what = Proposed::ReissueUser { user: asker };
        }),
        ("no reason", |_, _| {}),
    ];
    for (situation, change) in situations {
        let mut proposals = Vec::new();
        for (actor, number) in actors.iter().zip(1..) {
            let mut facts = proposal(number, user(1));
            change(&mut facts, actor.facts.id);
            proposals.push(facts);
        }
        for act in acts(Target::Proposal) {
            let of = |(actor, proposal)| {
                let plain = question(facts(actor), act, Resource::Proposal(proposal));
                let reason = plain.reason.filter(|_| situation != "no reason");
                (actor, Question { reason, ..plain })
            };
            let questions: Vec<_> = actors.iter().zip(&proposals).map(of).collect();
            asked.ask(("proposal", situation), act, &questions);
        }
    }
}

/// Filing records of a kind, and everything that is done with them.
pub(super) fn about_records<'p>(policy: &'p Policy, kind: &Asking) -> Asked<'p> {
    let mut asked = Asked {
        policy,
        lines: Vec::new(),
        decisions: 0,
    };
    let actors = actors();
    let (open, closed, known) = the_cases(&actors);
    let mut places = Vec::new();
    if kind.case != CaseRule::None {
        places.extend([
            ("ordinary", Some(&open)),
            ("case closed", Some(&closed)),
            ("family known to the asker", Some(&known)),
        ]);
    }
    if kind.case != CaseRule::Required {
        places.push(("without a case", None));
    }
    filing(&mut asked, &actors, &kind.rules, &places);
    let in_case = Some(&open).filter(|_| kind.case != CaseRule::None);
    let of_grants = if kind.grants { GRANTS } else { &[] };
    for (situation, change) in SITUATIONS.iter().chain(of_grants) {
        using(
            &mut asked,
            &actors,
            &kind.rules,
            (situation, in_case),
            *change,
        );
    }
    if in_case.is_some() {
        for place in [
            ("case closed", Some(&closed)),
            ("family known to the asker", Some(&known)),
        ] {
            using(&mut asked, &actors, &kind.rules, place, |_| {});
        }
    }
    asked
}

fn filing(
    asked: &mut Asked<'_>,
    actors: &[Actor],
    rules: &KindRules,
    places: &[(&str, Option<&CaseFacts>)],
) {
    let on = format!("new {}", rules.name);
    for act in acts(Target::Kind) {
        for (situation, case) in places {
            let resource = Resource::Kind { rules, case: *case };
            let of = |actor| (actor, question(facts(actor), act, resource));
            let questions: Vec<_> = actors.iter().map(of).collect();
            asked.ask((&on, situation), act, &questions);
        }
    }
}

fn using(
    asked: &mut Asked<'_>,
    actors: &[Actor],
    rules: &KindRules,
    (situation, case): (&str, Option<&CaseFacts>),
    change: fn(&mut Scene<'_>),
) {
    let everybody = ["ordinary", ABOUT].contains(&situation);
    let mut scenes = Vec::new();
    for (actor, number) in actors.iter().zip(1000..) {
        if !everybody && !actor.works() {
            continue;
        }
        let mut scene = Scene {
            asker: actor.facts.id,
            case,
            facts: record(number, &rules.name, case),
            grants: Vec::new(),
            purpose: true,
            reason: true,
        };
        change(&mut scene);
        scenes.push((actor, scene));
    }
    let mut asked_of = Vec::new();
    for act in acts(Target::Record) {
        let mut questions = Vec::new();
        for (actor, scene) in &scenes {
            let resource = Resource::Record {
                facts: &scene.facts,
                rules,
                case,
            };
            let plain = question(facts(actor), act, resource);
            let asked = Question {
                grants: &scene.grants,
                purpose: plain.purpose.filter(|_| scene.purpose),
                reason: plain.reason.filter(|_| scene.reason),
                ..plain
            };
            questions.push((*actor, asked));
        }
        asked_of.push((act, questions));
    }
    asked.ask_all((&rules.name, situation), &asked_of);
}
