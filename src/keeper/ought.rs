//! Who ought to hold which key, from the keeper's facts: the rule of `keeper/members.rs` applied to what
//! stands in rows.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::ids::CaseId;
use crate::ids::CompartmentId;
use crate::ids::RecordId;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::Member;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::Role;
use crate::keeper::members::CaseTeam;
use crate::keeper::members::RollData;
use crate::keeper::message::load::EpochStatement;
use crate::keeper::message::load::MembersStatement;
use crate::keeper::message::open_to::Entitled;
use crate::keeper::message::open_to::OpenTo;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::sealing::HybridRecipient;
use crate::sealing::Statement;
use crate::sealing::StatementKind;
use crate::store::Tree;

/// The natural key of the setting that holds the trustees' recovery recipient.
pub(crate) const RECOVERY: &[u8] = b"recovery";

impl Vault {
    /// Who ought to hold a compartment's key; `None` where no rule says so (grants have their own), and of a
    /// compartment that a record has left.
    pub(crate) fn ought_to_hold(
        &self,
        facts: &CompartmentFacts,
        roll: &RollData,
    ) -> Result<Option<BTreeSet<Member>>, Broken> {
        Ok(match facts.purpose {
            Purpose::Team { role } if self.team(role)? == Some(facts.id) => {
                Some(roll.as_roll().team(role))
            }
            Purpose::Case { case } => self
                .case(case)?
                .map(|case| roll.as_roll().case(&CaseTeam::of(&case))),
            Purpose::Own { record } => match self.record(record)? {
                Some(record) if record.compartments.contains(&facts.id) => {
                    Some(self.ought_to_read(&record, roll)?)
                }
                _ => None,
            },
            Purpose::People => Some(roll.as_roll().people()),
            Purpose::Team { .. } | Purpose::Grant { .. } => None,
        })
    }

    /// Who ought to hold the key of a record's own compartment.
    pub(crate) fn ought_to_read(
        &self,
        record: &RecordFacts,
        roll: &RollData,
    ) -> Result<BTreeSet<Member>, Broken> {
        let rules = &self.rules.of(&record.kind).people;
        let on = self.team_of(record.case)?;
        let open_to = OpenTo::of(record, 1);
        Ok(roll.as_roll().own(&open_to, rules, &on))
    }

    /// Who works on a case, and who is kept apart from it.
    pub(crate) fn team_of(&self, case: Option<CaseId>) -> Result<CaseTeam, Broken> {
        let case = case.map(|case| self.case(case)).transpose()?.flatten();
        Ok(case.as_ref().map(CaseTeam::of).unwrap_or_default())
    }

    /// What a desk works out the members of a compartment from.
    pub(crate) fn entitled(&self, facts: &CompartmentFacts) -> Result<Option<Entitled>, Broken> {
        Ok(match facts.purpose {
            Purpose::Team { .. } => Some(Entitled::Team {}),
            Purpose::Case { case } => Some(Entitled::Case {
                team: self.team_of(Some(case))?.team,
                signed: self.team_statement(case)?,
                conflicts: self.conflict_statements(case)?,
            }),
            Purpose::Own { record } => match self.record(record)? {
                Some(record) => Some(self.entitled_to(&record)?),
                None => None,
            },
            Purpose::People => Some(Entitled::People {}),
            Purpose::Grant { .. } => None,
        })
    }

    /// What a desk works out the members of a record's own compartment from.
    pub(crate) fn entitled_to(&self, record: &RecordFacts) -> Result<Entitled, Broken> {
        let statement = self.members_statement(record.id)?;
        let said = statement.as_ref().and_then(|text| open_to(text));
        let signed = record.case.map(|case| self.team_statement(case));
        let conflicts = record.case.map(|case| self.conflict_statements(case));
        Ok(Entitled::Record {
            said: said.unwrap_or_else(|| OpenTo::of(record, 0)),
            statement,
            team: self.team_of(record.case)?.team,
            signed: signed.transpose()?.flatten(),
            conflicts: conflicts.transpose()?.unwrap_or_default(),
        })
    }

    /// The newest signed statement about whom a record is open to.
    pub(crate) fn members_statement(&self, record: RecordId) -> Result<Option<String>, Broken> {
        self.read(&units::record(record), Tree::Statement, &[])
    }

    /// Keeps a checked statement about whom a record is open to.
    pub(crate) fn put_members_statement(
        &mut self,
        record: RecordId,
        statement: &str,
    ) -> Result<(), Broken> {
        self.write(&units::record(record), Tree::Statement, &[], statement)
    }

    /// Checks that somebody has signed just this about whom a record is open to, and that the epoch made
    /// for it names what they signed.
    pub(crate) fn check_open_to(
        &self,
        account: &AccountFacts,
        (text, body): (&str, &EpochStatement),
        expected: OpenTo,
    ) -> Result<(), Stop> {
        let wrong = || {
            let says = "whom the record is open to is not signed by who asks for it";
            Stop::Refused("bad-statement", says.to_owned())
        };
        let statement = Statement::parse(text.as_bytes()).map_err(|_| wrong())?;
        let signed = statement.kind() == StatementKind::Members
            && statement.vault() == self.id
            && statement.by() == account.id.to_string()
            && statement.verify(&account.verifying).is_ok();
        let named = body.members.as_deref() == Some(statement.digest().hex().as_str());
        let said: Option<MembersStatement> = statement.read_body();
        if !signed || !named {
            return Err(wrong());
        }
        if said == Some(MembersStatement::Record(expected)) {
            Ok(())
        } else {
            Err(Stop::Stale)
        }
    }

    /// Who is there to be a member. A team whose key nobody holds is not there.
    pub(crate) fn roll(&self) -> Result<RollData, Broken> {
        let mut teams = BTreeMap::new();
        for role in Role::ALL {
            if let Some(team) = self.living_team(*role)? {
                teams.insert(*role, team);
            }
        }
        Ok(RollData {
            accounts: self.people.all(),
            teams,
            recovery: self.recovery()?.is_some(),
        })
    }

    /// The trustees' recovery identity, where there are trustees.
    pub(crate) fn recovery(&self) -> Result<Option<HybridRecipient>, Broken> {
        let text: Option<String> = self.read(&units::vault(), Tree::Setting, RECOVERY)?;
        let parsed = text.map(|text| text.parse().map_err(|_| Broken::Row(Tree::Setting)));
        parsed.transpose()
    }

    /// The roll as it will be with an account that is new or has changed.
    pub(crate) fn roll_with(&self, account: &AccountFacts) -> Result<RollData, Broken> {
        let mut roll = self.roll()?;
        roll.accounts.retain(|known| known.id != account.id);
        roll.accounts.push(account.clone());
        Ok(roll)
    }

    /// The compartment of a role's team, if somebody holds its key.
    pub(crate) fn living_team(&self, role: Role) -> Result<Option<CompartmentId>, Broken> {
        let Some(team) = self.team(role)? else {
            return Ok(None);
        };
        let epoch = self.compartment(team)?.map(|facts| facts.epoch);
        let held = epoch.is_some_and(|epoch| self.is_held(team, epoch));
        Ok(held.then_some(team))
    }
}

/// What a `members` statement says of a record.
pub(crate) fn open_to(text: &str) -> Option<OpenTo> {
    let statement = Statement::parse(text.as_bytes()).ok()?;
    match statement.read_body()? {
        MembersStatement::Record(open_to) => Some(open_to),
        MembersStatement::Case { .. } | MembersStatement::Conflict { .. } => None,
    }
}
