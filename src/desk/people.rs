//! Acts on accounts.

use std::collections::BTreeSet;

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::named::find_user;
use crate::desk::parts::roll;
use crate::desk::seal;
use crate::desk::seal::Recipients;
use crate::desk::seal::json;
use crate::ids::UserId;
use crate::keeper::Keeper;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::Member;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::Role;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedAccount;
use crate::keeper::message::load::Enrolment;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::NewAccount;
use crate::keeper::message::load::NewEnvelope;
use crate::keeper::message::load::Succession;
use crate::sealing::Passphrase;
use crate::sealing::Person;
use crate::sealing::PersonError;
use crate::sealing::SigningKey;
use crate::sealing::Statement;
use crate::sealing::StatementKind;
use crate::sealing::is_demo;
use crate::sealing::seal_header;

/// A user to add.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// `[a-z0-9-]{2,32}`.
    pub handle: String,
    /// The person's name; the handle where none is given.
    pub name: Option<String>,
    /// What they are.
    pub role: Role,
    /// Whom they report to, by handle or id.
    pub reports_to: Option<String>,
}

impl Desk<'_> {
    /// Adds a user with a passphrase somebody else has chosen: the account is unclaimed until its person
    /// sets their own.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn add_user(
        &mut self,
        new: &NewUser,
        passphrase: &Passphrase,
    ) -> Result<AccountFacts, DeskError> {
        refuse_demo(passphrase, self.keeper)?;
        let (keys, trust) = self.keys(None)?;
        let person = Person::generate();
        let user = UserId::random();
        let reports_to = new
            .reports_to
            .as_deref()
            .map(|who| find_user(&keys, who))
            .transpose()?;
        let enrolment = Enrolment {
            user,
            handle: new.handle.clone(),
            role: new.role,
            recipient: person.recipient().clone(),
            verifying: person.verifying(),
        };
        let by = self.account.id.to_string();
        let heading = self.heading(&by, StatementKind::Enrol);
        let enrol = Statement::sign(&heading, json(&enrolment)?, self.person.signing())
            .map_err(DeskError::damaged)?;
        let roll = roll(&keys);
        let mut team = None;
        if !roll.teams.contains_key(&new.role) {
            let mut members: BTreeSet<Member> = roll.as_roll().team(new.role);
            members.insert(Member::User(user));
            let recipients = Recipients::new(&trust, &keys);
            let purpose = Purpose::Team { role: new.role };
            let made = seal::compartment(
                &heading,
                self.person.signing(),
                purpose,
                &members,
                |member| {
                    if *member == Member::User(user) {
                        Ok(person.recipient().clone())
                    } else {
                        recipients.of(member)
                    }
                },
            )?;
            team = Some(made.new);
        }
        let account = NewAccount {
            handle: new.handle.clone(),
            name: new.name.clone().unwrap_or_else(|| new.handle.clone()),
            role: new.role,
            reports_to,
            enrol: enrol.bytes().to_vec(),
            identity: person.seal(passphrase),
            team,
        };
        let load = Load::Account(Box::new(account));
        let (served, _) = self.ask(Want::AddUser { user }, load, Because::default())?;
        let account = one_account(served)?;
        self.run_told_errands()?;
        Ok(account)
    }

    /// Everyone who has an account.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn users(&mut self) -> Result<Vec<AccountFacts>, DeskError> {
        let (served, _) = self.ask(Want::ListUsers {}, Load::Nothing {}, Because::default())?;
        let Served::Accounts(accounts) = served else {
            return Err(link::unexpected());
        };
        Ok(accounts)
    }

    /// One account, by handle or id.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn user(&mut self, who: &str) -> Result<AccountFacts, DeskError> {
        Ok(self.shown_user(who)?.facts)
    }

    /// One account, and since when keys they lost have not been changed.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn shown_user(&mut self, who: &str) -> Result<ServedAccount, DeskError> {
        let want = Want::ShowUser {
            user: who.to_owned(),
        };
        let (served, _) = self.ask(want, Load::Nothing {}, Because::default())?;
        match served {
            Served::Account(served) => Ok(*served),
            _ => Err(link::unexpected()),
        }
    }

    /// Suspends an account: nothing is served to it from now on, and its envelopes are destroyed.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn suspend_user(&mut self, who: &str) -> Result<AccountFacts, DeskError> {
        let user = self.user_id(who)?;
        let (served, _) = self.ask(
            Want::SuspendUser { user },
            Load::Nothing {},
            Because::default(),
        )?;
        one_account(served)
    }

    /// Lets a suspended account work again; what keys it needs is sealed to it anew.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn resume_user(&mut self, who: &str) -> Result<AccountFacts, DeskError> {
        let user = self.user_id(who)?;
        let (served, _) = self.ask(
            Want::ResumeUser { user },
            Load::Nothing {},
            Because::default(),
        )?;
        let account = one_account(served)?;
        self.run_told_errands()?;
        Ok(account)
    }

    /// A user's id, for an ask about them.
    pub(crate) fn user_id(&mut self, who: &str) -> Result<UserId, DeskError> {
        let (keys, _) = self.keys(None)?;
        find_user(&keys, who)
    }

    /// Takes new keys under a new passphrase: the account is then claimed. Old and new key both sign the
    /// succession, and this desk seals the person's own envelopes to the new key.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn change_passphrase(&mut self, passphrase: &Passphrase) -> Result<(), DeskError> {
        refuse_demo(passphrase, self.keeper)?;
        let (served, proven) = self.ask(
            Want::ChangePassphrase {
                user: self.account.id,
            },
            Load::Nothing {},
            Because::default(),
        )?;
        let Served::Envelopes(own) = served else {
            return Err(link::unexpected());
        };
        let person = Person::generate();
        let mut envelopes = Vec::new();
        for link in own {
            let key = crate::desk::open::envelope_key(&proven, self.person.identity(), &link)?;
            envelopes.push(NewEnvelope {
                compartment: link.compartment,
                epoch: link.epoch,
                member: Member::User(self.account.id),
                header: seal_header(&key, person.recipient()),
            });
        }
        let body = Enrolment {
            user: self.account.id,
            handle: self.account.handle.clone(),
            role: self.account.role,
            recipient: person.recipient().clone(),
            verifying: person.verifying(),
        };
        let by = self.account.id.to_string();
        let heading = self.heading(&by, StatementKind::Succeed);
        let signed = |key: &SigningKey| -> Result<Vec<u8>, DeskError> {
            let statement =
                Statement::sign(&heading, json(&body)?, key).map_err(DeskError::damaged)?;
            Ok(statement.bytes().to_vec())
        };
        let succession = Succession {
            old: signed(self.person.signing())?,
            new: signed(person.signing())?,
            identity: person.seal(passphrase),
            envelopes,
        };
        let want = Want::ChangePassphrase {
            user: self.account.id,
        };
        self.ask(
            want,
            Load::Succession(Box::new(succession)),
            Because::default(),
        )?;
        self.account.recipient = person.recipient().clone();
        self.account.verifying = person.verifying();
        self.person = person;
        Ok(())
    }
}

/// Demo passphrases are public: no real vault takes one.
fn refuse_demo(passphrase: &Passphrase, keeper: &Keeper) -> Result<(), DeskError> {
    if is_demo(passphrase) && !keeper.is_demo() {
        return Err(DeskError::refused("demo-passphrase", DEMO_REFUSED));
    }
    Ok(())
}

/// Why a demo passphrase is refused elsewhere.
pub(crate) const DEMO_REFUSED: &str =
    "this passphrase is marked as one of the demo's, which everybody may know; choose another";

/// Why a sealed identity did not open.
pub(crate) fn identity_error(error: &PersonError) -> DeskError {
    match error {
        PersonError::Passphrase(crate::sealing::PassphraseError::Wrong) => {
            DeskError::WrongPassphrase
        }
        other => DeskError::damaged(other),
    }
}

fn one_account(served: Served) -> Result<AccountFacts, DeskError> {
    let Served::Accounts(accounts) = served else {
        return Err(link::unexpected());
    };
    accounts.into_iter().next().ok_or_else(link::unexpected)
}
