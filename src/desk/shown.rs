//! What a desk gives to its face: opened, checked, and already in the ledger.

use serde_json::Value;

use crate::clock::Timestamp;
use crate::desk::OnFile;
use crate::desk::checks::Check;
use crate::ids::CaseId;
use crate::ids::PersonId;
use crate::ids::RecordId;
use crate::keeper::facts::CaseState;
use crate::keeper::facts::RecordState;
use crate::keeper::facts::ReleasedFacts;
use crate::keeper::facts::Service;
use crate::records::person::hide;

/// Where an entry stands, and under which signed head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptLine {
    /// The entry's position.
    pub index: u64,
    /// The ledger's size in the head it was proved under.
    pub size: u64,
    /// The head's root, base64.
    pub root: String,
}

/// A record that was filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// Its id.
    pub id: RecordId,
    /// The proof of its entry.
    pub receipt: ReceiptLine,
    /// What the filer may want to know: nothing was refused.
    pub warnings: Vec<String>,
}

/// A case.
#[derive(Clone, PartialEq, Eq)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// Its title; `None` while its key has not reached the asker.
    pub title: Option<String>,
    /// How contact happens.
    pub service: Service,
    /// Whether it takes records.
    pub state: CaseState,
    /// The handles of its team.
    pub team: Vec<String>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// Since when its key has waited to be changed, where the asker is told.
    pub rekey_pending: Option<Timestamp>,
    /// Of one case shown alone: the days of its sessions without a report, `YYYY-MM-DD`.
    pub unreported: Vec<String>,
    /// Who is part of it, where it was shown alone and the asker may open them: with their part in this case, and
    /// without what is to be kept from any of the others.
    pub people: Vec<OnFile>,
}

/// One line of a list of records.
#[derive(Clone, PartialEq, Eq)]
pub struct CardLine {
    /// The record.
    pub id: RecordId,
    /// Its case.
    pub case: Option<CaseId>,
    /// Its kind.
    pub kind: String,
    /// How many versions it has.
    pub version: u32,
    /// Where it stands.
    pub state: RecordState,
    /// What its card says.
    pub title: String,
    /// When what it tells happened, `YYYY-MM-DD`.
    pub event_date: Option<String>,
    /// Of a record that was brought in, what tells the row it came from.
    pub source: Option<String>,
    /// Whether somebody else has looked it over, where its kind wants that.
    pub check: Option<Check>,
}

/// An alert about somebody who is part of a case.
#[derive(Clone, PartialEq, Eq)]
pub struct AlertLine {
    /// Whom it is about.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// As what they are part of the case.
    pub role: String,
    /// What there is to know.
    pub alert: String,
}

/// Somebody on file whom a record is about.
#[derive(Clone, PartialEq, Eq)]
pub struct SubjectLine {
    /// The person.
    pub person: PersonId,
    /// As what.
    pub role: String,
    /// Their name, where the reader may open what is on file of them.
    pub name: Option<String>,
}

/// An attachment's line.
#[derive(Clone, PartialEq, Eq)]
pub struct AttachmentLine {
    /// Its name.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// SHA-256 of its content, hex.
    pub sha256: String,
}

/// One release of a record to somebody outside.
#[derive(Clone, PartialEq, Eq)]
pub struct ReleaseLine {
    /// To whom, by what right, of which version and when.
    pub facts: ReleasedFacts,
    /// The handle of who gave it.
    pub by: String,
}

/// A record, opened.
#[derive(Clone)]
pub struct ShownRecord {
    /// The record.
    pub id: RecordId,
    /// Its case.
    pub case: Option<CaseId>,
    /// Its kind.
    pub kind: String,
    /// The kind's version, as this version was filed.
    pub kind_version: u32,
    /// The version shown.
    pub version: u32,
    /// Where it stands.
    pub state: RecordState,
    /// What its card says.
    pub title: String,
    /// Whether the whole of it is shown, and not its card alone.
    pub whole: bool,
    /// What whoever opens anything of its case has to know first.
    pub alerts: Vec<AlertLine>,
    /// Whom it is about, among the people on file; in an earlier version too those of the newest.
    pub subjects: Vec<SubjectLine>,
    /// The form.
    pub fields: Value,
    /// Every attachment up to the version shown; a later one of the same name replaces an earlier one.
    pub attachments: Vec<AttachmentLine>,
    /// The handle of who filed this version.
    pub author: String,
    /// When this version was filed.
    pub filed_at: Timestamp,
    /// Whether somebody else has looked its newest version over, where its kind wants that.
    pub check: Option<Check>,
    /// Why it was corrected, if it was.
    pub reason: Option<String>,
    /// To whom it was released, oldest first; not for outsiders.
    pub released: Vec<ReleaseLine>,
    /// The form, set for a reader of the given width in columns.
    pub text: String,
    /// The proof that this showing is in the ledger.
    pub receipt: ReceiptLine,
}

/// An entry, with names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// Its position.
    pub index: u64,
    /// When.
    pub time: Timestamp,
    /// What.
    pub event: String,
    /// How it ended.
    pub outcome: String,
    /// The handle of whoever did it.
    pub actor: Option<String>,
    /// The record, where the asker may know it.
    pub record: Option<RecordId>,
    /// The case, where the asker may know it.
    pub case: Option<CaseId>,
    /// The purpose given.
    pub purpose: Option<String>,
    /// Whether the detail still exists.
    pub detail_available: bool,
}

/// One line of a record's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryLine {
    /// The entry's position.
    pub index: u64,
    /// When.
    pub time: Timestamp,
    /// What.
    pub event: String,
    /// How it ended.
    pub outcome: String,
    /// The handle of whoever did it.
    pub actor: Option<String>,
    /// The version it was about, where it was about one.
    pub version: Option<u32>,
    /// The purpose given.
    pub purpose: Option<String>,
    /// To whom it revealed the content, where the kind keeps a list of that.
    pub revealed_to: Option<String>,
}

hide!(
    Case,
    CardLine,
    AttachmentLine,
    AlertLine,
    SubjectLine,
    ReleaseLine,
    ShownRecord
);
