//! `strongroom user reissue`: new keys for somebody whose passphrase is lost.

use std::path::PathBuf;

use crate::cli::ask::Ask;
use crate::cli::ask::new_passphrase;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::proposal;
use crate::cli::session::with_desk;
use crate::cli::user;
use crate::keeper::facts::ProposalState;

/// Give somebody new keys, when their passphrase is lost
///
/// It takes a second person: `strongroom proposal approve`. From then on the old passphrase opens nothing
/// more. The first passphrase of the new keys is the one in --new-passphrase-file; without it, five words are
/// made up and shown once. Tell it to nobody but them. What you and the second person can open is theirs
/// again at once, the rest when others who can open it have signed in. They should set a passphrase of their
/// own: strongroom user passphrase.
///
/// Access that was granted to them until a date ends, because only they could open it; grant it again.
#[derive(Debug, clap::Args)]
pub(crate) struct Reissue {
    /// Handle or id
    user: String,
    /// Read their first passphrase from FILE
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
}

pub(crate) fn run(args: &Reissue, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    let first = new_passphrase(args.new_passphrase_file.as_deref())?;
    with_desk(ask, out, |desk, out| {
        let proposed = desk.reissue_user(&args.user, &first.passphrase)?;
        if out.json() {
            let document = proposal::document(&proposed);
            return out.document(&user::with_words(document, &first));
        }
        proposal::done(&proposed, out)?;
        let when = match proposed.state {
            ProposalState::Waiting => ", good once it is approved",
            _ => "",
        };
        let heading = format!("First passphrase of {}{when}", args.user);
        user::once(&first, &heading, out);
        Ok(())
    })
}
