//! New keys for somebody whose passphrase is lost. Two desks seal on to them what each can open; neither can
//! use them once their owner has set a passphrase of their own.

use crate::desk::Desk;
use crate::desk::errands::check_errand;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::named::find_user;
use crate::desk::people::NewKeys;
use crate::desk::proposals::Proposal;
use crate::desk::proposals::one;
use crate::desk::trust::Trust;
use crate::ids::ProposalId;
use crate::ids::UserId;
use crate::keeper::facts::Member;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Errand;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedProposal;
use crate::keeper::message::load::Enrolment;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::NewEnvelope;
use crate::keeper::message::load::Reissue;
use crate::keeper::message::load::Reissued;
use crate::ledger::Proven;
use crate::sealing::HybridRecipient;
use crate::sealing::Passphrase;
use crate::sealing::Statement;
use crate::sealing::StatementKind;
use crate::sealing::seal_header;

impl Desk<'_> {
    /// Proposes new keys for somebody, under a first passphrase. When a second person has agreed, the old
    /// keys open nothing more, and the account is unclaimed until its owner sets a passphrase of their own.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn reissue_user(
        &mut self,
        who: &str,
        passphrase: &Passphrase,
    ) -> Result<Proposal, DeskError> {
        let own = NewKeys::under(passphrase);
        own.refuse_demo(self.keeper)?;
        let served = self.again(|desk| desk.propose_reissue(who, &own))?;
        self.alone_or_waiting(&served)
    }

    fn propose_reissue(&mut self, who: &str, own: &NewKeys) -> Result<ServedProposal, DeskError> {
        let user = self.user_id(who)?;
        let want = Want::ReissueUser { user };
        let (served, proven) = self.ask(want.clone(), Load::Nothing {}, Because::default())?;
        let Served::SealOn(errands) = served else {
            return Err(link::unexpected());
        };
        let (keys, trust) = self.keys(None)?;
        let mut accounts = keys.accounts.iter();
        let account = accounts.find(|account| account.id == user);
        let account = account.ok_or_else(link::unexpected)?;
        let enrolment = Enrolment {
            user,
            handle: account.handle.clone(),
            role: account.role,
            reports_to: account.reports_to,
            recipient: own.person.recipient().clone(),
            verifying: own.person.verifying(),
            reissue: Some(Reissue {
                proposal: ProposalId::random(),
                replaces: account.verifying,
            }),
        };
        let to = (user, &enrolment.recipient);
        let reissued = Reissued {
            enrol: self.says(StatementKind::Enrol, &enrolment)?,
            identity: own.sealed.clone(),
            envelopes: self.seal_on_to(&proven, &errands, to, (&keys, &trust))?,
        };
        let load = Load::Reissue(Box::new(reissued));
        let (served, _) = self.ask(want, load, Because::default())?;
        one(served)
    }

    fn user_id(&mut self, who: &str) -> Result<UserId, DeskError> {
        let (keys, _) = self.keys(None)?;
        find_user(&keys, who)
    }

    /// What this desk adds to a proposal of new keys with its yes.
    pub(crate) fn added(
        &self,
        proven: &Proven,
        served: &ServedProposal,
        with: (&Keys, &Trust),
    ) -> Result<Vec<NewEnvelope>, DeskError> {
        if served.errands.is_empty() {
            return Ok(Vec::new());
        }
        let statement = Statement::parse(served.facts.statement.as_bytes());
        let statement = statement.map_err(DeskError::damaged)?;
        let said: Enrolment = statement.read_body().ok_or_else(link::unexpected)?;
        self.seal_on_to(proven, &served.errands, (said.user, &said.recipient), with)
    }

    /// Seals keys on to one person's keys to be.
    fn seal_on_to(
        &self,
        proven: &Proven,
        errands: &[Errand],
        (user, recipient): (UserId, &HybridRecipient),
        (keys, trust): (&Keys, &Trust),
    ) -> Result<Vec<NewEnvelope>, DeskError> {
        let member = Member::User(user);
        let mut envelopes = Vec::new();
        for errand in errands {
            let key = self.errand_key(proven, errand, trust)?;
            check_errand(errand, &[member], (keys, trust))?;
            envelopes.push(NewEnvelope {
                compartment: errand.compartment,
                epoch: errand.epoch,
                member,
                header: seal_header(&key, recipient),
            });
        }
        Ok(envelopes)
    }
}
