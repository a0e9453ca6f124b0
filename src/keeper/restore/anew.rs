//! A vault that goes on although entries are lost for good: two trustees decide it, and the history continues in
//! a new ledger whose name and key are its own. Under the old ones a second history would be signed, and every
//! computer that remembers the first would rightly refuse it.

use std::path::Path;

use crate::keeper::backup::BackupError;
use crate::keeper::backup::check::Found;
use crate::keeper::config::Config;
use crate::keeper::keyring::Keyring;
use crate::keeper::ledgers::LedgerStatement;
use crate::keeper::ledgers::SUCCESSION;
use crate::keeper::message::load::ROOT;
use crate::keeper::open::clock_of;
use crate::keeper::remembered::HeadSeen;
use crate::keeper::restore::words::furthest;
use crate::ledger::Hash;
use crate::ledger::LogKey;
use crate::ledger::checkpoint::random_origin;
use crate::ledger::journal::disk::RealDisk;
use crate::ledger::journal::disk::remove_if_there;
use crate::ledger::journal::disk::write_whole;
use crate::sealing::GenerationKey;
use crate::sealing::Heading;
use crate::sealing::Recovered;
use crate::sealing::Statement;
use crate::sealing::StatementKind;

/// The most that anybody remembers of the ledger that ends.
#[derive(Debug, Clone, Copy)]
struct Loss {
    size: u64,
    root: Hash,
}

impl Loss {
    /// What is lost where so many entries were recovered.
    ///
    /// # Errors
    /// [`BackupError::Refused`] where it is nothing, and where the vault that has it stands.
    fn of(heads: &[HeadSeen], recovered: u64) -> Result<Self, BackupError> {
        let nothing = || {
            let says = "nobody here remembers more entries than were recovered, so nothing is lost: leave out \
                        --new-ledger. If a computer elsewhere has seen more, name the signed head it remembers with \
                        --remembered";
            BackupError::refused("nothing-lost", says)
        };
        let head = furthest(heads).filter(|head| head.size > recovered);
        let head = head.ok_or_else(nothing)?;
        if head.stands {
            let says = format!(
                "nothing is lost: {} has {} entries. Use that vault itself, or take what is missing from it with \
                 --with",
                head.who, head.size
            );
            return Err(BackupError::refused("nothing-lost", says));
        }
        let unreadable = || {
            let says = format!("what {} remembers cannot be read", head.who);
            BackupError::Damaged(says)
        };
        Ok(Self {
            size: head.size,
            root: head.root.parse().map_err(|_| unreadable())?,
        })
    }
}

/// Insists that these two trustees' share is this vault's, and of the present set.
///
/// # Errors
/// [`BackupError::Refused`] where it is not.
fn check_share(found: &Found, key: &GenerationKey, decided: &Recovered) -> Result<(), BackupError> {
    let recovery = found.recovery(key)?.ok_or_else(|| {
        let says = "this vault was made without trustees, so nobody can vouch for a new ledger";
        BackupError::refused("no-trustees", says)
    })?;
    if decided.root.verifying() != found.root(key)? {
        let says = "the share is of another vault";
        return Err(BackupError::refused("other-shares", says));
    }
    if decided.recovery.recipient().to_string() != recovery {
        let says = "the share is of an older set; the trustees have been given a new key since. Use the newest";
        return Err(BackupError::refused("old-shares", says));
    }
    Ok(())
}

/// Begins the next ledger for the files at `dir`, which are not in their place yet. Its key is kept beside the old
/// one, and takes its place when the vault is opened.
///
/// # Errors
/// [`BackupError`], as [`Loss::of`] and [`check_share`] too.
pub(crate) fn decide(
    (dir, keyring): (&Path, &Keyring),
    (found, key): (&Found, &GenerationKey),
    (heads, decided): (&[HeadSeen], &Recovered),
) -> Result<Statement, BackupError> {
    let loss = Loss::of(heads, found.head.size())?;
    check_share(found, key, decided)?;
    let missing = || BackupError::Damaged("its settings are missing".to_owned());
    let config = Config::read(dir)?.ok_or_else(missing)?;
    let log = LogKey::generate(&random_origin()).map_err(failed)?;
    let said = said(found, loss, &log)?;
    let heading = Heading {
        kind: StatementKind::Succeed,
        vault: config.vault,
        by: ROOT,
        at: clock_of(&config).now(),
    };
    let body = serde_json::to_value(&said).map_err(failed)?;
    let statement = Statement::sign(&heading, body, &decided.root).map_err(failed)?;
    let ledgers = found.ledgers.clone().followed_by(&statement);
    let ledgers = ledgers.ok_or_else(|| failed("the next ledger does not follow the last"))?;
    keyring.put_next_log_key(&log)?;
    let path = dir.join(SUCCESSION);
    write_whole(&RealDisk, &path, ledgers.to_text().as_bytes())?;
    // Signed for the ledger that ends, and made anew for the next one when the vault is opened.
    remove_if_there(&RealDisk, &dir.join("ledger/checkpoint"))?;
    Ok(statement)
}

fn said(found: &Found, loss: Loss, log: &LogKey) -> Result<LedgerStatement, BackupError> {
    let size = found.head.size();
    let root = found.head.root_at(size);
    let number = found.ledgers.last().map_or(0, |last| last.number);
    Ok(LedgerStatement {
        number: number.saturating_add(1),
        ledger: log.verifier().to_string(),
        replaces: found.head.verifier().to_string(),
        size,
        root: root.ok_or_else(|| failed("there is not even a founding entry"))?,
        seen_size: loss.size,
        seen_root: loss.root,
    })
}

fn failed(error: impl std::fmt::Display) -> BackupError {
    BackupError::Failed(error.to_string())
}
