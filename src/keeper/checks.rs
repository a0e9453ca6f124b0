//! Checking: somebody who did not write a record looks it over and signs for that very version, or returns it.
//!
//! What is returned can be corrected by whoever filed it. An author who does not read such records by their work is
//! given access to this one, which ends when it is corrected.

mod returning;

use serde::Deserialize;
use serde::Serialize;

use crate::ids::GrantId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::facts::Checked;
use crate::keeper::facts::GrantState;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::RecordState;
use crate::keeper::facts::VersionFacts;
use crate::keeper::message::answer::Said;
use crate::keeper::message::load::CheckStatement;
use crate::keeper::message::load::SealedCard;
use crate::keeper::message::load::Verdict;
use crate::keeper::reading::Found;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::sealing::StatementKind;
use crate::store::Tree;

/// What stands beside a version that was returned.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ReturnRow {
    /// What is wrong, sealed to the author.
    pub(crate) note: SealedCard,
    /// The access the author was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) grant: Option<GrantId>,
}

impl Vault {
    /// Takes somebody's signed word that a record's newest version is as it should be.
    pub(crate) fn check_record(
        &mut self,
        request: &Request,
        record: RecordId,
        statement: &[u8],
    ) -> Result<Step, Stop> {
        let (found, version) = self.to_check(request, Act::CheckRecord, record)?;
        let mut facts = found.facts;
        match facts.state {
            RecordState::Filed => {}
            RecordState::Returned => {
                let says = "it was returned to its author, who has not corrected it yet";
                return Err(bad_state(says));
            }
            _ => return Err(bad_state("it is checked already; nothing to do")),
        }
        let text = self.verdict_in(request, (record, &version), Verdict::Checked, statement)?;
        self.keep_verdict(request, (&mut facts, RecordState::Checked), &text)?;
        let note = serde_json::json!({"version": version.number});
        let entry = request.entry(Act::CheckRecord).about(record).noting(note);
        Ok(Step::done(self.log(found.permit, entry)?))
    }

    /// Keeps what the asker found of a record's newest version, with their statement.
    pub(crate) fn keep_verdict(
        &mut self,
        request: &Request,
        (facts, state): (&mut RecordFacts, RecordState),
        text: &str,
    ) -> Result<(), Broken> {
        facts.state = state;
        facts.checked = Some(Checked {
            by: request.asker.id,
            at: self.now(),
        });
        self.put_record(facts)?;
        let unit = units::version(facts.id, facts.versions);
        self.write(&unit, Tree::Statement, &[], &text)
    }

    /// A record that the asker may look over, and its newest version, which they did not write.
    pub(crate) fn to_check(
        &self,
        request: &Request,
        act: Act,
        record: RecordId,
    ) -> Result<(Found, VersionFacts), Stop> {
        let found = self.find(request, act, record)?;
        let rules = self.rules.of(&found.facts.kind);
        if !rules.checked {
            let says = format!("a {} is not checked by a second person", rules.called());
            return Err(Stop::Refused("not-checked-here", says));
        }
        let version = self.version(record, found.facts.versions)?;
        let version = version.ok_or(Broken::NoUnit)?;
        if version.author == request.asker.id {
            let says = "you wrote its newest version yourself: it takes somebody else to check it";
            return Err(Stop::Refused("own-report", says.to_owned()));
        }
        Ok((found, version))
    }

    /// The asker's signed word about this very version, as text.
    pub(crate) fn verdict_in(
        &self,
        request: &Request,
        (record, version): (RecordId, &VersionFacts),
        verdict: Verdict,
        statement: &[u8],
    ) -> Result<String, Stop> {
        let said: CheckStatement = self.said(request, StatementKind::Approve, statement)?;
        let wrong = || {
            let says = "what is signed about the record is not what is asked";
            Stop::Refused("bad-statement", says.to_owned())
        };
        if said.record != record || said.verdict != verdict {
            return Err(wrong());
        }
        if (said.version, &said.manifest) != (version.number, &version.manifest) {
            return Err(Stop::Stale);
        }
        String::from_utf8(statement.to_vec()).map_err(|_| wrong())
    }

    /// What is signed about a record.
    pub(crate) fn signed_about(&self, facts: &RecordFacts) -> Result<Said, Broken> {
        let looked = matches!(facts.state, RecordState::Checked | RecordState::Returned);
        let unit = units::version(facts.id, facts.versions);
        Ok(Said {
            check: if looked {
                self.read(&unit, Tree::Statement, &[])?
            } else {
                None
            },
            moves: self.moves_of(facts.id)?,
            note: None,
        })
    }

    /// The same, and for its author what was wrong with it.
    pub(crate) fn said_of(&self, facts: &RecordFacts, asker: UserId) -> Result<Said, Broken> {
        let mut said = self.signed_about(facts)?;
        if facts.state == RecordState::Returned && facts.author == asker {
            let row = self.return_row(facts.id, facts.versions)?;
            said.note = row.map(|row| row.note);
        }
        Ok(said)
    }

    fn return_row(&self, record: RecordId, version: u32) -> Result<Option<ReturnRow>, Broken> {
        self.read(&units::version(record, version), Tree::Notice, &[])
    }

    /// A record of a kind that is checked waits for it anew once it is corrected.
    pub(crate) fn wait_for_check(&self, facts: &mut RecordFacts) {
        if self.rules.of(&facts.kind).checked && facts.state != RecordState::Disposed {
            facts.state = RecordState::Filed;
            facts.checked = None;
        }
    }

    /// Ends what was given to the author of a version that was returned, now that there is another.
    pub(crate) fn end_return(
        &mut self,
        record: RecordId,
        version: u32,
        by: UserId,
    ) -> Result<(), Broken> {
        let Some(row) = self.return_row(record, version)? else {
            return Ok(());
        };
        self.drop_row(&units::version(record, version), Tree::Notice, &[])?;
        let grant = row.grant.and_then(|id| self.shared.grants.get(&id));
        let Some(grant) = grant.filter(|grant| grant.state == GrantState::Active) else {
            return Ok(());
        };
        let grant = grant.clone();
        self.note_grant(grant.id, self.last_index(), Some(record))?;
        self.end_grant(grant, GrantState::Ended, Some(by))
    }
}

pub(crate) fn bad_state(says: &str) -> Stop {
    Stop::Refused("bad-state", says.to_owned())
}
