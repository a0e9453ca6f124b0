//! Returning a record to its author: what is wrong with it goes along, sealed to them, and where they do not read
//! such records by their work, access to this one until it is corrected.

use std::collections::BTreeSet;

use crate::ids::RecordId;
use crate::keeper::acts::Act;
use crate::keeper::checks::ReturnRow;
use crate::keeper::checks::bad_state;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::ProposalState;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::RecordState;
use crate::keeper::facts::Role;
use crate::keeper::granting::Scope;
use crate::keeper::granting::granted;
use crate::keeper::header_groups::Groups;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::message::load::NewGrant;
use crate::keeper::message::load::Returned;
use crate::keeper::message::load::Verdict;
use crate::keeper::policy::decide::Decision;
use crate::keeper::policy::decide::decide;
use crate::keeper::policy::question::Question;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::store::Tree;

impl Vault {
    /// Serves what the asker's desk has to seal on to the author: nothing, where they read it anyway.
    pub(crate) fn show_to_return(
        &mut self,
        request: &Request,
        record: RecordId,
    ) -> Result<Step, Stop> {
        let (found, _) = self.to_check(request, Act::ReturnRecord, record)?;
        let (_, groups) = self.for_author(request, &found.facts)?;
        let note = serde_json::json!({"prepares": true});
        let entry = request.entry(Act::ReturnRecord).about(record).noting(note);
        let pledge = self.log(found.permit, entry)?;
        Ok(Step::serving(pledge, move |vault, logged| {
            vault.serve_headers(logged, groups)
        }))
    }

    /// Takes a record's return to its author.
    pub(crate) fn return_record(
        &mut self,
        request: &Request,
        record: RecordId,
        new: &Returned,
    ) -> Result<Step, Stop> {
        let (found, version) = self.to_check(request, Act::ReturnRecord, record)?;
        let (author, groups) = self.for_author(request, &found.facts)?;
        let mut facts = found.facts;
        let seen = (record, &version);
        let text = self.verdict_in(request, seen, Verdict::Returned, &new.statement)?;
        let note = serde_json::json!({"version": version.number});
        let entry = request.entry(Act::ReturnRecord).about(record).noting(note);
        let pledge = self.log(found.permit, entry)?;
        let grant = match (&new.grant, groups.is_empty()) {
            (None, true) => None,
            (Some(grant), false) => {
                Some(self.give_to_author(request, (&author, &facts), (&groups, grant))?)
            }
            // Whom it is open to has changed since the look.
            _ => return Err(Stop::Stale),
        };
        self.keep_verdict(request, (&mut facts, RecordState::Returned), &text)?;
        let unit = units::version(record, version.number);
        let row = ReturnRow {
            note: new.note.clone(),
            grant,
        };
        self.write(&unit, Tree::Notice, &[], &row)?;
        Ok(Step::done(pledge))
    }

    /// The author, and the headers they have to be given: none, where they read the record by their work.
    fn for_author(
        &self,
        request: &Request,
        facts: &RecordFacts,
    ) -> Result<(AccountFacts, Groups), Stop> {
        if facts.state == RecordState::Returned {
            return Err(bad_state(
                "it was returned already and is not corrected yet",
            ));
        }
        let author = self.people.account(facts.author);
        let Some(author) = author.filter(|author| author.may_work()) else {
            let says = "its author does not work here any more: correct it instead (strongroom record amend)";
            return Err(bad_state(says));
        };
        let mut groups = Groups::new();
        if self.reads_by_work(author, facts)? {
            return Ok((author.clone(), groups));
        }
        if !request.asker.is(Role::Coordinator) {
            let says = format!(
                "`{}` does not read such records; ask a coordinator to return it, who can let them see this one until it \
                 is corrected",
                author.handle
            );
            return Err(Stop::Refused("needs-coordinator", says));
        }
        let records = std::slice::from_ref(facts);
        self.gather_records(&mut groups, request.asker.id, (records, false))?;
        Ok((author.clone(), groups))
    }

    fn reads_by_work(&self, author: &AccountFacts, facts: &RecordFacts) -> Result<bool, Broken> {
        let case = self.case_of(facts)?;
        let question = Question {
            purpose: Some("to correct it"),
            ..self.question((author, &[]), Act::ReadRecord, (facts, case.as_ref()))
        };
        let decision = decide(&self.policy, &question, self.now());
        Ok(matches!(decision, Decision::Allow(_)))
    }

    /// Puts the author's access in force: it takes no second person within the centre.
    fn give_to_author(
        &mut self,
        request: &Request,
        (author, facts): (&AccountFacts, &RecordFacts),
        (groups, new): (&Groups, &NewGrant),
    ) -> Result<crate::ids::GrantId, Stop> {
        let scope = Scope::Records(BTreeSet::from([facts.id]));
        let said = self.check_grant_statement(request, (&scope, author.id), new)?;
        let text = String::from_utf8(new.statement.clone()).map_err(|_| Stop::Stale)?;
        let grant = granted(&said, request.asker.id, &text);
        self.check_opens(author, &grant, std::slice::from_ref(facts))?;
        let wanted: BTreeSet<HeaderOf> = groups
            .values()
            .flat_map(|(_, headers)| headers)
            .copied()
            .collect();
        let epoch = self.check_grant_keys(request, &wanted, (&said, new))?;
        let proposal = self.drafted_grant(request, (&said, new), ProposalState::Approved)?;
        let index = self.last_index();
        self.put_proposal(proposal.clone())?;
        self.put_grant_keys(&grant, new, epoch)?;
        self.note_grant(grant.id, index, Some(facts.id))?;
        self.put_in_force(grant.id, None)?;
        Ok(grant.id)
    }
}
