//! Filing: a form is checked against its kind, sealed in parts, signed, and sent. Only compartments'
//! public keys are needed, so a volunteer may file what they cannot read back.

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::link::line;
use crate::desk::parts::Draft;
use crate::desk::reading::parse_case;
use crate::desk::shown::Filed;
use crate::desk::trust::Trust;
use crate::desk::versions::Body;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::facts::Triggers;
use crate::keeper::message::Want;
use crate::keeper::message::answer::FiledRecord;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::FiledFacts;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::NewVersion;
use crate::ledger::Event;
use crate::records::Form;
use crate::records::Kind;
use crate::records::Kinds;
use crate::records::attachment;
use crate::sealing::RecordKey;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io;
use std::io::Read;

/// Where an attachment's content comes from. Opened twice: once to be hashed, once to be sealed.
pub trait Source {
    /// A fresh reader from the beginning.
    ///
    /// # Errors
    /// What the system reports.
    fn open(&self) -> io::Result<Box<dyn Read>>;
}

impl<F: Fn() -> io::Result<Box<dyn Read>>> Source for F {
    fn open(&self) -> io::Result<Box<dyn Read>> {
        self()
    }
}

/// An attachment to file.
pub struct Attach {
    /// Its name, with an ending of the allowed list.
    pub name: String,
    /// Its content.
    pub source: Box<dyn Source>,
}

impl std::fmt::Debug for Attach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Attach(..)")
    }
}

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
        let kind = kind(&filing.kind)?;
        let form = kind.check(&filing.form)?;
        let case = filing.case.as_deref().map(parse_case);
        let (keys, trust) = self.keys(case)?;
        let mut warnings = attachment_warnings(&filing.attachments)?;
        let facts = self.filed_facts((kind, &form), filing, &keys, &mut warnings)?;
        let record = RecordId::random();
        let version = self.first_version(
            record,
            (kind, &form),
            (facts, &filing.attachments),
            (&keys, &trust),
        )?;
        let want = Want::AddRecord { record };
        let filed = self.send_versions(want, vec![version], Event::Store)?;
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
        let Some(first) = filings.first() else {
            return Ok(Vec::new());
        };
        let kind = kind(&first.kind)?;
        let case = first.case.as_deref().map(parse_case);
        let (keys, trust) = self.keys(case)?;
        let mut versions = Vec::new();
        let mut warned = Vec::new();
        for filing in filings {
            let form = kind.check(&filing.form)?;
            let mut warnings = attachment_warnings(&filing.attachments)?;
            let facts = self.filed_facts((kind, &form), filing, &keys, &mut warnings)?;
            let record = RecordId::random();
            versions.push(self.first_version(
                record,
                (kind, &form),
                (facts, &filing.attachments),
                (&keys, &trust),
            )?);
            warned.push(warnings);
        }
        let want = Want::ImportRecords { case };
        let filed = self.send_versions(want, versions, Event::Import)?;
        let lines = filed.into_iter().zip(warned);
        Ok(lines
            .map(|((id, receipt), warnings)| Filed {
                id,
                receipt,
                warnings,
            })
            .collect())
    }

    fn send_versions(
        &mut self,
        want: Want,
        versions: Vec<NewVersion>,
        event: Event,
    ) -> Result<Vec<(RecordId, crate::desk::shown::ReceiptLine)>, DeskError> {
        let (served, proven) = self.ask(want, Load::Records(versions), Because::default())?;
        let Served::Filed(filed) = served else {
            return Err(link::unexpected());
        };
        if let [one] = filed.as_slice() {
            return Ok(vec![(one.record, line(&proven))]);
        }
        let mut lines = Vec::new();
        for FiledRecord {
            record,
            receipt,
            opening,
        } in &filed
        {
            let proven = self.believe(receipt, opening, event)?;
            lines.push((*record, line(&proven)));
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
        let said = kind.facts(form);
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
        Ok(FiledFacts {
            case,
            kind: kind.name.clone(),
            kind_version: kind.version,
            class: said.class,
            labels: said.labels.into_iter().collect(),
            event_date: said.event_date,
            about: about.into_iter().collect(),
            deciders: deciders.into_iter().collect(),
            handler: said
                .handler
                .as_deref()
                .and_then(|name| user_named(keys, name)),
            triggers: triggers(&said.triggers),
        })
    }

    fn first_version(
        &mut self,
        record: RecordId,
        (kind, form): (&Kind, &Form),
        (facts, attachments): (FiledFacts, &[Attach]),
        (keys, trust): (&Keys, &Trust),
    ) -> Result<NewVersion, DeskError> {
        let (to, own) = self.destination(record, &facts, keys, trust)?;
        let body = Body {
            form: form.to_json(),
            reason: None,
        };
        let draft = Draft {
            record,
            number: 1,
            previous: None,
            k_record: RecordKey::generate(),
            facts,
            reason: "filed",
            card: serde_json::to_vec(&kind.card(form)).map_err(DeskError::damaged)?,
            body: serde_json::to_vec(&body).map_err(DeskError::damaged)?,
        };
        let mut version = self.seal_version(draft, attachments, &to)?;
        version.own = own;
        Ok(version)
    }
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

/// The user a form's text names by handle, if it names one.
pub(crate) fn user_named(keys: &Keys, text: &str) -> Option<UserId> {
    keys.accounts
        .iter()
        .find(|account| account.handle == text)
        .map(|account| account.id)
}

/// Refuses attachments by their names, and says where a content does not look like its ending.
fn attachment_warnings(attachments: &[Attach]) -> Result<Vec<String>, DeskError> {
    let mut warnings = Vec::new();
    let mut names = BTreeSet::new();
    for attach in attachments {
        let refused = |says: String| DeskError::refused("attachment", says);
        attachment::check_name(&attach.name).map_err(|error| refused(error.to_string()))?;
        let kind =
            attachment::file_type(&attach.name).map_err(|error| refused(error.to_string()))?;
        if !names.insert(&attach.name) {
            return Err(refused(format!(
                "two attachments are called `{}`; rename one",
                attach.name
            )));
        }
        let mut first = Vec::new();
        attach.source.open()?.take(512).read_to_end(&mut first)?;
        warnings.extend(
            kind.warning(&first)
                .map(|says| format!("{}: {says}", attach.name)),
        );
    }
    Ok(warnings)
}

/// Whether a kind is read by its deciders and nobody could stand in for them.
fn nobody_decides(kind: &Kind, keys: &Keys) -> bool {
    use crate::keeper::facts::Role;
    let by_deciders = kind
        .readers
        .contains(&crate::records::words::Reader::Deciders);
    let mut accounts = keys.accounts.iter();
    by_deciders && !accounts.any(|one| one.role == Role::DbsCountersignatory && one.may_work())
}
