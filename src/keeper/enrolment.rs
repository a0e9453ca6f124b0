//! Who an account is and which keys it has: enrolment by another, succession by oneself.

use std::collections::BTreeSet;

use crate::bytes::base64url;
use crate::bytes::unbase64url;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::AccountState;
use crate::keeper::facts::Member;
use crate::keeper::facts::Other;
use crate::keeper::gate::Logged;
use crate::keeper::message::load::Enrolment;
use crate::keeper::message::load::NewAccount;
use crate::keeper::message::load::Succession;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::sealing::Statement;
use crate::sealing::StatementKind;
use crate::store::Tree;

/// The natural key of the row with the passphrase-sealed identity file.
const IDENTITY: &[u8] = b"identity";

impl Vault {
    /// Who a new account is, from its maker's statement.
    pub(crate) fn check_enrolment(
        &self,
        new: &NewAccount,
        by: (&str, &crate::sealing::VerifyingKey),
    ) -> Result<Enrolment, Stop> {
        let wrong = |says: &str| Stop::Refused("bad-enrolment", says.to_owned());
        if !is_handle(&new.handle) {
            return Err(wrong(
                "a handle is 2 to 32 characters of a-z, 0-9 and -, for example ada-lee",
            ));
        }
        if self.people.find(&new.handle).is_some() {
            return Err(Stop::Refused(
                "handle-taken",
                format!(
                    "there is already a user `{}`; choose another handle",
                    new.handle
                ),
            ));
        }
        if new
            .reports_to
            .is_some_and(|user| self.people.account(user).is_none())
        {
            return Err(wrong("the person they report to has no account"));
        }
        let statement = Statement::parse(&new.enrol)
            .map_err(|_| wrong("the enrol statement cannot be read"))?;
        let body: Enrolment = statement
            .read_body()
            .ok_or_else(|| wrong("the enrol statement cannot be read"))?;
        let vouched = statement.kind() == StatementKind::Enrol
            && statement.vault() == self.id
            && statement.by() == by.0
            && statement.verify(by.1).is_ok()
            && body.handle == new.handle
            && body.role == new.role
            && body.reports_to == new.reports_to
            && body.reissue.is_none()
            && self.people.account(body.user).is_none();
        if vouched {
            Ok(body)
        } else {
            Err(wrong("nobody vouches for the new account's keys"))
        }
    }

    /// The facts of a new account.
    pub(crate) fn account_of(
        &self,
        new: &NewAccount,
        enrolled: Enrolment,
        state: AccountState,
    ) -> AccountFacts {
        AccountFacts {
            id: enrolled.user,
            handle: enrolled.handle,
            name: new.name.clone(),
            role: enrolled.role,
            also: BTreeSet::new(),
            state,
            claimed: state == AccountState::Active,
            reports_to: new.reports_to,
            recipient: enrolled.recipient,
            verifying: enrolled.verifying,
            enrolled_at: self.now(),
            suspended_at: None,
            os_user: None,
            other: Other::new(),
        }
    }

    /// Gives an account the new keys its person has made; the account is then claimed.
    pub(crate) fn change_passphrase(
        &mut self,
        request: &Request,
        new: &Succession,
    ) -> Result<Step, Stop> {
        let permit = self.permit(
            request,
            Act::ChangePassphrase,
            Resource::Account(&request.asker),
        )?;
        let wrong = |says: &str| Stop::Refused("bad-succession", says.to_owned());
        let old = Statement::parse(&new.old).map_err(|_| wrong("the succession cannot be read"))?;
        let next =
            Statement::parse(&new.new).map_err(|_| wrong("the succession cannot be read"))?;
        let body: Enrolment = old
            .read_body()
            .ok_or_else(|| wrong("the succession cannot be read"))?;
        let asker = &request.asker;
        let signed = [(&old, &asker.verifying), (&next, &body.verifying)]
            .iter()
            .all(|(statement, key)| {
                statement.kind() == StatementKind::Succeed
                    && statement.vault() == self.id
                    && statement.by() == asker.id.to_string()
                    && statement.verify(key).is_ok()
            });
        let same = body.user == asker.id && body.handle == asker.handle && body.role == asker.role;
        if !signed || !same || old.body() != next.body() {
            return Err(wrong(
                "the old and the new key must both sign the succession",
            ));
        }
        let held = self.envelopes_and_grants_of(asker.id);
        let given: BTreeSet<_> = new
            .envelopes
            .iter()
            .map(|e| (e.compartment, e.epoch))
            .collect();
        let own = Member::User(asker.id);
        if held != given || new.envelopes.iter().any(|envelope| envelope.member != own) {
            return Err(Stop::Stale);
        }
        let account = AccountFacts {
            state: AccountState::Active,
            claimed: true,
            recipient: body.recipient,
            verifying: body.verifying,
            ..asker.clone()
        };
        let id = account.id;
        self.put_account(account)?;
        self.put_identity(id, &new.identity)?;
        self.put_statement(id, &new.old)?;
        self.put_statement(id, &new.new)?;
        for envelope in &new.envelopes {
            self.put_envelope(envelope)?;
        }
        self.succeeded.insert(id, self.next_index());
        let pledge = self.log(permit, request.entry(Act::ChangePassphrase))?;
        self.lapse_waiting_for(id)?;
        Ok(Step::done(pledge))
    }

    /// Stores a passphrase-sealed identity file.
    pub(crate) fn put_identity(&mut self, user: UserId, file: &[u8]) -> Result<(), Broken> {
        self.write(
            &units::account(user),
            Tree::Account,
            IDENTITY,
            &base64url(file),
        )
    }

    /// Removes an identity file: nobody opens it any more, with whatever passphrase.
    pub(crate) fn drop_identity(&mut self, user: UserId) -> Result<(), Broken> {
        self.drop_row(&units::account(user), Tree::Account, IDENTITY)
    }

    /// The passphrase-sealed identity file.
    pub(crate) fn identity_file(&self, _: &Logged, user: UserId) -> Result<Vec<u8>, Broken> {
        let file: Option<String> = self.read(&units::account(user), Tree::Account, IDENTITY)?;
        file.and_then(|text| unbase64url(&text))
            .ok_or(Broken::Row(Tree::Account))
    }

    /// Adds to the statements about an account, oldest first.
    pub(crate) fn put_statement(&mut self, user: UserId, statement: &[u8]) -> Result<(), Broken> {
        let mut all = self.statements_of(user)?;
        all.push(String::from_utf8(statement.to_vec()).map_err(|_| Broken::Row(Tree::Statement))?);
        self.write(&units::account(user), Tree::Statement, &[], &all)
    }

    /// The statements about an account, oldest first.
    pub(crate) fn statements_of(&self, user: UserId) -> Result<Vec<String>, Broken> {
        let all: Option<Vec<String>> = self.read(&units::account(user), Tree::Statement, &[])?;
        Ok(all.unwrap_or_default())
    }
}

/// `[a-z0-9-]{2,32}`.
pub(crate) fn is_handle(text: &str) -> bool {
    (2..=32).contains(&text.len())
        && text
            .bytes()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
}
