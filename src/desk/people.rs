//! Acts on accounts.

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::named::find_user;
use crate::desk::named::name_or;
use crate::desk::seal::json;
use crate::ids::UserId;
use crate::keeper::Line;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::Member;
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

/// Fresh keys under a passphrase. Sealing them takes a good part of a second, on purpose, and needs no vault.
pub struct NewKeys {
    pub(crate) person: Person,
    pub(crate) sealed: Vec<u8>,
    demo: bool,
}

impl std::fmt::Debug for NewKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewKeys").finish_non_exhaustive()
    }
}

impl NewKeys {
    /// Makes keys and seals them under a passphrase.
    pub fn under(passphrase: &Passphrase) -> Self {
        let person = Person::generate();
        Self {
            sealed: person.seal(passphrase),
            demo: is_demo(passphrase),
            person,
        }
    }

    /// Demo passphrases are public: no real vault takes one.
    pub(crate) fn refuse_demo(&self, keeper: &dyn Line) -> Result<(), DeskError> {
        if self.demo && !keeper.is_demo() {
            return Err(DeskError::refused("demo-passphrase", DEMO_REFUSED));
        }
        Ok(())
    }
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
        self.add_user_with(new, NewKeys::under(passphrase))
    }

    /// As [`Desk::add_user`], with keys that are sealed already.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn add_user_with(
        &mut self,
        new: &NewUser,
        own: NewKeys,
    ) -> Result<AccountFacts, DeskError> {
        own.refuse_demo(self.keeper)?;
        let name = name_or(new.name.as_deref(), &new.handle)
            .map_err(|says| DeskError::refused("bad-name", says))?;
        let (keys, trust) = self.keys(None)?;
        let NewKeys { person, sealed, .. } = own;
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
            reports_to,
            recipient: person.recipient().clone(),
            verifying: person.verifying(),
            reissue: None,
        };
        let by = self.account.id.to_string();
        let heading = self.heading(&by, StatementKind::Enrol);
        let enrol = Statement::sign(&heading, json(&enrolment)?, self.person.signing())
            .map_err(DeskError::damaged)?;
        let first = (new.role, user, person.recipient());
        let team = self.first_of_team(first, (&keys, &trust))?;
        let account = NewAccount {
            handle: new.handle.clone(),
            name,
            role: new.role,
            reports_to,
            enrol: enrol.bytes().to_vec(),
            identity: sealed,
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
        let (_, trust) = self.keys(None)?;
        let (served, _) = self.ask(Want::ListUsers {}, Load::Nothing {}, Because::default())?;
        let Served::Accounts(accounts) = served else {
            return Err(link::unexpected());
        };
        for account in &accounts {
            trust.check_account(account)?;
        }
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
        let (_, trust) = self.keys(None)?;
        let (served, _) = self.ask(want, Load::Nothing {}, Because::default())?;
        let Served::Account(served) = served else {
            return Err(link::unexpected());
        };
        trust.check_account(&served.facts)?;
        Ok(*served)
    }

    /// Takes new keys under a new passphrase: the account is then claimed. Old and new key both sign the
    /// succession, and this desk seals the person's own envelopes to the new key.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn change_passphrase(&mut self, passphrase: &Passphrase) -> Result<(), DeskError> {
        self.take_keys(NewKeys::under(passphrase))
    }

    /// As [`Desk::change_passphrase`], with keys that are sealed already.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn take_keys(&mut self, own: NewKeys) -> Result<(), DeskError> {
        own.refuse_demo(self.keeper)?;
        let (served, proven) = self.ask(
            Want::ChangePassphrase {
                user: self.account.id,
            },
            Load::Nothing {},
            Because::default(),
        )?;
        let Served::Envelopes(held) = served else {
            return Err(link::unexpected());
        };
        let NewKeys { person, sealed, .. } = own;
        let mut envelopes = Vec::new();
        for link in held {
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
            reports_to: None,
            recipient: person.recipient().clone(),
            verifying: person.verifying(),
            reissue: None,
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
            identity: sealed,
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

pub(crate) fn one_account(served: Served) -> Result<AccountFacts, DeskError> {
    let Served::Accounts(accounts) = served else {
        return Err(link::unexpected());
    };
    accounts.into_iter().next().ok_or_else(link::unexpected)
}
