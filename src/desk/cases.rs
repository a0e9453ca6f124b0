//! Acts on cases. A case's title is a card sealed to the case's compartment.

use std::collections::BTreeSet;

use crate::desk::Desk;
use crate::desk::OnFile;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::named::find_user;
use crate::desk::named::one_line;
use crate::desk::on_file::open::check_shown;
use crate::desk::open;
use crate::desk::parts::Destination;
use crate::desk::parts::recorded;
use crate::desk::parts::roll;
use crate::desk::reading::parse_case;
use crate::desk::seal;
use crate::desk::seal::Recipients;
use crate::desk::shown::Case;
use crate::desk::trust::Trust;
use crate::ids::CaseId;
use crate::ids::PersonId;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::Role;
use crate::keeper::facts::Service;
use crate::keeper::members::CaseTeam;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedCase;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::MembersStatement;
use crate::keeper::message::load::NewCase;
use crate::ledger::Proven;
use crate::records::fold::fold;
use crate::sealing::HybridIdentity;
use crate::sealing::Plain;
use crate::sealing::StatementKind;
use crate::sealing::try_on_all_cores;

/// The longest title, in characters.
const TITLE_CHARS: usize = 200;

/// What a case's card says.
#[derive(serde::Serialize, serde::Deserialize)]
struct CaseCard {
    title: String,
}

impl Desk<'_> {
    /// Opens a case.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn open_case(&mut self, title: &str, service: Service) -> Result<Case, DeskError> {
        let fits = |title: &&str| title.chars().count() <= TITLE_CHARS;
        let title = one_line(title).filter(fits).ok_or_else(|| {
            let says =
                "a title is one line of 1 to 200 characters, for example \"Okonkwo, Saturdays\"";
            DeskError::refused("bad-title", says)
        })?;
        let (keys, trust) = self.keys(None)?;
        let case = CaseId::random();
        let members = roll(&keys).as_roll().case(&CaseTeam::default());
        let by = self.account.id.to_string();
        let heading = self.heading(&by, StatementKind::Epoch);
        let recipients = Recipients::new(&trust, &keys);
        let purpose = Purpose::Case { case };
        let made = seal::compartment(
            &heading,
            self.person.signing(),
            purpose,
            &members,
            |member| recipients.of(member),
        )?;
        let card = CaseCard {
            title: title.to_owned(),
        };
        let plain = padded(&card)?;
        let card = seal::card(&plain, &made.recipient);
        let load = Load::Case(Box::new(NewCase {
            service,
            compartment: made.new,
            card,
        }));
        self.ask(Want::OpenCase { case }, load, Because::default())?;
        self.case(&case.to_string())
    }

    /// The cases this person may see.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn cases(&mut self) -> Result<Vec<Case>, DeskError> {
        let (keys, trust) = self.keys(None)?;
        let (served, proven) =
            self.ask(Want::ListCases {}, Load::Nothing {}, Because::default())?;
        let Served::Cases(cases) = served else {
            return Err(link::unexpected());
        };
        let with = (&proven, self.person.identity());
        try_on_all_cores(&cases, |case| Self::shown_case(with, case, &keys, &trust))
    }

    /// One case.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn case(&mut self, case: &str) -> Result<Case, DeskError> {
        let case = parse_case(case);
        let (keys, trust) = self.keys(None)?;
        let want = Want::ShowCase { case };
        let (served, proven, detail) =
            self.ask_and_see(want, Load::Nothing {}, Because::default())?;
        let Served::Cases(cases) = served else {
            return Err(link::unexpected());
        };
        let found = cases.into_iter().next().ok_or_else(link::unexpected)?;
        if found.facts.id != case {
            return Err(DeskError::damaged(
                "another case was served than the one asked for; nothing is opened",
            ));
        }
        let mut people = Vec::new();
        let mut followed = Vec::new();
        for one in &found.people {
            check_shown(&proven, &detail, one)?;
            let opened = self.opened_person(&proven, one, (&mut followed, &trust))?;
            people.push(OnFile::of(opened, &keys)?);
        }
        keep_apart(&mut people);
        people.sort_by_cached_key(|one| (fold(&one.card.name), one.id));
        drop(followed);
        let secret = match &found.card {
            Some(_) => Some(open::follow(
                &proven,
                self.person.identity(),
                &found.chain,
                &trust,
            )?),
            None => None,
        };
        let conflicts = if self.account.is(Role::Assessor) {
            Vec::new()
        } else {
            Self::opened_conflicts((&proven, &found), secret.as_ref(), (&keys, &trust))?
        };
        let mut shown = Self::shown_case((&proven, self.person.identity()), &found, &keys, &trust)?;
        shown.people = people;
        shown.conflicts = conflicts;
        Ok(shown)
    }

    fn shown_case(
        (proven, own): (&Proven, &HybridIdentity),
        served: &ServedCase,
        keys: &Keys,
        trust: &Trust,
    ) -> Result<Case, DeskError> {
        let title = match &served.card {
            Some(card) => {
                let secret = open::follow(proven, own, &served.chain, trust)?;
                check_purpose(served, trust)?;
                let plain = open::card(proven, &secret, card)?;
                let text = plain
                    .expose()
                    .split(|byte| *byte == 0)
                    .next()
                    .unwrap_or_default();
                let card: CaseCard = serde_json::from_slice(text)
                    .map_err(|_| DeskError::damaged("the case's card cannot be read"))?;
                Some(card.title)
            }
            None => None,
        };
        let facts = &served.facts;
        let handle = |user: &crate::ids::UserId| {
            let account = keys.accounts.iter().find(|account| account.id == *user);
            account.map_or_else(|| user.to_string(), |account| account.handle.clone())
        };
        Ok(Case {
            id: facts.id,
            title,
            service: facts.service,
            state: facts.state,
            team: facts.team.iter().map(handle).collect(),
            opened_at: facts.opened_at,
            closed_at: facts.closed_at,
            rekey_pending: served.rekey_pending,
            unreported: served.unreported.clone(),
            people: Vec::new(),
            conflicts: Vec::new(),
        })
    }

    /// Closes a case.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn close_case(&mut self, case: &str) -> Result<Case, DeskError> {
        let want = Want::CloseCase {
            case: parse_case(case),
        };
        self.ask(want, Load::Nothing {}, Because::default())?;
        self.case(case)
    }

    /// Opens a closed case again.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn reopen_case(&mut self, case: &str) -> Result<Case, DeskError> {
        let want = Want::ReopenCase {
            case: parse_case(case),
        };
        self.ask(want, Load::Nothing {}, Because::default())?;
        self.case(case)
    }

    /// Puts someone on a case's team, and seals the case's key to them where they may read it.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn add_to_team(&mut self, case: &str, who: &str) -> Result<Case, DeskError> {
        self.change_team(parse_case(case), who, true)?;
        self.run_told_errands()?;
        self.case(case)
    }

    /// Takes someone off a case's team: their envelope is destroyed, and the case waits for a new key.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn remove_from_team(&mut self, case: &str, who: &str) -> Result<Case, DeskError> {
        self.change_team(parse_case(case), who, false)?;
        self.case(case)
    }

    /// Signs who is on a case's team from now on.
    fn change_team(&mut self, case: CaseId, who: &str, add: bool) -> Result<(), DeskError> {
        self.again(|desk| {
            let (keys, trust) = match desk.keys(Some(case)) {
                // Not theirs to see: the keeper decides, and writes down, what becomes of the act itself.
                Err(DeskError::Unknown) => desk.keys(None)?,
                found => found?,
            };
            let user = find_user(&keys, who)?;
            let signed = trust.team(case, keys.members.as_deref())?;
            let (number, _) = signed.unwrap_or_default();
            let mut team = keys.case.map(|case| case.team).unwrap_or_default();
            let want = if add {
                team.insert(user);
                Want::AddToTeam { case, user }
            } else {
                team.remove(&user);
                Want::RemoveFromTeam { case, user }
            };
            let number = number.saturating_add(1);
            let said = MembersStatement::Case { case, number, team };
            let load = Load::Signed(desk.says(StatementKind::Members, &said)?);
            desk.ask(want, load, Because::default()).map(|_| ())
        })
    }
}

/// Leaves out of each page what is confidential towards any of these people, or towards everyone: a case's page may
/// lie open beside any of them.
fn keep_apart(people: &mut [OnFile]) {
    let present: BTreeSet<PersonId> = people.iter().map(|one| one.id).collect();
    for one in people {
        let contacts = std::mem::take(&mut one.card.contacts).into_iter();
        let (shown, kept): (Vec<_>, Vec<_>) =
            contacts.partition(|contact| contact.may_stand_beside(&present));
        one.card.contacts = shown;
        one.less = !kept.is_empty();
    }
}

/// Checks that the key at the end of the way is this case's own, or a grant's of all of it: a card says
/// nothing of its case.
fn check_purpose(served: &ServedCase, trust: &Trust) -> Result<(), DeskError> {
    let last = served.chain.last().ok_or_else(link::unexpected)?;
    let case = served.facts.id;
    let said = trust.check_epoch(&last.vouched())?;
    let granted = match said.purpose {
        Purpose::Grant { .. } => trust.grant_behind(&last.vouched())?.case,
        _ => None,
    };
    if granted == Some(case) || said.purpose == (Purpose::Case { case }) {
        return Ok(());
    }
    Err(DeskError::damaged(
        "the case's card was served with the key of something else",
    ))
}

/// A card as JSON, padded with zeros to a size step so that a title's length does not show.
fn padded(card: &CaseCard) -> Result<Plain, DeskError> {
    let mut bytes = serde_json::to_vec(card).map_err(DeskError::damaged)?;
    let step = crate::sealing::padme(bytes.len() as u64).max(256);
    bytes.resize(usize::try_from(step).unwrap_or(bytes.len()), 0);
    Ok(Plain::new(bytes))
}

/// The key of a case's own compartment, vouched for, from the keys that were asked for with the case; `None` where the
/// case is not the asker's to know.
pub(crate) fn key_of_case(
    case: CaseId,
    (keys, trust): (&Keys, &Trust),
) -> Result<Option<Destination>, DeskError> {
    let own = keys.case.as_ref();
    let own = own.and_then(|case| case.compartments.first());
    let all = keys.compartments.iter();
    let own: Vec<_> = all
        .filter(|(facts, _)| own == Some(&facts.id))
        .cloned()
        .collect();
    let to = recorded(&own, &[Purpose::Case { case }], |_| false, trust)?;
    Ok(to.into_iter().next())
}
