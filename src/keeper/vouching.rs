//! Public keys, and who vouches for them: everything a desk needs to seal, and to check who signed what.
//!
//! Whoever works here gets the whole directory. An outsider seals for nobody and reads only what was opened to
//! them, so they get the chain of statements of those who signed that, and nobody else's handle.

use std::collections::BTreeSet;

use crate::ids::CaseId;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::answer::Outcome;
use crate::keeper::message::answer::Served;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::sealing::Statement;
use crate::store::Tree;

impl Vault {
    /// The public keys a desk needs, and who vouches for them. Not an entry: nothing sealed is handed out.
    pub(crate) fn look_up_keys(
        &self,
        request: &Request,
        case: Option<CaseId>,
    ) -> Result<Step, Stop> {
        let _public = self.permit(request, Act::LookUpKeys, Resource::Vault)?;
        let case = match case {
            Some(case) => Some(self.case_to_seal_for(request, case)?),
            None => None,
        };
        let members = match &case {
            Some(case) => self.team_statement(case.id)?,
            None => None,
        };
        let conflicts = match &case {
            Some(case) => self.conflict_statements(case.id)?,
            None => Vec::new(),
        };
        let outside = request.asker.role.is_outside();
        let mut compartments = if outside { Vec::new() } else { self.teams()? };
        if !outside {
            compartments.extend(self.people_key()?);
        }
        for id in case.iter().flat_map(|case| case.compartments.clone()) {
            compartments.extend(self.current(id)?);
        }
        if let Some(case) = case.as_ref().filter(|_| !outside) {
            for id in self.grants_of_case(case) {
                compartments.extend(self.current(id)?);
            }
        }
        for (facts, _) in &mut compartments {
            *facts = facts.without_ages();
        }
        let mut accounts = self.people.all();
        if outside {
            let signers = self.signers_for(request.asker.id)?;
            accounts.retain(|account| signers.contains(&account.id));
        }
        let mut statements = Vec::new();
        for account in &accounts {
            statements.extend(self.statements_of(account.id)?);
        }
        statements.extend(self.policy_statements());
        statements.extend(self.recovery_statements()?);
        for account in &mut accounts {
            // Names are the directory's, which is an entry to look at; sealing does not need them.
            account.name = String::new();
            account.os_user = None;
        }
        let genesis: Option<String> = self.read(&units::vault(), Tree::Statement, &[])?;
        let keys = Keys {
            // Of what is staged in this frame some may be in it, and then it will be another word's.
            as_of: self.as_of.clone(),
            genesis: genesis.ok_or(Broken::Row(Tree::Statement))?.into_bytes(),
            accounts,
            statements,
            compartments,
            case,
            members,
            conflicts,
            recovery: self.recovery()?,
        };
        Ok(Step::unlogged(Outcome::Done(Box::new(Served::Keys(
            Box::new(keys),
        )))))
    }

    /// Those whose signatures this person has to check: whoever made the compartments whose key they hold, whoever
    /// wrote what is sealed to these, whoever vouches for any of them, and so on up to the root.
    fn signers_for(&self, user: UserId) -> Result<BTreeSet<UserId>, Broken> {
        let mut waiting = vec![user];
        let mut held = BTreeSet::new();
        for (compartment, epoch) in self.envelopes_and_grants_of(user) {
            held.insert(compartment);
            if let Some(epoch) = self.epoch(compartment, epoch)? {
                let said = epoch.vouchers.iter().chain([&epoch.statement]);
                waiting.extend(said.filter_map(|text| signer(text)));
            }
        }
        for record in self.record_ids() {
            let Some(facts) = self.record(record)? else {
                continue;
            };
            if !self.sealed_to(&facts)?.iter().any(|id| held.contains(id)) {
                continue;
            }
            for number in 1..=facts.versions {
                waiting.extend(self.version(record, number)?.map(|version| version.author));
            }
            // Whoever looked it over, and those who moved it to another case.
            let said = self.signed_about(&facts)?;
            let said = said.check.iter().chain(&said.moves);
            waiting.extend(said.filter_map(|text| signer(text)));
        }
        // Grants that are over are told with their names, too.
        for grant in self.shared.grants_of(user) {
            let said = grant.approval.iter().chain([&grant.statement]);
            waiting.extend(said.filter_map(|text| signer(text)));
        }
        let policy = self.policy_statements();
        waiting.extend(policy.iter().filter_map(|text| signer(text)));
        self.vouching_for(waiting)
    }

    /// These people, and everyone who vouches for them, up to the root.
    pub(crate) fn vouching_for(
        &self,
        mut waiting: Vec<UserId>,
    ) -> Result<BTreeSet<UserId>, Broken> {
        let mut signers = BTreeSet::new();
        while let Some(next) = waiting.pop() {
            if !signers.insert(next) {
                continue;
            }
            let statements = self.statements_of(next)?;
            waiting.extend(statements.iter().filter_map(|text| signer(text)));
        }
        Ok(signers)
    }
}

/// The user who signed a statement; `None` for the root.
pub(crate) fn signer(statement: &str) -> Option<UserId> {
    Statement::parse(statement.as_bytes())
        .ok()?
        .by()
        .parse()
        .ok()
}
