//! What a grant's end is worth, told honestly: the keeper has nothing more that opens anything, its rows are
//! gone; and whoever holds the raw disk, the keeper's keys and her own can still open what was granted, until
//! the next change of the generation key ends the old blocks too.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use strongroom::keeper::keyring::Keyring;
use strongroom::sealing::HybridIdentity;
use strongroom::sealing::Person;
use strongroom::sealing::RowId;
use strongroom::sealing::RowPlace;
use strongroom::sealing::SealedRow;
use strongroom::sealing::UnitKey;
use strongroom::sealing::open_header;
use strongroom::sealing::open_payload;
use strongroom::store::Base;
use strongroom::store::FrameView;
use strongroom::store::Refusal;
use strongroom::store::Replay;
use strongroom::store::Tree;
use strongroom::store::UnitKind;
use strongroom::store::UnitName;
use strongroom::store::effects::KeyChange;
use strongroom::store::effects::RawEffect;
use strongroom::store::effects::SealedKeyEffect;
use strongroom::store::effects::decode;
use strongroom::store::embedded::Opening;
use strongroom::store::embedded::Site;

use crate::centre_kit::Centre;
use crate::centre_kit::passphrase;
use crate::centre_kit::paths;
use crate::grants::access;
use crate::grants::given;
use crate::grants::with_six;
use crate::two_person::later;

/// Everything the journal ever held, and what of it still stands.
#[derive(Default)]
struct Disk {
    ever: BTreeMap<(u8, [u8; 16]), SealedRow>,
    standing: BTreeSet<(u8, [u8; 16])>,
    keys: Vec<SealedKeyEffect>,
}

impl Replay for Disk {
    fn base(&mut self, _: &Base<'_>) -> Result<(), Refusal> {
        Ok(())
    }

    fn row(&mut self, _: Tree, _: &RowId, _: &SealedRow) -> Result<(), Refusal> {
        Ok(())
    }

    fn frame(&mut self, frame: &FrameView<'_>) -> Result<(), Refusal> {
        for effect in decode(frame.number, frame.effects).unwrap() {
            match effect {
                RawEffect::Put { tree, id, row } => {
                    self.ever.insert((tree.number(), id.0), row);
                    self.standing.insert((tree.number(), id.0));
                }
                RawEffect::Drop { tree, id } => {
                    self.standing.remove(&(tree.number(), id.0));
                }
                RawEffect::Sealed(change) => self.keys.push(change),
            }
        }
        Ok(())
    }
}

/// Somebody with the raw disk and the keeper's keys.
struct Thief {
    vault: strongroom::ids::VaultId,
    disk: Disk,
    keys: BTreeMap<UnitName, UnitKey>,
}

impl Thief {
    fn of(centre: Centre) -> Self {
        let Centre { dir, keeper, .. } = centre;
        let vault = keeper.vault();
        keeper.close().unwrap();
        let paths = paths(dir.path());
        let mut disk = Disk::default();
        drop(Opening::read(&Site::new(&paths.dir, vault), &[], &mut disk).unwrap());
        let generation = Keyring::at(&paths.keys).generation_key(1).unwrap();
        let mut keys = BTreeMap::new();
        for change in &disk.keys {
            // Ends are read past: the key that was ended stands in an older block.
            if let KeyChange::Key { unit, key } = change.open(&generation, &vault, 1).unwrap() {
                keys.insert(unit, key);
            }
        }
        Self { vault, disk, keys }
    }

    fn unit(&self, kind: UnitKind, natural: &[u8]) -> &UnitKey {
        &self.keys[&UnitName::new(kind, natural)]
    }

    /// A row's content, and whether it still stands.
    fn row(&self, key: &UnitKey, tree: Tree, natural: &[u8]) -> Option<(Vec<u8>, bool)> {
        let id = key.row_id(tree.number(), natural);
        let row = self.disk.ever.get(&(tree.number(), id.0))?;
        let place = RowPlace {
            vault: &self.vault,
            tree: tree.number(),
            id,
        };
        let stands = self.disk.standing.contains(&(tree.number(), id.0));
        Some((key.open_row(&place, row).unwrap().to_vec(), stands))
    }

    /// Somebody's keys, with their passphrase.
    fn person(&self, user: &strongroom::ids::UserId, handle: &str) -> Person {
        let key = self.unit(UnitKind::Account, user.as_bytes());
        let (text, _) = self.row(key, Tree::Account, b"identity").unwrap();
        let text: String = serde_json::from_slice(&text).unwrap();
        let file = strongroom::bytes::unbase64url(&text).unwrap();
        Person::unseal(&file, &passphrase(handle)).unwrap()
    }
}

#[test]
fn the_rows_are_gone_and_only_old_blocks_with_every_key_still_open() {
    let (centre, six) = with_six();
    let grant = given(&centre, &access(&centre.keeper, None, &six[..1], 2));
    let anna = centre.desk("ada").user("anna").unwrap().id;
    later(&centre.keeper, 3);
    assert_eq!(
        centre.desk("dpl").grants().unwrap()[0].state,
        strongroom::keeper::facts::GrantState::Ended
    );
    let thief = Thief::of(centre);
    let own = thief.person(&anna, "anna");
    let granted = thief.unit(UnitKind::Grant, grant.id.as_bytes());

    let member = [&[1], anna.as_bytes().as_slice()].concat();
    let (envelope, stands) = thief.row(granted, Tree::Envelope, &member).unwrap();
    assert!(!stands, "her envelope is gone");
    let (facts, stands) = thief.row(granted, Tree::Compartment, &[]).unwrap();
    assert!(!stands, "the compartment is gone");
    let facts: serde_json::Value = serde_json::from_slice(&facts).unwrap();
    let (epoch, stands) = thief.row(granted, Tree::Epoch, &[]).unwrap();
    assert!(!stands);
    let epoch: serde_json::Value = serde_json::from_slice(&epoch).unwrap();

    let record: strongroom::ids::RecordId = six[0].parse().unwrap();
    let numbered = [record.as_bytes().as_slice(), &1_u32.to_be_bytes()].concat();
    let version = thief.unit(UnitKind::Version, &numbered);
    let lock = UnitKey::header_key(version, granted);
    let compartment: strongroom::ids::CompartmentId =
        serde_json::from_value(facts["id"].clone()).unwrap();
    let at = |part: u32| [compartment.as_bytes().as_slice(), &part.to_be_bytes()].concat();
    let (header, stands) = thief.row(&lock, Tree::Header, &at(1)).unwrap();
    assert!(!stands, "the header row is gone");
    assert!(!thief.row(&lock, Tree::Header, &at(2)).unwrap().1);
    // The control: what is not hers to see any more stands as it was, for others.
    let (payload, stands) = thief
        .row(version, Tree::Part, &1_u32.to_be_bytes())
        .unwrap();
    assert!(stands);

    // The honest part: with old blocks, the keeper's keys and her own it opens still.
    let key = open_header(&envelope, own.identity()).unwrap();
    let secret = strongroom::bytes::unbase64url(epoch["secret"].as_str().unwrap()).unwrap();
    let text = open_payload(&key, &secret).unwrap();
    let text = std::str::from_utf8(text.expose()).unwrap();
    let through = HybridIdentity::parse(text).unwrap();
    let key = open_header(&header, &through).unwrap();
    assert!(open_payload(&key, &payload).is_ok());
    // Without the grant's key, which a change of the generation key ends for good, nothing does.
    let id = granted.row_id(Tree::Envelope.number(), &member);
    let row = &thief.disk.ever[&(Tree::Envelope.number(), id.0)];
    let place = RowPlace {
        vault: &thief.vault,
        tree: Tree::Envelope.number(),
        id,
    };
    let others = thief
        .keys
        .iter()
        .filter(|(unit, _)| **unit != UnitName::new(UnitKind::Grant, grant.id.as_bytes()));
    assert!(
        others
            .into_iter()
            .all(|(_, key)| key.open_row(&place, row).is_err())
    );
}
