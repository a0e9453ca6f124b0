//! `strongroom keeper`: serves a vault over a socket, to accounts that cannot look into it.

use std::path::Path;
use std::path::PathBuf;

use serde_json::json;
use signal_hook::consts::SIGHUP;
use signal_hook::consts::SIGINT;
use signal_hook::consts::SIGTERM;
use signal_hook::iterator::Signals;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::reach;
use crate::cli::session;
use crate::keeper::Keeper;
use crate::keeper::custody::Shared;
use crate::server::BindError;
use crate::server::Socket;

/// Serve the vault over a socket, so that nobody needs to look into its files
///
/// Runs until it is stopped (Ctrl-C, or systemctl stop), under an account of its own that alone may look
/// into the vault and its keys. Whoever may use the socket, its owner and its group, uses the vault
/// through it by themselves: the same commands, with --vault naming the folder or the socket. Each
/// person's account at the centre then works from the computer account it was first used from.
///
/// Needs nobody signed in.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom --vault /var/lib/strongroom/centre keeper --socket /run/strongroom/centre.socket
  strongroom --vault /run/strongroom/centre.socket --as moira case list")]
pub(crate) struct Args {
    /// Where the socket is made [default: DIR.socket]
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    ask.no_clock_to_move()?;
    let paths = reach::folder(ask)?;
    let path = args.socket.clone();
    let path = path.unwrap_or_else(|| reach::socket_beside(&paths.dir));
    // Before the vault is opened, so that no signal finds it open and nobody listening.
    let signals = Signals::new([SIGINT, SIGTERM, SIGHUP])
        .map_err(|error| CliError::file("wait for the end of", &path, &error))?;
    let keeper = Keeper::open(&paths, &[]).map_err(|error| session::opening(error, &paths))?;
    let served = serve(&keeper, &path, signals, out);
    let closed = keeper.close().map_err(session::stopped);
    served.and(closed)
}

fn serve(keeper: &Keeper, path: &Path, signals: Signals, out: &mut Out) -> Result<(), CliError> {
    let unmade = |error: std::io::Error| CliError::file("make the socket", path, &error);
    let socket = Socket::bind(path).map_err(|error| unbound(error, path))?;
    let stopper = socket.stopper().map_err(unmade)?;
    let shared = keeper.settle_custody().map_err(|error| {
        CliError::refused("file", format!("the vault's custody is unclear: {error}"))
    })?;
    let handle = signals.handle();
    std::thread::scope(|scope| {
        let mut signals = signals;
        scope.spawn(move || {
            if signals.forever().next().is_some() {
                stopper.stop();
            }
        });
        let served = announce(keeper, path, shared.as_ref(), out)
            .and_then(|()| socket.serve(keeper).map_err(|error| ended(path, &error)));
        handle.close();
        served
    })
}

/// One line, when people can connect.
fn announce(
    keeper: &Keeper,
    path: &Path,
    shared: Option<&Shared>,
    out: &mut Out,
) -> Result<(), CliError> {
    let custody = keeper.custody();
    if out.json() {
        out.document(&json!({ "socket": path, "custody": custody }))?;
    } else {
        let line = format!(
            "Serving at {}. Custody is `{custody}`. Stop with Ctrl-C.",
            path.display()
        );
        out.done(None, &line);
    }
    out.print_now()?;
    if let Some(why) = shared {
        out.warning(&format!("custody is `{custody}` because {why}"));
    }
    Ok(())
}

/// Why it serves no more; what starts it again opens the vault anew.
fn ended(path: &Path, error: &std::io::Error) -> CliError {
    CliError::file("go on serving at", path, error)
        .hint("start it again; if it stops again, see what is wrong: strongroom doctor")
}

fn unbound(error: BindError, path: &Path) -> CliError {
    let path_says = path.display();
    match error {
        BindError::Taken => CliError::busy(format!("{}: `{path_says}`", BindError::Taken))
            .hint("stop it first, or name another place with --socket"),
        BindError::InTheWay => CliError::refused(
            "in-the-way",
            format!("{}: `{path_says}`", BindError::InTheWay),
        )
        .hint("move it away, or name another place with --socket"),
        BindError::Io(error) if error.kind() == std::io::ErrorKind::InvalidInput => {
            let says = format!("the socket's path is too long: `{path_says}`");
            CliError::refused("socket-path", says).hint("give a shorter one with --socket")
        }
        BindError::Io(error) => CliError::file("make the socket", path, &error),
    }
}
