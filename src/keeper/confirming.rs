//! Another member's word that new headers are as good as those they took the place of: what is shown for it, and
//! what ends with it.
//!
//! Whoever made the new headers may have a desk of their own writing. So the other member's desk opens each,
//! holds the key it finds against the header before (whose MAC only the same key makes), and makes an envelope for
//! the trustees beside the maker's, which nobody but trustees could try: one honest desk of the two is enough.

use std::collections::BTreeSet;

use crate::ids::CompartmentId;
use crate::keeper::acts::Act;
use crate::keeper::create::CENTRE;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::Member;
use crate::keeper::gate::Logged;
use crate::keeper::headers::Lock;
use crate::keeper::headers::records_of;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::message::load::SealedAgain;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::sealing::UnitKey;
use crate::store::Tree;

/// The natural key of the trustees' second envelope, in the unit of the first.
pub(crate) const SECOND: &[u8] = b"second";

impl Vault {
    /// The headers that a compartment's present ones took the place of, handed over against a durable entry to
    /// somebody who is served the present ones: they open nothing more.
    pub(crate) fn headers_before(
        &self,
        logged: &Logged,
        facts: &CompartmentFacts,
        all: &BTreeSet<HeaderOf>,
    ) -> Result<Vec<SealedAgain>, Broken> {
        let mut before = Vec::new();
        for kept in self.kept_of(facts)? {
            for of in all {
                let header = self.kept_header(logged, of, (kept.compartment, kept.epoch))?;
                before.extend(header.map(|header| SealedAgain { of: *of, header }));
            }
        }
        Ok(before)
    }

    fn kept_header(
        &self,
        _: &Logged,
        of: &HeaderOf,
        lock: Lock,
    ) -> Result<Option<Vec<u8>>, Broken> {
        // What has one place only has moved into the unit of the epoch before.
        let moved = self.keys.get(&units::epoch(lock.0, lock.1));
        let moved = moved.map(UnitKey::duplicate);
        let place = match of {
            HeaderOf::Part { .. }
            | HeaderOf::CaseCard { .. }
            | HeaderOf::Conflict { .. }
            | HeaderOf::Note { .. } => self.header_place(of, lock),
            HeaderOf::Envelope { compartment, epoch } => moved.map(|key| {
                let natural = units::numbered(compartment.as_bytes(), *epoch);
                (key, Tree::Envelope, natural)
            }),
            HeaderOf::Centre {} => moved.map(|key| (key, Tree::Setting, CENTRE.to_vec())),
        };
        let Some((key, tree, natural)) = place else {
            return Ok(None);
        };
        let header = self.read_under(&key, tree, &natural)?;
        Ok(header.map(|header| header.to_vec()))
    }

    /// Takes someone's word that every header of the present key opens, with their envelope for the trustees:
    /// what was kept until then ends.
    pub(crate) fn confirm(
        &mut self,
        request: &Request,
        id: CompartmentId,
        (epoch, recovery): (u32, &[u8]),
    ) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::Rekey, Resource::Vault)?;
        let (facts, _) = self.held(request, id)?;
        if facts.epoch != epoch || !self.confirmable(&facts, &request.asker)? {
            return Err(Stop::Stale);
        }
        self.put_second((id, epoch), recovery, request.asked.seen)?;
        let mut ended = Vec::new();
        for kept in self.kept_of(&facts)? {
            if self.may_confirm(&kept, (id, request.asker.id))? {
                ended.push(kept);
            }
        }
        let records = records_of(&self.sealed_under(&facts)?);
        self.end_kept(&facts, |kept| ended.contains(kept))?;
        let note = serde_json::json!({"opened": epoch});
        let entry = request.entry(Act::Rekey).listing(records).noting(note);
        let pledge = self.log(permit, entry)?;
        Ok(Step::done(pledge).telling_errands(request.asker.id))
    }

    /// Writes the trustees' second envelope. Where there are trustees nothing ends without it, nor while they
    /// lack the first.
    fn put_second(&mut self, (id, epoch): Lock, header: &[u8], seen: u64) -> Result<(), Stop> {
        if self.recovery()?.is_none() {
            return Ok(());
        }
        let unit = units::membership(id, epoch, &Member::Recovery);
        let key = self.keys.get(&unit).map(UnitKey::duplicate);
        match key {
            Some(key) if !header.is_empty() && !self.has_newer_recovery(seen) => {
                self.write_under(&key, Tree::Envelope, SECOND, header)?;
                Ok(())
            }
            _ => Err(Stop::Stale),
        }
    }
}
