//! A verified ask on its way through the keeper, and the ways it can stop.

use std::fmt;

use serde_json::Value;

use crate::bytes::base64url;
use crate::canon;
use crate::clock::Timestamp;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::entry::Entry;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::GrantFacts;
use crate::keeper::facts::RecordFacts;
use crate::keeper::gate::Logged;
use crate::keeper::gate::Pledge;
use crate::keeper::message::Ask;
use crate::keeper::message::Asked;
use crate::keeper::message::MESSAGES;
use crate::keeper::message::answer::Outcome;
use crate::keeper::message::answer::Served;
use crate::keeper::policy::decide::Decision;
use crate::keeper::policy::decide::Denial;
use crate::keeper::policy::decide::Permit;
use crate::keeper::policy::decide::decide;
use crate::keeper::policy::question::Question;
use crate::keeper::policy::question::Resource;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::ledger::ActorHandle;
use crate::ledger::Event;
use crate::ledger::Outcome as Ending;
use crate::sealing::Statement;
use crate::sealing::StatementKind;
use crate::store::Tree;

/// Of an ask signed with other keys than the account's: mostly those it had before.
const OTHER_KEYS: &str = "this is not signed with the keys of the account, which may have been given new ones: sign in \
                          again, or ask a coordinator";

/// How far a signed ask's time may be from the keeper's: ten minutes.
const MAX_SKEW_MS: u64 = 10 * 60 * 1000;

/// A verified ask.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) asker: AccountFacts,
    /// The grants the asker was given, whatever came of them.
    pub(crate) grants: Vec<GrantFacts>,
    pub(crate) actor: ActorHandle,
    pub(crate) asked: Asked,
    /// The signed statement, as it goes into the detail.
    pub(crate) ask: Value,
}

impl Request {
    /// The entry of an allowed act.
    pub(crate) fn entry(&self, act: Act) -> Entry {
        Entry::new(act.row().event, Ending::Ok, self.actor, self.ask.clone())
    }
}

/// What is handed over once the entries are durable.
pub(crate) type Finish = Box<dyn FnOnce(&Vault, &[Logged]) -> Result<Outcome, Broken> + Send>;

/// An ask that has been staged.
pub(crate) struct Step {
    pub(crate) pledges: Vec<Pledge>,
    pub(crate) finish: Finish,
    /// Who is told whether their desk could seal keys on.
    pub(crate) errands_of: Option<UserId>,
}

impl Step {
    /// One entry, and what is served against it.
    pub(crate) fn serving(
        pledge: Pledge,
        serve: impl FnOnce(&Vault, &Logged) -> Result<Served, Broken> + Send + 'static,
    ) -> Self {
        Self {
            pledges: vec![pledge],
            finish: Box::new(move |vault, logged| match logged {
                [one] => serve(vault, one).map(|served| Outcome::Done(Box::new(served))),
                _ => Err(Broken::Stopped),
            }),
            errands_of: None,
        }
    }

    /// As before, telling the asker whether their desk could seal keys on: of acts that may leave some lacking.
    pub(crate) fn telling_errands(self, asker: UserId) -> Self {
        Self {
            errands_of: Some(asker),
            ..self
        }
    }

    /// One entry, and nothing but its receipt.
    pub(crate) fn done(pledge: Pledge) -> Self {
        Self::serving(pledge, |_, _| Ok(Served::Nothing))
    }

    /// One entry, and no more than an outcome.
    pub(crate) fn refusing(pledge: Pledge, outcome: Outcome) -> Self {
        Self {
            pledges: vec![pledge],
            finish: Box::new(move |_, _| Ok(outcome)),
            errands_of: None,
        }
    }

    /// No entry at all: only for acts whose row says so.
    pub(crate) fn unlogged(outcome: Outcome) -> Self {
        Self {
            pledges: Vec::new(),
            finish: Box::new(move |_, _| Ok(outcome)),
            errands_of: None,
        }
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step")
            .field("pledges", &self.pledges)
            .finish_non_exhaustive()
    }
}

/// Why an ask goes no further. Nothing has been changed.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Policy says no.
    Denied(Denial, Option<RecordId>),
    /// There is no such thing, or it is hidden from the asker.
    Unknown,
    /// A rule about state or input says no.
    Refused(&'static str, String),
    /// Keys have moved on.
    Stale,
    /// The ask itself cannot be believed.
    BadAuth(&'static str),
    /// Too many in too short a time.
    Rate(&'static str),
    /// The vault cannot go on.
    Broken(Broken),
}

impl From<Broken> for Stop {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl Vault {
    /// Whether an ask is of now, by the keeper's own clock. The time of entries will not do: where the clock went
    /// back, they keep the last one's until it is caught up with, and nobody could work meanwhile.
    pub(crate) fn is_fresh(&self, at: Timestamp) -> bool {
        at.as_ms().abs_diff(self.clock.now().as_ms()) <= MAX_SKEW_MS
    }

    /// Believes an ask, or says why not: signature by the account's key, for this vault, fresh, never
    /// seen before, and carrying the load it names.
    pub(crate) fn verify(&mut self, ask: &Ask) -> Result<Request, Stop> {
        let bad = Stop::BadAuth;
        let statement = Statement::parse(&ask.statement)
            .map_err(|_| bad("the ask is not a signed statement"))?;
        if statement.kind() != StatementKind::Ask || statement.vault() != self.id {
            return Err(bad("the ask is for another vault"));
        }
        let user: UserId = statement
            .by()
            .parse()
            .map_err(|_| bad("the ask names no user"))?;
        let account = self
            .people
            .account(user)
            .ok_or(bad("the ask names no user"))?
            .clone();
        statement
            .verify(&account.verifying)
            .map_err(|_| bad(OTHER_KEYS))?;
        if !self.is_fresh(statement.at()) {
            return Err(bad(
                "the ask's time is more than ten minutes away from the keeper's",
            ));
        }
        let asked: Asked = statement
            .read_body()
            .ok_or_else(|| bad("the ask is of a version this keeper does not know"))?;
        if asked.version != MESSAGES {
            return Err(bad("the ask is of a version this keeper does not know"));
        }
        let load = canon::to_bytes(&ask.load).map_err(|_| bad("the ask's load cannot be read"))?;
        if base64url(&crate::keeper::digest(&load)) != asked.load {
            return Err(bad("the ask's load is not the one that was signed"));
        }
        if !self.nonces.insert(asked.nonce.clone()) {
            return Err(bad("the ask was answered before"));
        }
        let ask = serde_json::from_slice(&ask.statement).map_err(|_| bad("the ask is not JSON"))?;
        let actor = self.people.actor(user).ok_or(Broken::NoUnit)?;
        Ok(Request {
            grants: self.shared.grants_of(account.id),
            asker: account,
            actor,
            asked,
            ask,
        })
    }

    /// Decides; a denial stops the ask.
    pub(crate) fn permit(
        &self,
        request: &Request,
        act: Act,
        on: Resource<'_>,
    ) -> Result<Permit, Stop> {
        self.permit_for(request, act, (on, request.asked.purpose.as_deref()))
    }

    fn permit_for(
        &self,
        request: &Request,
        act: Act,
        (on, purpose): (Resource<'_>, Option<&str>),
    ) -> Result<Permit, Stop> {
        let record = match &on {
            Resource::Record { facts, .. } => Some(facts.id),
            _ => None,
        };
        let question = Question {
            asker: &request.asker,
            grants: &request.grants,
            act,
            resource: on,
            purpose,
            reason: request.asked.reason.as_deref(),
        };
        #[cfg(test)]
        crate::keeper::seen::count(&self.work.decisions);
        match decide(&self.policy, &question, self.now()) {
            Decision::Allow(permit) => Ok(permit),
            Decision::Deny(denial) => Err(Stop::Denied(denial, record)),
        }
    }

    /// What becomes of an ask for something there is not: decided like any other, so that the answer, the
    /// entry and the work are those of something hidden.
    pub(crate) fn unknown(&self, request: &Request, act: Act) -> Stop {
        // In the place of the record and its case.
        self.read_in_vain(request);
        self.read_in_vain(request);
        match self.permit(request, act, Resource::Unknown) {
            Err(stop) => stop,
            // INVARIANT: the policy allows nothing on what there is not.
            Ok(_) => Stop::Unknown,
        }
    }

    /// Reads a row for nothing, so that what is not there costs what is hidden costs.
    fn read_in_vain(&self, request: &Request) {
        let unit = units::account(request.asker.id);
        let row = self.read::<AccountFacts>(&unit, Tree::Account, &[]);
        drop(row);
    }

    /// Decides on a record.
    pub(crate) fn permit_record(
        &self,
        request: &Request,
        act: Act,
        facts: &RecordFacts,
    ) -> Result<Permit, Stop> {
        let case = self.case_of(facts)?;
        if case.is_none() {
            self.read_in_vain(request);
        }
        let rules = &self.rules.of(&facts.kind).people;
        let on = Resource::Record {
            facts,
            rules,
            case: case.as_ref(),
        };
        let purpose = self.purpose_for(request, facts, case.as_ref());
        self.permit_for(request, act, (on, purpose))
    }

    /// Stages the entry of a stopped ask, and what it is told.
    pub(crate) fn refuse(
        &mut self,
        actor: ActorHandle,
        ask: Value,
        stop: Stop,
    ) -> Result<Step, Broken> {
        let refusal = |ending| Entry::new(Event::Refuse, ending, actor, ask);
        let (entry, outcome) = match stop {
            Stop::Broken(broken) => return Err(broken),
            Stop::Denied(denial, _) if denial.hidden => (
                refusal(Ending::Unknown).with_rules(&denial.rules),
                Outcome::Unknown,
            ),
            Stop::Unknown => (refusal(Ending::Unknown), Outcome::Unknown),
            Stop::Denied(denial, record) => {
                let rule = denial
                    .rules
                    .first()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                let ending = match (rule.as_str(), record) {
                    ("grant-over", Some(record)) => self.ending_of_grant(&actor, record),
                    _ => ending_of(&rule),
                };
                let entry = refusal(ending).with_rules(&denial.rules);
                let entry = record.into_iter().fold(entry, Entry::about);
                (
                    entry,
                    Outcome::Denied {
                        rule,
                        says: denial.says,
                    },
                )
            }
            Stop::Refused(code, says) => (
                refusal(Ending::Aborted),
                Outcome::Refused {
                    code: code.to_owned(),
                    says,
                },
            ),
            Stop::Stale => (refusal(Ending::Stale), Outcome::Stale),
            Stop::BadAuth(says) => (
                refusal(Ending::BadAuth),
                refused(Ending::BadAuth, says.to_owned()),
            ),
            Stop::Rate(says) => (
                refusal(Ending::Rate),
                refused(Ending::Rate, says.to_owned()),
            ),
        };
        let pledge = self.log_refusal(entry)?;
        Ok(Step::refusing(pledge, outcome))
    }
}

/// How a denial by a rule is called in the ledger.
fn ending_of(rule: &str) -> Ending {
    match rule {
        "grant-over" => Ending::Expired,
        "account-suspended" => Ending::Suspended,
        _ => Ending::Denied,
    }
}

/// A refusal whose code is the ending's own word.
fn refused(ending: Ending, says: String) -> Outcome {
    Outcome::Refused {
        code: ending.to_string(),
        says,
    }
}
