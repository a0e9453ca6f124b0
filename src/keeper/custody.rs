//! Custody: who could get round the gate. It is what the files' owner and modes make it, and is written
//! down whenever a keeper begins to serve.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::path::PathBuf;

use serde_json::json;

use crate::keeper::Keeper;
use crate::keeper::LineError;
use crate::keeper::Paths;
use crate::keeper::Stopped;
use crate::keeper::entry::Entry;
use crate::keeper::peer::Peer;
use crate::keeper::vault::Broken;
use crate::ledger::ActorHandle;
use crate::ledger::Event;
use crate::ledger::Outcome as Ending;

/// One account runs everything.
pub const LOCAL: &str = "local";
/// The keeper runs under an account of its own, and people reach it over a socket.
pub const KEEPER: &str = "keeper";

/// Where the accounts of this computer and their shells are listed.
const ACCOUNTS: &str = "/etc/passwd";
/// Shells of accounts that nobody signs in to.
const NO_SHELLS: [&str; 3] = ["nologin", "false", "sync"];

/// Why a vault is not in the custody of a keeper alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shared {
    /// A folder belongs to another account than the keeper's.
    Owner(PathBuf),
    /// Other accounts can look into a folder.
    Open(PathBuf),
    /// The keeper runs as root.
    Root,
    /// People can sign in to the account the keeper runs under.
    SignedInTo,
}

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner(path) => write!(
                f,
                "`{}` belongs to another account than the one the keeper runs under",
                path.display()
            ),
            Self::Open(path) => write!(
                f,
                "other accounts of this computer can look into `{}` (run: chmod 700 {})",
                path.display(),
                path.display()
            ),
            Self::Root => f.write_str("the keeper runs as root, not under an account of its own"),
            Self::SignedInTo => f.write_str(
                "the keeper runs under an account that people can sign in to, not under one of its own",
            ),
        }
    }
}

/// What keeps the vault from being in the custody of `keeper`'s account alone; `None` where nothing does.
///
/// # Errors
/// What the system reports about the vault's folders.
pub fn shared(paths: &Paths, keeper: Peer) -> io::Result<Option<Shared>> {
    if keeper.uid == 0 {
        return Ok(Some(Shared::Root));
    }
    for folder in [&paths.dir, &paths.keys] {
        let data = fs::metadata(folder)?;
        if data.uid() != keeper.uid {
            return Ok(Some(Shared::Owner(folder.clone())));
        }
        if data.mode() & 0o077 != 0 {
            return Ok(Some(Shared::Open(folder.clone())));
        }
    }
    let accounts = fs::read_to_string(ACCOUNTS).unwrap_or_default();
    Ok(is_signed_in_to(&accounts, keeper.uid).then_some(Shared::SignedInTo))
}

/// Whether the list of accounts gives an account of this number a shell. One that is not in the list was
/// made for a service alone.
fn is_signed_in_to(accounts: &str, uid: u32) -> bool {
    accounts.lines().any(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let number = fields.get(2).and_then(|number| number.parse().ok());
        let shell = fields.get(6).copied().unwrap_or_default();
        let shell = Path::new(shell).file_name().and_then(|name| name.to_str());
        number == Some(uid) && !shell.is_some_and(|shell| NO_SHELLS.contains(&shell))
    })
}

impl Keeper {
    /// `local` or `keeper`, as it is written down.
    pub fn custody(&self) -> String {
        let config = self.config.lock();
        config.map_or_else(|_| LOCAL.to_owned(), |config| config.custody.clone())
    }

    /// Writes down what custody the vault is in now that this keeper serves others, as an entry and in
    /// `vault.toml`; what keeps it from being the keeper's own.
    ///
    /// # Errors
    /// [`LineError`]; the entry may stand although the file could not be written.
    pub fn settle_custody(&self) -> Result<Option<Shared>, LineError> {
        let own = Peer::own();
        let shared = shared(&self.paths, own)?;
        let word = if shared.is_none() { KEEPER } else { LOCAL };
        if self.custody() == word {
            return Ok(shared);
        }
        let said = json!({"custody": word, "os_user": own.uid});
        self.run(move |vault| -> Result<(), Broken> {
            vault.begin();
            let entry = Entry::new(Event::Admin, Ending::Ok, ActorHandle::SERVICE, said);
            vault.log_service(entry)?;
            vault.commit()?;
            vault.openings.clear();
            Ok(())
        })?
        .map_err(Stopped::from)?;
        let mut config = self
            .config
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        word.clone_into(&mut config.custody);
        config.write(&self.paths.dir)?;
        Ok(shared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_with_a_shell_is_one_people_sign_in_to() {
        let accounts = "root:x:0:0::/root:/bin/bash\nmoira:x:1000:1000::/home/moira:/bin/bash\n\
                        strongroom:x:998:998::/:/usr/sbin/nologin\nold:x:997:997::/:\n";
        let signed_in_to = [0, 1000, 998, 997, 996].map(|uid| is_signed_in_to(accounts, uid));
        assert_eq!(signed_in_to, [true, true, false, true, false]);
    }

    #[test]
    fn a_folder_others_can_look_into_is_shared() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        let paths = Paths {
            dir: place.path().join("v"),
            keys: place.path().join("v.keys"),
        };
        let set = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        for folder in [&paths.dir, &paths.keys] {
            fs::create_dir(folder).unwrap();
            set(folder, 0o700);
        }
        let owner = fs::metadata(&paths.dir).unwrap().uid();
        let other = Peer {
            uid: owner ^ 0x4000,
        };
        let found = shared(&paths, other).unwrap();
        assert_eq!(found, Some(Shared::Owner(paths.dir.clone())));
        assert_eq!(shared(&paths, Peer { uid: 0 }).unwrap(), Some(Shared::Root));
        if owner != 0 {
            set(&paths.keys, 0o750);
            let found = shared(&paths, Peer { uid: owner }).unwrap();
            assert_eq!(found, Some(Shared::Open(paths.keys.clone())));
        }
    }
}
