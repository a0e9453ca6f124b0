//! Acts on cases.

use std::collections::BTreeSet;

use crate::ids::CaseId;
use crate::ids::CompartmentId;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::compartments::Way;
use crate::keeper::conflicts::stands_apart;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::CaseState;
use crate::keeper::facts::Other;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::Role;
use crate::keeper::gate::Logged;
use crate::keeper::intake::send_again;
use crate::keeper::leaving::cannot_join;
use crate::keeper::members::CaseTeam;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedCase;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::message::load::MembersStatement;
use crate::keeper::message::load::NewCase;
use crate::keeper::message::load::SealedAgain;
use crate::keeper::message::load::SealedCard;
use crate::keeper::on_file::show::shown;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::keeper::waiting::is_told;
use crate::sealing::StatementKind;
use crate::store::Tree;
use crate::store::UnitKind;

impl Vault {
    /// The case a record belongs to.
    pub(crate) fn case_of(&self, record: &RecordFacts) -> Result<Option<CaseFacts>, Broken> {
        let case = record.case.map(|case| self.case(case));
        Ok(case.transpose()?.flatten())
    }

    /// A case's facts.
    pub(crate) fn case(&self, case: CaseId) -> Result<Option<CaseFacts>, Broken> {
        self.read(&units::case(case), Tree::Case, &[])
    }

    pub(crate) fn put_case(&mut self, facts: &CaseFacts) -> Result<(), Broken> {
        self.write(&units::case(facts.id), Tree::Case, &[], facts)
    }

    /// Opens a case: its compartment, its card, its facts.
    pub(crate) fn open_case(
        &mut self,
        request: &Request,
        case: CaseId,
        new: &NewCase,
    ) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::OpenCase, Resource::Vault)?;
        let by = request.asker.id.to_string();
        let expected = self.roll()?.as_roll().case(&CaseTeam::default());
        let maker = (by.as_str(), &request.asker.verifying);
        let made = &new.compartment;
        let body = self.check_compartment(made, maker, Purpose::Case { case }, &expected)?;
        let facts = CaseFacts {
            id: case,
            service: new.service,
            state: CaseState::Open,
            team: BTreeSet::new(),
            conflicts: BTreeSet::new(),
            conflict_words: 0,
            compartments: vec![made.id],
            opened_at: self.now(),
            closed_at: None,
            card: 1,
            other: Other::new(),
        };
        if self.has_unit(&units::case(case)) {
            return Err(send_again());
        }
        self.put_compartment(made, body, None)?;
        self.make_unit(units::case(case));
        self.put_case(&facts)?;
        self.put_case_card(&facts, &new.card)?;
        let pledge = self.log(permit, request.entry(Act::OpenCase))?;
        Ok(Step::done(pledge))
    }

    fn put_case_card(&mut self, facts: &CaseFacts, card: &SealedCard) -> Result<(), Broken> {
        let unit = units::case(facts.id);
        let payload = crate::bytes::base64url(&card.payload);
        self.write(&unit, Tree::Part, &facts.card.to_be_bytes(), &payload)?;
        let compartment = facts.compartments.first().ok_or(Broken::NoUnit)?;
        let epoch = self.compartment(*compartment)?.ok_or(Broken::NoUnit)?.epoch;
        let sealed = SealedAgain {
            of: card_of(facts),
            header: card.header.clone(),
        };
        self.put_first_header(&sealed, (*compartment, epoch))
    }

    /// The way to a case's card: through the case's own compartment, or a grant of the whole case.
    pub(crate) fn way_to_case(
        &self,
        user: UserId,
        facts: &CaseFacts,
    ) -> Result<Option<(CompartmentId, Way)>, Broken> {
        let own = facts.compartments.first().copied();
        for compartment in own.into_iter().chain(self.grants_of_case(facts)) {
            if let Some(way) = self.way(user, compartment)? {
                return Ok(Some((compartment, way)));
            }
        }
        Ok(None)
    }

    /// The cases the asker may see, each with its sealed card.
    pub(crate) fn list_cases(&mut self, request: &Request) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::ListCases, Resource::Vault)?;
        let mut cases = Vec::new();
        for case in self.case_ids() {
            let Some(facts) = self.case(case)? else {
                continue;
            };
            if self
                .permit(request, Act::ShowCase, Resource::Case(&facts))
                .is_ok()
            {
                cases.push(facts);
            }
        }
        cases.sort_by_key(|case| (case.opened_at, case.id));
        let (user, told) = (request.asker.id, is_told(&request.asker));
        let mut ways = Vec::new();
        for facts in cases {
            ways.push((self.way_to_case(user, &facts)?, facts));
        }
        let through = through(&ways);
        let pledge =
            self.log_listing(permit, request.entry(Act::ListCases), through.into_iter())?;
        Ok(Step::serving(pledge, move |vault, logged| {
            let served: Result<_, _> = ways
                .into_iter()
                .map(|(way, facts)| vault.serve_case(logged, facts, (way, told)))
                .collect();
            served.map(Served::Cases)
        }))
    }

    /// One case.
    pub(crate) fn show_case(&mut self, request: &Request, case: CaseId) -> Result<Step, Stop> {
        let facts = self.case(case)?.ok_or(Stop::Unknown)?;
        let permit = self.permit(request, Act::ShowCase, Resource::Case(&facts))?;
        let told = is_told(&request.asker);
        let way = self.way_to_case(request.asker.id, &facts)?;
        let unreported = self.unreported_in(request, &facts)?;
        let showings = match &way {
            Some((id, way)) => self.showings_of_case(request, (case, *id, way), |facts| {
                vec![facts.newest_card(), facts.newest_part(case)]
            })?,
            None => Vec::new(),
        };
        let outside = request.asker.is(Role::Assessor);
        let ways = [(way, facts)];
        let through = through(&ways);
        let entry = request.entry(Act::ShowCase).showing(shown(&showings));
        let pledge = self.log_listing(permit, entry, through.into_iter())?;
        Ok(Step::serving(pledge, move |vault, logged| {
            let [(way, facts)] = ways;
            let conflicts = if outside {
                Vec::new()
            } else {
                vault.serve_conflicts(logged, &facts, way.as_ref().map(|(id, _)| *id))?
            };
            let served = vault.serve_case(logged, facts, (way, told))?;
            let people = vault.serve_people(logged, showings)?;
            Ok(Served::Cases(vec![ServedCase {
                unreported,
                people,
                conflicts,
                ..served
            }]))
        }))
    }

    fn serve_case(
        &self,
        logged: &Logged,
        facts: CaseFacts,
        (way, told): (Option<(CompartmentId, Way)>, bool),
    ) -> Result<ServedCase, Broken> {
        let mut served = ServedCase {
            facts,
            rekey_pending: None,
            unreported: Vec::new(),
            card: None,
            chain: Vec::new(),
            people: Vec::new(),
            conflicts: Vec::new(),
        };
        let Some((compartment, way)) = way else {
            return Ok(served);
        };
        let current = self.compartment(compartment)?.ok_or(Broken::NoUnit)?;
        served.rekey_pending = current.rekey_pending.filter(|_| told);
        let of = card_of(&served.facts);
        let unit = units::case(served.facts.id);
        let payload: Option<String> =
            self.read(&unit, Tree::Part, &served.facts.card.to_be_bytes())?;
        let place = self.header_place(&of, (compartment, current.epoch));
        let (key, tree, natural) = place.ok_or(Broken::NoUnit)?;
        let header = self.read_under(&key, tree, &natural)?;
        served.chain = self.chain(logged, &way)?;
        served.card = match (
            header,
            payload.and_then(|text| crate::bytes::unbase64url(&text)),
        ) {
            (Some(header), Some(payload)) => Some(SealedCard {
                header: header.to_vec(),
                payload,
            }),
            _ => None,
        };
        Ok(served)
    }

    /// Closes or reopens a case.
    pub(crate) fn change_case(
        &mut self,
        request: &Request,
        act: Act,
        case: CaseId,
    ) -> Result<Step, Stop> {
        let facts = self.case(case)?.ok_or(Stop::Unknown)?;
        let permit = self.permit(request, act, Resource::Case(&facts))?;
        let close = act == Act::CloseCase;
        let (state, closed_at) = match facts.state {
            CaseState::Open if close => (CaseState::Closed, Some(self.now())),
            CaseState::Closed if !close => (CaseState::Open, None),
            state => {
                return Err(Stop::Refused(
                    "bad-state",
                    format!("the case is {state} already; nothing to do"),
                ));
            }
        };
        self.put_case(&CaseFacts {
            state,
            closed_at,
            ..facts
        })?;
        let pledge = self.log(permit, request.entry(act))?;
        Ok(Step::done(pledge))
    }

    /// Puts someone on a case's team, or takes them off: their envelope is destroyed in the same frame, and
    /// the compartment waits for a new key.
    pub(crate) fn change_team(
        &mut self,
        request: &Request,
        act: Act,
        (case, user): (CaseId, UserId),
        statement: &[u8],
    ) -> Result<Step, Stop> {
        let mut facts = self.case(case)?.ok_or(Stop::Unknown)?;
        let permit = self.permit(request, act, Resource::Case(&facts))?;
        let account = self.people.account(user).ok_or(Stop::Unknown)?;
        let handle = account.handle.clone();
        let add = act == Act::AddToTeam;
        if add && !account.may_work() {
            return Err(Stop::Refused("bad-state", cannot_join(account)));
        }
        if add && facts.conflicts.contains(&user) {
            return Err(stands_apart(&handle));
        }
        let changed = if add {
            facts.team.insert(user)
        } else {
            facts.team.remove(&user)
        };
        if !changed {
            let is = if add {
                "is on the team already"
            } else {
                "is not on the team"
            };
            return Err(Stop::Refused(
                "bad-state",
                format!("`{handle}` {is}; nothing to do"),
            ));
        }
        let said: MembersStatement = self.said(request, StatementKind::Members, statement)?;
        let number = self.team_number(case)?.saturating_add(1);
        let team = facts.team.clone();
        if said != (MembersStatement::Case { case, number, team }) {
            return Err(Stop::Stale);
        }
        if !add {
            self.check_team_reads(&facts)?;
        }
        self.put_case(&facts)?;
        self.put_team_statement(case, statement)?;
        self.settle_everything();
        let pledge = self.log(permit, request.entry(act))?;
        Ok(Step::done(pledge).telling_errands(request.asker.id))
    }

    /// Every case.
    pub(crate) fn case_ids(&self) -> Vec<CaseId> {
        self.keys
            .of_kind(UnitKind::Case)
            .filter_map(|(unit, _)| <[u8; 16]>::try_from(unit.natural()).ok())
            .map(CaseId::from_bytes)
            .collect()
    }
}

/// Where a case's card is sealed.
fn card_of(facts: &CaseFacts) -> HeaderOf {
    HeaderOf::CaseCard {
        case: facts.id,
        number: facts.card,
    }
}

/// The compartments through which cases are opened.
fn through(ways: &[(Option<(CompartmentId, Way)>, CaseFacts)]) -> Vec<CompartmentId> {
    let ways = ways.iter().filter_map(|(way, _)| way.as_ref());
    ways.map(|(compartment, _)| *compartment).collect()
}
