//! What the keeper's own keys open, for tests that search all of it. Built under `cfg(test)`.

use serde_json::Value;

use crate::ids::UserId;
use crate::keeper::Keeper;
use crate::keeper::entry::Entry;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::message::access::Difference;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::units;
use crate::keeper::vault::Vault;
use crate::ledger::ActorHandle;
use crate::ledger::Event;
use crate::ledger::Outcome as Ending;
use crate::sealing::RowPlace;
use crate::store::Tree;
use crate::store::UnitKind;

/// What answering costs, in what costs: decisions, rows looked up, and rows opened.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) decisions: std::cell::Cell<u32>,
    pub(crate) looked_up: std::cell::Cell<u32>,
    pub(crate) opened: std::cell::Cell<u32>,
}

/// One more of something.
pub(crate) fn count(of: &std::cell::Cell<u32>) {
    of.set(of.get() + 1);
}

impl Keeper {
    /// The work since this was last asked, in words.
    pub(crate) fn take_work(&self) -> String {
        let taken = self.run(|vault| {
            let work = std::mem::take(&mut vault.work);
            format!(
                "{} decisions, {} rows looked up, {} opened",
                work.decisions.get(),
                work.looked_up.get(),
                work.opened.get()
            )
        });
        taken.unwrap()
    }

    /// Every row that any unit's key opens, with its tree's name, and how many rows none of them opens.
    pub(crate) fn opened_rows(&self) -> (Vec<(String, Vec<u8>)>, usize) {
        let rows = self.run(|vault| {
            let (mut rows, mut closed) = (Vec::new(), 0);
            for tree in Tree::ALL {
                for (id, row) in vault.store.rows(*tree, None, 1 << 20).unwrap() {
                    let place = RowPlace {
                        vault: &vault.id,
                        tree: tree.number(),
                        id,
                    };
                    let mut keys = vault.keys.iter();
                    match keys.find_map(|(_, key)| key.open_row(&place, &row).ok()) {
                        Some(plain) => rows.push((format!("{tree:?}"), plain.to_vec())),
                        // Header rows are sealed under keys made of two.
                        None => closed += usize::from(*tree != Tree::Header),
                    }
                }
            }
            (rows, closed)
        });
        rows.unwrap()
    }

    /// Writes something down as a fact: what a keeper must never do with a form.
    pub(crate) fn write_down(&self, what: Value) {
        let written = self.run(move |vault| {
            vault.begin();
            vault
                .write(&units::vault(), Tree::Setting, b"planted", &what)
                .unwrap();
            let service = ActorHandle::SERVICE;
            vault
                .stage(Entry::new(Event::Admin, Ending::Ok, service, Value::Null))
                .unwrap();
            vault.commit().unwrap();
            vault.begin();
        });
        written.unwrap();
    }

    /// What is known of every compartment's key.
    pub(crate) fn locks(&self) -> Vec<CompartmentFacts> {
        let all = self.run(|vault| {
            let ids = vault.compartments().into_iter();
            ids.map(|id| vault.compartment(id).unwrap().unwrap())
                .collect()
        });
        all.unwrap()
    }

    /// Whether every header of every compartment's present epoch is a row, and of none that has ended.
    pub(crate) fn headers_are_whole(&self) -> bool {
        let whole = self.run(|vault| {
            vault.compartments().into_iter().all(|id| {
                let facts = vault.compartment(id).unwrap().unwrap();
                let all = vault.sealed_under(&facts).unwrap();
                all.iter().all(|of| match of {
                    HeaderOf::Centre {} => true,
                    of => {
                        let place = vault.header_place(of, (id, facts.epoch));
                        let (key, tree, natural) = place.unwrap();
                        vault.is_there(&key, tree, &natural).unwrap()
                    }
                })
            })
        });
        whole.unwrap()
    }

    /// Every difference between keys and policy, whoever may know of it, and how many keys wait.
    pub(crate) fn compared(&self) -> (Vec<Difference>, u32) {
        let compared = self.run(|vault| {
            let ids = vault.record_ids().into_iter();
            let all: Vec<_> = ids.filter_map(|id| vault.record(id).unwrap()).collect();
            let known = all.iter().map(|facts| facts.id).collect();
            vault.compare(&all, &known).unwrap()
        });
        compared.unwrap()
    }

    /// Changes rows behind everybody's back.
    pub(crate) fn tamper(&self, change: impl FnOnce(&mut Vault) + Send + 'static) {
        let done = self.run(move |vault| {
            vault.begin();
            change(vault);
            let service = ActorHandle::SERVICE;
            vault
                .stage(Entry::new(Event::Admin, Ending::Ok, service, Value::Null))
                .unwrap();
            vault.commit().unwrap();
            vault.begin();
        });
        done.unwrap();
    }

    /// How many envelopes a person has, and how many compartments wait for a new key.
    pub(crate) fn held_by(&self, user: UserId) -> (usize, usize) {
        let held = self.run(move |vault| {
            let compartments = vault.keys.of_kind(UnitKind::Compartment);
            let waiting = compartments.filter(|(unit, _)| {
                let facts: Option<CompartmentFacts> =
                    vault.read(unit, Tree::Compartment, &[]).unwrap();
                facts.is_some_and(|facts| facts.rekey_pending.is_some())
            });
            (vault.envelopes_of(user).len(), waiting.count())
        });
        held.unwrap()
    }
}
