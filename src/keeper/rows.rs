//! Rows of units: typed reading and writing, sealed under the unit's key on the way.

use std::cell::RefCell;
use std::collections::HashMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::sealing::RowId;
use crate::sealing::RowPlace;
use crate::sealing::SealedRow;
use crate::sealing::UnitKey;
use crate::store::Effect;
use crate::store::Tree;
use crate::store::UnitName;

/// Rows by tree and id, `None` where there is none.
pub(crate) type Ahead = RefCell<HashMap<(Tree, RowId), Option<SealedRow>>>;

/// How many things are looked at ahead at a time: enough that waiting for the index no longer counts, few enough
/// that their rows are no burden.
pub(crate) const AHEAD: usize = 512;

impl Vault {
    /// The row's value; `None` when its unit or the row does not exist (any more).
    pub(crate) fn read<T: DeserializeOwned>(
        &self,
        unit: &UnitName,
        tree: Tree,
        natural: &[u8],
    ) -> Result<Option<T>, Broken> {
        let Some(key) = self.keys.get(unit) else {
            return Ok(None);
        };
        let Some(plain) = self.read_under(key, tree, natural)? else {
            return Ok(None);
        };
        serde_json::from_slice(&plain)
            .map(Some)
            .map_err(|_| Broken::Row(tree))
    }

    /// The bytes of a row under a given key.
    pub(crate) fn read_under(
        &self,
        key: &UnitKey,
        tree: Tree,
        natural: &[u8],
    ) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, Broken> {
        let id = key.row_id(tree.number(), natural);
        #[cfg(test)]
        crate::keeper::seen::count(&self.work.looked_up);
        let Some(row) = self.sealed_row(tree, &id)? else {
            return Ok(None);
        };
        #[cfg(test)]
        crate::keeper::seen::count(&self.work.opened);
        let place = RowPlace {
            vault: &self.id,
            tree: tree.number(),
            id,
        };
        key.open_row(&place, &row)
            .map(Some)
            .map_err(|_| Broken::Row(tree))
    }

    fn sealed_row(&self, tree: Tree, id: &RowId) -> Result<Option<SealedRow>, Broken> {
        let at = (tree, *id);
        if let Some(staged) = self.staged.rows.get(&at) {
            return Ok(staged.clone());
        }
        if let Some(read) = self.ahead.borrow().get(&at) {
            return Ok(read.clone());
        }
        self.store.row(tree, id).map_err(Broken::from)
    }

    /// Reads what stands at these places in one go, for whoever is about to look at all of them. It is kept
    /// until the next such call or the next frame; what is staged meanwhile comes before it.
    pub(crate) fn look_ahead(
        &self,
        places: impl Iterator<Item = (UnitKey, Tree, Vec<u8>)>,
    ) -> Result<(), Broken> {
        let id = |(key, tree, natural): (UnitKey, Tree, Vec<u8>)| {
            (tree, key.row_id(tree.number(), &natural))
        };
        let places: Vec<(Tree, RowId)> = places.map(id).collect();
        let rows = self.store.rows_at(&places)?;
        self.ahead.replace(places.into_iter().zip(rows).collect());
        Ok(())
    }

    /// A place for [`Vault::look_ahead`]; `None` when the unit does not exist (any more).
    pub(crate) fn place(
        &self,
        unit: &UnitName,
        tree: Tree,
        natural: &[u8],
    ) -> Option<(UnitKey, Tree, Vec<u8>)> {
        let key = self.keys.get(unit)?.duplicate();
        Some((key, tree, natural.to_vec()))
    }

    /// Writes a row, a new revision if it exists.
    pub(crate) fn write<T: Serialize + ?Sized>(
        &mut self,
        unit: &UnitName,
        tree: Tree,
        natural: &[u8],
        value: &T,
    ) -> Result<(), Broken> {
        let plain =
            zeroize::Zeroizing::new(serde_json::to_vec(value).map_err(|_| Broken::Row(tree))?);
        let key = self.keys.get(unit).ok_or(Broken::NoUnit)?.duplicate();
        if self.staged.made.contains(unit) {
            self.write_new(&key, tree, natural, &plain);
            return Ok(());
        }
        self.write_under(&key, tree, natural, &plain)
    }

    /// Writes a row's bytes under a given key.
    pub(crate) fn write_under(
        &mut self,
        key: &UnitKey,
        tree: Tree,
        natural: &[u8],
        plain: &[u8],
    ) -> Result<(), Broken> {
        let id = key.row_id(tree.number(), natural);
        let before = self.sealed_row(tree, &id)?;
        self.put_row(key, (tree, id), before, plain);
        Ok(())
    }

    /// As [`Vault::write_under`], where the key was drawn, or made of one that was drawn, in the frame being built:
    /// the store is not asked for a row that it cannot have.
    pub(crate) fn write_new(&mut self, key: &UnitKey, tree: Tree, natural: &[u8], plain: &[u8]) {
        let id = key.row_id(tree.number(), natural);
        let before = self.staged.rows.get(&(tree, id)).cloned().flatten();
        self.put_row(key, (tree, id), before, plain);
    }

    fn put_row(
        &mut self,
        key: &UnitKey,
        (tree, id): (Tree, RowId),
        before: Option<SealedRow>,
        plain: &[u8],
    ) {
        let revision = before.map_or(1, |old| old.revision.saturating_add(1));
        let place = RowPlace {
            vault: &self.id,
            tree: tree.number(),
            id,
        };
        let row = key.seal_row(&place, revision, plain);
        self.staged.rows.insert((tree, id), Some(row.clone()));
        self.staged.effects.push(Effect::Put { tree, id, row });
    }

    /// Removes a row, if there is one.
    pub(crate) fn drop_row(
        &mut self,
        unit: &UnitName,
        tree: Tree,
        natural: &[u8],
    ) -> Result<(), Broken> {
        match self.keys.get(unit).map(UnitKey::duplicate) {
            Some(key) => self.drop_row_under(&key, tree, natural),
            None => Ok(()),
        }
    }

    /// Erases a row under a given key, if there is one.
    pub(crate) fn drop_row_under(
        &mut self,
        key: &UnitKey,
        tree: Tree,
        natural: &[u8],
    ) -> Result<(), Broken> {
        let id = key.row_id(tree.number(), natural);
        if self.sealed_row(tree, &id)?.is_some() {
            self.staged.rows.insert((tree, id), None);
            self.staged.effects.push(Effect::Drop { tree, id });
        }
        Ok(())
    }

    /// Seals a row under another key and natural key, and removes it where it was. Nothing is handed out.
    pub(crate) fn move_row(
        &mut self,
        tree: Tree,
        (from, natural): (&UnitKey, &[u8]),
        (to, renamed): (&UnitKey, &[u8]),
    ) -> Result<(), Broken> {
        if let Some(plain) = self.read_under(from, tree, natural)? {
            self.write_under(to, tree, renamed, &plain)?;
            self.drop_row_under(from, tree, natural)?;
        }
        Ok(())
    }

    /// Whether a row opens under a given key.
    pub(crate) fn is_there(
        &self,
        key: &UnitKey,
        tree: Tree,
        natural: &[u8],
    ) -> Result<bool, Broken> {
        Ok(self.read_under(key, tree, natural)?.is_some())
    }

    /// Makes a unit: a fresh random key.
    pub(crate) fn make_unit(&mut self, unit: UnitName) {
        let key = UnitKey::generate();
        self.keys.insert(unit.clone(), key.duplicate());
        self.staged.made.insert(unit.clone());
        self.staged.effects.push(Effect::Key { unit, key });
    }

    /// Destroys a unit: its key goes at once here, and for old copies at the next generation change.
    pub(crate) fn end_unit(&mut self, unit: UnitName) {
        if self.keys.remove(&unit) {
            self.over.note(unit.kind());
            self.staged.effects.push(Effect::EndUnit { unit });
        }
    }

    /// Whether a unit lives.
    pub(crate) fn has_unit(&self, unit: &UnitName) -> bool {
        self.keys.get(unit).is_some()
    }

    /// The key of a header row: version and epoch, so that destroying either ends it.
    pub(crate) fn header_key(&self, version: &UnitName, epoch: &UnitName) -> Option<UnitKey> {
        Some(UnitKey::header_key(
            self.keys.get(version)?,
            self.keys.get(epoch)?,
        ))
    }
}
