//! Grants and proposals as rows, held in memory from them: a grant that is not there is served to nobody.
//!
//! What is told of a grant stands in its proposal's unit and lives on. What opens something (compartment,
//! envelopes, and with it every header row) stands under the grant's own unit, which dies with the grant.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::ids::CompartmentId;
use crate::ids::GrantId;
use crate::ids::ProposalId;
use crate::ids::UserId;
use crate::keeper::facts::GrantFacts;
use crate::keeper::facts::Member;
use crate::keeper::facts::ProposalFacts;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::Role;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::store::Tree;
use crate::store::UnitKind;
use crate::store::UnitName;

/// Every grant and proposal.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) grants: BTreeMap<GrantId, GrantFacts>,
    pub(crate) proposals: BTreeMap<ProposalId, ProposalFacts>,
}

impl Shared {
    /// The grants a person was given, whatever came of them.
    pub(crate) fn grants_of(&self, user: UserId) -> Vec<GrantFacts> {
        let all = self.grants.values();
        all.filter(|grant| grant.to == user).cloned().collect()
    }

    /// The grant this compartment belongs to.
    pub(crate) fn grant_of(&self, compartment: CompartmentId) -> Option<&GrantFacts> {
        let mut all = self.grants.values();
        all.find(|grant| grant.compartment == compartment)
    }
}

impl Vault {
    /// Reads grants and proposals from their rows.
    pub(crate) fn load_shared(&mut self) -> Result<(), Broken> {
        let proposals = self.keys.of_kind(UnitKind::Proposal);
        let units: Vec<UnitName> = proposals.map(|(unit, _)| unit.clone()).collect();
        for unit in units {
            let facts: ProposalFacts = self
                .read(&unit, Tree::Proposal, &[])?
                .ok_or(Broken::Row(Tree::Proposal))?;
            if let Some(grant) = self.read::<GrantFacts>(&unit, Tree::Grant, &[])? {
                self.shared.grants.insert(grant.id, grant);
            }
            self.shared.proposals.insert(facts.id, facts);
        }
        Ok(())
    }

    /// Writes a proposal's facts, making its unit the first time.
    pub(crate) fn put_proposal(&mut self, facts: ProposalFacts) -> Result<(), Broken> {
        let unit = units::proposal(facts.id);
        if !self.has_unit(&unit) {
            self.make_unit(unit.clone());
        }
        self.write(&unit, Tree::Proposal, &[], &facts)?;
        self.shared.proposals.insert(facts.id, facts);
        Ok(())
    }

    /// Writes what is told of a grant; its proposal's unit is there already.
    pub(crate) fn put_grant(&mut self, facts: GrantFacts) -> Result<(), Broken> {
        self.write(&units::proposal(facts.proposal), Tree::Grant, &[], &facts)?;
        self.shared.grants.insert(facts.id, facts);
        Ok(())
    }

    /// The grants that cover a record and whose rows are kept: by name, or with the whole case where the
    /// record is sealed to the case; none to somebody whom the record has been closed to.
    pub(crate) fn grants_over(&self, facts: &RecordFacts) -> Result<Vec<GrantFacts>, Broken> {
        let mut all = self.shared.grants.values();
        // Where there is none, which is usual, nothing is read: lists ask this of each record.
        if !all.any(GrantFacts::lives) {
            return Ok(Vec::new());
        }
        let case = self.case_of(facts)?;
        let all = self.shared.grants.values().filter(|grant| grant.lives());
        let over = all
            .filter(|grant| grant.covers(facts, case.as_ref()) && self.is_open_to(facts, grant.to));
        Ok(over.cloned().collect())
    }

    /// Whether a record is closed to nobody like this person: not to them, and not to their roles.
    fn is_open_to(&self, facts: &RecordFacts, user: UserId) -> bool {
        let among = |roles: &BTreeSet<Role>| {
            let account = self.people.account(user);
            account.is_some_and(|account| account.roles().any(|role| roles.contains(&role)))
        };
        !facts.excluded.contains(&user) && facts.only_roles.as_ref().is_none_or(among)
    }

    /// Every compartment a record is sealed to: its own or its case's, and those of grants.
    pub(crate) fn sealed_to(&self, facts: &RecordFacts) -> Result<Vec<CompartmentId>, Broken> {
        let grants = self.grants_over(facts)?;
        let of_grants = grants.into_iter().map(|grant| grant.compartment);
        Ok(facts
            .compartments
            .iter()
            .copied()
            .chain(of_grants)
            .collect())
    }

    /// The unit that holds a compartment's facts.
    pub(crate) fn compartment_unit(&self, id: CompartmentId) -> UnitName {
        match self.shared.grant_of(id) {
            Some(grant) => units::grant(grant.id),
            None => units::compartment(id),
        }
    }

    /// The unit an epoch's facts stand in, and that header rows for it are locked with.
    pub(crate) fn lock(&self, id: CompartmentId, epoch: u32) -> UnitName {
        match self.shared.grant_of(id) {
            Some(grant) => units::grant(grant.id),
            None => units::epoch(id, epoch),
        }
    }

    /// Where a member's envelope stands: its unit, and its natural key there.
    pub(crate) fn envelope_place(
        &self,
        id: CompartmentId,
        epoch: u32,
        member: &Member,
    ) -> (UnitName, Vec<u8>) {
        match self.shared.grant_of(id) {
            Some(grant) => (units::grant(grant.id), member.name_bytes()),
            None => (units::membership(id, epoch, member), Vec::new()),
        }
    }
}
