//! `strongroom policy`: who may do what, as everybody can read it, and as it can be tried. Needs no vault and
//! nobody signed in.

use std::fmt::Write as _;

use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::progress::Bar;
use crate::keeper::policy::POLICY_TEXT;
use crate::keeper::policy::Policy;
use crate::keeper::policy::matrix::Difference;
use crate::keeper::policy::matrix::Matrix;

/// Most differences that are shown; more are counted.
const SHOWN: usize = 10;

/// See and try the rules that say who may do what
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Show(Show),
    Test(Test),
}

/// Print the rules
///
/// The file the program decides by, word for word, each rule with its name and its sentence. The last line
/// is the SHA-256 of all before it: entries of the history name the rules they were decided by with it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom policy show | less")]
struct Show {}

/// Take every decision of the reviewed table again
///
/// The program carries a table of who is answered what, for every act on everything. This asks the rules
/// all of it again and compares.
#[derive(Debug, clap::Args)]
struct Test {}

pub(crate) fn run(args: &Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    ask.no_clock_to_move()?;
    let policy = Policy::builtin().map_err(|error| CliError::bug(error.to_string()))?;
    match args.command {
        Command::Show(Show {}) => show(&policy, out),
        Command::Test(Test {}) => test(&policy, out),
    }
}

fn show(policy: &Policy, out: &mut Out) -> Result<(), CliError> {
    if out.json() {
        let rules: Vec<_> = policy
            .rules()
            .iter()
            .map(|rule| json!({ "id": rule, "says": policy.says(rule) }))
            .collect();
        return out.document(&json!({
            "sha256": policy.sha256(),
            "rules": rules,
            "text": POLICY_TEXT,
        }));
    }
    out.script(POLICY_TEXT);
    out.script(&format!("// SHA-256: {}\n", policy.sha256()));
    Ok(())
}

fn test(policy: &Policy, out: &mut Out) -> Result<(), CliError> {
    let bar = Bar::per_cent(out, "Asking the rules");
    let matrix = Matrix::of(policy, &mut |done, total| bar.share(done, total));
    bar.clear();
    let differences = matrix.differences();
    if !differences.is_empty() {
        return Err(differ(&differences));
    }
    if out.json() {
        return out.document(&json!({
            "ok": true,
            "sha256": policy.sha256(),
            "decisions": matrix.decisions,
            "lines": matrix.lines(),
        }));
    }
    out.say(&format!(
        "{} decisions were taken, and all are as the {} lines of the reviewed table say.",
        matrix.decisions,
        matrix.lines()
    ));
    Ok(())
}

/// The rules do not answer as they were reviewed: this is not the program that was checked.
fn differ(differences: &[Difference]) -> CliError {
    let mut says = format!(
        "the rules do not answer as the reviewed table says: {} lines differ",
        differences.len()
    );
    for difference in differences.iter().take(SHOWN) {
        let (mark, line) = match difference {
            Difference::Gone(line) => ('-', line),
            Difference::New(line) => ('+', line),
        };
        // Writing to a String cannot fail.
        let _ = write!(says, "\n{mark} {}", line.replace('\t', " | "));
    }
    CliError::damaged(says).hint("this program is not the one that was reviewed; do not use it")
}
