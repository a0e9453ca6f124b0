//! Places outside the vault: where shares of its keys and backups lie. Their list is one row of the vault's.

use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;
use serde_json::json;

use crate::keeper::acts::Act;
use crate::keeper::backup::fit;
use crate::keeper::facts::Other;
use crate::keeper::facts::PlaceFacts;
use crate::keeper::facts::PlaceUse;
use crate::keeper::message::answer::Served;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::turn::escrow;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::store::Tree;

/// Characters of a place's name.
const NAME: std::ops::RangeInclusive<usize> = 2..=32;

/// A place as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceLine {
    /// Its name.
    pub name: String,
    /// Its folder, on the computer that has the vault.
    pub dir: String,
    /// What it is for.
    pub what: PlaceUse,
    /// Whether its folder is there now.
    pub answers: bool,
    /// Whether it is on another device than the vault.
    pub apart: bool,
    /// Of an escrow place: whether it was there when the keys were split.
    pub has_share: bool,
}

/// The places that do not answer, by their names.
#[derive(Debug, Default)]
pub(crate) struct Away {
    pub(crate) escrow: Vec<String>,
    pub(crate) backup: Vec<String>,
}

impl Vault {
    /// Every place there is or was.
    pub(crate) fn places(&self) -> Result<Vec<PlaceFacts>, Broken> {
        let places = self.read(&units::vault(), Tree::Place, &[])?;
        Ok(places.unwrap_or_default())
    }

    /// The places in use for something.
    fn used(&self, what: PlaceUse) -> Result<Vec<PlaceFacts>, Broken> {
        let mut places = self.places()?;
        places.retain(|place| place.is_used() && place.what == what);
        Ok(places)
    }

    /// The places that hold a share of the keys.
    pub(crate) fn escrow_places(&self) -> Result<Vec<PlaceFacts>, Broken> {
        self.used(PlaceUse::Escrow)
    }

    /// The places a turn makes a backup at.
    pub(crate) fn backup_places(&self) -> Result<Vec<PlaceFacts>, Broken> {
        self.used(PlaceUse::Backup)
    }

    /// The places in use that are not there now.
    pub(crate) fn places_away(&self) -> Result<Away, Broken> {
        let names = |places: Vec<PlaceFacts>| {
            let away = places.into_iter().filter(|place| !answers(&place.dir));
            away.map(|place| place.name).collect()
        };
        Ok(Away {
            escrow: names(self.escrow_places()?),
            backup: names(self.backup_places()?),
        })
    }

    /// Names a place.
    pub(crate) fn add_place(
        &mut self,
        request: &Request,
        (name, dir): (String, String),
        what: PlaceUse,
    ) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::AddPlace, Resource::Vault)?;
        let mut places = self.places()?;
        check_name(&name)?;
        if places
            .iter()
            .any(|place| place.is_used() && place.name == name)
        {
            let says =
                format!("there is a place called {name} already; give this one another name");
            return Err(Stop::Refused("place-name", says));
        }
        let whole = self.check_dir(&dir)?;
        let dir = whole.display().to_string();
        let taken = |place: &&PlaceFacts| place.is_used() && place.what == what && place.dir == dir;
        if let Some(place) = places.iter().find(taken) {
            let says = format!("this folder is the place {} already", place.name);
            return Err(Stop::Refused("place-taken", says));
        }
        let share = match what {
            PlaceUse::Escrow => Some(self.free_share()?),
            PlaceUse::Backup => None,
        };
        places.push(PlaceFacts {
            name,
            dir,
            what,
            share,
            added_in: self.store.head().generation,
            removed_in: None,
            by: request.asker.id,
            at: self.now(),
            other: Other::new(),
        });
        let pledge = self.log(permit, request.entry(Act::AddPlace))?;
        self.put_places(&places)?;
        Ok(Step::serving(pledge, Vault::serve_places))
    }

    /// Takes a place out of use. A share that lies there is removed at the next turn if the place answers; if
    /// it does not, the certificate says that it is outstanding.
    pub(crate) fn remove_place(&mut self, request: &Request, name: &str) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::RemovePlace, Resource::Vault)?;
        let mut places = self.places()?;
        let generation = self.store.head().generation;
        let mut named = places.iter_mut();
        let Some(place) = named.find(|place| place.is_used() && place.name == name) else {
            let says = format!(
                "there is no place called {name}; `strongroom vault place list` shows them"
            );
            return Err(Stop::Refused("no-such-place", says));
        };
        place.removed_in = Some(generation);
        let entry = request.entry(Act::RemovePlace);
        let pledge = self.log(permit, entry.noting(json!({"place": name})))?;
        self.put_places(&places)?;
        Ok(Step::serving(pledge, Vault::serve_places))
    }

    /// Serves the places.
    pub(crate) fn list_places(&mut self, request: &Request) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::ListPlaces, Resource::Vault)?;
        let pledge = self.log(permit, request.entry(Act::ListPlaces))?;
        Ok(Step::serving(pledge, Vault::serve_places))
    }

    fn serve_places(&self, _: &crate::keeper::gate::Logged) -> Result<Served, Broken> {
        let current = self.store.head().generation;
        let places = self.places()?.into_iter().filter(PlaceFacts::is_used);
        let line = |place: PlaceFacts| PlaceLine {
            answers: answers(&place.dir),
            apart: fit::apart(place.dir.as_ref(), self.folder()),
            has_share: place.may_hold(current),
            name: place.name,
            dir: place.dir,
            what: place.what,
        };
        Ok(Served::Places(places.map(line).collect()))
    }

    fn put_places(&mut self, places: &[PlaceFacts]) -> Result<(), Broken> {
        self.write(&units::vault(), Tree::Place, &[], places)
    }

    /// The lowest number no escrow place has.
    fn free_share(&self) -> Result<u8, Stop> {
        let places = self.escrow_places()?;
        let taken = |number: &u8| places.iter().any(|place| place.share == Some(*number));
        (1..=escrow::PLACES).find(|number| !taken(number)).ok_or_else(|| {
            let says = "three places hold shares of the keys already, and any two of them bring the keys back; \
                        remove one first";
            Stop::Refused("three-places", says.to_owned())
        })
    }

    /// The folder, whole, if shares or backups may lie there.
    fn check_dir(&self, dir: &str) -> Result<PathBuf, Stop> {
        let no = |says: String| Err(Stop::Refused("place-folder", says));
        let path = Path::new(dir);
        if !path.is_absolute() {
            return no(format!("name the whole path of the folder, not `{dir}`"));
        }
        let Ok(whole) = path.canonicalize() else {
            return no(format!(
                "there is no folder `{dir}` on the computer that has the vault; connect the disk, or make the folder"
            ));
        };
        if !whole.is_dir() {
            return no(format!("`{dir}` is not a folder"));
        }
        for own in [self.folder(), self.keyring.dir()] {
            let own = own.canonicalize().unwrap_or_else(|_| own.to_owned());
            if whole.starts_with(&own) || own.starts_with(&whole) {
                return no(format!(
                    "`{dir}` and the vault's own folders are not apart; what lies there would be lost or copied \
                     with them. Name a folder on another disk"
                ));
            }
        }
        let allowed = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
        if rustix::fs::access(&whole, allowed).is_err() {
            return no(format!(
                "the account that runs the vault may not write to `{dir}`"
            ));
        }
        Ok(whole)
    }

    /// The vault's folder.
    pub(crate) fn folder(&self) -> &Path {
        self.ledger_dir.parent().unwrap_or(&self.ledger_dir)
    }
}

fn answers(dir: &str) -> bool {
    Path::new(dir).is_dir()
}

fn check_name(name: &str) -> Result<(), Stop> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if NAME.contains(&name.len()) && name.chars().all(plain) {
        return Ok(());
    }
    let says =
        "a place's name is 2 to 32 small letters, digits and hyphens, for example `blue-stick`";
    Err(Stop::Refused("place-name", says.to_owned()))
}
