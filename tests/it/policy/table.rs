//! The table: who is answered what, for every act on everything. Reviewed as a diff; written anew with
//! `UPDATE_GOLDEN=1 cargo test --test it policy`.
//!
//! Equal lines are folded twice, over acts and over situations, so that a line reads: on this, these
//! acts, in these situations, are answered so, by these rules, to these people.

use std::fmt::Write as _;
use std::fs;

use strongroom::ids::UserId;
use strongroom::keeper::acts::ACTS;
use strongroom::keeper::acts::Act;
use strongroom::keeper::acts::Target;
use strongroom::keeper::facts::AccountFacts;
use strongroom::keeper::facts::AccountState;
use strongroom::keeper::facts::CaseFacts;
use strongroom::keeper::facts::CaseState;
use strongroom::keeper::facts::RecordFacts;
use strongroom::keeper::facts::RecordState;
use strongroom::keeper::facts::Role;
use strongroom::keeper::policy::HIDDEN;
use strongroom::keeper::policy::decide::Decision;
use strongroom::keeper::policy::decide::decide_many;
use strongroom::keeper::policy::kind::KindRules;
use strongroom::keeper::policy::kind::Reader;
use strongroom::keeper::policy::question::Question;
use strongroom::keeper::policy::question::Resource;
use strongroom::keeper::policy::rule::RuleId;
use strongroom::records::kinds::Kinds;
use strongroom::records::words::CaseRule;

use crate::policy::NOW;
use crate::policy::POLICY;
use crate::policy::people::account;
use crate::policy::people::case;
use crate::policy::people::record;
use crate::policy::people::rules;
use crate::policy::people::user;

/// Compares `text` with the file under `tests/golden`, or writes it.
pub(crate) fn golden(name: &str, text: &str) {
    let path = format!("tests/golden/{name}");
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        fs::write(&path, text).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    for (at, (kept, now)) in kept.lines().zip(text.lines()).enumerate() {
        assert_eq!(kept, now, "{path} line {}", at + 1);
    }
    assert_eq!(kept.lines().count(), text.lines().count(), "{path}");
}

/// A person in a situation of their own.
struct Actor {
    name: &'static str,
    facts: AccountFacts,
}

fn actors() -> Vec<Actor> {
    let people = [
        ("coordinator", Role::Coordinator),
        ("coordinator-on-team", Role::Coordinator),
        ("staff", Role::Staff),
        ("staff-on-team", Role::Staff),
        ("staff-on-team-unclaimed", Role::Staff),
        ("volunteer", Role::Volunteer),
        ("volunteer-on-team", Role::Volunteer),
        ("safeguarding-lead", Role::SafeguardingLead),
        ("dbs-countersignatory", Role::DbsCountersignatory),
        ("data-protection-lead", Role::DataProtectionLead),
        ("trustee", Role::Trustee),
        ("trustee-on-team", Role::Trustee),
        ("assessor", Role::Assessor),
        ("assessor-on-team", Role::Assessor),
        ("coordinator-suspended", Role::Coordinator),
        ("staff-on-team-left", Role::Staff),
    ];
    let mut actors = Vec::new();
    for ((name, role), number) in people.into_iter().zip(100..) {
        let mut facts = account(number, role);
        facts.state = match name {
            _ if name.ends_with("-unclaimed") => AccountState::Unclaimed,
            _ if name.ends_with("-suspended") => AccountState::Suspended,
            _ if name.ends_with("-left") => AccountState::Left,
            _ => AccountState::Active,
        };
        actors.push(Actor { name, facts });
    }
    actors
}

fn team(actors: &[Actor]) -> Vec<UserId> {
    let on_team = actors
        .iter()
        .filter(|actor| actor.name.contains("-on-team"));
    on_team.map(|actor| actor.facts.id).collect()
}

/// What differs from the ordinary: a record filed by someone else, in an open case where its kind takes
/// one, asked about with purpose and reason.
const SITUATIONS: &[&str] = &[
    "ordinary",
    "filed by the asker",
    "handled by the asker",
    "decided by the asker",
    "decided by others",
    "about the asker",
    "restricted to safeguarding leads",
    "case closed",
    "no purpose",
    "no purpose, one needed",
    "no reason",
    "not exportable",
    "disposed",
    "disposed, about the asker",
];

fn apply(situation: &str, asker: UserId, facts: &mut RecordFacts) {
    match situation {
        "filed by the asker" => facts.author = asker,
        "handled by the asker" => facts.handler = Some(asker),
        "decided by the asker" => facts.deciders = [asker].into(),
        "decided by others" => facts.deciders = [user(1), user(2)].into(),
        "about the asker" => facts.excluded = [asker].into(),
        "restricted to safeguarding leads" => {
            facts.only_roles = Some([Role::SafeguardingLead].into());
        }
        "no purpose, one needed" => facts.purpose_required = true,
        "not exportable" => facts.exportable = false,
        "disposed" => facts.state = RecordState::Disposed,
        "disposed, about the asker" => {
            facts.state = RecordState::Disposed;
            facts.excluded = [asker].into();
        }
        _ => {}
    }
}

/// One line, before folding.
struct Line {
    on: String,
    situation: String,
    act: &'static str,
    answer: String,
    who: Vec<&'static str>,
}

/// Asks for every actor and groups them by answer, best answers first.
fn ask(
    lines: &mut Vec<Line>,
    actors: &[Actor],
    (on, situation): (&str, &str),
    act: Act,
    questions: &[Question<'_>],
) {
    let mut groups: Vec<(String, Vec<&'static str>)> = Vec::new();
    for (decision, actor) in decide_many(&POLICY, questions, NOW).into_iter().zip(actors) {
        let answer = match decision {
            Decision::Allow(permit) => format!("yes\t{}", join(permit.rules())),
            Decision::Deny(denial) if denial.hidden => {
                let hides = |rule: &&RuleId| POLICY.says(rule) == Some(HIDDEN);
                let hiding: Vec<_> = denial.rules.iter().filter(hides).collect();
                format!("hidden\t{}", join(&hiding))
            }
            // The one whose sentence is shown: the table shows what people meet.
            Decision::Deny(denial) => {
                let said = |rule: &&RuleId| POLICY.says(rule) == Some(&denial.says);
                let rule = denial.rules.iter().find(said).unwrap_or(&RuleId::NO_RULE);
                format!("no\t{rule}")
            }
        };
        match groups.iter_mut().find(|(known, _)| *known == answer) {
            Some((_, who)) => who.push(actor.name),
            None => groups.push((answer, vec![actor.name])),
        }
    }
    groups.sort_by_key(|(answer, _)| (!answer.starts_with("yes"), !answer.starts_with("no")));
    for (answer, who) in groups {
        let (on, situation) = (on.to_owned(), situation.to_owned());
        lines.push(Line {
            on,
            situation,
            act: act.row().word,
            answer,
            who,
        });
    }
}

fn join(rules: &[impl ToString]) -> String {
    rules
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}

fn question<'a>(asker: &'a AccountFacts, act: Act, resource: Resource<'a>) -> Question<'a> {
    Question {
        grants: &[],
        asker,
        act,
        resource,
        purpose: Some("a purpose"),
        reason: Some("a reason"),
    }
}

fn acts(target: Target) -> impl Iterator<Item = Act> {
    ACTS.iter()
        .filter(move |row| row.target == target)
        .map(|row| row.act)
}

fn vault_and_accounts(lines: &mut Vec<Line>, actors: &[Actor]) {
    let of = |act: Act, resource: &dyn Fn(usize) -> Resource<'static>| -> Vec<_> {
        let each = actors.iter().enumerate();
        each.map(|(at, actor)| question(&actor.facts, act, resource(at)))
            .collect()
    };
    for act in acts(Target::Vault) {
        ask(
            lines,
            actors,
            ("vault", "ordinary"),
            act,
            &of(act, &|_| Resource::Vault),
        );
    }
    let somebody = account(1, Role::Staff);
    for act in acts(Target::Account) {
        let own: Vec<_> = actors
            .iter()
            .map(|actor| question(&actor.facts, act, Resource::Account(&actor.facts)))
            .collect();
        ask(lines, actors, ("own account", "ordinary"), act, &own);
        let other: Vec<_> = actors
            .iter()
            .map(|actor| question(&actor.facts, act, Resource::Account(&somebody)))
            .collect();
        ask(lines, actors, ("another account", "ordinary"), act, &other);
    }
}

fn cases(lines: &mut Vec<Line>, actors: &[Actor], open: &CaseFacts, closed: &CaseFacts) {
    for act in acts(Target::Case) {
        for (situation, case) in [("ordinary", open), ("case closed", closed)] {
            let of = |actor| question(actor, act, Resource::Case(case));
            let questions: Vec<_> = actors.iter().map(|actor| of(&actor.facts)).collect();
            ask(lines, actors, ("case", situation), act, &questions);
        }
    }
}

fn filing(
    lines: &mut Vec<Line>,
    actors: &[Actor],
    rules: &KindRules,
    situations: &[(&str, Option<&CaseFacts>)],
) {
    let on = format!("a new {}", rules.name);
    for act in acts(Target::Kind) {
        for (situation, case) in situations {
            let resource = Resource::Kind { rules, case: *case };
            let of = |actor| question(actor, act, resource);
            let questions: Vec<_> = actors.iter().map(|actor| of(&actor.facts)).collect();
            ask(lines, actors, (&on, situation), act, &questions);
        }
    }
}

fn using(lines: &mut Vec<Line>, actors: &[Actor], rules: &KindRules, case: Option<&CaseFacts>) {
    // A closed case is a situation by itself; a record without a case is never in it.
    let in_closed = case.is_some_and(|case| case.state == CaseState::Closed);
    let fits = |situation: &&&str| (**situation == "case closed") == in_closed;
    let situations: Vec<&str> = SITUATIONS.iter().filter(fits).copied().collect();
    using_in(lines, actors, rules, case, &situations);
}

fn using_in(
    lines: &mut Vec<Line>,
    actors: &[Actor],
    rules: &KindRules,
    case: Option<&CaseFacts>,
    situations: &[&str],
) {
    for (situation, start) in situations.iter().zip((1000..).step_by(100)) {
        let mut records = Vec::new();
        for (actor, number) in actors.iter().zip(start..) {
            let mut facts = record(number, &rules.name, case.map(|case| case.id));
            apply(situation, actor.facts.id, &mut facts);
            records.push(facts);
        }
        for act in acts(Target::Record) {
            let mut questions = Vec::new();
            for (actor, facts) in actors.iter().zip(&records) {
                let resource = Resource::Record { facts, rules, case };
                let mut question = question(&actor.facts, act, resource);
                question.purpose = question
                    .purpose
                    .filter(|_| !situation.starts_with("no purpose"));
                question.reason = question.reason.filter(|_| *situation != "no reason");
                questions.push(question);
            }
            ask(
                lines,
                actors,
                (&format!("a {}", rules.name), situation),
                act,
                &questions,
            );
        }
    }
}

/// Folds lines that differ only in the act, then lines that differ only in the situation.
fn fold(lines: Vec<Line>) -> String {
    let mut by_act: Vec<(Line, String)> = Vec::new();
    for line in lines {
        let same = by_act.iter_mut().find(|(known, _)| {
            known.on == line.on
                && known.situation == line.situation
                && known.answer == line.answer
                && known.who == line.who
        });
        if let Some((_, acts)) = same {
            acts.push(' ');
            acts.push_str(line.act);
        } else {
            let acts = line.act.to_owned();
            by_act.push((line, acts));
        }
    }
    let mut folded: Vec<(Line, String)> = Vec::new();
    for (line, acts) in by_act {
        let same = folded.iter_mut().find(|(known, known_acts)| {
            known.on == line.on
                && *known_acts == acts
                && known.answer == line.answer
                && known.who == line.who
        });
        match same {
            Some((known, _)) => {
                known.situation.push_str("; ");
                known.situation.push_str(&line.situation);
            }
            None => folded.push((line, acts)),
        }
    }
    let mut text = "on\tacts\tsituations\tanswer\trules\twho\n".to_owned();
    for (line, acts) in folded {
        let (
            who,
            Line {
                on,
                situation,
                answer,
                ..
            },
        ) = (line.who.join(" "), line);
        writeln!(text, "{on}\t{acts}\t{situation}\t{answer}\t{who}").unwrap();
    }
    text
}

/// A kind for the words that no kind of the program uses.
fn invented() -> KindRules {
    KindRules {
        name: "kind of handlers and authors".to_owned(),
        readers: [Reader::Author, Reader::Handler].into(),
        writers: [Reader::Author, Reader::Deciders].into(),
        hidden: false,
        break_glass: true,
    }
}

#[test]
fn everyone_is_answered_as_the_table_says() {
    let actors = actors();
    let open = case(1, &team(&actors));
    let mut closed = case(2, &team(&actors));
    closed.state = CaseState::Closed;
    let mut lines = Vec::new();
    vault_and_accounts(&mut lines, &actors);
    cases(&mut lines, &actors, &open, &closed);
    for kind in Kinds::builtin().iter() {
        let rules = rules(kind);
        let mut places = Vec::new();
        if kind.case != CaseRule::None {
            places.extend([("ordinary", Some(&open)), ("case closed", Some(&closed))]);
        }
        if kind.case != CaseRule::Required {
            places.push(("without a case", None));
        }
        filing(&mut lines, &actors, &rules, &places);
        for (_, case) in places
            .iter()
            .filter(|(_, case)| case.is_some() || kind.case == CaseRule::None)
        {
            using(&mut lines, &actors, &rules, *case);
        }
    }
    using(&mut lines, &actors, &invented(), Some(&open));
    golden("policy.tsv", &fold(lines));
}
