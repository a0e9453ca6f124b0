//! Saying something and hearing what comes of it, in step with the keeper; or out of step, and then no more.

use std::io;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use crate::keeper::LineError;
use crate::server::message::Reply;
use crate::server::message::Request;
use crate::server::message::hear;
use crate::server::message::say;
use crate::server::wire::Patience;
use crate::server::wire::Wire;
use crate::server::wire::garbled;

/// An answer may wait for many others', and may hold a whole ledger's entries.
const ANSWER: Patience = Patience {
    idle: Duration::from_mins(5),
    bytes: 512 << 20,
};

/// The wire, while nothing has gone wrong on it.
#[derive(Debug)]
pub(crate) struct Talk {
    pub(crate) wire: Wire,
    /// Whether both sides are between a request's reply and the next request.
    pub(crate) in_step: bool,
}

impl Talk {
    /// Says something, from when on both sides are in the middle of it.
    pub(crate) fn begin(&mut self, request: &Request) -> io::Result<()> {
        if !self.in_step {
            return Err(gone());
        }
        self.in_step = false;
        say(&mut self.wire, request).map_err(|_| gone())
    }

    pub(crate) fn hear_reply(&mut self) -> io::Result<Reply> {
        hear(&mut self.wire, ANSWER)?.ok_or_else(gone)
    }

    /// A request and its one reply.
    pub(crate) fn exchange(&mut self, request: &Request) -> Result<Reply, LineError> {
        self.begin(request).map_err(lost)?;
        let reply = self.hear_reply().map_err(lost)?;
        self.in_step = true;
        Ok(reply)
    }
}

pub(crate) fn lock(talk: &Mutex<Talk>) -> MutexGuard<'_, Talk> {
    talk.lock().unwrap_or_else(PoisonError::into_inner)
}

const GONE: &str = "the keeper has gone away; whether the last thing you asked for was done is not known, \
                    so look before you do it again";

pub(crate) fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, GONE)
}

pub(crate) fn lost(_: io::Error) -> LineError {
    LineError::Lost(GONE.to_owned())
}

/// A reply that is no answer to what was asked.
pub(crate) fn not_answered(reply: Reply) -> LineError {
    match reply {
        Reply::Stopped { stopped } => LineError::Stopped(stopped),
        Reply::NotReady { says } => LineError::NotReady(says),
        Reply::Failed { says } => LineError::Io(io::Error::other(says)),
        _ => lost(garbled()),
    }
}
