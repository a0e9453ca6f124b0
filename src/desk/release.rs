//! Releasing: a record as somebody outside the centre gets it. It says to whom it is given and by what right, and
//! holds no more than the case's service lets out.

use serde_json::Map;
use serde_json::Value as Json;

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::moving::given;
use crate::desk::named::handle_of;
use crate::desk::print::Look;
use crate::desk::print::OnPaper;
use crate::desk::print::WIDTH;
use crate::desk::print::kind_of;
use crate::desk::print::sections;
use crate::desk::proposals::Proposal;
use crate::desk::reading::parse_record;
use crate::desk::shown::ReleaseLine;
use crate::desk::shown::ShownRecord;
use crate::ids::ProposalId;
use crate::keeper::facts::Recipient;
use crate::keeper::facts::ReleasedFacts;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::answer::ServedRecord;
use crate::keeper::message::load::FiledFacts;
use crate::keeper::message::load::ReleaseStatement;
use crate::paper::Document;
use crate::paper::Notice;
use crate::paper::Row;
use crate::paper::Section;
use crate::records::dates;
use crate::records::orders;
use crate::sealing::RecordKey;

impl Desk<'_> {
    /// Releases a record's newest version: the copy that is to be handed over. That it was, to whom and by what
    /// right stands in its history from then on.
    ///
    /// # Errors
    /// [`DeskError`]; [`DeskError::Denied`] where a court's order names others, or the case's service gives nothing;
    /// [`DeskError::Refused`] where nobody but its author has looked it over.
    pub fn release(
        &mut self,
        record: &str,
        to: &Recipient,
        purpose: Option<&str>,
        look: &Look,
    ) -> Result<OnPaper, DeskError> {
        if let Some(key) = &to.key {
            self.export_recipients(std::slice::from_ref(key))?;
        }
        let record = parse_record(record);
        let want = Want::ReleaseRecord {
            record,
            to: to.clone(),
        };
        let ((served, proven), known) = self.ask_known(want, purpose)?;
        let leaves = served.leaves.clone();
        let shown = self.shown(&known, (served, proven), None, WIDTH)?;
        let copy = copy(&shown, to, &leaves)?;
        self.set(&shown, copy, look)
    }

    /// Proposes to release a record of a kind that two people let go. After a second person's yes this person may
    /// release it, to this recipient, once, within fourteen days.
    ///
    /// # Errors
    /// [`DeskError`], as for [`Desk::release`].
    pub fn propose_release(
        &mut self,
        record: &str,
        to: &Recipient,
        (reason, purpose): (&str, Option<&str>),
    ) -> Result<Proposal, DeskError> {
        let reason = given(reason)?;
        let record = parse_record(record);
        // What is proposed is the very version that was looked at.
        let look = Want::ReadRecord {
            record,
            version: None,
        };
        let (served, _) = self.ask_record(look, purpose)?;
        let said = ReleaseStatement {
            proposal: ProposalId::random(),
            record,
            version: served.facts.versions,
            to: to.clone(),
            reason: reason.to_owned(),
        };
        let want = Want::ProposeRelease {
            record,
            to: to.clone(),
        };
        self.propose(want, &said, reason)
    }
}

/// To whom a record was released, oldest first.
pub(crate) fn released(served: &ServedRecord, keys: &Keys) -> Vec<ReleaseLine> {
    let line = |facts: &ReleasedFacts| ReleaseLine {
        by: handle_of(keys, facts.by),
        facts: facts.clone(),
    };
    served.released.iter().map(line).collect()
}

/// What the keeper is told of a form, with marks in the place of the names of those a court lets have it: it compares
/// whoever is to have a copy with them, and cannot read them.
pub(crate) fn marked(facts: FiledFacts, key: &RecordKey) -> FiledFacts {
    let named = orders::named(&facts.order_recipients);
    FiledFacts {
        order_recipients: named.iter().map(|name| key.mark(name)).collect(),
        ..facts
    }
}

/// What is handed over.
fn copy(shown: &ShownRecord, to: &Recipient, leaves: &[String]) -> Result<Document, DeskError> {
    let kind = kind_of(shown)?;
    let all = leaves.is_empty();
    let fields = if all {
        shown.fields.clone()
    } else {
        only(&shown.fields, leaves)
    };
    let mut parts = vec![about(shown, all)];
    parts.extend(sections(&kind.fields, &fields));
    if all && !shown.attachments.is_empty() {
        parts.push(left_behind(shown.attachments.len()));
    }
    Ok(Document {
        title: kind.title.clone(),
        // A card's title may name what is not to leave.
        subtitle: if all {
            shown.title.clone()
        } else {
            String::new()
        },
        notice: Some(Notice {
            heading: "Released copy".to_owned(),
            text: "Given to whoever is named here, and to nobody else.".to_owned(),
            rows: vec![
                Row::text("To", to.name.clone()),
                Row::text("Authority", to.authority.clone()),
            ],
        }),
        sections: parts,
        ..Document::default()
    })
}

/// What stands before the form.
fn about(shown: &ShownRecord, all: bool) -> Section {
    let mut rows = vec![
        Row::text("Record", shown.id.to_string()),
        Row::text("Version", shown.version.to_string()),
    ];
    if all {
        let written = format!("{}, {}", shown.author, dates::people_moment(shown.filed_at));
        rows.push(Row::text("Written by", written));
        let checked = shown.check.as_ref().and_then(|check| check.by.clone());
        rows.extend(checked.map(|by| Row::text("Checked by", by)));
    }
    Section {
        heading: String::new(),
        rows,
    }
}

/// That files stand beside the record which are not on this paper; their names may tell too much.
fn left_behind(files: usize) -> Section {
    let says = match files {
        1 => "One file stands beside this record in the vault; it is no part of this copy."
            .to_owned(),
        many => format!(
            "{many} files stand beside this record in the vault; they are no part of this copy."
        ),
    };
    Section {
        heading: "Attachments".to_owned(),
        rows: vec![Row::text("", says)],
    }
}

/// What a form says at these dotted paths, and nothing else.
fn only(given: &Json, paths: &[String]) -> Json {
    let Json::Object(fields) = given else {
        return Json::Null;
    };
    let mut kept = Map::new();
    for (name, value) in fields {
        if paths.iter().any(|path| path == name) {
            kept.insert(name.clone(), value.clone());
            continue;
        }
        let inside = paths
            .iter()
            .filter_map(|path| path.strip_prefix(name.as_str()));
        let inside: Vec<String> = inside
            .filter_map(|rest| rest.strip_prefix('.'))
            .map(str::to_owned)
            .collect();
        if inside.is_empty() {
            continue;
        }
        let value = match value {
            Json::Array(entries) => {
                Json::Array(entries.iter().map(|one| only(one, &inside)).collect())
            }
            one => only(one, &inside),
        };
        kept.insert(name.clone(), value);
    }
    Json::Object(kept)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_but_what_is_named_leaves() {
        let form = json!({
            "session_date": "2026-11-04",
            "session_dates": "not this one",
            "notes": "The father wept.",
            "people": [
                {"name": "Iestyn", "arrived": "10:00", "mood": "low"},
                {"name": "Gwenllïan", "address": {"town": "Llandeilo"}},
            ],
        });
        let paths = ["session_date", "people.name", "people.arrived"].map(str::to_owned);
        assert_eq!(
            only(&form, &paths),
            json!({
                "session_date": "2026-11-04",
                "people": [{"name": "Iestyn", "arrived": "10:00"}, {"name": "Gwenllïan"}],
            })
        );
        assert_eq!(only(&form, &[]), json!({}));
        assert_eq!(only(&json!("text"), &paths), Json::Null);
    }
}
