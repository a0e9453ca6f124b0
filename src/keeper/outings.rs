//! Lone working: whoever is out alone on a case says until when, and says that they are back. Who has not by then is
//! shown to coordinators and safeguarding leads at every sign-in. Ids and times, and no place.

use crate::clock::Timestamp;
use crate::ids::CaseId;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::checks::bad_state;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::CaseState;
use crate::keeper::facts::Other;
use crate::keeper::facts::OutingFacts;
use crate::keeper::facts::Role;
use crate::keeper::message::answer::Served;
use crate::keeper::message::due::Outing;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::store::Tree;

/// The natural key, in an account's unit, of its outings.
const OUTINGS: &[u8] = b"outings";
/// As many as are remembered of one person, those begun last.
const KEPT: usize = 200;
/// Nobody is out for longer than a day at a time.
const LONGEST_MS: u64 = 24 * 60 * 60 * 1000;
/// Who is told of everybody's.
const TOLD: [Role; 2] = [Role::Coordinator, Role::SafeguardingLead];

impl Vault {
    /// Notes that the asker is out alone.
    pub(crate) fn start_check_in(
        &mut self,
        request: &Request,
        (case, until): (CaseId, Timestamp),
    ) -> Result<Step, Stop> {
        let facts = self.case(case)?.ok_or(Stop::Unknown)?;
        let permit = self.permit(request, Act::StartCheckIn, Resource::Case(&facts))?;
        let now = self.now();
        if facts.state == CaseState::Closed {
            return Err(bad_state("the case is closed"));
        }
        if until <= now || now.plus_ms(LONGEST_MS) < until {
            let says =
                "say until when you are out: a time later than now and within a day (--until)";
            return Err(Stop::Refused("bad-dates", says.to_owned()));
        }
        let mut all = self.outings_of(request.asker.id)?;
        if all.last().is_some_and(|last| last.ended.is_none()) {
            let says = "you are out already; say first that you are back (strongroom check-in end)";
            return Err(bad_state(says));
        }
        all.push(OutingFacts {
            case,
            since: now,
            until,
            ended: None,
            other: Other::new(),
        });
        let over = all.len().saturating_sub(KEPT);
        all.drain(..over);
        self.put_outings(request.asker.id, &all)?;
        let pledge = self.log(permit, request.entry(Act::StartCheckIn))?;
        Ok(Step::done(pledge))
    }

    /// Notes that the asker is back.
    pub(crate) fn end_check_in(&mut self, request: &Request) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::EndCheckIn, Resource::Vault)?;
        let mut all = self.outings_of(request.asker.id)?;
        let now = self.now();
        match all.last_mut().filter(|last| last.ended.is_none()) {
            Some(last) => last.ended = Some(now),
            None => return Err(bad_state("you are not out; nothing to do")),
        }
        self.put_outings(request.asker.id, &all)?;
        let pledge = self.log(permit, request.entry(Act::EndCheckIn))?;
        Ok(Step::done(pledge))
    }

    /// Serves who is out, the longest due first: everybody to those who are told, to others themselves.
    pub(crate) fn list_check_ins(&mut self, request: &Request) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::ListCheckIns, Resource::Vault)?;
        let all = self.out_now(&request.asker)?;
        let pledge = self.log(permit, request.entry(Act::ListCheckIns))?;
        Ok(Step::serving(pledge, move |_, _| Ok(Served::Out(all))))
    }

    /// How many have not come back in time, as a sign-in tells those who are told.
    pub(crate) fn missed_check_ins(&self, asker: &AccountFacts) -> Result<usize, Broken> {
        if !is_told(asker) {
            return Ok(0);
        }
        Ok(self.out_now(asker)?.iter().filter(|one| one.missed).count())
    }

    /// Who is out, as far as somebody is told.
    pub(crate) fn out_now(&self, asker: &AccountFacts) -> Result<Vec<Outing>, Broken> {
        let now = self.now();
        let mut out = Vec::new();
        for account in self.people.all() {
            if account.id != asker.id && !is_told(asker) {
                continue;
            }
            let last = self.outings_of(account.id)?.pop();
            out.extend(last.filter(|last| last.ended.is_none()).map(|last| Outing {
                who: account.id,
                case: last.case,
                since: last.since,
                until: last.until,
                missed: last.until < now,
            }));
        }
        out.sort_by_key(|one| (one.until, one.who));
        Ok(out)
    }

    fn outings_of(&self, user: UserId) -> Result<Vec<OutingFacts>, Broken> {
        let all = self.read(&units::account(user), Tree::Notice, OUTINGS)?;
        Ok(all.unwrap_or_default())
    }

    fn put_outings(&mut self, user: UserId, all: &[OutingFacts]) -> Result<(), Broken> {
        self.write(&units::account(user), Tree::Notice, OUTINGS, all)
    }
}

fn is_told(account: &AccountFacts) -> bool {
    account.roles().any(|role| TOLD.contains(&role))
}
