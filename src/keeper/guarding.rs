//! Changing whom a record is open to: a compartment of its own for those who are left, made by a desk that
//! reads the record, and what it was sealed to before kept for recovery alone.

use std::collections::BTreeSet;

use crate::ids::CompartmentId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::compartments::Way;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::Role;
use crate::keeper::facts::Superseded;
use crate::keeper::gate::Logged;
use crate::keeper::members::anybody;
use crate::keeper::message::answer::HeaderGroup;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedGuarded;
use crate::keeper::message::load::EpochStatement;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::message::load::Reseal;
use crate::keeper::message::open_to::Entitled;
use crate::keeper::message::open_to::OpenTo;
use crate::keeper::ought::open_to;
use crate::keeper::policy::kind::Reader;
use crate::keeper::rekey::covers;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::store::Tree;

/// What is changed about whom a record is open to.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// It does not exist for somebody and their line any more.
    Exclude(UserId),
    /// It is kept to these roles.
    Restrict(BTreeSet<Role>),
    /// These people decide on it.
    Deciders(BTreeSet<UserId>),
    /// Somebody else handles it.
    Handler(UserId),
}

impl Change {
    fn act(&self) -> Act {
        match self {
            Self::Exclude(_) => Act::ExcludeUser,
            Self::Restrict(_) => Act::RestrictRecord,
            Self::Deciders(_) => Act::NameDeciders,
            Self::Handler(_) => Act::NameHandler,
        }
    }
}

impl Vault {
    /// Serves a record's headers, without payloads, to be sealed again for those it is to be open to.
    pub(crate) fn show_guarded(
        &mut self,
        request: &Request,
        record: RecordId,
        change: &Change,
    ) -> Result<Step, Stop> {
        let found = self.find(request, change.act(), record)?;
        self.changed(&found.facts, change)?;
        let facts = found.facts;
        let entitled = self.entitled_to(&facts)?;
        let all = self.parts_of(&facts)?;
        let entry = request.entry(change.act()).about(record);
        let pledge = self.log(found.permit, entry)?;
        let through = (found.compartment, found.way);
        Ok(Step::serving(pledge, move |vault, logged| {
            vault.serve_guarded(logged, (facts, entitled), all, through)
        }))
    }

    /// Hands over a record's headers without payloads, to be sealed again, against a durable entry.
    pub(crate) fn serve_guarded(
        &self,
        logged: &Logged,
        (facts, entitled): (RecordFacts, Entitled),
        all: BTreeSet<HeaderOf>,
        (id, way): (CompartmentId, Way),
    ) -> Result<Served, Broken> {
        let epoch = self.compartment(id)?.ok_or(Broken::NoUnit)?.epoch;
        let (history, _) = self.history(facts.id)?.ok_or(Broken::NoUnit)?;
        let group = HeaderGroup {
            chain: self.chain(logged, &way)?,
            headers: self.headers(logged, all, (id, epoch))?,
        };
        let moves = self.moves_of(facts.id)?.len() / 2;
        Ok(Served::Guarded(Box::new(ServedGuarded {
            moves: u32::try_from(moves).unwrap_or(u32::MAX),
            facts,
            k_record: history.k_record,
            entitled,
            group,
        })))
    }

    /// Takes a record sealed again for those it is to be open to.
    pub(crate) fn guard(
        &mut self,
        request: &Request,
        (record, change): (RecordId, &Change),
        new: &Reseal,
    ) -> Result<Step, Stop> {
        let found = self.find(request, change.act(), record)?;
        let before = found.facts;
        let mut after = self.changed(&before, change)?;
        let by = (&request.asker, request.asked.seen);
        let body = self.check_resealed(by, (&before, &after), new)?;
        self.put_resealed(request.asker.id, (&before, &mut after), (new, body))?;
        let pledge = self.log(found.permit, request.entry(change.act()).about(record))?;
        Ok(Step::done(pledge).telling_errands(request.asker.id))
    }

    /// Checks a record sealed again for those it is to be open to, by somebody whose desk had seen this much of
    /// the ledger. Nothing is changed.
    pub(crate) fn check_resealed(
        &self,
        (by, seen): (&AccountFacts, u64),
        (before, after): (&RecordFacts, &RecordFacts),
        new: &Reseal,
    ) -> Result<EpochStatement, Stop> {
        let record = before.id;
        let said = std::str::from_utf8(&new.statement).unwrap_or_default();
        let expected = self.ought_to_read(after, &self.roll()?)?;
        let id = by.id.to_string();
        let maker = (id.as_str(), &by.verifying);
        let made = &new.compartment;
        let body = self.check_compartment(made, maker, Purpose::Own { record }, &expected)?;
        let number = self.said_number(record)?.saturating_add(1);
        self.check_open_to(by, (said, &body), OpenTo::of(after, number))?;
        let moved = made
            .envelopes
            .iter()
            .any(|envelope| self.has_newer_keys(&envelope.member, seen));
        if moved || !covers(&new.headers, &self.parts_of(before)?) {
            return Err(Stop::Stale);
        }
        Ok(body)
    }

    /// Writes what was checked: the record has another compartment, and what it was sealed to before is kept
    /// for recovery alone.
    pub(crate) fn put_resealed(
        &mut self,
        by: UserId,
        (before, after): (&RecordFacts, &mut RecordFacts),
        (new, body): (&Reseal, EpochStatement),
    ) -> Result<(), Broken> {
        let (record, made) = (before.id, &new.compartment);
        let said = std::str::from_utf8(&new.statement).unwrap_or_default();
        after.superseded.extend(self.left_behind(before, by)?);
        after.compartments = vec![made.id];
        self.drop_grants_over(before, after)?;
        self.put_record(after)?;
        self.put_members_statement(record, said)?;
        self.put_compartment(made, body, Some(by))?;
        for header in &new.headers {
            let place = self.header_place(&header.of, (made.id, 1));
            let (key, tree, natural) = place.ok_or(Broken::NoUnit)?;
            self.write_under(&key, tree, &natural, &header.header)?;
        }
        for id in &before.compartments {
            self.leave_compartment(*id, record)?;
        }
        Ok(())
    }

    /// The facts as they will be, or why they will not.
    fn changed(&self, facts: &RecordFacts, change: &Change) -> Result<RecordFacts, Stop> {
        let mut after = facts.clone();
        match change {
            Change::Exclude(user) => {
                self.known(*user)?;
                after
                    .excluded
                    .extend(self.roll()?.excluded(&[*user], false));
                after.deciders.retain(|one| !after.excluded.contains(one));
            }
            Change::Restrict(roles) if roles.is_empty() => {
                return Err(refused("name at least one role that may see the record"));
            }
            Change::Restrict(roles) => after.only_roles = Some(roles.clone()),
            Change::Deciders(users) => {
                let rules = &self.rules.of(&facts.kind).people;
                if users.is_empty() || !rules.readers.contains(&Reader::Deciders) {
                    let says = "records of this kind have no decision-makers, or nobody was named";
                    return Err(refused(says));
                }
                self.check_not_apart(facts.case, users)?;
                for user in users {
                    self.check_impartial(facts, *user)?;
                }
                after.deciders.clone_from(users);
            }
            Change::Handler(user) => {
                let rules = &self.rules.of(&facts.kind).people;
                if !rules.readers.contains(&Reader::Handler) {
                    return Err(refused("records of this kind have nobody who handles them"));
                }
                self.check_not_apart(facts.case, [user])?;
                self.check_impartial(facts, *user)?;
                after.handler = Some(*user);
            }
        }
        if after == *facts {
            return Err(Stop::Refused(
                "bad-state",
                "the record is so already; nothing to do".to_owned(),
            ));
        }
        if !anybody(&self.ought_to_read(&after, &self.roll()?)?) {
            let says = "nobody could read the record any more; nothing was changed";
            return Err(refused(says));
        }
        Ok(after)
    }

    /// Checks that somebody may decide on a record, or handle it: who works here, and whom it is not about.
    fn check_impartial(&self, facts: &RecordFacts, user: UserId) -> Result<(), Stop> {
        let account = self.known(user)?;
        let outside = account.is(Role::Assessor) || !account.may_work();
        if outside || facts.excluded.contains(&user) {
            let says = format!("`{}` cannot decide on this record", account.handle);
            return Err(refused(&says));
        }
        Ok(())
    }

    fn known(&self, user: UserId) -> Result<&AccountFacts, Stop> {
        let account = self.people.account(user);
        account.ok_or_else(|| Stop::Refused("no-such-user", "there is no such user".to_owned()))
    }

    /// The number of the newest signed statement about whom a record is open to; 0 where there is none.
    fn said_number(&self, record: RecordId) -> Result<u32, Broken> {
        let text = self.members_statement(record)?;
        Ok(text
            .and_then(|text| open_to(&text))
            .map_or(0, |said| said.number))
    }

    /// What a record was sealed to until now.
    fn left_behind(&self, facts: &RecordFacts, by: UserId) -> Result<Vec<Superseded>, Broken> {
        let mut left = Vec::new();
        for id in &facts.compartments {
            let current = self.compartment(*id)?.ok_or(Broken::NoUnit)?;
            // What the compartment itself keeps of the record stands until the record's own ends.
            let epochs = current.superseded.iter().map(|kept| kept.epoch);
            left.extend(epochs.chain([current.epoch]).map(|epoch| Superseded {
                compartment: *id,
                epoch,
                since: self.now(),
                by,
            }));
        }
        Ok(left)
    }

    /// Takes the key of a record's own compartment from everybody but recovery, now that the record has
    /// another. A case's goes on.
    fn leave_compartment(&mut self, id: CompartmentId, record: RecordId) -> Result<(), Broken> {
        let Some(facts) = self.compartment(id)? else {
            return Ok(());
        };
        if facts.purpose == (Purpose::Own { record }) {
            self.keep_for_recovery((id, facts.epoch))?;
        }
        Ok(())
    }

    /// Removes the rows of grants that do not cover the record any more.
    fn drop_grants_over(
        &mut self,
        before: &RecordFacts,
        after: &RecordFacts,
    ) -> Result<(), Broken> {
        let still = self.grants_over(after)?;
        for grant in self.grants_over(before)? {
            if still.iter().any(|one| one.id == grant.id) {
                continue;
            }
            for of in self.parts_of(before)? {
                let place = self.header_place(&of, (grant.compartment, 1));
                if let Some((key, Tree::Header, natural)) = place {
                    self.drop_row_under(&key, Tree::Header, &natural)?;
                }
            }
        }
        Ok(())
    }
}

fn refused(says: &str) -> Stop {
    Stop::Refused("bad-guard", says.to_owned())
}
