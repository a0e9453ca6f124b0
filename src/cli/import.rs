//! `strongroom import`: what a centre has already becomes records, a folder of forms or the rows of a spreadsheet.

mod folder;
mod rows;
mod scans;
mod sheet;

use std::path::PathBuf;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;

/// Most mistakes of an import that are listed one by one.
const LISTED: usize = 20;

/// Bring in a folder of forms, a spreadsheet or a folder of scans
///
/// Each .json and .toml file of a folder, each row of a spreadsheet that was saved as CSV, or each scan becomes one
/// record. All of them are checked before any is filed: one mistake, and nothing is.
///
/// For a spreadsheet a map says what its columns mean; --new-map writes one to begin with, --dry-run only checks. For a
/// folder of scans --names says what the names mean, or a form lies beside a scan: FILE.toml beside FILE. Rows and scans
/// are brought in once, however often you run it: stopped half-way, or with new ones added, run it again.
///
/// With --json: of a folder of forms a list of records with `file`; otherwise rows, already (those that are there), filed
/// and records with `line` or `file`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom import old-reports --case c_abcdefgh --kind contact-report
  strongroom import --csv register.csv --kind training --new-map register.toml
  strongroom import --csv register.csv --kind training --map register.toml --dry-run
  strongroom import --scans cupboard --kind scanned-document \\
      --names \"{case}/{document_date} {sort} {people.name} - {title}\"")]
#[command(group(clap::ArgGroup::new("what").required(true).args(["dir", "csv", "scans"])))]
pub(crate) struct Args {
    /// The folder of forms
    #[arg(requires = "case")]
    dir: Option<PathBuf>,
    /// The case all of them belong to
    #[arg(long, value_name = "CASE")]
    case: Option<String>,
    /// What kind of records they are
    #[arg(long)]
    kind: String,
    /// A spreadsheet saved as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// A folder of scans
    #[arg(long, value_name = "DIR")]
    scans: Option<PathBuf>,
    /// What the scans' names say: a path with placeholders, without the ending
    #[arg(long, value_name = "PATTERN", requires = "scans")]
    names: Option<String>,
    /// What the columns mean, or the placeholders where they are not called like fields
    #[arg(long, value_name = "FILE", conflicts_with = "dir")]
    map: Option<PathBuf>,
    /// Write a map to begin with, from what the columns are called, and do nothing else
    #[arg(long, value_name = "FILE", requires = "csv", conflicts_with = "map")]
    new_map: Option<PathBuf>,
    /// Check everything, and say what would be filed
    #[arg(long, conflicts_with_all = ["dir", "new_map"])]
    dry_run: bool,
}

pub(crate) fn run(args: &Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    let (kind, case, dry_run) = (&args.kind, args.case.as_deref(), args.dry_run);
    if let (Some(dir), Some(case)) = (&args.dir, case) {
        return folder::run(dir, (kind, case), ask, out);
    }
    if let Some(dir) = &args.scans {
        let scans = scans::Scans {
            dir,
            names: args.names.as_deref(),
            map: args.map.as_deref(),
            kind,
            case,
            dry_run,
        };
        return scans.run(ask, out);
    }
    let csv = args.csv.as_deref();
    let csv =
        csv.ok_or_else(|| CliError::usage("name a folder of forms, or a sheet with --csv"))?;
    if let Some(new_map) = &args.new_map {
        return sheet::write_map(csv, (kind, new_map), out);
    }
    let map = args.map.as_deref().ok_or_else(|| {
        let says = "nothing says what the columns mean";
        CliError::usage(says)
            .hint("give a map with --map, or write one to begin with: --new-map FILE")
    })?;
    let import = sheet::Import {
        csv,
        map,
        kind,
        case,
        dry_run,
    };
    import.run(ask, out)
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
