//! Finding, in two steps. First the desk is served what may be searched, a page at a time, each page an entry
//! that names every card or text on it; of these it makes an index in its own memory. Then each search is an
//! ask that names what is about to be shown; shown is what the entry names, and only then.
//!
//! What is looked for is in no ask and no entry, and goes nowhere from here: two different searches that find the
//! same leave the same behind.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::finding::index::Index;
use crate::desk::finding::sources::Findable;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::reading::parse_case;
use crate::ids::CaseId;
use crate::ids::PersonId;
use crate::ids::RecordId;
use crate::keeper::finding::MOST;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Served;
use crate::keeper::message::finding::Findings;
use crate::keeper::message::finding::Only;
use crate::keeper::message::load::Load;
use crate::ledger::LeafIndex;
use crate::ledger::list_ref;

pub(crate) mod index;
pub mod query;
pub(crate) mod sources;

pub use crate::desk::finding::query::NoQuery;
pub use crate::desk::finding::query::Query;

/// What cases are called where records have a kind.
pub const CASE: &str = "case";
/// What people on file are called.
pub const PERSON: &str = "person";

/// What is searched. By default every title the person may see.
#[derive(Debug, Clone, Default)]
pub struct Among {
    /// Only records of this case, and people who are part of it.
    pub case: Option<String>,
    /// Only records that are about this person on file, or of a case they are part of.
    pub person: Option<String>,
    /// Only this kind of record; [`CASE`] for cases alone, [`PERSON`] for people alone.
    pub kind: Option<String>,
    /// Only from this day on, `YYYY-MM-DD`: when what is told happened, or it was filed.
    pub since: Option<String>,
    /// Only up to this day.
    pub until: Option<String>,
    /// The text of records too, not titles alone: each is opened to be searched, and its history says so.
    pub text: bool,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum FoundId {
    /// A record.
    Record(RecordId),
    /// A case.
    Case(CaseId),
    /// Somebody on file.
    Person(PersonId),
}

impl fmt::Display for FoundId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(id) => id.fmt(f),
            Self::Case(id) => id.fmt(f),
            Self::Person(id) => id.fmt(f),
        }
    }
}

/// One line of what was found.
#[derive(Clone, PartialEq, Eq)]
pub struct FoundLine {
    /// What it is.
    pub id: FoundId,
    /// The record's kind, or what else it is.
    pub kind: String,
    /// What its card says; of somebody on file, their name.
    pub title: String,
    /// The day it stands under, `YYYY-MM-DD`.
    pub day: String,
    /// The case it belongs to.
    pub case: Option<CaseId>,
}

impl fmt::Debug for FoundLine {
    /// Without content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FoundLine(..)")
    }
}

/// What a search has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The best first.
    pub lines: Vec<FoundLine>,
    /// Whether these are the first of more.
    pub more: bool,
}

/// What was served to be searched. It lives as long as the face that asked for it; what is filed meanwhile is not
/// in it, and what ends meanwhile is not shown.
pub struct Searchable {
    index: Index,
    entries: Vec<Findable>,
}

impl fmt::Debug for Searchable {
    /// Without content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Searchable(..)")
    }
}

impl Searchable {
    fn new(entries: Vec<Findable>) -> Self {
        let mut index = Index::default();
        for entry in &entries {
            let title = std::iter::once(&entry.title).chain(&entry.lines);
            index.add(
                title.map(String::as_str),
                entry.text.iter().map(String::as_str),
            );
        }
        // The words are in the index; what was told in full is not needed again.
        let short = |entry: Findable| Findable {
            lines: Vec::new(),
            text: Vec::new(),
            ..entry
        };
        Self {
            index,
            entries: entries.into_iter().map(short).collect(),
        }
    }

    /// What has all of it, the best first; then the newest, then by title.
    fn ranked(&self, query: &Query) -> Vec<&Findable> {
        let hits = self.index.matching(query).into_iter();
        let found = |hit: index::Hit| Some((hit.score, self.entries.get(hit.entry)?));
        let mut all: Vec<(u32, &Findable)> = hits.filter_map(found).collect();
        all.sort_by_key(|(score, one)| {
            let newest = Reverse(one.day.as_str());
            (Reverse(*score), newest, one.title.as_str(), one.id)
        });
        all.into_iter().map(|(_, one)| one).collect()
    }
}

impl Desk<'_> {
    /// Has everything served that is to be searched, page by page, each page an entry.
    ///
    /// # Errors
    /// [`DeskError`]; [`DeskError::Unknown`] for a case or somebody on file who is not there or not the person's
    /// to see.
    pub fn searchable(&mut self, among: &Among) -> Result<Searchable, DeskError> {
        let case = among.case.as_deref().map(parse_case);
        let about = among.person.as_deref();
        let about = about.map(|person| self.person(person, None)).transpose()?;
        let only = Only {
            kind: among.kind.clone(),
            since: among.since.clone(),
            until: among.until.clone(),
            person: about.as_ref().map(|person| person.id),
            search: true,
        };
        let kind = among.kind.as_deref();
        let beside_records = |sort: &str| kind.is_none_or(|kind| kind == sort) && about.is_none();
        let records = !matches!(kind, Some(CASE | PERSON));
        let mut entries = Vec::new();
        // Where a case is named, the keeper says by this whether there is one.
        if records || case.is_some() {
            entries.extend(self.findable_records(case, &only, about.as_ref())?);
        }
        if records && among.text {
            self.add_texts(case, &only, &mut entries)?;
        }
        if beside_records(CASE) && case.is_none() {
            entries.extend(self.findable_cases(&only)?);
        }
        if beside_records(PERSON) {
            entries.extend(self.findable_people(case, &only)?);
        }
        Ok(Searchable::new(entries))
    }

    /// Shows the best `most` of what has all that is looked for. Each fifty shown are an entry that names them;
    /// a search that finds nothing is an entry too.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn find(
        &mut self,
        among: &Searchable,
        query: &Query,
        most: usize,
    ) -> Result<Found, DeskError> {
        let ranked = among.ranked(query);
        let mut rest = ranked.as_slice();
        let mut lines = Vec::new();
        loop {
            let room = most.saturating_sub(lines.len()).min(MOST);
            let (now, later) = rest.split_at(room.min(rest.len()));
            lines.extend(self.show_found(now)?);
            rest = later;
            if rest.is_empty() || lines.len() >= most {
                break;
            }
        }
        let more = !rest.is_empty();
        Ok(Found { lines, more })
    }

    /// Asks to show these; those that may be shown now, in their order.
    fn show_found(&mut self, found: &[&Findable]) -> Result<Vec<FoundLine>, DeskError> {
        let mut asked = Findings::default();
        for one in found {
            match one.id {
                FoundId::Record(record) => asked.records.insert(record),
                FoundId::Case(case) => asked.cases.insert(case),
                FoundId::Person(person) => asked.people.insert(person),
            };
        }
        let load = Load::Found(Box::new(asked.clone()));
        let (served, proven, detail) =
            self.ask_and_see(Want::FindRecords {}, load, Because::default())?;
        let Served::Found(allowed) = served else {
            return Err(link::unexpected());
        };
        let shown: Vec<&Findable> = found
            .iter()
            .filter(|one| match one.id {
                FoundId::Record(record) => allowed.records.contains(&record),
                FoundId::Case(case) => allowed.cases.contains(&case),
                FoundId::Person(person) => allowed.people.contains(&person),
            })
            .copied()
            .collect();
        if !allowed.is_within(&asked) || !names(&detail, &shown, proven.leaf().index) {
            return Err(DeskError::damaged(
                "the entry names others than were found; nothing is shown",
            ));
        }
        Ok(shown.into_iter().map(Findable::line).collect())
    }
}

/// Whether an entry names exactly the records and the people among these.
fn names(detail: &serde_json::Value, shown: &[&Findable], index: LeafIndex) -> bool {
    let keys = shown.iter().filter_map(|one| one.key.as_ref());
    let wanted: BTreeSet<String> = keys.map(|key| list_ref(key, index).to_string()).collect();
    let items = detail
        .pointer("/keeper/items")
        .and_then(|items| items.as_array());
    let items = items.map(Vec::as_slice).unwrap_or_default();
    let named: BTreeSet<&str> = items.iter().filter_map(|item| item.as_str()).collect();
    items.len() == wanted.len() && wanted.iter().map(String::as_str).eq(named)
}
