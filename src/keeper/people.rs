//! Acts on accounts: signing in, adding, suspending, taking new keys.

use serde_json::json;

use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::entry::Entry;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::AccountState;
use crate::keeper::facts::Purpose;
use crate::keeper::message::SignIn;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedAccount;
use crate::keeper::message::load::NewAccount;
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
    pub(crate) fn sign_in(&mut self, ask: &SignIn) -> Result<Step, Broken> {
        let said = json!({"handle": "", "nonce": ask.nonce, "sign_in": ask.version});
        let Some(account) = self.people.find(&ask.handle).cloned() else {
            return self.refuse(ActorHandle::SERVICE, said, Stop::Unknown);
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
        let asker = account.id;
        self.sessions.insert(asker, self.now());
        let entry = Entry::new(Act::SignIn.row().event, Ending::Ok, actor, said);
        let pledge = self.log(permit, entry)?;
        Ok(Step::serving(pledge, move |vault, logged| {
            let file = vault.identity_file(logged, account.id)?;
            Ok(Served::Identity {
                account: Box::new(account),
                actor: actor.to_string(),
                file,
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
        let mut team = None;
        if self.living_team(new.role)?.is_none() {
            let made = new.team.as_ref().ok_or(Stop::Stale)?;
            let expected = self.roll_with(&account)?.as_roll().team(new.role);
            let purpose = Purpose::Team { role: new.role };
            let maker = (by.as_str(), &request.asker.verifying);
            team = Some((
                made,
                self.check_compartment(made, maker, purpose, &expected)?,
            ));
        }
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

    /// Suspends or resumes an account. Suspending destroys its envelopes at once.
    pub(crate) fn change_state(
        &mut self,
        request: &Request,
        act: Act,
        user: UserId,
    ) -> Result<Step, Stop> {
        let account = self.people.account(user).ok_or(Stop::Unknown)?.clone();
        let permit = self.permit(request, act, Resource::Account(&account))?;
        let suspend = act == Act::SuspendUser;
        let (state, suspended_at) = match account.state {
            AccountState::Active | AccountState::Unclaimed if suspend => {
                (AccountState::Suspended, Some(self.now()))
            }
            AccountState::Suspended if !suspend && account.claimed => (AccountState::Active, None),
            AccountState::Suspended if !suspend => (AccountState::Unclaimed, None),
            state => {
                let says = format!("`{}` is {state}; nothing to do", account.handle);
                return Err(Stop::Refused("bad-state", says));
            }
        };
        if suspend && account.id == request.asker.id {
            let says = "nobody can suspend themselves; ask another coordinator".to_owned();
            return Err(Stop::Refused("own-account", says));
        }
        self.put_account(AccountFacts {
            state,
            suspended_at,
            ..account
        })?;
        if suspend {
            self.end_envelopes_of(user)?;
        }
        let pledge = self.log(permit, request.entry(act))?;
        Ok(Step::serving(pledge, move |vault, _| {
            Ok(Served::Accounts(
                vault.people.account(user).cloned().into_iter().collect(),
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
