//! Errands: sealing keys on to colleagues who are entitled to them and lack them.

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::open;
use crate::desk::seal::Recipients;
use crate::desk::trust::Trust;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Errand;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::NewEnvelope;
use crate::ledger::Proven;
use crate::sealing::seal_header;

impl Desk<'_> {
    /// Does every errand this desk can; how many envelopes were made.
    ///
    /// # Errors
    /// [`DeskError`]; what was done before stays done.
    pub fn run_errands(&mut self) -> Result<usize, DeskError> {
        let (served, proven) =
            self.ask(Want::FillErrands {}, Load::Nothing {}, Because::default())?;
        let Served::Errands { errands, .. } = served else {
            return Err(link::unexpected());
        };
        if errands.is_empty() {
            return Ok(0);
        }
        let (keys, trust) = self.keys(None)?;
        let mut envelopes = Vec::new();
        for errand in &errands {
            envelopes.extend(self.seal_on(&proven, errand, &keys, &trust)?);
        }
        let made = envelopes.len();
        self.ask(
            Want::FillErrands {},
            Load::Envelopes(envelopes),
            Because::default(),
        )?;
        Ok(made)
    }

    fn seal_on(
        &self,
        proven: &Proven,
        errand: &Errand,
        keys: &Keys,
        trust: &Trust,
    ) -> Result<Vec<NewEnvelope>, DeskError> {
        let (last, before) = errand.chain.split_last().ok_or_else(link::unexpected)?;
        let through = match before {
            [] => None,
            before => Some(open::follow(proven, self.person.identity(), before, trust)?),
        };
        let with = through.as_ref().unwrap_or(self.person.identity());
        let key = open::envelope_key(proven, with, last)?;
        // Followed whole once, so that a key nobody vouches for is never sealed on.
        open::follow(proven, self.person.identity(), &errand.chain, trust)?;
        let recipients = Recipients::new(trust, keys);
        let mut envelopes = Vec::new();
        for member in &errand.members {
            envelopes.push(NewEnvelope {
                compartment: errand.compartment,
                epoch: errand.epoch,
                member: *member,
                header: seal_header(&key, &recipients.of(member)?),
            });
        }
        Ok(envelopes)
    }
}
