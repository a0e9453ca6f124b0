//! What a person is told until they have read it.

use serde_json::Value;
use serde_json::json;

use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::desk::Desk;
use crate::desk::Notice;
use crate::desk::Told;
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

/// One line at sign-in, where somebody who is out alone has not come back in time.
pub(crate) fn tell_missed(desk: &Desk<'_>, out: &Out) {
    match desk.missed_at_sign_in() {
        0 => {}
        1 => out.warning("somebody who is out alone has not come back in time: strongroom check-in list"),
        several => out.warning(&format!(
            "{several} people who are out alone have not come back in time: strongroom check-in list"
        )),
    }
}

/// What this computer has seen of the vault and is lost, once.
pub(crate) fn tell_lost(desk: &Desk<'_>, out: &Out) {
    let Some(lost) = desk.lost() else { return };
    let entries = match lost.entries {
        1 => "the last entry this computer had seen is".to_owned(),
        several => format!("the last {several} entries this computer had seen are"),
    };
    out.warning(&format!(
        "the vault was brought back from a backup, and {entries} lost. Two trustees decided to go on without; the \
         vault says so in entry {}. Look whether what you filed last is still there, and file it again if not",
        lost.said_in
    ));
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
    let somebody = |who: &Option<String>| who.as_deref().unwrap_or("somebody").to_owned();
    let (by, at) = (somebody(&notice.by), dates::people_moment(notice.at));
    let both = |agreed: &Option<String>| match agreed {
        agreed if *agreed == notice.by => format!("{by} alone"),
        agreed => format!("{by} and {}", somebody(agreed)),
    };
    match &notice.told {
        Told::Opened { record, review_by } => format!(
            "{by} opened the record {record} in an emergency on {at} (entry {}). It is to be reviewed by {}: \
             strongroom record history {record}, then strongroom breakglass review {record}",
            notice.entry,
            dates::people_moment(*review_by),
        ),
        Told::Reissued { agreed, own, .. } if *own => format!(
            "You were given new keys by {} on {at} (entry {}). If you did not ask for them, tell a \
             coordinator; and set a passphrase of your own: strongroom user passphrase",
            both(agreed),
            notice.entry
        ),
        Told::Reissued { user, agreed, .. } => format!(
            "{} was given new keys by {} on {at} (entry {}).",
            somebody(user),
            both(agreed),
            notice.entry
        ),
    }
}

fn document(notice: &Notice) -> Value {
    let mut document = json!({
        "entry": notice.entry,
        "by": notice.by,
        "at": notice.at.to_string(),
    });
    let more = match &notice.told {
        Told::Opened { record, review_by } => json!({
            "event": "breakglass",
            "record": record,
            "review_by": review_by.to_string(),
        }),
        Told::Reissued { user, agreed, .. } => json!({
            "event": "reissue",
            "user": user,
            "agreed": agreed,
        }),
    };
    if let (Some(document), Value::Object(more)) = (document.as_object_mut(), more) {
        document.extend(more);
    }
    document
}
