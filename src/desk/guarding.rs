//! Changing whom a record is open to: a compartment of its own for those who are left, made here and signed.

use std::collections::BTreeSet;

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::members;
use crate::desk::named::find_user;
use crate::desk::open;
use crate::desk::parts::roll;
use crate::desk::reading::parse_record;
use crate::desk::rekey::seal_again;
use crate::desk::trust::Vouched;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::Role;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedGuarded;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::Reseal;
use crate::keeper::message::open_to::Entitled;
use crate::keeper::message::open_to::OpenTo;
use crate::keeper::rules::Rules;
use crate::ledger::Proven;
use crate::records::Kinds;

/// How the word on whom a record is open to changes.
pub(crate) type Changed<'c> = &'c dyn Fn(&mut OpenTo, &Keys);

impl Desk<'_> {
    /// Makes a record not exist for somebody and all who report to them.
    ///
    /// # Errors
    /// [`DeskError`]; [`DeskError::Unknown`] for a record this person may not know of.
    pub fn exclude(&mut self, record: &str, who: &str) -> Result<(), DeskError> {
        let (keys, _) = self.keys(None)?;
        let user = find_user(&keys, who)?;
        let record = parse_record(record);
        self.guard(&Want::ExcludeUser { record, user }, &|said, keys| {
            said.excluded.extend(roll(keys).excluded(&[user], false));
            said.deciders.retain(|one| !said.excluded.contains(one));
        })
    }

    /// Keeps a record to people of these roles, among those who may read it.
    ///
    /// # Errors
    /// As [`Desk::exclude`].
    pub fn restrict(&mut self, record: &str, roles: &BTreeSet<Role>) -> Result<(), DeskError> {
        let record = parse_record(record);
        let want = Want::RestrictRecord {
            record,
            roles: roles.clone(),
        };
        self.guard(&want, &|said, _| said.only_roles = Some(roles.clone()))
    }

    /// Names who decides on a record, instead of whoever did until now.
    ///
    /// # Errors
    /// As [`Desk::exclude`].
    pub fn name_deciders(&mut self, record: &str, who: &[String]) -> Result<(), DeskError> {
        let record = parse_record(record);
        let (keys, _) = self.keys(None)?;
        let users: BTreeSet<UserId> = who
            .iter()
            .map(|who| find_user(&keys, who))
            .collect::<Result<_, _>>()?;
        let want = Want::NameDeciders {
            record,
            users: users.clone(),
        };
        self.guard(&want, &|said, _| said.deciders.clone_from(&users))
    }

    /// Gives a record to somebody else to handle.
    ///
    /// # Errors
    /// As [`Desk::exclude`].
    pub fn name_handler(&mut self, record: &str, who: &str) -> Result<(), DeskError> {
        let record = parse_record(record);
        let (keys, _) = self.keys(None)?;
        let user = find_user(&keys, who)?;
        let want = Want::NameHandler { record, user };
        self.guard(&want, &|said, _| said.handler = Some(user))
    }

    fn guard(&mut self, want: &Want, changed: Changed<'_>) -> Result<(), DeskError> {
        self.again(|desk| desk.guard_once(want.clone(), changed))?;
        self.run_told_errands()
    }

    fn guard_once(&mut self, want: Want, changed: Changed<'_>) -> Result<(), DeskError> {
        let asked = want.record();
        let (served, proven) = self.ask(want.clone(), Load::Nothing {}, Because::default())?;
        let served = Self::guarded(served, &proven, asked)?;
        let load = self.sealed_for_others(&proven, &served, changed)?;
        self.ask(want, Load::Reseal(Box::new(load)), Because::default())?;
        Ok(())
    }

    /// The record that was asked for, to be sealed for others.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] when another was served.
    pub(crate) fn guarded(
        served: Served,
        proven: &Proven,
        asked: Option<RecordId>,
    ) -> Result<Box<ServedGuarded>, DeskError> {
        let Served::Guarded(served) = served else {
            return Err(link::unexpected());
        };
        if asked != Some(served.facts.id) {
            return Err(DeskError::damaged(
                "another record was served than the one asked for; nothing is opened",
            ));
        }
        let k_record = crate::desk::versions::audit_key_of(&served.k_record)?;
        Self::check_record(proven, &k_record, served.facts.id)?;
        Ok(served)
    }

    /// Seals a record again for those it is to be open to, and signs who they are.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] naming what nobody vouches for.
    pub(crate) fn sealed_for_others(
        &mut self,
        proven: &Proven,
        served: &ServedGuarded,
        changed: Changed<'_>,
    ) -> Result<Reseal, DeskError> {
        // After the look, never before: the keeper tells by the look's entry which keys this desk has seen.
        let (keys, trust) = self.keys(None)?;
        let group = &served.group;
        let secret = open::follow(proven, self.person.identity(), &group.chain, &trust)?;
        let last = group.chain.last().ok_or_else(link::unexpected)?;
        let epoch = trust.check_epoch(&Vouched {
            recipient: Some(secret.recipient()),
            ..last.vouched()
        })?;
        if !matches!(&served.entitled, Entitled::Record { .. }) {
            return Err(link::unexpected());
        }
        let mut said = match epoch.purpose {
            Purpose::Own { .. } => members::open_to(&epoch, &served.entitled, &trust)?,
            _ => OpenTo::of(&served.facts, 0),
        };
        if said.record != served.facts.id || said.kind != served.facts.kind {
            return Err(link::unexpected());
        }
        said.number = said.number.saturating_add(1);
        changed(&mut said, &keys);
        let on = members::team_of(said.case, &served.entitled, &trust)?;
        let rules = Rules::from_kinds(Kinds::builtin());
        let rules = &rules.of(&said.kind).people;
        let members = roll(&keys).as_roll().own(&said, rules, &on);
        let (made, statement) = self.own_compartment(said, &members, (&keys, &trust))?;
        Ok(Reseal {
            statement: statement.into_bytes(),
            headers: seal_again(proven, &secret, &group.headers, &made.recipient)?,
            compartment: made.new,
        })
    }
}
