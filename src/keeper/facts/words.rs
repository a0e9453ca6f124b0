//! The closed word lists of facts.

use serde::Deserialize;
use serde::Serialize;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every value, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in commands, policy and files.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The value with this word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.word() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }
    };
}

words!(
    /// What a user is at the centre.
    Role {
        /// Runs the centre: people, cases, rotas.
        Coordinator = "coordinator",
        /// Paid workers who supervise contact.
        Staff = "staff",
        /// Unpaid helpers.
        Volunteer = "volunteer",
        /// Designated safeguarding lead and deputy.
        SafeguardingLead = "safeguarding-lead",
        /// Who countersigns DBS applications.
        DbsCountersignatory = "dbs-countersignatory",
        /// Answers for data protection.
        DataProtectionLead = "data-protection-lead",
        /// Charity trustees, the chair among them.
        Trustee = "trustee",
        /// An outsider with a dated grant.
        Assessor = "assessor",
    }
);

impl Role {
    /// Whether they are no part of the centre, and see only what was opened to them.
    pub const fn is_outside(self) -> bool {
        matches!(self, Self::Assessor)
    }
}

words!(
    /// What an account may do at all.
    AccountState {
        /// Its passphrase was set by another person: may work, not approve.
        Unclaimed = "unclaimed",
        /// Its person holds the only passphrase.
        Active = "active",
        /// Nothing is served until it is resumed.
        Suspended = "suspended",
        /// The person has left for good.
        Left = "left",
    }
);

words!(
    /// Where a case stands.
    CaseState {
        /// Takes records.
        Open = "open",
        /// Takes no new records; retention counts from here.
        Closed = "closed",
    }
);

words!(
    /// Where a record stands.
    RecordState {
        /// Filed and current.
        Filed = "filed",
        /// Filed, and checked by someone other than its author.
        Checked = "checked",
        /// Sent back to its author.
        Returned = "returned",
        /// Destroyed under a rule; only history and tombstone live on.
        Disposed = "disposed",
    }
);

words!(
    /// Where a grant stands.
    GrantState {
        /// A second person has not agreed yet; nothing is served.
        Waiting = "waiting",
        /// Served from its beginning to its end.
        Active = "active",
        /// Over, by date or revoked.
        Ended = "ended",
        /// The second person said no, or it was withdrawn, or nobody answered in time.
        Refused = "refused",
    }
);

words!(
    /// Where a proposal stands.
    ProposalState {
        /// Nobody has decided.
        Waiting = "waiting",
        /// A second person agreed, and it was done.
        Approved = "approved",
        /// A second person said no.
        Refused = "refused",
        /// Its proposer took it back.
        Withdrawn = "withdrawn",
        /// Nobody decided in time.
        Expired = "expired",
    }
);

words!(
    /// Whether acts that need two people may be done by one where there is no other.
    TwoPerson {
        /// Always two.
        Required = "required",
        /// One, while nobody else who may approve is enrolled.
        Single = "single",
    }
);

words!(
    /// What a place outside the vault is for.
    PlaceUse {
        /// Holds a share of the keys, to be brought together when their folder is lost.
        Escrow = "escrow",
        /// Holds backups; a turn makes one there before it destroys the old key.
        Backup = "backup",
    }
);
