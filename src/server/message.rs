//! What is said over the socket: the keeper's and a desk's own messages, and what carries payloads and
//! files beside them. Versioned by its greeting; the messages inside have a version of their own.

use std::io;
use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock::Timestamp;
use crate::ids::VaultId;
use crate::keeper::backup::BackupDone;
use crate::keeper::backup::BackupError;
use crate::keeper::backup::noted::Noted;
use crate::keeper::message::Ask;
use crate::keeper::message::SignIn;
use crate::keeper::message::answer::Answer;
use crate::keeper::rehearse::RehearsalDone;
use crate::keeper::turn::Turned;
use crate::server::wire::Frame;
use crate::server::wire::Patience;
use crate::server::wire::Sort;
use crate::server::wire::Wire;
use crate::server::wire::garbled;

/// The version of what is said here.
pub(crate) const WIRE: u32 = 1;

/// The first thing the keeper says, before it is asked anything.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Greeting {
    /// It listens.
    Welcome(Welcome),
    /// Too many are there already.
    Full {
        /// [`WIRE`].
        wire: u32,
    },
}

/// What everybody who may use the socket may know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Welcome {
    /// [`WIRE`].
    pub(crate) wire: u32,
    /// The vault.
    pub(crate) vault: VaultId,
    /// The key that checks its ledger's heads.
    pub(crate) vkey: String,
    /// The root's statements that lead to this ledger from the vault's first; absent where it is the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) ledgers: Vec<String>,
    /// Whether it is a demonstration vault.
    pub(crate) demo: bool,
    /// `local` or `keeper`.
    pub(crate) custody: String,
    /// The present moment by its clock.
    pub(crate) now: Timestamp,
}

/// What a desk says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Request {
    /// Signs in.
    SignIn(SignIn),
    /// Asks.
    Ask(Box<Ask>),
    /// A payload follows, in chunks, an empty one last. What breaks off leaves nothing behind.
    Upload,
    /// Wants a payload, which an answer on this connection has named.
    Fetch {
        /// Its digest, hex.
        sha256: String,
    },
    /// Wants the ledger's static files; with entries only after the entry that says so.
    LedgerFiles {
        /// The entries too.
        entries: bool,
    },
    /// Has a backup made; from whoever could open the vault's files themselves.
    BackUp {
        /// The folder, as the keeper's account names it.
        dir: PathBuf,
    },
    /// Has the restoring of a backup rehearsed; likewise.
    Rehearse {
        /// The folder.
        dir: PathBuf,
    },
    /// Wants what the vault remembers of its backups; likewise.
    Backups,
    /// Moves a demonstration vault's clock forward.
    MoveClock {
        /// To when.
        to: Timestamp,
    },
    /// Turns to the next generation; for the account that runs the keeper.
    Turn,
}

/// What the keeper says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reply {
    /// To a sign-in or an ask.
    Answer {
        /// The present moment by the vault's clock.
        now: Timestamp,
        /// The keeper's answer.
        answer: Box<Answer>,
    },
    /// To an upload: it is durable.
    Stored {
        /// Its digest, hex.
        sha256: String,
        /// Its length.
        length: u64,
    },
    /// To a fetch: chunks follow, an empty one last.
    Payload,
    /// To a request for files: this one follows, in chunks, an empty one last; then the next.
    File {
        /// Its path below the folder.
        name: String,
    },
    /// That was the last file.
    NoMoreFiles,
    /// So many bytes of something long are done; more replies follow.
    Progress {
        /// Bytes.
        done: u64,
        /// Of how many.
        whole: u64,
    },
    /// To a backup.
    BackedUp {
        /// What came of it.
        made: Result<BackupDone, BackupError>,
    },
    /// To a rehearsal.
    Rehearsed {
        /// What came of it.
        made: Result<RehearsalDone, BackupError>,
    },
    /// What the vault remembers of its backups.
    Backups {
        /// For each place.
        noted: Noted,
    },
    /// The clock was moved.
    ClockMoved {
        /// The present moment by it.
        now: Timestamp,
    },
    /// How the turn stands.
    Turned(Box<Turned>),
    /// Nothing was changed: something has to be there first; in words.
    NotReady {
        /// In words.
        says: String,
    },
    /// Not done; why, in words.
    Failed {
        /// In words.
        says: String,
    },
    /// The keeper cannot go on; why, in words.
    Stopped {
        /// Damage or a failing disk, in words.
        stopped: crate::keeper::Stopped,
    },
}

/// Says something.
pub(crate) fn say<T: Serialize>(wire: &mut Wire, message: &T) -> io::Result<()> {
    wire.send(Sort::Message, &serde_json::to_vec(message)?)
}

/// Hears something; `None` where the other side has gone.
pub(crate) fn hear<T: DeserializeOwned>(
    wire: &mut Wire,
    patience: Patience,
) -> io::Result<Option<T>> {
    match wire.receive(patience)? {
        None => Ok(None),
        Some(frame) => parse(&frame).map(Some),
    }
}

fn parse<T: DeserializeOwned>(frame: &Frame) -> io::Result<T> {
    if frame.sort != Sort::Message {
        return Err(garbled());
    }
    serde_json::from_slice(&frame.body).map_err(|_| garbled())
}
