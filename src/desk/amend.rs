//! Correcting: a new version beside the original, sealed to whom the record is sealed already.

use serde_json::Value;

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::filed_facts::subjects_of;
use crate::desk::filed_facts::triggers;
use crate::desk::filing::kind;
use crate::desk::headers::with_headers;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::link::line;
use crate::desk::named::user_named;
use crate::desk::orders::order_of;
use crate::desk::parts::Destination;
use crate::desk::parts::Draft;
use crate::desk::parts::recorded;
use crate::desk::reading::card_of;
use crate::desk::reading::parse_record;
use crate::desk::shown::Filed;
use crate::desk::trust::Trust;
use crate::desk::versions::Body;
use crate::desk::versions::OpenedRecord;
use crate::keeper::facts::Purpose;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedRecord;
use crate::keeper::message::load::FiledFacts;
use crate::keeper::message::load::GrantStatement;
use crate::keeper::message::load::Load;
use crate::records::Card;
use crate::records::Form;
use crate::records::Kind;
use crate::records::person::Part;
use crate::records::words::Service;

impl Desk<'_> {
    /// Files a corrected version; the original stays.
    ///
    /// # Errors
    /// As [`Desk::file`]; [`DeskError::Refused`] without a reason, and [`DeskError::Unknown`] for a record
    /// this person may not see.
    pub fn amend(&mut self, record: &str, form: &Value, reason: &str) -> Result<Filed, DeskError> {
        self.amend_about(record, form, reason, None)
    }

    /// As [`Desk::amend`]; where `subjects` are given, the record is about these people on file from now on.
    ///
    /// # Errors
    /// As [`Desk::amend`].
    pub fn amend_about(
        &mut self,
        record: &str,
        form: &Value,
        reason: &str,
        subjects: Option<&[(String, Part)]>,
    ) -> Result<Filed, DeskError> {
        let subjects = subjects.map(subjects_of).transpose()?;
        let reason = given_reason(reason)?;
        let record = parse_record(record);
        let (keys, trust) = self.keys(None)?;
        let want = Want::ReadRecord {
            record,
            version: None,
        };
        let (served, proven) = self.ask_record(want, Some("to correct it"))?;
        let opened = OpenedRecord::open(&proven, self.person.identity(), &served, &trust)?;
        let newest = served.versions.last().ok_or_else(link::unexpected)?;
        let kind = kind(&served.facts.kind)?;
        let form = kind.check(form)?;
        let service = self.service_of(&served, kind)?;
        let mut facts = corrected(&served, (kind, &form, service), &keys);
        facts.subjects = subjects.unwrap_or_else(|| served.facts.subjects.clone());
        let to = sealed_already(&served, &trust)?;
        let body = Body {
            form: form.to_json(),
            reason: Some(reason.to_owned()),
        };
        // It came from where it came from, however it is corrected.
        let card = Card {
            source: card_of(&opened, newest.number)?.source,
            ..kind.card(&form)
        };
        let draft = Draft {
            record,
            number: newest.number.saturating_add(1),
            previous: Some(newest.manifest.clone()),
            k_record: crate::desk::versions::audit_key(&served)?,
            facts,
            reason: "corrected",
            card: serde_json::to_vec(&card).map_err(DeskError::damaged)?,
            body: serde_json::to_vec(&body).map_err(DeskError::damaged)?,
        };
        let keyed = self.seal_parts(draft, &[], to)?;
        let key = crate::desk::versions::audit_key(&served)?;
        // The reason's words are content: they are sealed with the form. The entry says only this.
        let because = Because {
            purpose: None,
            reason: Some("corrected"),
        };
        let load = Load::Records(with_headers(vec![keyed]));
        let (served, proven) = self.ask(Want::AmendRecord { record }, load, because)?;
        let Served::Filed(_) = served else {
            return Err(link::unexpected());
        };
        Self::check_record(&proven, &key, record)?;
        Ok(Filed {
            id: record,
            receipt: line(&proven),
            warnings: Vec::new(),
        })
    }
}

impl Desk<'_> {
    /// The service of the record's case, where the retention rule depends on it. Somebody who may correct
    /// the record and may not look the case up goes by the rule it was filed under.
    fn service_of(
        &mut self,
        served: &ServedRecord,
        kind: &Kind,
    ) -> Result<Option<Service>, DeskError> {
        let facts = &served.facts;
        let Some(case) = facts.case.filter(|_| !kind.class.services.is_empty()) else {
            return Ok(None);
        };
        match self.keys(Some(case)) {
            Ok((keys, _)) => Ok(keys.case.map(|case| case.service)),
            Err(DeskError::Unknown) => Ok(kind.class.service_with(&facts.class)),
            Err(other) => Err(other),
        }
    }
}

/// The reason of a correction, without the space around it.
///
/// # Errors
/// [`DeskError::Refused`] when it says nothing.
pub fn given_reason(reason: &str) -> Result<&str, DeskError> {
    let reason = reason.trim();
    if reason.is_empty() {
        let says = "a correction needs a reason: say what was wrong, for example \"the venue\"";
        return Err(DeskError::refused("reason", says));
    }
    Ok(reason)
}

/// Where a record's later versions are sealed: its own compartment, or its case's.
fn sealed_already(served: &ServedRecord, trust: &Trust) -> Result<Vec<Destination>, DeskError> {
    let facts = &served.facts;
    let mut purposes = vec![Purpose::Own { record: facts.id }];
    purposes.extend(facts.case.map(|case| Purpose::Case { case }));
    let covers = |said: &GrantStatement| {
        said.records.contains(&facts.id) || (said.case.is_some() && said.case == facts.case)
    };
    recorded(&served.sealed_to, &purposes, covers, trust)
}

/// What the keeper is told about a corrected version: what may change.
fn corrected(
    served: &ServedRecord,
    (kind, form, service): (&Kind, &Form, Option<Service>),
    keys: &Keys,
) -> FiledFacts {
    let said = kind.facts(form, service);
    FiledFacts {
        case: served.facts.case,
        kind: kind.name.clone(),
        kind_version: kind.version,
        class: said.class,
        labels: said.labels.into_iter().collect(),
        event_date: said.event_date,
        about: Vec::new(),
        deciders: Vec::new(),
        handler: said
            .handler
            .as_deref()
            .and_then(|name| user_named(keys, name)),
        triggers: triggers(&said.triggers),
        clocks: said.clocks,
        order_recipients: said.order_recipients,
        order: order_of(said.order),
        subjects: Vec::new(),
    }
}
