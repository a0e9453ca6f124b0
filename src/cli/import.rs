//! `strongroom import`: what a centre has already becomes records, a folder of forms or the rows of a spreadsheet.

mod folder;
mod sheet;

use std::path::PathBuf;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;

/// Most mistakes of an import that are listed one by one.
const LISTED: usize = 20;

/// Bring in a folder of forms, or the rows of a spreadsheet
///
/// Each .json and .toml file of a folder, or each row of a spreadsheet that was saved as CSV, becomes one record. All
/// of them are checked before any is filed: one mistake, and nothing is.
///
/// For a spreadsheet a map says what its columns mean; --new-map writes one to begin with, --dry-run only checks. A row is
/// brought in once, however often you run it: stopped half-way, or with new rows added, run it again. A column can name
/// a file beside the sheet, such as a scan, which is attached.
///
/// With --json: of a folder a list of records with `file`; of a sheet rows, already (rows that are there), filed and
/// records with `line`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom import old-reports --case c_abcdefgh --kind contact-report
  strongroom import --csv register.csv --kind training --new-map register.toml
  strongroom import --csv register.csv --kind training --map register.toml --dry-run
  strongroom import --csv register.csv --kind training --map register.toml")]
pub(crate) struct Args {
    /// The folder of forms
    #[arg(
        required_unless_present = "csv",
        conflicts_with = "csv",
        requires = "case"
    )]
    dir: Option<PathBuf>,
    /// The case they belong to
    #[arg(long, value_name = "CASE")]
    case: Option<String>,
    /// What kind of records they are
    #[arg(long)]
    kind: String,
    /// A spreadsheet saved as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// What its columns mean
    #[arg(long, value_name = "FILE", requires = "csv", required_unless_present_any = ["dir", "new_map"])]
    map: Option<PathBuf>,
    /// Write a map to begin with, from what the columns are called, and do nothing else
    #[arg(long, value_name = "FILE", requires = "csv", conflicts_with = "map")]
    new_map: Option<PathBuf>,
    /// Check everything, and say what would be filed
    #[arg(long, requires = "map")]
    dry_run: bool,
}

pub(crate) fn run(args: &Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    if let (Some(dir), Some(case)) = (&args.dir, &args.case) {
        return folder::run(dir, (&args.kind, case), ask, out);
    }
    let csv = args.csv.as_deref();
    let csv =
        csv.ok_or_else(|| CliError::usage("name a folder of forms, or a sheet with --csv"))?;
    if let Some(new_map) = &args.new_map {
        return sheet::write_map(csv, (&args.kind, new_map), out);
    }
    let map = args.map.as_deref();
    let map = map.ok_or_else(|| CliError::usage("say with --map what the columns mean"))?;
    let what = sheet::Import {
        csv,
        map,
        kind: &args.kind,
        case: args.case.as_deref(),
        dry_run: args.dry_run,
    };
    what.run(ask, out)
}

/// An error with the first of these lines.
fn listed(error: CliError, lines: &[String]) -> CliError {
    let shown = lines.iter().take(LISTED).cloned();
    let error = shown.fold(error, CliError::detail);
    match lines.len().saturating_sub(LISTED) {
        0 => error,
        more => error.detail(format!("and {more} more")),
    }
}
