//! Founding a vault: the root key signs genesis and the first administrator, its secret goes only into
//! the trustees' shares, and is wiped.

use std::collections::BTreeSet;

use crate::clock::Clock;
use crate::clock::ShiftedClock;
use crate::clock::SystemClock;
use crate::desk::error::DeskError;
use crate::desk::named::name_or;
use crate::desk::named::one_line;
use crate::desk::people::DEMO_REFUSED;
use crate::desk::seal;
use crate::desk::seal::json;
use crate::desk::trust::ROOT;
use crate::ids::UserId;
use crate::keeper::Paths;
use crate::keeper::claim::Claim;
use crate::keeper::create::FoundError;
use crate::keeper::create::Founded;
use crate::keeper::create::Founding;
use crate::keeper::facts::CentreFacts;
use crate::keeper::facts::Member;
use crate::keeper::facts::Other;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::Role;
use crate::keeper::message::load::Enrolment;
use crate::keeper::message::load::Genesis;
use crate::keeper::message::load::NewAccount;
use crate::records::words::Nation;
use crate::sealing::Digest;
use crate::sealing::Heading;
use crate::sealing::HybridIdentity;
use crate::sealing::Passphrase;
use crate::sealing::Person;
use crate::sealing::Plain;
use crate::sealing::SecretText;
use crate::sealing::Shares;
use crate::sealing::SigningKey;
use crate::sealing::Statement;
use crate::sealing::StatementKind;
use crate::sealing::Trustee;
use crate::sealing::is_demo;

/// What a centre's name has to be.
const CENTRE_NAME: &str = "the centre's name is one line, for example \"Riverside Contact Centre\"";

/// A vault to found.
pub struct Init {
    /// The centre's name.
    pub centre: String,
    /// Whose bank holidays it keeps.
    pub nation: Nation,
    /// The first administrator's handle.
    pub admin: String,
    /// Their name; the handle where none is given.
    pub admin_name: Option<String>,
    /// Their passphrase.
    pub passphrase: Passphrase,
    /// Who holds shares of the recovery identity, each with the age recipient to lock theirs with, if
    /// they have one; none or two to five.
    pub trustees: Vec<(String, Option<String>)>,
    /// Whether one person may do alone what needs two while nobody else could.
    pub two_person_single: bool,
    /// A demonstration vault, which keeps the clock's distance from the system's for good.
    pub demo: bool,
    /// The clock.
    pub clock: Box<dyn Clock>,
}

impl std::fmt::Debug for Init {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Init(..)")
    }
}

/// What came of founding a vault.
#[derive(Debug)]
pub struct Created {
    /// The first administrator.
    pub admin: UserId,
    /// The ledger's verification key, for the induction card.
    pub vkey: String,
    /// SHA-256 of the root key, hex in groups of four, for the induction card.
    pub root_fingerprint: String,
    /// One nested age file for each pair of trustees, by file name.
    pub shares: Vec<(String, Vec<u8>)>,
    /// One sheet for each trustee, by file name.
    pub sheets: Vec<(String, SecretText)>,
    claim: Claim,
}

impl Created {
    /// Takes the new vault away again, for whoever could not keep its shares: nobody else can make them anew.
    pub fn take_back(&self) {
        self.claim.undo();
    }
}

/// Founds a vault.
///
/// # Errors
/// [`FoundError`]; a vault that could not be finished is not there.
pub fn create(paths: &Paths, init: &Init) -> Result<Created, FoundError> {
    let (whose, name) = names(&init.centre, &init.admin, init.admin_name.as_deref())?;
    let shift_ms = if init.demo { distance(&*init.clock) } else { 0 };
    if is_demo(&init.passphrase) && !init.demo {
        return Err(FoundError::InTheWay(DEMO_REFUSED.to_owned()));
    }
    let founding = Founding::begin(paths, Box::new(ShiftedClock { shift_ms }))?;
    let root = SigningKey::generate();
    let recovery = (!init.trustees.is_empty()).then(HybridIdentity::generate);
    let trustees: Result<Vec<Trustee>, _> = init.trustees.iter().map(trustee).collect();
    let shares = match &recovery {
        Some(recovery) => Shares::make(recovery, &root, &trustees?)
            .map_err(|error| FoundError::InTheWay(error.to_string()))?,
        None => Shares {
            files: Vec::new(),
            sheets: Vec::new(),
        },
    };
    let genesis = genesis(init, &founding, (&root, recovery.as_ref()));
    let heading = Heading {
        kind: StatementKind::Genesis,
        vault: founding.vault(),
        by: ROOT,
        at: founding.now(),
    };
    let statement = sign(&heading, &genesis, &root)?;
    let person = Person::generate();
    let user = UserId::random();
    let (admin, centre) = first_administrator(
        (init, whose, name),
        (&heading, &root),
        (&genesis, user),
        (&person, &init.passphrase),
    )?;
    let founded = Founded {
        statement,
        admin,
        centre,
        name: CentreFacts {
            name: whose.to_owned(),
            nation: init.nation,
            other: Other::new(),
        },
        clock_shift_ms: shift_ms,
    };
    let vkey = founding.log_vkey();
    let (keeper, claim) = founding.finish(&founded)?;
    keeper.close().map_err(|stopped| {
        claim.undo();
        FoundError::Io(std::io::Error::other(stopped))
    })?;
    let root_fingerprint = fingerprint(&root);
    Ok(Created {
        admin: user,
        vkey,
        root_fingerprint,
        shares: shares.files,
        sheets: shares.sheets,
        claim,
    })
}

/// The centre's name and the first administrator's, as they will be kept.
///
/// # Errors
/// [`FoundError::Refused`] when one of them is not a line that says something.
pub fn names<'a>(
    centre: &'a str,
    handle: &str,
    name: Option<&str>,
) -> Result<(&'a str, String), FoundError> {
    let refused = |code, says: &str| FoundError::Refused(code, says.to_owned());
    let centre = one_line(centre).ok_or_else(|| refused("centre-name", CENTRE_NAME))?;
    let name = name_or(name, handle).map_err(|says| refused("bad-name", says))?;
    Ok((centre, name))
}

/// What everything else will be chained to.
fn genesis(
    init: &Init,
    founding: &Founding,
    (root, recovery): (&SigningKey, Option<&HybridIdentity>),
) -> Genesis {
    let two_person = if init.two_person_single {
        "single"
    } else {
        "required"
    };
    Genesis {
        root: root.verifying(),
        log: founding.log_vkey(),
        recovery: recovery.map(|recovery| recovery.recipient().clone()),
        custody: "local".to_owned(),
        two_person: two_person.to_owned(),
        demo: init.demo,
        signed_members: true,
    }
}

/// How far a clock is ahead of the system's, in milliseconds.
fn distance(clock: &dyn Clock) -> i64 {
    let ms = |clock: &dyn Clock| i64::try_from(clock.now().as_ms()).unwrap_or(i64::MAX);
    ms(clock).saturating_sub(ms(&SystemClock))
}

/// A trustee, as typed.
pub(crate) fn trustee((name, recipient): &(String, Option<String>)) -> Result<Trustee, FoundError> {
    let recipient = recipient
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|_| {
            FoundError::InTheWay(format!(
                "the recipient of `{name}` is not an age public key (`age1pq1...` or `age1...`)"
            ))
        })?;
    Ok(Trustee {
        name: name.clone(),
        recipient,
    })
}

/// The first account, with the coordinators' team, and the centre's name sealed to that team.
fn first_administrator(
    (init, centre, name): (&Init, &str, String),
    (heading, root): (&Heading<'_>, &SigningKey),
    (genesis, user): (&Genesis, UserId),
    (person, passphrase): (&Person, &Passphrase),
) -> Result<(NewAccount, crate::keeper::message::load::SealedCard), FoundError> {
    let enrolment = Enrolment {
        user,
        handle: init.admin.clone(),
        role: Role::Coordinator,
        reports_to: None,
        recipient: person.recipient().clone(),
        verifying: person.verifying(),
        reissue: None,
    };
    let enrol = sign(
        &Heading {
            kind: StatementKind::Enrol,
            ..*heading
        },
        &enrolment,
        root,
    )?;
    let mut members = BTreeSet::from([Member::User(user)]);
    if genesis.recovery.is_some() {
        members.insert(Member::Recovery);
    }
    let purpose = Purpose::Team {
        role: Role::Coordinator,
    };
    let made = seal::compartment(heading, root, purpose, &members, |member| match member {
        Member::User(_) => Ok(person.recipient().clone()),
        _ => genesis.recovery.clone().ok_or(DeskError::Unknown),
    })
    .map_err(|error| FoundError::Statements(error.to_string()))?;
    let centre = seal::card(&Plain::new(centre.as_bytes().to_vec()), &made.recipient);
    let admin = NewAccount {
        handle: init.admin.clone(),
        name,
        role: Role::Coordinator,
        reports_to: None,
        enrol,
        identity: person.seal(passphrase),
        team: Some(made.new),
    };
    Ok((admin, centre))
}

fn sign<T: serde::Serialize>(
    heading: &Heading<'_>,
    body: &T,
    key: &SigningKey,
) -> Result<Vec<u8>, FoundError> {
    let wrong = |error: &dyn std::fmt::Display| FoundError::Statements(error.to_string());
    let body = json(body).map_err(|error| wrong(&error))?;
    let statement = Statement::sign(heading, body, key).map_err(|error| wrong(&error))?;
    Ok(statement.bytes().to_vec())
}

/// SHA-256 of the root key in groups that can be read aloud.
fn fingerprint(root: &SigningKey) -> String {
    let hex = Digest::of(root.verifying().as_bytes()).hex();
    let groups: Vec<&str> = hex
        .as_bytes()
        .chunks(4)
        .filter_map(|group| std::str::from_utf8(group).ok())
        .collect();
    groups.join(" ")
}
