//! The two closed lists of a leaf: what was done, and how it ended. A new word is a new leaf version.

use std::fmt;

/// A word that is not in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownWord;

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a word of this list")
    }
}

impl std::error::Error for UnknownWord {}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$about])* $variant,)*
        }

        impl $name {
            /// The whole list.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word as it stands in a leaf.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(UnknownWord),
                }
            }
        }
    };
}

words!(
    /// What was done.
    Event {
        /// The vault was made; always entry 0.
        Genesis = "genesis",
        /// An account was made or changed hands.
        Enrol = "enrol",
        /// A record was filed.
        Store = "store",
        /// A record got a further version.
        Amend = "amend",
        /// A version or an attachment was shown.
        Read = "read",
        /// Cards, histories or permissions were shown.
        List = "list",
        /// Records were searched through, or what a search found was shown.
        Search = "search",
        /// Something was refused.
        Refuse = "refuse",
        /// A permission began.
        Grant = "grant",
        /// A permission ended.
        End = "end",
        /// Who may read changed, exclusion included.
        Member = "member",
        /// A compartment began a new epoch.
        Rekey = "rekey",
        /// An act was proposed to a second person.
        Propose = "propose",
        /// A second person approved.
        Approve = "approve",
        /// A record was marked as checked, or access was checked.
        Check = "check",
        /// A report was released to a recipient outside.
        Release = "release",
        /// A record left as a standard age file.
        Export = "export",
        /// Something was made to be printed.
        Print = "print",
        /// Disposal was suspended.
        Hold = "hold",
        /// A suspension ended.
        Unhold = "unhold",
        /// A record moved to another case.
        Move = "move",
        /// A destruction under a rule began.
        Dispose = "dispose",
        /// A destruction became final.
        Destroyed = "destroyed",
        /// The generation of keys changed.
        Turn = "turn",
        /// Access was taken in an emergency.
        Breakglass = "breakglass",
        /// Someone signed in.
        Login = "login",
        /// A setting, a case, a person or a policy changed.
        Admin = "admin",
        /// Records were taken in from files.
        Import = "import",
        /// A backup was made.
        Backup = "backup",
        /// A step of a subject access request.
        Sar = "sar",
        /// The clock moved in a way it should not.
        Clock = "clock",
        /// The ledger's key changed.
        Rotate = "rotate",
        /// Bodies of old entries were removed.
        Prune = "prune",
        /// The vault came back from a backup.
        Restore = "restore",
    }
);

words!(
    /// How it ended.
    Outcome {
        /// Done.
        Ok = "ok",
        /// No rule permits it, or one forbids it.
        Denied = "denied",
        /// No such thing that the asker may know of.
        Unknown = "unknown",
        /// The permission had run out.
        Expired = "expired",
        /// The permission had been taken back.
        Revoked = "revoked",
        /// The account is suspended.
        Suspended = "suspended",
        /// What was sent was made for an older state.
        Stale = "stale",
        /// A second person must decide first.
        Waiting = "waiting",
        /// A hold stands in the way.
        Held = "held",
        /// The asker could not prove who they are.
        BadAuth = "bad-auth",
        /// Too many attempts.
        Rate = "rate",
        /// Begun and not completed.
        Aborted = "aborted",
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    /// Frozen: a change here is a new leaf version.
    #[test]
    fn the_lists_are_closed() {
        let events: Vec<&str> = Event::ALL.iter().map(|event| event.word()).collect();
        assert_eq!(
            events.join(" "),
            "genesis enrol store amend read list search refuse grant end member rekey propose approve \
             check release export print hold unhold move dispose destroyed turn breakglass login admin \
             import backup sar clock rotate prune restore"
        );
        let outcomes: Vec<&str> = Outcome::ALL.iter().map(|outcome| outcome.word()).collect();
        assert_eq!(
            outcomes.join(" "),
            "ok denied unknown expired revoked suspended stale waiting held bad-auth rate aborted"
        );
        assert!(events.iter().all(|word| word.parse::<Event>().is_ok()));
        assert!(outcomes.iter().all(|word| word.parse::<Outcome>().is_ok()));
        assert_eq!("Read".parse::<Event>(), Err(UnknownWord));
    }
}
