//! Slices: the entities one question (or one list of them) is decided over. Only what the question
//! needs is in it, and all of it is checked against the schema.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;

use cedar_policy::Entities;
use cedar_policy::Entity;
use cedar_policy::EntityUid;
use cedar_policy::RestrictedExpression;
use cedar_policy::Schema;

use crate::clock::Timestamp;
use crate::ids::CaseId;
use crate::ids::GrantId;
use crate::ids::PersonId;
use crate::ids::ProposalId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::GrantFacts;
use crate::keeper::facts::GrantState;
use crate::keeper::facts::ProposalFacts;
use crate::keeper::facts::Proposed;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::Role;
use crate::keeper::policy::kind::KindRules;
use crate::keeper::policy::kind::Means;
use crate::keeper::policy::kind::Reader;
use crate::keeper::policy::names::Names;
use crate::keeper::policy::names::uid;
use crate::keeper::policy::question::Question;
use crate::keeper::policy::question::Resource;
use crate::keeper::policy::question::Ties;
use crate::keeper::policy::slice::values::key;
use crate::keeper::policy::slice::values::one;
use crate::keeper::policy::slice::values::set;
use crate::keeper::policy::slice::values::window;

mod request;
mod stand_in;
mod values;

pub(crate) use crate::keeper::policy::slice::request::request;

/// Facts that do not fit together or not into the schema. The answer is a refusal, so no more is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Misfit;

/// The name of what stands in for nothing; no id and no kind is called so.
const STAND_IN: &str = "";

/// Attributes of an entity.
type Attributes = HashMap<String, RestrictedExpression>;

/// Entities being gathered.
pub(crate) struct Slice<'a> {
    names: &'a Names,
    entities: Vec<Entity>,
    now: Timestamp,
    askers: BTreeMap<UserId, &'a AccountFacts>,
    /// When each asker's grants are served, by the key of what they cover.
    windows: BTreeMap<(UserId, String), &'a GrantFacts>,
    /// Every grant each asker was given.
    given: BTreeMap<UserId, &'a [GrantFacts]>,
    accounts: BTreeMap<UserId, &'a AccountFacts>,
    cases: BTreeMap<CaseId, &'a CaseFacts>,
    kinds: BTreeMap<&'a str, &'a KindRules>,
    records: BTreeMap<RecordId, &'a RecordFacts>,
    persons: BTreeMap<PersonId, &'a Ties>,
    grants: BTreeMap<GrantId, &'a GrantFacts>,
    proposals: BTreeMap<ProposalId, &'a ProposalFacts>,
    stand_in: bool,
}

impl<'a> Slice<'a> {
    pub(crate) fn new(names: &'a Names, now: Timestamp) -> Self {
        Self {
            names,
            now,
            windows: BTreeMap::new(),
            given: BTreeMap::new(),
            persons: BTreeMap::new(),
            grants: BTreeMap::new(),
            proposals: BTreeMap::new(),
            entities: vec![Entity::with_uid(uid(&names.vault, "vault"))],
            askers: BTreeMap::new(),
            accounts: BTreeMap::new(),
            cases: BTreeMap::new(),
            kinds: BTreeMap::new(),
            records: BTreeMap::new(),
            stand_in: false,
        }
    }

    /// Adds what `question` needs. Two questions may share entities only if the facts are the same.
    pub(crate) fn add(&mut self, question: &Question<'a>) -> Result<(), Misfit> {
        self.asker(question.asker)?;
        self.given(question)?;
        match question.resource {
            Resource::Vault => Ok(()),
            Resource::Account(account) => self.account(account),
            Resource::Case(case) => {
                self.window(question, &case.id, |grant| grant.case == Some(case.id));
                self.case(case)
            }
            Resource::Person { facts, ties } => self.person(facts.id, ties),
            Resource::Grant(grant) => self.grant(grant),
            Resource::Proposal(proposal) => self.proposal(proposal),
            Resource::Kind { rules, case } => {
                case.map_or(Ok(()), |case| self.case(case))?;
                self.kind(rules)
            }
            Resource::Record { facts, rules, case } => {
                if facts.case != case.map(|case| case.id) || facts.kind != rules.name {
                    return Err(Misfit);
                }
                case.map_or(Ok(()), |case| self.case(case))?;
                self.kind(rules)?;
                self.window(question, &facts.id, |grant| grant.covers(facts, case));
                self.record(facts)
            }
            Resource::Unknown => self.stand_in(),
        }
    }

    /// Notes the asker's grants.
    fn given(&mut self, question: &Question<'a>) -> Result<(), Misfit> {
        let given = question.grants;
        match self.given.insert(question.asker.id, given) {
            Some(known) if !std::ptr::eq(known, given) && known != given => Err(Misfit),
            _ => Ok(()),
        }
    }

    /// Whether some grant of this person is served now.
    fn granted(&self, user: UserId) -> bool {
        let mut given = self.given.get(&user).into_iter().copied().flatten();
        given.any(|grant| grant.to == user && grant.serves(self.now))
    }

    /// Notes when the asker's grants that `cover` something are served: one that is now, else one that will
    /// be, else the latest.
    fn window(
        &mut self,
        question: &Question<'a>,
        key: &impl ToString,
        cover: impl Fn(&GrantFacts) -> bool,
    ) {
        let now = self.now;
        let best = question
            .grants
            .iter()
            .filter(|grant| grant.to == question.asker.id && cover(grant))
            .filter(|grant| matches!(grant.state, GrantState::Active | GrantState::Ended))
            .max_by_key(|grant| {
                let will_be = grant.state == GrantState::Active && now < grant.from;
                (grant.serves(now), will_be, grant.until)
            });
        if let Some(best) = best {
            self.windows
                .insert((question.asker.id, key.to_string()), best);
        }
    }

    /// The gathered entities, checked.
    pub(crate) fn close(mut self, schema: &Schema) -> Result<Entities, Misfit> {
        for asker in std::mem::take(&mut self.askers).into_values() {
            self.push_asker(asker)?;
        }
        Entities::from_entities(self.entities, Some(schema)).map_err(|_| Misfit)
    }

    fn asker(&mut self, facts: &'a AccountFacts) -> Result<(), Misfit> {
        first(&mut self.askers, facts.id, facts).map(|_| ())
    }

    fn push_asker(&mut self, facts: &AccountFacts) -> Result<(), Misfit> {
        let names = self.names;
        // Nobody is outside and at the centre at once: outside wins.
        let outside = facts.is(Role::Assessor);
        let circle = if outside { "outside" } else { "centre" };
        let roles = facts
            .roles()
            .filter(|role| !outside || *role == Role::Assessor)
            .map(|role| uid(&names.role, &role));
        let parents: HashSet<EntityUid> = roles.chain([uid(&names.circle, circle)]).collect();
        let attributes = Attributes::from([
            (
                "state".to_owned(),
                one(uid(&names.account_state, facts.state.word())),
            ),
            (
                "claimed".to_owned(),
                RestrictedExpression::new_bool(facts.claimed),
            ),
            (
                "granted".to_owned(),
                RestrictedExpression::new_bool(self.granted(facts.id)),
            ),
        ]);
        let windows = self
            .windows
            .iter()
            .filter(|((user, _), _)| *user == facts.id);
        let tags: Vec<(String, RestrictedExpression)> = windows
            .map(|((_, key), grant)| Ok((key.clone(), window(grant, self.now)?)))
            .collect::<Result<_, Misfit>>()?;
        let name = uid(&names.user, &facts.id);
        let entity = Entity::new_with_tags(name, attributes, parents, tags).map_err(|_| Misfit)?;
        self.entities.push(entity);
        Ok(())
    }

    fn person(&mut self, id: PersonId, ties: &'a Ties) -> Result<(), Misfit> {
        if !first(&mut self.persons, id, ties)? {
            return Ok(());
        }
        let attributes = Attributes::from([("team".to_owned(), self.users(&ties.team))]);
        self.push(uid(&self.names.person, &id), attributes, HashSet::new())
    }

    fn grant(&mut self, facts: &'a GrantFacts) -> Result<(), Misfit> {
        if !first(&mut self.grants, facts.id, facts)? {
            return Ok(());
        }
        let names = self.names;
        let user = |id: UserId| one(uid(&names.user, &id));
        let attributes = Attributes::from([
            ("to".to_owned(), user(facts.to)),
            ("by".to_owned(), user(facts.by)),
        ]);
        self.push(uid(&names.grant, &facts.id), attributes, HashSet::new())
    }

    fn proposal(&mut self, facts: &'a ProposalFacts) -> Result<(), Misfit> {
        if !first(&mut self.proposals, facts.id, facts)? {
            return Ok(());
        }
        let names = self.names;
        let user = |id: UserId| one(uid(&names.user, &id));
        let alone = RestrictedExpression::new_bool(facts.single);
        let mut attributes = Attributes::from([
            ("by".to_owned(), user(facts.by)),
            ("alone".to_owned(), alone),
        ]);
        if let Proposed::ReissueUser { user: about } = facts.what {
            attributes.insert("about".to_owned(), user(about));
        }
        self.push(uid(&names.proposal, &facts.id), attributes, HashSet::new())
    }

    fn account(&mut self, facts: &'a AccountFacts) -> Result<(), Misfit> {
        if !first(&mut self.accounts, facts.id, facts)? {
            return Ok(());
        }
        let names = self.names;
        let user = one(uid(&names.user, &facts.id));
        let attributes = Attributes::from([("user".to_owned(), user)]);
        self.push(uid(&names.account, &facts.id), attributes, HashSet::new())
    }

    fn case(&mut self, facts: &'a CaseFacts) -> Result<(), Misfit> {
        if !first(&mut self.cases, facts.id, facts)? {
            return Ok(());
        }
        let names = self.names;
        let attributes = Attributes::from([
            ("key".to_owned(), key(&facts.id)),
            (
                "state".to_owned(),
                one(uid(&names.case_state, facts.state.word())),
            ),
            ("team".to_owned(), self.users(&facts.team)),
            ("conflicts".to_owned(), self.users(&facts.conflicts)),
        ]);
        self.push(uid(&names.case, &facts.id), attributes, HashSet::new())
    }

    fn kind(&mut self, rules: &'a KindRules) -> Result<(), Misfit> {
        if !first(&mut self.kinds, rules.name.as_str(), rules)? {
            return Ok(());
        }
        let attributes = Attributes::from([
            ("reader_roles".to_owned(), self.roles(&rules.readers)),
            ("reader_ties".to_owned(), self.ties(&rules.readers)),
            ("writer_roles".to_owned(), self.roles(&rules.writers)),
            ("writer_ties".to_owned(), self.ties(&rules.writers)),
            (
                "hidden".to_owned(),
                RestrictedExpression::new_bool(rules.hidden),
            ),
            (
                "break_glass".to_owned(),
                RestrictedExpression::new_bool(rules.break_glass),
            ),
        ]);
        self.push(
            uid(&self.names.kind, &rules.name),
            attributes,
            HashSet::new(),
        )
    }

    fn record(&mut self, facts: &'a RecordFacts) -> Result<(), Misfit> {
        if !first(&mut self.records, facts.id, facts)? {
            return Ok(());
        }
        let names = self.names;
        let user = |id: UserId| one(uid(&names.user, &id));
        let flag = RestrictedExpression::new_bool;
        let mut attributes = Attributes::from([
            ("key".to_owned(), key(&facts.id)),
            ("kind".to_owned(), one(uid(&names.kind, &facts.kind))),
            ("author".to_owned(), user(facts.author)),
            ("deciders".to_owned(), self.users(&facts.deciders)),
            ("excluded".to_owned(), self.users(&facts.excluded)),
            ("purpose_required".to_owned(), flag(facts.purpose_required)),
            ("exportable".to_owned(), flag(facts.exportable)),
            (
                "state".to_owned(),
                one(uid(&names.record_state, facts.state.word())),
            ),
        ]);
        if let Some(case) = facts.case {
            attributes.insert("case".to_owned(), one(uid(&names.case, &case)));
        }
        if let Some(handler) = facts.handler {
            attributes.insert("handler".to_owned(), user(handler));
        }
        if let Some(roles) = &facts.only_roles {
            let roles = set(roles.iter().map(|role| uid(&names.role, role)));
            attributes.insert("only_roles".to_owned(), roles);
        }
        self.push(uid(&names.record, &facts.id), attributes, HashSet::new())
    }

    fn push(
        &mut self,
        name: EntityUid,
        attributes: Attributes,
        parents: HashSet<EntityUid>,
    ) -> Result<(), Misfit> {
        self.entities
            .push(Entity::new(name, attributes, parents).map_err(|_| Misfit)?);
        Ok(())
    }

    fn users<'i>(&self, ids: impl IntoIterator<Item = &'i UserId>) -> RestrictedExpression {
        set(ids.into_iter().map(|id| uid(&self.names.user, id)))
    }

    fn roles<'i>(&self, readers: impl IntoIterator<Item = &'i Reader>) -> RestrictedExpression {
        set(readers
            .into_iter()
            .filter_map(|reader| match Means::of(*reader) {
                Means::Role(role) => Some(uid(&self.names.role, &role)),
                Means::Tie(_) => None,
            }))
    }

    fn ties<'i>(&self, readers: impl IntoIterator<Item = &'i Reader>) -> RestrictedExpression {
        set(readers
            .into_iter()
            .filter_map(|reader| match Means::of(*reader) {
                Means::Role(_) => None,
                Means::Tie(word) => Some(uid(&self.names.tie, word)),
            }))
    }
}

/// Whether `facts` are the first under this key; other facts under the same key do not fit.
fn first<'a, K: Ord, F: PartialEq>(
    seen: &mut BTreeMap<K, &'a F>,
    key: K,
    facts: &'a F,
) -> Result<bool, Misfit> {
    match seen.get(&key) {
        Some(known) if std::ptr::eq(*known, facts) || *known == facts => Ok(false),
        Some(_) => Err(Misfit),
        None => {
            seen.insert(key, facts);
            Ok(true)
        }
    }
}
