//! Releasing: giving a record to somebody outside the centre, by an authority.
//!
//! A report that nobody but its author has looked over stays. A case's service says what there is to give at all
//! (NACCC: supported contact gives dates and times alone). What is a court's goes to those its order names, and to
//! nobody else without the court's consent, which is filed as an order too. Of some kinds it takes a second person.
//! Each release stands in the record's history, which outlives the record: whoever it is about may ask for the
//! recipients (UK GDPR Article 15(1)(c)).

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
use crate::keeper::facts::RecordState;
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
use crate::records::orders;
use crate::records::words::Mark;
use crate::sealing::RecordKey;
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

    /// The order that names somebody, where a record is a court's.
    fn named_by_court(
        &self,
        request: &Request,
        facts: &RecordFacts,
        to: &str,
    ) -> Result<Option<RecordId>, Stop> {
        let own = &facts.order_recipients;
        let restricted = facts.labels.contains(Mark::CourtRestricted.word()) || !own.is_empty();
        if !restricted && !self.rules.of(&facts.kind).under_orders {
            return Ok(None);
        }
        let mut orders = self.orders_of(facts)?;
        if !restricted && orders.is_empty() {
            return Ok(None);
        }
        // An author's own list stands in for an order that is not on file; it adds nobody to one that is.
        if orders.is_empty() && !own.is_empty() {
            orders.push(facts.clone());
        }
        let typed = orders::spelt(to);
        for order in &orders {
            if let Some(typed) = &typed
                && order
                    .order_recipients
                    .contains(&self.marking_key(order.id)?.mark(typed))
            {
                return Ok((order.id != facts.id).then_some(order.id));
            }
        }
        // An order that is hidden from the asker binds them too, and tells them nothing.
        orders.retain(|order| self.permit_record(request, Act::ListRecords, order).is_ok());
        let says = not_named(&orders);
        Err(denied(RuleId::NOT_NAMED_BY_COURT, says, facts.id))
    }

    /// The key that marks whom a record's form names.
    fn marking_key(&self, record: RecordId) -> Result<RecordKey, Broken> {
        let (history, _) = self.history(record)?.ok_or(Broken::NoUnit)?;
        let key = history.key().map(RecordKey::from_bytes);
        key.ok_or(Broken::Row(Tree::History))
    }

    /// The orders in force in a record's case that name who may have reports.
    fn orders_of(&self, facts: &RecordFacts) -> Result<Vec<RecordFacts>, Broken> {
        let Some(case) = facts.case else {
            return Ok(Vec::new());
        };
        let mut all = self.records(self.record_ids())?;
        all.retain(|other| {
            other.case == Some(case)
                && other.state != RecordState::Disposed
                && !other.order_recipients.is_empty()
                && self.rules.of(&other.kind).is_order
        });
        all.sort_by_key(|order| (order.filed_at, order.id));
        Ok(all)
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

/// Why somebody whom no order names does not get it, and where those stand who would.
fn not_named(orders: &[RecordFacts]) -> String {
    let orders: Vec<String> = orders.iter().map(|order| order.id.to_string()).collect();
    let read = if orders.is_empty() {
        String::new()
    } else {
        format!(" (read {})", orders.join(", "))
    };
    format!(
        "this is the court's property, and goes to those alone whom its order names{read}, written as they are there. \
         If the court has agreed to somebody else, file its consent as a court order that names them"
    )
}
