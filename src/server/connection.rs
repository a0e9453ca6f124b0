//! One person's connection: their requests, one after another, until they go or say something that is no
//! request.

use std::collections::HashSet;
use std::io;
use std::time::Duration;

use crate::keeper::Keeper;
use crate::keeper::LineError;
use crate::keeper::Stopped;
use crate::keeper::message::Ask;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Answer;
use crate::keeper::message::answer::Outcome;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::Load;
use crate::keeper::peer::Peer;
use crate::keeper::turn::TurnError;
use crate::server::incoming::each_chunk;
use crate::server::incoming::send_chunks;
use crate::server::message::Greeting;
use crate::server::message::Reply;
use crate::server::message::Request;
use crate::server::message::WIRE;
use crate::server::message::Welcome;
use crate::server::message::hear;
use crate::server::message::say;
use crate::server::wire::Patience;
use crate::server::wire::Wire;
use crate::server::wire::garbled;
use crate::store::PayloadRef;

mod backups;

/// Someone who has not signed in yet: a sign-in or a first ask is small and comes soon.
const STRANGER: Patience = Patience {
    idle: Duration::from_mins(1),
    bytes: 64 * 1024,
};
/// Someone whose signature held.
const KNOWN: Patience = Patience {
    idle: Duration::from_mins(10),
    bytes: 64 << 20,
};
/// What a refusal waits for that somebody may be making by the thousand: each is an entry.
const DISCOURAGED: Duration = Duration::from_secs(1);

/// A connection and what has come to pass on it.
pub(crate) struct Connection<'k> {
    pub(crate) wire: Wire,
    pub(crate) keeper: &'k Keeper,
    pub(crate) peer: Peer,
    /// Whether an ask on this connection was answered: its signature held, and its account may work.
    known: bool,
    /// Whether the ledger may be taken out with its entries, once.
    entries: bool,
    /// The payloads that answers on this connection have named.
    named: HashSet<String>,
    /// What was uploaded on it.
    uploaded: Vec<PayloadRef>,
    /// Whether the vault has stopped.
    stopped: bool,
}

impl<'k> Connection<'k> {
    pub(crate) fn new(wire: Wire, keeper: &'k Keeper, peer: Peer) -> Self {
        Self {
            wire,
            keeper,
            peer,
            known: false,
            entries: false,
            named: HashSet::new(),
            uploaded: Vec::new(),
            stopped: false,
        }
    }

    /// Greets, and answers until there is nothing more to answer; whether the vault can go on.
    pub(crate) fn run(mut self) -> bool {
        // Whatever ended it, the other side is gone or is to go; nobody is left to tell.
        drop(self.converse());
        self.wire.end();
        for upload in &self.uploaded {
            self.keeper.forget_upload(upload);
        }
        !self.stopped
    }

    fn converse(&mut self) -> io::Result<()> {
        let welcome = Welcome {
            wire: WIRE,
            vault: self.keeper.vault(),
            vkey: self.keeper.vkey().to_owned(),
            ledgers: self.keeper.ledgers().to_vec(),
            demo: self.keeper.is_demo(),
            custody: self.keeper.custody(),
            now: self.keeper.now(),
        };
        say(&mut self.wire, &Greeting::Welcome(welcome))?;
        loop {
            let patience = if self.known { KNOWN } else { STRANGER };
            let Some(request) = hear(&mut self.wire, patience)? else {
                return Ok(());
            };
            self.reply(request)?;
            if self.stopped {
                return Ok(());
            }
        }
    }

    fn reply(&mut self, request: Request) -> io::Result<()> {
        match request {
            Request::SignIn(ask) => {
                let answer = self.keeper.sign_in_from(ask, Some(self.peer));
                self.answer(answer)
            }
            Request::Ask(ask) => {
                let (export, filed) = (wants_export(&ask), objects_of(&ask));
                let answer = self.keeper.ask_from(*ask, Some(self.peer));
                self.note(&answer, export, &filed);
                self.answer(answer)
            }
            Request::Upload if self.known => self.upload(),
            Request::Fetch { sha256 } if self.named.contains(&sha256) => self.fetch(&sha256),
            Request::LedgerFiles { entries: false } => self.ledger_files(false),
            Request::LedgerFiles { entries: true } if self.entries => {
                self.entries = false;
                self.ledger_files(true)
            }
            Request::MoveClock { to } if self.keeper.is_demo() => {
                let moved = self.keeper.advance_clock_to(to);
                let reply = match moved {
                    Ok(()) => Reply::ClockMoved {
                        now: self.keeper.now(),
                    },
                    Err(error) => failed(&error),
                };
                say(&mut self.wire, &reply)
            }
            Request::Turn => self.turn(),
            Request::BackUp { dir } => self.back_up(&dir),
            Request::Rehearse { dir } => self.rehearse(&dir),
            Request::Backups => self.backups(),
            // No desk of ours asks for any of these: nothing is owed to who does.
            Request::Upload
            | Request::Fetch { .. }
            | Request::LedgerFiles { .. }
            | Request::MoveClock { .. } => Err(garbled()),
        }
    }

    /// Remembers what an answer allows on this connection.
    fn note(&mut self, answer: &Result<Answer, Stopped>, export: bool, filed: &HashSet<String>) {
        let Ok(answer) = answer else { return };
        let Outcome::Done(served) = &answer.outcome else {
            return;
        };
        self.known = true;
        self.entries |= export && answer.receipt.is_some();
        let records = match served.as_ref() {
            Served::Record(record) => std::slice::from_ref(record.as_ref()),
            Served::Cards { cards, .. } => cards.as_slice(),
            _ => &[],
        };
        if matches!(served.as_ref(), Served::Filed(_)) {
            let is_filed = |upload: &PayloadRef| filed.contains(&crate::bytes::hex(&upload.sha256));
            self.uploaded.retain(|upload| !is_filed(upload));
        }
        let parts = records.iter().flat_map(|record| &record.parts);
        self.named.extend(parts.map(|part| part.sha256.clone()));
    }

    fn answer(&mut self, answer: Result<Answer, Stopped>) -> io::Result<()> {
        let reply = match answer {
            Ok(answer) => {
                if is_turned_away(&answer) {
                    std::thread::sleep(DISCOURAGED);
                }
                Reply::Answer {
                    now: self.keeper.now(),
                    answer: Box::new(answer),
                }
            }
            Err(stopped) => {
                self.stopped = true;
                Reply::Stopped { stopped }
            }
        };
        say(&mut self.wire, &reply)
    }

    fn upload(&mut self) -> io::Result<()> {
        let mut upload = self.keeper.upload();
        let taken = each_chunk(&mut self.wire, |chunk| match &mut upload {
            Ok(upload) => upload.write_all(chunk),
            // Told below.
            Err(_) => Ok(()),
        })?;
        let stored = taken
            .and(upload)
            .and_then(|upload| upload.finish().map_err(io::Error::other));
        let reply = match stored {
            Ok(stored) => {
                self.uploaded.push(stored);
                Reply::Stored {
                    sha256: crate::bytes::hex(&stored.sha256),
                    length: stored.length,
                }
            }
            Err(error) => failed(&error),
        };
        say(&mut self.wire, &reply)
    }

    fn fetch(&mut self, sha256: &str) -> io::Result<()> {
        match self.keeper.fetch(sha256) {
            Ok(mut payload) => {
                say(&mut self.wire, &Reply::Payload)?;
                send_chunks(&mut self.wire, &mut payload)
            }
            Err(error) => say(&mut self.wire, &failed(&error)),
        }
    }

    /// For whoever could stop the keeper and turn without it, and nobody else.
    fn turn(&mut self) -> io::Result<()> {
        if self.peer.guarded().is_some() {
            let says = "only the account that runs the keeper may do this; it turns by itself when that is due";
            let says = says.to_owned();
            return say(&mut self.wire, &Reply::NotReady { says });
        }
        let reply = match self.keeper.turn() {
            Ok(turned) => Reply::Turned(Box::new(turned)),
            Err(TurnError::NotReady(says)) => Reply::NotReady { says },
            Err(TurnError::Stopped(stopped)) => {
                self.stopped = true;
                Reply::Stopped { stopped }
            }
        };
        say(&mut self.wire, &reply)
    }

    fn ledger_files(&mut self, entries: bool) -> io::Result<()> {
        let files = match self.keeper.static_files(entries) {
            Ok(files) => files,
            Err(error) => return say(&mut self.wire, &failed(&error)),
        };
        let wire = &mut self.wire;
        for file in files {
            let sent = file.read_with(&mut |name, content| {
                say(
                    wire,
                    &Reply::File {
                        name: name.to_owned(),
                    },
                )?;
                send_chunks(wire, content)
            });
            sent.map_err(|error| match error {
                LineError::Io(error) => error,
                other => io::Error::other(other.to_string()),
            })?;
        }
        say(wire, &Reply::NoMoreFiles)
    }
}

impl std::fmt::Debug for Connection<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

pub(crate) fn failed(error: &dyn std::fmt::Display) -> Reply {
    Reply::Failed {
        says: error.to_string(),
    }
}

/// Whether whoever asked was not believed to be who they say, or asks too often.
fn is_turned_away(answer: &Answer) -> bool {
    let refused = |code: &str| ["bad-auth", "rate"].contains(&code);
    matches!(&answer.outcome, Outcome::Refused { code, .. } if refused(code))
}

/// The payloads that what is filed names.
fn objects_of(ask: &Ask) -> HashSet<String> {
    let Load::Records(new) = &ask.load else {
        return HashSet::new();
    };
    let parts = new.iter().flat_map(|new| &new.version.parts);
    parts.map(|part| part.sha256.clone()).collect()
}

fn wants_export(ask: &Ask) -> bool {
    let statement: Option<serde_json::Value> = serde_json::from_slice(&ask.statement).ok();
    let want = statement.and_then(|value| {
        let want = value.pointer("/body/want")?.clone();
        serde_json::from_value(want).ok()
    });
    matches!(want, Some(Want::ExportAudit {}))
}
