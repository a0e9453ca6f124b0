//! Releasing: giving a record to somebody outside the centre, by an authority.
//!
//! A report that nobody but its author has looked over stays. A case's service says what there is to give at all
//! (NACCC: supported contact gives dates and times alone). What is a court's goes to those its order names, and to
//! nobody else without the court's consent, which is filed as an order too (`keeper/orders.rs`). Of some kinds it
//! takes a second person. Each release stands in the record's history, which outlives the record: whoever it is about
//! may ask for the recipients (UK GDPR Article 15(1)(c)).

use serde_json::json;

use crate::ids::RecordId;
use crate::keeper::acts::Act;
use crate::keeper::checks::bad_state;
use crate::keeper::entry::HistoryRow;
use crate::keeper::facts::Other;
use crate::keeper::facts::ProposalFacts;
use crate::keeper::facts::Proposed;
use crate::keeper::facts::Recipient;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::ReleasedFacts;
use crate::keeper::message::load::ReleaseStatement;
use crate::keeper::policy::decide::Denial;
use crate::keeper::policy::rule::RuleId;
use crate::keeper::proposals::Draft;
use crate::keeper::proposals::bad;
use crate::keeper::reading::Showing;
use crate::keeper::reading::read_of;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::sealing::StatementKind;
use crate::store::Tree;

/// The longest name or authority, in characters.
const CHARS: usize = 300;
/// The natural key, in a history unit, of a release, before its number.
const RELEASED: &[u8] = b"released";

/// What lets a record go.
struct Terms {
    /// The court's order that names the recipient.
    order: Option<RecordId>,
    /// The only fields that may leave; empty: all.
    leaves: Vec<String>,
}

impl Vault {
    /// Serves a record to be given to somebody outside, and notes that it was.
    pub(crate) fn release_record(
        &mut self,
        request: &Request,
        record: RecordId,
        to: &Recipient,
    ) -> Result<Step, Stop> {
        let found = self.find(request, Act::ReleaseRecord, record)?;
        let terms = self.terms(request, &found.facts, to)?;
        if found.facts.second_approver {
            let agreed = self.agreed_to(&wanted(request, &found.facts, to)).cloned();
            let agreed = agreed.ok_or_else(|| {
                let says = "records of this kind go out after a second person's yes: ask for it with --reason";
                Stop::Refused("second-person", says.to_owned())
            })?;
            self.put_proposal(ProposalFacts {
                used: Some(record),
                ..agreed
            })?;
        }
        let version = found.facts.versions;
        self.list_released(request, &found.facts, (to, terms.order))?;
        let showing = Showing {
            note: json!({"version": version, "order": terms.order}),
            leaves: terms.leaves,
            ..Showing::of(Act::ReleaseRecord, version)
        };
        self.serve_parts(request, showing, found, move |facts| {
            read_of(facts, version, false)
        })
    }

    /// Keeps the wish to release a record until a second person says yes or no.
    pub(crate) fn propose_release(
        &mut self,
        request: &Request,
        (record, to): (RecordId, &Recipient),
        statement: &[u8],
    ) -> Result<Step, Stop> {
        let found = self.find(request, Act::ProposeRelease, record)?;
        self.terms(request, &found.facts, to)?;
        if !found.facts.second_approver {
            let says =
                "records of this kind go out without a second person; release it without --reason";
            return Err(bad_state(says));
        }
        let what = wanted(request, &found.facts, to);
        if self.agreed_to(&what).is_some() {
            let says = "a second person has agreed already: release it now, with the same words and without --reason";
            return Err(bad_state(says));
        }
        let said: ReleaseStatement = self.said(request, StatementKind::Propose, statement)?;
        let fits = (said.record, said.version) == (record, found.facts.versions)
            && &said.to == to
            && Some(&said.reason) == request.asked.reason.as_ref();
        if !fits {
            return Err(bad("what is signed is not what is asked"));
        }
        let draft = Draft {
            id: said.proposal,
            what,
            statement: statement.to_vec(),
            no_later: None,
        };
        let entry = request.entry(Act::ProposeRelease).about(record);
        self.put_up(request, draft, (found.permit, entry))
    }

    /// To whom a record was released, oldest first.
    pub(crate) fn released(
        &self,
        record: RecordId,
        history: &HistoryRow,
    ) -> Result<Vec<ReleasedFacts>, Broken> {
        let unit = units::history(record);
        let mut list = Vec::new();
        for at in 0..history.released {
            list.extend(self.read(&unit, Tree::Revealed, &units::numbered(RELEASED, at))?);
        }
        Ok(list)
    }

    /// Adds a release to the record's list. The entry is the frame's next.
    fn list_released(
        &mut self,
        request: &Request,
        facts: &RecordFacts,
        (to, order): (&Recipient, Option<RecordId>),
    ) -> Result<(), Broken> {
        let (history, _) = self.history(facts.id)?.ok_or(Broken::NoUnit)?;
        let released = ReleasedFacts {
            to: to.name.clone(),
            authority: to.authority.clone(),
            order,
            version: facts.versions,
            by: request.asker.id,
            at: self.now(),
            entry: self.next_index(),
            medium: to.medium(),
            other: Other::new(),
        };
        let unit = units::history(facts.id);
        let at = units::numbered(RELEASED, history.released);
        self.write(&unit, Tree::Revealed, &at, &released)?;
        let history = HistoryRow {
            released: history.released.saturating_add(1),
            ..history
        };
        self.write(&unit, Tree::History, &[], &history)
    }

    /// Whether a record may go to somebody, and how much of it.
    fn terms(&self, request: &Request, facts: &RecordFacts, to: &Recipient) -> Result<Terms, Stop> {
        for (what, text) in [
            ("who is to have it", &to.name),
            ("by what right", &to.authority),
        ] {
            let chars = text.chars().count();
            if text.trim().is_empty() || chars > CHARS || text.chars().any(char::is_control) {
                let says = format!("say {what}, in one line of 1 to {CHARS} characters");
                return Err(Stop::Refused("no-recipient", says));
            }
        }
        let rules = self.rules.of(&facts.kind);
        let case = self.case_of(facts)?;
        let leaves = match &case {
            Some(case) => rules
                .given_of(case)
                .map_err(|says| denied(RuleId::SERVICE_GIVES_NONE, says, facts.id))?,
            None => Vec::new(),
        };
        rules
            .may_leave(facts)
            .map_err(|says| Stop::Refused("not-checked", says))?;
        let order = self.named_by_court(request, facts, &to.name)?;
        Ok(Terms { order, leaves })
    }
}

fn wanted(request: &Request, facts: &RecordFacts, to: &Recipient) -> Proposed {
    Proposed::ReleaseRecord {
        user: request.asker.id,
        record: facts.id,
        version: facts.versions,
        to: to.clone(),
    }
}

fn denied(rule: RuleId, says: String, record: RecordId) -> Stop {
    let denial = Denial {
        rules: vec![rule],
        says,
        hidden: false,
    };
    Stop::Denied(denial, Some(record))
}
