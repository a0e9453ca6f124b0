//! Changing a compartment's key after somebody left it, opening what a colleague has sealed anew, and making
//! the team of a role whose people have none.

use std::collections::BTreeSet;

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::members;
use crate::desk::open;
use crate::desk::parts::roll;
use crate::desk::seal;
use crate::desk::seal::Plan;
use crate::desk::seal::Recipients;
use crate::desk::trust::Trust;
use crate::ids::CompartmentId;
use crate::keeper::facts::Member;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::Role;
use crate::keeper::message::Want;
use crate::keeper::message::answer::HeaderGroup;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedCompartment;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::NewEpoch;
use crate::keeper::message::load::SealedAgain;
use crate::ledger::Proven;
use crate::sealing::Header;
use crate::sealing::HybridIdentity;
use crate::sealing::HybridRecipient;
use crate::sealing::StatementKind;
use crate::sealing::seal_header;
use crate::sealing::try_on_all_cores;

impl Desk<'_> {
    /// Makes a compartment's next epoch: a new key for whom it is for now, and every header sealed to it.
    pub(crate) fn rekey(&mut self, id: CompartmentId) -> Result<(), DeskError> {
        let (served, proven) = self.look_at_headers(id)?;
        // After the look, never before: the keeper tells by the look's entry which keys this desk has seen.
        let (keys, trust) = self.keys(None)?;
        let ServedCompartment {
            entitled, group, ..
        } = served;
        let secret = self.secret_of(&proven, &group, (id, &trust))?;
        let signed = members::signed(&group.chain, &entitled, (&keys, &trust))?;
        let plan = Plan {
            id,
            purpose: signed.epoch.purpose,
            number: signed.epoch.number.saturating_add(1),
            said: members::newest_word(&entitled).or(signed.epoch.members),
        };
        let by = self.account.id.to_string();
        let heading = self.heading(&by, StatementKind::Epoch);
        let recipients = Recipients::new(&trust, &keys);
        let signing = self.person.signing();
        let made = seal::epoch(&heading, signing, plan, &signed.members, |member| {
            recipients.of(member)
        })?;
        let new = NewEpoch {
            headers: seal_again(&proven, &secret, &group.headers, &made.recipient)?,
            compartment: made.new,
        };
        let want = Want::Rekey { compartment: id };
        self.ask(want, Load::Rekey(Box::new(new)), Because::default())?;
        Ok(())
    }

    /// Opens every header a colleague's desk has made, holds it against the one before, and says so, with an
    /// envelope of its own for the trustees; whether all of them are good. What is not is left as it is: the keys
    /// before are kept for the trustees meanwhile.
    pub(crate) fn confirm(&mut self, id: CompartmentId) -> Result<bool, DeskError> {
        let (served, proven) = self.look_at_headers(id)?;
        let (_, trust) = self.keys(None)?;
        let ServedCompartment { group, before, .. } = served;
        let epoch = group.chain.last().map_or(0, |last| last.epoch);
        let looked = self
            .secret_of(&proven, &group, (id, &trust))
            .and_then(|secret| as_before(&proven, &secret, (&group.headers, &before)));
        match looked {
            Ok(()) => {
                let key = self.chain_key(&proven, &group.chain, &trust)?;
                let recovery = trust.recovery();
                let recovery = recovery.map_or_else(Vec::new, |to| seal_header(&key, to));
                let want = Want::Rekey { compartment: id };
                let load = Load::Opened { epoch, recovery };
                self.ask(want, load, Because::default())?;
                Ok(true)
            }
            Err(DeskError::Damaged(_)) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Makes the team of a role whose people have none yet. Its maker is no member unless they have the role
    /// themselves, and wipes its key.
    pub(crate) fn make_team(&mut self, role: Role) -> Result<(), DeskError> {
        let (keys, trust) = self.keys(None)?;
        let members: BTreeSet<Member> = roll(&keys).as_roll().team(role);
        let by = self.account.id.to_string();
        let heading = self.heading(&by, StatementKind::Epoch);
        let recipients = Recipients::new(&trust, &keys);
        let signing = self.person.signing();
        let purpose = Purpose::Team { role };
        let made = seal::compartment(&heading, signing, purpose, &members, |member| {
            recipients.of(member)
        })?;
        let load = Load::Team(Box::new(made.new));
        self.ask(Want::FillErrands {}, load, Because::default())?;
        Ok(())
    }

    pub(crate) fn look_at_headers(
        &mut self,
        id: CompartmentId,
    ) -> Result<(ServedCompartment, Proven), DeskError> {
        let want = Want::Rekey { compartment: id };
        let (served, proven) = self.ask(want, Load::Nothing {}, Because::default())?;
        match served {
            Served::Compartment(served) => Ok((*served, proven)),
            _ => Err(link::unexpected()),
        }
    }

    /// The secret of the compartment that was asked for.
    pub(crate) fn secret_of(
        &self,
        proven: &Proven,
        group: &HeaderGroup,
        (id, trust): (CompartmentId, &Trust),
    ) -> Result<HybridIdentity, DeskError> {
        if group.chain.last().map(|last| last.compartment) != Some(id) {
            return Err(link::unexpected());
        }
        open::follow(proven, self.person.identity(), &group.chain, trust)
    }
}

/// Whether every header opens, and to the same key as the one it took the place of: only that key makes its MAC.
///
/// # Errors
/// [`DeskError::Damaged`] for the first that does not.
fn as_before(
    proven: &Proven,
    secret: &HybridIdentity,
    (headers, before): (&[SealedAgain], &[SealedAgain]),
) -> Result<(), DeskError> {
    let each = |one: &SealedAgain| {
        let key = open::header_key(proven, secret, one)?;
        for old in before.iter().filter(|old| old.of == one.of) {
            let same = Header::parse(&old.header).is_ok_and(|(old, _)| old.is_sealed_by(&key));
            if !same {
                return Err(DeskError::damaged(
                    "a header opens to another key than the one it took the place of",
                ));
            }
        }
        Ok(())
    };
    try_on_all_cores(headers, each).map(|_| ())
}

/// The same headers for another key.
pub(crate) fn seal_again(
    proven: &Proven,
    secret: &HybridIdentity,
    headers: &[SealedAgain],
    to: &HybridRecipient,
) -> Result<Vec<SealedAgain>, DeskError> {
    try_on_all_cores(headers, |one| {
        let key = open::header_key(proven, secret, one)?;
        let header = seal_header(&key, to);
        Ok(SealedAgain { of: one.of, header })
    })
}
