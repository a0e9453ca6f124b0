//! A keeper that shows another ledger than the vault's. A desk that knows the vault goes on only where the root
//! key says so, and one that meets it for the first time opens nothing in a ledger the vault was not founded with.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::clock::Timestamp;
use crate::desk::Desk;
use crate::desk::DeskError;
use crate::desk::forgery::kit::passphrase;
use crate::desk::forgery::kit::paths;
use crate::desk::forgery::trustees::founded;
use crate::ids::VaultId;
use crate::keeper::Keeper;
use crate::keeper::Line;
use crate::keeper::LineError;
use crate::keeper::ledgers::LedgerStatement;
use crate::keeper::line::EachFile;
use crate::keeper::line::Files;
use crate::keeper::message::Ask;
use crate::keeper::message::SignIn;
use crate::keeper::message::answer::Answer;
use crate::keeper::message::load::ROOT;
use crate::keeper::restore::Restoring;
use crate::keeper::restore::restore;
use crate::keeper::turn::Turned;
use crate::sealing::Heading;
use crate::sealing::Recovered;
use crate::sealing::SigningKey;
use crate::sealing::Statement;
use crate::sealing::StatementKind;
use crate::store::Upload;

/// A vault that goes on in a second ledger, and a desk's memory of its first.
struct Succeeded {
    home: TempDir,
    keeper: Keeper,
    root: SigningKey,
}

/// A keeper, and what it says of its ledgers.
struct Lying<'k> {
    keeper: &'k Keeper,
    ledgers: Vec<String>,
}

impl Succeeded {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let (keeper, recovered) = founded(home.path());
        let (stick, state) = (home.path().join("stick"), home.path().join("state"));
        keeper.back_up(&stick, &mut |_, _| ()).unwrap();
        // Seen by the desk, and in no backup.
        sign_in(&keeper, &state).unwrap();
        keeper.close().unwrap();
        let old = paths(home.path());
        fs::remove_dir_all(&old.dir).unwrap();
        let restoring = Restoring {
            from: stick,
            into: old.clone(),
            backup: None,
            with: None,
            beside: Vec::new(),
            state: Some(state),
            remembered: Vec::new(),
        };
        assert!(restore(&restoring, None, &mut |_, _| ()).is_err());
        let restored = restore(&restoring, Some(&recovered), &mut |_, _| ()).unwrap();
        assert!(restored.anew.unwrap().lost() > 0);
        let Recovered { root, .. } = recovered;
        Self {
            home,
            keeper: Keeper::open(&old, &[]).unwrap(),
            root,
        }
    }

    /// A copy of the desk's memory.
    fn state(&self, name: &str) -> PathBuf {
        let to = self.home.path().join(name);
        crate::desk::forgery::kit::copy(&self.home.path().join("state"), &to);
        to
    }

    fn told(&self, ledgers: &[String], state: &Path) -> Result<(), DeskError> {
        let line = Lying {
            keeper: &self.keeper,
            ledgers: ledgers.to_vec(),
        };
        sign_in(&line, state)
    }

    /// The statement, changed and signed by this key.
    fn signed(&self, key: &SigningKey, change: impl Fn(&mut LedgerStatement)) -> Vec<String> {
        let honest = Statement::parse(self.keeper.ledgers()[0].as_bytes()).unwrap();
        let mut said: LedgerStatement = honest.read_body().unwrap();
        change(&mut said);
        let heading = Heading {
            kind: StatementKind::Succeed,
            vault: self.keeper.vault(),
            by: ROOT,
            at: honest.at(),
        };
        let body = serde_json::to_value(&said).unwrap();
        let statement = Statement::sign(&heading, body, key).unwrap();
        vec![String::from_utf8(statement.bytes().to_vec()).unwrap()]
    }
}

/// Signs ada in, and has her desk look at everybody's keys.
fn sign_in(line: &dyn Line, state: &Path) -> Result<(), DeskError> {
    let mut desk = Desk::sign_in(line, "ada", &passphrase("ada"), Some(state))?;
    desk.keys(None).map(drop)
}

fn is_fork(result: &Result<(), DeskError>) -> bool {
    matches!(result, Err(DeskError::Fork(_)))
}

#[test]
fn a_known_vault_goes_on_in_another_ledger_only_where_its_root_key_says_so() {
    let vault = Succeeded::new();
    let honest = vault.keeper.ledgers().to_vec();
    let stranger = SigningKey::generate();
    // No word of the root, another key's word, and the root's word about another ledger.
    for (name, ledgers) in [
        ("silent", Vec::new()),
        ("stranger", vault.signed(&stranger, |_| ())),
        ("elsewhere", {
            let other = crate::ledger::LogKey::generate("strongroom.invalid/other").unwrap();
            let other = other.verifier().to_string();
            vault.signed(&vault.root, |said| said.replaces.clone_from(&other))
        }),
    ] {
        let state = vault.state(name);
        assert!(is_fork(&vault.told(&ledgers, &state)), "{name}");
        // The control: the same memory believes the honest keeper.
        vault.told(&honest, &state).unwrap();
        // And another ledger never again.
        assert!(is_fork(&vault.told(&ledgers, &state)), "{name}, later");
    }
    let unrelated = vec!["{}".to_owned()];
    let told = vault.told(&unrelated, &vault.state("unrelated"));
    assert!(matches!(told, Err(DeskError::Damaged(_))), "{told:?}");
}

#[test]
fn entries_before_those_that_are_lost_cannot_be_changed_under_cover_of_it() {
    let vault = Succeeded::new();
    // The root's own word, about another beginning than the vault has.
    let other = crate::ledger::merkle::leaf_hash(b"another history");
    let changed = vault.signed(&vault.root, |said| said.root = other);
    assert!(is_fork(&vault.told(&changed, &vault.state("changed"))));
    // A loss of fewer entries than the desk has seen is not believed to be none.
    let honest = vault.keeper.ledgers().to_vec();
    let line = Lying {
        keeper: &vault.keeper,
        ledgers: honest,
    };
    let state = vault.state("told");
    let told = Desk::sign_in(&line, "ada", &passphrase("ada"), Some(&state)).unwrap();
    assert!(told.lost().unwrap().entries > 0);
    drop(told);
    let again = Desk::sign_in(&line, "ada", &passphrase("ada"), Some(&state)).unwrap();
    assert_eq!(again.lost(), None);
}

#[test]
fn a_desk_that_is_new_opens_nothing_in_a_ledger_that_genesis_does_not_lead_to() {
    let vault = Succeeded::new();
    let fresh = |name: &str| vault.home.path().join(name);
    assert!(is_fork(&vault.told(&[], &fresh("one"))));
    let stranger = vault.signed(&SigningKey::generate(), |_| ());
    assert!(is_fork(&vault.told(&stranger, &fresh("two"))));
    vault.told(vault.keeper.ledgers(), &fresh("three")).unwrap();
}

impl Line for Lying<'_> {
    fn vault(&self) -> VaultId {
        self.keeper.vault()
    }

    fn vkey(&self) -> &str {
        self.keeper.vkey()
    }

    fn ledgers(&self) -> &[String] {
        &self.ledgers
    }

    fn now(&self) -> Timestamp {
        self.keeper.now()
    }

    fn is_demo(&self) -> bool {
        self.keeper.is_demo()
    }

    fn advance_clock_to(&self, at: Timestamp) -> Result<(), LineError> {
        Line::advance_clock_to(self.keeper, at)
    }

    fn sign_in(&self, ask: SignIn) -> Result<Answer, LineError> {
        Line::sign_in(self.keeper, ask)
    }

    fn ask(&self, ask: Ask) -> Result<Answer, LineError> {
        Line::ask(self.keeper, ask)
    }

    fn upload(&self) -> std::io::Result<Box<dyn Upload>> {
        self.keeper.upload()
    }

    fn fetch(&self, sha256: &str) -> std::io::Result<Box<dyn Read + Send>> {
        self.keeper.fetch(sha256)
    }

    fn ledger_files(&self, files: &Files<'_>, each: &mut EachFile<'_>) -> Result<(), LineError> {
        self.keeper.ledger_files(files, each)
    }

    fn turn(&self) -> Result<Turned, LineError> {
        Line::turn(self.keeper)
    }
}
