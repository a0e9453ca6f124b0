//! The same records in `PostgreSQL`, in a cluster made for the bench and ended with it: each read and its audit row are
//! a transaction, durable when it ends. `pgbench` asks, from as many connections as there are readers.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::measure::Spent;

/// Where Debian keeps programs that are not in the path.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
/// The account of Debian's package: a server does not run as root.
const ACCOUNT: &str = "postgres";

/// A running server, on a socket alone.
pub(crate) struct Server {
    dir: TempDir,
}

impl Server {
    /// Starts one; says so where there is none to start.
    pub(crate) fn start() -> Option<Self> {
        let look = Command::new(program("initdb")).arg("--version").output();
        if !look.is_ok_and(|output| output.status.success()) {
            println!("skipped: PostgreSQL 15 is not installed\n");
            return None;
        }
        // Short: the name of a socket has a limit.
        let dir = tempfile::tempdir_in("/tmp").unwrap();
        let server = Self { dir };
        if is_root() {
            let mut give = Command::new("chown");
            let given = give.arg(ACCOUNT).arg(server.dir.path()).status();
            assert!(given.unwrap().success());
        }
        server.run(
            "initdb",
            &["--auth=trust", "--username=bench", "-D"],
            &["data"],
        );
        let socket = server.dir.path().to_str().unwrap();
        let settings = format!("-c listen_addresses='' -c unix_socket_directories='{socket}'");
        let log = server.path("log");
        let log = log.to_str().unwrap();
        server.run(
            "pg_ctl",
            &["start", "-w", "-l", log, "-o", &settings, "-D"],
            &["data"],
        );
        Some(server)
    }

    /// Brings in as many records of what this file holds.
    pub(crate) fn holds(&self, record: &Path, count: usize) {
        let form = fs::read_to_string(record).unwrap().replace('\'', "''");
        let sql = format!(
            "CREATE TABLE record (id int PRIMARY KEY, form bytea NOT NULL);
             CREATE TABLE audit (at timestamptz NOT NULL, who text NOT NULL, record int NOT NULL);
             INSERT INTO record SELECT id, convert_to('{form}', 'UTF8') FROM generate_series(1, {count}) AS id;
             VACUUM ANALYZE;"
        );
        let file = self.path("records.sql");
        fs::write(&file, sql).unwrap();
        self.run(
            "psql",
            &["-q", "-v", "ON_ERROR_STOP=1", "-f"],
            &["records.sql"],
        );
        let script = format!(
            "\\set id random(1, {count})\nBEGIN;\nINSERT INTO audit VALUES (clock_timestamp(), 'sam', :id);\n\
             SELECT form FROM record WHERE id = :id;\nCOMMIT;\n"
        );
        fs::write(self.path("read.sql"), script).unwrap();
    }

    /// Reads by this many at once. Elapsed by pgbench's own clock, which leaves connecting out; CPU of the server
    /// and of pgbench together.
    pub(crate) fn read(&self, count: usize, readers: usize) -> Spent {
        let each = (count / readers).to_string();
        let readers = readers.to_string();
        let cpu = self.cpu();
        let said = self.run(
            "pgbench",
            &[
                "-n", "-M", "prepared", "-c", &readers, "-j", &readers, "-t", &each, "-f",
            ],
            &["read.sql"],
        );
        let rate = said.lines().find_map(|line| line.strip_prefix("tps = "));
        let rate: f64 = rate.unwrap().split(' ').next().unwrap().parse().unwrap();
        Spent {
            elapsed: Duration::from_secs_f64(1.0 / rate) * u32::try_from(count).unwrap(),
            cpu: self.cpu().saturating_sub(cpu),
        }
    }

    /// What the server and its ended sessions have used, and this process and its ended children.
    fn cpu(&self) -> Duration {
        let pid = fs::read_to_string(self.path("data/postmaster.pid")).unwrap();
        let pid = pid.lines().next().unwrap().trim().to_owned();
        family_cpu(&pid) + family_cpu("self")
    }

    fn run(&self, name: &str, flags: &[&str], files: &[&str]) -> String {
        let mut command = if is_root() {
            let mut other = Command::new("runuser");
            other.args(["-u", ACCOUNT, "--"]).arg(program(name));
            other
        } else {
            Command::new(program(name))
        };
        command.current_dir(self.dir.path()).args(flags);
        command.args(files.iter().map(|file| self.path(file)));
        if matches!(name, "psql" | "pgbench") {
            command
                .env("PGHOST", self.dir.path())
                .env("PGUSER", "bench");
            command.env("PGDATABASE", "postgres");
        }
        let output = command.output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?} failed: {told}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.run("pg_ctl", &["stop", "-m", "immediate", "-D"], &["data"]);
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn program(name: &str) -> PathBuf {
    let there = Path::new(PROGRAMS).join(name);
    if there.exists() { there } else { name.into() }
}

/// What a process used, and those of its children that have ended: fields 14 to 17, in hundredths of a second.
fn family_cpu(pid: &str) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The command's name, in brackets, may hold spaces.
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    let ticks = rest.split(' ').skip(11).take(4);
    let ticks: u64 = ticks.map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}
