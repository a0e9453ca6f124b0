//! Whom something is open to, as its makers signed it: what a desk works out a compartment's members from,
//! instead of believing a list.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;

use crate::ids::CaseId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::Role;

/// Whom a record is open to among the readers its kind names. The first is signed by who files the record,
/// later ones by those who may change it; the `epoch` statement of the record's own compartment names the
/// digest of the one it was made for, so that an older one cannot take its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenTo {
    /// The record.
    pub record: RecordId,
    /// Counts from 1, one up with each change.
    pub number: u32,
    /// The kind, whose readers it is open to.
    pub kind: String,
    /// The case, whose team may be among them.
    pub case: Option<CaseId>,
    /// For whom it does not exist.
    pub excluded: BTreeSet<UserId>,
    /// The only roles, if it is kept to some.
    pub only_roles: Option<BTreeSet<Role>>,
    /// Named decision-makers.
    pub deciders: BTreeSet<UserId>,
    /// Who handles it.
    pub handler: Option<UserId>,
}

impl OpenTo {
    /// What a record's facts say, as the statement of this number.
    pub fn of(facts: &RecordFacts, number: u32) -> Self {
        Self {
            record: facts.id,
            number,
            kind: facts.kind.clone(),
            case: facts.case,
            excluded: facts.excluded.clone(),
            only_roles: facts.only_roles.clone(),
            deciders: facts.deciders.clone(),
            handler: facts.handler,
        }
    }
}

/// What says who ought to hold a compartment's key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "kebab-case")]
pub enum Entitled {
    /// Everyone of one role.
    Team {},
    /// The role teams that keep the people on file.
    People {},
    /// The role teams of every case, and the staff of its own team.
    Case {
        /// Everyone on the case's team.
        team: BTreeSet<UserId>,
        /// The signed `members` statement that says it; none while nobody has been on it.
        signed: Option<String>,
        /// The signed words of the case's conflict register, oldest first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        conflicts: Vec<String>,
    },
    /// The readers of a record.
    Record {
        /// What is said of it.
        said: OpenTo,
        /// The signed `members` statement that says it; none for records filed before there were any.
        statement: Option<String>,
        /// Everyone on the team of its case.
        team: BTreeSet<UserId>,
        /// The signed `members` statement that says who they are; none while nobody has been on it.
        signed: Option<String>,
        /// The signed words of the case's conflict register, oldest first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        conflicts: Vec<String>,
    },
}
