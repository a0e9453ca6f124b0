//! Between a desk and its keeper: asks are signed, answers are believed only with their proof.

use std::sync::Arc;

use sha2::Digest as _;

use crate::bytes::base64url;
use crate::canon;
use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::memory::Held;
use crate::desk::seal::json;
use crate::desk::shown::ReceiptLine;
use crate::desk::trust::Followed;
use crate::desk::trust::Trust;
use crate::ids::CaseId;
use crate::ids::RecordId;
use crate::ids::random;
use crate::keeper::acts::Act;
use crate::keeper::message::Ask;
use crate::keeper::message::Asked;
use crate::keeper::message::MESSAGES;
use crate::keeper::message::Want;
use crate::keeper::message::answer::BAD_AUTH;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::answer::Opening;
use crate::keeper::message::answer::Outcome;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::Load;
use crate::ledger::ActorHandle;
use crate::ledger::Event;
use crate::ledger::Expected;
use crate::ledger::Proven;
use crate::ledger::Receipt;
use crate::sealing::Heading;
use crate::sealing::RecordKey;
use crate::sealing::Statement;
use crate::sealing::StatementKind;
use crate::sealing::try_on_all_cores;

/// Public keys, and who vouches for them.
pub(crate) type Known = Arc<(Keys, Trust)>;

/// How often an act is tried when somebody else is quicker.
const TRIES: u32 = 3;

/// What goes with an ask beside its want and load.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Because<'a> {
    pub(crate) purpose: Option<&'a str>,
    pub(crate) reason: Option<&'a str>,
}

impl<'a> From<Option<&'a str>> for Because<'a> {
    /// A purpose alone.
    fn from(purpose: Option<&'a str>) -> Self {
        Self {
            purpose,
            reason: None,
        }
    }
}

impl Desk<'_> {
    /// Asks for something that is an entry: what is served, and the proof that it is logged.
    ///
    /// # Errors
    /// [`DeskError`]: the keeper's refusal, or an answer that cannot be believed.
    pub(crate) fn ask(
        &mut self,
        want: Want,
        load: Load,
        because: Because<'_>,
    ) -> Result<(Served, Proven), DeskError> {
        let (served, proven, _) = self.ask_and_see(want, load, because)?;
        Ok((served, proven))
    }

    /// As [`Desk::ask`], with the entry's detail.
    ///
    /// # Errors
    /// [`DeskError`].
    pub(crate) fn ask_and_see(
        &mut self,
        want: Want,
        load: Load,
        because: Because<'_>,
    ) -> Result<(Served, Proven, serde_json::Value), DeskError> {
        let act = want.act();
        let keeper = self.keeper;
        let mut held = self.memory.hold()?;
        let (ask, statement) = self.signed(want, load, because, held.size())?;
        let answer = keeper.ask(ask)?;
        self.errands |= answer.errands;
        self.as_of.clone_from(&answer.as_of);
        let (Some(receipt), Some(opening)) = (&answer.receipt, &answer.opening) else {
            return Err(DeskError::damaged(
                "the keeper answered without an entry; nothing is opened",
            ));
        };
        // Keys that are the account's no more: the entry is nobody's, and nothing is opened with it.
        if let Outcome::Refused { code, says } = &answer.outcome
            && code == BAD_AUTH
        {
            let nobody = (ActorHandle::SERVICE, Event::Refuse);
            prove(&mut held, (receipt, opening), nobody)?;
            return Err(DeskError::refused(code, says.clone()));
        }
        let done = matches!(answer.outcome, Outcome::Done(_));
        let event = if done { act.row().event } else { Event::Refuse };
        let proven = prove(&mut held, (receipt, opening), (self.actor, event))?;
        let detail: serde_json::Value =
            serde_json::from_str(&opening.detail).map_err(DeskError::damaged)?;
        if detail.get("ask") != Some(&statement) {
            return Err(DeskError::damaged(
                "the entry is about another ask; nothing is opened",
            ));
        }
        let entry = proven.leaf().index.get();
        match answer.outcome {
            Outcome::Done(served) => Ok((*served, proven, detail)),
            Outcome::Denied { rule, says } => Err(DeskError::Denied {
                rule,
                says,
                entry: Some(entry),
            }),
            Outcome::Unknown => Err(DeskError::Unknown),
            Outcome::Refused { code, says } => Err(DeskError::Refused { code, says }),
            Outcome::Stale => Err(DeskError::Busy(
                "the keys changed while this was being sealed; nothing was stored, try again"
                    .to_owned(),
            )),
        }
    }

    /// The public keys things are sealed to, checked from the root down.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] when somebody is not vouched for.
    pub(crate) fn keys(&mut self, case: Option<CaseId>) -> Result<(Keys, Trust), DeskError> {
        let seen = self.memory.hold()?.size();
        let want = Want::LookUpKeys { case };
        let (ask, _) = self.signed(want, Load::Nothing {}, Because::default(), seen)?;
        let answer = self.keeper.ask(ask)?;
        let served = match answer.outcome {
            Outcome::Done(served) => *served,
            Outcome::Unknown => return Err(DeskError::Unknown),
            Outcome::Denied { rule, says } => {
                return Err(DeskError::Denied {
                    rule,
                    says,
                    entry: None,
                });
            }
            Outcome::Refused { code, says } => return Err(DeskError::Refused { code, says }),
            Outcome::Stale => {
                return Err(DeskError::damaged("the keeper's answer has another shape"));
            }
        };
        let Served::Keys(keys) = served else {
            return Err(unexpected());
        };
        let trust = Followed::trust(&mut self.followed, self.vault, &keys)?;
        trust.check(&keys)?;
        self.check_genesis(&trust)?;
        Ok((*keys, trust))
    }

    /// As [`Desk::keys`] of no case: what was looked up last serves again while the keeper says, with its answers,
    /// that nothing of it has changed. To be called after an ask, whose answer says it; to seal to what may have
    /// been looked up long ago would only be refused.
    ///
    /// # Errors
    /// As for [`Desk::keys`].
    pub(crate) fn known(&mut self) -> Result<Known, DeskError> {
        if let Some(known) = &self.known
            && !self.as_of.is_empty()
            && known.0.as_of == self.as_of
        {
            return Ok(Arc::clone(known));
        }
        let known = Arc::new(self.keys(None)?);
        self.as_of.clone_from(&known.0.as_of);
        self.known = Some(Arc::clone(&known));
        Ok(known)
    }

    /// A signed ask, and its statement as the entry's detail will hold it.
    fn signed(
        &self,
        want: Want,
        load: Load,
        because: Because<'_>,
        seen: u64,
    ) -> Result<(Ask, serde_json::Value), DeskError> {
        let bytes = canon::to_bytes(&load).map_err(DeskError::damaged)?;
        let asked = Asked {
            version: MESSAGES,
            want,
            purpose: because.purpose.map(str::to_owned),
            reason: because.reason.map(str::to_owned),
            nonce: base64url(&random::<16>()),
            seen,
            load: base64url(&sha2::Sha256::digest(&bytes)),
        };
        let by = self.account.id.to_string();
        let heading = self.heading(&by, StatementKind::Ask);
        let statement = Statement::sign(&heading, json(&asked)?, self.person.signing())
            .map_err(DeskError::damaged)?;
        let value = serde_json::from_slice(statement.bytes()).map_err(DeskError::damaged)?;
        let ask = Ask {
            statement: statement.bytes().to_vec(),
            load,
        };
        Ok((ask, value))
    }

    /// Believes the receipts for several entries of one answer, all of this person's: each is checked under the
    /// answer's own head, from nothing.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] for the first that does not hold.
    pub(crate) fn believe(
        &self,
        entries: &[(&Receipt, &Opening)],
        event: Event,
    ) -> Result<Vec<Proven>, DeskError> {
        let keys = [self.keeper.vkey().parse().map_err(DeskError::damaged)?];
        let actor = self.actor;
        try_on_all_cores(entries, |(receipt, opening)| {
            let opening = opening.to_ledger().ok_or_else(unexpected)?;
            let expected = Expected::new(actor, opening.commitment()).event(event);
            receipt
                .check(&keys, None, &expected)
                .map_err(DeskError::damaged)
        })
    }

    /// Checks that an entry's `record` is this record's: the key the keeper gave is the one that was filed.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] when it is another.
    pub(crate) fn check_record(
        proven: &Proven,
        key: &RecordKey,
        record: RecordId,
    ) -> Result<(), DeskError> {
        let key = &crate::ledger::RecordKey::from_bytes(key.expose());
        let leaf = proven.leaf();
        if crate::ledger::record_ref(key, leaf.index) == leaf.record {
            return Ok(());
        }
        Err(DeskError::damaged(format!(
            "the entry for {record} was made about another record"
        )))
    }

    /// Does something again where somebody else was quicker and keys or numbers have moved on.
    ///
    /// # Errors
    /// What `act` says; [`DeskError::Busy`] when it was late each time.
    pub(crate) fn again<T>(
        &mut self,
        mut act: impl FnMut(&mut Self) -> Result<T, DeskError>,
    ) -> Result<T, DeskError> {
        for _ in 1..TRIES {
            match act(self) {
                Err(DeskError::Busy(_)) => {}
                done => return done,
            }
        }
        act(self)
    }

    /// The heading of a statement of this person's, now.
    pub(crate) fn heading<'h>(&self, by: &'h str, kind: StatementKind) -> Heading<'h> {
        Heading {
            kind,
            vault: self.vault,
            by,
            at: self.keeper.now(),
        }
    }
}

/// Checks an entry against what is remembered, and remembers its head before anything is opened.
///
/// # Errors
/// [`DeskError::Fork`], [`DeskError::WentBack`] or [`DeskError::Damaged`].
pub(crate) fn prove(
    held: &mut Held<'_>,
    (receipt, opening): (&Receipt, &Opening),
    (actor, event): (ActorHandle, Event),
) -> Result<Proven, DeskError> {
    let opening = opening.to_ledger().ok_or_else(unexpected)?;
    held.prove(
        receipt,
        &Expected::new(actor, opening.commitment()).event(event),
    )
}

/// What a face may print of a proof.
pub(crate) fn line(proven: &Proven) -> ReceiptLine {
    ReceiptLine {
        index: proven.leaf().index.get(),
        size: proven.checkpoint().size().get(),
        root: proven.checkpoint().head().root.to_string(),
    }
}

/// An answer of a shape that does not belong to its ask.
pub(crate) fn unexpected() -> DeskError {
    DeskError::damaged("the keeper's answer has another shape")
}

impl Want {
    /// The record whose parts this asks for.
    pub(crate) fn record(&self) -> Option<RecordId> {
        match self {
            Self::ReadRecord { record, .. }
            | Self::ReadAttachment { record, .. }
            | Self::BreakGlass { record }
            | Self::CheckRecord { record }
            | Self::ReturnRecord { record }
            | Self::ExcludeUser { record, .. }
            | Self::RestrictRecord { record, .. }
            | Self::NameDeciders { record, .. }
            | Self::NameHandler { record, .. }
            | Self::MoveRecord { record, .. }
            | Self::ExportRecord { record, .. }
            | Self::PrintRecord { record }
            | Self::ReleaseRecord { record, .. } => Some(*record),
            _ => None,
        }
    }

    /// The act this asks for.
    pub(crate) fn act(&self) -> Act {
        let word = json(self)
            .ok()
            .and_then(|value| value.get("act")?.as_str().map(str::to_owned));
        // INVARIANT: a test walks every variant, so each has its word on the list of acts.
        word.and_then(|word| Act::from_word(&word))
            .unwrap_or(Act::SignIn)
    }
}
