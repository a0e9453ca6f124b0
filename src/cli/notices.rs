//! What a person is told until they have read it.

use serde_json::Value;
use serde_json::json;

use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::desk::Desk;
use crate::desk::Notice;
use crate::records::dates;

/// One line at sign-in, where there is something to read.
pub(crate) fn tell(desk: &Desk<'_>, out: &Out) {
    let says = match desk.notices_at_sign_in() {
        0 => return,
        1 => "You have a notice to read: strongroom errands".to_owned(),
        several => format!("You have {several} notices to read: strongroom errands"),
    };
    out.note(&says);
}

/// Shows all notices, and marks them as read; for scripts, as documents.
///
/// # Errors
/// As the desk.
pub(crate) fn show(desk: &mut Desk<'_>, out: &mut Out) -> Result<Vec<Value>, CliError> {
    let notices = desk.notices()?;
    if !out.json() {
        for notice in &notices {
            out.say(&sentence(notice));
        }
    }
    desk.read_notices(&notices)?;
    Ok(notices.iter().map(document).collect())
}

fn sentence(notice: &Notice) -> String {
    format!(
        "{} opened the record {} in an emergency on {} (entry {}). It is to be looked at by {}: strongroom \
         record history {}",
        notice.by.as_deref().unwrap_or("Somebody"),
        notice.record,
        dates::people_moment(notice.at),
        notice.entry,
        dates::people_moment(notice.review_by),
        notice.record
    )
}

fn document(notice: &Notice) -> Value {
    json!({
        "event": "breakglass",
        "entry": notice.entry,
        "record": notice.record,
        "by": notice.by,
        "at": notice.at.to_string(),
        "review_by": notice.review_by.to_string(),
    })
}
