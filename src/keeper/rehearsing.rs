//! Rehearsals of the trustees' recovery: two of them have opened the dummy that lies beside their share. What it
//! held is shown here, signed by the root key, so that nobody can say that they rehearsed and did not; when it was
//! is kept in a row of the vault's own.

use serde::Deserialize;
use serde::Serialize;
use serde_json::json;

use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::facts::Other;
use crate::keeper::message::answer::Served;
use crate::keeper::policy::question::Resource;
use crate::keeper::recovery::no_trustees;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::sealing::Digest;
use crate::sealing::Dummy;
use crate::sealing::HybridRecipient;
use crate::sealing::VerifyingKey;
use crate::store::Tree;

/// The natural key of the setting.
pub(crate) const REHEARSALS: &[u8] = b"rehearsals";
/// Pairs that are remembered, those that rehearsed last: more than five trustees make.
const PAIRS: usize = 16;

/// The last time a pair of trustees rehearsed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareRehearsal {
    /// The pair, as its file is called: `Ada-Ben`.
    pub pair: String,
    /// Which recovery key's shares: SHA-256 of its recipient, hex.
    pub set: String,
    /// When, by the vault's clock.
    pub at: Timestamp,
    /// Who had it written down.
    pub by: UserId,
    /// Fields of later versions.
    #[serde(flatten)]
    pub other: Other,
}

/// What two trustees took out of a rehearsal file, if it is of this vault and of its present shares; otherwise a
/// word for the case, and what is wrong.
///
/// # Errors
/// In words for people.
pub(crate) fn checked(
    text: &[u8],
    root: &VerifyingKey,
    recovery: &HybridRecipient,
) -> Result<Dummy, (&'static str, String)> {
    let dummy = Dummy::parse(text).map_err(|error| ("bad-rehearsal", error.to_string()))?;
    if !dummy.is_signed(root) {
        let says = "the rehearsal file is of another vault, or was changed";
        return Err(("other-shares", says.to_owned()));
    }
    if !dummy.is_of_set(recovery) {
        let says = "the rehearsal file is of an older set; the trustees have been given a new key since. Use the \
                    newest";
        return Err(("old-shares", says.to_owned()));
    }
    Ok(dummy)
}

/// Those with shares of the key with this recipient, the last first.
pub(crate) fn of_set(all: Vec<ShareRehearsal>, recovery: Option<&str>) -> Vec<ShareRehearsal> {
    let set = recovery.map(set_of);
    let of_set = all.into_iter().filter(|one| Some(&one.set) == set.as_ref());
    of_set.collect()
}

fn set_of(recovery: &str) -> String {
    Digest::of(recovery.as_bytes()).hex()
}

impl Vault {
    /// Serves when each pair last rehearsed.
    pub(crate) fn show_rehearsals(&mut self, request: &Request) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::RehearseRecovery, Resource::Vault)?;
        self.recovery()?.ok_or_else(no_trustees)?;
        let pledge = self.log(permit, request.entry(Act::RehearseRecovery))?;
        Ok(Step::serving(pledge, |vault, _| vault.serve_rehearsals()))
    }

    /// Writes down that two trustees opened their rehearsal file: what it held is shown.
    pub(crate) fn rehearse_recovery(
        &mut self,
        request: &Request,
        text: &[u8],
    ) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::RehearseRecovery, Resource::Vault)?;
        let recovery = self.recovery()?.ok_or_else(no_trustees)?;
        let pair = self.opened_pair(text, &recovery)?;
        let mut rehearsals = self.rehearsals()?;
        rehearsals.retain(|one| one.pair != pair);
        let rehearsal = ShareRehearsal {
            pair,
            set: set_of(&recovery.to_string()),
            at: self.now(),
            by: request.asker.id,
            other: Other::new(),
        };
        rehearsals.insert(0, rehearsal);
        rehearsals.truncate(PAIRS);
        // Which pair stands in the row alone: names have no place in an entry.
        let entry = request
            .entry(Act::RehearseRecovery)
            .noting(json!({"opened": true}));
        let pledge = self.log(permit, entry)?;
        self.write(&units::vault(), Tree::Setting, REHEARSALS, &rehearsals)?;
        Ok(Step::serving(pledge, |vault, _| vault.serve_rehearsals()))
    }

    /// The pair whose dummy this is.
    fn opened_pair(&self, text: &[u8], recovery: &HybridRecipient) -> Result<String, Stop> {
        #[cfg(test)]
        if self.forgetful {
            return Ok("any".to_owned());
        }
        let refused = |(code, says)| Stop::Refused(code, says);
        let dummy = checked(text, &self.root_key()?, recovery).map_err(refused)?;
        Ok(dummy.pair().to_owned())
    }

    fn serve_rehearsals(&self) -> Result<Served, Broken> {
        Ok(Served::Rehearsals(self.rehearsals()?))
    }

    /// Those with shares of the present key, the last first.
    pub(crate) fn rehearsals(&self) -> Result<Vec<ShareRehearsal>, Broken> {
        let all: Option<Vec<ShareRehearsal>> =
            self.read(&units::vault(), Tree::Setting, REHEARSALS)?;
        let recovery = self.recovery()?.map(|recovery| recovery.to_string());
        Ok(of_set(all.unwrap_or_default(), recovery.as_deref()))
    }
}
