//! A case's conflict register: who knows the family is signed for everybody to check; why is sealed to the case.

use serde::Deserialize;
use serde::Serialize;

use crate::bytes::base64url;
use crate::clock::Timestamp;
use crate::desk::Desk;
use crate::desk::cases::key_of_case;
use crate::desk::error::DeskError;
use crate::desk::link::Because;
use crate::desk::named::find_user;
use crate::desk::named::handle_of;
use crate::desk::open;
use crate::desk::reading::parse_case;
use crate::desk::seal;
use crate::desk::trust::Trust;
use crate::desk::trust::conflicts::SignedConflict;
use crate::desk::trust::conflicts::apart;
use crate::ids::CaseId;
use crate::ids::random;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::answer::ServedCase;
use crate::keeper::message::answer::ServedConflict;
use crate::keeper::message::load::ConflictWord;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::MembersStatement;
use crate::keeper::message::load::NewConflict;
use crate::keeper::message::load::SealedCard;
use crate::ledger::Proven;
use crate::records::person::hide;
use crate::sealing::Digest;
use crate::sealing::HybridIdentity;
use crate::sealing::Plain;
use crate::sealing::StatementKind;

/// The longest reason, in characters.
const REASON_CHARS: usize = 1000;
/// The shortest plaintext of a reason: its length does not show.
const SHORTEST: u64 = 1024;

/// One word of a case's conflict register.
#[derive(Clone, PartialEq, Eq)]
pub struct ConflictLine {
    /// The handle of whoever knows the family.
    pub user: String,
    /// Whether they are kept apart no more from then on.
    pub ended: bool,
    /// When it was said.
    pub at: Timestamp,
    /// The handle of who said it.
    pub by: String,
    /// Why; `None` while the case's key has not reached the asker.
    pub why: Option<String>,
}

hide!(ConflictLine);

/// What is sealed of it.
#[derive(Serialize, Deserialize)]
struct Why {
    reason: String,
    /// 16 random bytes, base64url, so that nobody who guesses at the reason can tell by its digest.
    salt: String,
}

impl Desk<'_> {
    /// Writes down that somebody knows a case's family: from now on they are kept apart from the case.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn note_conflict(&mut self, case: &str, who: &str, reason: &str) -> Result<(), DeskError> {
        self.change_conflict((parse_case(case), false), who, reason)
    }

    /// Writes down that nothing keeps somebody apart from a case any more. They are not on its team by that.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn end_conflict(&mut self, case: &str, who: &str, reason: &str) -> Result<(), DeskError> {
        self.change_conflict((parse_case(case), true), who, reason)
    }

    fn change_conflict(
        &mut self,
        (case, ended): (CaseId, bool),
        who: &str,
        reason: &str,
    ) -> Result<(), DeskError> {
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > REASON_CHARS {
            let says = "say why in 1 to 1000 characters, for example \"her sister is the child's teacher\"";
            return Err(DeskError::refused("reason", says));
        }
        self.again(|desk| desk.change_conflict_once((case, ended), who, reason))?;
        self.run_told_errands()
    }

    fn change_conflict_once(
        &mut self,
        (case, ended): (CaseId, bool),
        who: &str,
        reason: &str,
    ) -> Result<(), DeskError> {
        let (keys, trust) = match self.keys(Some(case)) {
            // Not theirs to see: the keeper decides, and writes down, what becomes of the act itself.
            Err(DeskError::Unknown) => self.keys(None)?,
            found => found?,
        };
        let user = find_user(&keys, who)?;
        let want = if ended {
            Want::EndConflict { case, user }
        } else if user == self.account.id {
            Want::DeclareConflict { case }
        } else {
            Want::NoteConflict { case, user }
        };
        let why = Why {
            reason: reason.to_owned(),
            salt: base64url(&random::<16>()),
        };
        let mut plain = serde_json::to_vec(&why).map_err(DeskError::damaged)?;
        let said = ConflictWord {
            case,
            number: keys
                .case
                .as_ref()
                .map_or(1, |case| case.conflict_words.saturating_add(1)),
            user,
            ended,
            why: Digest::of(&plain).hex(),
        };
        let step = crate::sealing::padme(plain.len() as u64).max(SHORTEST);
        plain.resize(usize::try_from(step).unwrap_or(plain.len()), 0);
        let (epoch, why) = sealed_to_case(case, &Plain::new(plain), (&keys, &trust))?;
        let statement = self.says(StatementKind::Members, &MembersStatement::Conflict(said))?;
        let load = Load::Conflict(Box::new(NewConflict {
            statement,
            epoch,
            why,
        }));
        // The reason's words are content: they are sealed. The entry says only that there is one.
        let because = Because {
            purpose: None,
            reason: Some("sealed"),
        };
        self.ask(want, load, because).map(|_| ())
    }

    /// The register of a case that is shown alone, held against what is signed and what the keeper says of it.
    pub(crate) fn opened_conflicts(
        (proven, served): (&Proven, &ServedCase),
        secret: Option<&HybridIdentity>,
        (keys, trust): (&Keys, &Trust),
    ) -> Result<Vec<ConflictLine>, DeskError> {
        let facts = &served.facts;
        let texts: Vec<String> = served
            .conflicts
            .iter()
            .map(|word| word.statement.clone())
            .collect();
        let words = trust.conflicts(facts.id, &texts)?;
        let whole = u32::try_from(words.len()) == Ok(facts.conflict_words);
        if !whole || apart(&words) != facts.conflicts {
            return Err(DeskError::damaged(
                "the conflict register that was served is not the one the keeper speaks of",
            ));
        }
        let mut lines = Vec::new();
        for (word, served) in words.iter().zip(&served.conflicts) {
            lines.push(ConflictLine {
                user: handle_of(keys, word.user),
                ended: word.ended,
                at: word.at,
                by: handle_of(keys, word.by),
                why: opened_why(proven, secret, (word, served))?,
            });
        }
        Ok(lines)
    }
}

/// Why, opened, where it was served with the case's key: just what whoever signed the word has sealed.
fn opened_why(
    proven: &Proven,
    secret: Option<&HybridIdentity>,
    (word, served): (&SignedConflict, &ServedConflict),
) -> Result<Option<String>, DeskError> {
    let (Some(secret), Some(sealed)) = (secret, &served.why) else {
        return Ok(None);
    };
    let plain = open::card(proven, secret, sealed)?;
    let text = plain.expose().split(|byte| *byte == 0).next();
    let text = text.unwrap_or_default();
    if Digest::of(text).hex() != word.why {
        return Err(DeskError::damaged(
            "why a word stands in the conflict register is not what was signed with it",
        ));
    }
    let why: Why = serde_json::from_slice(text)
        .map_err(|_| DeskError::damaged("a word of the conflict register cannot be read"))?;
    Ok(Some(why.reason))
}

/// Seals to a case's own compartment, with the epoch of its key. Where the case is not the asker's to know, nothing
/// is sealed: the keeper says no before it looks at what comes with the ask.
fn sealed_to_case(
    case: CaseId,
    plain: &Plain,
    (keys, trust): (&Keys, &Trust),
) -> Result<(u32, SealedCard), DeskError> {
    if let Some(to) = key_of_case(case, (keys, trust))? {
        return Ok((to.epoch, seal::card(plain, &to.recipient)));
    }
    let nothing = SealedCard {
        header: Vec::new(),
        payload: Vec::new(),
    };
    Ok((0, nothing))
}
