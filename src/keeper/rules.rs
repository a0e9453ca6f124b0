//! What the keeper needs of the kinds: who may read and file, where records are sealed, which cases
//! take them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::RecordState;
use crate::keeper::policy::kind::KindRules;
use crate::records::Kind;
use crate::records::Kinds;
use crate::records::clocks::ClockRule;
use crate::records::dates;
use crate::records::kind::Leaves;
use crate::records::words::CaseRule;
use crate::records::words::Mark;
use crate::records::words::Place;
use crate::records::words::Reader;
use crate::records::words::Service;

/// Working days for a check or a report, where the kind says no other.
const WITHIN: u16 = 5;

/// One kind, as the keeper uses it.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a line of a kind's file, read by people as yes or no"
)]
pub struct Rule {
    /// What policy needs.
    pub people: KindRules,
    /// The definition's version.
    pub version: u32,
    /// Whether its records have a compartment of their own even inside a case.
    pub own: bool,
    /// A showing needs a purpose.
    pub purpose_required: bool,
    /// May leave as an export.
    pub exportable: bool,
    /// Granting or releasing needs a second person.
    pub second_approver: bool,
    /// Everyone it is shown to is listed in its history.
    pub revealed_to: bool,
    /// It is hidden from the managers of whoever it is about.
    pub hides_from_manager: bool,
    /// An outsider's grant opens its card alone.
    pub card_only: bool,
    /// Somebody else than its author looks it over before it leaves the centre.
    pub checked: bool,
    /// Within how many working days of filing.
    pub checked_within: u16,
    /// It tells of a session, and records of this kind report one.
    pub wants_report: Option<String>,
    /// It reports a session: the services whose sessions want one.
    pub wanted_on: Vec<Service>,
    /// Within how many working days of the session.
    pub wanted_within: u16,
    /// What has to be done by when.
    pub clocks: Vec<ClockRule>,
    /// Its form says whom a court lets have it.
    pub under_orders: bool,
    /// It is a court's order itself: whom it names may have what is under orders in its case.
    pub is_order: bool,
    leaves: Vec<Leaves>,
    title: String,
    case: CaseRule,
    services: Vec<Service>,
}

/// All kinds.
#[derive(Debug)]
pub struct Rules {
    by_name: BTreeMap<String, Rule>,
    nobody: Rule,
}

impl Rules {
    /// The rules of these kinds.
    pub fn from_kinds(kinds: &Kinds) -> Self {
        let by_name = kinds
            .iter()
            .map(|kind| (kind.name.clone(), Rule::of(kind)))
            .collect();
        Self {
            by_name,
            nobody: Rule::nobody(),
        }
    }

    /// Changes what a kind says, for tests of what no kind of the program says yet.
    #[cfg(test)]
    pub(crate) fn change(&mut self, kind: &str, change: impl FnOnce(&mut Rule)) {
        self.by_name.get_mut(kind).map(change);
    }

    /// Every kind.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Rule> {
        self.by_name.values()
    }

    /// The rules of a kind; one that is unknown here is read and filed by nobody, and hidden.
    pub fn of(&self, kind: &str) -> &Rule {
        self.by_name.get(kind).unwrap_or(&self.nobody)
    }

    /// The rules of this version of a kind, if it is the current one.
    pub fn known(&self, kind: &str, version: u32) -> Option<&Rule> {
        self.by_name
            .get(kind)
            .filter(|rule| rule.version == version)
    }
}

impl Rule {
    fn of(kind: &Kind) -> Self {
        let own = kind.place == Place::Own;
        Self {
            people: KindRules {
                name: kind.name.clone(),
                readers: kind.readers.iter().copied().collect(),
                writers: kind.writers.iter().copied().collect(),
                hidden: own,
                // What only named people may decide on or look into is nobody else's, in an emergency either
                // (domain facts: section 124 of the Police Act 1997; whom a whistleblower names).
                break_glass: !kind.readers.contains(&Reader::Deciders)
                    && kind.readers != [Reader::Handler],
            },
            version: kind.version,
            own,
            purpose_required: kind.purpose_required,
            exportable: kind.exportable,
            second_approver: kind.second_approver,
            revealed_to: kind.revealed_to,
            hides_from_manager: kind.hides_from_manager,
            card_only: !kind.revealed.is_empty(),
            checked: kind.checked_by.is_some(),
            checked_within: kind.checked_within.unwrap_or(WITHIN),
            wants_report: kind.wants_report.clone(),
            wanted_on: kind.wanted_on.clone(),
            wanted_within: kind.wanted_within.unwrap_or(WITHIN),
            clocks: kind.clocks.clone(),
            under_orders: kind.people.order_recipients.is_some(),
            is_order: kind.people.order_recipients.is_some()
                && kind.sensitivity.contains(&Mark::CourtRestricted),
            leaves: kind.leaves.clone(),
            title: kind.title.clone(),
            case: kind.case,
            services: kind.services.clone(),
        }
    }

    fn nobody() -> Self {
        let people = KindRules {
            name: String::new(),
            readers: BTreeSet::new(),
            writers: BTreeSet::new(),
            hidden: true,
            break_glass: false,
        };
        Self {
            people,
            version: 0,
            own: true,
            purpose_required: true,
            exportable: false,
            second_approver: true,
            revealed_to: false,
            hides_from_manager: true,
            card_only: false,
            checked: true,
            checked_within: WITHIN,
            wants_report: None,
            wanted_on: Vec::new(),
            wanted_within: WITHIN,
            clocks: Vec::new(),
            under_orders: true,
            is_order: false,
            leaves: Vec::new(),
            title: String::new(),
            case: CaseRule::None,
            services: Vec::new(),
        }
    }

    /// Whether a record may leave the centre: whoever gives it to somebody outside asks this first.
    ///
    /// # Errors
    /// The sentence that says why not and what to do.
    pub fn may_leave(&self, facts: &RecordFacts) -> Result<(), String> {
        match facts.state {
            _ if !self.checked => Ok(()),
            RecordState::Checked => Ok(()),
            RecordState::Returned => Err(format!(
                "the {} was returned to its author and is not corrected yet: it may not leave the centre",
                self.title.to_lowercase()
            )),
            _ => Err(format!(
                "nobody but its author has looked the {} over: have it checked first (strongroom record check)",
                self.title.to_lowercase()
            )),
        }
    }

    /// What of a record may be given to somebody outside, by the service of its case: the fields; none named: all.
    ///
    /// # Errors
    /// The sentence that says why nothing of it may.
    pub(crate) fn given_of(&self, case: &CaseFacts) -> Result<Vec<String>, String> {
        if !self.serves(case) {
            return Err(format!(
                "{} contact has no {} to give: it was filed here by way of exception, and stays",
                case.service,
                self.called()
            ));
        }
        let mut all = self.leaves.iter();
        let of = all.find(|leaves| leaves.services.contains(&case.service));
        Ok(of.map(|leaves| leaves.fields.clone()).unwrap_or_default())
    }

    /// Whether these are clocks of this kind, each with a day.
    pub(crate) fn has_clocks(&self, running: &BTreeMap<String, String>) -> bool {
        running.iter().all(|(name, from)| {
            self.clocks.iter().any(|clock| &clock.name == name) && dates::date(from).is_ok()
        })
    }

    /// Whether cases of this one's service take records of this kind.
    pub(crate) fn serves(&self, case: &CaseFacts) -> bool {
        self.services.is_empty() || self.services.contains(&case.service)
    }

    /// What people call a record of this kind.
    pub(crate) fn called(&self) -> String {
        self.title.to_lowercase()
    }

    /// Whether a record of this kind belongs where it is being filed.
    ///
    /// # Errors
    /// The sentence that says why not and what to do.
    pub fn case_takes(&self, case: Option<&CaseFacts>) -> Result<(), String> {
        match (self.case, case) {
            (CaseRule::Required, None) => Err(format!(
                "a {} belongs to a case; name it with --case",
                self.title.to_lowercase()
            )),
            (CaseRule::None, Some(_)) => Err(format!(
                "a {} belongs to no case; leave --case out",
                self.title.to_lowercase()
            )),
            (_, Some(case)) if !self.serves(case) => Err(format!(
                "a {} cannot be filed on a {} case; it is for {} cases. Where something else was agreed, \
                     --override --reason asks a second person",
                self.title.to_lowercase(),
                case.service,
                list(&self.services)
            )),
            _ => Ok(()),
        }
    }
}

fn list(services: &[Service]) -> String {
    let words: Vec<&str> = services.iter().map(|service| service.word()).collect();
    words.join(", ")
}
