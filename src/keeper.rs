//! Skeleton of the keeper's face, to compile the command line against.

use std::path::Path;
use std::path::PathBuf;

use crate::clock::Clock;
use crate::clock::Timestamp;
use crate::ids::UserId;

macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        /// A closed list.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[expect(missing_docs, reason = "skeleton")]
        pub enum $name { $(#[serde(rename = $word)] $variant,)+ }
        impl $name {
            /// All.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// Word.
            pub const fn word(self) -> &'static str { match self { $(Self::$variant => $word,)+ } }
            /// From word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.word() == word)
            }
        }
    };
}

/// Facts.
pub mod facts {
    words!(Role {
        Coordinator = "coordinator",
        Staff = "staff",
        Volunteer = "volunteer",
        SafeguardingLead = "safeguarding-lead",
        DbsCountersignatory = "dbs-countersignatory",
        DataProtectionLead = "data-protection-lead",
        Trustee = "trustee",
        Assessor = "assessor",
    });
    words!(Service {
        Supported = "supported",
        Supervised = "supervised",
        Community = "community",
        Handover = "handover",
        Virtual = "virtual",
        Indirect = "indirect",
    });
    words!(AccountState {
        Unclaimed = "unclaimed",
        Active = "active",
        Suspended = "suspended",
        Left = "left",
    });
    words!(CaseState { Open = "open", Closed = "closed" });
    words!(RecordState { Filed = "filed", Checked = "checked", Returned = "returned", Disposed = "disposed" });

    /// Account.
    #[derive(Debug, Clone)]
    #[expect(missing_docs, reason = "skeleton")]
    pub struct AccountFacts {
        pub id: crate::ids::UserId,
        pub handle: String,
        pub name: String,
        pub role: Role,
        pub state: AccountState,
        pub reports_to: Option<crate::ids::UserId>,
    }
}

/// Paths.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "skeleton")]
pub struct Paths {
    pub dir: PathBuf,
    pub keys: PathBuf,
}

/// Why not.
#[derive(Debug)]
#[expect(missing_docs, reason = "skeleton")]
pub enum OpenError {
    Locked(String),
    NotAVault,
    Damaged(String),
    WentBack(String),
    Fork(String),
    NoKeys(String),
    Io(std::io::Error),
}

/// Not stopped cleanly.
#[derive(Debug)]
pub struct CloseError;

impl std::fmt::Display for CloseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not stopped cleanly")
    }
}

/// A keeper.
#[derive(Debug)]
pub struct Keeper;

#[expect(missing_docs, clippy::missing_errors_doc, reason = "skeleton")]
impl Keeper {
    pub fn open(_paths: &Paths, _clock: Box<dyn Clock>) -> Result<Self, OpenError> {
        Err(OpenError::NotAVault)
    }
    pub fn paths(&self) -> Paths {
        Paths {
            dir: PathBuf::new(),
            keys: PathBuf::new(),
        }
    }
    pub fn close(self) -> Result<(), CloseError> {
        Ok(())
    }
    pub fn rebuild_index(&self) -> Result<(), OpenError> {
        Ok(())
    }
    pub fn demo(&self) -> bool {
        true
    }
    pub fn now(&self) -> Timestamp {
        Timestamp::from_ms(0)
    }
    pub fn advance_clock_to(&self, _at: Timestamp) -> Result<(), OpenError> {
        Ok(())
    }
    pub fn export_hashes(&self, _dir: &Path) -> Result<(), OpenError> {
        Ok(())
    }
}

/// Finding.
#[derive(Debug)]
#[expect(missing_docs, reason = "skeleton")]
pub struct Finding {
    pub level: String,
    pub what: String,
    pub action: String,
}

/// Report.
#[derive(Debug)]
#[expect(missing_docs, reason = "skeleton")]
pub struct Report {
    pub ok: bool,
    pub custody: String,
    pub findings: Vec<Finding>,
}

/// Doctor.
///
/// # Errors
/// Io.
pub fn doctor(_paths: &Paths) -> Result<Report, OpenError> {
    Err(OpenError::NotAVault)
}

/// What a check of the ledger found.
#[derive(Debug)]
#[expect(missing_docs, reason = "skeleton")]
pub struct VerifyReport {
    pub size: u64,
    pub root: String,
    pub remembered: Option<u64>,
}

/// Verify.
///
/// # Errors
/// Damage.
pub fn verify(_paths: &Paths, _remembered: Option<&Path>) -> Result<VerifyReport, OpenError> {
    Err(OpenError::NotAVault)
}

/// Unused.
#[derive(Debug)]
pub struct Unused(pub UserId);
