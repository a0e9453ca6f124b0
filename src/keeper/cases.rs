//! Acts on cases.

use std::collections::BTreeSet;

use crate::ids::CaseId;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::CaseState;
use crate::keeper::facts::Other;
use crate::keeper::facts::Purpose;
use crate::keeper::gate::Logged;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedCase;
use crate::keeper::message::load::NewCase;
use crate::keeper::message::load::SealedCard;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::keeper::waiting::is_told;
use crate::store::Tree;
use crate::store::UnitKind;

impl Vault {
    /// A case's facts.
    pub(crate) fn case(&self, case: CaseId) -> Result<Option<CaseFacts>, Broken> {
        self.read(&units::case(case), Tree::Case, &[])
    }

    fn put_case(&mut self, facts: &CaseFacts) -> Result<(), Broken> {
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
        if self.has_unit(&units::case(case)) {
            return Err(Stop::Refused(
                "case-exists",
                "the case exists already".to_owned(),
            ));
        }
        let by = request.asker.id.to_string();
        let expected = self.roll()?.as_roll().case(&BTreeSet::new());
        let maker = (by.as_str(), &request.asker.verifying);
        let made = &new.compartment;
        let body = self.check_compartment(made, maker, Purpose::Case { case }, &expected)?;
        let facts = CaseFacts {
            id: case,
            service: new.service,
            state: CaseState::Open,
            team: BTreeSet::new(),
            compartments: vec![made.id],
            opened_at: self.now(),
            closed_at: None,
            card: 1,
            other: Other::new(),
        };
        self.put_compartment(made, body, None)?;
        self.make_unit(units::case(case));
        self.put_case(&facts)?;
        self.put_case_card(&facts, &new.card)?;
        let pledge = self.log(permit, request.entry(Act::OpenCase))?;
        Ok(Step::done(pledge))
    }

    fn put_case_card(&mut self, facts: &CaseFacts, card: &SealedCard) -> Result<(), Broken> {
        let (unit, epoch) = self.case_card_units(facts)?.ok_or(Broken::NoUnit)?;
        let number = facts.card.to_be_bytes();
        self.write(
            &unit,
            Tree::Part,
            &number,
            &crate::bytes::base64url(&card.payload),
        )?;
        let key = self.header_key(&unit, &epoch).ok_or(Broken::NoUnit)?;
        self.write_under(&key, Tree::Header, &number, &card.header)
    }

    fn case_card_units(
        &self,
        facts: &CaseFacts,
    ) -> Result<Option<(crate::store::UnitName, crate::store::UnitName)>, Broken> {
        let Some(compartment) = facts.compartments.first() else {
            return Ok(None);
        };
        let Some(current) = self.compartment(*compartment)? else {
            return Ok(None);
        };
        Ok(Some((
            units::case(facts.id),
            units::epoch(*compartment, current.epoch),
        )))
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
        let pledge = self.log(permit, request.entry(Act::ListCases))?;
        Ok(Step::serving(pledge, move |vault, logged| {
            let served: Result<_, _> = cases
                .into_iter()
                .map(|facts| vault.serve_case(logged, facts, (user, told)))
                .collect();
            served.map(Served::Cases)
        }))
    }

    /// One case.
    pub(crate) fn show_case(&mut self, request: &Request, case: CaseId) -> Result<Step, Stop> {
        let facts = self.case(case)?.ok_or(Stop::Unknown)?;
        let permit = self.permit(request, Act::ShowCase, Resource::Case(&facts))?;
        let (user, told) = (request.asker.id, is_told(&request.asker));
        let pledge = self.log(permit, request.entry(Act::ShowCase))?;
        Ok(Step::serving(pledge, move |vault, logged| {
            let served = vault.serve_case(logged, facts, (user, told))?;
            Ok(Served::Cases(vec![served]))
        }))
    }

    fn serve_case(
        &self,
        logged: &Logged,
        facts: CaseFacts,
        (user, told): (UserId, bool),
    ) -> Result<ServedCase, Broken> {
        let mut served = ServedCase {
            facts,
            rekey_pending: None,
            card: None,
            chain: Vec::new(),
        };
        let Some(compartment) = served.facts.compartments.first() else {
            return Ok(served);
        };
        let current = self.compartment(*compartment)?.filter(|_| told);
        served.rekey_pending = current.and_then(|facts| facts.rekey_pending);
        let Some(way) = self.way(user, *compartment)? else {
            return Ok(served);
        };
        let Some((unit, epoch)) = self.case_card_units(&served.facts)? else {
            return Ok(served);
        };
        let number = served.facts.card.to_be_bytes();
        let payload: Option<String> = self.read(&unit, Tree::Part, &number)?;
        let key = self.header_key(&unit, &epoch).ok_or(Broken::NoUnit)?;
        let header = self.read_under(&key, Tree::Header, &number)?;
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
    ) -> Result<Step, Stop> {
        let mut facts = self.case(case)?.ok_or(Stop::Unknown)?;
        let permit = self.permit(request, act, Resource::Case(&facts))?;
        let account = self.people.account(user).ok_or(Stop::Unknown)?;
        let handle = account.handle.clone();
        let add = act == Act::AddToTeam;
        if add && !account.may_work() {
            let says = format!("`{handle}` is {}; resume the account first", account.state);
            return Err(Stop::Refused("bad-state", says));
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
        self.put_case(&facts)?;
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
