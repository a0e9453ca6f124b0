//! Checking what somebody else filed: it is read first, and what is signed is that very version. And what others
//! have signed about a record, believed only with their signature.

use std::collections::BTreeSet;

use crate::clock::Timestamp;
use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::link::line;
use crate::desk::named::handle_of;
use crate::desk::open;
use crate::desk::reading::parse_record;
use crate::desk::seal;
use crate::desk::seal::Recipients;
use crate::desk::shown::ReceiptLine;
use crate::desk::trust::Trust;
use crate::desk::versions::OpenedRecord;
use crate::desk::versions::audit_key;
use crate::ids::CompartmentId;
use crate::ids::GrantId;
use crate::ids::ProposalId;
use crate::ids::UserId;
use crate::keeper::facts::Member;
use crate::keeper::facts::RecordState;
use crate::keeper::facts::Role;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedHeaders;
use crate::keeper::message::answer::ServedRecord;
use crate::keeper::message::load::CheckStatement;
use crate::keeper::message::load::GrantStatement;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::NewGrant;
use crate::keeper::message::load::Returned;
use crate::keeper::message::load::Verdict;
use crate::keeper::rules::Rules;
use crate::ledger::Proven;
use crate::records::Kinds;
use crate::sealing::Plain;
use crate::sealing::Statement;
use crate::sealing::StatementKind;

/// What an author is given access for, and the purpose their readings then have.
const TO_CORRECT: &str = "returned to be corrected";
/// How long an author has: 90 days.
const RETURNED_MS: u64 = 90 * 24 * 60 * 60 * 1000;
/// The longest note to an author, in characters.
const NOTE_CHARS: usize = 4000;
/// Who may have looked something over: everybody at the centre who could read it.
const CHECKERS: [Role; 6] = [
    Role::Coordinator,
    Role::Staff,
    Role::SafeguardingLead,
    Role::DbsCountersignatory,
    Role::DataProtectionLead,
    Role::Trustee,
];

/// Where a record stands that somebody else than its author looks over.
#[derive(Clone, PartialEq, Eq)]
pub struct Check {
    /// `waiting`, `checked` or `returned`.
    pub state: &'static str,
    /// The handle of who looked it over.
    pub by: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
    /// For its author: what was wrong.
    pub note: Option<String>,
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Check")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl Desk<'_> {
    /// Reads a record that somebody else filed, and signs that its newest version is as it should be.
    ///
    /// # Errors
    /// [`DeskError`]; [`DeskError::Unknown`] for a record this person may not know of.
    pub fn check(&mut self, record: &str) -> Result<ReceiptLine, DeskError> {
        let (said, served) = self.looked_over(record, Verdict::Checked)?;
        let record = said.record;
        let load = Load::Signed(self.says(StatementKind::Approve, &said)?);
        let want = Want::CheckRecord { record };
        let (_, proven) = self.ask(want, load, Because::default())?;
        Self::check_record(&proven, &audit_key(&served)?, record)?;
        Ok(line(&proven))
    }

    /// Reads a record that somebody else filed, and returns it to them with what is wrong with it.
    ///
    /// # Errors
    /// As [`Desk::check`]; [`DeskError::Refused`] without a reason.
    pub fn return_record(&mut self, record: &str, reason: &str) -> Result<ReceiptLine, DeskError> {
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > NOTE_CHARS {
            let says = format!(
                "say what its author has to correct, in 1 to {NOTE_CHARS} characters (--reason)"
            );
            return Err(DeskError::refused("reason", says));
        }
        let (said, served) = self.looked_over(record, Verdict::Returned)?;
        self.again(|desk| desk.return_once(&said, &served, reason))
    }

    fn return_once(
        &mut self,
        said: &CheckStatement,
        served: &ServedRecord,
        reason: &str,
    ) -> Result<ReceiptLine, DeskError> {
        let record = said.record;
        let want = Want::ReturnRecord { record };
        // The words are content: they are sealed to the author. The entry says only this.
        let because = Because {
            purpose: Some(TO_CORRECT),
            reason: Some("returned"),
        };
        let (headers, proven) = self.ask(want.clone(), Load::Nothing {}, because)?;
        let Served::Headers(headers) = headers else {
            return Err(link::unexpected());
        };
        // After the look, never before: the keeper tells by the look's entry which keys this desk has seen.
        let (keys, trust) = self.keys(None)?;
        // Of the manifest that was signed, whatever the keeper says.
        let author = served.facts.author;
        let to = Recipients::new(&trust, &keys).of(&Member::User(author))?;
        let grant = self.grant_to_author(author, said, (&proven, &headers), (&keys, &trust))?;
        let load = Load::Returned(Box::new(Returned {
            statement: self.says(StatementKind::Approve, said)?,
            note: seal::card(&padded(reason), &to),
            grant,
        }));
        let (_, proven) = self.ask(want, load, because)?;
        Self::check_record(&proven, &audit_key(served)?, record)?;
        Ok(line(&proven))
    }

    fn grant_to_author(
        &self,
        author: UserId,
        said: &CheckStatement,
        headers: (&Proven, &ServedHeaders),
        with: (&Keys, &Trust),
    ) -> Result<Option<NewGrant>, DeskError> {
        if headers.1.groups.is_empty() {
            return Ok(None);
        }
        let records = BTreeSet::from([said.record]);
        let grant = GrantStatement {
            grant: GrantId::random(),
            proposal: ProposalId::random(),
            to: author,
            case: None,
            records,
            purpose: TO_CORRECT.to_owned(),
            from: self.now(),
            until: self.now().plus_ms(RETURNED_MS),
            // The compartment is made with it.
            compartment: CompartmentId::random(),
        };
        self.seal_grant_checked(headers, grant, with).map(Some)
    }

    /// Reads a record, and what is then said of its newest version.
    fn looked_over(
        &mut self,
        record: &str,
        verdict: Verdict,
    ) -> Result<(CheckStatement, ServedRecord), DeskError> {
        let record = parse_record(record);
        let (_, trust) = self.keys(None)?;
        let want = Want::ReadRecord {
            record,
            version: None,
        };
        let (served, proven) = self.ask_record(want, Some("to check it"))?;
        let opened = OpenedRecord::open(&proven, self.person.identity(), &served, &trust)?;
        let newest = served.facts.versions;
        opened.manifest(newest, &trust)?;
        let version = served.versions.last().ok_or_else(link::unexpected)?;
        let said = CheckStatement {
            record,
            version: newest,
            manifest: version.manifest.clone(),
            verdict,
        };
        Ok((said, served))
    }

    /// Where a served record stands, with the note to its author where that is this person.
    pub(crate) fn check_shown(
        &self,
        proven: &Proven,
        served: &ServedRecord,
        with: (&Keys, &Trust),
    ) -> Result<Option<Check>, DeskError> {
        let Some(check) = check_of(served, with)? else {
            return Ok(None);
        };
        let Some(note) = &served.said.note else {
            return Ok(Some(check));
        };
        // Sealed to keys the author may have had before: the rest is shown anyway.
        let plain = open::card(proven, self.person.identity(), note).ok();
        let words = plain.map(|plain| {
            let text = plain.expose().split(|byte| *byte == 0).next();
            String::from_utf8_lossy(text.unwrap_or_default()).into_owned()
        });
        Ok(Some(Check {
            note: Some(words.unwrap_or_else(|| {
                "what was wrong is sealed to keys you had before: ask who returned it".to_owned()
            })),
            ..check
        }))
    }
}

/// Where a record stands, as somebody else than its author has signed it; `None` for kinds that nobody checks.
///
/// # Errors
/// [`DeskError::Damaged`] where the keeper says what nobody signed.
pub(crate) fn check_of(
    served: &ServedRecord,
    (keys, trust): (&Keys, &Trust),
) -> Result<Option<Check>, DeskError> {
    let facts = &served.facts;
    if !Rules::from_kinds(Kinds::builtin()).of(&facts.kind).checked {
        return Ok(None);
    }
    let (state, verdict) = match facts.state {
        RecordState::Checked => ("checked", Verdict::Checked),
        RecordState::Returned => ("returned", Verdict::Returned),
        RecordState::Filed | RecordState::Disposed => {
            return Ok(Some(Check {
                state: "waiting",
                by: None,
                at: None,
                note: None,
            }));
        }
    };
    let signed = served.said.check.as_deref();
    let signed = signed.and_then(|text| believed(text, verdict, served, trust));
    let (by, at) = signed.ok_or_else(|| {
        DeskError::damaged(format!(
            "the keeper says that {} was {state}, and nobody entitled has signed that of this version",
            facts.id
        ))
    })?;
    Ok(Some(Check {
        state,
        by: Some(handle_of(keys, by)),
        at: Some(at),
        note: None,
    }))
}

/// Who has signed this of the newest version, and when: somebody of the centre who did not write it.
fn believed(
    text: &str,
    verdict: Verdict,
    served: &ServedRecord,
    trust: &Trust,
) -> Option<(UserId, Timestamp)> {
    let statement = Statement::parse(text.as_bytes()).ok()?;
    let said: CheckStatement = statement.read_body()?;
    let newest = served.versions.last()?;
    let same = said.record == served.facts.id
        && said.version == served.facts.versions
        && said.version == newest.number
        && said.manifest == newest.manifest
        && said.verdict == verdict;
    let by: UserId = statement.by().parse().ok()?;
    let other = by != served.facts.author && by != newest.author;
    let signed = statement.kind() == StatementKind::Approve
        && statement.vault() == trust.vault()
        && trust.signed_by_one_of(&statement, &CHECKERS);
    (same && other && signed).then(|| (by, statement.at()))
}

/// A note as it is sealed: its words, and zeros up to a step, so that its size says little.
fn padded(words: &str) -> Plain {
    let mut bytes = words.as_bytes().to_vec();
    let step = crate::sealing::padme(bytes.len() as u64).max(256);
    bytes.resize(usize::try_from(step).unwrap_or(bytes.len()), 0);
    Plain::new(bytes)
}
