//! The vault's places: where shares of its keys and backups lie.

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::Because;
use crate::keeper::facts::PlaceUse;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::Load;
use crate::keeper::places::PlaceLine;

impl Desk<'_> {
    /// Names a folder, by its whole path on the computer that has the vault; the places as they are then.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn add_place(
        &mut self,
        name: &str,
        dir: &str,
        what: PlaceUse,
    ) -> Result<Vec<PlaceLine>, DeskError> {
        let (name, dir) = (name.to_owned(), dir.to_owned());
        self.places_after(Want::AddPlace { name, dir, what })
    }

    /// Takes a place out of use; the places as they are then.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn remove_place(&mut self, name: &str) -> Result<Vec<PlaceLine>, DeskError> {
        let name = name.to_owned();
        self.places_after(Want::RemovePlace { name })
    }

    /// The places in use.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn places(&mut self) -> Result<Vec<PlaceLine>, DeskError> {
        self.places_after(Want::ListPlaces {})
    }

    fn places_after(&mut self, want: Want) -> Result<Vec<PlaceLine>, DeskError> {
        let (served, _) = self.ask(want, Load::Nothing {}, Because::default())?;
        match served {
            Served::Places(places) => Ok(places),
            _ => Err(link::unexpected()),
        }
    }
}
