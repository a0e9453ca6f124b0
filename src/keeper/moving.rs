//! Moving a record that was filed in the wrong case. It takes a second person; what the proposer's desk sealed for
//! the people of the other case waits with the proposal, served to nobody. From the yes on, those of the case before
//! have it no more. It keeps a compartment of its own, so that whole-case access given before covers it in neither.

use serde::Deserialize;
use serde::Serialize;
use serde_json::json;

use crate::ids::CaseId;
use crate::ids::RecordId;
use crate::keeper::acts::Act;
use crate::keeper::checks::bad_state;
use crate::keeper::entry::Entry;
use crate::keeper::facts::CaseState;
use crate::keeper::facts::ProposalFacts;
use crate::keeper::facts::Proposed;
use crate::keeper::facts::RecordFacts;
use crate::keeper::intake::NOT_FOR_CASE;
use crate::keeper::members::anybody;
use crate::keeper::message::load::EpochStatement;
use crate::keeper::message::load::MoveStatement;
use crate::keeper::message::load::NewMove;
use crate::keeper::message::load::Reseal;
use crate::keeper::policy::question::Resource;
use crate::keeper::proposals::Draft;
use crate::keeper::proposals::bad;
use crate::keeper::reading::Found;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::ledger::ActorHandle;
use crate::ledger::Event;
use crate::ledger::Outcome as Ending;
use crate::sealing::StatementKind;
use crate::store::Tree;

/// The natural key, in a record's unit, of its moves.
const MOVES: &[u8] = b"moves";

/// What waits for the second person.
#[derive(Debug, Serialize, Deserialize)]
struct WaitingMove {
    /// How much of the ledger the proposer's desk had seen.
    seen: u64,
    reseal: Reseal,
}

/// A move that can be made now.
struct Ready {
    before: RecordFacts,
    after: RecordFacts,
    reseal: Reseal,
    body: EpochStatement,
}

impl Vault {
    /// The signed moves of a record, oldest first, each with its approval.
    pub(crate) fn moves_of(&self, record: RecordId) -> Result<Vec<String>, Broken> {
        let moves = self.read(&units::record(record), Tree::Statement, MOVES)?;
        Ok(moves.unwrap_or_default())
    }

    /// Serves a record's headers, without payloads, to be sealed for the people of another case.
    pub(crate) fn show_to_move(
        &mut self,
        request: &Request,
        (record, case): (RecordId, CaseId),
    ) -> Result<Step, Stop> {
        let found = self.find(request, Act::MoveRecord, record)?;
        let after = self.moved(request, &found.facts, case)?;
        let entitled = self.entitled_to(&after)?;
        let Found {
            permit,
            facts,
            compartment,
            way,
        } = found;
        let all = self.parts_of(&facts)?;
        let note = json!({"prepares": true});
        let entry = request.entry(Act::MoveRecord).about(record).noting(note);
        let pledge = self.log(permit, entry)?;
        Ok(Step::serving(pledge, move |vault, logged| {
            vault.serve_guarded(logged, (facts, entitled), all, (compartment, way))
        }))
    }

    /// Keeps a move until a second person says yes or no.
    pub(crate) fn propose_move(
        &mut self,
        request: &Request,
        (record, case): (RecordId, CaseId),
        new: &NewMove,
    ) -> Result<Step, Stop> {
        let found = self.find(request, Act::MoveRecord, record)?;
        let after = self.moved(request, &found.facts, case)?;
        let said: MoveStatement = self.said(request, StatementKind::Move, &new.statement)?;
        let number = self.moves_of(record)?.len() / 2 + 1;
        let fits = (said.record, said.from, said.to) == (record, found.facts.case, case)
            && usize::try_from(said.number) == Ok(number)
            && said.compartment == new.reseal.compartment.id
            && Some(&said.reason) == request.asked.reason.as_ref();
        if !fits {
            return Err(bad("the signed move is not about what is asked"));
        }
        let by = (&request.asker, request.asked.seen);
        self.check_resealed(by, (&found.facts, &after), &new.reseal)?;
        let what = Proposed::MoveRecord {
            record,
            from: found.facts.case,
            to: case,
        };
        let draft = Draft {
            id: said.proposal,
            what,
            statement: new.statement.clone(),
            no_later: None,
        };
        let entry = request.entry(Act::MoveRecord).about(record);
        let step = self.put_up(request, draft, (found.permit, entry))?;
        let waiting = WaitingMove {
            seen: request.asked.seen,
            reseal: new.reseal.clone(),
        };
        let unit = units::waiting_move(said.proposal);
        self.make_unit(unit.clone());
        self.write(&unit, Tree::Draft, &[], &waiting)?;
        Ok(step)
    }

    /// A record's facts in another case, which the asker may see and which takes it.
    fn moved(
        &self,
        request: &Request,
        facts: &RecordFacts,
        case: CaseId,
    ) -> Result<RecordFacts, Stop> {
        let to = self.case(case)?.ok_or(Stop::Unknown)?;
        // The entry is that of the move.
        drop(self.permit(request, Act::ShowCase, Resource::Case(&to))?);
        let after = self.in_case(facts, case)?;
        if !anybody(&self.ought_to_read(&after, &self.roll()?)?) {
            let says = "nobody could read the record in that case; nothing was changed";
            return Err(bad_state(says));
        }
        Ok(after)
    }

    /// A record's facts in another case, if that takes it.
    fn in_case(&self, facts: &RecordFacts, case: CaseId) -> Result<RecordFacts, Stop> {
        let to = self.case(case)?.ok_or(Stop::Unknown)?;
        if facts.case == Some(case) {
            return Err(bad_state(
                "the record is in that case already; nothing to do",
            ));
        }
        if to.state == CaseState::Closed {
            let says = "the case is closed: a coordinator has to reopen it before anything is moved into it";
            return Err(Stop::Refused("case-closed", says.to_owned()));
        }
        self.rules
            .of(&facts.kind)
            .case_takes(Some(&to))
            .map_err(|says| Stop::Refused(NOT_FOR_CASE, says))?;
        Ok(RecordFacts {
            case: Some(case),
            ..facts.clone()
        })
    }

    /// Whether a move that waits could still be made: nothing of the record, its people or their keys has changed.
    pub(crate) fn check_still_moves(&self, facts: &ProposalFacts) -> Result<(), Stop> {
        self.to_be_moved(facts).map(|_| ()).map_err(|stop| match stop {
            Stop::Stale => bad_state(
                "the record, its cases or somebody's keys have changed since this was proposed: refuse it, and have it \
                 proposed again",
            ),
            other => other,
        })
    }

    fn to_be_moved(&self, facts: &ProposalFacts) -> Result<Ready, Stop> {
        let Proposed::MoveRecord { record, from, to } = facts.what else {
            return Err(Stop::Stale);
        };
        let before = self.record(record)?.ok_or(Stop::Stale)?;
        if before.case != from {
            return Err(Stop::Stale);
        }
        let after = self.in_case(&before, to)?;
        let waiting: Option<WaitingMove> =
            self.read(&units::waiting_move(facts.id), Tree::Draft, &[])?;
        let waiting = waiting.ok_or(Broken::Row(Tree::Draft))?;
        let by = self.people.account(facts.by).ok_or(Stop::Stale)?;
        let body = self
            .check_resealed((by, waiting.seen), (&before, &after), &waiting.reseal)
            // Whoever proposed it may have other keys by now, or the record other readers.
            .map_err(|stop| match stop {
                Stop::Broken(broken) => Stop::Broken(broken),
                _ => Stop::Stale,
            })?;
        Ok(Ready {
            before,
            after,
            reseal: waiting.reseal,
            body,
        })
    }

    /// Makes a move that is approved.
    pub(crate) fn make_move(&mut self, facts: &ProposalFacts) -> Result<(), Broken> {
        let ready = self.to_be_moved(facts);
        let Ready {
            before,
            mut after,
            reseal,
            body,
        } = ready.map_err(|stop| match stop {
            Stop::Broken(broken) => broken,
            // INVARIANT: it was checked when it was approved, in the same frame.
            _ => Broken::Row(Tree::Draft),
        })?;
        self.put_resealed(facts.by, (&before, &mut after), (&reseal, body))?;
        let mut moves = self.moves_of(before.id)?;
        moves.push(facts.statement.clone());
        moves.push(facts.approval.clone().unwrap_or_default());
        self.write(&units::record(before.id), Tree::Statement, MOVES, &moves)?;
        self.end_unit(units::waiting_move(facts.id));
        let said = json!({"moved": {"proposal": facts.id}});
        let entry = Entry::new(Event::Move, Ending::Ok, ActorHandle::SERVICE, said);
        self.log_service(entry.about(before.id)).map(drop)
    }

    /// Ends what waited with a move that came to nothing.
    pub(crate) fn drop_waiting_move(&mut self, facts: &ProposalFacts) {
        self.end_unit(units::waiting_move(facts.id));
    }
}
