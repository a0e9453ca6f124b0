//! The cast: invented people, cases, records, grants and proposals to ask the policy about. Nothing here is
//! anybody's; ids are numbers.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::clock::Timestamp;
use crate::ids::CaseId;
use crate::ids::CompartmentId;
use crate::ids::GrantId;
use crate::ids::PersonId;
use crate::ids::ProposalId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::AccountState;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::CaseState;
use crate::keeper::facts::GrantFacts;
use crate::keeper::facts::GrantState;
use crate::keeper::facts::Other;
use crate::keeper::facts::PersonFacts;
use crate::keeper::facts::ProposalFacts;
use crate::keeper::facts::ProposalState;
use crate::keeper::facts::Proposed;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::RecordState;
use crate::keeper::facts::Role;
use crate::keeper::facts::Service;
use crate::keeper::facts::Triggers;
use crate::keeper::facts::TwoPerson;
use crate::keeper::policy::kind::KindRules;
use crate::keeper::rules::Rules;
use crate::records::Kinds;
use crate::sealing::HybridIdentity;
use crate::sealing::HybridRecipient;
use crate::sealing::SigningKey;
use crate::sealing::VerifyingKey;

/// 2 November 2026, 09:00 in London: when everything is asked.
pub const NOW: Timestamp = Timestamp::from_ms(1_793_610_000_000);
/// An hour.
pub const HOUR_MS: u64 = 60 * 60 * 1000;

/// One pair of keys for everybody: decisions do not look at them.
static KEYS: LazyLock<(HybridRecipient, VerifyingKey)> = LazyLock::new(|| {
    let recipient = HybridIdentity::generate().recipient().clone();
    (recipient, SigningKey::generate().verifying())
});

fn bytes(number: u32) -> [u8; 16] {
    (0x0707_0707_0707_0707_0707_0707_u128 << 32 | u128::from(number)).to_be_bytes()
}

/// A user's id.
pub fn user(number: u32) -> UserId {
    UserId::from_bytes(bytes(number))
}

/// A compartment's id.
pub fn compartment(number: u32) -> CompartmentId {
    CompartmentId::from_bytes(bytes(number))
}

/// An active, claimed account.
pub fn account(number: u32, role: Role) -> AccountFacts {
    AccountFacts {
        id: user(number),
        handle: format!("user-{number}"),
        name: format!("User {number}"),
        role,
        also: BTreeSet::new(),
        state: AccountState::Active,
        claimed: true,
        reports_to: None,
        recipient: KEYS.0.clone(),
        verifying: KEYS.1,
        enrolled_at: Timestamp::from_ms(0),
        suspended_at: None,
        os_user: None,
        other: Other::new(),
    }
}

/// An open case with a compartment of its own.
pub fn case(number: u32, team: &[UserId]) -> CaseFacts {
    CaseFacts {
        id: CaseId::from_bytes(bytes(number)),
        service: Service::Supervised,
        state: CaseState::Open,
        team: team.iter().copied().collect(),
        conflicts: BTreeSet::new(),
        conflict_words: 0,
        compartments: vec![compartment(number)],
        opened_at: Timestamp::from_ms(0),
        closed_at: None,
        card: 1,
        other: Other::new(),
    }
}

/// A record as it would be filed by somebody who matters to nothing: in a compartment of its own, where its
/// kind has it so or it has no case.
pub fn record(number: u32, kind: &str, case: Option<&CaseFacts>) -> RecordFacts {
    let found = Kinds::builtin().find(kind);
    let own = found.is_some_and(|kind| kind.place.hidden());
    let compartments = match case {
        Some(case) if !own => case.compartments.clone(),
        _ => vec![compartment(number)],
    };
    RecordFacts {
        id: RecordId::from_bytes(bytes(number)),
        case: case.map(|case| case.id),
        kind: kind.to_owned(),
        kind_version: 1,
        class: String::new(),
        labels: BTreeSet::new(),
        author: user(u32::MAX),
        filed_at: Timestamp::from_ms(0),
        event_date: None,
        subjects: Vec::new(),
        excluded: BTreeSet::new(),
        only_roles: None,
        deciders: BTreeSet::new(),
        handler: None,
        purpose_required: found.is_some_and(|kind| kind.purpose_required),
        second_approver: found.is_some_and(|kind| kind.second_approver),
        exportable: found.is_none_or(|kind| kind.exportable),
        order_recipients: Vec::new(),
        order: None,
        triggers: Triggers::default(),
        clocks: BTreeMap::new(),
        compartments,
        state: RecordState::Filed,
        checked: None,
        holds: BTreeSet::new(),
        migrated_from: None,
        versions: 1,
        superseded: Vec::new(),
        other: Other::new(),
    }
}

/// Somebody on file.
pub fn person(number: u32) -> PersonFacts {
    PersonFacts::new(PersonId::from_bytes(bytes(number)))
}

/// A grant of nothing yet, served from an hour ago until in an hour.
pub fn grant(number: u32, to: UserId) -> GrantFacts {
    GrantFacts {
        id: GrantId::from_bytes(bytes(number)),
        proposal: ProposalId::from_bytes(bytes(number)),
        to,
        by: user(u32::MAX),
        case: None,
        records: BTreeSet::new(),
        purpose: "a purpose".to_owned(),
        from: Timestamp::from_ms(NOW.as_ms().saturating_sub(HOUR_MS)),
        until: NOW.plus_ms(HOUR_MS),
        state: GrantState::Active,
        compartment: compartment(number),
        active_at: None,
        ended_at: None,
        revoked_by: None,
        statement: String::new(),
        approval: None,
        other: Other::new(),
    }
}

/// A waiting proposal about nobody.
pub fn proposal(number: u32, by: UserId) -> ProposalFacts {
    ProposalFacts {
        id: ProposalId::from_bytes(bytes(number)),
        what: Proposed::ChangeTwoPerson {
            mode: TwoPerson::Single,
        },
        state: ProposalState::Waiting,
        by,
        at: Timestamp::from_ms(0),
        expires: NOW.plus_ms(HOUR_MS),
        reason: None,
        decided_by: None,
        decided_at: None,
        refusal: None,
        single: false,
        used: None,
        digest: String::new(),
        statement: String::new(),
        approval: None,
        other: Other::new(),
    }
}

/// The rules of a kind that comes with the program; of another name, those of a kind nobody reads.
pub fn kind(name: &str) -> KindRules {
    Rules::from_kinds(Kinds::builtin()).of(name).people.clone()
}
