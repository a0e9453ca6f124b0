//! Sealing for others: new compartments with an envelope for each member, and sealing on.

use std::collections::BTreeSet;

use crate::desk::error::DeskError;
use crate::desk::trust::Trust;
use crate::desk::trust::to_seal;
use crate::ids::CompartmentId;
use crate::keeper::facts::Member;
use crate::keeper::facts::Purpose;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::load::EpochStatement;
use crate::keeper::message::load::NewCompartment;
use crate::keeper::message::load::NewEnvelope;
use crate::keeper::message::load::SealedCard;
use crate::sealing::FileKey;
use crate::sealing::Heading;
use crate::sealing::HybridIdentity;
use crate::sealing::HybridRecipient;
use crate::sealing::Plain;
use crate::sealing::SigningKey;
use crate::sealing::Statement;
use crate::sealing::StatementKind;
use crate::sealing::seal_header;
use crate::sealing::seal_payload;

/// Where each member's things are sealed to, each vouched for.
pub(crate) struct Recipients<'a> {
    trust: &'a Trust,
    keys: &'a Keys,
}

impl<'a> Recipients<'a> {
    /// From checked keys.
    pub(crate) fn new(trust: &'a Trust, keys: &'a Keys) -> Self {
        Self { trust, keys }
    }

    /// A member's recipient.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] when nobody vouches for it.
    pub(crate) fn of(&self, member: &Member) -> Result<HybridRecipient, DeskError> {
        let nobody =
            || DeskError::damaged("nobody vouches for a key that things should be sealed to");
        match member {
            Member::User(user) => self.trust.recipient_of(*user).cloned().ok_or_else(nobody),
            Member::Recovery => self.trust.recovery().cloned().ok_or_else(nobody),
            Member::Compartment(id) => {
                let found = self
                    .keys
                    .compartments
                    .iter()
                    .find(|(facts, _)| facts.id == *id);
                let (facts, epoch) = found.ok_or_else(nobody)?;
                self.trust.check_epoch(&to_seal(facts, epoch))?;
                Ok(epoch.recipient.clone())
            }
        }
    }
}

/// A compartment just made; its secret is wiped when this is dropped.
pub(crate) struct Made {
    pub(crate) new: NewCompartment,
    pub(crate) recipient: HybridRecipient,
}

/// An epoch to be made.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) id: CompartmentId,
    pub(crate) purpose: Purpose,
    pub(crate) number: u32,
    /// Of a record's own compartment: SHA-256 of the `members` statement it is made for, hex.
    pub(crate) said: Option<String>,
}

/// Makes a compartment: a fresh identity, sealed once, with an envelope for each member.
///
/// # Errors
/// [`DeskError::Damaged`] when nobody vouches for a member's key.
pub(crate) fn compartment(
    heading: &Heading<'_>,
    signing: &SigningKey,
    purpose: Purpose,
    members: &BTreeSet<Member>,
    recipient_of: impl Fn(&Member) -> Result<HybridRecipient, DeskError>,
) -> Result<Made, DeskError> {
    let plan = Plan {
        id: CompartmentId::random(),
        purpose,
        number: 1,
        said: None,
    };
    epoch(heading, signing, plan, members, recipient_of)
}

/// Makes an epoch, a compartment's first or a later one.
///
/// # Errors
/// As [`compartment`].
pub(crate) fn epoch(
    heading: &Heading<'_>,
    signing: &SigningKey,
    plan: Plan,
    members: &BTreeSet<Member>,
    recipient_of: impl Fn(&Member) -> Result<HybridRecipient, DeskError>,
) -> Result<Made, DeskError> {
    let Plan {
        id,
        purpose,
        number,
        said,
    } = plan;
    let secret = HybridIdentity::generate();
    let key = FileKey::generate();
    let text = Plain::new(secret.to_text().expose().as_bytes().to_vec());
    let mut envelopes = Vec::new();
    for member in members {
        let header = seal_header(&key, &recipient_of(member)?);
        envelopes.push(NewEnvelope {
            compartment: id,
            epoch: number,
            member: *member,
            header,
        });
    }
    let recipient = secret.recipient().clone();
    let said = EpochStatement {
        compartment: id,
        purpose,
        number,
        recipient: recipient.clone(),
        members: said,
    };
    let heading = Heading {
        kind: StatementKind::Epoch,
        ..*heading
    };
    let statement = Statement::sign(&heading, json(&said)?, signing).map_err(DeskError::damaged)?;
    let new = NewCompartment {
        id,
        purpose,
        statement: statement.bytes().to_vec(),
        secret: seal_payload(&key, &text),
        envelopes,
    };
    Ok(Made { new, recipient })
}

/// A card sealed to one compartment.
pub(crate) fn card(plain: &Plain, to: &HybridRecipient) -> SealedCard {
    let key = FileKey::generate();
    SealedCard {
        header: seal_header(&key, to),
        payload: seal_payload(&key, plain),
    }
}

/// A value as JSON.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> Result<serde_json::Value, DeskError> {
    serde_json::to_value(value).map_err(|_| DeskError::damaged("a message cannot be written"))
}
