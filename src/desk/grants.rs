//! Grants: giving somebody access until a date, seeing which there are, ending one.

use std::collections::BTreeSet;

use crate::clock::Timestamp;
use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::named::find_user;
use crate::desk::named::handle_of;
use crate::desk::open;
use crate::desk::parts::roll;
use crate::desk::proposals::About;
use crate::desk::proposals::one;
use crate::desk::reading::parse_case;
use crate::desk::reading::parse_record;
use crate::desk::rekey::seal_again;
use crate::desk::seal;
use crate::desk::seal::Recipients;
use crate::desk::trust::Trust;
use crate::desk::trust::Vouched;
use crate::ids::CaseId;
use crate::ids::CompartmentId;
use crate::ids::GrantId;
use crate::ids::ProposalId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::facts::GrantFacts;
use crate::keeper::facts::GrantState;
use crate::keeper::facts::Member;
use crate::keeper::facts::Purpose;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedHeaders;
use crate::keeper::message::load::GrantStatement;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::NewGrant;
use crate::keeper::message::load::SealedAgain;
use crate::ledger::Proven;
use crate::sealing::HybridRecipient;
use crate::sealing::Statement;
use crate::sealing::StatementKind;
use crate::sealing::try_on_all_cores;

/// How often a grant is sealed again when something was filed meanwhile.
const TRIES: usize = 3;

/// What is given to whom.
#[derive(Debug, Clone)]
pub struct NewAccess {
    /// To whom, by handle or id.
    pub to: String,
    /// A whole case, by id, or
    pub case: Option<String>,
    /// records, by id.
    pub records: Vec<String>,
    /// What for.
    pub purpose: String,
    /// From when; at once where it is not said.
    pub from: Option<Timestamp>,
    /// Until when.
    pub until: Timestamp,
}

/// What a grant is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantScope {
    /// Everything that is sealed to a case.
    Case(CaseId),
    /// These records.
    Records(Vec<RecordId>),
}

/// A grant, checked against its giver's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// The handle of who may see.
    pub to: String,
    /// The handle of who gave it.
    pub by: String,
    /// What it is for.
    pub scope: GrantScope,
    /// What for, in the giver's words.
    pub purpose: String,
    /// When it begins.
    pub from: Timestamp,
    /// When it ends.
    pub until: Timestamp,
    /// Where it stands.
    pub state: GrantState,
    /// The proposal it waited, or waits, as; `None` where nobody had to be asked.
    pub proposal: Option<ProposalId>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The handle of who revoked it.
    pub revoked_by: Option<String>,
}

impl Desk<'_> {
    /// Gives access: at once to a colleague, after a second person's yes to an outsider.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn grant(&mut self, new: &NewAccess) -> Result<Grant, DeskError> {
        for _ in 1..TRIES {
            match self.grant_once(new) {
                // Something was filed or changed between the two asks: all of it is sealed again.
                Err(DeskError::Busy(_)) => {}
                done => return done,
            }
        }
        self.grant_once(new)
    }

    fn grant_once(&mut self, new: &NewAccess) -> Result<Grant, DeskError> {
        let (keys, trust) = self.keys(None)?;
        let to = find_user(&keys, &new.to)?;
        let case = new.case.as_deref().map(parse_case);
        let records: BTreeSet<RecordId> = new.records.iter().map(|id| parse_record(id)).collect();
        let want = match case {
            Some(case) => Want::GrantCase { case, to },
            None => Want::GrantRecord {
                records: records.clone(),
                to,
            },
        };
        let because = Because {
            purpose: Some(&new.purpose),
            reason: None,
        };
        let (served, proven) = self.ask(want.clone(), Load::Nothing {}, because)?;
        let Served::Headers(headers) = served else {
            return Err(link::unexpected());
        };
        check_asked_for(&headers, (case, &records), &trust)?;
        let said = GrantStatement {
            grant: GrantId::random(),
            proposal: ProposalId::random(),
            to,
            case,
            records,
            purpose: new.purpose.clone(),
            from: new.from.unwrap_or_else(|| self.now()),
            until: new.until,
            // The compartment is made below.
            compartment: CompartmentId::random(),
        };
        let load = self.seal_grant((&proven, &headers), said, (&keys, &trust))?;
        let (served, _) = self.ask(want, Load::Grant(Box::new(load)), because)?;
        let proposal = self.alone_or_waiting(&one(served)?)?;
        match proposal.about {
            About::Grant(grant) => Ok(*grant),
            _ => Err(link::unexpected()),
        }
    }

    /// As [`Desk::seal_grant`], once it is sure that nothing but the records named is sealed on.
    pub(crate) fn seal_grant_checked(
        &self,
        (proven, headers): (&Proven, &ServedHeaders),
        said: GrantStatement,
        (keys, trust): (&Keys, &Trust),
    ) -> Result<NewGrant, DeskError> {
        check_asked_for(headers, (said.case, &said.records), trust)?;
        self.seal_grant((proven, headers), said, (keys, trust))
    }

    /// Seals every header to a compartment of the grant's own.
    fn seal_grant(
        &self,
        (proven, headers): (&Proven, &ServedHeaders),
        mut said: GrantStatement,
        (keys, trust): (&Keys, &Trust),
    ) -> Result<NewGrant, DeskError> {
        let by = self.account.id.to_string();
        let heading = self.heading(&by, StatementKind::Epoch);
        let mut members = BTreeSet::from([Member::User(said.to)]);
        if roll(keys).recovery {
            members.insert(Member::Recovery);
        }
        let recipients = Recipients::new(trust, keys);
        let purpose = Purpose::Grant { grant: said.grant };
        let made = seal::compartment(
            &heading,
            self.person.signing(),
            purpose,
            &members,
            |member| recipients.of(member),
        )?;
        said.compartment = made.new.id;
        Ok(NewGrant {
            statement: self.says(StatementKind::Grant, &said)?,
            headers: self.seal_again((proven, headers), &made.recipient, trust)?,
            compartment: made.new,
        })
    }

    /// Opens headers and seals what they hold to another recipient.
    pub(crate) fn seal_again(
        &self,
        (proven, headers): (&Proven, &ServedHeaders),
        to: &HybridRecipient,
        trust: &Trust,
    ) -> Result<Vec<SealedAgain>, DeskError> {
        let own = self.person.identity();
        // A case is one group with all its headers, records with keys of their own are many with a few each.
        let groups = try_on_all_cores(&headers.groups, |group| {
            let secret = open::follow(proven, own, &group.chain, trust)?;
            seal_again(proven, &secret, &group.headers, to)
        })?;
        Ok(groups.into_iter().flatten().collect())
    }

    /// The grants this person may see.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn grants(&mut self) -> Result<Vec<Grant>, DeskError> {
        let (keys, trust) = self.keys(None)?;
        let (served, _) = self.ask(Want::ListGrants {}, Load::Nothing {}, Because::default())?;
        let Served::Grants(all) = served else {
            return Err(link::unexpected());
        };
        all.iter().map(|one| shown(one, &keys, &trust)).collect()
    }

    /// Ends a grant at once.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn revoke_grant(&mut self, grant: &str) -> Result<Grant, DeskError> {
        let (keys, trust) = self.keys(None)?;
        let want = Want::RevokeGrant {
            grant: parse_grant(grant),
        };
        let (served, _) = self.ask(want, Load::Nothing {}, Because::default())?;
        let Served::Grants(all) = served else {
            return Err(link::unexpected());
        };
        let ended = all.first().ok_or_else(link::unexpected)?;
        shown(ended, &keys, &trust)
    }
}

/// Nothing but what was asked for is sealed on to somebody: a case's headers come through the case's key,
/// and the others name the records.
fn check_asked_for(
    headers: &ServedHeaders,
    (case, records): (Option<CaseId>, &BTreeSet<RecordId>),
    trust: &Trust,
) -> Result<(), DeskError> {
    let other = || DeskError::damaged("the keeper served keys of something else; nothing is given");
    for group in &headers.groups {
        let last = group.chain.last().ok_or_else(link::unexpected)?;
        if let Some(case) = case {
            trust.check_epoch(&Vouched {
                purpose: Some(Purpose::Case { case }),
                ..last.vouched()
            })?;
        }
        for one in &group.headers {
            let asked = match one.of {
                HeaderOf::Part { record, .. } => case.is_some() || records.contains(&record),
                HeaderOf::CaseCard { case: card, .. } => case == Some(card),
                // People on file are open to no grant.
                HeaderOf::Conflict { .. }
                | HeaderOf::Note { .. }
                | HeaderOf::Centre {}
                | HeaderOf::Envelope { .. } => false,
            };
            if !asked {
                return Err(other());
            }
        }
    }
    Ok(())
}

/// A grant as its giver signed it.
///
/// # Errors
/// [`DeskError::Damaged`] when the keeper shows anything else.
pub(crate) fn shown(facts: &GrantFacts, keys: &Keys, trust: &Trust) -> Result<Grant, DeskError> {
    let statement = Statement::parse(facts.statement.as_bytes()).map_err(DeskError::damaged)?;
    let said: Option<GrantStatement> = statement.read_body();
    let signed = statement.kind() == StatementKind::Grant
        && statement.vault() == trust.vault()
        && statement.by() == facts.by.to_string()
        && trust.signed_by_coordinator(&statement);
    if !signed || said.is_none_or(|said| !says(&said, facts)) {
        return Err(DeskError::damaged(
            "a grant is shown that is not what its giver signed",
        ));
    }
    let handle = |user: UserId| handle_of(keys, user);
    let scope = match facts.case {
        Some(case) => GrantScope::Case(case),
        None => GrantScope::Records(facts.records.iter().copied().collect()),
    };
    let asked = facts.approval.is_some() || facts.active_at.is_none();
    Ok(Grant {
        id: facts.id,
        to: handle(facts.to),
        by: handle(facts.by),
        scope,
        purpose: facts.purpose.clone(),
        from: facts.from,
        until: facts.until,
        state: facts.state,
        proposal: asked.then_some(facts.proposal),
        ended_at: facts.ended_at,
        revoked_by: facts.revoked_by.map(handle),
    })
}

/// Whether the statement says what the keeper shows.
fn says(said: &GrantStatement, facts: &GrantFacts) -> bool {
    (said.grant, said.proposal, said.to) == (facts.id, facts.proposal, facts.to)
        && (said.case, &said.records) == (facts.case, &facts.records)
        && (&said.purpose, said.from, said.until) == (&facts.purpose, facts.from, facts.until)
        && said.compartment == facts.compartment
}

/// A grant's id, as `parse_record`.
pub(crate) fn parse_grant(text: &str) -> GrantId {
    text.trim().parse().unwrap_or_else(|_| GrantId::random())
}
