//! Changing whom a record is open to.

use std::collections::BTreeSet;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::proposal;
use crate::cli::record::Deciders;
use crate::cli::record::Exclude;
use crate::cli::record::Handler;
use crate::cli::record::Move;
use crate::cli::record::Restrict;
use crate::cli::resolve;
use crate::cli::session::with_desk;
use crate::keeper::facts::Role;

pub(crate) fn exclude(args: &Exclude, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| {
        let id = resolve::record(desk, ask, &args.record)?;
        desk.exclude(&id, &args.user)?;
        let sentence = format!(
            "For {} and those who report to them, {id} does not exist any more.",
            args.user
        );
        changed(&id, &sentence, out)
    })
}

pub(crate) fn restrict(args: &Restrict, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| {
        let id = resolve::record(desk, ask, &args.record)?;
        let roles: BTreeSet<Role> = args.roles.iter().copied().collect();
        desk.restrict(&id, &roles)?;
        let words: Vec<&str> = roles.iter().map(|role| role.word()).collect();
        let sentence = format!("{id} is kept to these roles now: {}.", words.join(", "));
        changed(&id, &sentence, out)
    })
}

pub(crate) fn deciders(args: &Deciders, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| {
        let id = resolve::record(desk, ask, &args.record)?;
        desk.name_deciders(&id, &args.users)?;
        let sentence = format!("{id} is decided by: {}.", args.users.join(", "));
        changed(&id, &sentence, out)
    })
}

pub(crate) fn handler(args: &Handler, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| {
        let id = resolve::record(desk, ask, &args.record)?;
        desk.name_handler(&id, &args.user)?;
        changed(&id, &format!("{id} is handled by {} now.", args.user), out)
    })
}

pub(crate) fn move_record(args: &Move, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| {
        let id = resolve::record(desk, ask, &args.record)?;
        let case = resolve::case(desk, ask, &args.to)?;
        proposal::done(&desk.move_record(&id, &case, &args.reason)?, out)
    })
}

fn changed(id: &str, sentence: &str, out: &mut Out) -> Result<(), CliError> {
    if out.json() {
        return out.document(&serde_json::json!({ "id": id, "changed": true }));
    }
    out.done(None, sentence);
    Ok(())
}
