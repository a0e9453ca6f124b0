//! Reading: lists and records. Nothing is shown before its entry is proved.

use std::sync::Arc;

use crate::desk::Desk;
use crate::desk::attach::attachment_lines;
use crate::desk::checks::check_of;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::link::Known;
use crate::desk::link::line;
use crate::desk::on_file::open::check_shown;
use crate::desk::open;
use crate::desk::orders;
use crate::desk::release::released;
use crate::desk::shown::CardLine;
use crate::desk::shown::ShownRecord;
use crate::desk::trust::Trust;
use crate::desk::versions::OpenedRecord;
use crate::desk::versions::audit_key;
use crate::desk::words::Words;
use crate::ids::CaseId;
use crate::ids::RecordId;
use crate::keeper::message::Want;
use crate::keeper::message::answer::ChainLink;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedRecord;
use crate::keeper::message::finding::Only;
use crate::keeper::message::load::Load;
use crate::ledger::Proven;
use crate::records::Card;
use crate::sealing::HybridIdentity;
use crate::sealing::try_on_all_cores;

/// A chain that has been followed, and the secret at its end.
pub(crate) type Followed<'c> = (&'c [ChainLink], Arc<HybridIdentity>);

/// A record of a page, opened against the page's entry.
pub(crate) struct OnPage<'p> {
    pub(crate) served: &'p ServedRecord,
    pub(crate) opened: &'p OpenedRecord,
    pub(crate) keys: &'p Keys,
    pub(crate) trust: &'p Trust,
}

impl Desk<'_> {
    /// One page of the records this person may see, newest last, and whether another follows. Each page
    /// is an entry.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn records(
        &mut self,
        case: Option<&str>,
        page: u32,
    ) -> Result<(Vec<CardLine>, bool), DeskError> {
        let case = case.map(parse_case);
        let only = Only::default();
        let want = Want::ListRecords { case, page, only };
        self.page(want, card_line)
    }

    /// Asks for a page of records, and opens what is served of each, against the page's entry, which has to
    /// name it.
    pub(crate) fn page<T>(
        &mut self,
        want: Want,
        mut each: impl FnMut(&OnPage<'_>) -> Result<T, DeskError>,
    ) -> Result<(Vec<T>, bool), DeskError> {
        self.known()?;
        let (served, proven, detail) =
            self.ask_and_see(want, Load::Nothing {}, Because::default())?;
        let Served::Cards { cards, more } = served else {
            return Err(link::unexpected());
        };
        for card in &cards {
            check_listed(&proven, &detail, card)?;
        }
        let known = self.known()?;
        let (keys, trust) = &*known;
        let mut followed: Vec<Followed<'_>> = Vec::new();
        let mut with = Vec::new();
        for served in &cards {
            let secret = self.followed(&proven, &served.chain, (&mut followed, trust))?;
            with.push((served, secret));
        }
        let opened = try_on_all_cores(&with, |(served, secret)| {
            OpenedRecord::open_with(&proven, Arc::clone(secret), &newest_only(served), trust)
        })?;
        let mut all = Vec::new();
        for (served, mut opened) in cards.iter().zip(opened) {
            self.fetch_apart(&proven, &mut opened, &served.parts)?;
            let one = OnPage {
                served,
                opened: &opened,
                keys,
                trust,
            };
            all.push(each(&one)?);
        }
        Ok((all, more))
    }

    /// The secret at the end of a chain. Most cards of a page come with the same one, which is followed once.
    pub(crate) fn followed<'c>(
        &self,
        proven: &Proven,
        chain: &'c [ChainLink],
        (followed, trust): (&mut Vec<Followed<'c>>, &Trust),
    ) -> Result<Arc<HybridIdentity>, DeskError> {
        if let Some((_, secret)) = followed.iter().find(|(known, _)| *known == chain) {
            return Ok(Arc::clone(secret));
        }
        let secret = open::follow(proven, self.person.identity(), chain, trust)?;
        let secret = Arc::new(secret);
        followed.push((chain, Arc::clone(&secret)));
        Ok(secret)
    }

    /// A record, its newest version or the one asked for, set in lines of `width` columns.
    ///
    /// # Errors
    /// [`DeskError`]; [`DeskError::Unknown`] also for what is no id at all.
    pub fn record(
        &mut self,
        record: &str,
        version: Option<u32>,
        purpose: Option<&str>,
        width: usize,
    ) -> Result<ShownRecord, DeskError> {
        let record = parse_record(record);
        let want = Want::ReadRecord { record, version };
        let (asked, known) = self.ask_known(want, purpose)?;
        self.shown(&known, asked, version, width)
    }

    /// What was served of a record, opened and set in lines of `width` columns.
    pub(crate) fn shown(
        &self,
        (keys, trust): &(Keys, Trust),
        (served, proven): (ServedRecord, Proven),
        version: Option<u32>,
        width: usize,
    ) -> Result<ShownRecord, DeskError> {
        // Alerts first: they are there before anything of the record is opened.
        let beside = self.beside(&proven, &served, trust)?;
        let own = self.person.identity();
        let mut opened = OpenedRecord::open(&proven, own, &served, trust)?;
        self.fetch_apart(&proven, &mut opened, &served.parts)?;
        let shown = version.unwrap_or(served.facts.versions);
        let manifest = opened.manifest(shown, trust)?;
        let words = if self.sees_card_only(&manifest.kind) {
            Words::of_card(&card_of(&opened, shown)?)?
        } else {
            Words::of_form(&opened, manifest, width)?
        };
        if words.whole && shown == served.facts.versions {
            orders::as_signed(&served.facts, (manifest.kind_version, &words.fields))?;
        }
        let check = self.check_shown(&proven, &served, (keys, trust))?;
        let author = keys
            .accounts
            .iter()
            .find(|account| account.id == manifest.author);
        Ok(ShownRecord {
            id: served.facts.id,
            case: served.facts.case,
            kind: served.facts.kind.clone(),
            kind_version: manifest.kind_version,
            version: shown,
            state: served.facts.state,
            title: card_of(&opened, shown)?.title,
            whole: words.whole,
            alerts: beside.alerts,
            subjects: beside.subjects,
            fields: words.fields,
            attachments: if words.whole {
                attachment_lines(&opened, shown, trust)?
            } else {
                Vec::new()
            },
            author: author
                .map(|account| account.handle.clone())
                .unwrap_or_default(),
            filed_at: manifest.filed_at,
            check,
            reason: words.reason,
            released: released(&served, keys),
            text: words.text,
            receipt: line(&proven),
        })
    }

    /// As [`Desk::ask_record`], with whom the desk knows afterwards. It knows them before, too: nothing is asked of
    /// a vault that is not the one this machine has seen before.
    pub(crate) fn ask_known<'a>(
        &mut self,
        want: Want,
        because: impl Into<Because<'a>>,
    ) -> Result<((ServedRecord, Proven), Known), DeskError> {
        self.known()?;
        let asked = self.ask_record(want, because)?;
        Ok((asked, self.known()?))
    }

    /// Asks for a record's parts, and checks that the entry and what is served are about the record that
    /// was asked for.
    pub(crate) fn ask_record<'a>(
        &mut self,
        want: Want,
        because: impl Into<Because<'a>>,
    ) -> Result<(ServedRecord, Proven), DeskError> {
        let asked = want.record();
        let (served, proven, detail) = self.ask_and_see(want, Load::Nothing {}, because.into())?;
        let Served::Record(served) = served else {
            return Err(link::unexpected());
        };
        if asked != Some(served.facts.id) {
            return Err(DeskError::damaged(
                "another record was served than the one asked for; nothing is opened",
            ));
        }
        Self::check_record(&proven, &audit_key(&served)?, served.facts.id)?;
        for person in &served.people {
            check_shown(&proven, &detail, person)?;
        }
        Ok((*served, proven))
    }
}

/// Checks that the entry of a list says that this record's card was shown.
fn check_listed(
    proven: &Proven,
    detail: &serde_json::Value,
    served: &ServedRecord,
) -> Result<(), DeskError> {
    let key = crate::ledger::RecordKey::from_bytes(audit_key(served)?.expose());
    let sought = crate::ledger::list_ref(&key, proven.leaf().index).to_string();
    let items = detail
        .pointer("/keeper/items")
        .and_then(|items| items.as_array());
    if items.is_some_and(|items| items.iter().any(|item| item.as_str() == Some(&sought))) {
        return Ok(());
    }
    Err(DeskError::damaged(
        "a record was listed that the entry does not name; nothing is opened",
    ))
}

fn card_line(page: &OnPage<'_>) -> Result<CardLine, DeskError> {
    let (served, opened) = (page.served, page.opened);
    let facts = &served.facts;
    let card = card_of(opened, facts.versions)?;
    Ok(CardLine {
        id: facts.id,
        case: facts.case,
        kind: facts.kind.clone(),
        version: facts.versions,
        state: facts.state,
        title: card.title,
        event_date: card.event_date,
        source: card.source,
        check: check_of(served, (page.keys, page.trust))?,
    })
}

/// A list serves only the newest version; its facts stand at their own number.
fn newest_only(served: &ServedRecord) -> ServedRecord {
    let mut served = served.clone();
    let Some(newest) = served.versions.pop() else {
        return served;
    };
    served.versions = (1..=newest.number).map(|_| newest.clone()).collect();
    served
}

pub(crate) fn card_of(opened: &OpenedRecord, version: u32) -> Result<Card, DeskError> {
    serde_json::from_slice(opened.content(version, 1)?.expose())
        .map_err(|_| DeskError::damaged("the record's card cannot be read"))
}

/// A record's id; anything else is as unknown as an id that does not exist. It is still asked for, so
/// that the refusal is an entry like any other.
pub(crate) fn parse_record(text: &str) -> RecordId {
    text.trim().parse().unwrap_or_else(|_| RecordId::random())
}

/// A case's id, as [`parse_record`].
pub(crate) fn parse_case(text: &str) -> CaseId {
    text.trim().parse().unwrap_or_else(|_| CaseId::random())
}
