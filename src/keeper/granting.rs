//! Giving access: which headers that takes, and whether what the giver's desk sealed is exactly that.
//!
//! The first ask serves the headers, the second brings them back sealed to the grant's own compartment. Both
//! are decided and logged; the second is measured against the vault as it is then.

use std::collections::BTreeSet;

use serde_json::json;

use crate::ids::CaseId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::GrantFacts;
use crate::keeper::facts::GrantState;
use crate::keeper::facts::Member;
use crate::keeper::facts::Other;
use crate::keeper::facts::ProposalFacts;
use crate::keeper::facts::ProposalState;
use crate::keeper::facts::Proposed;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::Role;
use crate::keeper::header_groups::Groups;
use crate::keeper::message::load::EpochStatement;
use crate::keeper::message::load::GrantStatement;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::message::load::NewGrant;
use crate::keeper::policy::decide::Decision;
use crate::keeper::policy::decide::Permit;
use crate::keeper::policy::question::Resource;
use crate::keeper::proposals::Draft;
use crate::keeper::rekey::covers;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::sorts::sorts_for;
use crate::keeper::sorts::sorts_of;
use crate::keeper::units;
use crate::keeper::vault::Vault;
use crate::sealing::Statement;
use crate::sealing::StatementKind;

/// What access is given to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Everything that is sealed to a case.
    Case(CaseId),
    /// These records.
    Records(BTreeSet<RecordId>),
}

/// A grant that may be given: what it takes, and whether a second person has to agree.
struct Allowed {
    permit: Permit,
    to: AccountFacts,
    records: Vec<RecordFacts>,
    groups: Groups,
    waits: bool,
}

impl Allowed {
    fn wanted(&self) -> BTreeSet<HeaderOf> {
        let all = self.groups.values().flat_map(|(_, headers)| headers);
        all.copied().collect()
    }

    fn record_ids(&self) -> Vec<RecordId> {
        self.records.iter().map(|facts| facts.id).collect()
    }
}

impl Vault {
    /// Serves the headers a grant takes.
    pub(crate) fn prepare_grant(
        &mut self,
        request: &Request,
        scope: &Scope,
        to: UserId,
    ) -> Result<Step, Stop> {
        let allowed = self.may_grant(request, scope, to)?;
        let listed = allowed.record_ids();
        let entry = request.entry(scope.act()).listing(listed);
        let pledge = self.log(allowed.permit, entry.noting(json!({"prepares": true})))?;
        let groups = allowed.groups;
        Ok(Step::serving(pledge, move |vault, logged| {
            vault.serve_headers(logged, groups)
        }))
    }

    /// The proposal that a grant is, not yet written.
    pub(crate) fn drafted_grant(
        &self,
        request: &Request,
        (said, new): (&GrantStatement, &NewGrant),
        state: ProposalState,
    ) -> Result<ProposalFacts, Stop> {
        let draft = Draft {
            id: said.proposal,
            what: Proposed::Grant { grant: said.grant },
            statement: new.statement.clone(),
            no_later: Some(said.until),
        };
        let facts = self.drafted(request, draft)?;
        Ok(ProposalFacts { state, ..facts })
    }

    /// Takes a grant: in force at once, or waiting for a second person.
    pub(crate) fn give_grant(
        &mut self,
        request: &Request,
        (scope, to): (&Scope, UserId),
        new: &NewGrant,
    ) -> Result<Step, Stop> {
        let allowed = self.may_grant(request, scope, to)?;
        let said = self.check_grant_statement(request, (scope, to), new)?;
        let text = String::from_utf8(new.statement.clone()).map_err(|_| bad("it is no text"))?;
        let grant = granted(&said, request.asker.id, &text);
        self.check_opens(&allowed.to, &grant, &allowed.records)?;
        let epoch = self.check_grant_keys(request, &allowed.wanted(), (&said, new))?;
        let state = if allowed.waits {
            ProposalState::Waiting
        } else {
            ProposalState::Approved
        };
        let facts = self.drafted_grant(request, (&said, new), state)?;
        let note = json!({"grant": grant.id, "proposal": facts.id});
        let entry = request.entry(scope.act()).listing(allowed.record_ids());
        let pledge = self.log(allowed.permit, entry.noting(note))?;
        let index = self.last_index();
        self.put_proposal(facts.clone())?;
        self.put_grant_keys(&grant, new, epoch)?;
        self.note_about(&facts, index)?;
        if !allowed.waits {
            self.put_in_force(grant.id, None)?;
        }
        let facts = ProposalFacts {
            single: self.may_be_single(&facts)?,
            ..facts
        };
        Ok(Step::serving(pledge, move |vault, _| {
            vault.serve_proposals(vec![facts])
        }))
    }

    /// Whether the asker may give this to that person, and what it takes.
    fn may_grant(&self, request: &Request, scope: &Scope, to: UserId) -> Result<Allowed, Stop> {
        let (permit, case, records) = match scope {
            Scope::Case(id) => {
                let case = self.case(*id)?;
                let case = case.ok_or_else(|| self.unknown(request, Act::ListRecords))?;
                let permit = self.permit(request, Act::GrantCase, Resource::Case(&case))?;
                let records = self.records_of_case(&case)?;
                (permit, Some(case), records)
            }
            Scope::Records(ids) => {
                let (permit, records) = self.may_grant_records(request, ids)?;
                (permit, None, records)
            }
        };
        let purpose = request.asked.purpose.as_deref().unwrap_or_default();
        if purpose.trim().is_empty() {
            let says = "say what for: access is given only with a purpose (--purpose)";
            return Err(Stop::Refused("purpose-missing", says.to_owned()));
        }
        if to == request.asker.id {
            let says = "nobody gives access to themselves; ask another coordinator";
            return Err(Stop::Refused("own-grant", says.to_owned()));
        }
        let to = self.grantee(to)?.clone();
        let outside = to.is(Role::Assessor);
        let mut groups = Groups::new();
        let user = request.asker.id;
        self.gather_records(&mut groups, user, (&records, outside))?;
        if let Some(case) = &case {
            let card = HeaderOf::CaseCard {
                case: case.id,
                number: case.card,
            };
            self.gather(&mut groups, (user, &case.compartments), vec![card])?;
        }
        let waits = outside || records.iter().any(|facts| facts.second_approver);
        Ok(Allowed {
            permit,
            to,
            records,
            groups,
            waits,
        })
    }

    /// There may be thousands, so what policy does not tell apart is decided once; the first no is the answer.
    fn may_grant_records(
        &self,
        request: &Request,
        ids: &BTreeSet<RecordId>,
    ) -> Result<(Permit, Vec<RecordFacts>), Stop> {
        let records = self.records(ids.iter().copied())?;
        if records.len() < ids.len() {
            return Err(self.unknown(request, Act::GrantRecord));
        }
        let (sorts, _) = sorts_for(&request.grants, &records);
        let asker = (&request.asker, request.grants.as_slice());
        let (purpose, reason) = (&request.asked.purpose, &request.asked.reason);
        let act = (Act::GrantRecord, purpose.as_deref(), reason.as_deref());
        let decisions = self.decide_records(asker, act, &sorts, self.now())?;
        let mut permit = None;
        for (decision, facts) in decisions.into_iter().zip(sorts.iter()) {
            match decision {
                Decision::Allow(one) => drop(permit.get_or_insert(one)),
                Decision::Deny(denial) => return Err(Stop::Denied(denial, Some(facts.id))),
            }
        }
        let permit = permit.ok_or_else(|| bad("a grant names at least one record, or a case"))?;
        Ok((permit, records))
    }

    /// Whom a grant is for, if they may work.
    fn grantee(&self, to: UserId) -> Result<&AccountFacts, Stop> {
        let account = self.people.account(to);
        let account = account.ok_or_else(|| bad("whom it is for has no account here"))?;
        if account.may_work() {
            return Ok(account);
        }
        let (handle, state) = (&account.handle, account.state);
        let says = format!("`{handle}` is {state}; nothing can be opened to them");
        Err(Stop::Refused("bad-state", says))
    }

    pub(crate) fn check_grant_statement(
        &self,
        request: &Request,
        (scope, to): (&Scope, UserId),
        new: &NewGrant,
    ) -> Result<GrantStatement, Stop> {
        let wrong = || bad("the signed grant is not about what is asked");
        let statement = Statement::parse(&new.statement).map_err(|_| wrong())?;
        let said: GrantStatement = statement.read_body().ok_or_else(wrong)?;
        let signed = statement.kind() == StatementKind::Grant
            && statement.vault() == self.id
            && statement.by() == request.asker.id.to_string()
            && statement.verify(&request.asker.verifying).is_ok();
        let same = said.to == to
            && said.compartment == new.compartment.id
            && scope_of(&said) == Some(scope.clone())
            && Some(&said.purpose) == request.asked.purpose.as_ref();
        if !signed || !same || self.shared.grants.contains_key(&said.grant) {
            return Err(wrong());
        }
        if said.until <= said.from || said.until <= self.now() {
            let says = "the end must be later than the beginning and than now";
            return Err(Stop::Refused("bad-dates", says.to_owned()));
        }
        Ok(said)
    }

    /// Whether a grant could still be put in force: whom it is for may work, and could open all of it.
    pub(crate) fn check_still_grants(&self, grant: &GrantFacts) -> Result<(), Stop> {
        let to = self.grantee(grant.to)?;
        self.check_opens(to, grant, &self.records_granted(grant)?)
    }

    /// Whether whom it is for could then open each record: a grant gives nothing to someone a record is
    /// closed to.
    pub(crate) fn check_opens(
        &self,
        to: &AccountFacts,
        grant: &GrantFacts,
        records: &[RecordFacts],
    ) -> Result<(), Stop> {
        let now = grant.from.max(self.now());
        let grants = [GrantFacts {
            state: GrantState::Active,
            ..grant.clone()
        }];
        // The grant is the only one that counts here, and it is for all of them.
        let (sorts, _) = sorts_of(records);
        let act = (Act::ListRecords, None, None);
        for decision in self.decide_records((to, &grants), act, &sorts, now)? {
            if let Decision::Deny(denial) = decision {
                let why = if denial.hidden {
                    "it is closed to them, whatever is given".to_owned()
                } else {
                    denial.says
                };
                let handle = &to.handle;
                let says = format!("`{handle}` could not open one of these records: {why}");
                return Err(Stop::Refused("opens-nothing", says));
            }
        }
        Ok(())
    }

    /// The compartment of its own has exactly its members, and everything there is is sealed to it.
    pub(crate) fn check_grant_keys(
        &self,
        request: &Request,
        wanted: &BTreeSet<HeaderOf>,
        (said, new): (&GrantStatement, &NewGrant),
    ) -> Result<EpochStatement, Stop> {
        let mut members = BTreeSet::from([Member::User(said.to)]);
        if self.roll()?.recovery {
            members.insert(Member::Recovery);
        }
        let by = request.asker.id.to_string();
        let maker = (by.as_str(), &request.asker.verifying);
        let purpose = Purpose::Grant { grant: said.grant };
        let made = &new.compartment;
        let epoch = self.check_compartment(made, maker, purpose, &members)?;
        let taken =
            self.shared.grant_of(made.id).is_some() || self.has_unit(&units::grant(said.grant));
        if taken || !covers(&new.headers, wanted) {
            return Err(Stop::Stale);
        }
        Ok(epoch)
    }
}

impl Scope {
    fn act(&self) -> Act {
        match self {
            Self::Case(_) => Act::GrantCase,
            Self::Records(_) => Act::GrantRecord,
        }
    }
}

/// What a statement says it is for; `None` where it says both or neither.
fn scope_of(said: &GrantStatement) -> Option<Scope> {
    match said.case {
        Some(case) if said.records.is_empty() => Some(Scope::Case(case)),
        None if !said.records.is_empty() => Some(Scope::Records(said.records.clone())),
        _ => None,
    }
}

/// What will be told of a grant.
pub(crate) fn granted(said: &GrantStatement, by: UserId, statement: &str) -> GrantFacts {
    GrantFacts {
        id: said.grant,
        proposal: said.proposal,
        to: said.to,
        by,
        case: said.case,
        records: said.records.clone(),
        purpose: said.purpose.clone(),
        from: said.from,
        until: said.until,
        state: GrantState::Waiting,
        compartment: said.compartment,
        active_at: None,
        ended_at: None,
        revoked_by: None,
        statement: statement.to_owned(),
        approval: None,
        other: Other::new(),
    }
}

pub(crate) fn bad(says: &str) -> Stop {
    Stop::Refused("bad-grant", says.to_owned())
}
