//! Filing: a form is checked against its kind, sealed in parts, signed, and sent. Only compartments'
//! public keys are needed, so a volunteer may file what they cannot read back.

use crate::desk::Desk;
use crate::desk::attach::Attach;
use crate::desk::attach::attachment_warnings;
use crate::desk::error::DeskError;
use crate::desk::filed_facts::subjects_of;
use crate::desk::headers::Keyed;
use crate::desk::headers::with_headers;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::link::line;
use crate::desk::parts::Draft;
use crate::desk::reading::parse_case;
use crate::desk::shown::Filed;
use crate::desk::trust::Trust;
use crate::desk::versions::Body;
use crate::ids::RecordId;
use crate::keeper::facts::Subject;
use crate::keeper::intake::SEND_AGAIN;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::FiledFacts;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::NewVersion;
use crate::ledger::Event;
use crate::records::Card;
use crate::records::Form;
use crate::records::Kind;
use crate::records::Kinds;
use crate::records::person::Part;
use crate::sealing::RecordKey;
use serde_json::Value;

/// What is filed.
pub struct Filing {
    /// The case, by id.
    pub case: Option<String>,
    /// The kind's name.
    pub kind: String,
    /// The form as it was typed.
    pub form: Value,
    /// Attachments.
    pub attachments: Vec<Attach>,
    /// Users it is about, by handle or id: for them it does not exist.
    pub about: Vec<String>,
    /// Named decision-makers, by handle or id.
    pub deciders: Vec<String>,
}

impl std::fmt::Debug for Filing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Filing")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl Desk<'_> {
    /// Files one record.
    ///
    /// # Errors
    /// [`DeskError::Form`] when the form does not fit, and the keeper's refusals.
    pub fn file(&mut self, filing: &Filing) -> Result<Filed, DeskError> {
        self.file_about(filing, &[])
    }

    /// Files one record that is about people on file, each named by id, with what they are in it.
    ///
    /// # Errors
    /// As [`Desk::file`]; [`DeskError::Unknown`] for somebody who is neither part of the case nor this person's to see.
    pub fn file_about(
        &mut self,
        filing: &Filing,
        subjects: &[(String, Part)],
    ) -> Result<Filed, DeskError> {
        let subjects = subjects_of(subjects)?;
        again(|| self.file_once(RecordId::random(), filing, &subjects))
    }

    /// Files a record under an id.
    #[cfg(test)]
    pub(crate) fn file_as(
        &mut self,
        record: RecordId,
        filing: &Filing,
    ) -> Result<Filed, DeskError> {
        self.file_once(record, filing, &[])
    }

    fn file_once(
        &mut self,
        record: RecordId,
        filing: &Filing,
        subjects: &[Subject],
    ) -> Result<Filed, DeskError> {
        let kind = kind(&filing.kind)?;
        let form = kind.check(&filing.form)?;
        let case = filing.case.as_deref().map(parse_case);
        let (keys, trust) = self.keys(case)?;
        let mut warnings = attachment_warnings(&filing.attachments)?;
        let mut facts = self.filed_facts((kind, &form), filing, &keys, &mut warnings)?;
        facts.subjects = subjects.to_vec();
        let keyed = self.first_version(
            record,
            (kind, &form, None),
            (facts, &filing.attachments),
            (&keys, &trust),
        )?;
        let want = Want::AddRecord { record };
        let filed = self.send_versions(want, with_headers(vec![keyed]), Event::Store)?;
        let receipt = filed.into_iter().next().ok_or_else(link::unexpected)?.1;
        Ok(Filed {
            id: record,
            receipt,
            warnings,
        })
    }

    /// Files many records of one kind in one case, all in one frame or none; at most a few hundred at a
    /// time.
    ///
    /// # Errors
    /// As [`Desk::file`].
    pub fn import(&mut self, filings: &[Filing]) -> Result<Vec<Filed>, DeskError> {
        again(|| self.import_once(filings, &[]))
    }

    /// As [`Desk::import`]; each card keeps what tells the row it comes from, for whoever brings the same rows in
    /// again.
    ///
    /// # Errors
    /// As [`Desk::file`].
    pub fn import_rows(
        &mut self,
        filings: &[Filing],
        sources: &[String],
    ) -> Result<Vec<Filed>, DeskError> {
        again(|| self.import_once(filings, sources))
    }

    fn import_once(
        &mut self,
        filings: &[Filing],
        sources: &[String],
    ) -> Result<Vec<Filed>, DeskError> {
        let Some(first) = filings.first() else {
            return Ok(Vec::new());
        };
        let kind = kind(&first.kind)?;
        let case = first.case.as_deref().map(parse_case);
        let (keys, trust) = self.keys(case)?;
        let mut keyed = Vec::new();
        let mut warned = Vec::new();
        let sources = sources.iter().map(Some).chain(std::iter::repeat(None));
        for (filing, source) in filings.iter().zip(sources) {
            let form = kind.check(&filing.form)?;
            let mut warnings = attachment_warnings(&filing.attachments)?;
            let facts = self.filed_facts((kind, &form), filing, &keys, &mut warnings)?;
            let record = RecordId::random();
            keyed.push(self.first_version(
                record,
                (kind, &form, source),
                (facts, &filing.attachments),
                (&keys, &trust),
            )?);
            warned.push(warnings);
        }
        let mut versions = with_headers(keyed);
        for version in &mut versions {
            "imported".clone_into(&mut version.version.reason);
        }
        let want = Want::ImportRecords { case };
        let filed = self.send_versions(want, versions, Event::Import)?;
        let lines = filed.into_iter().zip(warned);
        let line = |((id, receipt), warnings)| Filed {
            id,
            receipt,
            warnings,
        };
        Ok(lines.map(line).collect())
    }

    fn send_versions(
        &mut self,
        want: Want,
        versions: Vec<NewVersion>,
        event: Event,
    ) -> Result<Vec<(RecordId, crate::desk::shown::ReceiptLine)>, DeskError> {
        // Only the keys drawn here show that each entry is about what was sent here.
        let sent = versions
            .iter()
            .map(sent_key)
            .collect::<Result<Vec<_>, _>>()?;
        let (served, proven) = self.ask(want, Load::Records(versions), Because::default())?;
        let Served::Filed(filed) = served else {
            return Err(link::unexpected());
        };
        if !filed
            .iter()
            .map(|one| one.record)
            .eq(sent.iter().map(|(record, _)| *record))
        {
            return Err(link::unexpected());
        }
        if let [(record, key)] = sent.as_slice() {
            Self::check_record(&proven, key, *record)?;
            return Ok(vec![(*record, line(&proven))]);
        }
        let entries: Vec<_> = filed.iter().map(|f| (&f.receipt, &f.opening)).collect();
        let proven = self.believe(&entries, event)?;
        let mut lines = Vec::new();
        for (proven, (record, key)) in proven.iter().zip(&sent) {
            Self::check_record(proven, key, *record)?;
            lines.push((*record, line(proven)));
        }
        Ok(lines)
    }

    fn first_version(
        &mut self,
        record: RecordId,
        (kind, form, source): (&Kind, &Form, Option<&String>),
        (facts, attachments): (FiledFacts, &[Attach]),
        (keys, trust): (&Keys, &Trust),
    ) -> Result<Keyed, DeskError> {
        let (to, own) = self.destination(record, &facts, keys, trust)?;
        let body = Body {
            form: form.to_json(),
            reason: None,
        };
        let card = Card {
            source: source.cloned(),
            ..kind.card(form)
        };
        let draft = Draft {
            record,
            number: 1,
            previous: None,
            k_record: RecordKey::generate(),
            facts,
            reason: "filed",
            card: serde_json::to_vec(&card).map_err(DeskError::damaged)?,
            body: serde_json::to_vec(&body).map_err(DeskError::damaged)?,
        };
        let mut keyed = self.seal_parts(draft, attachments, to)?;
        (keyed.version.own, keyed.version.open_to) = own.unzip();
        Ok(keyed)
    }
}

/// Sends once more, under new ids, when that is what the keeper says.
pub(crate) fn again<T>(mut send: impl FnMut() -> Result<T, DeskError>) -> Result<T, DeskError> {
    match send() {
        Err(DeskError::Refused { code, .. }) if code == SEND_AGAIN => send(),
        other => other,
    }
}

/// A record about to be sent, and the audit key drawn for it.
fn sent_key(version: &NewVersion) -> Result<(RecordId, RecordKey), DeskError> {
    let key = version
        .k_record
        .as_deref()
        .and_then(crate::bytes::unbase64url);
    let key = key.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let key = key
        .map(RecordKey::from_bytes)
        .ok_or_else(link::unexpected)?;
    Ok((version.record, key))
}

/// A kind by name.
pub(crate) fn kind(name: &str) -> Result<&'static Kind, DeskError> {
    let kinds = Kinds::builtin();
    kinds.find(name).ok_or_else(|| {
        let nearest = kinds
            .nearest(name)
            .map(|near| format!("; did you mean `{near}`?"));
        let says = format!(
            "there is no kind `{name}`{}; `strongroom kind list` shows them all",
            nearest.unwrap_or_default()
        );
        DeskError::refused("no-such-kind", says)
    })
}
