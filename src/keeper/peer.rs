//! The account of this computer a message came from, over a socket.
//!
//! A person's account at the centre is bound to the account of this computer from which the first ask
//! signed by its key arrives. From then on it is answered there and nowhere else over a socket, and the
//! sealed identity is handed out there alone: a passphrase that was looked at over someone's shoulder is
//! of no use from another account of this computer. Suspending releases it.
//!
//! Who could open the vault's files past any socket, the keeper's own account and root, has no peer.

use std::collections::HashMap;
use std::collections::VecDeque;

use serde_json::json;

use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::keeper::entry::Entry;
use crate::keeper::facts::AccountFacts;
use crate::keeper::request::Request;
use crate::keeper::request::Stop;
use crate::keeper::vault::Vault;
use crate::ledger::Event;
use crate::ledger::Outcome as Ending;

/// Sign-ins in [`WINDOW_MS`] for one account, and from one account of this computer.
const SIGN_INS: usize = 10;
/// Sign-ins in [`WINDOW_MS`] from the account of this computer that an account is bound to: they hand out
/// nothing new, so only the ledger is spared.
const SIGN_INS_AT_HOME: usize = 120;
/// Over how long sign-ins are counted: a minute.
const WINDOW_MS: u64 = 60_000;
/// How many are counted apart before those that have been quiet for a while are dropped.
const COUNTED: usize = 1024;

/// Why an account is not answered here.
const ELSEWHERE: &str = "this account is used from another account of this computer; sign in there, or ask a \
                         coordinator to suspend and resume it, which lets it move";
/// Why a sign-in has to wait.
const TOO_OFTEN: &str =
    "there were too many sign-ins within a minute; wait a minute, and try again";

/// An account of this computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its number.
    pub uid: u32,
}

impl Peer {
    /// The account this program runs under.
    pub fn own() -> Self {
        let uid = rustix::process::geteuid().as_raw();
        Self { uid }
    }

    /// Whether the gate holds against it: it is neither the keeper's own account nor root.
    pub fn is_guarded(self) -> bool {
        self.guarded().is_some()
    }

    /// The peer as the gate takes it: none, where the gate could not hold against it anyway.
    pub(crate) fn guarded(self) -> Option<Self> {
        (self.uid != 0 && self != Self::own()).then_some(self)
    }
}

/// Recent sign-ins.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    recent: HashMap<Who, VecDeque<Timestamp>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Who {
    Account(UserId),
    Uid(u32),
}

impl Throttle {
    /// Counts a sign-in; whether there were more than `most` within the window before it.
    fn too_often(&mut self, who: Who, now: Timestamp, most: usize) -> bool {
        let live = |at: &Timestamp| at.plus_ms(WINDOW_MS) > now;
        if self.recent.len() >= COUNTED {
            self.recent.retain(|_, times| times.iter().any(live));
        }
        let times = self.recent.entry(who).or_default();
        while times.front().is_some_and(|at| !live(at)) {
            times.pop_front();
        }
        if times.len() >= most {
            return true;
        }
        times.push_back(now);
        false
    }
}

impl Vault {
    /// Whether the sealed identity of `account`, or the news that there is no such account, may go to this
    /// peer now.
    pub(crate) fn admit_sign_in(
        &mut self,
        account: Option<&AccountFacts>,
        peer: Option<Peer>,
    ) -> Result<(), Stop> {
        let Some(Peer { uid }) = peer else {
            return Ok(());
        };
        let now = self.now();
        let bound = account.and_then(|account| account.os_user);
        let at_home = bound == Some(uid);
        let most = if at_home { SIGN_INS_AT_HOME } else { SIGN_INS };
        let often = |throttle: &mut Throttle, who| throttle.too_often(who, now, most);
        // Those at home are counted by account alone: many people may share one computer account.
        let refused = (!at_home && often(&mut self.throttle, Who::Uid(uid)))
            || account.is_some_and(|account| often(&mut self.throttle, Who::Account(account.id)));
        if refused {
            return Err(Stop::Rate(TOO_OFTEN));
        }
        if bound.is_some() && !at_home {
            return Err(Stop::BadAuth(ELSEWHERE));
        }
        Ok(())
    }

    /// Insists that a signed ask comes from where its account is bound to; binds it, where it is not yet.
    pub(crate) fn check_peer(
        &mut self,
        request: &mut Request,
        peer: Option<Peer>,
    ) -> Result<(), Stop> {
        let Some(Peer { uid }) = peer else {
            return Ok(());
        };
        match request.asker.os_user {
            Some(bound) if bound == uid => Ok(()),
            Some(_) => Err(Stop::BadAuth(ELSEWHERE)),
            // Who is suspended is refused further on, and binds nothing.
            None if !request.asker.may_work() => Ok(()),
            None => {
                request.asker.os_user = Some(uid);
                self.put_account(request.asker.clone())?;
                let said = json!({"os_user": uid, "user": request.asker.id.to_string()});
                let entry = Entry::new(Event::Admin, Ending::Ok, request.actor, said);
                self.log_service(entry)?;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_ins_are_counted_by_the_minute() {
        let mut throttle = Throttle::default();
        let start = Timestamp::from_ms(1_000_000);
        let mut tried = |who, after_ms| throttle.too_often(who, start.plus_ms(after_ms), 3);
        let (one, other) = (Who::Uid(1), Who::Uid(2));
        assert_eq!([0, 1, 2].map(|ms| tried(one, ms)), [false; 3]);
        assert!(tried(one, 59_999));
        assert!(!tried(other, 59_999), "others are counted apart");
        assert!(!tried(one, 60_000), "the first is a minute ago");
        assert!(tried(one, 60_000));
        assert!(!tried(one, 60_001));
    }

    #[test]
    fn whoever_could_open_the_files_has_no_peer() {
        assert_eq!(Peer { uid: 0 }.guarded(), None);
        assert_eq!(Peer::own().guarded(), None);
        let other = Peer {
            uid: Peer::own().uid ^ 0x4000,
        };
        assert_eq!(other.guarded(), Some(other));
    }
}
