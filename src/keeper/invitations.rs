//! Invitations: somebody entitled says who may make an account, and until when; whoever holds the code
//! makes it, alone, once.

use serde::Deserialize;
use serde::Serialize;
use serde_json::json;

use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::enrolment::is_handle;
use crate::keeper::entry::Entry;
use crate::keeper::message::load::Invitation;
use crate::keeper::message::load::NewInvitation;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::ledger::ActorHandle;
use crate::ledger::Event;
use crate::ledger::Outcome as Ending;
use crate::sealing::Statement;
use crate::sealing::StatementKind;
use crate::store::Tree;
use crate::store::UnitKind;

/// How long a code may be used: seven days.
pub const VALID_MS: u64 = 7 * 24 * 60 * 60 * 1000;
/// How much longer a desk's clock may make it.
const SLACK_MS: u64 = 10 * 60 * 1000;

/// An invitation that waits, as a row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct InvitationRow {
    /// The signed `invite` statement.
    pub(crate) statement: String,
    /// The person's name.
    pub(crate) name: String,
}

/// An invitation that waits, read.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) row: InvitationRow,
    pub(crate) said: Invitation,
    /// Who invited.
    pub(crate) by: UserId,
}

impl Vault {
    /// Keeps an invitation. An earlier one for the same handle ends: a lost code is made good by inviting
    /// again.
    pub(crate) fn invite_user(
        &mut self,
        request: &Request,
        user: UserId,
        new: &NewInvitation,
    ) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::InviteUser, Resource::Vault)?;
        let said: Invitation = self.said(request, StatementKind::Invite, &new.statement)?;
        self.check_invitation(user, &said)?;
        self.end_invitations(|waiting| waiting.said.handle == said.handle);
        let row = InvitationRow {
            statement: String::from_utf8(new.statement.clone())
                .map_err(|_| Broken::Row(Tree::Draft))?,
            name: new.name.clone(),
        };
        let unit = units::invitation(user);
        self.make_unit(unit.clone());
        self.write(&unit, Tree::Draft, &[], &row)?;
        let by = request.asker.id;
        self.people.invited.insert(user, Waiting { row, said, by });
        let pledge = self.log(permit, request.entry(Act::InviteUser))?;
        Ok(Step::done(pledge))
    }

    fn check_invitation(&self, user: UserId, said: &Invitation) -> Result<(), Stop> {
        let wrong = |says: &str| Err(Stop::Refused("bad-invitation", says.to_owned()));
        if !is_handle(&said.handle) {
            return wrong("a handle is 2 to 32 characters of a-z, 0-9 and -, for example ada-lee");
        }
        if self.people.find(&said.handle).is_some() {
            let says = format!(
                "there is already a user `{}`; choose another handle",
                said.handle
            );
            return Err(Stop::Refused("handle-taken", says));
        }
        let boss = said.reports_to;
        if boss.is_some_and(|boss| self.people.account(boss).is_none()) {
            return wrong("the person they report to has no account");
        }
        let latest = self.now().plus_ms(VALID_MS + SLACK_MS);
        if said.expires <= self.now() || said.expires > latest {
            return wrong("an invitation is good for seven days");
        }
        let known = self.people.account(user).is_some() || self.people.invited.contains_key(&user);
        if said.user != user || known {
            return wrong("the invitation is for another account than the one it names");
        }
        Ok(())
    }

    /// Ends waiting invitations: their codes are good for nothing from now on.
    pub(crate) fn end_invitations(&mut self, which: impl Fn(&Waiting) -> bool) {
        let waiting = self.people.invited.iter();
        let ended = waiting.filter(|(_, waiting)| which(waiting));
        let ended: Vec<UserId> = ended.map(|(user, _)| *user).collect();
        for user in ended {
            self.end_unit(units::invitation(user));
            self.people.invited.remove(&user);
        }
    }

    /// Ends the invitations nobody took up in time, whoever is signed in.
    pub(crate) fn lapse_invitations(&mut self) -> Result<(), Broken> {
        let now = self.now();
        let waiting = self.people.invited.values();
        let late = waiting.filter(|waiting| waiting.said.expires <= now);
        let late: Vec<UserId> = late.map(|waiting| waiting.said.user).collect();
        for user in late {
            let said = json!({"lapsed": {"invitation": user}});
            let service = ActorHandle::SERVICE;
            self.log_service(Entry::new(Event::End, Ending::Expired, service, said))?;
            self.end_invitations(|waiting| waiting.said.user == user);
        }
        Ok(())
    }

    /// Reads the waiting invitations from their rows.
    pub(crate) fn load_invitations(&mut self) -> Result<(), Broken> {
        let drafts = self.keys.of_kind(UnitKind::Draft);
        let units: Vec<_> = drafts.map(|(unit, _)| unit.clone()).collect();
        for unit in units {
            let Some(user) = units::parse_invitation(unit.natural()) else {
                continue;
            };
            let row: InvitationRow = self
                .read(&unit, Tree::Draft, &[])?
                .ok_or(Broken::Row(Tree::Draft))?;
            let waiting = read(row).ok_or(Broken::Row(Tree::Draft))?;
            self.people.invited.insert(user, waiting);
        }
        Ok(())
    }
}

fn read(row: InvitationRow) -> Option<Waiting> {
    let statement = Statement::parse(row.statement.as_bytes()).ok()?;
    let said = statement.read_body()?;
    let by = statement.by().parse().ok()?;
    Some(Waiting { row, said, by })
}
