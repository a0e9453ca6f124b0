//! A case's conflict register: who knows the family, and is kept apart from the case for it. The keeper knows who and
//! since when; why is sealed to the case.
//!
//! Whoever is kept apart is off the team, reads nothing of the case, decides on nothing of it, and is given nothing of
//! it. Their keys end as an excluded person's do (`keeper/members.rs`): where they hold the case's key through a
//! team, the team's other people stand in its place, and the case gets a new key.

use std::collections::BTreeSet;

use crate::bytes::unhex;
use crate::ids::CaseId;
use crate::ids::CompartmentId;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::GrantFacts;
use crate::keeper::facts::GrantState;
use crate::keeper::facts::Member;
use crate::keeper::facts::ProposalState;
use crate::keeper::facts::Purpose;
use crate::keeper::gate::Logged;
use crate::keeper::members::CaseTeam;
use crate::keeper::members::RollData;
use crate::keeper::message::answer::ServedConflict;
use crate::keeper::message::load::ConflictWord;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::message::load::MembersStatement;
use crate::keeper::message::load::NewConflict;
use crate::keeper::message::load::SealedAgain;
use crate::keeper::message::load::SealedCard;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::settle::readers;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::sealing::StatementKind;
use crate::sealing::UnitKey;
use crate::store::Tree;

/// The longest sealed reason.
const MAX_WHY: usize = 64 * 1024;
/// What the natural keys of the register's rows begin with, in the case's unit.
const WORD: &[u8] = b"conflict";

impl Vault {
    /// Writes down that somebody knows a case's family and keeps them apart from it, or that it is over.
    pub(crate) fn change_conflict(
        &mut self,
        request: &Request,
        act: Act,
        (case, user): (CaseId, UserId),
        new: &NewConflict,
    ) -> Result<Step, Stop> {
        let before = self.case(case)?.ok_or(Stop::Unknown)?;
        let permit = self.permit(request, act, Resource::Case(&before))?;
        let account = self.people.account(user).ok_or(Stop::Unknown)?;
        let ended = act == Act::EndConflict;
        let mut after = CaseFacts {
            conflict_words: before.conflict_words.saturating_add(1),
            ..before.clone()
        };
        let changed = if ended {
            after.conflicts.remove(&user)
        } else {
            after.conflicts.insert(user)
        };
        if !changed {
            return Err(nothing_to_do(&account.handle, ended));
        }
        if !ended {
            after.team.remove(&user);
        }
        self.check_word(request, &after, (user, ended), new)?;
        self.check_still_read((&before, &after))?;
        self.put_case(&after)?;
        self.put_word(&after, new)?;
        self.settle_everything();
        let pledge = self.log(permit, request.entry(act))?;
        if !ended {
            self.end_grants_in((user, request.asker.id), case)?;
        }
        Ok(Step::done(pledge).telling_errands(request.asker.id))
    }

    /// Checks that the asker has signed just this word, and sealed why to the case's present key.
    fn check_word(
        &self,
        request: &Request,
        after: &CaseFacts,
        (user, ended): (UserId, bool),
        new: &NewConflict,
    ) -> Result<(), Stop> {
        let (_, epoch) = self.case_lock(after.id)?;
        let said: MembersStatement = self.said(request, StatementKind::Members, &new.statement)?;
        let MembersStatement::Conflict(said) = said else {
            return Err(bad_word());
        };
        let digest = unhex(&said.why).is_some_and(|bytes| bytes.len() == 32);
        let sealed = &new.why;
        if !digest || sealed.header.is_empty() || !(1..=MAX_WHY).contains(&sealed.payload.len()) {
            return Err(bad_word());
        }
        let expected = ConflictWord {
            case: after.id,
            number: after.conflict_words,
            user,
            ended,
            why: said.why.clone(),
        };
        if said == expected && new.epoch == epoch {
            Ok(())
        } else {
            Err(Stop::Stale)
        }
    }

    /// Checks that somebody is left who reads the case.
    fn check_still_read(&self, (before, after): (&CaseFacts, &CaseFacts)) -> Result<(), Stop> {
        let roll = self.roll()?;
        if reads(before, &roll) && !reads(after, &roll) {
            return Err(nobody_left("this case"));
        }
        Ok(())
    }

    /// Checks that nobody is the last who reads a case that others are kept apart from, whose account is about to
    /// change so.
    pub(crate) fn check_not_last(&self, changed: &AccountFacts) -> Result<(), Stop> {
        let (was, will_be) = (self.roll()?, self.roll_with(changed)?);
        for case in self.case_ids() {
            let known = self.case(case)?.filter(|case| !case.conflicts.is_empty());
            if known.is_some_and(|case| reads(&case, &was) && !reads(&case, &will_be)) {
                return Err(nobody_left("one of the cases"));
            }
        }
        Ok(())
    }

    /// The same for somebody who is about to be taken off a case's team.
    pub(crate) fn check_team_reads(&self, after: &CaseFacts) -> Result<(), Stop> {
        let left = after.conflicts.is_empty() || reads(after, &self.roll()?);
        left.then_some(()).ok_or_else(|| nobody_left("this case"))
    }

    /// Writes a checked word.
    fn put_word(&mut self, facts: &CaseFacts, new: &NewConflict) -> Result<(), Broken> {
        let (case, number) = (facts.id, facts.conflict_words);
        let (unit, natural) = (units::case(case), natural(number));
        let text = std::str::from_utf8(&new.statement).map_err(|_| Broken::Row(Tree::Statement))?;
        self.write(&unit, Tree::Statement, &natural, text)?;
        let key = self.keys.get(&unit).map(UnitKey::duplicate);
        let key = key.ok_or(Broken::NoUnit)?;
        self.write_under(&key, Tree::Part, &natural, &new.why.payload)?;
        let sealed = SealedAgain {
            of: HeaderOf::Conflict { case, number },
            header: new.why.header.clone(),
        };
        let lock = self.case_lock(case)?;
        self.put_first_header(&sealed, lock)
    }

    /// Ends what somebody was given of a case: a grant that covers other things too ends whole, and can be given anew.
    fn end_grants_in(&mut self, (user, by): (UserId, UserId), case: CaseId) -> Result<(), Broken> {
        let index = self.last_index();
        let all = self.shared.grants.values();
        let living: Vec<GrantFacts> = all
            .filter(|grant| grant.to == user && grant.lives())
            .cloned()
            .collect();
        for grant in living {
            let mut covers = grant.case == Some(case);
            for record in &grant.records {
                let record = self.record(*record)?;
                covers |= record.is_some_and(|record| record.case == Some(case));
            }
            if !covers {
                continue;
            }
            let proposal = self.shared.proposals.get(&grant.proposal).cloned();
            let waits = proposal.filter(|one| one.state == ProposalState::Waiting);
            if let Some(proposal) = waits {
                self.lapse(proposal)?;
            } else {
                self.note_grant(grant.id, index, None)?;
                self.end_grant(grant, GrantState::Ended, Some(by))?;
            }
        }
        Ok(())
    }

    /// The signed words of a case's register, oldest first.
    pub(crate) fn conflict_statements(&self, case: CaseId) -> Result<Vec<String>, Broken> {
        let words = self.case(case)?.map_or(0, |facts| facts.conflict_words);
        let mut statements = Vec::new();
        for number in 1..=words {
            let text = self.read(&units::case(case), Tree::Statement, &natural(number))?;
            statements.push(text.ok_or(Broken::Row(Tree::Statement))?);
        }
        Ok(statements)
    }

    /// Hands over a case's register, with the reasons where they are opened through the case's own compartment.
    pub(crate) fn serve_conflicts(
        &self,
        logged: &Logged,
        facts: &CaseFacts,
        through: Option<CompartmentId>,
    ) -> Result<Vec<ServedConflict>, Broken> {
        let case = facts.id;
        let lock = self.case_lock(case)?;
        let key = self.keys.get(&units::case(case)).ok_or(Broken::NoUnit)?;
        let mut served = Vec::new();
        for (number, statement) in (1..).zip(self.conflict_statements(case)?) {
            let mut why = None;
            if through == Some(lock.0) {
                let payload = self.read_under(key, Tree::Part, &natural(number))?;
                why = Some(SealedCard {
                    header: self.header(logged, &HeaderOf::Conflict { case, number }, lock)?,
                    payload: payload.ok_or(Broken::Row(Tree::Part))?.to_vec(),
                });
            }
            served.push(ServedConflict { statement, why });
        }
        Ok(served)
    }

    /// Whether somebody is kept apart from the case that a compartment is of.
    pub(crate) fn is_apart(&self, purpose: Purpose, user: UserId) -> Result<bool, Broken> {
        let case = match purpose {
            Purpose::Own { record } => self.record(record)?.and_then(|record| record.case),
            Purpose::Case { case } => Some(case),
            Purpose::Team { .. } | Purpose::People | Purpose::Grant { .. } => None,
        };
        Ok(case.is_some() && self.team_of(case)?.apart.contains(&user))
    }

    /// Whether somebody holds a compartment's key for whom it is.
    pub(crate) fn is_held_by_these(
        &self,
        facts: &CompartmentFacts,
        ought: &BTreeSet<Member>,
    ) -> bool {
        let holders = self.holders(facts.id, facts.epoch);
        let mut meant = holders.intersection(ought);
        meant.any(|member| *member != Member::Recovery)
    }

    /// Whether a compartment is closed to somebody, whatever keys they hold: of a record that does not exist for them,
    /// or of a case they are kept apart from, once anybody else has the key.
    pub(crate) fn is_closed_to(
        &self,
        facts: &CompartmentFacts,
        user: UserId,
        roll: &RollData,
    ) -> Result<bool, Broken> {
        if let Purpose::Own { record } = facts.purpose
            && let Some(record) = self.record(record)?
            && record.excluded.contains(&user)
        {
            return Ok(true);
        }
        if !self.is_apart(facts.purpose, user)? {
            return Ok(false);
        }
        let ought = self.ought_to_hold(facts, roll)?.unwrap_or_default();
        Ok(self.is_held_by_these(facts, &ought))
    }

    /// Refuses to name people who are to handle or decide a record of a case they are kept apart from.
    pub(crate) fn check_not_apart<'u>(
        &self,
        case: Option<CaseId>,
        users: impl IntoIterator<Item = &'u UserId>,
    ) -> Result<(), Stop> {
        let apart = self.team_of(case)?.apart;
        match users.into_iter().find(|user| apart.contains(user)) {
            Some(user) => Err(stands_apart(&self.handle_of(*user))),
            None => Ok(()),
        }
    }
}

/// The natural key of one word's rows.
pub(crate) fn natural(number: u32) -> Vec<u8> {
    units::numbered(WORD, number)
}

/// Why somebody is not put where the conflict register keeps them from.
pub(crate) fn stands_apart(handle: &str) -> Stop {
    let says = format!(
        "`{handle}` knows this family and is kept apart from the case (see `strongroom case show`): ask a colleague \
         instead"
    );
    Stop::Refused("conflict", says)
}

fn nothing_to_do(handle: &str, ended: bool) -> Stop {
    let says = if ended {
        format!("nothing keeps `{handle}` apart from this case; nothing to do")
    } else {
        format!("`{handle}` is kept apart from this case already; nothing to do")
    };
    Stop::Refused("bad-state", says)
}

/// Whether anybody here may have a case's key.
fn reads(case: &CaseFacts, roll: &RollData) -> bool {
    let members = roll.as_roll().case(&CaseTeam::of(case));
    !readers(&members, roll).is_empty()
}

fn nobody_left(what: &str) -> Stop {
    let says = format!(
        "nobody could read {what} any more, because of who knows the family; nothing was changed. Put a colleague on \
         the team, enrol a coordinator, or end what keeps somebody apart, and try again"
    );
    Stop::Refused("nobody-left", says)
}

fn bad_word() -> Stop {
    let says = "what is to be written down of a conflict is not signed and sealed as it should be";
    Stop::Refused("bad-conflict", says.to_owned())
}
