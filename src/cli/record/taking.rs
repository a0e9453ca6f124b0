//! Taking out: what leaves the vault as a file.

use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::file::NewFile;
use crate::cli::out::Out;
use crate::cli::resolve;
use crate::cli::session::with_desk;
use crate::desk::Look;
use crate::desk::OnPaper;
use crate::paper::Language;
use crate::paper::Size;

/// What is said of every attachment that leaves: it is as it came, from whoever sent it.
const OUT_OF_THE_VAULT: &str = "this copy is not protected by the vault, and nobody has looked into it for what may harm \
                                a computer: open it only if you trust whoever sent it, and delete it afterwards";

/// Take out an attachment
///
/// The copy is not protected by the vault any more.
#[derive(Debug, clap::Args)]
pub(crate) struct Attachment {
    /// The record's id
    record: String,
    /// The attachment's name, as `record show` lists it
    name: String,
    /// Where to write it; - writes to stdout
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// What you read it for; some kinds open only with a purpose
    #[arg(long, value_name = "PURPOSE")]
    purpose: Option<String>,
}

/// Take out a record as an age file
///
/// The file is locked to its recipients; any age program opens it. Inside is a tar archive: the record
/// as JSON, its attachments, the signed statements about it and the proof that it was filed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom record export r_abcdefgh --age report.tar.age --to age1... --purpose \"court bundle\"")]
pub(crate) struct Export {
    /// The record's id
    record: String,
    /// Where to write the age file
    #[arg(long, value_name = "FILE")]
    age: PathBuf,
    /// Who can open it, age1... or age1pq1...; repeat for more [default: you]
    #[arg(long, value_name = "RECIPIENT")]
    to: Vec<String>,
    /// What you take it out for; some kinds open only with a purpose
    #[arg(long, value_name = "PURPOSE")]
    purpose: Option<String>,
}

/// Print a record as a PDF
///
/// What the form says, section by section, for screen readers too (PDF/UA). The footer of every page names you, the
/// time and the entry that says you printed it. Attachments are listed, not printed. The copy is not protected by the
/// vault any more.
///
/// With --json: id, out, pages, entry, and characters that could not be set (`warnings`).
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom record print r_abcdefgh --pdf report.pdf")]
pub(crate) struct Print {
    /// The record's id
    record: String,
    /// Where to write the PDF
    #[arg(long, value_name = "FILE")]
    pdf: PathBuf,
    #[command(flatten)]
    looks: Looks,
    /// What you print it for; some kinds open only with a purpose
    #[arg(long, value_name = "PURPOSE")]
    purpose: Option<String>,
}

/// How a record is to look on paper.
#[derive(Debug, clap::Args)]
pub(crate) struct Looks {
    /// The centre's name, as it is to stand on every page [default: as the vault was made with]
    #[arg(long, value_name = "NAME")]
    centre: Option<String>,
    /// In large print
    #[arg(long)]
    large: bool,
    /// With Welsh words around the form
    #[arg(long)]
    welsh: bool,
}

impl Looks {
    pub(crate) fn look(&self) -> Look {
        Look {
            issuer: self.centre.clone().unwrap_or_default(),
            size: if self.large {
                Size::LargePrint
            } else {
                Size::Normal
            },
            language: if self.welsh {
                Language::Welsh
            } else {
                Language::English
            },
        }
    }
}

pub(crate) fn attachment(args: &Attachment, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    let to_stdout = args.out == Path::new("-");
    if to_stdout && out.json() {
        let says = "--json and --out - both want stdout";
        return Err(CliError::usage(says).hint("name a file with --out"));
    }
    let mut file = if to_stdout {
        None
    } else {
        Some(NewFile::begin(&args.out)?)
    };
    with_desk(ask, out, |desk, out| {
        let id = resolve::record(desk, ask, &args.record)?;
        let purpose = args.purpose.as_deref();
        let Some(mut file) = file.take() else {
            let mut stdout = Out::raw();
            desk.attachment(&id, &args.name, purpose, &mut stdout)?;
            return stdout
                .flush()
                .map_err(|error| CliError::file("write", Path::new("stdout"), &error));
        };
        let bytes = desk.attachment(&id, &args.name, purpose, &mut file)?;
        file.keep()?;
        out.warning(OUT_OF_THE_VAULT);
        taken_out(
            &id,
            &args.out,
            json!({ "name": args.name, "bytes": bytes }),
            out,
        )
    })
}

pub(crate) fn export(args: &Export, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    let mut file = Some(NewFile::begin(&args.age)?);
    with_desk(ask, out, |desk, out| {
        let id = resolve::record(desk, ask, &args.record)?;
        if let Some(mut file) = file.take() {
            let exported = desk.export(&id, &args.to, args.purpose.as_deref(), &mut file)?;
            file.keep()?;
            if let Some(warning) = exported.warning {
                out.warning(&warning);
            }
        }
        taken_out(&id, &args.age, json!({ "recipients": args.to }), out)
    })
}

pub(crate) fn print(args: &Print, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    let mut file = Some(NewFile::begin(&args.pdf)?);
    with_desk(ask, out, |desk, out| {
        let id = resolve::record(desk, ask, &args.record)?;
        let made = desk.print(&id, args.purpose.as_deref(), &args.looks.look())?;
        if let Some(mut file) = file.take() {
            file.write_all(&made.printed.pdf)
                .map_err(|error| CliError::file("write", &args.pdf, &error))?;
            file.keep()?;
        }
        let warnings = warned(&made, out);
        let beside = json!({
            "pages": made.printed.pages,
            "entry": made.receipt.index,
            "warnings": warnings,
        });
        taken_out(&id, &args.pdf, beside, out)
    })
}

/// What could not be set, said unless a script reads it.
pub(crate) fn warned(made: &OnPaper, out: &mut Out) -> Vec<String> {
    let warnings = made.printed.warnings.iter().map(ToString::to_string);
    let warnings: Vec<String> = warnings.collect();
    if !out.json() {
        for warning in &warnings {
            out.warning(warning);
        }
    }
    warnings
}

pub(crate) fn taken_out(
    id: &str,
    file: &Path,
    beside: Value,
    out: &mut Out,
) -> Result<(), CliError> {
    if !out.json() {
        out.done(None, &format!("Written to {}.", file.display()));
        return Ok(());
    }
    let mut document = json!({ "id": id, "out": file });
    if let (Some(document), Value::Object(beside)) = (document.as_object_mut(), beside) {
        document.extend(beside);
    }
    out.document(&document)
}
