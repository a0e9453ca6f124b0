//! Backups over the socket: for whoever could open the vault's files themselves, the keeper's own account and
//! root. Others would have the keeper write where they may not.

use std::io;
use std::path::Path;

use crate::server::connection::Connection;
use crate::server::connection::failed;
use crate::server::message::Reply;
use crate::server::message::say;

/// Why others are refused.
const NOT_YOURS: &str = "a keeper makes and rehearses backups for the account it runs under alone; run this as that \
                         account, or ask whoever looks after this computer";
/// Progress is told after each of so many parts of the whole.
const PARTS: u64 = 200;

impl Connection<'_> {
    pub(crate) fn back_up(&mut self, dir: &Path) -> io::Result<()> {
        if self.peer.is_guarded() {
            return say(&mut self.wire, &failed(&NOT_YOURS));
        }
        let keeper = self.keeper;
        let made = keeper.back_up(dir, &mut self.telling());
        say(&mut self.wire, &Reply::BackedUp { made })
    }

    pub(crate) fn rehearse(&mut self, dir: &Path) -> io::Result<()> {
        if self.peer.is_guarded() {
            return say(&mut self.wire, &failed(&NOT_YOURS));
        }
        let keeper = self.keeper;
        let made = keeper.rehearse(dir, &mut self.telling());
        say(&mut self.wire, &Reply::Rehearsed { made })
    }

    pub(crate) fn backups(&mut self) -> io::Result<()> {
        if self.peer.is_guarded() {
            return say(&mut self.wire, &failed(&NOT_YOURS));
        }
        let reply = match self.keeper.backups() {
            Ok(noted) => Reply::Backups { noted },
            Err(stopped) => Reply::Stopped { stopped },
        };
        say(&mut self.wire, &reply)
    }

    /// Tells the other side how far something has come, now and then. Where they have gone, it goes on.
    fn telling(&mut self) -> impl FnMut(u64, u64) {
        let wire = &mut self.wire;
        let mut last = 0;
        move |done, whole| {
            if done.saturating_sub(last) > whole / PARTS {
                last = done;
                drop(say(wire, &Reply::Progress { done, whole }));
            }
        }
    }
}
