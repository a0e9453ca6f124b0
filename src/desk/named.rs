//! Users, as people name them.

use crate::desk::error::DeskError;
use crate::ids::UserId;
use crate::keeper::message::answer::Keys;

/// A user by handle or id.
pub(crate) fn find_user(keys: &Keys, who: &str) -> Result<UserId, DeskError> {
    let found = keys
        .accounts
        .iter()
        .find(|account| account.handle == who || account.id.to_string() == who);
    found.map(|account| account.id).ok_or_else(|| {
        DeskError::refused(
            "no-such-user",
            format!("there is no user `{who}`; `strongroom user list` shows them"),
        )
    })
}

/// A name or title without the space around it, where it is one line that says something.
pub(crate) fn one_line(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty() && !text.chars().any(char::is_control)).then_some(text)
}

/// A person's name as it was given, and their handle where none was.
///
/// # Errors
/// What a name has to be.
pub(crate) fn name_or(name: Option<&str>, handle: &str) -> Result<String, &'static str> {
    one_line(name.unwrap_or(handle)).map(str::to_owned).ok_or(
        "a person's name is one line, for example \"Moira Kerr\"; leave it out to use the handle",
    )
}

/// A user's handle; the id of one the keeper does not name any more.
pub(crate) fn handle_of(keys: &Keys, user: UserId) -> String {
    let mut accounts = keys.accounts.iter();
    let found = accounts.find(|account| account.id == user);
    found.map_or_else(|| user.to_string(), |account| account.handle.clone())
}

/// The user a form's text names by handle, if it names one.
pub(crate) fn user_named(keys: &Keys, text: &str) -> Option<UserId> {
    keys.accounts
        .iter()
        .find(|account| account.handle == text)
        .map(|account| account.id)
}
