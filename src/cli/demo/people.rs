//! The invented people's accounts, made and claimed the way real people's are.
//!
//! Sealing keys under a passphrase is slow on purpose and concerns nobody else, so it is done ahead, on
//! whatever processors are free. What is said to the keeper keeps its order: every demo tells one story.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::SyncSender;
use std::sync::mpsc::sync_channel;
use std::thread;

use crate::cli::demo::centre::Centre;
use crate::cli::demo::centre::Faulty;
use crate::cli::demo::centre::Person;
use crate::cli::fail::CliError;
use crate::cli::file;
use crate::desk::Desk;
use crate::desk::NewKeys;
use crate::desk::NewUser;
use crate::keeper::Keeper;
use crate::sealing;
use crate::sealing::Passphrase;

/// Words after the mark of a demo passphrase.
const WORDS: usize = 3;
/// Keys sealed at once at most: each takes 128 MiB while it is done.
const AT_ONCE: usize = 4;

/// Everybody signed in, by handle.
pub(crate) type Desks<'k> = BTreeMap<String, Desk<'k>>;

/// Someone's passphrases.
#[derive(Debug)]
pub(crate) struct Words {
    handle: String,
    /// The one the coordinator gives them.
    first: Passphrase,
    /// The one they choose.
    own: Passphrase,
}

impl Words {
    /// Passphrases for everybody; those that stay are written into `signin`.
    ///
    /// # Errors
    /// Refused, when a file cannot be written.
    pub(crate) fn choose(centre: &Centre, signin: &Path) -> Result<Vec<Self>, CliError> {
        let choose = |person: &Person| {
            let own = passphrase();
            let line = format!("{}\n", own.expose());
            file::secret(&signin.join(&person.handle), line.as_bytes())?;
            Ok(Self {
                handle: person.handle.clone(),
                first: passphrase(),
                own,
            })
        };
        centre.people.iter().map(choose).collect()
    }

    /// A copy of someone's own passphrase.
    ///
    /// # Errors
    /// [`Faulty`], when nobody is called so.
    pub(crate) fn own_of(all: &[Self], handle: &str) -> Result<Passphrase, Faulty> {
        Ok(copy(&words_of(all, handle)?.own))
    }
}

fn words_of<'w>(all: &'w [Words], handle: &str) -> Result<&'w Words, Faulty> {
    all.iter()
        .find(|words| words.handle == handle)
        .ok_or_else(|| Faulty::new(format!("nobody is called {handle}")))
}

fn passphrase() -> Passphrase {
    let words = sealing::generate_words(WORDS);
    Passphrase::new(format!("{}{}", sealing::DEMO_PREFIX, words.expose()))
}

fn copy(passphrase: &Passphrase) -> Passphrase {
    Passphrase::new(passphrase.expose().to_owned())
}

/// Keys to be sealed, and where they go.
type Queue = Mutex<VecDeque<(Passphrase, SyncSender<NewKeys>)>>;

/// Keys being sealed ahead, in the order of the people: all the first ones, then all their own.
#[derive(Debug)]
pub(crate) struct Ahead(Receiver<Receiver<NewKeys>>);

impl Ahead {
    fn next(&self) -> Result<NewKeys, CliError> {
        let sealed = self.0.try_recv().ok().and_then(|one| one.recv().ok());
        sealed.ok_or_else(|| CliError::bug("the demo's keys ran out".to_owned()))
    }
}

/// Lets `work` go on while the keys of everybody but the first person, who founds the vault, are sealed.
pub(crate) fn sealing_ahead<T>(words: &[Words], work: impl FnOnce(&Ahead) -> T) -> T {
    let others = words.iter().skip(1);
    let first = others.clone().map(|words| &words.first);
    let queue = Queue::default();
    let (tell, told) = sync_channel(words.len() * 2);
    for passphrase in first.chain(others.map(|words| &words.own)) {
        let (done, sealed) = sync_channel(1);
        let _kept = tell.try_send(sealed).is_ok();
        waiting(&queue).push_back((copy(passphrase), done));
    }
    let processors = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..processors.min(AT_ONCE) {
            scope.spawn(|| seal_all(&queue));
        }
        let result = work(&Ahead(told));
        // After a failure nobody waits for the rest.
        waiting(&queue).clear();
        result
    })
}

fn seal_all(queue: &Queue) {
    while let Some((passphrase, done)) = next_of(queue) {
        let _gone = done.try_send(NewKeys::under(&passphrase)).is_err();
    }
}

/// The queue is left before the slow work begins.
fn next_of(queue: &Queue) -> Option<(Passphrase, SyncSender<NewKeys>)> {
    waiting(queue).pop_front()
}

fn waiting(
    queue: &Queue,
) -> std::sync::MutexGuard<'_, VecDeque<(Passphrase, SyncSender<NewKeys>)>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The first person adds the others, and each claims the account with a passphrase of their own.
///
/// # Errors
/// What a desk says; [`Faulty`] data.
pub(crate) fn enrol<'k>(
    keeper: &'k Keeper,
    (centre, words): (&Centre, &[Words]),
    ahead: &Ahead,
    next: &mut dyn FnMut(),
) -> Result<Desks<'k>, CliError> {
    let (first, others) = centre
        .people
        .split_first()
        .ok_or_else(|| Faulty::new("nobody works there"))?;
    let own = Words::own_of(words, &first.handle)?;
    let mut coordinator = sign_in(keeper, &first.handle, &own)?;
    next();
    for person in others {
        let new = NewUser {
            handle: person.handle.clone(),
            name: Some(person.name.clone()),
            role: person.role,
            reports_to: person.reports_to.clone(),
        };
        coordinator.add_user_with(&new, ahead.next()?)?;
        next();
    }
    let mut desks = Desks::from([(first.handle.clone(), coordinator)]);
    for person in others {
        let given = &words_of(words, &person.handle)?.first;
        let mut desk = sign_in(keeper, &person.handle, given)?;
        desk.take_keys(ahead.next()?)?;
        desks.insert(person.handle.clone(), desk);
        next();
    }
    Ok(desks)
}

fn sign_in<'k>(
    keeper: &'k Keeper,
    handle: &str,
    passphrase: &Passphrase,
) -> Result<Desk<'k>, CliError> {
    // Nobody's own memory: the invented people have no machine of their own.
    Ok(Desk::sign_in(keeper, handle, passphrase, None)?)
}
