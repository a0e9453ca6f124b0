//! Filing: a form is checked against its kind, sealed in parts, signed, and sent. Only compartments'
//! public keys are needed, so a volunteer may file what they cannot read back.

use std::collections::BTreeSet;

use crate::desk::Desk;
use crate::desk::attach::Attach;
use crate::desk::attach::attachment_warnings;
use crate::desk::error::DeskError;
use crate::desk::headers::Keyed;
use crate::desk::headers::with_headers;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::link::line;
use crate::desk::named::find_user;
use crate::desk::named::user_named;
use crate::desk::on_file::parse_person;
use crate::desk::orders::order_of;
use crate::desk::parts::Draft;
use crate::desk::reading::parse_case;
use crate::desk::shown::Filed;
use crate::desk::trust::Trust;
use crate::desk::versions::Body;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::facts::Subject;
use crate::keeper::facts::Triggers;
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
use crate::records::words::Reader;
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

    /// What the keeper is told about a record, from its form and from what the filer named.
    fn filed_facts(
        &self,
        (kind, form): (&Kind, &Form),
        filing: &Filing,
        keys: &Keys,
        warnings: &mut Vec<String>,
    ) -> Result<FiledFacts, DeskError> {
        let service = keys.case.as_ref().map(|case| case.service);
        let said = kind.facts(form, service);
        let case = filing.case.as_deref().map(parse_case);
        let user = |who: &String| find_user(keys, who);
        let known = |names: &[String]| -> BTreeSet<UserId> {
            names
                .iter()
                .filter_map(|name| user_named(keys, name))
                .collect()
        };
        let mut about: BTreeSet<UserId> =
            filing.about.iter().map(user).collect::<Result<_, _>>()?;
        about.extend(known(&said.about));
        let mut deciders: BTreeSet<UserId> =
            filing.deciders.iter().map(user).collect::<Result<_, _>>()?;
        deciders.extend(known(&said.deciders));
        if deciders.is_empty() && nobody_decides(kind, keys) {
            deciders.insert(self.account.id);
            warnings.push(
                "nobody here is a DBS countersignatory yet, so you were named as the decider of this record"
                    .to_owned(),
            );
        }
        warnings.extend(too_few_decide(kind, deciders.len()));
        let handler = said.handler.as_deref();
        let handler = handler.and_then(|name| user_named(keys, name));
        if handler.is_none() && kind.readers == [Reader::Handler] {
            warnings.push(
                "no handler with an account here was named, so this record is the trustees' to read"
                    .to_owned(),
            );
        }
        Ok(FiledFacts {
            case,
            kind: kind.name.clone(),
            kind_version: kind.version,
            class: said.class,
            labels: said.labels.into_iter().collect(),
            event_date: said.event_date,
            about: about.into_iter().collect(),
            deciders: deciders.into_iter().collect(),
            handler,
            triggers: triggers(&said.triggers),
            clocks: said.clocks,
            order_recipients: said.order_recipients,
            order: order_of(said.order),
            subjects: Vec::new(),
        })
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

/// A form's dates, as facts.
pub(crate) fn triggers(said: &crate::records::kind::Triggers) -> Triggers {
    Triggers {
        event: said.event.clone(),
        decision: said.decision.clone(),
        resolution: said.resolution.clone(),
        closure: said.closure.clone(),
        engagement_end: said.engagement_end.clone(),
        last_entry: said.last_entry.clone(),
        other: crate::keeper::facts::Other::new(),
    }
}

/// Whom a record is about, each once.
pub(crate) fn subjects_of(named: &[(String, Part)]) -> Result<Vec<Subject>, DeskError> {
    let mut subjects: Vec<Subject> = Vec::new();
    for (person, role) in named {
        let person = parse_person(person);
        if subjects.iter().any(|one| one.person == person) {
            let says = format!("{person} is named twice; say once what they are in this record");
            return Err(DeskError::refused("named-twice", says));
        }
        subjects.push(Subject {
            person,
            role: role.word().to_owned(),
        });
    }
    Ok(subjects)
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

/// Whether a kind is read by its deciders and nobody could stand in for them.
fn nobody_decides(kind: &Kind, keys: &Keys) -> bool {
    use crate::keeper::facts::Role;
    let by_deciders = kind.readers.contains(&Reader::Deciders);
    let mut accounts = keys.accounts.iter();
    by_deciders && !accounts.any(|one| one.is(Role::DbsCountersignatory) && one.may_work())
}

/// What is said where a kind takes more deciders than were named.
fn too_few_decide(kind: &Kind, named: usize) -> Option<String> {
    let field = kind.field(kind.people.deciders.as_deref()?)?;
    let least = field.min_items.filter(|least| named < *least)?;
    Some(format!(
        "this takes {least} deciders with an account here, and {named} were named; name them with \
         strongroom record deciders"
    ))
}
