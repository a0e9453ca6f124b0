//! The ledgers a vault has had. There is one, unless entries that somebody remembers were lost for good: then
//! two trustees begin another, which goes on with the entries that were recovered. It has a name and a key of its
//! own, because under the old ones a second history would be signed. The root key vouches for it
//! (`docs/format.md`, "Ledgers"; research: a transparency log is never continued from an older size).

use std::path::Path;

use serde::Deserialize;
use serde::Serialize;

use crate::ids::VaultId;
use crate::keeper::head::LedgerHead;
use crate::keeper::message::load::ROOT;
use crate::ledger::Hash;
use crate::ledger::Lineage;
use crate::ledger::TreeSize;
use crate::ledger::VerifierKey;
use crate::ledger::journal::disk::Disk;
use crate::ledger::journal::disk::is_absent;
use crate::ledger::journal::disk::read_whole;
use crate::sealing::Statement;
use crate::sealing::StatementKind;
use crate::sealing::VerifyingKey;

/// The file in a vault's folder, and among the ledger's static files: a statement a line, oldest first.
pub(crate) const SUCCESSION: &str = "succession";
/// One is some hundred bytes, and a vault has few or none.
const MAX_BYTES: u64 = 1 << 20;

/// The body of a `succeed` statement by the root: another ledger goes on with what was recovered of this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerStatement {
    /// Counts from 1, one up with each.
    pub number: u32,
    /// The ledger that goes on: its verification key, as C2SP signed notes spell it.
    pub ledger: String,
    /// The ledger that ends.
    pub replaces: String,
    /// How many entries were recovered, with which the next ledger begins.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// How many entries somebody remembers: those from `size` on are lost.
    pub seen_size: u64,
    /// The root over these: whoever finds them again can show that they are the ones.
    pub seen_root: Hash,
}

impl LedgerStatement {
    /// How many entries are lost.
    pub fn lost(&self) -> u64 {
        self.seen_size.saturating_sub(self.size)
    }

    /// The next ledger's name.
    pub fn name(&self) -> &str {
        self.ledger.split('+').next().unwrap_or_default()
    }
}

/// What is left of a head that was remembered of a ledger which has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Left {
    /// How many of its entries the present history has.
    pub(crate) size: u64,
    /// The root over these, where they are fewer than were remembered.
    pub(crate) root: Option<Hash>,
    /// How many are lost.
    pub(crate) lost: u64,
}

/// The statements that lead from the first ledger to the present one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ledgers {
    texts: Vec<String>,
    said: Vec<(LedgerStatement, VerifierKey)>,
}

impl Ledgers {
    /// Reads what stands in a vault's folder.
    ///
    /// # Errors
    /// As the file system reports; `InvalidData` for what is no such file of this vault.
    pub(crate) fn read(disk: &dyn Disk, dir: &Path, vault: VaultId) -> std::io::Result<Self> {
        let bytes = match read_whole(disk, &dir.join(SUCCESSION), MAX_BYTES) {
            Err(error) if is_absent(&error) => return Ok(Self::default()),
            other => other?,
        };
        let text = String::from_utf8(bytes).unwrap_or_default();
        let ledgers = Self::parse(text.lines(), vault);
        ledgers
            .filter(|ledgers| !ledgers.is_empty())
            .ok_or_else(|| {
                let says = format!(
                    "`{SUCCESSION}`, which says what ledgers the vault has had, is damaged"
                );
                std::io::Error::new(std::io::ErrorKind::InvalidData, says)
            })
    }

    /// Reads statements; `None` where they do not follow one from another. Whether the root key signed them is
    /// for [`Ledgers::vouched`].
    pub(crate) fn parse<'a>(
        texts: impl IntoIterator<Item = &'a str>,
        vault: VaultId,
    ) -> Option<Self> {
        let mut ledgers = Self::default();
        for text in texts {
            let statement = Statement::parse(text.as_bytes()).ok()?;
            if statement.kind() != StatementKind::Succeed
                || statement.vault() != vault
                || statement.by() != ROOT
            {
                return None;
            }
            ledgers = ledgers.followed_by(&statement)?;
        }
        Some(ledgers)
    }

    /// With one more; `None` where it does not follow.
    pub(crate) fn followed_by(mut self, statement: &Statement) -> Option<Self> {
        let said: LedgerStatement = statement.read_body()?;
        let key: VerifierKey = said.ledger.parse().ok()?;
        let replaced: VerifierKey = said.replaces.parse().ok()?;
        let follows = match self.said.last() {
            None => said.number == 1,
            Some((last, _)) => {
                said.number.checked_sub(1) == Some(last.number)
                    && said.replaces == last.ledger
                    && said.size >= last.size
            }
        };
        let other = key.name() != replaced.name();
        if !follows || !other || said.seen_size <= said.size {
            return None;
        }
        self.texts
            .push(String::from_utf8_lossy(statement.bytes()).into_owned());
        self.said.push((said, key));
        Some(self)
    }

    /// Whether the vault has its first ledger still.
    pub(crate) fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    /// The statements, oldest first.
    pub(crate) fn texts(&self) -> &[String] {
        &self.texts
    }

    /// The last statement.
    pub(crate) fn last(&self) -> Option<&LedgerStatement> {
        self.said.last().map(|(said, _)| said)
    }

    /// The last ledger's name; `None` where the vault has its first still.
    pub(crate) fn name(&self) -> Option<&str> {
        self.said.last().map(|(_, key)| key.name())
    }

    /// The file.
    pub(crate) fn to_text(&self) -> String {
        let lines = self.texts.iter().flat_map(|text| [text.as_str(), "\n"]);
        lines.collect()
    }

    /// Whether the root key signed every one.
    pub(crate) fn vouched(&self, root: &VerifyingKey) -> bool {
        let signed = |text: &String| {
            Statement::parse(text.as_bytes()).is_ok_and(|one| one.verify(root).is_ok())
        };
        self.texts.iter().all(signed)
    }

    /// Whether they lead from the ledger of the one key to that of the other.
    pub(crate) fn lead(&self, from: &str, to: &str) -> bool {
        let starts = |(said, _): &&(LedgerStatement, VerifierKey)| said.replaces == from;
        from == to
            || self.said.iter().any(|one| starts(&one))
                && self.last().is_some_and(|last| last.ledger == to)
    }

    /// The keys by the size of the heads they sign, where `now` signs the newest; `None` where it is not the
    /// last ledger's.
    pub(crate) fn lineage(&self, now: &VerifierKey) -> Option<Lineage> {
        let Some((first, _)) = self.said.first() else {
            return Some(Lineage::founded(now.clone()));
        };
        let mut lineage = Lineage::founded(first.replaces.parse().ok()?);
        for (said, key) in &self.said {
            lineage = lineage.succeeded(TreeSize::new(said.size), key.clone());
        }
        (lineage.now() == now).then_some(lineage)
    }

    /// What is left of a head over so many entries of the ledger of this name. What was remembered before ledgers
    /// were named is of the first.
    pub(crate) fn left(&self, name: Option<&str>, size: u64) -> Left {
        let mut left = Left {
            size,
            root: None,
            lost: 0,
        };
        let mut of_it = name.is_none();
        for (said, _) in &self.said {
            let replaced = said.replaces.parse::<VerifierKey>();
            of_it |= replaced.is_ok_and(|key| Some(key.name()) == name);
            if of_it && left.size > said.size {
                left = Left {
                    size: said.size,
                    root: Some(said.root),
                    lost: size.saturating_sub(said.size),
                };
            }
        }
        left
    }

    /// Whether the entries the next ledgers began with are those that stand at the beginning here.
    pub(crate) fn begin(&self, head: &LedgerHead) -> bool {
        let same = |said: &LedgerStatement| head.root_at(said.size) == Some(said.root);
        self.said.iter().all(|(said, _)| same(said))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::ledger::LogKey;
    use crate::ledger::merkle::leaf_hash;
    use crate::sealing::Heading;
    use crate::sealing::SigningKey;

    fn at(size: u64) -> Hash {
        leaf_hash(&size.to_be_bytes())
    }

    struct Chain {
        vault: VaultId,
        root: SigningKey,
        keys: Vec<VerifierKey>,
    }

    impl Chain {
        fn new() -> Self {
            let key = |n: usize| LogKey::generate(&format!("strongroom.invalid/{n}")).unwrap();
            Self {
                vault: VaultId::random(),
                root: SigningKey::generate(),
                keys: (0..3).map(|n| key(n).verifier()).collect(),
            }
        }

        fn said(&self, number: usize, size: u64, seen: u64) -> LedgerStatement {
            LedgerStatement {
                number: u32::try_from(number).unwrap(),
                ledger: self.keys[number].to_string(),
                replaces: self.keys[number - 1].to_string(),
                size,
                root: at(size),
                seen_size: seen,
                seen_root: at(seen),
            }
        }

        fn signed(&self, said: &LedgerStatement) -> String {
            let heading = Heading {
                kind: StatementKind::Succeed,
                vault: self.vault,
                by: ROOT,
                at: Timestamp::from_ms(1),
            };
            let body = serde_json::to_value(said).unwrap();
            let statement = Statement::sign(&heading, body, &self.root).unwrap();
            String::from_utf8(statement.bytes().to_vec()).unwrap()
        }

        fn ledgers(&self, said: &[LedgerStatement]) -> Option<Ledgers> {
            let texts: Vec<String> = said.iter().map(|one| self.signed(one)).collect();
            Ledgers::parse(texts.iter().map(String::as_str), self.vault)
        }
    }

    #[test]
    fn a_chain_is_followed_and_nothing_else_is() {
        let chain = Chain::new();
        let (first, second) = (chain.said(1, 5, 9), chain.said(2, 7, 8));
        let ledgers = chain.ledgers(&[first.clone(), second.clone()]).unwrap();
        assert!(ledgers.vouched(&chain.root.verifying()));
        assert!(!ledgers.vouched(&SigningKey::generate().verifying()));
        let [a, b, c] = [0, 1, 2].map(|n: usize| chain.keys[n].to_string());
        assert!(ledgers.lead(&a, &c) && ledgers.lead(&b, &c) && ledgers.lead(&c, &c));
        assert!(!ledgers.lead(&a, &b) && !ledgers.lead(&c, &a));
        let lineage = ledgers.lineage(&chain.keys[2]).unwrap();
        assert_eq!(lineage.at(TreeSize::new(5)), &chain.keys[0]);
        assert_eq!(lineage.at(TreeSize::new(6)), &chain.keys[1]);
        assert_eq!(lineage.at(TreeSize::new(8)), &chain.keys[2]);
        assert!(ledgers.lineage(&chain.keys[1]).is_none());
        let again = Ledgers::parse(ledgers.to_text().lines(), chain.vault).unwrap();
        assert_eq!(again, ledgers);

        let wrong: [&[LedgerStatement]; 5] = [
            std::slice::from_ref(&second),
            &[first.clone(), first.clone()],
            &[
                first.clone(),
                LedgerStatement {
                    size: 4,
                    ..second.clone()
                },
            ],
            &[LedgerStatement {
                seen_size: 5,
                ..first.clone()
            }],
            &[LedgerStatement {
                ledger: first.replaces.clone(),
                ..first.clone()
            }],
        ];
        for said in wrong {
            assert_eq!(chain.ledgers(said), None, "{said:?}");
        }
        let text = chain.signed(&first);
        assert_eq!(Ledgers::parse([text.as_str()], VaultId::random()), None);
    }

    #[test]
    fn what_is_left_of_a_head_is_what_was_recovered() {
        let chain = Chain::new();
        let ledgers = chain.ledgers(&[chain.said(1, 5, 9), chain.said(2, 7, 8)]);
        let ledgers = ledgers.unwrap();
        let left = |name: Option<&str>, size: u64| {
            let left = ledgers.left(name, size);
            (left.size, left.root, left.lost)
        };
        let (a, b, c) = (
            "strongroom.invalid/0",
            "strongroom.invalid/1",
            "strongroom.invalid/2",
        );
        assert_eq!(left(Some(a), 5), (5, None, 0));
        assert_eq!(left(Some(a), 9), (5, Some(at(5)), 4));
        assert_eq!(left(None, 9), (5, Some(at(5)), 4));
        assert_eq!(left(Some(b), 7), (7, None, 0));
        assert_eq!(left(Some(b), 8), (7, Some(at(7)), 1));
        assert_eq!(left(Some(c), 12), (12, None, 0));
    }
}
