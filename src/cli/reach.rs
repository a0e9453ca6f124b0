//! Which way to a vault: over the socket of a keeper that runs, or by opening its files.

use std::fs;
use std::io;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;
use std::path::PathBuf;

use crate::cli::ask;
use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::session::opening;
use crate::keeper::OpenError;
use crate::keeper::Paths;
use crate::server::Client;
use crate::server::ConnectError;

/// The ending of the socket beside a vault: `DIR.socket`.
const SOCKET: &str = "socket";

/// What `--vault` names, as far as a look from outside tells.
#[derive(Debug)]
pub(crate) enum Named {
    /// A vault's folder.
    Folder(Paths),
    /// A keeper's socket.
    Socket(PathBuf),
}

/// A way to the vault.
#[derive(Debug)]
pub(crate) enum Way {
    /// A keeper answers.
    Keeper(Client),
    /// Nobody has it open, as far as is known.
    Files(Paths),
}

/// The socket of the vault at `dir`, unless the keeper was told another.
pub(crate) fn socket_beside(dir: &Path) -> PathBuf {
    ask::beside(dir, &format!(".{SOCKET}"))
}

/// What `--vault` names, once a look has shown that something is there to sign in to.
///
/// # Errors
/// Usage, where nothing is named; refused, where nothing is there or this account may not look.
pub(crate) fn named(ask: &Ask) -> Result<Named, CliError> {
    let paths = ask.vault()?;
    let there = fs::metadata(&paths.dir);
    if there
        .as_ref()
        .is_ok_and(|data| data.file_type().is_socket())
    {
        return Ok(Named::Socket(paths.dir));
    }
    // A socket that is not there yet, or no more, is still no folder.
    let absent = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    if there.as_ref().is_err_and(absent)
        && paths.dir.extension().is_some_and(|ending| ending == SOCKET)
    {
        return Ok(Named::Socket(paths.dir));
    }
    let closed = |error: &io::Error| error.kind() == io::ErrorKind::PermissionDenied;
    let config = there.and_then(|data| {
        let is_folder = data.is_dir();
        fs::metadata(paths.dir.join("vault.toml")).map(|_| is_folder)
    });
    match config {
        Err(error) if closed(&error) => {
            let socket = socket_beside(&paths.dir);
            let beside = fs::metadata(&socket).is_ok_and(|data| data.file_type().is_socket());
            if beside {
                return Ok(Named::Socket(socket));
            }
            Err(no_look(&paths.dir))
        }
        _ if paths.dir.is_dir() => Ok(Named::Folder(paths)),
        _ => Err(opening(OpenError::NotAVault(String::new()), &paths)),
    }
}

/// The folder that `--vault` names, for what a keeper does not do for others.
///
/// # Errors
/// As [`named`]; usage, where a socket was named.
pub(crate) fn folder(ask: &Ask) -> Result<Paths, CliError> {
    match named(ask)? {
        Named::Folder(paths) => Ok(paths),
        Named::Socket(path) => Err(CliError::usage(format!(
            "this needs the vault's own files, and `{}` is a keeper's socket",
            path.display()
        ))
        .hint("run it under the keeper's account, with --vault naming the folder")),
    }
}

/// The way to what `--vault` names: over a socket, where a keeper answers.
///
/// # Errors
/// As [`named`]; refused or busy, where a socket is there that does not let this account in.
pub(crate) fn way(ask: &Ask) -> Result<Way, CliError> {
    match named(ask)? {
        Named::Socket(path) => connect(&path).map(Way::Keeper),
        Named::Folder(paths) => match keeper_of(&paths)? {
            Some(client) => Ok(Way::Keeper(client)),
            None => Ok(Way::Files(paths)),
        },
    }
}

/// The keeper that answers beside a vault's folder, if one does.
///
/// # Errors
/// As [`way`].
pub(crate) fn keeper_of(paths: &Paths) -> Result<Option<Client>, CliError> {
    let path = socket_beside(&paths.dir);
    match Client::connect(&path) {
        Ok(client) => Ok(Some(client)),
        Err(ConnectError::Nobody) => Ok(None),
        Err(error) => Err(unreached(&error, &path)),
    }
}

/// The keeper at a socket that was named.
///
/// # Errors
/// Refused or busy.
pub(crate) fn connect(path: &Path) -> Result<Client, CliError> {
    Client::connect(path).map_err(|error| unreached(&error, path))
}

fn unreached(error: &ConnectError, path: &Path) -> CliError {
    let says = format!("{error}: `{}`", path.display());
    match error {
        ConnectError::Nobody => CliError::busy(says).hint(
            "try again in a moment; if it lasts, whoever looks after this computer can start it: \
             systemctl start strongroom-keeper",
        ),
        ConnectError::NotAllowed => CliError::refused("no-access", says).hint(
            "whoever looks after this computer can add your account to the socket's group; sign in to \
             the computer again after that",
        ),
        ConnectError::Full => CliError::busy(says),
        ConnectError::Unknown => CliError::refused("no-keeper", says)
            .hint("name the socket that `strongroom keeper` prints when it starts"),
        ConnectError::Io(error) => CliError::file("reach the keeper at", path, error),
    }
}

fn no_look(dir: &Path) -> CliError {
    let says = format!(
        "your account of this computer may not look into `{}`",
        dir.display()
    );
    CliError::refused("no-access", says)
        .hint("if a keeper serves this vault, name its socket with --vault instead")
}
