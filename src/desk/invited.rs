//! Inviting somebody, and taking an invitation up: the person's own desk makes their keys, and nobody else
//! ever knows their passphrase.

use std::path::Path;

use crate::bytes::base64url;
use crate::canon;
use crate::clock::Timestamp;
use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::memory::Memory;
use crate::desk::named::find_user;
use crate::desk::named::name_or;
use crate::desk::people::NewKeys;
use crate::desk::people::NewUser;
use crate::desk::seal::json;
use crate::ids::UserId;
use crate::ids::VaultId;
use crate::ids::random;
use crate::keeper::Line;
use crate::keeper::digest;
use crate::keeper::facts::AccountFacts;
use crate::keeper::invitations::VALID_MS;
use crate::keeper::message::Ask;
use crate::keeper::message::MESSAGES;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Answer;
use crate::keeper::message::answer::Outcome;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedInvitation;
use crate::keeper::message::join::Joining;
use crate::keeper::message::load::Enrolment;
use crate::keeper::message::load::Genesis;
use crate::keeper::message::load::Invitation;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::NewAccount;
use crate::keeper::message::load::NewInvitation;
use crate::ledger::Event;
use crate::sealing::Heading;
use crate::sealing::InviteCode;
use crate::sealing::Passphrase;
use crate::sealing::Person;
use crate::sealing::Statement;
use crate::sealing::StatementKind;
use crate::sealing::VerifyingKey;

/// Somebody invited.
#[derive(Debug)]
pub struct Invited {
    /// The account to be.
    pub user: UserId,
    /// From when on the code is of no use.
    pub expires: Timestamp,
    /// What they type, once; shown to whoever invites and kept nowhere.
    pub code: InviteCode,
}

impl Desk<'_> {
    /// Invites somebody to make an account of their own within seven days. An earlier invitation for the
    /// same handle ends.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn invite_user(&mut self, new: &NewUser) -> Result<Invited, DeskError> {
        let name = name_or(new.name.as_deref(), &new.handle)
            .map_err(|says| DeskError::refused("bad-name", says))?;
        let (keys, trust) = self.keys(None)?;
        let boss = new.reports_to.as_deref();
        let code = InviteCode::generate();
        let mut said = Invitation {
            user: UserId::random(),
            handle: new.handle.clone(),
            role: new.role,
            reports_to: boss.map(|who| find_user(&keys, who)).transpose()?,
            expires: self.now().plus_ms(VALID_MS),
            key: code.signing().verifying(),
            seal: String::new(),
        };
        said.seal = seal(&code, &said, &trust.genesis.root)?;
        let load = Load::Invitation(Box::new(NewInvitation {
            statement: self.says(StatementKind::Invite, &said)?,
            name,
        }));
        let (user, expires) = (said.user, said.expires);
        self.ask(Want::InviteUser { user }, load, Because::default())?;
        Ok(Invited {
            user,
            expires,
            code,
        })
    }
}

/// Takes an invitation up: makes the account it is for, with keys made here, under this passphrase.
///
/// # Errors
/// [`DeskError::Refused`] for a code that is of no use; [`DeskError::Damaged`] where the vault is not the
/// one the code is for.
pub fn enrol(
    keeper: &dyn Line,
    code: &InviteCode,
    passphrase: &Passphrase,
    memory: Option<&Path>,
) -> Result<AccountFacts, DeskError> {
    let own = NewKeys::under(passphrase);
    own.refuse_demo(keeper)?;
    let memory = Memory::open(keeper, memory)?;
    let mut held = memory.hold()?;
    let joiner = Joiner { keeper, code };
    let shown = joiner.ask(Load::Nothing {}, held.size())?.0;
    let Served::Invitation(shown) = served(shown.outcome)? else {
        return Err(link::unexpected());
    };
    let (said, genesis) = known_again(keeper.vault(), &shown, code)?;
    memory.check_genesis(&genesis)?;
    let NewKeys { person, sealed, .. } = own;
    let enrolment = Enrolment {
        user: said.user,
        handle: said.handle.clone(),
        role: said.role,
        reports_to: said.reports_to,
        recipient: person.recipient().clone(),
        verifying: person.verifying(),
        reissue: None,
    };
    let account = NewAccount {
        handle: said.handle,
        name: shown.name.clone(),
        role: said.role,
        reports_to: said.reports_to,
        enrol: joiner.enrols(&enrolment, &person)?,
        identity: sealed,
        team: None,
    };
    let (answer, asked) = joiner.ask(Load::Account(Box::new(account)), held.size())?;
    let (receipt, opening) = (answer.receipt, answer.opening);
    let Served::Identity { account, actor, .. } = served(answer.outcome)? else {
        return Err(link::unexpected());
    };
    let (Some(receipt), Some(opening)) = (receipt, opening) else {
        return Err(link::unexpected());
    };
    let actor = actor.parse().map_err(DeskError::damaged)?;
    link::prove(&mut held, (&receipt, &opening), (actor, Event::Enrol))?;
    let detail: serde_json::Value =
        serde_json::from_str(&opening.detail).map_err(DeskError::damaged)?;
    let own = account.verifying == enrolment.verifying && account.recipient == enrolment.recipient;
    if detail.get("ask") != Some(&asked) || !own || account.id != enrolment.user {
        return Err(DeskError::damaged(
            "the account's entry is about another account",
        ));
    }
    drop(held);
    Ok(*account)
}

/// Whoever holds a code, before they have an account.
struct Joiner<'a> {
    keeper: &'a dyn Line,
    code: &'a InviteCode,
}

impl Joiner<'_> {
    /// Asks as whoever holds the code: the answer, and the ask as its entry's detail will hold it.
    fn ask(&self, load: Load, seen: u64) -> Result<(Answer, serde_json::Value), DeskError> {
        let bytes = canon::to_bytes(&load).map_err(DeskError::damaged)?;
        let said = Joining {
            version: MESSAGES,
            nonce: base64url(&random::<16>()),
            seen,
            load: base64url(&digest(&bytes)),
        };
        let key = self.code.signing();
        let by = key.verifying().to_string();
        let heading = self.heading(&by, StatementKind::Ask);
        let statement =
            Statement::sign(&heading, json(&said)?, &key).map_err(DeskError::damaged)?;
        let asked = serde_json::from_slice(statement.bytes()).map_err(DeskError::damaged)?;
        let ask = Ask {
            statement: statement.bytes().to_vec(),
            load,
        };
        Ok((self.keeper.ask(ask)?, asked))
    }

    /// The enrolment: signed by the invitation's key, and by the new one for itself.
    fn enrols(&self, enrolment: &Enrolment, person: &Person) -> Result<Vec<u8>, DeskError> {
        let key = self.code.signing();
        let by = key.verifying().to_string();
        let heading = self.heading(&by, StatementKind::Enrol);
        let statement =
            Statement::sign_with_proof(&heading, json(enrolment)?, &key, person.signing());
        Ok(statement.map_err(DeskError::damaged)?.bytes().to_vec())
    }

    fn heading<'h>(&self, by: &'h str, kind: StatementKind) -> Heading<'h> {
        Heading {
            kind,
            vault: self.keeper.vault(),
            by,
            at: self.keeper.now(),
        }
    }
}

/// The invitation, if it and the vault are those that the code was made for.
fn known_again(
    vault: VaultId,
    shown: &ServedInvitation,
    code: &InviteCode,
) -> Result<(Invitation, Genesis), DeskError> {
    let other = || {
        DeskError::damaged(
            "this is not the vault the code was made for, or the invitation was changed; nothing was \
             made. Tell whoever invited you",
        )
    };
    let genesis = Statement::parse(shown.genesis.as_bytes()).map_err(|_| other())?;
    let body: Genesis = genesis.read_body().ok_or_else(other)?;
    let invite = Statement::parse(shown.invite.as_bytes()).map_err(|_| other())?;
    let said: Invitation = invite.read_body().ok_or_else(other)?;
    let same = genesis.kind() == StatementKind::Genesis
        && genesis.vault() == vault
        && genesis.verify(&body.root).is_ok()
        && said.key == code.signing().verifying()
        && said.seal == seal(code, &said, &body.root)?;
    if same { Ok((said, body)) } else { Err(other()) }
}

/// What only whoever holds the code can have written under an invitation to this vault.
fn seal(code: &InviteCode, said: &Invitation, root: &VerifyingKey) -> Result<String, DeskError> {
    let bare = Invitation {
        seal: String::new(),
        ..said.clone()
    };
    let mut bytes = canon::to_bytes(&bare).map_err(DeskError::damaged)?;
    bytes.extend_from_slice(root.as_bytes());
    Ok(base64url(&code.seal(&bytes)))
}

fn served(outcome: Outcome) -> Result<Served, DeskError> {
    match outcome {
        Outcome::Done(served) => Ok(*served),
        Outcome::Refused { code, says } => Err(DeskError::Refused { code, says }),
        Outcome::Unknown | Outcome::Denied { .. } | Outcome::Stale => Err(link::unexpected()),
    }
}
