//! Reading: lists, records, attachments. Nothing is shown before its entry is proved.

use std::io::Read;
use std::io::Write;
use std::rc::Rc;

use crate::desk::Desk;
use crate::desk::attach::attachment_lines;
use crate::desk::checks::check_of;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::Because;
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
use crate::keeper::facts::Place;
use crate::keeper::message::Want;
use crate::keeper::message::answer::ChainLink;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedPart;
use crate::keeper::message::answer::ServedRecord;
use crate::keeper::message::finding::Only;
use crate::keeper::message::load::Load;
use crate::ledger::Proven;
use crate::records::Card;
use crate::sealing::HybridIdentity;
use crate::sealing::PartReader;

/// A chain that has been followed, and the secret at its end.
pub(crate) type Followed<'c> = (&'c [ChainLink], Rc<HybridIdentity>);

/// A record of a page, opened against the page's entry.
pub(crate) struct OnPage<'p> {
    pub(crate) served: &'p ServedRecord,
    pub(crate) opened: &'p OpenedRecord,
    pub(crate) trust: &'p Trust,
}

/// How much of an attachment is held at a time.
const CHUNK: usize = 64 * 1024;

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
        let (keys, trust) = self.keys(None)?;
        let only = Only::default();
        let want = Want::ListRecords { case, page, only };
        self.page(want, &trust, |page| card_line(page, &keys))
    }

    /// Asks for a page of records, and opens what is served of each, against the page's entry, which has to
    /// name it.
    pub(crate) fn page<T>(
        &mut self,
        want: Want,
        trust: &Trust,
        mut each: impl FnMut(&OnPage<'_>) -> Result<T, DeskError>,
    ) -> Result<(Vec<T>, bool), DeskError> {
        let (served, proven, detail) =
            self.ask_and_see(want, Load::Nothing {}, Because::default())?;
        let Served::Cards { cards, more } = served else {
            return Err(link::unexpected());
        };
        for card in &cards {
            check_listed(&proven, &detail, card)?;
        }
        let mut followed: Vec<Followed<'_>> = Vec::new();
        let mut all = Vec::new();
        for served in &cards {
            let secret = self.followed(&proven, &served.chain, (&mut followed, trust))?;
            let mut opened = OpenedRecord::open_with(&proven, secret, &newest_only(served), trust)?;
            self.fetch_apart(&proven, &mut opened, &served.parts)?;
            let one = OnPage {
                served,
                opened: &opened,
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
    ) -> Result<Rc<HybridIdentity>, DeskError> {
        if let Some((_, secret)) = followed.iter().find(|(known, _)| *known == chain) {
            return Ok(Rc::clone(secret));
        }
        let secret = open::follow(proven, self.person.identity(), chain, trust)?;
        let secret = Rc::new(secret);
        followed.push((chain, Rc::clone(&secret)));
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
        let keys = self.keys(None)?;
        let want = Want::ReadRecord { record, version };
        let asked = self.ask_record(want, purpose)?;
        self.shown(&keys, asked, version, width)
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

    /// Writes an attachment's content to `out`. It is checked to its end as it streams: on an error what
    /// was written is not to be trusted.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn attachment(
        &mut self,
        record: &str,
        name: &str,
        purpose: Option<&str>,
        out: &mut dyn Write,
    ) -> Result<u64, DeskError> {
        let record = parse_record(record);
        let (_, trust) = self.keys(None)?;
        let (version, part) = self.locate(record, name, purpose, &trust)?;
        let want = Want::ReadAttachment {
            record,
            version,
            part,
        };
        let (served, proven) = self.ask_record(want, purpose)?;
        let opened = OpenedRecord::open(&proven, self.person.identity(), &served, &trust)?;
        opened.manifest(version, &trust)?;
        let part = served
            .parts
            .iter()
            .find(|p| (p.version, p.number) == (version, part))
            .ok_or_else(link::unexpected)?;
        let manifest = manifest_bytes(&opened, version)?;
        self.stream_part(&proven, &opened.secret, (part, manifest), out)
    }

    /// Which version and part an attachment's name means: names stand only in the manifests.
    fn locate(
        &mut self,
        record: RecordId,
        name: &str,
        purpose: Option<&str>,
        trust: &Trust,
    ) -> Result<(u32, u32), DeskError> {
        let (served, proven) = self.ask_record(
            Want::ReadRecord {
                record,
                version: None,
            },
            purpose,
        )?;
        let opened = OpenedRecord::open(&proven, self.person.identity(), &served, trust)?;
        let all = opened.attachments(served.facts.versions, trust)?;
        let found = all
            .iter()
            .find(|found| found.part.name.as_deref() == Some(name));
        found
            .map(|found| (found.version, found.part.number))
            .ok_or_else(|| {
                let names: Vec<&str> = all
                    .iter()
                    .filter_map(|found| found.part.name.as_deref())
                    .collect();
                let says = if names.is_empty() {
                    "this record has no attachments".to_owned()
                } else {
                    format!(
                        "this record has no attachment `{name}`; it has: {}",
                        names.join(", ")
                    )
                };
                DeskError::refused("no-such-attachment", says)
            })
    }

    /// Streams an object part's content, checking manifest, length and digest.
    pub(crate) fn stream_part(
        &self,
        proven: &Proven,
        secret: &HybridIdentity,
        (part, manifest): (&ServedPart, &[u8]),
        out: &mut dyn Write,
    ) -> Result<u64, DeskError> {
        if part.place != Place::Object {
            return Err(link::unexpected());
        }
        let payload = self
            .keeper
            .fetch(&part.sha256)
            .map_err(DeskError::reading)?;
        let plain = open::stream(proven, secret, &part.header, payload)?;
        let mut reader = PartReader::new(plain)?;
        if reader.number() != part.number || reader.manifest().bytes() != manifest {
            return Err(DeskError::damaged(
                "an attachment was served in the place of another",
            ));
        }
        let mut chunk = zeroize::Zeroizing::new(vec![0; CHUNK]);
        let mut written = 0_u64;
        loop {
            let count = reader.read(&mut chunk).map_err(DeskError::reading)?;
            if count == 0 {
                break;
            }
            out.write_all(chunk.get(..count).unwrap_or_default())?;
            written = written.saturating_add(count as u64);
        }
        reader.finish()?;
        Ok(written)
    }
}

/// The bytes of a version's manifest.
pub(crate) fn manifest_bytes(opened: &OpenedRecord, version: u32) -> Result<&[u8], DeskError> {
    let mut all = opened.manifests.iter();
    let found = all.find(|signed| signed.claimed_version() == version);
    found
        .map(crate::sealing::SignedManifest::bytes)
        .ok_or_else(link::unexpected)
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

fn card_line(page: &OnPage<'_>, keys: &Keys) -> Result<CardLine, DeskError> {
    let (served, opened, trust) = (page.served, page.opened, page.trust);
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
        check: check_of(served, (keys, trust))?,
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
