//! Filing what the case's service does not take: policy, not physics, so two people may agree to it. The second
//! person's yes is to one record of a kind in a case by whoever proposed it. Nothing is sealed before: what is filed
//! then is checked as any other filing is, and nobody has to read it to agree.

use crate::ids::CaseId;
use crate::ids::RecordId;
use crate::keeper::acts::Act;
use crate::keeper::checks::bad_state;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::ProposalFacts;
use crate::keeper::facts::Proposed;
use crate::keeper::message::load::OverrideStatement;
use crate::keeper::policy::question::Resource;
use crate::keeper::proposals::Draft;
use crate::keeper::proposals::bad;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::sealing::StatementKind;

impl Vault {
    /// Keeps the wish to file one record that the case's service does not take, until a second person decides.
    pub(crate) fn propose_override(
        &mut self,
        request: &Request,
        (case, kind): (CaseId, &str),
        statement: &[u8],
    ) -> Result<Step, Stop> {
        let facts = self.case(case)?.ok_or(Stop::Unknown)?;
        let rules = self.rules.of(kind);
        let on = Resource::Kind {
            rules: &rules.people,
            case: Some(&facts),
        };
        let permit = self.permit(request, Act::OverrideService, on)?;
        if rules.serves(&facts) {
            let says = "cases of this service take such records; file it without --override";
            return Err(bad_state(says));
        }
        if self.override_for(request, &facts, kind).is_some() {
            let says = "a second person has agreed already: file it now (strongroom record add)";
            return Err(bad_state(says));
        }
        let said: OverrideStatement = self.said(request, StatementKind::Propose, statement)?;
        let fits = (said.case, said.kind.as_str()) == (case, kind)
            && Some(&said.reason) == request.asked.reason.as_ref();
        if !fits {
            return Err(bad("what is signed is not what is asked"));
        }
        let draft = Draft {
            id: said.proposal,
            what: wanted(request, case, kind),
            statement: statement.to_vec(),
            no_later: None,
        };
        self.put_up(
            request,
            draft,
            (permit, request.entry(Act::OverrideService)),
        )
    }

    /// What a second person agreed to that is good for this filing and not used yet.
    pub(crate) fn override_for(
        &self,
        request: &Request,
        case: &CaseFacts,
        kind: &str,
    ) -> Option<&ProposalFacts> {
        self.agreed_to(&wanted(request, case.id, kind))
    }

    /// Marks what was agreed to as used, where a filing needed it.
    pub(crate) fn use_override(
        &mut self,
        request: &Request,
        (case, kind): (Option<CaseId>, &str),
        record: RecordId,
    ) -> Result<(), Broken> {
        let Some(case) = case.map(|case| self.case(case)).transpose()?.flatten() else {
            return Ok(());
        };
        if self.rules.of(kind).serves(&case) {
            return Ok(());
        }
        let agreed = self.override_for(request, &case, kind).cloned();
        match agreed {
            Some(facts) => self.put_proposal(ProposalFacts {
                used: Some(record),
                ..facts
            }),
            None => Ok(()),
        }
    }
}

fn wanted(request: &Request, case: CaseId, kind: &str) -> Proposed {
    Proposed::OverrideService {
        user: request.asker.id,
        case,
        kind: kind.to_owned(),
    }
}
