//! Whom a compartment's key is for, worked out from what is signed: a desk seals a key on to nobody else,
//! whatever list a keeper gives it.

use std::collections::BTreeSet;

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::parts::roll;
use crate::desk::seal;
use crate::desk::seal::Made;
use crate::desk::seal::Plan;
use crate::desk::seal::Recipients;
use crate::desk::trust::Trust;
use crate::ids::CaseId;
use crate::ids::CompartmentId;
use crate::keeper::facts::Member;
use crate::keeper::facts::Purpose;
use crate::keeper::members::CaseTeam;
use crate::keeper::message::answer::ChainLink;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::load::EpochStatement;
use crate::keeper::message::load::MembersStatement;
use crate::keeper::message::open_to::Entitled;
use crate::keeper::message::open_to::OpenTo;
use crate::keeper::rules::Rules;
use crate::records::Kinds;
use crate::sealing::Digest;
use crate::sealing::StatementKind;

/// A compartment at the end of a way, as it is signed.
#[derive(Debug)]
pub(crate) struct Signed {
    pub(crate) epoch: EpochStatement,
    /// Whom its key is for.
    pub(crate) members: BTreeSet<Member>,
}

/// What is signed of the compartment at the end of a way, and whom its key is for.
///
/// # Errors
/// [`DeskError::Damaged`] naming what nobody vouches for.
pub(crate) fn signed(
    chain: &[ChainLink],
    entitled: &Entitled,
    (keys, trust): (&Keys, &Trust),
) -> Result<Signed, DeskError> {
    let last = chain
        .last()
        .ok_or_else(|| DeskError::damaged("no way to the key was served"))?;
    let epoch = trust.check_epoch(&last.vouched())?;
    let roll = roll(keys);
    let members = match (epoch.purpose, entitled) {
        (Purpose::Team { role }, Entitled::Team {}) => roll.as_roll().team(role),
        (Purpose::People, Entitled::People {}) => roll.as_roll().people(),
        (
            Purpose::Case { case },
            Entitled::Case {
                team,
                signed,
                conflicts,
            },
        ) => {
            let on = trust.check_team(case, team, (signed.as_deref(), conflicts))?;
            check_whole(&epoch, conflicts)?;
            roll.as_roll().case(&on)
        }
        (Purpose::Own { record }, Entitled::Record { .. }) => {
            let said = open_to(&epoch, entitled, trust)?;
            if said.record != record {
                return Err(unsigned(&said));
            }
            let on = team_of(said.case, entitled, trust)?;
            let rules = Rules::from_kinds(Kinds::builtin());
            let rules = &rules.of(&said.kind).people;
            roll.as_roll().own(&said, rules, &on)
        }
        _ => {
            return Err(DeskError::damaged(
                "the keeper says of one key whom another is for; nothing was sealed",
            ));
        }
    };
    Ok(Signed { epoch, members })
}

/// Checks that the register of a case has the word that was its newest when the case's key was made: a keeper that
/// leaves out who is kept apart is not believed.
fn check_whole(epoch: &EpochStatement, register: &[String]) -> Result<(), DeskError> {
    let is_there = |digest: &String| register.iter().any(|text| digest_of(text) == *digest);
    if epoch.members.as_ref().is_none_or(is_there) {
        return Ok(());
    }
    Err(DeskError::damaged(
        "the keeper leaves out of a case's conflict register what the case's key was made for; nothing was sealed",
    ))
}

/// SHA-256 of the newest word of a case's conflict register, hex: what the case's next epoch is made for.
pub(crate) fn newest_word(entitled: &Entitled) -> Option<String> {
    match entitled {
        Entitled::Case { conflicts, .. } => conflicts.last().map(|text| digest_of(text)),
        _ => None,
    }
}

fn digest_of(text: &str) -> String {
    Digest::of(text.as_bytes()).hex()
}

/// Who works on a record's case, and who is kept apart from it, as it is signed.
///
/// # Errors
/// [`DeskError::Damaged`] when the keeper says otherwise.
pub(crate) fn team_of(
    case: Option<CaseId>,
    entitled: &Entitled,
    trust: &Trust,
) -> Result<CaseTeam, DeskError> {
    match (case, entitled) {
        (
            Some(case),
            Entitled::Record {
                team,
                signed,
                conflicts,
                ..
            },
        ) => trust.check_team(case, team, (signed.as_deref(), conflicts)),
        // Without a case there is no team, whatever a keeper says.
        _ => Ok(CaseTeam::default()),
    }
}

/// Whom a record is open to, as signed: the very statement that the epoch was made for.
///
/// # Errors
/// [`DeskError::Damaged`] when nobody entitled has signed it, or the keeper shows another.
pub(crate) fn open_to(
    epoch: &EpochStatement,
    entitled: &Entitled,
    trust: &Trust,
) -> Result<OpenTo, DeskError> {
    let Entitled::Record {
        said, statement, ..
    } = entitled
    else {
        return Err(DeskError::damaged(
            "the keeper says of one key whom another is for; nothing was sealed",
        ));
    };
    match (&epoch.members, statement) {
        (Some(digest), Some(text)) if Digest::of(text.as_bytes()).hex() == *digest => {
            trust.open_to(text).ok_or_else(|| unsigned(said))
        }
        // Of a record filed before this was signed.
        (None, None) => Ok(said.clone()),
        _ => Err(unsigned(said)),
    }
}

/// Checks that a keeper asks for a key to be sealed on only to those it is for.
///
/// # Errors
/// [`DeskError::Damaged`] naming whom it is not for.
pub(crate) fn check(asked: &[Member], signed: &Signed, keys: &Keys) -> Result<(), DeskError> {
    match asked.iter().find(|one| !signed.members.contains(one)) {
        None => Ok(()),
        Some(member) => Err(DeskError::damaged(format!(
            "the keeper asks for a key to be sealed to {}, who is not meant to hold it; nothing was sealed",
            named(member, keys)
        ))),
    }
}

fn unsigned(said: &OpenTo) -> DeskError {
    DeskError::damaged(format!(
        "what the keeper says about whom {} is open to is not what was signed; nothing was sealed",
        said.record
    ))
}

/// A member, in words.
fn named(member: &Member, keys: &Keys) -> String {
    match member {
        Member::User(user) => {
            let mut accounts = keys.accounts.iter();
            let account = accounts.find(|account| account.id == *user);
            account.map_or_else(|| user.to_string(), |one| format!("`{}`", one.handle))
        }
        Member::Compartment(_) => "a team".to_owned(),
        Member::Recovery => "the trustees".to_owned(),
    }
}

impl Desk<'_> {
    /// Makes a record's own compartment for those it is open to, and signs who they are.
    pub(crate) fn own_compartment(
        &self,
        open_to: OpenTo,
        members: &BTreeSet<Member>,
        (keys, trust): (&Keys, &Trust),
    ) -> Result<(Made, String), DeskError> {
        let record = open_to.record;
        let said = MembersStatement::Record(open_to);
        let said = self.says(StatementKind::Members, &said)?;
        let plan = Plan {
            id: CompartmentId::random(),
            purpose: Purpose::Own { record },
            number: 1,
            said: Some(Digest::of(&said).hex()),
        };
        let by = self.account.id.to_string();
        let heading = self.heading(&by, StatementKind::Epoch);
        let recipients = Recipients::new(trust, keys);
        let made = seal::epoch(&heading, self.person.signing(), plan, members, |member| {
            recipients.of(member)
        })?;
        let said = String::from_utf8(said).map_err(DeskError::damaged)?;
        Ok((made, said))
    }
}
