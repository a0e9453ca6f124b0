//! What is asked of the policy: who, what, on what, and what they say about it.

use std::collections::BTreeSet;

use crate::ids::CaseId;
use crate::ids::GrantId;
use crate::ids::PersonId;
use crate::ids::ProposalId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::GrantFacts;
use crate::keeper::facts::PersonFacts;
use crate::keeper::facts::ProposalFacts;
use crate::keeper::facts::RecordFacts;
use crate::keeper::policy::kind::KindRules;

/// One question. Everything but `purpose` and `reason` is the keeper's own knowledge.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Who asks.
    pub asker: &'a AccountFacts,
    /// The grants they were given, whatever came of them.
    pub grants: &'a [GrantFacts],
    /// What they want to do.
    pub act: Act,
    /// To what.
    pub resource: Resource<'a>,
    /// What for, in the asker's words; blank is none.
    pub purpose: Option<&'a str>,
    /// Why, in the asker's words; blank is none.
    pub reason: Option<&'a str>,
}

/// What something is done to, with the facts that decide.
#[derive(Debug, Clone, Copy)]
pub enum Resource<'a> {
    /// The vault as a whole.
    Vault,
    /// An account.
    Account(&'a AccountFacts),
    /// A case.
    Case(&'a CaseFacts),
    /// A kind, and the case a record of it would be filed in.
    Kind {
        /// The kind's rules.
        rules: &'a KindRules,
        /// The case.
        case: Option<&'a CaseFacts>,
    },
    /// A record.
    Record {
        /// Its facts.
        facts: &'a RecordFacts,
        /// The rules of its kind.
        rules: &'a KindRules,
        /// Its case: has to be there if the facts name one, and be that one.
        case: Option<&'a CaseFacts>,
    },
    /// A person on file.
    Person {
        /// Their facts.
        facts: &'a PersonFacts,
        /// How users are tied to them.
        ties: &'a Ties,
    },
    /// A grant.
    Grant(&'a GrantFacts),
    /// A proposal.
    Proposal(&'a ProposalFacts),
    /// What an id that names nothing stands for: always refused as if hidden, with the work of a record.
    Unknown,
}

/// How users are tied to a person on file, by the cases the person is part of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ties {
    /// Everyone on the team of such a case.
    pub team: BTreeSet<UserId>,
}

/// What a decision was about, by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// The vault as a whole.
    Vault,
    /// An account.
    Account(UserId),
    /// A case.
    Case(CaseId),
    /// A kind, and the case a record of it would be filed in.
    Kind {
        /// The kind's name.
        name: String,
        /// The case.
        case: Option<CaseId>,
    },
    /// A record.
    Record(RecordId),
    /// A person on file.
    Person(PersonId),
    /// A grant.
    Grant(GrantId),
    /// A proposal.
    Proposal(ProposalId),
    /// Nothing.
    Unknown,
}

impl Resource<'_> {
    /// The ids of what this is.
    pub fn about(&self) -> About {
        match self {
            Self::Vault => About::Vault,
            Self::Account(account) => About::Account(account.id),
            Self::Case(case) => About::Case(case.id),
            Self::Kind { rules, case } => About::Kind {
                name: rules.name.clone(),
                case: case.map(|facts| facts.id),
            },
            Self::Record { facts, .. } => About::Record(facts.id),
            Self::Person { facts, .. } => About::Person(facts.id),
            Self::Grant(facts) => About::Grant(facts.id),
            Self::Proposal(facts) => About::Proposal(facts.id),
            Self::Unknown => About::Unknown,
        }
    }
}
