//! The policy as a whole: what it allows to whom (a checked-in table), what can never happen, and the
//! same rules written a second time in Rust.

mod oracle;
mod table;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::LazyLock;

use cedar_policy::ActionConstraint;
use cedar_policy::ResourceConstraint;
use strongroom::clock::Timestamp;
use strongroom::keeper::acts::ACTS;
use strongroom::keeper::acts::Act;
use strongroom::keeper::acts::Need;
use strongroom::keeper::acts::Target;
use strongroom::keeper::facts::AccountFacts;
use strongroom::keeper::facts::AccountState;
use strongroom::keeper::facts::CaseFacts;
use strongroom::keeper::facts::RecordFacts;
use strongroom::keeper::facts::Role;
use strongroom::keeper::policy::HIDDEN;
use strongroom::keeper::policy::POLICY_TEXT;
use strongroom::keeper::policy::Policy;
use strongroom::keeper::policy::SCHEMA_TEXT;
use strongroom::keeper::policy::decide::Decision;
use strongroom::keeper::policy::decide::Denial;
use strongroom::keeper::policy::decide::decide;
use strongroom::keeper::policy::kind::KindRules;
use strongroom::keeper::policy::matrix::cast::NOW;
use strongroom::keeper::policy::matrix::cast::account;
use strongroom::keeper::policy::matrix::cast::case;
use strongroom::keeper::policy::matrix::cast::grant;
use strongroom::keeper::policy::matrix::cast::kind;
use strongroom::keeper::policy::matrix::cast::person;
use strongroom::keeper::policy::matrix::cast::proposal;
use strongroom::keeper::policy::matrix::cast::record;
use strongroom::keeper::policy::question::About;
use strongroom::keeper::policy::question::Question;
use strongroom::keeper::policy::question::Resource;
use strongroom::keeper::policy::question::Ties;
use strongroom::keeper::policy::rule::RULES;
use strongroom::keeper::policy::rule::RuleId;

static POLICY: LazyLock<Policy> = LazyLock::new(|| Policy::builtin().unwrap());

fn denial(question: &Question<'_>) -> Denial {
    match decide(&POLICY, question, NOW) {
        Decision::Deny(denial) => denial,
        Decision::Allow(permit) => panic!("allowed by {:?}", permit.rules()),
    }
}

fn named(names: &[&str]) -> Vec<RuleId> {
    names
        .iter()
        .map(|name| RuleId::from((*name).to_owned()))
        .collect()
}

/// Each act is an action for exactly its target, and no action is anything but an act or a group.
#[test]
fn the_schema_knows_exactly_the_acts() {
    let (schema, _) = cedar_policy::Schema::from_cedarschema_str(SCHEMA_TEXT).unwrap();
    let user = "User".parse().unwrap();
    for target in [
        Target::Vault,
        Target::Account,
        Target::Case,
        Target::Kind,
        Target::Record,
        Target::Person,
        Target::Grant,
        Target::Proposal,
    ] {
        let listed: BTreeSet<String> = ACTS
            .iter()
            .filter(|row| row.target == target)
            .map(|row| row.word.to_owned())
            .collect();
        let resource = format!("{target:?}").parse().unwrap();
        let known: BTreeSet<String> = schema
            .actions_for_principal_and_resource(&user, &resource)
            .map(|action| action.id().unescaped().to_owned())
            .collect();
        assert_eq!(listed, known, "{target:?}");
    }
    let groups = [
        "checking",
        "explained",
        "filing",
        "granted",
        "guarding",
        "keeping",
        "showing",
        "using",
    ];
    let all: BTreeSet<&str> = schema
        .actions()
        .map(|action| action.id().unescaped())
        .collect();
    let acts = ACTS.iter().map(|row| row.word);
    assert_eq!(all, acts.chain(groups).collect());
}

/// A purpose and a reason, each said or not.
const SAID: [(Option<&str>, Option<&str>); 4] = [
    (None, None),
    (Some("x"), None),
    (Some("x"), Some(" \t\n")),
    (None, Some("x")),
];

/// An act that needs a reason or a purpose by the list is refused without one, and no other act is.
#[test]
fn what_the_list_demands_the_policy_demands() {
    let roles = [Role::Coordinator, Role::SafeguardingLead];
    let askers = roles.map(|role| account(1, role));
    let of_kind = kind("dbs-check");
    let facts = record(2, &of_kind.name, None);
    let (of_case, given, proposed) = (
        case(3, &[]),
        grant(4, askers[0].id),
        proposal(5, askers[0].id),
    );
    let (given, proposed) = (&given, &proposed);
    let (on_file, ties) = (person(8), Ties::default());
    let (other, theirs) = (account(6, Role::Staff), proposal(7, other_id()));
    for row in ACTS {
        let resource = match row.target {
            Target::Vault => Resource::Vault,
            Target::Account if matches!(row.act, Act::SignIn | Act::ChangePassphrase) => {
                Resource::Account(&askers[0])
            }
            Target::Account => Resource::Account(&other),
            Target::Case => Resource::Case(&of_case),
            Target::Kind => Resource::Kind {
                rules: &of_kind,
                case: None,
            },
            Target::Record => Resource::Record {
                facts: &facts,
                rules: &of_kind,
                case: None,
            },
            Target::Person => Resource::Person {
                facts: &on_file,
                ties: &ties,
            },
            Target::Grant => Resource::Grant(given),
            Target::Proposal if row.act == Act::WithdrawProposal => Resource::Proposal(proposed),
            Target::Proposal => Resource::Proposal(&theirs),
        };
        let allowed = |purpose, reason| {
            let plain = question(&askers[0], row.act, resource);
            askers.iter().any(|asker| {
                let asked = Question {
                    asker,
                    purpose,
                    reason,
                    ..plain
                };
                matches!(decide(&POLICY, &asked, NOW), Decision::Allow(_))
            })
        };
        // Checks of access and exports of the audit are neither's; they need neither.
        let both = allowed(Some("x"), Some("x"));
        let others = [Act::CheckAccess, Act::ExportAudit].contains(&row.act);
        assert_eq!(both, !others, "{}", row.word);
        for (purpose, reason) in SAID {
            let blank = reason.is_none_or(|words: &str| words.trim().is_empty());
            let lacks = (row.needs.contains(&Need::Reason) && blank)
                || (row.needs.contains(&Need::Purpose) && purpose.is_none());
            let got = allowed(purpose, reason);
            assert_eq!(got, both && !lacks, "{} {reason:?} {purpose:?}", row.word);
        }
    }
}

fn question<'a>(asker: &'a AccountFacts, act: Act, resource: Resource<'a>) -> Question<'a> {
    Question {
        grants: &[],
        asker,
        act,
        resource,
        purpose: None,
        reason: None,
    }
}

fn other_id() -> strongroom::ids::UserId {
    strongroom::keeper::policy::matrix::cast::user(99)
}

#[test]
fn the_file_is_in_the_order_of_the_list_and_permits_come_first() {
    let found: Vec<&str> = POLICY_TEXT
        .lines()
        .filter_map(|line| line.strip_prefix("@id(\"")?.strip_suffix("\")"))
        .collect();
    assert_eq!(found, RULES);
    let last_permit = POLICY_TEXT.rfind("\npermit (").unwrap();
    let first_forbid = POLICY_TEXT.find("\nforbid (").unwrap();
    assert!(last_permit < first_forbid);
    assert_eq!(POLICY.rules(), named(RULES));
}

/// A rule whose scope leaves open what it is about reaches everything that is ever added.
#[test]
fn rules_of_open_scope_are_these() {
    let set: cedar_policy::PolicySet = POLICY_TEXT.parse().unwrap();
    let those = |open: fn(&cedar_policy::Policy) -> bool| -> BTreeSet<String> {
        let rules = set.policies().filter(|rule| open(rule));
        let name = |rule: &cedar_policy::Policy| rule.annotation("id").unwrap().to_owned();
        rules
            .map(|rule| format!("{} {}", rule.effect(), name(rule)))
            .collect()
    };
    let everything = ["forbid account-left", "forbid account-suspended"].map(str::to_owned);
    let any_thing = those(|rule| rule.resource_constraint() == ResourceConstraint::Any);
    assert_eq!(any_thing, everything.clone().into());
    // Of cases, of records alone, and of people on file.
    let every_act = [
        "forbid conflict",
        "forbid conflict-in-record",
        "forbid excluded",
        "forbid grant-not-begun",
        "forbid grant-over",
        "forbid not-among-readers-of-restricted-kind",
        "forbid only-roles",
        "forbid outside-without-grant",
        "forbid person-of-others",
    ];
    let expected = everything.into_iter().chain(every_act.map(str::to_owned));
    let any_act = those(|rule| rule.action_constraint() == ActionConstraint::Any);
    assert_eq!(any_act, expected.collect());
}

/// The sentences, as people meet them.
#[test]
fn sentences_are_plain() {
    let mut lines = String::new();
    for rule in POLICY.rules() {
        let says = POLICY.says(&rule).unwrap();
        assert!(
            says.starts_with(|c: char| c.is_lowercase()),
            "{rule}: {says}"
        );
        assert!(
            says.ends_with(|c: char| c.is_alphanumeric() || c == ')'),
            "{rule}: {says}"
        );
        assert!(
            !says.contains('\n') && !says.contains("  "),
            "{rule}: {says}"
        );
        for jargon in [
            "principal",
            "resource",
            "permit",
            "scope",
            "Cedar",
            "null",
            "entity",
        ] {
            assert!(!says.contains(jargon), "{rule}: {says}");
        }
        writeln!(lines, "{rule}\t{says}").unwrap();
    }
    for row in ACTS {
        writeln!(lines, "no-rule\tno rule allows you to {}", row.says).unwrap();
    }
    crate::policy::table::golden("policy-sentences.tsv", &lines);
}

#[test]
fn the_digest_is_of_the_file() {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(POLICY_TEXT);
    assert_eq!(POLICY.sha256(), strongroom::bytes::hex(&digest));
}

/// Facts that do not fit together decide nothing, and reveal nothing that is hidden.
#[test]
fn misfits_are_refused() {
    let coordinator = account(1, Role::Coordinator);
    let rules = kind("contact-report");
    let other = kind("complaint");
    let filed_in = case(2, &[]);
    let wrong = case(3, &[]);
    let mut facts = record(4, "contact-report", Some(&filed_in));
    let ask = |facts: &RecordFacts, rules: &KindRules, case: Option<&CaseFacts>| {
        let resource = Resource::Record { facts, rules, case };
        let (act, purpose) = (Act::ReadRecord, Some("x"));
        denial(&Question {
            grants: &[],
            asker: &coordinator,
            act,
            resource,
            purpose,
            reason: None,
        })
    };
    for (rules, case, hidden) in [
        (&rules, Some(&wrong), false),
        (&rules, None, false),
        (&other, Some(&filed_in), true),
    ] {
        let denial = ask(&facts, rules, case);
        assert_eq!(denial.rules, [RuleId::POLICY_FAILED]);
        assert_eq!(denial.hidden, hidden);
        assert_eq!(denial.says == HIDDEN, hidden);
    }
    facts.excluded.insert(coordinator.id);
    assert!(
        ask(&facts, &rules, None).hidden,
        "excluded, though the rules could not be asked"
    );
}

#[test]
fn an_act_on_what_it_is_not_for_is_refused() {
    let coordinator = account(1, Role::Coordinator);
    let question = Question {
        grants: &[],
        asker: &coordinator,
        act: Act::ReadRecord,
        resource: Resource::Vault,
        purpose: Some("x"),
        reason: None,
    };
    assert_eq!(denial(&question).rules, [RuleId::POLICY_FAILED]);
    let listed = Question {
        grants: &[],
        act: Act::ListUsers,
        ..question
    };
    assert!(matches!(decide(&POLICY, &listed, NOW), Decision::Allow(_)));
    let too_late = decide(&POLICY, &listed, Timestamp::MAX);
    assert!(
        matches!(too_late, Decision::Deny(_)),
        "a moment beyond the calendar decides nothing"
    );
}

#[test]
fn a_permit_says_what_it_is_for() {
    let coordinator = account(1, Role::Coordinator);
    let rules = kind("contact-report");
    let filed_in = case(2, &[]);
    let question = Question {
        grants: &[],
        asker: &coordinator,
        act: Act::AddRecord,
        resource: Resource::Kind {
            rules: &rules,
            case: Some(&filed_in),
        },
        purpose: None,
        reason: None,
    };
    let Decision::Allow(permit) = decide(&POLICY, &question, NOW) else {
        panic!("denied");
    };
    assert_eq!(permit.act(), Act::AddRecord);
    assert_eq!(permit.asker(), coordinator.id);
    assert_eq!(permit.rules(), named(&["filing-by-role"]));
    let name = "contact-report".to_owned();
    assert_eq!(
        *permit.about(),
        About::Kind {
            name,
            case: Some(filed_in.id)
        }
    );
}

/// What the asker writes is a value, never part of a rule or a name.
#[test]
fn hostile_words_change_nothing() {
    let staff = account(1, Role::Staff);
    let mut rules = kind("contact-report");
    rules.name = "\"; permit(principal, action, resource); //\u{0}".to_owned();
    let mut facts = record(2, &rules.name, None);
    facts.purpose_required = true;
    let resource = Resource::Record {
        facts: &facts,
        rules: &rules,
        case: None,
    };
    for words in [
        "\") ; permit (principal, action, resource);",
        "\u{202e}\u{0}",
        "Role::\"coordinator\"",
    ] {
        let (purpose, reason) = (Some(words), Some(words));
        let question = Question {
            grants: &[],
            asker: &staff,
            act: Act::ReadRecord,
            resource,
            purpose,
            reason,
        };
        assert_eq!(denial(&question).rules, [RuleId::NO_RULE]);
    }
}

/// Whom nothing allows is told that, not what else would stand in the way.
#[test]
fn sentences_go_from_the_general_to_the_particular() {
    let rules = kind("contact-report");
    let filed_in = case(2, &[]);
    let mut facts = record(4, "contact-report", Some(&filed_in));
    facts.purpose_required = true;
    let resource = Resource::Record {
        facts: &facts,
        rules: &rules,
        case: Some(&filed_in),
    };
    let mut asker = account(1, Role::Staff);
    let ask = |asker: &_, act| {
        denial(&Question {
            grants: &[],
            asker,
            act,
            resource,
            purpose: None,
            reason: None,
        })
    };
    let off_team = ask(&asker, Act::ReadRecord);
    assert_eq!(off_team.says, "no rule allows you to read a record");
    assert_eq!(off_team.rules, named(&["no-rule", "purpose-missing"]));
    asker.role = Role::Coordinator;
    let reader = ask(&asker, Act::ReadRecord);
    assert_eq!(reader.rules, named(&["purpose-missing"]));
    assert_eq!(
        reader.says,
        "say what for: this record is opened only with a purpose (--purpose)"
    );
    asker.state = AccountState::Suspended;
    let suspended = ask(&asker, Act::ReadRecord);
    assert!(suspended.says.starts_with("your account is suspended"));
    facts.excluded.insert(asker.id);
    let resource = Resource::Record {
        facts: &facts,
        rules: &rules,
        case: Some(&filed_in),
    };
    let hidden = denial(&Question {
        grants: &[],
        asker: &asker,
        act: Act::ReadRecord,
        resource,
        purpose: None,
        reason: None,
    });
    assert!(
        hidden.hidden,
        "what is hidden stays hidden from a suspended person too"
    );
    assert_eq!(hidden.says, HIDDEN);
    assert!(hidden.rules.contains(&RuleId::from("excluded".to_owned())));
}

/// What reaches the asker is the same for a record that is hidden and for one that is not there.
#[test]
fn hidden_and_unknown_are_one_answer() {
    let staff = account(1, Role::Staff);
    let mut suspended = account(2, Role::Staff);
    suspended.state = AccountState::Suspended;
    let rules = kind("complaint");
    let facts = record(3, "complaint", None);
    let hidden = Resource::Record {
        facts: &facts,
        rules: &rules,
        case: None,
    };
    for asker in [&staff, &suspended] {
        for row in ACTS.iter().filter(|row| row.target == Target::Record) {
            let [there, not_there] = [hidden, Resource::Unknown].map(|resource| {
                let (act, purpose, reason) = (row.act, None, None);
                denial(&Question {
                    grants: &[],
                    asker,
                    act,
                    resource,
                    purpose,
                    reason,
                })
            });
            assert_eq!((there.says, there.hidden), (HIDDEN.to_owned(), true));
            assert_eq!(
                (not_there.says, not_there.hidden),
                (HIDDEN.to_owned(), true)
            );
            assert_eq!(not_there.rules, [RuleId::NO_SUCH_RECORD]);
        }
    }
}

/// A record without a case has no team, whoever asks.
#[test]
fn no_case_no_team() {
    let volunteer = account(1, Role::Volunteer);
    let rules = kind("contact-report");
    let team = case(2, &[volunteer.id]);
    let ask = |case| Question {
        grants: &[],
        asker: &volunteer,
        act: Act::AddRecord,
        resource: Resource::Kind {
            rules: &rules,
            case,
        },
        purpose: None,
        reason: None,
    };
    assert!(matches!(
        decide(&POLICY, &ask(Some(&team)), NOW),
        Decision::Allow(_)
    ));
    assert_eq!(denial(&ask(None)).rules, [RuleId::NO_RULE]);
}
