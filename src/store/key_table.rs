//! The key table: the key of every living unit. Where every look-up begins, and the only thing under
//! the generation key besides the frames' key changes.
//!
//! ```text
//! file  = 'srkeys1\n' | sealed body
//! body  = levels u32 (1) | count u32 | (unit name | unit key 32)*, in the order of the names
//! name  = kind u8 | u32 length, natural key
//! ```

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::bytes::{Fields, Malformed};
use crate::ids::VaultId;
use crate::sealing::{BareTable, GenerationKey, UnitKey};
use crate::store::effects::KeyChange;
use crate::store::names::{UnitKind, UnitName};

const MAGIC: &[u8; 8] = b"srkeys1\n";
/// A flat table. Two levels would let a large vault rewrite only part of it.
const LEVELS: u32 = 1;

/// Why a key table cannot be written or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyTableError {
    /// The file is no key table of version 1, or its contents are not in their one order.
    Malformed,
    /// It does not open with this key for this vault and generation.
    Sealed,
    /// A unit's name is too long, or there are more units than a table may hold.
    TooLarge,
}

impl std::fmt::Display for KeyTableError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the key table is not readable",
            Self::Sealed => "the key table does not open with this generation's key",
            Self::TooLarge => "the key table holds too much to be written",
        })
    }
}

impl std::error::Error for KeyTableError {}

impl From<Malformed> for KeyTableError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// The keys of all living units, in memory. Each key is wiped when it is dropped.
#[derive(Default)]
pub struct KeyTable(BTreeMap<UnitName, UnitKey>);

impl KeyTable {
    /// A table without units.
    pub fn new() -> Self {
        Self::default()
    }

    /// The key of a living unit.
    pub fn get(&self, unit: &UnitName) -> Option<&UnitKey> {
        self.0.get(unit)
    }

    /// Gives a unit its key, in place of one it may have had.
    pub fn insert(&mut self, unit: UnitName, key: UnitKey) {
        self.0.insert(unit, key);
    }

    /// Ends a unit; says whether it lived.
    pub fn remove(&mut self, unit: &UnitName) -> bool {
        self.0.remove(unit).is_some()
    }

    /// Applies one change of a frame.
    pub fn apply(&mut self, change: KeyChange) {
        match change {
            KeyChange::Key { unit, key } => self.insert(unit, key),
            KeyChange::EndUnit { unit } => {
                self.remove(&unit);
            }
        }
    }

    /// How many units live.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no unit lives.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every living unit, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&UnitName, &UnitKey)> {
        self.0.iter()
    }

    /// The living units of one kind, in the order of their natural keys.
    pub fn of_kind(&self, kind: UnitKind) -> impl Iterator<Item = (&UnitName, &UnitKey)> {
        self.0
            .range(UnitName::new(kind, &[])..)
            .take_while(move |(unit, _)| unit.kind() == kind)
    }

    /// The living units of one kind whose natural keys begin so, in their order.
    pub fn beginning(
        &self,
        kind: UnitKind,
        natural: &[u8],
    ) -> impl Iterator<Item = (&UnitName, &UnitKey)> {
        self.0
            .range(UnitName::new(kind, natural)..)
            .take_while(move |(unit, _)| unit.kind() == kind && unit.natural().starts_with(natural))
    }

    /// The table's file for this generation.
    ///
    /// # Errors
    /// [`KeyTableError::TooLarge`].
    pub fn seal(
        &self,
        key: &GenerationKey,
        vault: &VaultId,
        generation: u32,
    ) -> Result<Vec<u8>, KeyTableError> {
        let entries: usize = self.iter().map(|(unit, _)| unit.encoded_len() + 32).sum();
        let count = u32::try_from(self.len()).map_err(|_| KeyTableError::TooLarge)?;
        let mut table = BareTable::new(MAGIC, 8 + entries);
        let body = table.body();
        body.extend_from_slice(&LEVELS.to_be_bytes());
        body.extend_from_slice(&count.to_be_bytes());
        for (unit, unit_key) in self.iter() {
            unit.encode(body).map_err(|_| KeyTableError::TooLarge)?;
            body.extend_from_slice(unit_key.expose());
        }
        Ok(key.seal_table(vault, generation, table))
    }

    /// Whether a file is this very table, sealed for this generation: every unit and key of it, and no other. What
    /// was written is compared so before anything relies on it; no second table is made for that.
    ///
    /// # Errors
    /// [`KeyTableError::Sealed`] and [`KeyTableError::Malformed`], as [`KeyTable::open`].
    pub fn is_sealed_in(
        &self,
        file: &[u8],
        key: &GenerationKey,
        vault: &VaultId,
        generation: u32,
    ) -> Result<bool, KeyTableError> {
        let body = opened(file, key, vault, generation)?;
        let mut fields = Fields::new(&body);
        let numbers = (fields.u32()?, fields.u32()?);
        if numbers.0 != LEVELS || usize::try_from(numbers.1) != Ok(self.len()) {
            return Ok(false);
        }
        for (unit, unit_key) in self.iter() {
            let same = fields.u8()? == unit.kind().number()
                && fields.field()? == unit.natural()
                && fields.take(32)? == unit_key.expose();
            if !same {
                return Ok(false);
            }
        }
        Ok(fields.end().is_ok())
    }

    /// Reads the table file of this generation.
    ///
    /// # Errors
    /// [`KeyTableError::Sealed`] for another key, vault or generation and for altered bytes;
    /// [`KeyTableError::Malformed`] for what is no key table.
    pub fn open(
        file: &[u8],
        key: &GenerationKey,
        vault: &VaultId,
        generation: u32,
    ) -> Result<Self, KeyTableError> {
        let body = opened(file, key, vault, generation)?;
        let mut fields = Fields::new(&body);
        if fields.u32()? != LEVELS {
            return Err(KeyTableError::Malformed);
        }
        let count = fields.u32()?;
        let mut units: Vec<(UnitName, UnitKey)> = Vec::new();
        for _ in 0..count {
            let unit = UnitName::decode(&mut fields)?;
            let bytes = fields.array().map(Zeroizing::new)?;
            if units.last().is_some_and(|(before, _)| *before >= unit) {
                return Err(KeyTableError::Malformed);
            }
            units.push((unit, UnitKey::from_bytes(*bytes)));
        }
        fields.end()?;
        // In their order already, so that the table is built without looking anything up.
        Ok(Self(units.into_iter().collect()))
    }
}

/// What stands in a table's file.
fn opened(
    file: &[u8],
    key: &GenerationKey,
    vault: &VaultId,
    generation: u32,
) -> Result<Zeroizing<Vec<u8>>, KeyTableError> {
    let sealed = file.strip_prefix(MAGIC).ok_or(KeyTableError::Malformed)?;
    key.open_table(vault, generation, sealed)
        .map_err(|_| KeyTableError::Sealed)
}

impl std::fmt::Debug for KeyTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyTable({} units)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VAULT: VaultId = VaultId::from_bytes([7; 16]);

    fn name(kind: UnitKind, natural: &[u8]) -> UnitName {
        UnitName::new(kind, natural)
    }

    fn key(byte: u8) -> UnitKey {
        UnitKey::from_bytes([byte; 32])
    }

    fn sample() -> KeyTable {
        let mut table = KeyTable::new();
        for (byte, (kind, natural)) in (1..).zip([
            (UnitKind::Record, &b"b"[..]),
            (UnitKind::Record, b"a"),
            (UnitKind::Grant, b"a"),
            (UnitKind::Vault, b""),
        ]) {
            table.insert(name(kind, natural), key(byte));
        }
        table
    }

    #[test]
    fn changes_apply_in_order() {
        let mut table = sample();
        let unit = name(UnitKind::Record, b"a");
        assert_eq!(table.get(&unit).unwrap().expose(), &[2; 32]);
        table.apply(KeyChange::Key {
            unit: unit.clone(),
            key: key(9),
        });
        assert_eq!(table.get(&unit).unwrap().expose(), &[9; 32]);
        table.apply(KeyChange::EndUnit { unit: unit.clone() });
        assert!(table.get(&unit).is_none());
        assert!(!table.remove(&unit));
        assert_eq!(table.len(), 3);
    }

    #[test]
    fn kinds_are_listed_alone_and_in_order() {
        let table = sample();
        let naturals: Vec<&[u8]> = table
            .of_kind(UnitKind::Record)
            .map(|(unit, _)| unit.natural())
            .collect();
        assert_eq!(naturals, [b"a", b"b"]);
        assert_eq!(table.of_kind(UnitKind::Vault).count(), 1);
        assert_eq!(table.of_kind(UnitKind::Tombstone).count(), 0);
    }

    #[test]
    fn a_file_opens_for_its_vault_generation_and_key_alone() {
        let generation = GenerationKey::generate();
        let file = sample().seal(&generation, &VAULT, 4).unwrap();
        let open = |key: &GenerationKey, vault: &VaultId, number| {
            KeyTable::open(&file, key, vault, number).map(|table| table.len())
        };
        assert_eq!(open(&generation, &VAULT, 4), Ok(4));
        let other = VaultId::from_bytes([8; 16]);
        assert_eq!(open(&generation, &VAULT, 5), Err(KeyTableError::Sealed));
        assert_eq!(open(&generation, &other, 4), Err(KeyTableError::Sealed));
        assert_eq!(
            open(&GenerationKey::generate(), &VAULT, 4),
            Err(KeyTableError::Sealed)
        );
        for at in 0..file.len() {
            let mut bad = file.clone();
            bad[at] ^= 1;
            assert!(KeyTable::open(&bad, &generation, &VAULT, 4).is_err());
            assert!(KeyTable::open(&file[..at], &generation, &VAULT, 4).is_err());
        }
        assert!(
            !file.windows(8).any(|window| window == [1; 8]),
            "a key shows"
        );
    }

    #[test]
    fn a_file_is_told_from_another_table_s() {
        let generation = GenerationKey::generate();
        let file = sample().seal(&generation, &VAULT, 4).unwrap();
        let same = |table: &KeyTable| table.is_sealed_in(&file, &generation, &VAULT, 4);
        assert_eq!(same(&sample()), Ok(true));
        let mut other = sample();
        other.insert(name(UnitKind::Record, b"a"), key(9));
        assert_eq!(same(&other), Ok(false));
        let mut other = sample();
        other.remove(&name(UnitKind::Vault, b""));
        assert_eq!(same(&other), Ok(false));
        other.insert(name(UnitKind::Vault, b"a"), key(4));
        assert_eq!(same(&other), Ok(false));
        assert_eq!(same(&KeyTable::new()), Ok(false));
        let wrong = sample().is_sealed_in(&file, &generation, &VAULT, 5);
        assert_eq!(wrong, Err(KeyTableError::Sealed));
        let wrong = sample().is_sealed_in(b"text", &generation, &VAULT, 4);
        assert_eq!(wrong, Err(KeyTableError::Malformed));
    }

    #[test]
    fn one_order_and_one_level_only() {
        let generation = GenerationKey::generate();
        let entry = |natural: &[u8]| {
            let mut out = Vec::new();
            name(UnitKind::Case, natural).encode(&mut out).unwrap();
            [out, vec![1; 32]].concat()
        };
        let open = |levels: u32, count: u32, entries: &[Vec<u8>]| {
            let numbers = [levels.to_be_bytes(), count.to_be_bytes()].concat();
            let body = [numbers, entries.concat()].concat();
            let mut table = BareTable::new(MAGIC, body.len());
            table.body().extend_from_slice(&body);
            let file = generation.seal_table(&VAULT, 1, table);
            KeyTable::open(&file, &generation, &VAULT, 1).map(|table| table.len())
        };
        let (a, b) = (entry(b"a"), entry(b"b"));
        assert_eq!(open(1, 2, &[a.clone(), b.clone()]), Ok(2));
        let refused = Err(KeyTableError::Malformed);
        assert_eq!(open(2, 2, &[a.clone(), b.clone()]), refused);
        assert_eq!(open(1, 1, &[a.clone(), b.clone()]), refused);
        assert_eq!(open(1, 3, &[a.clone(), b.clone()]), refused);
        assert_eq!(open(1, u32::MAX, std::slice::from_ref(&a)), refused);
        assert_eq!(open(1, 2, &[b, a.clone()]), refused);
        assert_eq!(open(1, 2, &[a.clone(), a]), refused);
    }

    proptest! {
        #[test]
        fn round_trips(units: Vec<(u8, Vec<u8>, [u8; 32])>) {
            let generation = GenerationKey::from_bytes([5; 32]);
            let mut table = KeyTable::new();
            for (kind, natural, bytes) in units {
                let kind = UnitKind::from_number(kind % 17 + 1).unwrap();
                table.insert(name(kind, &natural), UnitKey::from_bytes(bytes));
            }
            let file = table.seal(&generation, &VAULT, 2).unwrap();
            let again = KeyTable::open(&file, &generation, &VAULT, 2).unwrap();
            let all = |table: &KeyTable| -> Vec<(UnitName, [u8; 32])> {
                table.iter().map(|(unit, key)| (unit.clone(), *key.expose())).collect()
            };
            prop_assert_eq!(all(&again), all(&table));
        }
    }

    #[test]
    fn debug_shows_a_count() {
        assert_eq!(format!("{:?}", sample()), "KeyTable(4 units)");
    }
}
