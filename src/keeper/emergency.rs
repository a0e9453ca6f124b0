//! Breaking the glass: a safeguarding lead reads at once, with a reason, what is not theirs to read by their
//! work, because a child is at risk. The key is that of the leads' own team (`Roll::own`), never recovery's.
//! Everybody entitled to know the record is told, until they have read it.

use crate::ids::RecordId;
use crate::keeper::acts::Act;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::NoticeAbout;
use crate::keeper::facts::NoticeFacts;
use crate::keeper::facts::OpeningFacts;
use crate::keeper::facts::Other;
use crate::keeper::facts::RecordFacts;
use crate::keeper::policy::decide::Decision;
use crate::keeper::policy::decide::decide_many;
use crate::keeper::policy::question::Question;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;

/// An emergency opening is to be reviewed within three days.
pub(crate) const REVIEW_MS: u64 = 72 * 60 * 60 * 1000;

impl Vault {
    /// Serves a record as reading does, and leaves notices.
    pub(crate) fn break_glass(
        &mut self,
        request: &Request,
        record: RecordId,
    ) -> Result<Step, Stop> {
        let notice = NoticeFacts {
            entry: self.next_index(),
            by: request.asker.id,
            at: self.now(),
            about: NoticeAbout::Opened {
                record,
                review_by: self.now().plus_ms(REVIEW_MS),
            },
            other: Other::new(),
        };
        let opening = OpeningFacts {
            record,
            entry: notice.entry,
            by: notice.by,
            at: notice.at,
            review_by: notice.at.plus_ms(REVIEW_MS),
            other: Other::new(),
        };
        let step = self.read_record(request, Act::BreakGlass, record, None)?;
        self.note_opening(opening)?;
        let facts = self.record(record)?.ok_or(Broken::NoUnit)?;
        for account in self.entitled_to_know(&facts)? {
            if account.id != request.asker.id {
                self.notify(account.id, notice.clone())?;
            }
        }
        Ok(step)
    }

    /// Whom the record's history is open to.
    fn entitled_to_know(&self, facts: &RecordFacts) -> Result<Vec<AccountFacts>, Broken> {
        let accounts = self.people.all();
        let working: Vec<AccountFacts> = accounts
            .into_iter()
            .filter(AccountFacts::may_work)
            .collect();
        let case = self.case_of(facts)?;
        let grants: Vec<_> = working
            .iter()
            .map(|account| self.shared.grants_of(account.id))
            .collect();
        let questions: Vec<Question<'_>> = working
            .iter()
            .zip(&grants)
            .map(|(asker, grants)| {
                self.question((asker, grants), Act::ShowHistory, (facts, case.as_ref()))
            })
            .collect();
        let decisions = decide_many(&self.policy, &questions, self.now());
        let decided = working.iter().zip(&decisions);
        let entitled = decided.filter(|(_, decision)| matches!(decision, Decision::Allow(_)));
        Ok(entitled.map(|(account, _)| account.clone()).collect())
    }

    /// Whether somebody may see a record's history.
    pub(crate) fn may_see_history(
        &self,
        asker: &AccountFacts,
        facts: &RecordFacts,
    ) -> Result<bool, Broken> {
        let case = self.case_of(facts)?;
        let grants = self.shared.grants_of(asker.id);
        let question = self.question((asker, &grants), Act::ShowHistory, (facts, case.as_ref()));
        let decisions = decide_many(&self.policy, &[question], self.now());
        Ok(matches!(decisions.as_slice(), [Decision::Allow(_)]))
    }
}
