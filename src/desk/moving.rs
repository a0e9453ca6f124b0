//! What takes two people because of the case: moving a record that was filed in the wrong one, and following the moves
//! that others signed; filing what a case's service does not take.

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link::Because;
use crate::desk::proposals::Proposal;
use crate::desk::proposals::one;
use crate::desk::reading::parse_case;
use crate::desk::reading::parse_record;
use crate::desk::trust::Trust;
use crate::ids::CaseId;
use crate::ids::ProposalId;
use crate::ids::RecordId;
use crate::keeper::members::MOVERS;
use crate::keeper::message::Want;
use crate::keeper::message::answer::ServedRecord;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::MoveStatement;
use crate::keeper::message::load::NewMove;
use crate::keeper::message::load::OverrideStatement;
use crate::sealing::Statement;
use crate::sealing::StatementKind;

/// The longest reason, in characters.
const REASON_CHARS: usize = 1000;

impl Desk<'_> {
    /// Proposes another case for a record. From a second person's yes on, the people of that case have it, and
    /// those of the case before do not.
    ///
    /// # Errors
    /// [`DeskError`]; [`DeskError::Unknown`] for a record or case this person may not know of.
    pub fn move_record(
        &mut self,
        record: &str,
        case: &str,
        reason: &str,
    ) -> Result<Proposal, DeskError> {
        let reason = given(reason)?;
        let (record, case) = (parse_record(record), parse_case(case));
        self.again(|desk| desk.move_once((record, case), reason))
    }

    /// Proposes to file one record of a kind that the case's service does not take. After a second person's yes
    /// this person may file it, once, within fourteen days.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn propose_override(
        &mut self,
        case: &str,
        kind: &str,
        reason: &str,
    ) -> Result<Proposal, DeskError> {
        let reason = given(reason)?;
        let case = parse_case(case);
        let said = OverrideStatement {
            proposal: ProposalId::random(),
            case,
            kind: kind.to_owned(),
            reason: reason.to_owned(),
        };
        let want = Want::OverrideService {
            case,
            kind: kind.to_owned(),
        };
        self.propose(want, &said, reason)
    }

    fn move_once(
        &mut self,
        (record, case): (RecordId, CaseId),
        reason: &str,
    ) -> Result<Proposal, DeskError> {
        let want = Want::MoveRecord { record, case };
        let because = Because {
            purpose: None,
            reason: Some(reason),
        };
        let (served, proven) = self.ask(want.clone(), Load::Nothing {}, because)?;
        let served = Self::guarded(served, &proven, Some(record))?;
        let reseal = self.sealed_for_others(&proven, &served, &|said, _| said.case = Some(case))?;
        let said = MoveStatement {
            record,
            number: served.moves.saturating_add(1),
            from: served.facts.case,
            to: case,
            proposal: ProposalId::random(),
            compartment: reseal.compartment.id,
            reason: reason.to_owned(),
        };
        let load = Load::Move(Box::new(NewMove {
            statement: self.says(StatementKind::Move, &said)?,
            reseal,
        }));
        let (served, _) = self.ask(want, load, because)?;
        self.alone_or_waiting(&one(served)?)
    }
}

/// A reason, without the space around it.
pub(crate) fn given(reason: &str) -> Result<&str, DeskError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS {
        let says = format!("say why, in 1 to {REASON_CHARS} characters (--reason)");
        return Err(DeskError::refused("reason", says));
    }
    Ok(reason)
}

/// The cases a record has had, as signed: the one it was filed in, then each it was moved to by two people. The last
/// is the one it has now.
///
/// # Errors
/// [`DeskError::Damaged`] where the keeper says what nobody signed.
pub(crate) fn cases_of(
    served: &ServedRecord,
    trust: &Trust,
) -> Result<Vec<Option<CaseId>>, DeskError> {
    let unsigned = || {
        DeskError::damaged(
            "the keeper says that the record was moved to another case, and no two people have signed that",
        )
    };
    let now = served.facts.case;
    let mut cases = Vec::new();
    let mut number = 0_u32;
    for pair in served.said.moves.chunks(2) {
        let [text, approval] = pair else {
            return Err(unsigned());
        };
        number = number.saturating_add(1);
        let said = believed((text, approval), served.facts.id, trust).ok_or_else(unsigned)?;
        if cases.is_empty() {
            cases.push(said.from);
        }
        if said.number != number || cases.last() != Some(&said.from) {
            return Err(unsigned());
        }
        cases.push(Some(said.to));
    }
    if cases.is_empty() {
        cases.push(now);
    }
    if cases.last() == Some(&now) {
        Ok(cases)
    } else {
        Err(unsigned())
    }
}

fn believed(
    (text, approval): (&str, &str),
    record: RecordId,
    trust: &Trust,
) -> Option<MoveStatement> {
    let statement = Statement::parse(text.as_bytes()).ok()?;
    let said: MoveStatement = statement.read_body()?;
    let approval = Statement::parse(approval.as_bytes()).ok()?;
    let signed = statement.kind() == StatementKind::Move
        && statement.vault() == trust.vault()
        && said.record == record
        && trust.signed_by_one_of(&statement, &MOVERS)
        && trust.is_approval(&approval, (&statement, said.proposal));
    signed.then_some(said)
}
