//! The keeper: guards, decides, logs, serves; never sees plaintext.
//!
//! `decide -> log -> serve` is the order of types in `keeper/gate.rs`: nothing that opens anything
//! leaves this room before its entry is durable. The keeper and a desk talk in the messages of
//! `keeper/message.rs`. Deliberately absent: opening, passphrases, anything a person typed as content.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc::SyncSender;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;

use crate::clock::Clock as _;
use crate::clock::Timestamp;
use crate::ids::VaultId;
use crate::keeper::broken::Broken;
use crate::keeper::config::Config;
use crate::keeper::message::Ask;
use crate::keeper::message::SignIn;
use crate::keeper::message::answer::Answer;
use crate::keeper::peer::Peer;
use crate::keeper::thread::Job;
use crate::keeper::vault::Vault;
use crate::store::PayloadRef;
use crate::store::Payloads;

pub(crate) mod access;
pub mod acts;
pub(crate) mod approving;
pub(crate) mod audit;
pub mod backup;
pub(crate) mod broken;
pub(crate) mod cases;
pub(crate) mod checks;
pub(crate) mod claim;
pub(crate) mod commit;
pub(crate) mod compartments;
pub mod config;
pub(crate) mod confirming;
pub(crate) mod conflicts;
pub mod create;
pub mod custody;
pub(crate) mod directory;
pub(crate) mod dispatch;
pub mod doctor;
pub(crate) mod due;
pub(crate) mod dues;
pub(crate) mod eligible;
pub(crate) mod emergency;
pub(crate) mod enrolment;
pub(crate) mod entry;
pub(crate) mod epochs;
pub(crate) mod errands;
pub mod facts;
pub(crate) mod filing;
pub mod finding;
pub(crate) mod gate;
pub(crate) mod granting;
pub(crate) mod grants;
pub(crate) mod guarding;
pub(crate) mod head;
pub(crate) mod header_groups;
pub(crate) mod headers;
pub(crate) mod intake;
pub mod invitations;
pub(crate) mod joining;
pub(crate) mod kept;
pub mod keyring;
pub(crate) mod leaving;
pub(crate) mod ledgers;
#[cfg(test)]
pub(crate) mod lie;
pub mod line;
pub(crate) mod listing;
pub(crate) mod looked;
pub mod members;
pub mod message;
pub(crate) mod moving;
pub(crate) mod notices;
pub(crate) mod on_file;
pub mod open;
pub(crate) mod orders;
pub(crate) mod ought;
pub(crate) mod outings;
pub(crate) mod overriding;
pub mod peer;
pub(crate) mod people;
pub mod places;
pub mod policy;
pub(crate) mod proposals;
pub(crate) mod publish;
pub(crate) mod reading;
pub(crate) mod recovery;
pub mod rehearse;
pub mod rehearsing;
pub(crate) mod reissue;
pub(crate) mod rekey;
mod releasing;
pub mod remembered;
pub(crate) mod request;
pub mod restore;
pub(crate) mod revealed;
pub(crate) mod reviewing;
pub(crate) mod roles;
pub(crate) mod rows;
pub mod rules;
pub(crate) mod said;
#[cfg(test)]
pub(crate) mod seen;
pub(crate) mod settle;
pub(crate) mod shared;
pub(crate) mod sorts;
pub(crate) mod stating;
pub(crate) mod sweep;
pub(crate) mod thread;
pub mod turn;
pub(crate) mod two_person;
pub(crate) mod under;
pub(crate) mod units;
pub(crate) mod vault;
pub mod verify;
pub(crate) mod vouching;
pub(crate) mod waiting;

pub use crate::keeper::broken::Stopped;
pub use crate::keeper::create::FoundError;
pub use crate::keeper::doctor::doctor;
pub use crate::keeper::line::Line;
pub use crate::keeper::line::LineError;
pub use crate::keeper::open::OpenError;
pub use crate::keeper::verify::verify;

/// Where a vault and its keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The vault: may be copied anywhere.
    pub dir: PathBuf,
    /// Its keys: never inside the vault, never in a backup.
    pub keys: PathBuf,
}

/// An open vault's guard. Asks may come from many threads; one thread answers them in groups.
pub struct Keeper {
    paths: Paths,
    config: Mutex<Config>,
    vault: VaultId,
    vkey: String,
    ledgers: Vec<String>,
    payloads: Arc<dyn Payloads>,
    jobs: SyncSender<Job>,
    thread: Option<JoinHandle<Vault>>,
    progress: Mutex<Option<Progress>>,
    #[cfg(test)]
    pub(crate) lie: Mutex<Option<lie::Lie>>,
}

/// Called with the number of bytes just read of something long.
pub type Progress = Box<dyn FnMut(u64) + Send>;

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper")
            .field("vault", &self.vault)
            .finish_non_exhaustive()
    }
}

impl Keeper {
    /// Starts the thread that owns the vault.
    pub(crate) fn over(vault: Vault, paths: Paths, config: Config) -> Result<Self, OpenError> {
        let (id, vkey) = (vault.id, vault.head.verifier().to_string());
        let ledgers = vault.ledgers.texts().to_vec();
        let payloads = Arc::clone(&vault.payloads);
        let (jobs, thread) = thread::start(vault).map_err(OpenError::Io)?;
        Ok(Self {
            paths,
            config: Mutex::new(config),
            vault: id,
            vkey,
            ledgers,
            payloads,
            jobs,
            thread: Some(thread),
            progress: Mutex::new(None),
            #[cfg(test)]
            lie: Mutex::new(None),
        })
    }

    /// The vault's id.
    pub fn vault(&self) -> VaultId {
        self.vault
    }

    /// The key that checks the ledger's heads, as C2SP signed notes spell it.
    pub fn vkey(&self) -> &str {
        &self.vkey
    }

    /// The root's statements that lead from the vault's first ledger to this one.
    pub fn ledgers(&self) -> &[String] {
        &self.ledgers
    }

    /// The present moment by the vault's clock.
    pub fn now(&self) -> Timestamp {
        self.run(|vault| vault.clock.now()).unwrap_or_default()
    }

    /// Answers a sign-in of this process.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn sign_in(&self, ask: SignIn) -> Result<Answer, Stopped> {
        self.sign_in_from(ask, None)
    }

    /// Answers a sign-in that came over a socket.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn sign_in_from(&self, ask: SignIn, peer: Option<Peer>) -> Result<Answer, Stopped> {
        let peer = peer.and_then(Peer::guarded);
        let (reply, answer) = sync_channel(1);
        self.send(Job::SignIn(ask, peer, reply))?;
        answer.recv().map_err(|_| stopped())?.map_err(Stopped::from)
    }

    /// Answers a signed ask of this process.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn ask(&self, ask: Ask) -> Result<Answer, Stopped> {
        self.ask_from(ask, None)
    }

    /// Answers a signed ask that came over a socket.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn ask_from(&self, ask: Ask, peer: Option<Peer>) -> Result<Answer, Stopped> {
        let peer = peer.and_then(Peer::guarded);
        #[cfg(test)]
        let asked = ask.clone();
        let (reply, answer) = sync_channel(1);
        self.send(Job::Ask(Box::new(ask), peer, reply))?;
        let answer = answer
            .recv()
            .map_err(|_| stopped())?
            .map_err(Stopped::from)?;
        #[cfg(test)]
        let answer = self.lied(&asked, answer);
        Ok(answer)
    }

    /// Runs something on the vault's own thread, between frames.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        run: impl FnOnce(&mut Vault) -> T + Send + 'static,
    ) -> Result<T, Stopped> {
        let (reply, result) = sync_channel(1);
        self.send(Job::Run(Box::new(move |vault| {
            // Whoever asked is waiting below; if not, nobody needs the result.
            let _gone = reply.try_send(run(vault)).is_err();
        })))?;
        result.recv().map_err(|_| stopped())
    }

    fn send(&self, job: Job) -> Result<(), Stopped> {
        self.jobs.send(job).map_err(|_| stopped())
    }

    /// Where the vault and its keys are.
    pub fn paths(&self) -> &Paths {
        &self.paths
    }

    /// Whether this is a demonstration vault.
    pub fn is_demo(&self) -> bool {
        self.config.lock().is_ok_and(|config| config.demo)
    }

    /// Moves a demonstration vault's clock forward for good.
    ///
    /// # Errors
    /// [`OpenError::Io`] when the new time could not be written.
    pub fn advance_clock_to(&self, at: Timestamp) -> Result<(), OpenError> {
        let ahead = |ms: u64, now: u64| {
            i64::try_from(ms)
                .unwrap_or(i64::MAX)
                .saturating_sub_unsigned(now)
        };
        let shift_ms = ahead(at.as_ms(), crate::clock::SystemClock.now().as_ms());
        {
            let mut config = self
                .config
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            config.clock_shift_ms = shift_ms;
            config.write(&self.paths.dir).map_err(OpenError::Io)?;
        }
        self.run(move |vault| vault.clock = Box::new(crate::clock::ShiftedClock { shift_ms }))
            .map_err(OpenError::from)
    }

    /// Makes the index anew from snapshot and journal; how many rows it has.
    ///
    /// # Errors
    /// [`Stopped`] with what the store says.
    pub fn rebuild_index(&self) -> Result<u64, Stopped> {
        self.run(|vault| -> Result<u64, Stopped> {
            let rows = vault.store.rebuild_index().map_err(Broken::from)?;
            vault.sweep()?;
            Ok(rows)
        })?
    }

    /// A sealed payload on its way in.
    ///
    /// # Errors
    /// What the system reports.
    pub fn upload(&self) -> std::io::Result<Box<dyn crate::store::Upload>> {
        self.payloads.upload().map_err(std::io::Error::from)
    }

    /// A sealed payload by its digest. Without the header that is served against an entry it opens
    /// nothing.
    ///
    /// # Errors
    /// What the system reports; `NotFound` when there is none.
    pub fn fetch(&self, sha256: &str) -> std::io::Result<Box<dyn std::io::Read + Send>> {
        let name = intake::object_name(sha256).ok_or(std::io::ErrorKind::NotFound)?;
        self.payloads.open(&name).map_err(std::io::Error::from)
    }

    /// Lets go of an upload that nothing was filed with; the next sweep removes it.
    pub fn forget_upload(&self, upload: &PayloadRef) {
        self.payloads.release(&upload.sha256);
    }

    /// Sets who is told how many bytes of something long have been read.
    pub fn on_progress(&self, progress: Option<Progress>) {
        if let Ok(mut slot) = self.progress.lock() {
            *slot = progress;
        }
    }

    pub(crate) fn progressed(&self, bytes: u64) {
        if let Ok(mut slot) = self.progress.lock()
            && let Some(progress) = slot.as_mut()
        {
            progress(bytes);
        }
    }

    /// Ends cleanly: publishes the ledger's static files, remembers the head beside the keys, and marks
    /// the store as closed.
    ///
    /// # Errors
    /// [`Stopped`] with what failed; everything acknowledged is durable all the same.
    pub fn close(mut self) -> Result<(), Stopped> {
        self.send(Job::Close)?;
        let thread = self.thread.take().ok_or_else(stopped)?;
        let vault = thread.join().map_err(|_| stopped())?;
        vault.close()
    }
}

impl Drop for Keeper {
    /// Without [`Keeper::close`] nothing acknowledged is lost; the next opening checks more.
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _closed = self.jobs.send(Job::Close).is_ok();
            let _joined = thread.join().is_ok();
        }
    }
}

fn stopped() -> Stopped {
    Stopped::Failed("the vault has stopped; open it again".to_owned())
}

/// SHA-256.
pub(crate) fn digest(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}
