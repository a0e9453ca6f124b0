//! What is checked before anything of a filing is written: the kind and its case, who is named, the record's
//! own compartment, and that every part has its payload and exactly the headers it should have.

use crate::bytes::unbase64url;
use crate::ids::CompartmentId;
use crate::keeper::acts::Act;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::Other;
use crate::keeper::facts::Place;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::RecordState;
use crate::keeper::members::RollData;
use crate::keeper::members::anybody;
use crate::keeper::message::load::EpochStatement;
use crate::keeper::message::load::FiledFacts;
use crate::keeper::message::load::NewVersion;
use crate::keeper::message::open_to::OpenTo;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use std::collections::BTreeSet;

/// The code of a filing that is to be sent again under a new id.
pub(crate) const SEND_AGAIN: &str = "send-again";
/// The code of a filing that the case's service does not take.
pub(crate) const NOT_FOR_CASE: &str = "kind-not-for-case";
/// Card, body and attachments of one version at most.
const MAX_PARTS: usize = 1000;

impl Vault {
    pub(crate) fn check_filing(
        &self,
        request: &Request,
        act: Act,
        load: &NewVersion,
    ) -> Result<
        (
            crate::keeper::policy::decide::Permit,
            RecordFacts,
            Option<EpochStatement>,
        ),
        Stop,
    > {
        let filed = &load.facts;
        let rules = self
            .rules
            .known(&filed.kind, filed.kind_version)
            .ok_or_else(|| {
                refused("this vault does not know the kind, or knows another version of it")
            })?;
        let case = match filed.case {
            Some(case) => Some(self.case(case)?.ok_or(Stop::Unknown)?),
            None => None,
        };
        let on = Resource::Kind {
            rules: &rules.people,
            case: case.as_ref(),
        };
        let permit = self.permit(request, act, on).map_err(about_state)?;
        let agreed = case.as_ref().is_some_and(|case| {
            act == Act::AddRecord && self.override_for(request, case, &filed.kind).is_some()
        });
        if !agreed {
            rules
                .case_takes(case.as_ref())
                .map_err(|says| Stop::Refused(NOT_FOR_CASE, says))?;
        }
        let known = load
            .k_record
            .as_deref()
            .and_then(unbase64url)
            .is_some_and(|key| key.len() == 32);
        if !known || load.version.number != 1 {
            return Err(refused(
                "a new record begins with version 1 and an audit key of its own; nothing was filed",
            ));
        }
        self.check_users(filed)?;
        self.check_not_apart(filed.case, filed.deciders.iter().chain(&filed.handler))?;
        if !rules.has_clocks(&filed.clocks) {
            return Err(refused(
                "the record names a clock its kind does not have, or no day for it",
            ));
        }
        self.check_subjects(request, &filed.subjects, case.as_ref())?;
        let facts = self.facts_of(request, load, case.as_ref());
        if let Some(handler) = facts.handler.filter(|user| facts.excluded.contains(user)) {
            let says = format!(
                "`{}` cannot handle this record: it is about them or somebody in their line. Name somebody else who \
                 had no part in it",
                self.handle_of(handler)
            );
            return Err(Stop::Refused("not-impartial", says));
        }
        self.check_order(request, &facts, None)?;
        let own = self.check_own(request, load, &facts, case.as_ref())?;
        self.check_parts(load, &facts, act)?;
        // Last, so that whoever tries an id has to file something whole, in their own name, to learn anything.
        if self.has_unit(&units::record(load.record)) {
            return Err(send_again());
        }
        Ok((permit, facts, own))
    }

    fn check_users(&self, filed: &FiledFacts) -> Result<(), Stop> {
        let mut named = filed
            .about
            .iter()
            .chain(&filed.deciders)
            .chain(&filed.handler);
        if named.all(|user| self.people.account(*user).is_some()) {
            Ok(())
        } else {
            Err(refused("someone the record names has no account here"))
        }
    }

    /// The facts the keeper will keep: who filed what when, and for whom it does not exist.
    fn facts_of(
        &self,
        request: &Request,
        load: &NewVersion,
        case: Option<&CaseFacts>,
    ) -> RecordFacts {
        let filed = &load.facts;
        let rules = self.rules.of(&filed.kind);
        let roll = RollData {
            accounts: self.people.all(),
            ..RollData::default()
        };
        let excluded = roll.excluded(&filed.about, rules.hides_from_manager);
        let compartments = match (&load.own, case) {
            (Some(own), _) => vec![own.id],
            (None, Some(case)) => case.compartments.clone(),
            (None, None) => Vec::new(),
        };
        RecordFacts {
            id: load.record,
            case: filed.case,
            kind: filed.kind.clone(),
            kind_version: filed.kind_version,
            class: filed.class.clone(),
            labels: filed.labels.iter().cloned().collect(),
            author: request.asker.id,
            filed_at: self.now(),
            event_date: filed.event_date.clone(),
            subjects: filed.subjects.clone(),
            excluded,
            only_roles: None,
            deciders: filed.deciders.iter().copied().collect(),
            handler: filed.handler,
            purpose_required: rules.purpose_required,
            second_approver: rules.second_approver,
            exportable: rules.exportable,
            order_recipients: filed.order_recipients.clone(),
            order: filed.order.clone(),
            triggers: filed.triggers.clone(),
            clocks: filed.clocks.clone(),
            compartments,
            state: RecordState::Filed,
            checked: None,
            holds: BTreeSet::new(),
            migrated_from: None,
            versions: 1,
            superseded: Vec::new(),
            other: Other::new(),
        }
    }

    /// A record about someone, of a restricted kind or without a case has a compartment of its own,
    /// from its first moment; any other must not.
    fn check_own(
        &self,
        request: &Request,
        load: &NewVersion,
        facts: &RecordFacts,
        case: Option<&CaseFacts>,
    ) -> Result<Option<EpochStatement>, Stop> {
        let rules = self.rules.of(&facts.kind);
        let wants_own = rules.own || case.is_none() || !facts.excluded.is_empty();
        let Some(made) = &load.own else {
            return if wants_own {
                Err(Stop::Stale)
            } else {
                Ok(None)
            };
        };
        if !wants_own {
            return Err(Stop::Stale);
        }
        let expected = self.ought_to_read(facts, &self.roll()?)?;
        if !anybody(&expected) {
            return Err(refused(
                "nobody here could ever read this record; name its decider or handler, or enrol someone who may",
            ));
        }
        let by = request.asker.id.to_string();
        let purpose = Purpose::Own { record: facts.id };
        let maker = (by.as_str(), &request.asker.verifying);
        let body = self.check_compartment(made, maker, purpose, &expected)?;
        let said = load.open_to.as_deref().unwrap_or_default();
        self.check_open_to(&request.asker, (said, &body), OpenTo::of(facts, 1))?;
        Ok(Some(body))
    }

    /// Every part has its payload, and one header for each live compartment at its current epoch.
    pub(crate) fn check_parts(
        &self,
        load: &NewVersion,
        facts: &RecordFacts,
        act: Act,
    ) -> Result<(), Stop> {
        let version = &load.version;
        let first = act != Act::AmendRecord;
        let sorts = version.parts.iter().take(2).map(|part| part.sort.as_str());
        if version.parts.len() > MAX_PARTS || !sorts.eq(["card", "body"]) {
            return Err(refused(
                "a version needs a card, a body, and at most 998 attachments",
            ));
        }
        for (at, part) in version.parts.iter().enumerate() {
            if u32::try_from(at + 1) != Ok(part.number) {
                return Err(refused(
                    "a version's parts are numbered from 1 without gaps",
                ));
            }
            let row = load.rows.iter().find(|row| row.number == part.number);
            let there = match part.place {
                Place::Row => row.is_some_and(|row| {
                    crate::bytes::hex(&crate::keeper::digest(&row.payload)) == part.sha256
                }),
                Place::Object => self.has_object(&part.sha256)?,
            };
            if !there {
                return Err(refused(
                    "a part's payload is missing or is not what its digest says",
                ));
            }
        }
        let mut wanted = BTreeSet::new();
        for compartment in self.sealed_to(facts)? {
            let epoch = match (&load.own, first) {
                (Some(own), true) if own.id == compartment => 1,
                _ => self.compartment(compartment)?.ok_or(Broken::NoUnit)?.epoch,
            };
            wanted.extend(
                version
                    .parts
                    .iter()
                    .map(|part| (part.number, compartment, epoch)),
            );
        }
        let given: BTreeSet<(u32, CompartmentId, u32)> = load
            .headers
            .iter()
            .map(|h| (h.part, h.compartment, h.epoch))
            .collect();
        if given == wanted && given.len() == load.headers.len() {
            Ok(())
        } else {
            Err(Stop::Stale)
        }
    }

    /// Whether an object is durable under its digest.
    fn has_object(&self, sha256: &str) -> Result<bool, Broken> {
        let Some(name) = object_name(sha256) else {
            return Ok(false);
        };
        self.payloads.exists(&name).map_err(Broken::from)
    }
}

/// A denial that is about the state of things and not about the person: its sentence says what to do.
fn about_state(stop: Stop) -> Stop {
    match stop {
        Stop::Denied(denial, _)
            if denial
                .rules
                .first()
                .is_some_and(|rule| rule.as_str() == "case-closed") =>
        {
            Stop::Refused("case-closed", denial.says)
        }
        other => other,
    }
}

/// What a filing is answered whose id cannot be used, whoever asks and whether or not they may see what
/// has it: ids are drawn at random, so an honest desk only has to draw another.
pub(crate) fn send_again() -> Stop {
    let says = "nothing was stored; send it again under a new id";
    Stop::Refused(SEND_AGAIN, says.to_owned())
}

/// The name of an object, from its digest as facts spell it.
pub(crate) fn object_name(sha256: &str) -> Option<[u8; 32]> {
    crate::bytes::unhex(sha256)?.try_into().ok()
}

pub(crate) fn refused(says: &str) -> Stop {
    Stop::Refused("bad-filing", says.to_owned())
}
