//! Founding a vault: keys, the empty store, and the first frame with genesis and the first account.

use std::fmt;

use serde_json::json;

use crate::bytes::base64url;
use crate::clock::Clock;
use crate::ids::VaultId;
use crate::keeper::Keeper;
use crate::keeper::Paths;
use crate::keeper::broken::Broken;
use crate::keeper::broken::Stopped;
use crate::keeper::claim::Claim;
use crate::keeper::claim::empty;
use crate::keeper::config::Config;
use crate::keeper::config::FORMAT;
use crate::keeper::entry::Entry;
use crate::keeper::facts::AccountState;
use crate::keeper::facts::CentreFacts;
use crate::keeper::facts::Purpose;
use crate::keeper::keyring::Keyring;
use crate::keeper::message::load::Genesis;
use crate::keeper::message::load::NewAccount;
use crate::keeper::message::load::ROOT;
use crate::keeper::message::load::SealedCard;
use crate::keeper::open::OpenError;
use crate::keeper::open::vault_over;
use crate::keeper::ought::RECOVERY;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Vault;
use crate::ledger::ActorHandle;
use crate::ledger::Event;
use crate::ledger::LogKey;
use crate::ledger::Outcome as Ending;
use crate::ledger::checkpoint::random_origin;
use crate::ledger::journal::disk::reason;
use crate::sealing::GenerationKey;
use crate::sealing::VerifyingKey;
use crate::store::KeyTable;
use crate::store::Tree;
use crate::store::embedded::CreateError;
use crate::store::embedded::Embedded;
use crate::store::embedded::MARK_KEY_LABEL;
use crate::store::embedded::Site;

/// The natural key of the setting that holds the centre's sealed name.
pub(crate) const CENTRE: &[u8] = b"centre";
/// The natural key of the setting that says whose vault it is, for its papers and its calendar.
pub(crate) const NAME: &[u8] = b"name";

/// A vault whose keys exist and whose founding statements do not yet.
pub struct Founding {
    paths: Paths,
    vault: VaultId,
    generation: GenerationKey,
    log: LogKey,
    clock: Box<dyn Clock>,
}

impl fmt::Debug for Founding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Founding")
            .field("vault", &self.vault)
            .finish_non_exhaustive()
    }
}

/// What the founders' desk has signed and sealed.
pub struct Founded {
    /// The `genesis` statement, canonical bytes.
    pub statement: Vec<u8>,
    /// The first administrator, enrolled by the root key, with the coordinators' team.
    pub admin: NewAccount,
    /// The centre's name, sealed to the coordinators' team.
    pub centre: SealedCard,
    /// The same for its papers, with its nation.
    pub name: CentreFacts,
    /// A demonstration vault's clock: milliseconds ahead of the system's.
    pub clock_shift_ms: i64,
}

impl fmt::Debug for Founded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Founded(..)")
    }
}

/// Why a vault was not founded.
#[derive(Debug)]
pub enum FoundError {
    /// A rule about the input says no: a word for the case, and what is wrong.
    Refused(&'static str, String),
    /// There is something in the way, in words.
    InTheWay(String),
    /// The founding statements do not hold together; in words.
    Statements(String),
    /// The vault could not be opened after it was made.
    Open(OpenError),
    /// The disk failed.
    Io(std::io::Error),
}

impl fmt::Display for FoundError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(_, says) | Self::InTheWay(says) | Self::Statements(says) => {
                f.write_str(says)
            }
            Self::Open(error) => error.fmt(f),
            Self::Io(error) => write!(f, "the vault cannot be written: {}", reason(error)),
        }
    }
}

impl std::error::Error for FoundError {}

impl From<std::io::Error> for FoundError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Broken> for FoundError {
    fn from(broken: Broken) -> Self {
        match Stopped::from(broken) {
            Stopped::Damaged(says) => Self::Statements(says),
            Stopped::Failed(says) => Self::Io(std::io::Error::other(says)),
        }
    }
}

impl Founding {
    /// Draws the vault's id and keys. Nothing is written yet.
    ///
    /// # Errors
    /// [`FoundError::InTheWay`] when the directory or the keys' directory is not empty.
    pub fn begin(paths: &Paths, clock: Box<dyn Clock>) -> Result<Self, FoundError> {
        empty(&paths.dir)?;
        empty(&paths.keys)?;
        let log = LogKey::generate(&random_origin())
            .map_err(|error| FoundError::Statements(error.to_string()))?;
        let (vault, generation) = (VaultId::random(), GenerationKey::generate());
        Ok(Self {
            paths: paths.clone(),
            vault,
            generation,
            log,
            clock,
        })
    }

    /// The vault's id.
    pub fn vault(&self) -> VaultId {
        self.vault
    }

    /// The ledger's verification key, as C2SP signed notes spell it.
    pub fn log_vkey(&self) -> String {
        self.log.verifier().to_string()
    }

    /// The clock of the vault to be.
    pub fn now(&self) -> crate::clock::Timestamp {
        self.clock.now()
    }

    /// Writes the vault: keys, store, and one frame with `genesis`, `enrol` and `member`.
    ///
    /// # Errors
    /// [`FoundError`]; what was written by then is taken away again. With the keeper comes what takes away
    /// all of it, for whoever cannot go on.
    pub(crate) fn finish(self, founded: &Founded) -> Result<(Keeper, Claim), FoundError> {
        let claim = Claim::take(&self.paths)?;
        let written = self.write(founded).and_then(|keeper| {
            claim.settle()?;
            Ok(keeper)
        });
        match written {
            Ok(keeper) => Ok((keeper, claim)),
            Err(error) => {
                claim.undo();
                Err(error)
            }
        }
    }

    fn write(self, founded: &Founded) -> Result<Keeper, FoundError> {
        let statement = crate::sealing::Statement::parse(&founded.statement)
            .map_err(|error| FoundError::Statements(error.to_string()))?;
        let genesis: Genesis = statement.read_body().ok_or_else(|| {
            FoundError::Statements("the genesis statement has another shape".to_owned())
        })?;
        Keyring::at(&self.paths.keys).create(&self.generation, &self.log)?;
        let site = Site::new(&self.paths.dir, self.vault);
        let table = KeyTable::new()
            .seal(&self.generation, &self.vault, 1)
            .map_err(|error| FoundError::Statements(error.to_string()))?;
        let mark = self.generation.derive(MARK_KEY_LABEL);
        let store = Embedded::create(&site, &table, mark).map_err(|error| match error {
            CreateError::Io(error) => FoundError::Io(error),
            other => FoundError::InTheWay(other.to_string()),
        })?;
        let config = Config {
            format: FORMAT,
            vault: self.vault,
            custody: genesis.custody.clone(),
            demo: genesis.demo,
            clock_shift_ms: founded.clock_shift_ms,
        };
        config.write(&self.paths.dir)?;
        let mut vault = vault_over(
            (self.vault, &self.paths),
            Box::new(store),
            (self.generation, self.log),
            self.clock,
        )?;
        vault.found(&statement, &genesis, founded)?;
        Keeper::over(vault, self.paths, config).map_err(FoundError::Open)
    }
}

impl Vault {
    /// Stages and commits the first frame.
    fn found(
        &mut self,
        statement: &crate::sealing::Statement,
        genesis: &Genesis,
        founded: &Founded,
    ) -> Result<(), FoundError> {
        self.begin();
        let stop = |stop: Stop| match stop {
            Stop::Refused(_, says) => FoundError::Statements(says),
            other => FoundError::Statements(format!("the founding was refused: {other:?}")),
        };
        statement
            .verify(&genesis.root)
            .map_err(|error| FoundError::Statements(error.to_string()))?;
        self.make_unit(units::vault());
        let text = String::from_utf8(founded.statement.clone())
            .map_err(|error| FoundError::Statements(error.to_string()))?;
        self.write(&units::vault(), Tree::Statement, &[], &text)?;
        if let Some(recovery) = &genesis.recovery {
            self.write(
                &units::vault(),
                Tree::Setting,
                RECOVERY,
                &recovery.to_string(),
            )?;
        }
        self.write(&units::vault(), Tree::Setting, CENTRE, &founded.centre)?;
        self.write(&units::vault(), Tree::Setting, NAME, &founded.name)?;
        self.found_admin(&genesis.root, founded).map_err(stop)?;
        let digest = statement.digest().hex();
        let said = |what: &str| json!({"founding": what, "genesis": digest});
        let facts = json!({
            "custody": genesis.custody,
            "demo": genesis.demo,
            "format": FORMAT,
            "genesis": digest,
            "log": genesis.log,
            "root": base64url(genesis.root.as_bytes()),
            "two_person": genesis.two_person,
        });
        let service = |event, ask| Entry::new(event, Ending::Ok, ActorHandle::SERVICE, ask);
        for entry in [
            service(Event::Genesis, facts),
            service(Event::Enrol, said("first administrator")),
            service(Event::Member, said("coordinators' team")),
        ] {
            self.log_service(entry)?;
        }
        self.commit()?;
        self.publish_genesis()?;
        self.openings.clear();
        Ok(())
    }

    /// Whose vault it is; `None` where it was founded by a program that did not ask.
    pub(crate) fn centre(&self) -> Result<Option<CentreFacts>, Broken> {
        self.read(&units::vault(), Tree::Setting, NAME)
    }

    fn found_admin(&mut self, root: &VerifyingKey, founded: &Founded) -> Result<(), Stop> {
        let new = &founded.admin;
        let enrolled = self.check_enrolment(new, (ROOT, root))?;
        let account = self.account_of(new, enrolled, AccountState::Active);
        let made = new.team.as_ref().ok_or(Stop::Stale)?;
        let expected = self.roll_with(&account)?.as_roll().team(new.role);
        let purpose = Purpose::Team { role: new.role };
        let body = self.check_compartment(made, (ROOT, root), purpose, &expected)?;
        let id = account.id;
        self.make_account(account)?;
        self.put_identity(id, &new.identity)?;
        self.put_statement(id, &new.enrol)?;
        self.put_compartment(made, body, None)?;
        Ok(())
    }
}
