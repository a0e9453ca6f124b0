//! People, cases, kinds and records to ask about.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use strongroom::clock::Timestamp;
use strongroom::ids::CaseId;
use strongroom::ids::RecordId;
use strongroom::ids::UserId;
use strongroom::keeper::facts::AccountFacts;
use strongroom::keeper::facts::AccountState;
use strongroom::keeper::facts::CaseFacts;
use strongroom::keeper::facts::CaseState;
use strongroom::keeper::facts::RecordFacts;
use strongroom::keeper::facts::RecordState;
use strongroom::keeper::facts::Role;
use strongroom::keeper::facts::Service;
use strongroom::keeper::facts::Triggers;
use strongroom::keeper::policy::kind::KindRules;
use strongroom::keeper::policy::kind::Reader;
use strongroom::records::kind::Kind;
use strongroom::records::kinds::Kinds;
use strongroom::records::words::Place;
use strongroom::sealing::HybridIdentity;
use strongroom::sealing::HybridRecipient;
use strongroom::sealing::SigningKey;
use strongroom::sealing::VerifyingKey;

static KEYS: LazyLock<(HybridRecipient, VerifyingKey)> = LazyLock::new(|| {
    let recipient = HybridIdentity::generate().recipient().clone();
    (recipient, SigningKey::generate().verifying())
});

fn bytes(number: u32) -> [u8; 16] {
    let mut bytes = [7; 16];
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    bytes
}

pub(crate) fn user(number: u32) -> UserId {
    UserId::from_bytes(bytes(number))
}

/// An active account.
pub(crate) fn account(number: u32, role: Role) -> AccountFacts {
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
        other: BTreeMap::new(),
    }
}

/// An open case.
pub(crate) fn case(number: u32, team: &[UserId]) -> CaseFacts {
    CaseFacts {
        id: CaseId::from_bytes(bytes(number)),
        service: Service::Supervised,
        state: CaseState::Open,
        team: team.iter().copied().collect(),
        compartments: Vec::new(),
        opened_at: Timestamp::from_ms(0),
        closed_at: None,
        card: 1,
        other: BTreeMap::new(),
    }
}

/// A record as it would be filed by somebody who matters to nothing.
pub(crate) fn record(number: u32, kind: &str, case: Option<CaseId>) -> RecordFacts {
    let found = Kinds::builtin().find(kind);
    RecordFacts {
        id: RecordId::from_bytes(bytes(number)),
        case,
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
        second_approver: false,
        exportable: found.is_none_or(|kind| kind.exportable),
        order_recipients: Vec::new(),
        triggers: Triggers::default(),
        compartments: Vec::new(),
        state: RecordState::Filed,
        checked: None,
        holds: BTreeSet::new(),
        migrated_from: None,
        versions: 1,
        superseded: Vec::new(),
        other: BTreeMap::new(),
    }
}

/// The rules of a kind that comes with the program.
pub(crate) fn kind(name: &str) -> KindRules {
    rules(Kinds::builtin().find(name).unwrap())
}

pub(crate) fn rules(kind: &Kind) -> KindRules {
    let read = |word: &str| Reader::from_word(word).unwrap();
    KindRules {
        name: kind.name.clone(),
        readers: kind
            .readers
            .iter()
            .map(|reader| read(reader.word()))
            .collect(),
        writers: kind
            .writers
            .iter()
            .map(|writer| read(writer.word()))
            .collect(),
        hidden: kind.place == Place::Own,
        break_glass: !kind
            .readers
            .iter()
            .any(|reader| reader.word() == "deciders"),
    }
}
