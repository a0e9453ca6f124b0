//! One command's time with a vault: reached or opened, used, closed again, whatever happened in between.

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::fail::FieldProblem;
use crate::cli::interrupt;
use crate::cli::notices;
use crate::cli::out::Out;
use crate::cli::reach;
use crate::cli::reach::Way;
use crate::desk::Desk;
use crate::desk::DeskError;
use crate::keeper::FoundError;
use crate::keeper::Keeper;
use crate::keeper::Line;
use crate::keeper::OpenError;
use crate::keeper::Paths;
use crate::records::dates;

/// Reaches the vault, over a keeper's socket or by opening its files, moves a demo vault's clock where that
/// is asked for, and lets `act` work.
///
/// # Errors
/// Whatever reaching it or `act` says.
pub(crate) fn with_line<T>(
    ask: &Ask,
    out: &mut Out,
    act: impl FnOnce(&dyn Line, &mut Out) -> Result<T, CliError>,
) -> Result<T, CliError> {
    match reach::way(ask)? {
        Way::Keeper(client) => {
            interrupt::watch();
            move_clock(&client, ask)?;
            act(&client, out)
        }
        Way::Files(paths) => with_keeper_at(&paths, ask, out, |keeper, out| act(keeper, out)),
    }
}

/// Opens a vault's files, moves a demo vault's clock where that is asked for, lets `act` work, closes.
///
/// # Errors
/// Whatever opening or `act` says. A stop that is not clean is a warning: what was done is done.
pub(crate) fn with_keeper_at<T>(
    paths: &Paths,
    ask: &Ask,
    out: &mut Out,
    act: impl FnOnce(&Keeper, &mut Out) -> Result<T, CliError>,
) -> Result<T, CliError> {
    interrupt::watch();
    let keeper = Keeper::open(paths, &[]).map_err(|error| opening(error, paths))?;
    let result = move_clock(&keeper, ask).and_then(|()| act(&keeper, out));
    if let Err(error) = keeper.close() {
        out.warning(&format!(
            "the vault could not be closed cleanly ({error}); what was done is safe"
        ));
    }
    result
}

/// Reaches the vault and signs the asking person in.
///
/// # Errors
/// As [`with_line`]; usage, where nobody is named or no passphrase is to be had; denied sign-ins.
pub(crate) fn with_desk<T>(
    ask: &Ask,
    out: &mut Out,
    act: impl FnOnce(&mut Desk, &mut Out) -> Result<T, CliError>,
) -> Result<T, CliError> {
    with_desk_alone(ask, out, |desk, out| {
        notices::tell(desk, out);
        act(desk, out)
    })
}

/// As [`with_desk`], without a word about notices: for what shows them.
///
/// # Errors
/// As [`with_desk`].
pub(crate) fn with_desk_alone<T>(
    ask: &Ask,
    out: &mut Out,
    act: impl FnOnce(&mut Desk, &mut Out) -> Result<T, CliError>,
) -> Result<T, CliError> {
    // A look first, so that nobody types a passphrase for nothing; nobody waits on a line meanwhile.
    reach::named(ask)?;
    let user = ask.user()?;
    let passphrase = ask.passphrase(&user)?;
    with_line(ask, out, |line, out| {
        let mut desk = Desk::sign_in(line, &user, &passphrase, ask.memory())?;
        notices::tell_lost(&desk, out);
        notices::tell_missed(&desk, out);
        act(&mut desk, out)
    })
}

fn move_clock(line: &dyn Line, ask: &Ask) -> Result<(), CliError> {
    let Some(text) = ask.at() else {
        return Ok(());
    };
    if !line.is_demo() {
        let says = "--at moves the clock of a demo vault; this vault keeps the real time";
        return Err(CliError::refused("not-a-demo", says));
    }
    let to = dates::point(text, line.now(), dates::Edge::Start)
        .map_err(|error| CliError::usage(format!("--at {text}: {error}")))?;
    if to < line.now() {
        let now = dates::people_moment(line.now());
        let says = format!("a demo vault's clock moves only forward, and it shows {now} already");
        return Err(CliError::refused("clock", says));
    }
    Ok(line.advance_clock_to(to).map_err(DeskError::from)?)
}

/// Why a vault could not be opened, in words.
pub(crate) fn opening(error: OpenError, paths: &Paths) -> CliError {
    let dir = paths.dir.display();
    match error {
        OpenError::Locked(says) => {
            CliError::busy(says).hint("if that is a keeper, name its socket with --vault")
        }
        OpenError::NotAVault(_) => {
            CliError::refused("no-vault", format!("there is no vault at `{dir}`")).hint(
                "check --vault, or make one: strongroom init, or strongroom demo to try things",
            )
        }
        OpenError::Damaged(says) => {
            CliError::damaged(says).hint("change nothing, and see what is left: strongroom doctor")
        }
        OpenError::WentBack(says) => CliError::went_back(says),
        OpenError::Fork(says) => CliError::fork(says),
        OpenError::NoKeys(says) => CliError::refused("no-keys", says).hint(format!(
            "the keys are expected at `{}`; --keys says where they are",
            paths.keys.display()
        )),
        OpenError::Io(error) => CliError::file("open", &paths.dir, &error),
    }
}

impl From<DeskError> for CliError {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Denied { rule, says, entry } => Self::denied(rule, says, entry),
            DeskError::Unknown => Self::unknown(),
            DeskError::Refused { code, says } => Self::refused(code, says),
            DeskError::Form(problems) => form(&problems),
            DeskError::WrongPassphrase => Self::wrong_passphrase(),
            DeskError::Busy(says) => Self::busy(says),
            DeskError::Damaged(says) => Self::damaged(says),
            DeskError::Fork(says) => Self::fork(says),
            DeskError::WentBack(says) => Self::went_back(says),
            DeskError::Io(says) => Self::refused("file", says),
        }
    }
}

impl From<FoundError> for CliError {
    fn from(error: FoundError) -> Self {
        let code = match &error {
            FoundError::Refused(code, _) => code,
            FoundError::InTheWay(_) => "in-the-way",
            FoundError::Statements(_) => "not-founded",
            FoundError::Open(_) | FoundError::Io(_) => "file",
        };
        Self::refused(code, error.to_string())
    }
}

/// The problems of a form, each with its field and an example.
pub(crate) fn form<'a>(
    problems: impl IntoIterator<Item = &'a crate::records::Problem>,
) -> CliError {
    let problems = problems.into_iter().map(|problem| FieldProblem {
        field: problem.field.clone(),
        rule: problem.rule.clone(),
        example: problem.example.clone(),
    });
    CliError::form(problems.collect())
}

/// The keeper stopped: something below it failed.
pub(crate) fn stopped(stopped: crate::keeper::Stopped) -> CliError {
    DeskError::from(stopped).into()
}
