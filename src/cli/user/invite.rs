//! `strongroom user invite` and `enrol`: an account that its person makes alone.

use std::path::PathBuf;

use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::ask::new_passphrase;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::session::with_desk;
use crate::cli::session::with_line;
use crate::cli::user;
use crate::desk;
use crate::desk::NewUser;
use crate::keeper::facts::Role;
use crate::records::dates;
use crate::sealing::InviteCode;

/// Invite somebody to make an account of their own
///
/// You are shown a code, once. Give it to them and to nobody else, not by the same way as you tell them
/// about it: whoever has the code can make the account. It works once, within seven days. Inviting again
/// under the same handle makes the earlier code useless.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom user invite nia --name \"Nia Bevan\" --role staff --reports-to moira")]
pub(crate) struct Invite {
    /// Their handle: 2 to 32 of a-z, 0-9 and -
    #[arg(value_name = "NAME")]
    handle: String,
    /// What they will be at the centre
    #[arg(long, value_parser = user::role_parser())]
    role: Role,
    /// Their name, in their own letters [default: the handle]
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Whom they will report to
    #[arg(long, value_name = "USER")]
    reports_to: Option<String>,
}

/// Make the account you were invited to
///
/// You need the code, and nobody signed in. Your keys are made here and nobody else ever knows your
/// passphrase. Without --new-passphrase-file you are asked for it; where nobody can be asked, five words are
/// made up and shown once.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom user enrol abcd-efgh-ijkl-mnop-qrst-uvwx-yz23-4567")]
pub(crate) struct Enrol {
    /// The code you were given
    code: String,
    /// Read your passphrase from FILE
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
}

pub(crate) fn invite(args: Invite, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    let new = NewUser {
        handle: args.handle,
        name: args.name,
        role: args.role,
        reports_to: args.reports_to,
    };
    with_desk(ask, out, |desk, out| {
        let invited = desk.invite_user(&new)?;
        let code = invited.code.to_text();
        if out.json() {
            return out.document(&json!({
                "id": invited.user,
                "handle": new.handle,
                "role": new.role.word(),
                "code": code.expose(),
                "expires": invited.expires.to_string(),
            }));
        }
        let until = dates::people_moment(invited.expires);
        let sentence = format!(
            "Invited {} as {}. The code works once, until {until}.",
            new.handle, new.role
        );
        out.done(None, &sentence);
        out.gap();
        out.heading(&format!("Code of {}, shown this once", new.handle));
        out.gap();
        out.verbatim(&format!("  {}", code.expose()));
        Ok(())
    })
}

pub(crate) fn enrol(args: &Enrol, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    let file = args.new_passphrase_file.as_deref();
    let code = InviteCode::parse(&args.code)
        .map_err(|mistyped| CliError::refused("bad-code", mistyped.to_string()))?;
    if let Some(file) = file {
        // A file that cannot be used is said before the code is used up.
        new_passphrase(Some(file))?;
    }
    with_line(ask, out, |keeper, out| {
        let own = ask.own_new_passphrase(file)?;
        let account = desk::enrol(keeper, &code, &own.passphrase, ask.memory())?;
        if out.json() {
            return out.document(&user::with_words(user::document(&account), &own));
        }
        let next = if account.is(Role::Assessor) {
            "You can read what you are given access to."
        } else {
            "You can read what is open to you once a colleague has signed in: their desk seals the keys to you."
        };
        let sentence = format!(
            "Your account is ready. You are {}, {}. {next}",
            account.handle, account.role
        );
        out.done(Some(&account.id.to_string()), &sentence);
        user::once(&own, "Your passphrase", out);
        Ok(())
    })
}
