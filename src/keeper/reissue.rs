//! New keys for somebody whose passphrase is lost: made by one person's desk, agreed to by a second, and
//! unclaimed until their owner sets a passphrase of their own.
//!
//! What the two can open is sealed on to the new keys at once: the proposer's envelopes ride in the proposal,
//! the second person's in their yes. The rest is errands, like any other lack.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;

use crate::bytes::base64url;
use crate::bytes::unbase64url;
use crate::ids::CompartmentId;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::compartments::Way;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::AccountState;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::Member;
use crate::keeper::facts::NoticeAbout;
use crate::keeper::facts::NoticeFacts;
use crate::keeper::facts::Other;
use crate::keeper::facts::ProposalFacts;
use crate::keeper::facts::ProposalState;
use crate::keeper::facts::Proposed;
use crate::keeper::gate::Logged;
use crate::keeper::leaving::cannot_join;
use crate::keeper::message::answer::Errand;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::Enrolment;
use crate::keeper::message::load::NewEnvelope;
use crate::keeper::message::load::Reissue;
use crate::keeper::message::load::Reissued;
use crate::keeper::policy::decide::Decision;
use crate::keeper::policy::decide::decide;
use crate::keeper::policy::question::Question;
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

/// The natural key, in a proposal's unit, of what waits with it.
const WAITING: &[u8] = b"reissue";

/// What waits for the second person: nobody is served any of it before.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct WaitingKeys {
    /// The passphrase-sealed identity file, base64url.
    identity: String,
    /// What the proposer's desk sealed on.
    envelopes: Vec<NewEnvelope>,
}

impl Vault {
    /// Serves the proposer what their desk can seal on to the new keys.
    pub(crate) fn prepare_reissue(
        &mut self,
        request: &Request,
        user: UserId,
    ) -> Result<Step, Stop> {
        let account = self.people.account(user).ok_or(Stop::Unknown)?.clone();
        let permit = self.permit(request, Act::ReissueUser, Resource::Account(&account))?;
        self.check_reissuable(request, &account)?;
        let asker = request.asker.id;
        let pledge = self.log(permit, request.entry(Act::ReissueUser))?;
        Ok(Step::serving(pledge, move |vault, logged| {
            let errands = vault.to_seal_on(logged, (asker, user), &BTreeSet::new())?;
            Ok(Served::SealOn(errands))
        }))
    }

    /// Keeps what the proposer's desk made, until a second person says yes or no.
    pub(crate) fn propose_reissue(
        &mut self,
        request: &Request,
        user: UserId,
        new: &Reissued,
    ) -> Result<Step, Stop> {
        let account = self.people.account(user).ok_or(Stop::Unknown)?.clone();
        let permit = self.permit(request, Act::ReissueUser, Resource::Account(&account))?;
        self.check_reissuable(request, &account)?;
        let said: Enrolment = self.said(request, StatementKind::Enrol, &new.enrol)?;
        let reissue = fits(&account, &said)?;
        self.check_sealed_on(request.asker.id, user, &new.envelopes)?;
        let draft = Draft {
            id: reissue.proposal,
            what: Proposed::ReissueUser { user },
            statement: new.enrol.clone(),
            no_later: None,
        };
        let step = self.put_up(request, draft, (permit, request.entry(Act::ReissueUser)))?;
        let waiting = WaitingKeys {
            identity: base64url(&new.identity),
            envelopes: new.envelopes.clone(),
        };
        let unit = units::proposal(reissue.proposal);
        self.write(&unit, Tree::Account, WAITING, &waiting)?;
        Ok(step)
    }

    /// Who can be given new keys by others, and by whom.
    fn check_reissuable(&self, request: &Request, account: &AccountFacts) -> Result<(), Stop> {
        let handle = &account.handle;
        if account.id == request.asker.id {
            let says =
                "you are signed in, so you can take new keys yourself: strongroom user passphrase";
            return Err(Stop::Refused("own-account", says.to_owned()));
        }
        if !account.may_work() {
            return Err(Stop::Refused("bad-state", cannot_join(account)));
        }
        let all = self.shared.proposals.values();
        let mut same = all.filter(|facts| {
            facts.state == ProposalState::Waiting
                && facts.what == (Proposed::ReissueUser { user: account.id })
        });
        if let Some(waits) = same.next() {
            let says = format!(
                "new keys for `{handle}` wait already, as proposal {}; it can be approved, refused or withdrawn",
                waits.id
            );
            return Err(Stop::Refused("waiting", says));
        }
        Ok(())
    }

    /// Whether the keys that wait could still take the place of the present ones.
    pub(crate) fn check_still_reissuable(
        &self,
        facts: &ProposalFacts,
        user: UserId,
    ) -> Result<(), Stop> {
        let account = self.people.account(user).ok_or(Broken::NoUnit)?;
        if !account.may_work() {
            return Err(Stop::Refused("bad-state", cannot_join(account)));
        }
        let says = format!(
            "`{}` has taken new keys since this was proposed; refuse it, and propose again if need be",
            account.handle
        );
        let said = enrolment(facts)?;
        let moved = |_| Stop::Refused("bad-state", says);
        fits(account, &said).map(|_| ()).map_err(moved)?;
        let proposer = self.people.account(facts.by).ok_or(Broken::NoUnit)?;
        if self.may_reissue(proposer, account) {
            return Ok(());
        }
        let says = format!(
            "`{}`, who proposed this, may not do so any more",
            proposer.handle
        );
        Err(Stop::Refused("bad-state", says))
    }

    fn may_reissue(&self, asker: &AccountFacts, account: &AccountFacts) -> bool {
        let question = Question {
            asker,
            grants: &[],
            act: Act::ReissueUser,
            resource: Resource::Account(account),
            purpose: None,
            reason: None,
        };
        matches!(
            decide(&self.policy, &question, self.now()),
            Decision::Allow(_)
        )
    }

    /// Whether these envelopes are for a person's new keys, of compartments they ought to hold the key of and
    /// the sealer holds it of.
    pub(crate) fn check_sealed_on(
        &self,
        by: UserId,
        user: UserId,
        envelopes: &[NewEnvelope],
    ) -> Result<(), Stop> {
        let could = self.ways_for(by, user)?;
        let mut seen = BTreeSet::new();
        for envelope in envelopes {
            let fits = could.iter().any(|(facts, _)| {
                (facts.id, facts.epoch) == (envelope.compartment, envelope.epoch)
            });
            let own = envelope.member == Member::User(user);
            if !fits || !own || !seen.insert(envelope.compartment) {
                return Err(Stop::Stale);
            }
        }
        Ok(())
    }

    /// What somebody's desk can seal on to a person's waiting keys, less what is sealed on already.
    pub(crate) fn to_seal_on(
        &self,
        logged: &Logged,
        (by, user): (UserId, UserId),
        done: &BTreeSet<CompartmentId>,
    ) -> Result<Vec<Errand>, Broken> {
        let mut errands = Vec::new();
        for (facts, way) in self.ways_for(by, user)? {
            if done.contains(&facts.id) {
                continue;
            }
            let Some(entitled) = self.entitled(&facts)? else {
                continue;
            };
            errands.push(Errand {
                compartment: facts.id,
                epoch: facts.epoch,
                members: vec![Member::User(user)],
                entitled,
                chain: self.chain(logged, &way)?,
            });
        }
        Ok(errands)
    }

    /// As [`Vault::to_seal_on`], for the second person of a proposal that waits.
    pub(crate) fn to_add(
        &self,
        logged: &Logged,
        (by, facts): (UserId, &ProposalFacts),
    ) -> Result<Vec<Errand>, Broken> {
        let Proposed::ReissueUser { user } = facts.what else {
            return Ok(Vec::new());
        };
        let Some(waiting) = self.waiting_keys(facts)? else {
            return Ok(Vec::new());
        };
        let done = waiting
            .envelopes
            .iter()
            .map(|one| one.compartment)
            .collect();
        self.to_seal_on(logged, (by, user), &done)
    }

    /// The compartments whose key a person ought to hold in person, and somebody's ways to them.
    fn ways_for(&self, by: UserId, user: UserId) -> Result<Vec<(CompartmentFacts, Way)>, Broken> {
        let roll = self.roll()?;
        let own = Member::User(user);
        let mut found = Vec::new();
        for id in self.within_reach(by) {
            let Some(facts) = self.compartment(id)? else {
                continue;
            };
            let ought = self.ought_to_hold(&facts, &roll)?;
            if !ought.is_some_and(|ought| ought.contains(&own))
                || self.stays_closed(&facts, by, &roll)?
            {
                continue;
            }
            if let Some(way) = self.way(by, id)? {
                found.push((facts, way));
            }
        }
        Ok(found)
    }

    fn waiting_keys(&self, facts: &ProposalFacts) -> Result<Option<WaitingKeys>, Broken> {
        self.read(&units::proposal(facts.id), Tree::Account, WAITING)
    }

    /// Puts the new keys in the place of the old ones, which open nothing more from now on.
    pub(crate) fn put_in_place(
        &mut self,
        facts: &ProposalFacts,
        user: UserId,
        added: &[NewEnvelope],
    ) -> Result<(), Broken> {
        let waiting = self.waiting_keys(facts)?;
        let waiting = waiting.ok_or(Broken::Row(Tree::Account))?;
        let identity = unbase64url(&waiting.identity).ok_or(Broken::Row(Tree::Account))?;
        let said = enrolment(facts)?;
        let account = self.people.account(user).ok_or(Broken::NoUnit)?.clone();
        self.end_envelopes_of(user)?;
        self.end_grants_of(user)?;
        self.put_account(AccountFacts {
            state: AccountState::Unclaimed,
            claimed: false,
            // Whoever signs in with them first may do so from another account of the computer.
            os_user: None,
            recipient: said.recipient,
            verifying: said.verifying,
            ..account
        })?;
        self.put_identity(user, &identity)?;
        self.put_statement(user, facts.statement.as_bytes())?;
        let approval = facts.approval.as_ref().ok_or(Broken::Row(Tree::Proposal))?;
        self.put_statement(user, approval.as_bytes())?;
        let sealed = waiting.envelopes.iter().chain(added);
        for envelope in sealed {
            if self.still_fits(envelope)? {
                self.put_envelope(envelope)?;
            }
        }
        self.succeeded.insert(user, self.last_index());
        self.tell_of_reissue(&NoticeFacts {
            entry: self.last_index(),
            by: facts.by,
            at: self.now(),
            about: NoticeAbout::Reissued {
                user,
                agreed: facts.decided_by.unwrap_or(facts.by),
            },
            other: Other::new(),
        })?;
        self.settle_everything();
        self.drop_waiting_keys(facts)
    }

    /// Whether an envelope made a while ago is still one of a present epoch, for somebody who ought to have
    /// it; what is not is left to the errands.
    fn still_fits(&self, envelope: &NewEnvelope) -> Result<bool, Broken> {
        let Some(facts) = self.compartment(envelope.compartment)? else {
            return Ok(false);
        };
        let ought = self.ought_to_hold(&facts, &self.roll()?)?;
        Ok(facts.epoch == envelope.epoch
            && ought.is_some_and(|ought| ought.contains(&envelope.member)))
    }

    /// Forgets keys that nobody will use.
    pub(crate) fn drop_waiting_keys(&mut self, facts: &ProposalFacts) -> Result<(), Broken> {
        self.drop_row(&units::proposal(facts.id), Tree::Account, WAITING)
    }
}

/// The enrolment a proposal stands on.
fn enrolment(facts: &ProposalFacts) -> Result<Enrolment, Broken> {
    let statement = Statement::parse(facts.statement.as_bytes()).ok();
    let said = statement.and_then(|statement| statement.read_body());
    said.ok_or(Broken::Row(Tree::Proposal))
}

/// What an enrolment says of the keys it replaces, if it is of the same person with other keys.
fn fits(account: &AccountFacts, said: &Enrolment) -> Result<Reissue, Stop> {
    let who = (
        account.id,
        &account.handle,
        account.role,
        account.reports_to,
    );
    let same = who == (said.user, &said.handle, said.role, said.reports_to);
    let fresh = said.verifying != account.verifying && said.recipient != account.recipient;
    let reissue = said.reissue.clone().filter(|_| same && fresh);
    let reissue = reissue.filter(|reissue| reissue.replaces == account.verifying);
    reissue.ok_or_else(|| {
        bad("the new keys are not for this person, or not in place of their present ones")
    })
}
