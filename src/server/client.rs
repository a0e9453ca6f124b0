//! A desk's side of the socket.

use std::fmt;
use std::io;
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::clock::Clock as _;
use crate::clock::ShiftedClock;
use crate::clock::SystemClock;
use crate::clock::Timestamp;
use crate::ids::VaultId;
use crate::keeper::Line;
use crate::keeper::LineError;
use crate::keeper::line::EachFile;
use crate::keeper::line::Files;
use crate::keeper::message::Ask;
use crate::keeper::message::SignIn;
use crate::keeper::message::answer::Answer;
use crate::keeper::turn::Turned;
use crate::server::client::streams::Chunks;
use crate::server::client::streams::Receiving;
use crate::server::client::streams::Sending;
use crate::server::client::talk::Talk;
use crate::server::client::talk::lock;
use crate::server::client::talk::lost;
use crate::server::client::talk::not_answered;
use crate::server::incoming::Gathered;
use crate::server::message::Greeting;
use crate::server::message::Reply;
use crate::server::message::Request;
use crate::server::message::WIRE;
use crate::server::message::Welcome;
use crate::server::message::hear;
use crate::server::wire::Patience;
use crate::server::wire::Wire;
use crate::server::wire::garbled;
use crate::store::Upload;

mod backups;
mod streams;
mod talk;

/// A keeper greets at once, or it hangs.
const GREETING: Patience = Patience {
    idle: Duration::from_secs(20),
    bytes: 64 * 1024,
};
/// A connection to a keeper.
pub struct Client {
    talk: Arc<Mutex<Talk>>,
    welcome: Welcome,
    /// Milliseconds the vault's clock is ahead of the system's.
    shift_ms: AtomicI64,
}

/// Why nobody is spoken to.
#[derive(Debug)]
pub enum ConnectError {
    /// There is no socket, or nobody answers it any more.
    Nobody,
    /// This account may not use the socket.
    NotAllowed,
    /// Too many are connected already.
    Full,
    /// Whoever answers is no keeper that this program knows how to speak to.
    Unknown,
    /// The system says no.
    Io(io::Error),
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("no keeper answers at this socket"),
            Self::NotAllowed => {
                f.write_str("your account of this computer may not use the keeper's socket")
            }
            Self::Full => f.write_str("too many people use the keeper at this moment; try again"),
            Self::Unknown => f.write_str(
                "what answers at this socket is no keeper of a version this program knows",
            ),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ConnectError {}

impl Client {
    /// Connects to the keeper at `path`.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub fn connect(path: &Path) -> Result<Self, ConnectError> {
        let stream = UnixStream::connect(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => ConnectError::Nobody,
            io::ErrorKind::PermissionDenied => ConnectError::NotAllowed,
            _ => ConnectError::Io(error),
        })?;
        let mut wire = Wire::new(stream).map_err(ConnectError::Io)?;
        let greeting = hear::<Greeting>(&mut wire, GREETING);
        match greeting {
            Ok(Some(Greeting::Welcome(welcome))) if welcome.wire == WIRE => {
                Ok(Self::greeted(wire, welcome))
            }
            Ok(Some(Greeting::Full { .. })) => Err(ConnectError::Full),
            // It went away before it said anything: it is stopping.
            Ok(None) => Err(ConnectError::Nobody),
            Ok(Some(Greeting::Welcome(_))) | Err(_) => Err(ConnectError::Unknown),
        }
    }

    fn greeted(wire: Wire, welcome: Welcome) -> Self {
        let client = Self {
            talk: Arc::new(Mutex::new(Talk {
                wire,
                in_step: true,
            })),
            shift_ms: AtomicI64::new(0),
            welcome,
        };
        client.set_clock(client.welcome.now);
        client
    }

    /// `local` or `keeper`, as the keeper says.
    pub fn custody(&self) -> &str {
        &self.welcome.custody
    }

    fn set_clock(&self, now: Timestamp) {
        let at = |time: Timestamp| i64::try_from(time.as_ms()).unwrap_or(i64::MAX);
        let shift = at(now).saturating_sub(at(SystemClock.now()));
        self.shift_ms.store(shift, Ordering::Relaxed);
    }

    fn answered(&self, request: &Request) -> Result<Answer, LineError> {
        match lock(&self.talk).exchange(request)? {
            Reply::Answer { now, answer } => {
                self.set_clock(now);
                Ok(*answer)
            }
            other => Err(not_answered(other)),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("vault", &self.welcome.vault)
            .finish_non_exhaustive()
    }
}

impl Line for Client {
    fn vault(&self) -> VaultId {
        self.welcome.vault
    }

    fn vkey(&self) -> &str {
        &self.welcome.vkey
    }

    fn ledgers(&self) -> &[String] {
        &self.welcome.ledgers
    }

    fn now(&self) -> Timestamp {
        let shift_ms = self.shift_ms.load(Ordering::Relaxed);
        ShiftedClock { shift_ms }.now()
    }

    fn is_demo(&self) -> bool {
        self.welcome.demo
    }

    fn advance_clock_to(&self, to: Timestamp) -> Result<(), LineError> {
        match lock(&self.talk).exchange(&Request::MoveClock { to })? {
            Reply::ClockMoved { now } => {
                self.set_clock(now);
                Ok(())
            }
            other => Err(not_answered(other)),
        }
    }

    fn sign_in(&self, ask: SignIn) -> Result<Answer, LineError> {
        self.answered(&Request::SignIn(ask))
    }

    fn ask(&self, ask: Ask) -> Result<Answer, LineError> {
        self.answered(&Request::Ask(Box::new(ask)))
    }

    fn upload(&self) -> io::Result<Box<dyn Upload>> {
        lock(&self.talk).begin(&Request::Upload)?;
        Ok(Box::new(Sending {
            talk: Arc::clone(&self.talk),
            gathered: Gathered::default(),
        }))
    }

    fn fetch(&self, sha256: &str) -> io::Result<Box<dyn Read + Send>> {
        let sha256 = sha256.to_owned();
        let mut talk = lock(&self.talk);
        talk.begin(&Request::Fetch { sha256 })?;
        match talk.hear_reply()? {
            Reply::Payload => Ok(Box::new(Receiving {
                talk: Arc::clone(&self.talk),
                chunk: io::Cursor::default(),
                ended: false,
            })),
            Reply::Failed { says } => {
                talk.in_step = true;
                Err(io::Error::other(says))
            }
            _ => Err(garbled()),
        }
    }

    fn turn(&self) -> Result<Turned, LineError> {
        match lock(&self.talk).exchange(&Request::Turn)? {
            Reply::Turned(turned) => Ok(*turned),
            other => Err(not_answered(other)),
        }
    }

    fn ledger_files(&self, files: &Files<'_>, each: &mut EachFile<'_>) -> Result<(), LineError> {
        let entries = matches!(files, Files::WithEntries(_));
        let mut talk = lock(&self.talk);
        talk.begin(&Request::LedgerFiles { entries })
            .map_err(lost)?;
        loop {
            match talk.hear_reply().map_err(lost)? {
                Reply::File { name } => {
                    let mut content = Chunks {
                        wire: &mut talk.wire,
                        chunk: io::Cursor::default(),
                        ended: false,
                    };
                    each(&name, &mut content)?;
                    content.skip_rest().map_err(lost)?;
                }
                Reply::NoMoreFiles => {
                    talk.in_step = true;
                    return Ok(());
                }
                other => {
                    talk.in_step = true;
                    return Err(not_answered(other));
                }
            }
        }
    }
}
