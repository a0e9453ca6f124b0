//! `strongroom team`: what somebody is beside their first role.

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::session::with_desk;
use crate::cli::user;
use crate::keeper::facts::Role;

/// Put people on a role's team, and take them off
///
/// Somebody can be more than one thing at a centre: staff and coordinator, or trustee and safeguarding lead.
/// What they may do is what any of their roles may.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Put someone on a role's team: they are that too from now on
    ///
    /// Nobody gives themselves a role. An assessor comes from outside and has no other role.
    Add(Member),
    /// Take someone off a role's team: what they could open by it is closed to them at once
    Remove(Member),
}

#[derive(Debug, clap::Args)]
struct Member {
    /// The role
    #[arg(value_name = "ROLE", value_parser = user::role_parser())]
    role: Role,
    /// Their handle or id
    user: String,
}

pub(crate) fn run(args: Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| match args.command {
        Command::Add(member) => {
            let account = desk.add_role(member.role, &member.user)?;
            user::changed(&account, &format!("is a {} too", member.role), out)
        }
        Command::Remove(member) => {
            let account = desk.remove_role(member.role, &member.user)?;
            user::changed(&account, &format!("is no {} any more", member.role), out)
        }
    })
}
