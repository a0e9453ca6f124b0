//! The matrix: who is answered what, for every act on everything, as one checked-in table (`matrix.tsv`).
//! Its diff is what a reviewer of the policy reads. The program carries the table, so that whoever runs it
//! can have every decision taken again and compared (`strongroom policy test`); written anew with
//! `UPDATE_GOLDEN=1 cargo test --test it policy::table`.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashSet;

use crate::keeper::acts::ACTS;
use crate::keeper::acts::Act;
use crate::keeper::acts::Target;
use crate::keeper::facts::AccountFacts;
use crate::keeper::policy::HIDDEN;
use crate::keeper::policy::Policy;
use crate::keeper::policy::decide::Decision;
use crate::keeper::policy::decide::decide_many;
use crate::keeper::policy::matrix::actors::Actor;
use crate::keeper::policy::matrix::cast::NOW;
use crate::keeper::policy::matrix::fold::Line;
use crate::keeper::policy::matrix::questions::Asking;
use crate::keeper::policy::question::Question;
use crate::keeper::policy::question::Resource;
use crate::keeper::policy::rule::RuleId;

mod actors;
pub mod cast;
mod fold;
mod questions;
mod scene;

/// The table this program was built with.
pub const TABLE: &str = include_str!("matrix.tsv");

/// What the policy answers now.
#[derive(Debug)]
pub struct Matrix {
    /// The table, as [`TABLE`] has it.
    pub table: String,
    /// How many decisions were taken for it.
    pub decisions: usize,
}

/// A line of one table that the other has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The checked-in table has it, and the policy answers otherwise.
    Gone(String),
    /// The policy answers so, and the checked-in table does not say it.
    New(String),
}

impl Matrix {
    /// Asks the policy everything. Takes some seconds; `progress` hears how much is done, of how much.
    pub fn of(policy: &Policy, progress: &mut dyn FnMut(usize, usize)) -> Self {
        let mut asked = Asked {
            policy,
            lines: Vec::new(),
            decisions: 0,
        };
        questions::about_the_vault(&mut asked);
        let kinds = questions::kinds();
        // Kinds that the policy cannot tell apart are asked about once.
        let asked_as = |kind: &Asking| kinds.iter().position(|first| first.answered_as(kind));
        let leaders: Vec<usize> = kinds.iter().filter_map(asked_as).collect();
        let asking: BTreeSet<usize> = leaders.iter().copied().collect();
        let total = asking.len();
        // Each on a thread of its own; a thread that fails leaves its lines out, which is a difference.
        let parts = std::thread::scope(|scope| {
            let first = |at: &usize| Some((*at, kinds.get(*at)?));
            let threads: Vec<_> = asking
                .iter()
                .filter_map(first)
                .map(|(at, kind)| (at, scope.spawn(|| questions::about_records(policy, kind))))
                .collect();
            let mut parts = BTreeMap::new();
            for (done, (at, thread)) in (1..).zip(threads) {
                parts.extend(thread.join().ok().map(|part| (at, part)));
                progress(done, total);
            }
            parts
        });
        for (kind, at) in kinds.iter().zip(leaders) {
            let (Some(part), Some(first)) = (parts.get(&at), kinds.get(at)) else {
                continue;
            };
            let lines = part.lines.iter();
            asked
                .lines
                .extend(lines.map(|line| line.of(first.name(), kind.name())));
        }
        let taken = parts.values().map(|part| part.decisions);
        asked.decisions = taken.fold(asked.decisions, usize::saturating_add);
        Self {
            table: fold::fold(asked.lines),
            decisions: asked.decisions,
        }
    }

    /// How many lines the table has, without its head.
    pub fn lines(&self) -> usize {
        self.table.lines().count().saturating_sub(1)
    }

    /// What differs from the checked-in table, in its order.
    pub fn differences(&self) -> Vec<Difference> {
        let (kept, now): (HashSet<&str>, HashSet<&str>) =
            (TABLE.lines().collect(), self.table.lines().collect());
        let gone = TABLE.lines().filter(|line| !now.contains(line));
        let new = self.table.lines().filter(|line| !kept.contains(line));
        gone.map(|line| Difference::Gone(line.to_owned()))
            .chain(new.map(|line| Difference::New(line.to_owned())))
            .collect()
    }
}

/// What has been asked so far.
struct Asked<'p> {
    policy: &'p Policy,
    lines: Vec<Line>,
    decisions: usize,
}

impl Asked<'_> {
    /// Asks all questions, each of one of the actors, about one act.
    fn ask(
        &mut self,
        (on, situation): (&str, &str),
        act: Act,
        questions: &[(&Actor, Question<'_>)],
    ) {
        self.ask_all((on, situation), &[(act, questions.to_vec())]);
    }

    /// As [`Asked::ask`] for several acts, all decided over one set of entities, which is what costs.
    fn ask_all(&mut self, on: (&str, &str), asked: &[(Act, Vec<(&Actor, Question<'_>)>)]) {
        let questions: Vec<Question<'_>> = asked
            .iter()
            .flat_map(|(_, each)| each.iter().map(|(_, question)| *question))
            .collect();
        self.decisions = self.decisions.saturating_add(questions.len());
        let mut decisions = decide_many(self.policy, &questions, NOW).into_iter();
        for (act, each) in asked {
            let actors = each.iter().map(|(actor, _)| *actor);
            self.group(on, *act, actors.zip(&mut decisions));
        }
    }

    /// Groups actors by answer, best answers first.
    fn group<'a>(
        &mut self,
        (on, situation): (&str, &str),
        act: Act,
        answers: impl Iterator<Item = (&'a Actor, Decision)>,
    ) {
        let mut groups: Vec<(String, Vec<&'static str>)> = Vec::new();
        for (actor, decision) in answers {
            let answer = self.answer(decision);
            match groups.iter_mut().find(|(known, _)| *known == answer) {
                Some((_, who)) => who.push(actor.name),
                None => groups.push((answer, vec![actor.name])),
            }
        }
        groups.sort_by_key(|(answer, _)| (!answer.starts_with("yes"), !answer.starts_with("no")));
        for (answer, who) in groups {
            self.lines.push(Line {
                on: on.to_owned(),
                acts: act.row().word.to_owned(),
                situation: situation.to_owned(),
                answer,
                who: who.join(" "),
            });
        }
    }

    /// An answer as people meet it, and the rules behind it.
    fn answer(&self, decision: Decision) -> String {
        match decision {
            Decision::Allow(permit) => format!("yes\t{}", join(permit.rules())),
            Decision::Deny(denial) if denial.hidden => {
                let hides = |rule: &&RuleId| self.policy.says(rule) == Some(HIDDEN);
                let hiding: Vec<_> = denial.rules.iter().filter(hides).collect();
                format!("hidden\t{}", join(&hiding))
            }
            Decision::Deny(denial) => {
                let said = |rule: &&RuleId| self.policy.says(rule) == Some(&denial.says);
                let rule = denial.rules.iter().find(said).unwrap_or(&RuleId::NO_RULE);
                format!("no\t{rule}")
            }
        }
    }
}

fn join(rules: &[impl ToString]) -> String {
    let words: Vec<String> = rules.iter().map(ToString::to_string).collect();
    words.join(" ")
}

/// A question with purpose and reason, of somebody without grants.
fn question<'a>(asker: &'a AccountFacts, act: Act, resource: Resource<'a>) -> Question<'a> {
    Question {
        asker,
        grants: &[],
        act,
        resource,
        purpose: Some("a purpose"),
        reason: Some("a reason"),
    }
}

/// The acts on one sort of thing.
fn acts(target: Target) -> impl Iterator<Item = Act> {
    ACTS.iter()
        .filter(move |row| row.target == target)
        .map(|row| row.act)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keeper::policy::POLICY_TEXT;
    use crate::keeper::policy::SCHEMA_TEXT;
    use crate::keeper::policy::rule::RULES;

    fn asked(text: &str) -> Vec<Line> {
        let policy = Policy::load(SCHEMA_TEXT, text, RULES).unwrap();
        let mut asked = Asked {
            policy: &policy,
            lines: Vec::new(),
            decisions: 0,
        };
        questions::about_the_vault(&mut asked);
        asked.lines
    }

    /// One word of one rule, and the table shows it.
    #[test]
    fn a_rule_that_says_otherwise_is_a_difference() {
        let coordinators = "principal in Role::\"coordinator\",\n  action == Action::\"add-user\"";
        let staff = coordinators.replace("coordinator", "staff");
        let altered = POLICY_TEXT.replacen(coordinators, &staff, 1);
        assert_ne!(altered, POLICY_TEXT);
        assert_eq!(asked(POLICY_TEXT), asked(POLICY_TEXT));
        assert_ne!(asked(&altered), asked(POLICY_TEXT));
    }

    #[test]
    fn differences_are_lines_of_either_table() {
        let of = |table: String| Matrix {
            table,
            decisions: 0,
        };
        assert_eq!(of(TABLE.to_owned()).differences(), []);
        let line = TABLE.lines().nth(1).unwrap();
        let changed = line.replace("yes", "no");
        assert_eq!(
            of(TABLE.replacen(line, &changed, 1)).differences(),
            [Difference::Gone(line.to_owned()), Difference::New(changed)]
        );
    }
}
