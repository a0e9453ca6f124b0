//! Acts on accounts: signing in, adding, suspending, taking new keys.

use serde_json::json;

use crate::keeper::acts::Act;
use crate::keeper::entry::Entry;
use crate::keeper::facts::AccountState;
use crate::keeper::message::SignIn;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedAccount;
use crate::keeper::message::load::NewAccount;
use crate::keeper::peer::Peer;
use crate::keeper::policy::decide::Decision;
use crate::keeper::policy::decide::decide;
use crate::keeper::policy::question::Question;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::keeper::waiting::is_told;
use crate::ledger::ActorHandle;
use crate::ledger::Outcome as Ending;

impl Vault {
    /// Hands out a person's own sealed identity, against a `login` entry.
    pub(crate) fn sign_in(&mut self, ask: &SignIn, peer: Option<Peer>) -> Result<Step, Broken> {
        let said = json!({"handle": "", "nonce": ask.nonce, "sign_in": ask.version});
        let Some(account) = self.people.find(&ask.handle).cloned() else {
            let admitted = self.admit_sign_in(None, peer);
            let stop = admitted.err().unwrap_or(Stop::Unknown);
            return self.refuse(ActorHandle::SERVICE, said, stop);
        };
        let actor = self.people.actor(account.id).ok_or(Broken::NoUnit)?;
        let question = Question {
            asker: &account,
            grants: &[],
            act: Act::SignIn,
            resource: Resource::Account(&account),
            purpose: None,
            reason: None,
        };
        let permit = match decide(&self.policy, &question, self.now()) {
            Decision::Allow(permit) => permit,
            Decision::Deny(denial) => return self.refuse(actor, said, Stop::Denied(denial, None)),
        };
        if let Err(stop) = self.admit_sign_in(Some(&account), peer) {
            return self.refuse(actor, said, stop);
        }
        let asker = account.id;
        self.sessions.insert(asker, self.now());
        let notices = self.notices(&account)?.len();
        let missed = self.missed_check_ins(&account)?;
        let entry = Entry::new(Act::SignIn.row().event, Ending::Ok, actor, said);
        let pledge = self.log(permit, entry)?;
        Ok(Step::serving(pledge, move |vault, logged| {
            let file = vault.identity_file(logged, account.id)?;
            Ok(Served::Identity {
                account: Box::new(account),
                actor: actor.to_string(),
                file,
                notices: u32::try_from(notices).unwrap_or(u32::MAX),
                missed: u32::try_from(missed).unwrap_or(u32::MAX),
                centre: vault.centre()?,
            })
        })
        .telling_errands(asker))
    }

    /// Adds an account whose keys the asker's desk made.
    pub(crate) fn add_user(&mut self, request: &Request, new: &NewAccount) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::AddUser, Resource::Vault)?;
        let by = request.asker.id.to_string();
        let enrolled = self.check_enrolment(new, (&by, &request.asker.verifying))?;
        let account = self.account_of(new, enrolled, AccountState::Unclaimed);
        let team = self.first_of_team(request, (new.role, &account), new.team.as_ref())?;
        let id = account.id;
        self.make_account(account)?;
        self.put_identity(id, &new.identity)?;
        self.put_statement(id, &new.enrol)?;
        if let Some((made, body)) = team {
            self.put_compartment(made, body, None)?;
        }
        let pledge = self.log(permit, request.entry(Act::AddUser))?;
        Ok(Step::serving(pledge, move |vault, _| {
            Ok(Served::Accounts(
                vault.people.account(id).cloned().into_iter().collect(),
            ))
        })
        .telling_errands(request.asker.id))
    }

    /// The directory, or one account of it.
    pub(crate) fn list_users(&mut self, request: &Request) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::ListUsers, Resource::Vault)?;
        let pledge = self.log(permit, request.entry(Act::ListUsers))?;
        Ok(Step::serving(pledge, |vault, _| {
            Ok(Served::Accounts(vault.people.all()))
        }))
    }

    /// One account.
    pub(crate) fn show_user(&mut self, request: &Request, who: &str) -> Result<Step, Stop> {
        let account = self.people.find(who).ok_or(Stop::Unknown)?.clone();
        let permit = self.permit(request, Act::ShowUser, Resource::Account(&account))?;
        let rekey_pending = if is_told(&request.asker) {
            self.left_keys_since(request, account.id)?
        } else {
            None
        };
        let pledge = self.log(permit, request.entry(Act::ShowUser))?;
        Ok(Step::serving(pledge, move |_, _| {
            Ok(Served::Account(Box::new(ServedAccount {
                facts: account,
                rekey_pending,
            })))
        }))
    }
}
