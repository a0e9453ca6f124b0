//! Names of units and natural keys of rows (`docs/format.md`, "Units and rows"). A unit's name stands
//! only inside the key table; a row's natural key only inside the HMAC that makes its id.

use crate::ids::CaseId;
use crate::ids::CompartmentId;
use crate::ids::GrantId;
use crate::ids::PersonId;
use crate::ids::ProposalId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::facts::Member;
use crate::store::UnitKind;
use crate::store::UnitName;

/// The vault itself: settings and the genesis statement.
pub(crate) fn vault() -> UnitName {
    UnitName::new(UnitKind::Vault, &[])
}

/// A user's account.
pub(crate) fn account(user: UserId) -> UnitName {
    UnitName::new(UnitKind::Account, user.as_bytes())
}

/// A case.
pub(crate) fn case(case: CaseId) -> UnitName {
    UnitName::new(UnitKind::Case, case.as_bytes())
}

/// A person on file.
pub(crate) fn person(person: PersonId) -> UnitName {
    UnitName::new(UnitKind::Person, person.as_bytes())
}

/// A record's facts.
pub(crate) fn record(record: RecordId) -> UnitName {
    UnitName::new(UnitKind::Record, record.as_bytes())
}

/// One version of a record.
pub(crate) fn version(record: RecordId, number: u32) -> UnitName {
    UnitName::new(UnitKind::Version, &numbered(record.as_bytes(), number))
}

/// A record's audit trail.
pub(crate) fn history(record: RecordId) -> UnitName {
    UnitName::new(UnitKind::History, record.as_bytes())
}

/// The detail of an entry that is about no single record.
pub(crate) fn entry(index: u64) -> UnitName {
    UnitName::new(UnitKind::Entry, &index.to_be_bytes())
}

/// A compartment.
pub(crate) fn compartment(compartment: CompartmentId) -> UnitName {
    UnitName::new(UnitKind::Compartment, compartment.as_bytes())
}

/// One epoch of a compartment.
pub(crate) fn epoch(compartment: CompartmentId, number: u32) -> UnitName {
    UnitName::new(UnitKind::Epoch, &numbered(compartment.as_bytes(), number))
}

/// One member's envelope of an epoch.
pub(crate) fn membership(compartment: CompartmentId, number: u32, member: &Member) -> UnitName {
    let name = [
        numbered(compartment.as_bytes(), number),
        member.name_bytes(),
    ]
    .concat();
    UnitName::new(UnitKind::Membership, &name)
}

/// A grant: its compartment's key and envelopes, dying with it.
pub(crate) fn grant(grant: GrantId) -> UnitName {
    UnitName::new(UnitKind::Grant, grant.as_bytes())
}

/// A proposal, and what is told of the grant that came of it.
pub(crate) fn proposal(proposal: ProposalId) -> UnitName {
    UnitName::new(UnitKind::Proposal, proposal.as_bytes())
}

/// An invitation: an account in draft, dying when it is made or nobody makes it.
pub(crate) fn invitation(user: UserId) -> UnitName {
    UnitName::new(
        UnitKind::Draft,
        &[&[INVITATION], &user.as_bytes()[..]].concat(),
    )
}

/// A move that waits for a second person, dying when it is decided.
pub(crate) fn waiting_move(proposal: ProposalId) -> UnitName {
    UnitName::new(
        UnitKind::Draft,
        &[&[MOVE], &proposal.as_bytes()[..]].concat(),
    )
}

/// The account to be of a draft's natural name, if it is an invitation.
pub(crate) fn parse_invitation(natural: &[u8]) -> Option<UserId> {
    let (tag, user) = natural.split_first()?;
    let user: [u8; 16] = user.try_into().ok()?;
    (*tag == INVITATION).then(|| UserId::from_bytes(user))
}

/// What a draft's natural name begins with: which sort of draft.
const INVITATION: u8 = 1;
const MOVE: u8 = 2;

/// The natural key of one thing of several in a unit.
pub(crate) fn numbered(id: &[u8], number: u32) -> Vec<u8> {
    [id, &number.to_be_bytes()].concat()
}
