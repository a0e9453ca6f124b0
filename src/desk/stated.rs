//! A grant's statement: what was given, who agreed, what was opened when and how it ended, with everything a
//! stranger needs to check it without the vault (`docs/format.md`, "A grant's statement").
//!
//! This desk checks each entry's proof before it puts its name to the statement. That no entry was left out
//! is the keeper's word: only the ledger itself, read whole, could show that.

use serde::Serialize;
use serde_json::Value;

use crate::bytes::hex;
use crate::clock::Timestamp;
use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::grants;
use crate::desk::grants::Grant;
use crate::desk::grants::parse_grant;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::seal::json;
use crate::desk::trust::Trust;
use crate::ids::VaultId;
use crate::keeper::message::Want;
use crate::keeper::message::answer::GrantEvidence;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::answer::ProvenEntry;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::Load;
use crate::ledger::Leaf;
use crate::ledger::SignedCheckpoint;
use crate::ledger::merkle::leaf_hash;
use crate::sealing::Statement;
use crate::sealing::StatementKind;

/// The acts by which something is opened under a grant.
const SHOWINGS: [&str; 7] = [
    "read-record",
    "read-attachment",
    "list-records",
    "find-records",
    "search-text",
    "list-cases",
    "show-case",
];

/// A statement, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// The grant it is about.
    pub grant: Grant,
    /// How many entries it holds.
    pub entries: usize,
    /// How many of them opened something.
    pub opened: usize,
    /// The file.
    pub file: String,
}

/// The file: the signed statement, and beside it the evidence it names.
#[derive(Serialize)]
struct Written<'a> {
    closing: String,
    genesis: &'a str,
    statements: &'a [String],
    checkpoint: &'a str,
    entries: &'a [ProvenEntry],
    /// How the first ledger, which the genesis names, leads to the one of the checkpoint.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    ledgers: &'a [String],
}

/// The body of a `closing` statement.
#[derive(Serialize)]
struct Closing<'a> {
    grant: String,
    state: &'static str,
    given: &'a str,
    approved: Option<&'a str>,
    ended_at: Option<Timestamp>,
    opened: Vec<Opened>,
    /// SHA-256 of the entries' bytes, each followed by a line feed, hex.
    entries: String,
    size: u64,
    root: String,
}

/// One showing.
#[derive(Serialize)]
struct Opened {
    index: u64,
    time: Timestamp,
    act: String,
    record: Option<String>,
}

impl Desk<'_> {
    /// Takes out a grant's statement.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] when an entry is not in the signed ledger or not what it is said to be.
    pub fn state_grant(&mut self, grant: &str) -> Result<Stated, DeskError> {
        let (keys, trust) = self.keys(None)?;
        let want = Want::StateGrant {
            grant: parse_grant(grant),
        };
        let (served, proven) = self.ask(want, Load::Nothing {}, Because::default())?;
        let Served::Evidence(evidence) = served else {
            return Err(link::unexpected());
        };
        let shown = grants::shown(&evidence.facts, &keys, &trust)?;
        // The head of this very answer: it is in the line of all this person has seen.
        if evidence.checkpoint != proven.checkpoint().note() {
            return Err(DeskError::damaged(
                "the evidence is under another signed head",
            ));
        }
        let opened = opened(&evidence, proven.checkpoint())?;
        check_signers(&evidence, self.vault, &keys)?;
        let count = opened.len();
        let closing = closing(&evidence, opened, proven.checkpoint());
        let closing = self.says(StatementKind::Closing, &closing)?;
        let written = Written {
            closing: String::from_utf8(closing).map_err(DeskError::damaged)?,
            genesis: std::str::from_utf8(&keys.genesis).map_err(DeskError::damaged)?,
            statements: &evidence.statements,
            checkpoint: &evidence.checkpoint,
            entries: &evidence.entries,
            ledgers: self.keeper.ledgers(),
        };
        let bytes = crate::canon::to_bytes(&json(&written)?).map_err(DeskError::damaged)?;
        let mut file = String::from_utf8(bytes).map_err(DeskError::damaged)?;
        file.push('\n');
        Ok(Stated {
            grant: shown,
            entries: evidence.entries.len(),
            opened: count,
            file,
        })
    }
}

fn detail_of(entry: &ProvenEntry) -> Result<Option<Value>, DeskError> {
    let opening = entry.opening.as_ref();
    opening
        .map(|opening| serde_json::from_str(&opening.detail).map_err(DeskError::damaged))
        .transpose()
}

/// Checks every entry, and finds those that opened something.
fn opened(evidence: &GrantEvidence, head: &SignedCheckpoint) -> Result<Vec<Opened>, DeskError> {
    let mut opened = Vec::new();
    for entry in &evidence.entries {
        let leaf = check(entry, head)?;
        let Some(detail) = detail_of(entry)? else {
            continue;
        };
        let act = detail.pointer("/ask/body/want/act").and_then(Value::as_str);
        if let Some(act) = act.filter(|act| SHOWINGS.contains(act)) {
            let record = detail.pointer("/ask/body/want/record");
            opened.push(Opened {
                index: entry.index,
                time: leaf.time,
                act: act.to_owned(),
                record: record.and_then(Value::as_str).map(str::to_owned),
            });
        }
    }
    Ok(opened)
}

/// Checks that the statements served lead to each signature a stranger will look at: those who check it have
/// nothing else to go by.
fn check_signers(evidence: &GrantEvidence, vault: VaultId, keys: &Keys) -> Result<(), DeskError> {
    let trust = Trust::of(vault, &keys.genesis, &evidence.statements)?;
    let nobody = || DeskError::damaged("nobody vouches for somebody who signed about this grant");
    let facts = &evidence.facts;
    let mut signed = vec![facts.statement.clone()];
    signed.extend(facts.approval.clone());
    for entry in &evidence.entries {
        let ask = detail_of(entry)?.and_then(|mut detail| Some(detail.get_mut("ask")?.take()));
        if let Some(ask) = ask.filter(|ask| ask.get("sig").is_some()) {
            let bytes = crate::canon::to_bytes(&ask).map_err(DeskError::damaged)?;
            signed.push(String::from_utf8(bytes).map_err(DeskError::damaged)?);
        }
    }
    for text in signed {
        let statement = Statement::parse(text.as_bytes()).map_err(|_| nobody())?;
        if !trust.signed_by_known(&statement) {
            return Err(nobody());
        }
    }
    Ok(())
}

fn check(entry: &ProvenEntry, head: &SignedCheckpoint) -> Result<Leaf, DeskError> {
    let other = || {
        DeskError::damaged(format!(
            "entry {} is not what the signed ledger holds",
            entry.index
        ))
    };
    let leaf = Leaf::decode(entry.leaf.as_bytes()).map_err(|_| other())?;
    let hash = leaf_hash(entry.leaf.as_bytes());
    crate::ledger::verify::inclusion(hash, leaf.index, &entry.inclusion, &head.head())
        .map_err(|_| other())?;
    let opens = match &entry.opening {
        Some(opening) => opening.to_ledger().is_some_and(|one| one.opens(&leaf)),
        None => true,
    };
    if leaf.index.get() == entry.index && opens {
        Ok(leaf)
    } else {
        Err(other())
    }
}

fn closing<'e>(
    evidence: &'e GrantEvidence,
    opened: Vec<Opened>,
    head: &SignedCheckpoint,
) -> Closing<'e> {
    use sha2::Digest as _;
    let mut digest = sha2::Sha256::new();
    for entry in &evidence.entries {
        digest.update(entry.leaf.as_bytes());
        digest.update(b"\n");
    }
    let facts = &evidence.facts;
    Closing {
        grant: facts.id.to_string(),
        state: facts.state.word(),
        given: &facts.statement,
        approved: facts.approval.as_deref(),
        ended_at: facts.ended_at,
        opened,
        entries: hex(&digest.finalize()),
        size: head.size().get(),
        root: head.head().root.to_string(),
    }
}
