//! Having the keeper make, rehearse and tell of backups.

use std::path::Path;

use crate::keeper::LineError;
use crate::keeper::backup::BackupDone;
use crate::keeper::backup::BackupError;
use crate::keeper::backup::noted::Noted;
use crate::keeper::rehearse::RehearsalDone;
use crate::server::Client;
use crate::server::client::lock;
use crate::server::client::lost;
use crate::server::client::not_answered;
use crate::server::message::Reply;
use crate::server::message::Request;
use crate::store::backup::Told;

impl Client {
    /// Has a backup made in a folder, which is named as the keeper's account names it.
    ///
    /// # Errors
    /// [`LineError`]; inside, what the keeper says of it.
    pub fn back_up(
        &self,
        dir: &Path,
        told: &mut Told<'_>,
    ) -> Result<Result<BackupDone, BackupError>, LineError> {
        let dir = dir.to_owned();
        match self.long(&Request::BackUp { dir }, told)? {
            Reply::BackedUp { made } => Ok(made),
            other => Err(not_answered(other)),
        }
    }

    /// Has the restoring of the newest backup in a folder rehearsed.
    ///
    /// # Errors
    /// As [`Client::back_up`].
    pub fn rehearse(
        &self,
        dir: &Path,
        told: &mut Told<'_>,
    ) -> Result<Result<RehearsalDone, BackupError>, LineError> {
        let dir = dir.to_owned();
        match self.long(&Request::Rehearse { dir }, told)? {
            Reply::Rehearsed { made } => Ok(made),
            other => Err(not_answered(other)),
        }
    }

    /// What the vault remembers of its backups.
    ///
    /// # Errors
    /// [`LineError`].
    pub fn backups(&self) -> Result<Noted, LineError> {
        match lock(&self.talk).exchange(&Request::Backups)? {
            Reply::Backups { noted } => Ok(noted),
            other => Err(not_answered(other)),
        }
    }

    /// A request whose reply comes after others that say how far it has come.
    fn long(&self, request: &Request, told: &mut Told<'_>) -> Result<Reply, LineError> {
        let mut talk = lock(&self.talk);
        talk.begin(request).map_err(lost)?;
        loop {
            match talk.hear_reply().map_err(lost)? {
                Reply::Progress { done, whole } => told(done, whole),
                reply => {
                    talk.in_step = true;
                    return Ok(reply);
                }
            }
        }
    }
}
