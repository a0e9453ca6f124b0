//! A new recovery key for the trustees. Every envelope of the old one ends in the same frame; the new one's are
//! made by colleagues' desks as errands. What no colleague could seal on is served to the desk that rotates, which
//! holds the old key for that moment.
//!
//! Who changes a trustee has to show the root key, which only two trustees together bring back: the statement is
//! signed with it.

use std::collections::BTreeSet;

use serde_json::json;

use crate::keeper::acts::Act;
use crate::keeper::confirming::SECOND;
use crate::keeper::facts::GrantFacts;
use crate::keeper::facts::Member;
use crate::keeper::facts::Role;
use crate::keeper::gate::Logged;
use crate::keeper::grants::EPOCH;
use crate::keeper::headers::Lock;
use crate::keeper::members::RollData;
use crate::keeper::message::answer::ChainLink;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::Genesis;
use crate::keeper::message::load::NewRecovery;
use crate::keeper::message::load::ROOT;
use crate::keeper::message::load::RecoveryStatement;
use crate::keeper::ought::RECOVERY;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::sealing::HybridRecipient;
use crate::sealing::Statement;
use crate::sealing::StatementKind;
use crate::sealing::UnitKey;
use crate::sealing::VerifyingKey;
use crate::store::Tree;

impl Vault {
    /// The root's statements that gave the trustees another key, oldest first.
    pub(crate) fn recovery_statements(&self) -> Result<Vec<String>, Broken> {
        let statements = self.read(&units::vault(), Tree::Statement, RECOVERY)?;
        Ok(statements.unwrap_or_default())
    }

    /// Serves the envelopes that the trustees' key alone can open, to be sealed to another one.
    pub(crate) fn show_recovery_only(&mut self, request: &Request) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::RotateRecovery, Resource::Vault)?;
        self.recovery()?.ok_or_else(no_trustees)?;
        let only = self.recovery_only()?;
        let note = json!({"looked": only.len()});
        let entry = request.entry(Act::RotateRecovery).noting(note);
        let pledge = self.log(permit, entry)?;
        Ok(Step::serving(pledge, move |vault, logged| {
            vault.both_envelopes(logged, only).map(Served::Envelopes)
        }))
    }

    /// The trustees' envelopes of these epochs, the second ones behind the first.
    fn both_envelopes(
        &self,
        logged: &Logged,
        only: BTreeSet<Lock>,
    ) -> Result<Vec<ChainLink>, Broken> {
        let way = only.iter().map(|lock| (lock.0, lock.1, Member::Recovery));
        let mut links = self.chain(logged, &way.collect())?;
        for (at, (id, epoch)) in only.into_iter().enumerate() {
            let unit = units::membership(id, epoch, &Member::Recovery);
            let key = self.keys.get(&unit).ok_or(Broken::NoUnit)?;
            let second = self.read_under(key, Tree::Envelope, SECOND)?;
            let link = links.get(at).cloned();
            links.extend(second.zip(link).map(|(header, link)| ChainLink {
                header: header.to_vec(),
                ..link
            }));
        }
        Ok(links)
    }

    /// Takes the trustees' new key, if the root vouches for it.
    pub(crate) fn rotate_recovery(
        &mut self,
        request: &Request,
        new: &NewRecovery,
    ) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::RotateRecovery, Resource::Vault)?;
        let said = self.check_recovery(&new.statement)?;
        let mut unopened = self.recovery_only()?;
        for envelope in &new.envelopes {
            let lock = (envelope.compartment, envelope.epoch);
            if envelope.member != Member::Recovery || !unopened.remove(&lock) {
                return Err(Stop::Stale);
            }
        }
        // What did not open to the old key either is left as it is: there is nothing better.
        let held = self.memberships_of(&Member::Recovery);
        for lock in held.difference(&unopened) {
            self.end_recovery(*lock)?;
        }
        for envelope in &new.envelopes {
            self.put_envelope(envelope)?;
        }
        let grants: Vec<GrantFacts> = self.shared.grants.values().cloned().collect();
        for grant in &grants {
            self.renew_grant(grant)?;
        }
        self.put_recovery(&new.statement, &said.recovery)?;
        self.settle_everything();
        let note = json!({"number": said.number, "unopened": unopened.len()});
        let entry = request.entry(Act::RotateRecovery).noting(note);
        let pledge = self.log(permit, entry)?;
        Ok(Step::done(pledge).telling_errands(request.asker.id))
    }

    /// Writes down that somebody made new share files of the same key: the trustees' secret is in them, and
    /// nothing of it here.
    pub(crate) fn made_shares(&mut self, request: &Request) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::MakeShares, Resource::Vault)?;
        self.recovery()?.ok_or_else(no_trustees)?;
        let pledge = self.log(permit, request.entry(Act::MakeShares))?;
        Ok(Step::done(pledge))
    }

    /// Whether the trustees took a new key that a desk with this much of the ledger may not have seen.
    pub(crate) fn has_newer_recovery(&self, seen: u64) -> bool {
        self.recovery_changed.is_some_and(|index| index >= seen)
    }

    /// The key that signs for the vault itself.
    pub(crate) fn root_key(&self) -> Result<VerifyingKey, Broken> {
        Ok(self.genesis()?.root)
    }

    /// What the vault was founded with.
    pub(crate) fn genesis(&self) -> Result<Genesis, Broken> {
        let genesis: Option<String> = self.read(&units::vault(), Tree::Statement, &[])?;
        let genesis = genesis.and_then(|text| Statement::parse(text.as_bytes()).ok());
        let genesis: Option<Genesis> = genesis.and_then(|statement| statement.read_body());
        genesis.ok_or(Broken::Row(Tree::Statement))
    }

    fn check_recovery(&self, statement: &[u8]) -> Result<RecoveryStatement, Stop> {
        let wrong = || {
            let says = "the new recovery key is not signed by this vault's root key";
            Stop::Refused("bad-statement", says.to_owned())
        };
        let root = self.root_key()?;
        let statement = Statement::parse(statement).map_err(|_| wrong())?;
        let said: RecoveryStatement = statement.read_body().ok_or_else(wrong)?;
        let signed = statement.kind() == StatementKind::Succeed
            && statement.vault() == self.id
            && statement.by() == ROOT
            && statement.verify(&root).is_ok();
        if !signed || said.recovery == said.replaces {
            return Err(wrong());
        }
        let now = self.recovery()?.ok_or_else(no_trustees)?;
        let number = self.recovery_statements()?.len().saturating_add(1);
        if said.replaces != now || usize::try_from(said.number) != Ok(number) {
            return Err(Stop::Stale);
        }
        Ok(said)
    }

    fn put_recovery(&mut self, statement: &[u8], recovery: &HybridRecipient) -> Result<(), Broken> {
        let mut statements = self.recovery_statements()?;
        statements.push(String::from_utf8_lossy(statement).into_owned());
        let unit = units::vault();
        self.write(&unit, Tree::Statement, RECOVERY, &statements)?;
        self.write(&unit, Tree::Setting, RECOVERY, &recovery.to_string())?;
        self.recovery_changed = Some(self.next_index());
        Ok(())
    }

    /// What is sealed to the trustees and could not be sealed on to another key of theirs by anybody: epochs kept
    /// for them alone, and compartments that nobody who works here has a way to.
    fn recovery_only(&self) -> Result<BTreeSet<Lock>, Broken> {
        let roll = self.roll()?;
        let mut only = BTreeSet::new();
        for (id, epoch) in self.memberships_of(&Member::Recovery) {
            if !self.is_errand((id, epoch), &roll)? {
                only.insert((id, epoch));
            }
        }
        Ok(only)
    }

    /// Whether a colleague's desk could make the envelope of an epoch for the trustees.
    fn is_errand(&self, (id, epoch): Lock, roll: &RollData) -> Result<bool, Broken> {
        let Some(facts) = self.compartment(id)?.filter(|facts| facts.epoch == epoch) else {
            return Ok(false);
        };
        let ought = self.ought_to_hold(&facts, roll)?;
        if !ought.is_some_and(|ought| ought.contains(&Member::Recovery)) {
            return Ok(false);
        }
        // Desks of those from outside do no errands.
        let inside = roll.accounts.iter().filter(|one| !one.is(Role::Assessor));
        for account in inside {
            if account.may_work()
                && self.way(account.id, id)?.is_some()
                && !self.stays_closed(&facts, account.id, roll)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Destroys an envelope of the trustees' old key. Nobody has left, so the compartment's key stays.
    fn end_recovery(&mut self, (id, epoch): Lock) -> Result<(), Broken> {
        #[cfg(test)]
        if self.forgetful {
            return Ok(());
        }
        self.end_unit(units::membership(id, epoch, &Member::Recovery));
        self.change_members(id, epoch, |members| {
            members.remove(&Member::Recovery);
        })
    }

    /// Gives a grant's unit a fresh key of the same name, under which everything but the trustees' envelope is
    /// sealed again. They need none: what is granted has compartments of its own, where they are members.
    fn renew_grant(&mut self, grant: &GrantFacts) -> Result<(), Broken> {
        #[cfg(test)]
        if self.forgetful {
            return Ok(());
        }
        let unit = units::grant(grant.id);
        let Some(before) = self.keys.get(&unit).map(UnitKey::duplicate) else {
            return Ok(());
        };
        let lock = (grant.compartment, EPOCH);
        let mut headers = Vec::new();
        for of in self.headers_under(grant)? {
            headers.extend(self.header_place(&of, lock).map(|place| (of, place)));
        }
        let epoch = self.epoch(grant.compartment, EPOCH)?;
        let members = epoch.ok_or(Broken::Row(Tree::Epoch))?.members;
        self.drop_row_under(&before, Tree::Envelope, &Member::Recovery.name_bytes())?;
        self.make_unit(unit.clone());
        let after = self.keys.get(&unit).ok_or(Broken::NoUnit)?.duplicate();
        for tree in [Tree::Compartment, Tree::Epoch] {
            self.move_row(tree, (&before, &[]), (&after, &[]))?;
        }
        for member in members {
            let natural = member.name_bytes();
            self.move_row(Tree::Envelope, (&before, &natural), (&after, &natural))?;
        }
        for (of, (key, tree, natural)) in headers {
            let (renewed, ..) = self.header_place(&of, lock).ok_or(Broken::NoUnit)?;
            self.move_row(tree, (&key, &natural), (&renewed, &natural))?;
        }
        self.change_members(grant.compartment, EPOCH, |members| {
            members.remove(&Member::Recovery);
        })
    }
}

/// There is nothing to do with trustees where there are none.
pub(crate) fn no_trustees() -> Stop {
    let says = "this vault was made without trustees, so there is no recovery key; make a new vault with --trustee \
                to have one";
    Stop::Refused("no-trustees", says.to_owned())
}
