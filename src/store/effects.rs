//! What a frame changes in rows and keys.
//!
//! ```text
//! effects  = effect*
//! put      = 1 | tree u8 | row id 16 | revision u64 | nonce 24 | u32 length, ciphertext
//! drop     = 2 | tree u8 | row id 16
//! key      = 3 | u32 length, sealed (3 | unit name | unit key 32)
//! end unit = 4 | u32 length, sealed (4 | unit name)
//! name     = kind u8 | u32 length, natural key
//! ```
//!
//! Rows arrive sealed under the key of their unit and are not sealed again. New keys and ends are
//! sealed singly under the generation key, to vault, generation, frame number and their position among
//! the frame's effects, so that they die with that key while the rows need not be rewritten. The type
//! byte inside the seal is the one outside it: neither sort can be passed off as the other.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::bytes::{Fields, Malformed, put_field};
use crate::ids::VaultId;
use crate::sealing::{EffectPlace, GenerationKey, RowError, RowId, SealedRow, UnitKey};
use crate::store::names::{Tree, UnitName};

const PUT: u8 = 1;
const DROP: u8 = 2;
const KEY: u8 = 3;
const END_UNIT: u8 = 4;

/// One change of rows or keys, before it is sealed into a frame.
#[derive(Debug)]
pub enum Effect {
    /// The row is now this.
    Put {
        /// The row's tree.
        tree: Tree,
        /// The row's id.
        id: RowId,
        /// Its value, sealed under the key of its unit.
        row: SealedRow,
    },
    /// The row is no longer served. Its bytes end with its unit.
    Drop {
        /// The row's tree.
        tree: Tree,
        /// The row's id.
        id: RowId,
    },
    /// The unit has this key from now on; a later key takes the place of an earlier one.
    Key {
        /// The unit.
        unit: UnitName,
        /// Its key.
        key: UnitKey,
    },
    /// The unit is over: its key is left out of the next key table.
    EndUnit {
        /// The unit.
        unit: UnitName,
    },
}

/// A change of the key table.
#[derive(Debug)]
pub enum KeyChange {
    /// As in [`Effect::Key`].
    Key {
        /// The unit.
        unit: UnitName,
        /// Its key.
        key: UnitKey,
    },
    /// As in [`Effect::EndUnit`].
    EndUnit {
        /// The unit.
        unit: UnitName,
    },
}

/// Where effects stand: what the sealed ones among them are bound to.
#[derive(Debug, Clone, Copy)]
pub struct FramePlace<'a> {
    /// The vault.
    pub vault: &'a VaultId,
    /// The frame's generation.
    pub generation: u32,
    /// The frame's number.
    pub frame: u64,
}

impl<'a> FramePlace<'a> {
    fn at(&self, position: u32) -> EffectPlace<'a> {
        EffectPlace {
            vault: self.vault,
            generation: self.generation,
            frame: self.frame,
            position,
        }
    }
}

/// A `key` or `end unit` effect as it stands in a frame.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedKeyEffect {
    /// The frame's number.
    pub frame: u64,
    /// The effect's position among the frame's effects, from 0.
    pub position: u32,
    /// Whether it ends a unit (otherwise it brings a key).
    pub ends_unit: bool,
    /// Nonce and ciphertext.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for SealedKeyEffect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedKeyEffect")
            .field("frame", &self.frame)
            .field("position", &self.position)
            .field("ends_unit", &self.ends_unit)
            .finish_non_exhaustive()
    }
}

/// An effect as anyone without keys can read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawEffect {
    /// As in [`Effect::Put`].
    Put {
        /// The row's tree.
        tree: Tree,
        /// The row's id.
        id: RowId,
        /// Its sealed value.
        row: SealedRow,
    },
    /// As in [`Effect::Drop`].
    Drop {
        /// The row's tree.
        tree: Tree,
        /// The row's id.
        id: RowId,
    },
    /// A new key or the end of a unit, still sealed.
    Sealed(SealedKeyEffect),
}

/// A raw effect and where its bytes stand among the frame's effects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedEffect {
    /// The first byte.
    pub offset: usize,
    /// How many bytes.
    pub length: usize,
    /// The effect.
    pub effect: RawEffect,
}

/// Why effects cannot be written or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectsError {
    /// A value or a name is longer than its length field may say.
    TooLarge,
    /// The bytes are no effects of version 1.
    Malformed,
    /// A sealed effect does not open with this generation's key at this place.
    Sealed,
}

impl std::fmt::Display for EffectsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "a change is too large to be written",
            Self::Malformed => "a frame's changes are not readable",
            Self::Sealed => "a key change does not open with this generation's key",
        })
    }
}

impl std::error::Error for EffectsError {}

impl From<Malformed> for EffectsError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl From<RowError> for EffectsError {
    fn from(_: RowError) -> Self {
        Self::Sealed
    }
}

/// The bytes of a frame's effects, key changes sealed to `at`.
///
/// # Errors
/// [`EffectsError::TooLarge`].
pub fn encode(
    effects: &[Effect],
    key: &GenerationKey,
    at: &FramePlace<'_>,
) -> Result<Vec<u8>, EffectsError> {
    let mut out = Vec::new();
    for (position, effect) in (0_u32..).zip(effects) {
        let place = at.at(position);
        match effect {
            Effect::Put { tree, id, row } => write_put(&mut out, *tree, id, row)?,
            Effect::Drop { tree, id } => put_row_name(&mut out, DROP, *tree, id),
            Effect::Key { unit, key: new } => {
                let plain = key_plain(KEY, unit, new.expose())?;
                out.push(KEY);
                put_long(&mut out, &key.seal_effect(&place, &plain))?;
            }
            Effect::EndUnit { unit } => {
                let plain = key_plain(END_UNIT, unit, &[])?;
                out.push(END_UNIT);
                put_long(&mut out, &key.seal_effect(&place, &plain))?;
            }
        }
    }
    Ok(out)
}

/// The effects in a frame's bytes; sealed ones stay sealed.
///
/// # Errors
/// [`EffectsError::Malformed`].
pub fn decode(frame: u64, bytes: &[u8]) -> Result<Vec<RawEffect>, EffectsError> {
    let placed = decode_placed(frame, bytes)?;
    Ok(placed.into_iter().map(|one| one.effect).collect())
}

/// As [`decode`], with where each effect's bytes stand.
///
/// # Errors
/// [`EffectsError::Malformed`].
pub fn decode_placed(frame: u64, bytes: &[u8]) -> Result<Vec<PlacedEffect>, EffectsError> {
    let mut fields = Fields::new(bytes);
    let mut placed = Vec::new();
    let mut position = 0_u32;
    while !fields.rest().is_empty() {
        let offset = bytes.len() - fields.rest().len();
        let effect = decode_one(&mut fields, frame, position)?;
        let length = bytes.len() - fields.rest().len() - offset;
        placed.push(PlacedEffect {
            offset,
            length,
            effect,
        });
        position = position.checked_add(1).ok_or(Malformed)?;
    }
    Ok(placed)
}

fn decode_one(
    fields: &mut Fields<'_>,
    frame: u64,
    position: u32,
) -> Result<RawEffect, EffectsError> {
    let sort = fields.u8()?;
    match sort {
        PUT | DROP => {
            let tree = Tree::from_number(fields.u8()?).ok_or(Malformed)?;
            let id = RowId(fields.array()?);
            if sort == DROP {
                return Ok(RawEffect::Drop { tree, id });
            }
            let row = SealedRow {
                revision: fields.u64()?,
                nonce: fields.array()?,
                ciphertext: fields.field()?.to_vec(),
            };
            Ok(RawEffect::Put { tree, id, row })
        }
        KEY | END_UNIT => Ok(RawEffect::Sealed(SealedKeyEffect {
            frame,
            position,
            ends_unit: sort == END_UNIT,
            bytes: fields.field()?.to_vec(),
        })),
        _ => Err(EffectsError::Malformed),
    }
}

impl SealedKeyEffect {
    /// Opens a key change with the key of its frame's generation.
    ///
    /// # Errors
    /// [`EffectsError::Sealed`] for another key, vault, generation, frame or position;
    /// [`EffectsError::Malformed`] for bytes that were sealed but are no key change of this sort.
    pub fn open(
        &self,
        key: &GenerationKey,
        vault: &VaultId,
        generation: u32,
    ) -> Result<KeyChange, EffectsError> {
        let place = EffectPlace {
            vault,
            generation,
            frame: self.frame,
            position: self.position,
        };
        let plain = key.open_effect(&place, &self.bytes)?;
        let mut fields = Fields::new(&plain);
        let sort = fields.u8()?;
        if (sort == END_UNIT) != self.ends_unit {
            return Err(EffectsError::Malformed);
        }
        let unit = UnitName::decode(&mut fields)?;
        let change = if sort == KEY {
            let bytes = fields.array().map(Zeroizing::new)?;
            KeyChange::Key {
                unit,
                key: UnitKey::from_bytes(*bytes),
            }
        } else {
            KeyChange::EndUnit { unit }
        };
        fields.end()?;
        Ok(change)
    }
}

/// SHA-256 of be32 generation and the effects as written: what the `frame` field of a frame's last
/// leaf names.
pub fn effects_digest(generation: u32, effects: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(generation.to_be_bytes());
    hash.update(effects);
    hash.finalize().into()
}

/// Appends one put, as frames and snapshots hold it.
pub(crate) fn write_put(
    out: &mut Vec<u8>,
    tree: Tree,
    id: &RowId,
    row: &SealedRow,
) -> Result<(), EffectsError> {
    put_row_name(out, PUT, tree, id);
    out.extend_from_slice(&row.revision.to_be_bytes());
    out.extend_from_slice(&row.nonce);
    put_long(out, &row.ciphertext)
}

fn put_row_name(out: &mut Vec<u8>, sort: u8, tree: Tree, id: &RowId) {
    out.push(sort);
    out.push(tree.number());
    out.extend_from_slice(&id.0);
}

fn put_long(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), EffectsError> {
    put_field(out, bytes).map_err(|_| EffectsError::TooLarge)
}

/// Allocated whole, so that growing it leaves no key behind.
fn key_plain(sort: u8, unit: &UnitName, key: &[u8]) -> Result<Zeroizing<Vec<u8>>, EffectsError> {
    let mut plain = Zeroizing::new(Vec::with_capacity(1 + unit.encoded_len() + key.len()));
    plain.push(sort);
    unit.encode(&mut plain)
        .map_err(|_| EffectsError::TooLarge)?;
    plain.extend_from_slice(key);
    Ok(plain)
}

#[cfg(test)]
mod tests;
