//! The socket: made so that nobody can use it before its mode is right, and served by one thread for each
//! connection, of which there are never too many.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::net::Shutdown;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::SocketAddr;
use std::os::unix::net::UnixListener;
use std::os::unix::net::UnixStream;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use crate::keeper::Keeper;
use crate::keeper::peer::Peer;
use crate::server::connection::Connection;
use crate::server::message::Greeting;
use crate::server::message::WIRE;
use crate::server::message::say;
use crate::server::wire::Wire;

/// Who may use it: its owner, and whoever is in its group.
const MODE: u32 = 0o660;
/// Connections at once.
const CONNECTIONS: usize = 64;
/// Connections of one account of this computer at once.
const CONNECTIONS_OF_ONE: usize = 16;
/// How long, at a stop, an answer may take that somebody is slow to read.
const LAST_ANSWERS: Duration = Duration::from_secs(30);

/// A socket that listens.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
    /// Device and inode: what is removed at the end is this very socket.
    file: (u64, u64),
    open: Arc<Mutex<Open>>,
}

/// Who is connected, and whether anybody still may.
#[derive(Debug, Default)]
struct Open {
    stopped: bool,
    /// Whether it was stopped because the vault had.
    failed: bool,
    next: u64,
    connections: HashMap<u64, (u32, UnixStream)>,
}

/// Ends the serving of a socket, from another thread.
#[derive(Debug)]
pub struct Stopper {
    listener: UnixListener,
    open: Arc<Mutex<Open>>,
}

/// Why there is no socket.
#[derive(Debug)]
pub enum BindError {
    /// Another keeper answers there.
    Taken,
    /// Something else stands there.
    InTheWay,
    /// The system says no.
    Io(io::Error),
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken => f.write_str("another keeper answers at this socket"),
            Self::InTheWay => {
                f.write_str("something that is not a socket stands where it is to be")
            }
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BindError {}

impl From<io::Error> for BindError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Socket {
    /// Listens at `path`. A socket there that nobody answers any more is replaced.
    ///
    /// # Errors
    /// [`BindError`]; nothing was changed.
    pub fn bind(path: &Path) -> Result<Self, BindError> {
        // What nobody could connect to is not made, although its shorter first name would do.
        SocketAddr::from_pathname(path)?;
        make_room(path)?;
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        // Nobody else can look into this folder, so nobody connects before the mode is right.
        let closed = folder.join(format!(
            ".{}",
            &crate::bytes::hex(&crate::ids::random::<4>())
        ));
        fs::DirBuilder::new().mode(0o700).create(&closed)?;
        let made = Self::bind_in(&closed, path);
        drop(fs::remove_dir(&closed));
        Ok(made?)
    }

    fn bind_in(closed: &Path, path: &Path) -> io::Result<Self> {
        let inside = closed.join("s");
        let listener = UnixListener::bind(&inside)?;
        let placed = place(&inside, path);
        if placed.is_err() {
            drop(fs::remove_file(&inside));
        }
        Ok(Self {
            listener,
            path: path.to_owned(),
            file: placed?,
            open: Arc::default(),
        })
    }

    /// What ends [`Socket::serve`] from another thread.
    ///
    /// # Errors
    /// What the system reports.
    pub fn stopper(&self) -> io::Result<Stopper> {
        Ok(Stopper {
            listener: self.listener.try_clone()?,
            open: Arc::clone(&self.open),
        })
    }

    /// Answers whoever connects, until it is stopped; what is being answered then is finished.
    ///
    /// # Errors
    /// What the system reports when it lets nobody in any more; `Other` when the vault has stopped.
    pub fn serve(&self, keeper: &Keeper) -> io::Result<()> {
        std::thread::scope(|scope| {
            let accepted = self.accept_all(|number, peer, stream| {
                let serving = move || {
                    // A bug met for one person must not end the others' work.
                    let one = AssertUnwindSafe(|| serve_one(stream, keeper, peer));
                    let goes_on = std::panic::catch_unwind(one).unwrap_or(true);
                    let mut open = self.lock();
                    open.connections.remove(&number);
                    if !goes_on {
                        open.failed = true;
                        open.stop(&self.listener);
                    }
                };
                let thread = std::thread::Builder::new().name("connection".to_owned());
                if thread.spawn_scoped(scope, serving).is_err() {
                    self.lock().connections.remove(&number);
                }
            });
            self.lock().hang_up();
            self.wait_for_the_last();
            accepted?;
            if self.lock().failed {
                return Err(io::Error::other("the vault stopped after a failure"));
            }
            Ok(())
        })
    }

    /// Lets people in until it is stopped.
    fn accept_all(&self, begin: impl Fn(u64, Peer, UnixStream)) -> io::Result<()> {
        while !self.lock().stopped {
            let error = match self.listener.accept() {
                Ok((stream, _)) => {
                    if let Some((number, peer, stream)) = self.admit(stream) {
                        begin(number, peer, stream);
                    }
                    continue;
                }
                Err(error) => error,
            };
            match rustix::io::Errno::from_io_error(&error) {
                // Woken by the stopper.
                Some(rustix::io::Errno::INVAL) if self.lock().stopped => {}
                Some(rustix::io::Errno::INVAL) => return Err(error),
                // Out of something for a moment, or the peer is gone already.
                _ => std::thread::sleep(Duration::from_millis(50)),
            }
        }
        Ok(())
    }

    /// Gives whoever is still being answered a while, and then ends it.
    fn wait_for_the_last(&self) {
        let until = Instant::now() + LAST_ANSWERS;
        while !self.lock().connections.is_empty() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(10));
        }
        for (_, stream) in self.lock().connections.values() {
            drop(stream.shutdown(Shutdown::Both));
        }
    }

    /// Lets somebody in, unless there are too many already.
    fn admit(&self, stream: UnixStream) -> Option<(u64, Peer, UnixStream)> {
        let uid = rustix::net::sockopt::socket_peercred(&stream)
            .ok()?
            .uid
            .as_raw();
        let mut open = self.lock();
        let own = open.connections.values().filter(|(of, _)| *of == uid);
        if open.connections.len() >= CONNECTIONS || own.count() >= CONNECTIONS_OF_ONE {
            drop(open);
            let told = Wire::new(stream).and_then(|mut wire| {
                // It fits what the system holds for the peer, so it waits for nobody.
                say(&mut wire, &Greeting::Full { wire: WIRE })
            });
            drop(told);
            return None;
        }
        let kept = stream.try_clone().ok()?;
        let number = open.next;
        open.next = open.next.wrapping_add(1);
        open.connections.insert(number, (uid, kept));
        Some((number, Peer { uid }, stream))
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Nobody is heard any more; what is being answered can still be said.
    fn hang_up(&mut self) {
        self.stopped = true;
        for (_, stream) in self.connections.values() {
            drop(stream.shutdown(Shutdown::Read));
        }
    }

    /// Nobody is let in any more either, and whoever waits for people wakes.
    fn stop(&mut self, listener: &UnixListener) {
        self.hang_up();
        // A listener that is gone already wakes nobody, and nobody waits on it.
        let _gone = rustix::net::shutdown(listener, rustix::net::Shutdown::Both).is_err();
    }
}

impl Stopper {
    /// Lets nobody in any more, hears nobody any more, and wakes whoever serves.
    pub fn stop(&self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.stop(&self.listener);
    }
}

impl Drop for Socket {
    /// Takes the socket's file away, unless another stands there by now.
    fn drop(&mut self) {
        let there = fs::symlink_metadata(&self.path);
        if there.is_ok_and(|data| (data.dev(), data.ino()) == self.file) {
            drop(fs::remove_file(&self.path));
        }
    }
}

/// Whether the vault can go on afterwards.
fn serve_one(stream: UnixStream, keeper: &Keeper, peer: Peer) -> bool {
    // Without its time-outs a connection is not served.
    Wire::new(stream).map_or(true, |wire| Connection::new(wire, keeper, peer).run())
}

/// Gives a new socket its mode and its place; its device and inode.
fn place(inside: &Path, path: &Path) -> io::Result<(u64, u64)> {
    fs::set_permissions(inside, fs::Permissions::from_mode(MODE))?;
    let data = fs::symlink_metadata(inside)?;
    fs::rename(inside, path)?;
    Ok((data.dev(), data.ino()))
}

/// Insists that nothing stands at `path` but, perhaps, a socket that nobody answers.
fn make_room(path: &Path) -> Result<(), BindError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.into()),
        Ok(data) if !data.file_type().is_socket() => Err(BindError::InTheWay),
        Ok(_) => match UnixStream::connect(path) {
            Ok(_) => Err(BindError::Taken),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
            Err(error) => Err(error.into()),
        },
    }
}
