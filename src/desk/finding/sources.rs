//! What can be found, sort by sort: each adapter asks for what is served of its sort, and says what is found of
//! each one, under which title, day and case.

use std::collections::BTreeMap;

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::finding::CASE;
use crate::desk::finding::FoundId;
use crate::desk::finding::FoundLine;
use crate::desk::finding::PERSON;
use crate::desk::on_file::shown::Person;
use crate::desk::reading::OnPage;
use crate::desk::reading::card_of;
use crate::desk::versions::Body;
use crate::desk::versions::audit_key;
use crate::ids::CaseId;
use crate::ids::RecordId;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::Role;
use crate::keeper::message::Want;
use crate::keeper::message::finding::Only;
use crate::ledger::RecordKey;
use crate::records::Form;
use crate::records::Kinds;
use crate::records::dates;

/// The number of a version's body among its parts.
const BODY: u32 = 2;

/// Something that can be found.
pub(crate) struct Findable {
    pub(crate) id: FoundId,
    pub(crate) kind: String,
    pub(crate) title: String,
    /// What else is searched as a title is.
    pub(crate) lines: Vec<String>,
    pub(crate) text: Vec<String>,
    /// `YYYY-MM-DD`.
    pub(crate) day: String,
    pub(crate) case: Option<CaseId>,
    /// By which an entry names it, where entries do.
    pub(crate) key: Option<RecordKey>,
}

impl Findable {
    /// As it is shown.
    pub(crate) fn line(&self) -> FoundLine {
        FoundLine {
            id: self.id,
            kind: self.kind.clone(),
            title: self.title.clone(),
            day: self.day.clone(),
            case: self.case,
        }
    }
}

impl Desk<'_> {
    /// Every record the person may see, by its card; where somebody on file is given, what is about them.
    pub(crate) fn findable_records(
        &mut self,
        case: Option<CaseId>,
        only: &Only,
        about: Option<&Person>,
    ) -> Result<Vec<Findable>, DeskError> {
        let want = |page| Want::ListRecords {
            case,
            page,
            only: only.clone(),
        };
        let each = |one: &OnPage<'_>| {
            let facts = &one.served.facts;
            // What the keeper says it is about was compared with what its author signed.
            if about.is_some_and(|person| !concerns(facts, person)) {
                return Ok(None);
            }
            let card = card_of(one.opened, facts.versions)?;
            let key = audit_key(one.served)?;
            Ok(Some(Findable {
                id: FoundId::Record(facts.id),
                kind: facts.kind.clone(),
                title: card.title,
                lines: card.subtitle.into_iter().collect(),
                text: Vec::new(),
                day: facts.day(),
                case: facts.case,
                key: Some(RecordKey::from_bytes(key.expose())),
            }))
        };
        let all = self.every_page(|desk, page| desk.page(want(page), each))?;
        Ok(all.into_iter().flatten().collect())
    }

    /// Adds the text of those records whose text is searched; of others the title is all there is.
    pub(crate) fn add_texts(
        &mut self,
        case: Option<CaseId>,
        only: &Only,
        to: &mut [Findable],
    ) -> Result<(), DeskError> {
        let want = |page| Want::SearchText {
            case,
            page,
            only: only.clone(),
        };
        let each = |one: &OnPage<'_>| Ok((one.served.facts.id, texts_of(one)?));
        let texts = self.every_page(|desk, page| desk.page(want(page), each))?;
        let mut texts: BTreeMap<RecordId, Vec<String>> = texts.into_iter().collect();
        for one in to {
            if let FoundId::Record(record) = one.id {
                one.text = texts.remove(&record).unwrap_or_default();
            }
        }
        Ok(())
    }

    /// Every case the person may see whose title they hold the key to.
    pub(crate) fn findable_cases(&mut self, only: &Only) -> Result<Vec<Findable>, DeskError> {
        let cases = self.cases()?.into_iter();
        let findable = cases.filter_map(|case| {
            let day = dates::in_london(case.opened_at)?.date().to_string();
            Some(Findable {
                id: FoundId::Case(case.id),
                kind: CASE.to_owned(),
                title: case.title?,
                lines: Vec::new(),
                text: Vec::new(),
                day,
                case: None,
                key: None,
            })
        });
        Ok(findable
            .filter(|case| only.takes(CASE, &case.day))
            .collect())
    }

    /// Everybody on file the person may see, by every name they have or had; of a case, those who are part of it.
    /// Nothing else that is on file of them is searched: how to reach somebody may be kept from others.
    pub(crate) fn findable_people(
        &mut self,
        case: Option<CaseId>,
        only: &Only,
    ) -> Result<Vec<Findable>, DeskError> {
        // The keeper shows nobody on file to outsiders.
        if self.account.is(Role::Assessor) {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for (person, key) in self.people_and_keys()? {
            let day = dates::in_london(person.at);
            let day = day.map_or_else(String::new, |at| at.date().to_string());
            let sought = case.is_none_or(|case| person.is_part_of(case));
            if !sought || !only.takes(PERSON, &day) {
                continue;
            }
            let names = person.card.names().skip(1).map(str::to_owned);
            found.push(Findable {
                id: FoundId::Person(person.id),
                kind: PERSON.to_owned(),
                lines: names.collect(),
                title: person.card.name,
                text: Vec::new(),
                day,
                case: None,
                key: Some(RecordKey::from_bytes(key.expose())),
            });
        }
        Ok(found)
    }
}

/// Whether a record is about somebody on file, or of a case they are part of.
fn concerns(facts: &RecordFacts, person: &Person) -> bool {
    facts.is_about(person.id) || facts.case.is_some_and(|case| person.is_part_of(case))
}

/// What a record's newest version says.
fn texts_of(one: &OnPage<'_>) -> Result<Vec<String>, DeskError> {
    let unreadable = || DeskError::damaged("the record's form cannot be read");
    let version = one.served.facts.versions;
    let body: Body = serde_json::from_slice(one.opened.content(version, BODY)?.expose())
        .map_err(|_| unreadable())?;
    let manifest = one.opened.manifest(version, one.trust)?;
    let form = Form::from_stored(&manifest.kind, manifest.kind_version, body.form);
    let form = form.map_err(|_| unreadable())?;
    let kind = Kinds::builtin().of(&form);
    Ok(kind.map_or_else(Vec::new, |kind| kind.texts(&form)))
}
