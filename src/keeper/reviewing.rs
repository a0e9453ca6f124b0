//! Openings in an emergency, until somebody else has reviewed them: who may is policy, and never who opened.

use crate::ids::RecordId;
use crate::keeper::acts::Act;
use crate::keeper::facts::OpeningFacts;
use crate::keeper::message::access::On;
use crate::keeper::message::access::Waiting;
use crate::keeper::message::access::WaitsFor;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::store::Tree;

/// The natural key of the openings nobody has reviewed yet.
const REVIEWS: &[u8] = b"reviews";

impl Vault {
    fn openings_to_review(&self) -> Result<Vec<OpeningFacts>, Broken> {
        let kept = self.read(&units::vault(), Tree::Errand, REVIEWS)?;
        Ok(kept.unwrap_or_default())
    }

    /// Notes an opening that is to be reviewed.
    pub(crate) fn note_opening(&mut self, opening: OpeningFacts) -> Result<(), Broken> {
        let mut all = self.openings_to_review()?;
        all.push(opening);
        self.write(&units::vault(), Tree::Errand, REVIEWS, &all)
    }

    /// Takes somebody's word, and reason, on every opening of a record that was not their own: it waits no more. The
    /// entry names the openings' entries.
    pub(crate) fn review_opening(
        &mut self,
        request: &Request,
        record: RecordId,
    ) -> Result<Step, Stop> {
        let facts = self
            .record(record)?
            .ok_or_else(|| self.unknown(request, Act::ReviewOpening))?;
        let permit = self.permit_record(request, Act::ReviewOpening, &facts)?;
        let user = request.asker.id;
        let all = self.openings_to_review()?;
        let theirs = |one: &OpeningFacts| one.record == record && one.by != user;
        let (done, left): (Vec<OpeningFacts>, Vec<OpeningFacts>) =
            all.into_iter().partition(theirs);
        if done.is_empty() {
            let own = left.iter().any(|one| one.record == record);
            return Err(if own {
                let says = "you opened it yourself: another safeguarding lead, a data protection lead or a trustee \
                            reviews it";
                Stop::Refused("own-opening", says.to_owned())
            } else {
                let says = "no opening of this record waits to be reviewed; nothing to do";
                Stop::Refused("bad-state", says.to_owned())
            });
        }
        self.write(&units::vault(), Tree::Errand, REVIEWS, &left)?;
        let entries: Vec<u64> = done.iter().map(|one| one.entry).collect();
        let entry = request.entry(Act::ReviewOpening).about(record);
        let entry = entry.noting(serde_json::json!({"reviewed": entries}));
        let pledge = self.log(permit, entry)?;
        Ok(Step::done(pledge))
    }

    /// The openings that wait to be reviewed, among those the asker may know of: by whom, since when, and whether it
    /// should have been done by now.
    pub(crate) fn reviews_waiting(&self, request: &Request) -> Result<Vec<Waiting>, Stop> {
        let mut waiting = Vec::new();
        for opening in self.openings_to_review()? {
            let Some(facts) = self.record(opening.record)? else {
                continue;
            };
            let reviews = self.may_review(request, &facts)?;
            if !reviews && !self.may_see_history(&request.asker, &facts)? {
                continue;
            }
            let overdue = opening.review_by <= self.now();
            waiting.push(Waiting {
                what: if overdue {
                    WaitsFor::OverdueReview
                } else {
                    WaitsFor::Review
                },
                on: On::Record {
                    record: opening.record,
                },
                whom: vec![self.handle_of(opening.by)],
                since: Some(opening.at),
                yours: reviews && opening.by != request.asker.id,
            });
        }
        Ok(waiting)
    }

    fn may_review(
        &self,
        request: &Request,
        facts: &crate::keeper::facts::RecordFacts,
    ) -> Result<bool, Broken> {
        let case = self.case_of(facts)?;
        let asker = (&request.asker, request.grants.as_slice());
        let question = crate::keeper::policy::question::Question {
            // Whoever may review with a reason may know that it waits.
            reason: Some("review"),
            ..self.question(asker, Act::ReviewOpening, (facts, case.as_ref()))
        };
        let decision = crate::keeper::policy::decide::decide(&self.policy, &question, self.now());
        Ok(matches!(
            decision,
            crate::keeper::policy::decide::Decision::Allow(_)
        ))
    }
}
