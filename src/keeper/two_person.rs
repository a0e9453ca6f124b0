//! Whether acts that need two people may be done by one where there is no other, and when there is none.

use crate::keeper::acts::Act;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::AccountState;
use crate::keeper::facts::ProposalFacts;
use crate::keeper::facts::ProposalState;
use crate::keeper::facts::Proposed;
use crate::keeper::facts::TwoPerson;
use crate::keeper::message::load::Genesis;
use crate::keeper::message::load::PolicyStatement;
use crate::keeper::policy::question::Resource;
use crate::keeper::proposals::Draft;
use crate::keeper::proposals::bad;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::sealing::Statement;
use crate::sealing::StatementKind;
use crate::store::Tree;

/// How long somebody who was stopped still counts as a second person: 90 days. Whoever could stop the only
/// other person could otherwise do alone, the next minute, what takes two.
pub(crate) const STOPPED_COUNTS_MS: u64 = 90 * 24 * 60 * 60 * 1000;

impl Vault {
    /// The mode in force: what the newest approved proposal says, else what the vault was founded with.
    pub(crate) fn two_person(&self) -> Result<TwoPerson, Broken> {
        let all = self.shared.proposals.values();
        let approved = all.filter_map(|facts| match facts.what {
            Proposed::ChangeTwoPerson { mode } if facts.state == ProposalState::Approved => {
                Some((facts.decided_at, facts.at, mode))
            }
            _ => None,
        });
        if let Some((.., mode)) = approved.max() {
            return Ok(mode);
        }
        let genesis: Option<String> = self.read(&units::vault(), Tree::Statement, &[])?;
        let genesis = genesis.and_then(|text| Statement::parse(text.as_bytes()).ok());
        let genesis: Option<Genesis> = genesis.and_then(|statement| statement.read_body());
        let said = genesis.and_then(|genesis| TwoPerson::from_word(&genesis.two_person));
        Ok(said.unwrap_or(TwoPerson::Required))
    }

    /// Whether its proposer may approve a proposal that waits: the mode says so, and nobody else is there.
    pub(crate) fn may_be_single(&self, facts: &ProposalFacts) -> Result<bool, Broken> {
        Ok(facts.state == ProposalState::Waiting
            && self.two_person()? == TwoPerson::Single
            && !self.has_second(facts))
    }

    /// Whether there is somebody besides the proposer who could approve it, now or after setting a
    /// passphrase, being resumed or being shown a record: none of these may be a way round them.
    fn has_second(&self, facts: &ProposalFacts) -> bool {
        let facts = ProposalFacts {
            single: false,
            ..facts.clone()
        };
        let others = self.people.all().into_iter();
        let mut counted = others.filter(|account| account.id != facts.by && self.counts(account));
        counted.any(|account| {
            let as_ready = AccountFacts {
                state: AccountState::Active,
                claimed: true,
                ..account
            };
            self.may_approve(&as_ready, &facts)
        })
    }

    /// Whether somebody counts as there: who was stopped does for a while.
    fn counts(&self, account: &AccountFacts) -> bool {
        account.may_work()
            || account
                .suspended_at
                .is_none_or(|since| self.now() < since.plus_ms(STOPPED_COUNTS_MS))
    }

    /// Proposes a mode.
    pub(crate) fn change_two_person(
        &mut self,
        request: &Request,
        mode: TwoPerson,
        statement: &[u8],
    ) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::ChangeTwoPerson, Resource::Vault)?;
        let said = self.check_policy(request, mode, statement)?;
        if self.two_person()? == mode {
            let says = format!("two people are `{mode}` already; nothing to do");
            return Err(Stop::Refused("bad-state", says));
        }
        let draft = Draft {
            id: said.proposal,
            what: Proposed::ChangeTwoPerson { mode },
            statement: statement.to_vec(),
            no_later: None,
        };
        self.put_up(
            request,
            draft,
            (permit, request.entry(Act::ChangeTwoPerson)),
        )
    }

    fn check_policy(
        &self,
        request: &Request,
        mode: TwoPerson,
        statement: &[u8],
    ) -> Result<PolicyStatement, Stop> {
        let wrong = || bad("the statement about the mode cannot be believed");
        let statement = Statement::parse(statement).map_err(|_| wrong())?;
        let said: PolicyStatement = statement.read_body().ok_or_else(wrong)?;
        let signed = statement.kind() == StatementKind::Policy
            && statement.vault() == self.id
            && statement.by() == request.asker.id.to_string()
            && statement.verify(&request.asker.verifying).is_ok();
        if signed && said.two_person == mode {
            Ok(said)
        } else {
            Err(wrong())
        }
    }

    /// The statements that changed the mode, each with its approval, oldest first: desks follow them.
    pub(crate) fn policy_statements(&self) -> Vec<String> {
        let all = self.shared.proposals.values();
        let mut changes: Vec<&ProposalFacts> = all
            .filter(|facts| {
                facts.state == ProposalState::Approved
                    && matches!(facts.what, Proposed::ChangeTwoPerson { .. })
            })
            .collect();
        changes.sort_by_key(|facts| (facts.decided_at, facts.at));
        let texts = changes.into_iter().flat_map(|facts| {
            let approval = facts.approval.iter().cloned();
            std::iter::once(facts.statement.clone()).chain(approval)
        });
        texts.collect()
    }
}
