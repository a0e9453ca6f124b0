//! `strongroom recovery rehearse`: two trustees open the dummy beside their share, together or each at their own
//! computer, and the vault writes down that they could. Nothing here opens a real share.

use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::file;
use crate::cli::out::Out;
use crate::cli::recovery::both_words;
use crate::cli::recovery::read;
use crate::cli::recovery::start_of;
use crate::cli::recovery::words;
use crate::cli::session::with_desk;
use crate::cli::table::Table;
use crate::keeper::rehearsing::ShareRehearsal;
use crate::records::dates;
use crate::sealing::DummyError;
use crate::sealing::NotForRehearsal;
use crate::sealing::OpenLayerError;
use crate::sealing::PassphraseError;
use crate::sealing::Plain;
use crate::sealing::REHEARSAL_ENDING;
use crate::sealing::SecretText;
use crate::sealing::begins_real;
use crate::sealing::for_rehearsal;
use crate::sealing::open_layer;

/// More than the first line of an opened file.
const START: usize = 64;

#[derive(Debug, clap::Args)]
pub(super) struct Rehearse {
    /// The rehearsal file of the two trustees: its name ends in .rehearsal.age
    #[arg(long, value_name = "FILE")]
    share: Option<PathBuf>,
    /// What the first trustee has left of it: the second layer alone
    #[arg(long, value_name = "FILE", conflicts_with = "share")]
    inner: Option<PathBuf>,
    /// What both layers held, as age wrote it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["share", "inner"])]
    opened: Option<PathBuf>,
    /// Read the words on a trustee's sheet from FILE, instead of asking; with --share give it twice, in the order
    /// of the file's name
    #[arg(long = "sheet", value_name = "FILE", conflicts_with = "opened")]
    sheets: Vec<PathBuf>,
    /// Take the first layer off alone, and write what is left to FILE for the other trustee; needs no vault
    #[arg(long, value_name = "FILE", requires = "share")]
    out: Option<PathBuf>,
}

const NO_FILE: &str = "where there is no such file yet, the shares are of an older version: make new ones with `recovery shares`";

/// Whose layer.
#[derive(Clone, Copy)]
enum Layer {
    First,
    Second,
}

pub(super) fn run(args: &Rehearse, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    if let (Some(share), Some(to)) = (&args.share, &args.out) {
        return peel(args, (share, to), ask, out);
    }
    let Some(text) = args.text(ask)? else {
        if !args.sheets.is_empty() {
            return Err(CliError::usage("a sheet opens nothing by itself")
                .hint("name the rehearsal file with --share FILE"));
        }
        return with_desk(ask, out, |desk, out| show(&desk.rehearsals()?, out));
    };
    with_desk(ask, out, |desk, out| {
        let rehearsals = desk.rehearse_recovery(text.expose())?;
        if !out.json() {
            out.heading(
                "The two trustees opened their file: together they can bring the vault back.",
            );
            out.gap();
        }
        show(&rehearsals, out)
    })
}

/// Takes off the first layer alone.
fn peel(
    args: &Rehearse,
    (share, to): (&Path, &Path),
    ask: &Ask,
    out: &mut Out,
) -> Result<(), CliError> {
    ask.no_clock_to_move()?;
    let outer = whole(share)?;
    let words = args.one(
        ask,
        "The words of the trustee who comes first in the file's name: ",
    )?;
    let inner = open((&outer, share), &words, Layer::First)?;
    check_layer(inner.expose(), share)?;
    file::secret(to, inner.expose())?;
    if out.json() {
        return out.document(&json!({ "inner": to }));
    }
    out.heading("The first trustee's words are good: their layer is off.");
    out.gap();
    out.say("Next, with the words of the other trustee:");
    out.verbatim(&format!(
        "  strongroom recovery rehearse --inner {}",
        to.display()
    ));
    Ok(())
}

impl Rehearse {
    /// What both layers held, if there is anything to open.
    fn text(&self, ask: &Ask) -> Result<Option<Plain>, CliError> {
        if let Some(opened) = &self.opened {
            if begins_real(&start_of(opened, START)?) {
                return Err(refused(DummyError::Real.to_string()));
            }
            return Ok(Some(Plain::new(read(opened)?.to_vec())));
        }
        if let Some(inner) = &self.inner {
            let bytes = read(inner)?;
            check_layer(&bytes, inner)?;
            let words = self.one(ask, "The words of the trustee who comes second: ")?;
            return open((&bytes, inner), &words, Layer::Second).map(Some);
        }
        let Some(share) = &self.share else {
            return Ok(None);
        };
        let outer = whole(share)?;
        let (first, second) = both_words(&self.sheets, ask)?;
        let inner = open((&outer, share), &first, Layer::First)?;
        open((inner.expose(), share), &second, Layer::Second).map(Some)
    }

    /// The words on the one sheet that is needed.
    fn one(&self, ask: &Ask, prompt: &str) -> Result<SecretText, CliError> {
        match self.sheets.as_slice() {
            [] => ask.words(prompt),
            [sheet] => words(sheet),
            _ => Err(CliError::usage(
                "one layer needs one sheet: give --sheet once",
            )),
        }
    }
}

/// A rehearsal file with both layers on. A real share is refused by its name and by its length, and is not
/// opened.
fn whole(share: &Path) -> Result<Vec<u8>, CliError> {
    let name = share.file_name().map(|name| name.to_string_lossy());
    if !name.is_some_and(|name| name.ends_with(REHEARSAL_ENDING)) {
        let says = format!(
            "`{}` is by its name the real share: it was not opened. A rehearsal uses {}",
            share.display(),
            beside(share)
        );
        return Err(refused(says).hint(NO_FILE));
    }
    let bytes = read(share)?.to_vec();
    check_layer(&bytes, share)?;
    Ok(bytes)
}

/// Whether a file with a layer on can be one of a rehearsal, as far as is seen without opening it: before anybody
/// is asked for words.
fn check_layer(bytes: &[u8], path: &Path) -> Result<(), CliError> {
    for_rehearsal(bytes).map_err(|why| not_for_rehearsal(why, path))
}

fn not_for_rehearsal(why: NotForRehearsal, path: &Path) -> CliError {
    let path = path.display();
    match why {
        NotForRehearsal::Short => refused(format!(
            "`{path}` is the real share, or a layer of it: it was not opened. A rehearsal uses the file of the two \
             that ends in {REHEARSAL_ENDING}"
        ))
        .hint(NO_FILE),
        NotForRehearsal::NotAge => refused(format!("`{path}` is no file of two trustees")).hint(
            "name the file of the two that ends in .rehearsal.age; what both layers held goes to --opened",
        ),
    }
}

/// The name of the file to rehearse with that lies beside a share.
fn beside(share: &Path) -> String {
    let name = share.file_name().unwrap_or_default().to_string_lossy();
    let pair = name.strip_suffix(".age").unwrap_or("A-B");
    format!("{pair}{REHEARSAL_ENDING}")
}

/// Takes one layer off; `path` is what it came from.
fn open((file, path): (&[u8], &Path), words: &SecretText, layer: Layer) -> Result<Plain, CliError> {
    open_layer(file, words).map_err(|error| match error {
        OpenLayerError::Not(why) => not_for_rehearsal(why, path),
        OpenLayerError::Locked(why) => refused(locked(layer, why).to_owned()),
    })
}

fn locked(layer: Layer, why: PassphraseError) -> &'static str {
    match (layer, why) {
        (Layer::First, PassphraseError::Wrong) => {
            "the first layer does not open: these are not the words of the trustee whose name comes first in the file's"
        }
        (Layer::Second, PassphraseError::Wrong) => {
            "the second layer does not open: these are not the words of the other trustee"
        }
        (Layer::First, _) => {
            "the first layer is not sealed under words, or the file was changed; a trustee with a key of their own \
             opens it with age, and what comes out goes to --inner"
        }
        (Layer::Second, _) => {
            "the second layer is not sealed under words, or the file was changed; a trustee with a key of their own \
             opens it with age, and what comes out goes to --opened"
        }
    }
}

fn refused(says: String) -> CliError {
    CliError::refused("rehearsal", says)
}

fn show(rehearsals: &[ShareRehearsal], out: &mut Out) -> Result<(), CliError> {
    if out.json() {
        let all: Vec<Value> = rehearsals
            .iter()
            .map(|one| json!({ "pair": one.pair, "at": one.at.to_string() }))
            .collect();
        return out.document(&json!({ "rehearsals": all }));
    }
    let mut table = Table::new(&["TRUSTEES", "LAST REHEARSED"]);
    for one in rehearsals {
        table.row(&[one.pair.clone(), dates::people_moment(one.at)]);
    }
    out.table(
        &table,
        "Nobody has rehearsed with the present shares. Two trustees can, with their file that ends in \
         .rehearsal.age; where there is no such file, make new ones with `strongroom recovery shares`.",
    );
    Ok(())
}
