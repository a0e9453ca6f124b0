//! Who can open what, and what waits to be done about keys. Headers are tried here: only a desk can see that
//! one is for somebody else than it says.

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::named::find_user;
use crate::desk::open;
use crate::desk::reading::parse_record;
use crate::desk::trust::Trust;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::message::Want;
use crate::keeper::message::access::Difference;
use crate::keeper::message::access::Opens;
use crate::keeper::message::access::Waiting;
use crate::keeper::message::answer::HeaderGroup;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::SealedAgain;
use crate::ledger::Proven;
use crate::sealing::HybridIdentity;
use crate::sealing::on_all_cores;

/// What is said of a key row that does not open with the key it is for.
const WRONG: &str = "a key row that should open for them does not";

/// What came of an access check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessChecked {
    /// Every difference between keys and policy.
    pub differences: Vec<Difference>,
    /// How many keys wait to be sealed on to somebody who may read.
    pub errands: u32,
    /// How many key rows were tried here.
    pub tried: usize,
}

/// How somebody stands to a record, with their handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessLine {
    /// The record.
    pub record: RecordId,
    /// Their handle.
    pub user: String,
    /// Whether they hold a key to it.
    pub keys: bool,
    /// Whether the policy lets them read it in some case.
    pub policy: bool,
    /// By what rule, or what is wrong.
    pub says: String,
}

impl Desk<'_> {
    /// Compares keys and policy over all this person may know of, and tries headers of their own.
    ///
    /// # Errors
    /// [`DeskError`]; a difference is none.
    pub fn check_access(&mut self) -> Result<AccessChecked, DeskError> {
        let (_, trust) = self.keys(None)?;
        let (served, proven) =
            self.ask(Want::CheckAccess {}, Load::Nothing {}, Because::default())?;
        let Served::Access(served) = served else {
            return Err(link::unexpected());
        };
        let tried = served.groups.iter();
        let tried = tried.map(|group| group.chain.len() + group.headers.len());
        let wrong = |record| Difference {
            record,
            user: Some(self.account.handle.clone()),
            keys: "wrong".to_owned(),
            policy: "yes".to_owned(),
            says: WRONG.to_owned(),
        };
        let own = self.person.identity();
        let closed = on_all_cores(&served.groups, |group| closed(&proven, own, group, &trust));
        let mut differences = served.differences;
        differences.extend(closed.into_iter().flatten().map(wrong));
        Ok(AccessChecked {
            differences,
            errands: served.errands,
            tried: tried.sum(),
        })
    }

    /// Everyone who may read a record, or holds a key to it.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn who_may_read(&mut self, record: &str) -> Result<Vec<AccessLine>, DeskError> {
        let record = parse_record(record);
        self.access_lines(Want::WhoMayRead { record })
    }

    /// Every record somebody may read or holds a key to, among those this person may know of.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn access_of(&mut self, who: &str) -> Result<Vec<AccessLine>, DeskError> {
        let (keys, _) = self.keys(None)?;
        let user = find_user(&keys, who)?;
        self.access_lines(Want::AccessOf { user })
    }

    fn access_lines(&mut self, want: Want) -> Result<Vec<AccessLine>, DeskError> {
        let (keys, _) = self.keys(None)?;
        let (served, _) = self.ask(want, Load::Nothing {}, Because::default())?;
        let Served::Opens(opens) = served else {
            return Err(link::unexpected());
        };
        let line = |opens: Opens| AccessLine {
            record: opens.record,
            user: handle(&keys, opens.user),
            keys: opens.keys,
            policy: opens.policy,
            says: opens.says,
        };
        Ok(opens.into_iter().map(line).collect())
    }

    /// What waits to be done about keys: all of it for those who are told, for others what is theirs.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn waiting(&mut self) -> Result<Vec<Waiting>, DeskError> {
        let (served, _) = self.ask(Want::ListErrands {}, Load::Nothing {}, Because::default())?;
        match served {
            Served::Waiting(waiting) => Ok(waiting),
            _ => Err(link::unexpected()),
        }
    }
}

/// Tries a way and the headers at its end: the records of which one does not open, `None` for what is no record's.
fn closed(
    proven: &Proven,
    own: &HybridIdentity,
    group: &HeaderGroup,
    trust: &Trust,
) -> Vec<Option<RecordId>> {
    let Ok(secret) = open::follow(proven, own, &group.chain, trust) else {
        return vec![None];
    };
    let opens = |header: &SealedAgain| open::header_key(proven, &secret, header).is_ok();
    let opens = on_all_cores(&group.headers, opens);
    let mut found = Vec::new();
    for (header, _) in group.headers.iter().zip(opens).filter(|(_, opens)| !opens) {
        let record = match header.of {
            HeaderOf::Part { record, .. } => Some(record),
            _ => None,
        };
        if !found.contains(&record) {
            found.push(record);
        }
    }
    found
}

fn handle(keys: &Keys, user: UserId) -> String {
    let mut accounts = keys.accounts.iter();
    let account = accounts.find(|account| account.id == user);
    account.map_or_else(|| user.to_string(), |account| account.handle.clone())
}
