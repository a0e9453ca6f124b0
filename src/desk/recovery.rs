//! What two trustees do together at a desk: a new recovery key, or new share files of the one there is. Their
//! secret is here for that moment and is wiped.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::found;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::open;
use crate::desk::seal::json;
use crate::desk::trust::ROOT;
use crate::desk::trust::Trust;
use crate::keeper::facts::Member;
use crate::keeper::message::Want;
use crate::keeper::message::answer::ChainLink;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::NewEnvelope;
use crate::keeper::message::load::NewRecovery;
use crate::keeper::message::load::RecoveryStatement;
use crate::keeper::rehearsing;
use crate::keeper::rehearsing::ShareRehearsal;
use crate::ledger::Proven;
use crate::sealing::HybridIdentity;
use crate::sealing::HybridRecipient;
use crate::sealing::Recovered;
use crate::sealing::Shares;
use crate::sealing::Statement;
use crate::sealing::StatementKind;
use crate::sealing::Trustee;
use crate::sealing::seal_header;

/// A new recovery key that no vault knows yet, and the share files that hold it. Write these down first: once the
/// vault has the key, nothing else brings it back.
pub struct NewKey {
    identity: HybridIdentity,
    /// The trustees' files and sheets.
    pub shares: Shares,
    only: Option<Only>,
}

impl std::fmt::Debug for NewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewKey(..)")
    }
}

/// What only the old key could open, sealed to the new one, and how much of it did not open.
struct Only {
    envelopes: Vec<NewEnvelope>,
    unopened: usize,
}

/// What came of giving the trustees a new key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// How many keys only the trustees could open, and were sealed to the new key here.
    pub sealed_here: usize,
    /// How many of these did not open to the old key either, and stay as they are.
    pub unopened: usize,
}

impl Desk<'_> {
    /// Makes a new recovery key and its shares, for trustees given as name and, if they have one, recipient. The
    /// vault does not have it yet.
    ///
    /// # Errors
    /// [`DeskError::Refused`] when what was recovered is not this vault's, or the trustees' names will not do.
    pub fn new_recovery(
        &mut self,
        old: &Recovered,
        trustees: &[(String, Option<String>)],
    ) -> Result<NewKey, DeskError> {
        let identity = HybridIdentity::generate();
        let only = self.look_at_recovery(old, identity.recipient())?;
        let shares = shares(&identity, old, trustees)?;
        Ok(NewKey {
            identity,
            shares,
            only: Some(only),
        })
    }

    /// Gives the trustees the new key. What they could open before ends, and reaches the new key by errands; what
    /// only they could open was sealed on here.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn rotate_recovery(
        &mut self,
        old: &Recovered,
        new: &mut NewKey,
    ) -> Result<Rotated, DeskError> {
        self.again(|desk| desk.rotate_once(old, new))
    }

    fn look_at_recovery(
        &mut self,
        old: &Recovered,
        to: &HybridRecipient,
    ) -> Result<Only, DeskError> {
        let want = Want::RotateRecovery {};
        let (served, proven) = self.ask(want, Load::Nothing {}, Because::default())?;
        let Served::Envelopes(only) = served else {
            return Err(link::unexpected());
        };
        let (_, trust) = self.keys(None)?;
        check_ours(old, &trust)?;
        let all: BTreeSet<_> = only
            .iter()
            .map(|one| (one.compartment, one.epoch))
            .collect();
        // Of some there are two, made by two desks: the first that opens.
        let mut sealed = BTreeMap::new();
        for one in &only {
            if let Ok(envelope) = seal_on(&proven, old, one, (to, &trust)) {
                sealed
                    .entry((one.compartment, one.epoch))
                    .or_insert(envelope);
            }
        }
        Ok(Only {
            unopened: all.len().saturating_sub(sealed.len()),
            envelopes: sealed.into_values().collect(),
        })
    }

    fn rotate_once(&mut self, old: &Recovered, new: &mut NewKey) -> Result<Rotated, DeskError> {
        let to = new.identity.recipient().clone();
        let Only {
            envelopes,
            unopened,
        } = match new.only.take() {
            Some(only) => only,
            None => self.look_at_recovery(old, &to)?,
        };
        let (_, trust) = self.keys(None)?;
        check_ours(old, &trust)?;
        let said = RecoveryStatement {
            number: trust.recovery_number().saturating_add(1),
            recovery: to,
            replaces: old.recovery.recipient().clone(),
        };
        let heading = self.heading(ROOT, StatementKind::Succeed);
        let statement = Statement::sign(&heading, json(&said)?, &old.root);
        let sealed_here = envelopes.len();
        let load = NewRecovery {
            statement: statement.map_err(DeskError::damaged)?.bytes().to_vec(),
            envelopes,
        };
        let load = Load::Recovery(Box::new(load));
        self.ask(Want::RotateRecovery {}, load, Because::default())?;
        Ok(Rotated {
            sealed_here,
            unopened,
        })
    }

    /// Makes new share files of the same key, and has the vault write down that they were made. Old files and
    /// sheets stay good.
    ///
    /// # Errors
    /// As [`Desk::new_recovery`].
    pub fn new_shares(
        &mut self,
        old: &Recovered,
        trustees: &[(String, Option<String>)],
    ) -> Result<Shares, DeskError> {
        self.ask(Want::MakeShares {}, Load::Nothing {}, Because::default())?;
        let (_, trust) = self.keys(None)?;
        check_ours(old, &trust)?;
        shares(&old.recovery, old, trustees)
    }
}

impl Desk<'_> {
    /// When each pair of trustees last rehearsed with the present shares, the last first.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn rehearsals(&mut self) -> Result<Vec<ShareRehearsal>, DeskError> {
        self.rehearsals_after(Load::Nothing {})
    }

    /// Has the vault write down that two trustees took this text out of their rehearsal file, once it is seen here
    /// to be of this vault and its present shares; the rehearsals as they are then.
    ///
    /// # Errors
    /// [`DeskError::Refused`] when it is not.
    pub fn rehearse_recovery(&mut self, text: &[u8]) -> Result<Vec<ShareRehearsal>, DeskError> {
        // Who may not is told so first, and why it will not do only whoever may.
        self.rehearsals()?;
        let (_, trust) = self.keys(None)?;
        if let Some(recovery) = trust.recovery() {
            rehearsing::checked(text, &trust.genesis.root, recovery)
                .map_err(|(code, says)| DeskError::refused(code, says))?;
        }
        self.rehearsals_after(Load::Dummy(text.to_vec()))
    }

    fn rehearsals_after(&mut self, load: Load) -> Result<Vec<ShareRehearsal>, DeskError> {
        let (served, _) = self.ask(Want::RehearseRecovery {}, load, Because::default())?;
        match served {
            Served::Rehearsals(rehearsals) => Ok(rehearsals),
            _ => Err(link::unexpected()),
        }
    }
}

/// The envelope of the trustees' new key, from that of the old one.
fn seal_on(
    proven: &Proven,
    old: &Recovered,
    link: &ChainLink,
    (to, trust): (&HybridRecipient, &Trust),
) -> Result<NewEnvelope, DeskError> {
    // Opened whole, so that what nobody vouches for is never sealed on.
    open::follow(proven, &old.recovery, std::slice::from_ref(link), trust)?;
    let key = open::envelope_key(proven, &old.recovery, link)?;
    Ok(NewEnvelope {
        compartment: link.compartment,
        epoch: link.epoch,
        member: Member::Recovery,
        header: seal_header(&key, to),
    })
}

fn shares(
    identity: &HybridIdentity,
    old: &Recovered,
    trustees: &[(String, Option<String>)],
) -> Result<Shares, DeskError> {
    let refused = |says: String| DeskError::refused("bad-trustees", says);
    let trustees: Result<Vec<Trustee>, _> = trustees.iter().map(found::trustee).collect();
    let trustees = trustees.map_err(|error| refused(error.to_string()))?;
    Shares::make(identity, &old.root, &trustees).map_err(|error| refused(error.to_string()))
}

/// Whether what was recovered is what this vault is sealed to now.
fn check_ours(old: &Recovered, trust: &Trust) -> Result<(), DeskError> {
    if old.root.verifying() != trust.genesis.root {
        let says = "the share is of another vault";
        return Err(DeskError::refused("other-shares", says.to_owned()));
    }
    if trust.recovery() != Some(old.recovery.recipient()) {
        let says = "the share is of an older set; the trustees have been given a new key since. Use the newest";
        return Err(DeskError::refused("old-shares", says.to_owned()));
    }
    Ok(())
}
