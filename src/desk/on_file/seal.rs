//! Notes about people on file, signed and sealed whole.

use serde::Serialize;

use crate::bytes::base64url;
use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::parts::Destination;
use crate::desk::parts::recorded;
use crate::desk::parts::roll;
use crate::desk::seal;
use crate::desk::seal::Recipients;
use crate::desk::seal::json;
use crate::desk::trust::Trust;
use crate::ids::PersonId;
use crate::ids::random;
use crate::keeper::facts::Note;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::Role;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::load::NewCompartment;
use crate::keeper::message::load::NewNote;
use crate::keeper::message::load::NoteHeader;
use crate::keeper::message::load::NoteStatement;
use crate::sealing::Digest;
use crate::sealing::FileKey;
use crate::sealing::Plain;
use crate::sealing::StatementKind;
use crate::sealing::seal_header;
use crate::sealing::seal_payload;

/// The shortest plaintext of a note: a name's length does not show.
const SHORTEST: u64 = 1024;

/// The code of a refusal where there is no key to seal notes with yet.
pub(crate) const NO_KEY: &str = "no-people-key";

/// A note before it is signed.
pub(crate) struct Draft<'d> {
    pub(crate) person: PersonId,
    pub(crate) note: Note,
    pub(crate) previous: Option<String>,
    pub(crate) k_person: &'d str,
    pub(crate) reason: Option<&'d str>,
}

impl Desk<'_> {
    /// Signs a note and seals it to these.
    pub(crate) fn sealed_note<T: Serialize>(
        &self,
        draft: &Draft<'_>,
        says: &T,
        to: &[Destination],
    ) -> Result<NewNote, DeskError> {
        let said = NoteStatement {
            person: draft.person,
            note: draft.note,
            previous: draft.previous.clone(),
            k_person: draft.k_person.to_owned(),
            salt: base64url(&random::<16>()),
            reason: draft.reason.map(str::to_owned),
            says: json(says)?,
        };
        let mut bytes = self.says(StatementKind::Manifest, &said)?;
        let manifest = Digest::of(&bytes).hex();
        let step = crate::sealing::padme(bytes.len() as u64).max(SHORTEST);
        bytes.resize(usize::try_from(step).unwrap_or(bytes.len()), 0);
        let key = FileKey::generate();
        let headers = to.iter().map(|to| NoteHeader {
            compartment: to.id,
            epoch: to.epoch,
            header: seal_header(&key, &to.recipient),
        });
        Ok(NewNote {
            person: draft.person,
            note: draft.note,
            manifest,
            previous: draft.previous.clone(),
            headers: headers.collect(),
            payload: seal_payload(&key, &Plain::new(bytes)),
        })
    }

    /// Where notes are sealed for those who keep the people on file. Where nobody is on file yet, a coordinator's
    /// desk makes the key.
    pub(crate) fn people_key(
        &self,
        (keys, trust): (&Keys, &Trust),
    ) -> Result<(Option<NewCompartment>, Destination), DeskError> {
        let of_people = |purpose| purpose == Purpose::People;
        let all = keys.compartments.iter();
        let found: Vec<_> = all
            .filter(|(facts, _)| of_people(facts.purpose))
            .cloned()
            .collect();
        let known = recorded(&found, &[Purpose::People], |_| false, trust)?;
        if let Some(known) = known.into_iter().next() {
            return Ok((None, known));
        }
        if !self.account.is(Role::Coordinator) {
            let says = "nobody is on file yet; the first person is put on file by a coordinator";
            return Err(DeskError::refused(NO_KEY, says));
        }
        let members = roll(keys).as_roll().people();
        let by = self.account.id.to_string();
        let heading = self.heading(&by, StatementKind::Epoch);
        let recipients = Recipients::new(trust, keys);
        let signing = self.person.signing();
        let made = seal::compartment(&heading, signing, Purpose::People, &members, |member| {
            recipients.of(member)
        })?;
        let to = Destination {
            id: made.new.id,
            epoch: 1,
            recipient: made.recipient,
        };
        Ok((Some(made.new), to))
    }
}
