//! Decisions of the policy: 10,000 of them one at a time, as asks are decided, and in one go, as lists are.
//!
//! The floor is reading as many signed asks and checking their signatures, which comes before each decision.
//!
//!   cargo bench --bench decisions -- --decisions 10000 --rounds 5

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench says what it measured, and one that fails should panic"
)]

use std::hint::black_box;

use strongroom::ids::VaultId;
use strongroom::keeper::acts::Act;
use strongroom::keeper::facts::Role;
use strongroom::keeper::policy::Policy;
use strongroom::keeper::policy::decide::Decision;
use strongroom::keeper::policy::decide::decide;
use strongroom::keeper::policy::decide::decide_many;
use strongroom::keeper::policy::matrix::cast;
use strongroom::keeper::policy::question::Question;
use strongroom::keeper::policy::question::Resource;
use strongroom::sealing::Heading;
use strongroom::sealing::SigningKey;
use strongroom::sealing::Statement;
use strongroom::sealing::StatementKind;

use crate::measure::Spent;
use crate::measure::compare;
use crate::measure::size;
use crate::measure::spent;

mod measure;

/// About what an ask has to say beside its heading.
const WORDS: usize = 300;

fn main() {
    let (count, rounds) = (size("decisions", 10_000), size("rounds", 5));
    let policy = Policy::builtin().unwrap();
    let asker = cast::account(1, Role::Staff);
    let case = cast::case(2, &[asker.id]);
    let rules = cast::kind("contact-report");
    let numbers = 3..u32::try_from(count).unwrap() + 3;
    let records: Vec<_> = numbers
        .map(|number| cast::record(number, &rules.name, Some(&case)))
        .collect();
    let question = |facts| Question {
        asker: &asker,
        grants: &[],
        act: Act::ListRecords,
        resource: Resource::Record {
            facts,
            rules: &rules,
            case: Some(&case),
        },
        purpose: None,
        reason: None,
    };
    let questions: Vec<Question<'_>> = records.iter().map(question).collect();
    let singly = || {
        let decide = |one| decide(&policy, one, cast::NOW);
        spent(|| assert!(questions.iter().map(decide).all(|one| allows(&one))))
    };
    let together = || {
        let decide = || decide_many(&policy, &questions, cast::NOW);
        spent(|| assert!(decide().iter().all(allows)))
    };

    println!(
        "Which of {count} records somebody in the case's team may list, every one of them allowed"
    );
    let checks = format!("{count} signed asks checked");
    compare(
        (rounds, None),
        ("decided one at a time", singly),
        (&checks, || checked(count)),
    );
    compare(
        (rounds, None),
        ("decided in one go", together),
        (&checks, || checked(count)),
    );
}

/// What allows nothing is another decision than was to be measured.
fn allows(decision: &Decision) -> bool {
    matches!(decision, Decision::Allow(_))
}

/// Signed statements of an ask's size, read and checked.
fn checked(count: usize) -> Spent {
    let key = SigningKey::generate();
    let heading = Heading {
        kind: StatementKind::Ask,
        vault: VaultId::random(),
        by: "somebody",
        at: cast::NOW,
    };
    let body = serde_json::json!({"act": "read-record", "words": "x".repeat(WORDS)});
    let statement = Statement::sign(&heading, body, &key).unwrap();
    spent(|| {
        for _ in 0..count {
            let read = Statement::parse(black_box(statement.bytes())).unwrap();
            read.verify(&key.verifying()).unwrap();
        }
    })
}
