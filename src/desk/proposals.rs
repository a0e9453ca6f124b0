//! Proposals: what waits for a second person, and being one. What is approved is what the proposer signed:
//! this desk reads it from the signed statement, not from what the keeper says about it.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock::Timestamp;
use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::grants;
use crate::desk::grants::Grant;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::named::handle_of;
use crate::desk::seal::json;
use crate::desk::trust::Trust;
use crate::ids::ProposalId;
use crate::ids::UserId;
use crate::keeper::facts::ProposalState;
use crate::keeper::facts::Proposed;
use crate::keeper::facts::TwoPerson;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedProposal;
use crate::keeper::message::load::Approval;
use crate::keeper::message::load::ApproveStatement;
use crate::keeper::message::load::Enrolment;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::MoveStatement;
use crate::keeper::message::load::NewEnvelope;
use crate::keeper::message::load::OverrideStatement;
use crate::keeper::message::load::PolicyStatement;
use crate::keeper::message::load::ReleaseStatement;
use crate::ledger::Proven;
use crate::sealing::Statement;
use crate::sealing::StatementKind;

/// A proposal, checked against its proposer's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its id.
    pub id: ProposalId,
    /// The act's word.
    pub act: &'static str,
    /// Where it stands.
    pub state: ProposalState,
    /// The handle of who proposed it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// When it lapses.
    pub expires: Timestamp,
    /// The handles of those who may decide it.
    pub eligible: Vec<String>,
    /// The handle of who decided it.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// Why it was refused.
    pub refusal: Option<String>,
    /// One person did it alone, because there was no other.
    pub single: bool,
    /// What is proposed.
    pub about: About,
}

/// What a proposal is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Access for somebody.
    Grant(Box<Grant>),
    /// New keys for this user, by handle.
    Reissue(String),
    /// Another case for a record.
    Move(MoveStatement),
    /// One record that the case's service does not take.
    Override(OverrideStatement),
    /// One release of a record.
    Release(ReleaseStatement),
    /// Whether two people are needed.
    TwoPerson(TwoPerson),
}

impl Desk<'_> {
    /// The proposals this person may see.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn proposals(&mut self) -> Result<Vec<Proposal>, DeskError> {
        let (keys, trust) = self.keys(None)?;
        let (served, _) = self.ask(Want::ListProposals {}, Load::Nothing {}, Because::default())?;
        let Served::Proposals(all) = served else {
            return Err(link::unexpected());
        };
        all.iter().map(|one| shown(one, &keys, &trust)).collect()
    }

    /// One proposal.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn proposal(&mut self, proposal: &str) -> Result<Proposal, DeskError> {
        let (keys, trust) = self.keys(None)?;
        let (served, _) = self.ask_proposal(parse_proposal(proposal))?;
        shown(&served, &keys, &trust)
    }

    /// Says yes, as the second person, to exactly what the proposer signed; it takes effect at once.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] when the keeper shows something else than was signed.
    pub fn approve(&mut self, proposal: &str) -> Result<Proposal, DeskError> {
        let proposal = parse_proposal(proposal);
        self.again(|desk| {
            let (served, proven) = desk.ask_proposal(proposal)?;
            let (keys, trust) = desk.keys(None)?;
            shown(&served, &keys, &trust)?;
            let added = desk.added(&proven, &served, (&keys, &trust))?;
            desk.sign_approval(&served, added, (&keys, &trust))
        })
    }

    fn sign_approval(
        &mut self,
        served: &ServedProposal,
        envelopes: Vec<NewEnvelope>,
        (keys, trust): (&Keys, &Trust),
    ) -> Result<Proposal, DeskError> {
        let proposal = shown(served, keys, trust)?.id;
        let said = ApproveStatement {
            proposal,
            // Of the statement that was just checked, whatever digest the keeper names.
            digest: signed(served)?.digest().hex(),
        };
        let load = Load::Approval(Box::new(Approval {
            statement: self.says(StatementKind::Approve, &said)?,
            envelopes,
        }));
        let want = Want::ApproveProposal { proposal };
        let (served, _) = self.ask(want, load, Because::default())?;
        shown(&one(served)?, keys, trust)
    }

    /// Says no.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn refuse_proposal(&mut self, proposal: &str, reason: &str) -> Result<Proposal, DeskError> {
        let proposal = parse_proposal(proposal);
        let because = Because {
            purpose: None,
            reason: Some(reason),
        };
        self.decide(Want::RefuseProposal { proposal }, because)
    }

    /// Takes one's own proposal back.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn withdraw_proposal(&mut self, proposal: &str) -> Result<Proposal, DeskError> {
        let proposal = parse_proposal(proposal);
        self.decide(Want::WithdrawProposal { proposal }, Because::default())
    }

    /// Proposes whether two people are always needed, or one where there is no other.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn change_two_person(&mut self, mode: TwoPerson) -> Result<Proposal, DeskError> {
        let said = PolicyStatement {
            two_person: mode,
            proposal: ProposalId::random(),
        };
        let load = Load::Signed(self.says(StatementKind::Policy, &said)?);
        let want = Want::ChangeTwoPerson { mode };
        let (served, _) = self.ask(want, load, Because::default())?;
        self.alone_or_waiting(&one(served)?)
    }

    /// Proposes what is signed here to be done once, after a second person's yes.
    pub(crate) fn propose(
        &mut self,
        want: Want,
        said: &impl Serialize,
        reason: &str,
    ) -> Result<Proposal, DeskError> {
        let because = Because {
            purpose: None,
            reason: Some(reason),
        };
        let load = Load::Signed(self.says(StatementKind::Propose, said)?);
        let (served, _) = self.ask(want, load, because)?;
        self.alone_or_waiting(&one(served)?)
    }

    /// What was just proposed; approved at once where the vault lets one person act and there is no other.
    pub(crate) fn alone_or_waiting(
        &mut self,
        served: &ServedProposal,
    ) -> Result<Proposal, DeskError> {
        let (keys, trust) = self.keys(None)?;
        let facts = &served.facts;
        let waits = facts.state == ProposalState::Waiting;
        if waits && facts.single && facts.by == self.account.id && self.account.claimed {
            return self.sign_approval(served, Vec::new(), (&keys, &trust));
        }
        shown(served, &keys, &trust)
    }

    fn decide(&mut self, want: Want, because: Because<'_>) -> Result<Proposal, DeskError> {
        let (keys, trust) = self.keys(None)?;
        let (served, _) = self.ask(want, Load::Nothing {}, because)?;
        shown(&one(served)?, &keys, &trust)
    }

    fn ask_proposal(
        &mut self,
        proposal: ProposalId,
    ) -> Result<(ServedProposal, Proven), DeskError> {
        let want = Want::ShowProposal { proposal };
        let (served, proven) = self.ask(want, Load::Nothing {}, Because::default())?;
        let served = one(served)?;
        if served.facts.id == proposal {
            return Ok((served, proven));
        }
        Err(DeskError::damaged(
            "another proposal was served than the one asked for",
        ))
    }

    /// A statement of this person's.
    pub(crate) fn says<T: serde::Serialize>(
        &self,
        kind: StatementKind,
        body: &T,
    ) -> Result<Vec<u8>, DeskError> {
        let by = self.account.id.to_string();
        let heading = self.heading(&by, kind);
        let statement = Statement::sign(&heading, json(body)?, self.person.signing());
        Ok(statement.map_err(DeskError::damaged)?.bytes().to_vec())
    }
}

/// The one proposal of an answer.
pub(crate) fn one(served: Served) -> Result<ServedProposal, DeskError> {
    let Served::Proposals(all) = served else {
        return Err(link::unexpected());
    };
    all.into_iter().next().ok_or_else(link::unexpected)
}

/// The statement a proposal stands on.
fn signed(served: &ServedProposal) -> Result<Statement, DeskError> {
    Statement::parse(served.facts.statement.as_bytes()).map_err(DeskError::damaged)
}

/// A proposal as its proposer signed it.
///
/// # Errors
/// [`DeskError::Damaged`] when the keeper shows anything else.
pub(crate) fn shown(
    served: &ServedProposal,
    keys: &Keys,
    trust: &Trust,
) -> Result<Proposal, DeskError> {
    let facts = &served.facts;
    let statement = signed(served)?;
    let signed = statement.digest().hex() == facts.digest
        && statement.vault() == trust.vault()
        && statement.by() == facts.by.to_string()
        && trust.signed_by_known(&statement);
    let about = if signed {
        about(served, &statement, (keys, trust))?
    } else {
        None
    };
    let about = about.ok_or_else(|| {
        DeskError::damaged(
            "the proposal shown is not what its proposer signed; nothing was approved",
        )
    })?;
    let handle = |user| handle_of(keys, user);
    Ok(Proposal {
        id: facts.id,
        act: facts.what.word(),
        state: facts.state,
        by: handle(facts.by),
        at: facts.at,
        expires: facts.expires,
        eligible: served.eligible.iter().copied().map(handle).collect(),
        decided_by: facts.decided_by.map(handle),
        decided_at: facts.decided_at,
        refusal: facts.refusal.clone(),
        single: facts.single && facts.state == ProposalState::Approved,
        about,
    })
}

/// What the signed statement says, where it is about what the keeper says it is about.
fn about(
    served: &ServedProposal,
    statement: &Statement,
    (keys, trust): (&Keys, &Trust),
) -> Result<Option<About>, DeskError> {
    let id = served.facts.id;
    let by = |user: &UserId| statement.by() == user.to_string();
    Ok(match (&served.facts.what, &served.grant) {
        (Proposed::ChangeTwoPerson { mode }, None) => {
            let said: Option<PolicyStatement> = said(statement, StatementKind::Policy);
            said.filter(|said| (said.two_person, said.proposal) == (*mode, id))
                .map(|_| About::TwoPerson(*mode))
        }
        (Proposed::ReissueUser { user }, None) => {
            let said: Option<Enrolment> = said(statement, StatementKind::Enrol);
            let said = said.filter(|said| {
                let mut reissue = said.reissue.iter();
                said.user == *user && reissue.any(|reissue| reissue.proposal == id)
            });
            said.map(|_| About::Reissue(handle_of(keys, *user)))
        }
        (Proposed::MoveRecord { record, from, to }, None) => {
            let said: Option<MoveStatement> = said(statement, StatementKind::Move);
            said.filter(|said| {
                said.proposal == id && (said.record, said.from, said.to) == (*record, *from, *to)
            })
            .map(About::Move)
        }
        (Proposed::OverrideService { user, case, kind }, None) => {
            let said: Option<OverrideStatement> = said(statement, StatementKind::Propose);
            said.filter(|said| {
                by(user) && said.proposal == id && (said.case, &said.kind) == (*case, kind)
            })
            .map(About::Override)
        }
        (
            Proposed::ReleaseRecord {
                user,
                record,
                version,
                to,
            },
            None,
        ) => {
            let said: Option<ReleaseStatement> = said(statement, StatementKind::Propose);
            said.filter(|said| {
                let what = (said.record, said.version, &said.to);
                by(user) && said.proposal == id && what == (*record, *version, to)
            })
            .map(About::Release)
        }
        (Proposed::Grant { grant }, Some(facts)) => {
            let same = facts.id == *grant
                && facts.proposal == id
                && facts.statement == served.facts.statement;
            let shown = grants::shown(facts, keys, trust)?;
            same.then(|| About::Grant(Box::new(shown)))
        }
        _ => None,
    })
}

/// The body of a statement of this kind.
fn said<T: DeserializeOwned>(statement: &Statement, kind: StatementKind) -> Option<T> {
    (statement.kind() == kind)
        .then(|| statement.read_body())
        .flatten()
}

/// A proposal's id, as `parse_record`.
pub(crate) fn parse_proposal(text: &str) -> ProposalId {
    text.trim().parse().unwrap_or_else(|_| ProposalId::random())
}
