//! Which orders of a case hold, and whom they let have what is a court's.
//!
//! An order that is over, by its last day or because another took its place, lets nobody have anything. What was
//! made while it held stays the court's all the same: it goes to those whom an order names that holds today, and where
//! none does to nobody. What was made after every order of the case was over is under no order, and goes out like any
//! other record of its kind.

use crate::ids::RecordId;
use crate::keeper::acts::Act;
use crate::keeper::dues::day_of;
use crate::keeper::facts::OrderFacts;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::RecordState;
use crate::keeper::intake::refused;
use crate::keeper::policy::decide::Denial;
use crate::keeper::policy::rule::RuleId;
use crate::keeper::request::Request;
use crate::keeper::request::Stop;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::records::dates;
use crate::records::orders;
use crate::records::words::Mark;
use crate::sealing::RecordKey;
use crate::store::Tree;

/// How many orders one can take the place of.
const MANY: usize = 100;

/// An order of a case that names who may have reports.
struct OnFile {
    facts: RecordFacts,
    /// Why it holds no more, if it does not.
    over: Option<Over>,
}

/// An order holds no more.
struct Over {
    /// The last day that was under it.
    last: String,
    /// What took its place, where that was it.
    by: Option<RecordFacts>,
}

impl OnFile {
    /// Whether it says something about what was made on a day: it holds still, or did then.
    fn covers(&self, day: &str) -> bool {
        self.over
            .as_ref()
            .is_none_or(|over| day <= over.last.as_str())
    }
}

impl Vault {
    /// The order that names somebody, where a record is a court's.
    pub(crate) fn named_by_court(
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
        let orders = self.orders_of(facts)?;
        let day = facts.day();
        if !restricted && !orders.iter().any(|order| order.covers(&day)) {
            return Ok(None);
        }
        // An author's own list stands in for an order that was never on file; it adds nobody to one that is or was.
        if orders.is_empty() && self.names(facts, to)? {
            return Ok(None);
        }
        for order in orders.iter().filter(|order| order.over.is_none()) {
            if self.names(&order.facts, to)? {
                return Ok((order.facts.id != facts.id).then_some(order.facts.id));
            }
        }
        let denial = Denial {
            rules: vec![RuleId::NOT_NAMED_BY_COURT],
            says: self.not_named(request, &orders),
            hidden: false,
        };
        Err(Stop::Denied(denial, Some(facts.id)))
    }

    /// Whether a form names somebody whom a court lets have reports.
    fn names(&self, facts: &RecordFacts, to: &str) -> Result<bool, Broken> {
        let Some(typed) = orders::spelt(to).filter(|_| !facts.order_recipients.is_empty()) else {
            return Ok(false);
        };
        let (history, _) = self.history(facts.id)?.ok_or(Broken::NoUnit)?;
        let key = history.key().map(RecordKey::from_bytes);
        let mark = key.ok_or(Broken::Row(Tree::History))?.mark(&typed);
        Ok(facts.order_recipients.contains(&mark))
    }

    /// The orders of a record's case that name who may have reports, oldest first.
    fn orders_of(&self, facts: &RecordFacts) -> Result<Vec<OnFile>, Broken> {
        let Some(case) = facts.case else {
            return Ok(Vec::new());
        };
        let mut all = self.records(self.record_ids())?;
        all.retain(|other| other.case == Some(case) && self.is_order(other));
        all.sort_by_key(|order| (order.filed_at, order.id));
        let today = day_of(self.now()).ok_or(Broken::Stopped)?.to_string();
        let naming = all
            .iter()
            .filter(|order| !order.order_recipients.is_empty());
        let found = naming.map(|order| OnFile {
            over: over(order, &all, &today),
            facts: order.clone(),
        });
        Ok(found.collect())
    }

    fn is_order(&self, facts: &RecordFacts) -> bool {
        facts.state != RecordState::Disposed && self.rules.of(&facts.kind).is_order
    }

    /// Why somebody whom no order names does not get it, and where those stand who would. An order that is hidden from
    /// the asker binds them too, and tells them nothing, nor does one whose place such an order took.
    fn not_named(&self, request: &Request, orders: &[OnFile]) -> String {
        let seen =
            |facts: &RecordFacts| self.permit_record(request, Act::ListRecords, facts).is_ok();
        let mut holding = Vec::new();
        let mut over = Vec::new();
        for OnFile { facts, over: why } in orders.iter().filter(|order| seen(&order.facts)) {
            let id = facts.id;
            match why {
                None => holding.push(id.to_string()),
                Some(Over { by: Some(by), .. }) if seen(by) => {
                    over.push(format!(". {id} holds no more: {} took its place", by.id));
                }
                Some(Over { by: None, last }) => {
                    let last = dates::date(last).map_or_else(|_| last.clone(), dates::people_date);
                    over.push(format!(". {id} holds no more: it ended on {last}"));
                }
                Some(_) => {}
            }
        }
        let whose = if holding.is_empty() && !over.is_empty() {
            "and no order that you may see lets anybody have it today".to_owned()
        } else {
            let read = match holding.as_slice() {
                [] => String::new(),
                ids => format!(" (read {})", ids.join(", ")),
            };
            format!("and goes to those alone whom its order names{read}, written as they are there")
        };
        format!(
            "this is the court's property, {whose}{}. If the court has agreed to somebody else, file its consent as \
             a court order that names them",
            over.concat()
        )
    }

    /// Checks what is said of how long an order holds. What it replaces is an order of the same case that the filer
    /// may see, or was replaced by this one before; whatever else is named is unknown, whether or not it is there.
    pub(crate) fn check_order(
        &self,
        request: &Request,
        facts: &RecordFacts,
        before: Option<&OrderFacts>,
    ) -> Result<(), Stop> {
        let Some(order) = &facts.order else {
            return Ok(());
        };
        let until = order.until.as_ref();
        let dated = until.is_none_or(|day| dates::date(day).is_ok());
        if !self.rules.of(&facts.kind).is_order || !dated || order.replaces.len() > MANY {
            return Err(refused(
                "how long an order holds is said of an order, by a day or by at most 100 others it replaces",
            ));
        }
        let known = |id: &RecordId| before.is_some_and(|before| before.replaces.contains(id));
        for id in order.replaces.iter().filter(|id| !known(id)) {
            let found = self.record(*id)?.filter(|other| {
                other.id != facts.id && other.case == facts.case && self.is_order(other)
            });
            let seen = found.map(|facts| self.permit_record(request, Act::ListRecords, &facts));
            match seen {
                Some(Ok(_)) => {}
                Some(Err(Stop::Broken(broken))) => return Err(Stop::Broken(broken)),
                None | Some(Err(_)) => return Err(no_such_order()),
            }
        }
        Ok(())
    }
}

/// Whether an order is over: past its last day, or replaced by another of all that are on file in its case.
fn over(order: &RecordFacts, all: &[RecordFacts], today: &str) -> Option<Over> {
    let until = order.order.as_ref().and_then(|said| said.until.clone());
    let ended = until.filter(|last| last.as_str() < today);
    let ended = ended.map(|last| Over { last, by: None });
    let replacing = all.iter().filter(|other| {
        let said = other.order.as_ref();
        said.is_some_and(|said| other.id != order.id && said.replaces.contains(&order.id))
    });
    let replaced = replacing.map(|by| Over {
        last: by.day(),
        by: Some(by.clone()),
    });
    let mut why: Vec<Over> = replaced.chain(ended).collect();
    why.sort_by(|one, other| one.last.cmp(&other.last));
    why.into_iter().next()
}

/// An order that is named and is none of the case's, or none the filer may see.
fn no_such_order() -> Stop {
    let says = "it says that it takes the place of an order, and no such order is on file in its case, or it is not \
                yours to see; name the order's whole id, as `record show` has it";
    Stop::Refused("no-such-order", says.to_owned())
}
