//! Bugs of our own: a plain sentence instead of a trace, and exit code 70.
//!
//! The index engine panics on damage and is caught lower down, so the hook only remembers where; whoever
//! catches decides. The message of a panic is dropped unseen, for it may hold what somebody wrote.

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::cli::fail::CliError;
use crate::cli::out;

static LAST_PLACE: Mutex<Option<String>> = Mutex::new(None);

/// Runs `work`; a panic that reaches this place becomes one sentence and exit code 70.
pub(crate) fn guard(json: bool, work: impl FnOnce() -> ExitCode) -> ExitCode {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map(|at| format!("{}:{}", at.file(), at.line()));
        *LAST_PLACE.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }));
    let ended = std::panic::catch_unwind(AssertUnwindSafe(work));
    std::panic::set_hook(before);
    ended.unwrap_or_else(|_| out::bug(&error(), json))
}

fn error() -> CliError {
    let place = LAST_PLACE
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let place = place.map_or_else(String::new, |at| format!(" (at {at})"));
    CliError::bug(format!(
        "strongroom met a bug of its own and stopped{place}; what was acknowledged before is safe"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_exit_code_70_and_its_words_are_dropped() {
        let code = guard(false, || panic!("what somebody wrote"));
        assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::from(70)));
        assert!(!error().lines().concat().contains("somebody"));
        let fine = guard(true, || ExitCode::SUCCESS);
        assert_eq!(format!("{fine:?}"), format!("{:?}", ExitCode::SUCCESS));
    }
}
