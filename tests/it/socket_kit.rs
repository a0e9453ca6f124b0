//! A keeper that serves a vault over its socket, as a program of its own.

use std::io::BufRead as _;
use std::io::BufReader;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use crate::cli_run::Place;

/// A keeper that runs. Dropped, it is stopped the way a power cut stops it.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    pub(crate) socket: PathBuf,
}

impl Running {
    /// Serves `centre` in `place`.
    pub(crate) fn over(place: &Place) -> Self {
        let program = place.program();
        Self::start(
            program,
            &["--vault", "centre"],
            &place.path("centre.socket"),
        )
    }

    /// Starts `program keeper`, and waits until it says that it serves.
    pub(crate) fn start(mut program: Command, arguments: &[&str], socket: &Path) -> Self {
        program
            .args(arguments)
            .args(["keeper", "--json", "--socket"])
            .arg(socket)
            .stdout(Stdio::piped());
        let mut child = program.spawn().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let said: serde_json::Value = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("the keeper did not start: {line:?} {:?}", child.wait()));
        assert_eq!(said["socket"].as_str().unwrap(), socket.to_str().unwrap());
        Self {
            child,
            socket: socket.to_owned(),
        }
    }

    /// Its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub(crate) fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Stops it as `systemctl stop` does; its exit code.
    pub(crate) fn stop(mut self) -> i32 {
        signal(&self.child, rustix::process::Signal::TERM);
        let until = Instant::now() + Duration::from_secs(20);
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the keeper did not stop");
    }

    /// Ends it the way a power cut does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn signal(child: &Child, signal: rustix::process::Signal) {
    let process = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(process, signal).unwrap();
}
