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
