//! Short ids: at a terminal, the first letters of an id are enough where only one thing that the person
//! may see begins with them.

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::desk::Desk;
use crate::ids::CaseId;
use crate::ids::GrantId;
use crate::ids::PersonId;
use crate::ids::ProposalId;
use crate::ids::RecordId;

/// Letters after the prefix mark that a short id has at least.
pub(crate) const SHORTEST: usize = 8;
/// Letters of a whole id.
const WHOLE: usize = 26;

/// The record meant by `text`: whole ids, and whatever cannot be a short one, as they are.
///
/// # Errors
/// Unknown, where none begins so; refused, where several do.
pub(crate) fn record(desk: &mut Desk, ask: &Ask, text: &str) -> Result<String, CliError> {
    if !is_short(ask, text, RecordId::PREFIX) {
        return Ok(text.to_owned());
    }
    let all = desk.every_record(None)?.into_iter();
    let ids = all.map(|card| card.id.to_string());
    only(ids, text, "records")
}

/// The case meant by `text`, as [`record`].
///
/// # Errors
/// As [`record`].
pub(crate) fn case(desk: &mut Desk, ask: &Ask, text: &str) -> Result<String, CliError> {
    if !is_short(ask, text, CaseId::PREFIX) {
        return Ok(text.to_owned());
    }
    let ids = desk.cases()?.into_iter().map(|case| case.id.to_string());
    only(ids, text, "cases")
}

/// The person on file meant by `text`, as [`record`].
///
/// # Errors
/// As [`record`].
pub(crate) fn person(desk: &mut Desk, ask: &Ask, text: &str) -> Result<String, CliError> {
    if !is_short(ask, text, PersonId::PREFIX) {
        return Ok(text.to_owned());
    }
    let ids = desk.people()?.into_iter().map(|one| one.id.to_string());
    only(ids, text, "people")
}

/// The proposal meant by `text`, as [`record`].
///
/// # Errors
/// As [`record`].
pub(crate) fn proposal(desk: &mut Desk, ask: &Ask, text: &str) -> Result<String, CliError> {
    if !is_short(ask, text, ProposalId::PREFIX) {
        return Ok(text.to_owned());
    }
    let all = desk.proposals()?.into_iter();
    only(all.map(|one| one.id.to_string()), text, "proposals")
}

/// The grant meant by `text`, as [`record`].
///
/// # Errors
/// As [`record`].
pub(crate) fn grant(desk: &mut Desk, ask: &Ask, text: &str) -> Result<String, CliError> {
    if !is_short(ask, text, GrantId::PREFIX) {
        return Ok(text.to_owned());
    }
    let all = desk.grants()?.into_iter();
    only(all.map(|one| one.id.to_string()), text, "grants")
}

/// An id short enough to read and long enough to type back.
pub(crate) fn short(id: &str) -> &str {
    let prefix = id.find('_').map_or(0, |at| at + 1);
    id.get(..prefix + SHORTEST).unwrap_or(id)
}

fn is_short(ask: &Ask, text: &str, prefix: &str) -> bool {
    let letters = text.strip_prefix(prefix).unwrap_or_default().len();
    (SHORTEST..WHOLE).contains(&letters) && ask.person_present()
}

fn only(
    ids: impl IntoIterator<Item = String>,
    text: &str,
    things: &str,
) -> Result<String, CliError> {
    let mut found = ids.into_iter().filter(|id| id.starts_with(text));
    match (found.next(), found.next()) {
        (Some(id), None) => Ok(id),
        (Some(_), Some(_)) => {
            let says = format!("several {things} begin with `{text}`");
            Err(CliError::refused("short-id", says).hint("give more letters of the id"))
        }
        (None, _) => Err(CliError::unknown()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_match_and_no_other() {
        let ids = || ["r_aaaaaaaab", "r_aaaaaaaac", "r_bbbbbbbbb"].map(str::to_owned);
        assert_eq!(only(ids(), "r_bbbbbbbb", "records").unwrap(), "r_bbbbbbbbb");
        assert_eq!(
            only(ids(), "r_aaaaaaaa", "records")
                .unwrap_err()
                .exit_code(),
            1
        );
        assert_eq!(
            only(ids(), "r_cccccccc", "records").unwrap_err(),
            CliError::unknown()
        );
    }

    #[test]
    fn short_ids_keep_their_prefix() {
        assert_eq!(short("r_aaaqeayeaudaocajbifqydiob4"), "r_aaaqeaye");
        assert_eq!(short("r_x"), "r_x");
    }
}
