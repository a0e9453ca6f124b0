//! Whoever holds an invitation's code: shown what they are invited to, and let make their account, once.
//!
//! They have no account that could ask, so their asks are signed by the invitation's own key. A code that
//! was used, has expired, was taken back or never was one gives one answer, and many wrong ones in a minute
//! are no entries any more.

use crate::clock::Timestamp;
use crate::keeper::acts::Act;
use crate::keeper::entry::Entry;
use crate::keeper::facts::AccountState;
use crate::keeper::invitations::Waiting;
use crate::keeper::message::Ask;
use crate::keeper::message::MESSAGES;
use crate::keeper::message::answer::Outcome;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedInvitation;
use crate::keeper::message::join::Joining;
use crate::keeper::message::load::Enrolment;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::NewAccount;
use crate::keeper::policy::decide::Decision;
use crate::keeper::policy::decide::Permit;
use crate::keeper::policy::decide::decide;
use crate::keeper::policy::question::Question;
use crate::keeper::policy::question::Resource;
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
use crate::sealing::VerifyingKey;
use crate::store::Tree;

/// Wrong codes that are entries within a minute; of more only that they came.
const WRONG_CODES: u32 = 10;
const MINUTE_MS: u64 = 60 * 1000;
/// What every code that is of no use is told.
const NO_CODE: &str = "this code is of no use: it was used, has expired or was taken back, or never was \
                       one; ask whoever invited you for a new one";

/// How many wrong codes came, since when.
#[derive(Debug, Default)]
pub(crate) struct Wrong {
    since: Timestamp,
    count: u32,
}

/// The invitation's key by which a statement is signed, if it says so.
pub(crate) fn invited_key(ask: &Ask) -> Option<VerifyingKey> {
    let statement = Statement::parse(&ask.statement).ok()?;
    statement.by().parse().ok()
}

impl Vault {
    /// Answers whoever says to hold the code behind `key`.
    pub(crate) fn answer_invited(&mut self, key: VerifyingKey, ask: &Ask) -> Result<Step, Broken> {
        match self.joined(key, ask) {
            Ok(step) => Ok(step),
            Err(Stop::Broken(broken)) => Err(broken),
            Err(stop) => self.refuse_code(ask, stop),
        }
    }

    fn joined(&mut self, key: VerifyingKey, ask: &Ask) -> Result<Step, Stop> {
        let statement = self.believe(key, ask)?;
        let waiting = self.people.invited.values();
        let mut waiting = waiting.filter(|waiting| waiting.said.key == key);
        let found = waiting.next().filter(|one| self.now() < one.said.expires);
        let waiting = found.cloned().ok_or_else(no_code)?;
        let permit = self.still_invited(&waiting)?;
        match &ask.load {
            Load::Nothing {} => self.show_invitation(waiting),
            Load::Account(new) => self.join(permit, (&waiting, &statement), new),
            _ => Err(no_code()),
        }
    }

    /// An ask's statement, if it is signed by the key, for this vault, fresh, and carries the load it names.
    fn believe(&mut self, key: VerifyingKey, ask: &Ask) -> Result<Statement, Stop> {
        let statement = Statement::parse(&ask.statement).map_err(|_| no_code())?;
        let said: Joining = statement.read_body().ok_or_else(no_code)?;
        let load = crate::canon::to_bytes(&ask.load).map_err(|_| no_code())?;
        let load = crate::bytes::base64url(&crate::keeper::digest(&load));
        let signed = statement.kind() == StatementKind::Ask
            && statement.vault() == self.id
            && statement.verify(&key).is_ok();
        let fits = said.version == MESSAGES && said.load == load && self.is_fresh(statement.at());
        if signed && fits && self.nonces.insert(said.nonce) {
            Ok(statement)
        } else {
            Err(no_code())
        }
    }

    /// An invitation holds while whoever gave it may still invite.
    fn still_invited(&self, waiting: &Waiting) -> Result<Permit, Stop> {
        let asker = self.people.account(waiting.by).ok_or_else(no_code)?;
        let question = Question {
            asker,
            grants: &[],
            act: Act::InviteUser,
            resource: Resource::Vault,
            purpose: None,
            reason: None,
        };
        match decide(&self.policy, &question, self.now()) {
            Decision::Allow(permit) => Ok(permit),
            Decision::Deny(_) => Err(no_code()),
        }
    }

    /// What the code is for. Not an entry: it is what whoever holds the code was invited to.
    fn show_invitation(&self, waiting: Waiting) -> Result<Step, Stop> {
        let genesis: Option<String> = self.read(&units::vault(), Tree::Statement, &[])?;
        let served = Served::Invitation(Box::new(ServedInvitation {
            genesis: genesis.ok_or(Broken::Row(Tree::Statement))?,
            invite: waiting.row.statement,
            name: waiting.row.name,
        }));
        Ok(Step::unlogged(Outcome::Done(Box::new(served))))
    }

    /// Makes the account, with keys that nobody else has ever had.
    fn join(
        &mut self,
        permit: Permit,
        (waiting, ask): (&Waiting, &Statement),
        new: &NewAccount,
    ) -> Result<Step, Stop> {
        let said = &waiting.said;
        let enrolled = self.check_enrolment(new, (&said.key.to_string(), &said.key))?;
        let offered = (said.user, &said.handle, said.role, said.reports_to);
        let taken = (
            enrolled.user,
            &enrolled.handle,
            enrolled.role,
            enrolled.reports_to,
        );
        if offered != taken || new.team.is_some() || !proven(new, &enrolled) {
            let says = "the account is not the one this invitation is for";
            return Err(Stop::Refused("bad-enrolment", says.to_owned()));
        }
        let new = NewAccount {
            name: waiting.row.name.clone(),
            ..new.clone()
        };
        let account = self.account_of(&new, enrolled, AccountState::Active);
        let user = account.id;
        self.make_account(account.clone())?;
        self.put_identity(user, &new.identity)?;
        self.put_statement(user, waiting.row.statement.as_bytes())?;
        self.put_statement(user, &new.enrol)?;
        self.end_invitations(|one| one.said.user == user);
        let actor = self.people.actor(user).ok_or(Broken::NoUnit)?;
        let said = serde_json::from_slice(ask.bytes()).map_err(|_| Broken::Detail)?;
        let pledge = self.log(permit, Entry::new(Event::Enrol, Ending::Ok, actor, said))?;
        Ok(Step::serving(pledge, move |_, _| {
            Ok(Served::Identity {
                account: Box::new(account),
                actor: actor.to_string(),
                file: new.identity,
                notices: 0,
                missed: 0,
                centre: None,
            })
        }))
    }

    /// Says no, and writes it down, unless too many came in this minute.
    fn refuse_code(&mut self, ask: &Ask, stop: Stop) -> Result<Step, Broken> {
        let Stop::Refused(code, says) = stop else {
            return self.refuse(ActorHandle::SERVICE, size_of(ask), stop);
        };
        let now = self.now();
        let wrong = &mut self.people.wrong_codes;
        if wrong.since.plus_ms(MINUTE_MS) <= now {
            *wrong = Wrong {
                since: now,
                count: 0,
            };
        }
        wrong.count = wrong.count.saturating_add(1);
        let ending = match wrong.count {
            0..=WRONG_CODES => Ending::BadAuth,
            more if more == WRONG_CODES + 1 => Ending::Rate,
            _ => return Ok(Step::unlogged(refused(code, says))),
        };
        let entry = Entry::new(Event::Refuse, ending, ActorHandle::SERVICE, size_of(ask));
        let pledge = self.log_refusal(entry)?;
        Ok(Step::refusing(pledge, refused(code, says)))
    }
}

/// Whether the new keys signed for themselves.
fn proven(new: &NewAccount, enrolled: &Enrolment) -> bool {
    let statement = Statement::parse(&new.enrol);
    statement.is_ok_and(|one| one.verify_proof(&enrolled.verifying).is_ok())
}

fn no_code() -> Stop {
    Stop::Refused("bad-code", NO_CODE.to_owned())
}

fn refused(code: &str, says: String) -> Outcome {
    Outcome::Refused {
        code: code.to_owned(),
        says,
    }
}

/// What is kept of an ask nobody known has signed: its size, not its words.
fn size_of(ask: &Ask) -> serde_json::Value {
    serde_json::json!({"unverified_bytes": ask.statement.len()})
}
