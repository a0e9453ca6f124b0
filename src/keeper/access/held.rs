//! Who holds which key, from the shape of rows alone: envelopes and headers that are there.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::ids::CompartmentId;
use crate::ids::UserId;
use crate::keeper::compartments::MAX_STEPS;
use crate::keeper::facts::Member;
use crate::keeper::facts::RecordFacts;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::store::Tree;

/// Who holds what.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// By compartment: whoever can open its present secret, in person or through others.
    pub(crate) by: BTreeMap<CompartmentId, BTreeSet<UserId>>,
    /// Envelopes that ought to be rows and are not.
    pub(crate) lost: Vec<(CompartmentId, Member)>,
}

impl Vault {
    /// Who holds which compartment's present key.
    pub(crate) fn all_held(&self) -> Result<Held, Broken> {
        let mut held = Held::default();
        let mut direct: BTreeMap<CompartmentId, BTreeSet<Member>> = BTreeMap::new();
        for id in self.compartments() {
            let Some(facts) = self.compartment(id)? else {
                continue;
            };
            for member in self.holders(id, facts.epoch) {
                let unit = units::membership(id, facts.epoch, &member);
                let key = self.keys.get(&unit).ok_or(Broken::NoUnit)?;
                if self.is_there(key, Tree::Envelope, &[])? {
                    direct.entry(id).or_default().insert(member);
                } else {
                    held.lost.push((id, member));
                }
            }
        }
        for id in direct.keys() {
            held.by.insert(*id, through(*id, &direct, MAX_STEPS));
        }
        for grant in self.shared.grants.values() {
            let there = self.has_unit(&units::grant(grant.id)) && grant.serves(self.now());
            if there {
                held.by
                    .insert(grant.compartment, BTreeSet::from([grant.to]));
            }
        }
        Ok(held)
    }

    /// Of the compartments a record is sealed to: those all of whose headers are there, and those where some
    /// are missing.
    pub(crate) fn sealed_whole(
        &self,
        record: &RecordFacts,
    ) -> Result<(BTreeSet<CompartmentId>, BTreeSet<CompartmentId>), Broken> {
        let parts = self.parts_of(record)?;
        let (mut whole, mut holed) = (BTreeSet::new(), BTreeSet::new());
        for id in self.sealed_to(record)? {
            let all = self.all_there(&parts, record, id)?;
            if all { &mut whole } else { &mut holed }.insert(id);
        }
        Ok((whole, holed))
    }

    fn all_there(
        &self,
        parts: &BTreeSet<HeaderOf>,
        record: &RecordFacts,
        id: CompartmentId,
    ) -> Result<bool, Broken> {
        let Some(facts) = self.compartment(id)? else {
            return Ok(false);
        };
        // Somebody from outside is given the cards alone of some kinds.
        let cards = self.rules.of(&record.kind).card_only && self.shared.grant_of(id).is_some();
        for of in parts {
            let card = matches!(of, HeaderOf::Part { part: 1, .. });
            if cards && !card {
                continue;
            }
            let Some((key, tree, natural)) = self.header_place(of, (id, facts.epoch)) else {
                return Ok(false);
            };
            if !self.is_there(&key, tree, &natural)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The people who can open a compartment's secret.
fn through(
    id: CompartmentId,
    direct: &BTreeMap<CompartmentId, BTreeSet<Member>>,
    steps: u32,
) -> BTreeSet<UserId> {
    let mut people = BTreeSet::new();
    let Some(steps) = steps.checked_sub(1) else {
        return people;
    };
    for member in direct.get(&id).into_iter().flatten() {
        match member {
            Member::User(user) => {
                people.insert(*user);
            }
            Member::Compartment(of) => people.extend(through(*of, direct, steps)),
            Member::Recovery => {}
        }
    }
    people
}
