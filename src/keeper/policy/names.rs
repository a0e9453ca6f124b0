//! The schema's entity types, parsed once.

use cedar_policy::EntityId;
use cedar_policy::EntityTypeName;
use cedar_policy::EntityUid;
use cedar_policy::ParseErrors;

/// Every entity type the slices are made of.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) account: EntityTypeName,
    pub(crate) account_state: EntityTypeName,
    pub(crate) action: EntityTypeName,
    pub(crate) case: EntityTypeName,
    pub(crate) case_state: EntityTypeName,
    pub(crate) grant: EntityTypeName,
    pub(crate) proposal: EntityTypeName,
    pub(crate) circle: EntityTypeName,
    pub(crate) kind: EntityTypeName,
    pub(crate) person: EntityTypeName,
    pub(crate) record: EntityTypeName,
    pub(crate) record_state: EntityTypeName,
    pub(crate) role: EntityTypeName,
    pub(crate) tie: EntityTypeName,
    pub(crate) user: EntityTypeName,
    pub(crate) vault: EntityTypeName,
}

impl Names {
    pub(crate) fn new() -> Result<Self, Box<ParseErrors>> {
        Ok(Self {
            account: "Account".parse()?,
            account_state: "AccountState".parse()?,
            action: "Action".parse()?,
            case: "Case".parse()?,
            case_state: "CaseState".parse()?,
            grant: "Grant".parse()?,
            proposal: "Proposal".parse()?,
            circle: "Circle".parse()?,
            kind: "Kind".parse()?,
            person: "Person".parse()?,
            record: "Record".parse()?,
            record_state: "RecordState".parse()?,
            role: "Role".parse()?,
            tie: "Tie".parse()?,
            user: "User".parse()?,
            vault: "Vault".parse()?,
        })
    }
}

/// The entity of this type and id.
pub(crate) fn uid(of: &EntityTypeName, id: &(impl ToString + ?Sized)) -> EntityUid {
    EntityUid::from_type_name_and_id(of.clone(), EntityId::new(id.to_string()))
}
