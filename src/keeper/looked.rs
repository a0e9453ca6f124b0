//! Who looked: at a record, at a person on file. Taken from the ledger's entries, as a history is, but told for the
//! person it is about: who works here by their role alone, unless the asker may know names; outsiders by name.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::ids::PersonId;
use crate::ids::RecordId;
use crate::keeper::acts::Act;
use crate::keeper::entry::DetailRow;
use crate::keeper::facts::Role;
use crate::keeper::message::answer::Look;
use crate::keeper::message::answer::Served;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::ledger::Event;
use crate::ledger::Leaf;
use crate::ledger::LeafIndex;
use crate::ledger::Outcome;
use crate::ledger::RecordKey;
use crate::store::Tree;
use crate::store::UnitKind;

/// Acts that list what was opened for the list; other lists show that something is there, and not what is in it.
const OPENING_LISTS: [Act; 4] = [
    Act::ListRecords,
    Act::ListPeople,
    Act::ShowPerson,
    Act::ShowCase,
];

/// Entries by their place in the ledger, each with the record it was shown with.
type Found = BTreeMap<u64, (Option<RecordId>, DetailRow)>;

impl Vault {
    /// Who looked at a record.
    pub(crate) fn show_looks(&mut self, request: &Request, record: RecordId) -> Result<Step, Stop> {
        let facts = self
            .record(record)?
            .ok_or_else(|| self.unknown(request, Act::ShowLooks))?;
        let permit = self.permit_record(request, Act::ShowLooks, &facts)?;
        let mut found = Found::new();
        self.find_looks_at(&[record].into(), None, &mut found)?;
        let names = self.may_know_names(request);
        let pledge = self.log(permit, request.entry(Act::ShowLooks).about(record))?;
        Ok(Step::serving(pledge, move |vault, _| {
            vault.looks(&found, names).map(Served::Looks)
        }))
    }

    /// Who looked at a person on file, and at records that are about them. What was shown with a record that is not
    /// the asker's to know is left out.
    pub(crate) fn show_person_looks(
        &mut self,
        request: &Request,
        person: PersonId,
    ) -> Result<Step, Stop> {
        let (permit, facts) = self.permit_person(request, Act::ShowPersonLooks, person)?;
        let mut about = BTreeSet::new();
        let mut beside = BTreeSet::new();
        for record in self.records(self.record_ids())? {
            if !self.may_know_of(request, &record)? {
                continue;
            }
            if record.is_about(person) {
                about.insert(record.id);
            } else if record
                .case
                .is_some_and(|case| facts.links.contains_key(&case))
            {
                beside.insert(record.id);
            }
        }
        let key = self.person_key(person)?.ok_or(Broken::NoUnit)?;
        let mut found = Found::new();
        for record in beside {
            for row in self.trail(record)? {
                if names(&row, &key) {
                    found.insert(row.index, (Some(record), row));
                }
            }
        }
        self.find_looks_at(&about, Some(&key), &mut found)?;
        let names = self.may_know_names(request);
        let pledge = self.log(permit, request.entry(Act::ShowPersonLooks))?;
        Ok(Step::serving(pledge, move |vault, _| {
            vault.looks(&found, names).map(Served::Looks)
        }))
    }

    /// The entries about these records, and those lists that show one of them, or a person with this key.
    fn find_looks_at(
        &self,
        records: &BTreeSet<RecordId>,
        person: Option<&RecordKey>,
        found: &mut Found,
    ) -> Result<(), Broken> {
        let mut keys = Vec::new();
        for record in records {
            for row in self.trail(*record)? {
                found.insert(row.index, (Some(*record), row));
            }
            if let Some((_, key)) = self.history(*record)? {
                keys.push((*record, key));
            }
        }
        for (unit, _) in self.keys.of_kind(UnitKind::Entry) {
            let Some(row): Option<DetailRow> = self.read(unit, Tree::Entry, &[])? else {
                continue;
            };
            let listed = keys.iter().find(|(_, key)| names(&row, key));
            let shown = person.is_some_and(|key| names(&row, key));
            if listed.is_some() || shown {
                let record = listed.map(|(record, _)| *record).filter(|_| !shown);
                found.insert(row.index, (record, row));
            }
        }
        Ok(())
    }

    /// Whether the asker may know who works here.
    fn may_know_names(&self, request: &Request) -> bool {
        self.permit(request, Act::ListUsers, Resource::Vault)
            .is_ok()
    }

    /// Those of these entries that are looks, told with names or without.
    fn looks(&self, found: &Found, names: bool) -> Result<Vec<Look>, Broken> {
        let mut looks = Vec::new();
        for (index, (record, row)) in found {
            let bytes = self.store.leaves(*index, 1).map_err(Broken::from)?;
            let Some(bytes) = bytes.first() else {
                continue;
            };
            let leaf = Leaf::decode(bytes).map_err(|error| Broken::Ledger(error.to_string()))?;
            let detail: Value = serde_json::from_str(&row.detail).unwrap_or_default();
            let said = |at: &str| detail.pointer(at).and_then(Value::as_str);
            let act = said("/ask/body/want/act").and_then(Act::from_word);
            let Some(act) = act.filter(|act| is_look(&leaf, *act)) else {
                continue;
            };
            let user = self.people.user_of(&leaf.actor);
            let account = user.and_then(|user| self.people.account(user));
            let outside = account.is_some_and(|account| account.is(Role::Assessor));
            let mut why = vec!["/ask/body/purpose", "/keeper/note/purpose"];
            // Of other acts the words of the reason are sealed.
            why.extend((leaf.event == Event::Breakglass).then_some("/ask/body/reason"));
            looks.push(Look {
                index: *index,
                time: leaf.time,
                act: act.row().word.to_owned(),
                record: *record,
                role: account.map(|account| {
                    if outside {
                        Role::Assessor
                    } else {
                        account.role
                    }
                }),
                who: user.filter(|_| names || outside),
                purpose: why.iter().find_map(|at| said(at)).map(str::to_owned),
            });
        }
        Ok(looks)
    }
}

/// Whether an entry says that somebody was shown content.
fn is_look(leaf: &Leaf, act: Act) -> bool {
    let shows = match leaf.event {
        Event::Read
        | Event::Search
        | Event::Export
        | Event::Print
        | Event::Release
        | Event::Breakglass => true,
        Event::List => OPENING_LISTS.contains(&act),
        // Whoever writes about somebody on file is shown them first.
        Event::Admin => act.row().target == crate::keeper::acts::Target::Person,
        _ => false,
    };
    shows && leaf.outcome == Outcome::Ok
}

/// Whether an entry's detail names what has this audit key among those shown.
fn names(row: &DetailRow, key: &RecordKey) -> bool {
    let sought = crate::ledger::list_ref(key, LeafIndex::new(row.index)).to_string();
    // Looked for as text first: most entries show nobody.
    if !row.detail.contains(&sought) {
        return false;
    }
    let detail: Value = serde_json::from_str(&row.detail).unwrap_or_default();
    let items = detail.pointer("/keeper/items").and_then(Value::as_array);
    items.is_some_and(|items| items.iter().any(|item| item.as_str() == Some(&sought)))
}
