//! Ctrl-C: the vault is consistent at every moment, so a stop only has to tidy up and say what was done.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::Once;
use std::sync::PoisonError;

use signal_hook::consts::SIGHUP;
use signal_hook::consts::SIGINT;
use signal_hook::consts::SIGTERM;
use signal_hook::iterator::Signals;

use crate::cli::out;

/// What to say, and what to remove, if the process is stopped now.
struct Stop {
    done: String,
    unfinished: Vec<PathBuf>,
}

static STOP: Mutex<Stop> = Mutex::new(Stop {
    done: String::new(),
    unfinished: Vec::new(),
});

/// From now on a stop removes unfinished files and says what was done before it ends the process.
pub(crate) fn watch() {
    static WATCHING: Once = Once::new();
    WATCHING.call_once(|| {
        // Without a watcher the signal simply ends the process, which leaves the vault as sound.
        if let Ok(signals) = Signals::new([SIGINT, SIGTERM, SIGHUP]) {
            std::thread::spawn(move || wait(signals));
        }
    });
}

/// What to say from now on, in a whole sentence.
pub(crate) fn done_so_far(sentence: String) {
    STOP.lock().unwrap_or_else(PoisonError::into_inner).done = sentence;
}

/// A file to remove if the process is stopped before [`finished`] is called for it.
pub(crate) fn unfinished(path: &Path) {
    let mut stop = STOP.lock().unwrap_or_else(PoisonError::into_inner);
    stop.unfinished.push(path.to_owned());
}

/// The file is whole, or gone.
pub(crate) fn finished(path: &Path) {
    let mut stop = STOP.lock().unwrap_or_else(PoisonError::into_inner);
    stop.unfinished.retain(|unfinished| unfinished != path);
}

fn wait(mut signals: Signals) {
    if let Some(signal) = signals.forever().next() {
        let stop = STOP.lock().unwrap_or_else(PoisonError::into_inner);
        for path in &stop.unfinished {
            // Nothing more can be done about a file that will not go.
            drop(std::fs::remove_file(path));
        }
        let done = if stop.done.is_empty() {
            "Stopped. Whatever was not acknowledged was not done; the vault is sound."
        } else {
            &stop.done
        };
        out::last_words(done);
        // Ends the process the way the signal would have, so that a shell sees why.
        drop(signal_hook::low_level::emulate_default_handler(signal));
    }
}
