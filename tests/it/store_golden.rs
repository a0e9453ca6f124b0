//! A vault of version 1, made once and kept: it must open for ever. Its keys are written here, and it
//! holds nothing.

use std::fs;
use std::path::Path;

use strongroom::ids::VaultId;
use strongroom::sealing::{GenerationKey, RowPlace};
use strongroom::store::embedded::{Embedded, MARK_KEY_LABEL, Site};
use strongroom::store::key_table::KeyTable;
use strongroom::store::names::{Tree, UnitKind, UnitName};
use strongroom::store::{Store, Unchecked};

use crate::common::files_under;

const GOLDEN: &str = "tests/golden/v1/store";
const VAULT: VaultId = VaultId::from_bytes([0x67; 16]);

fn generation_key() -> GenerationKey {
    GenerationKey::from_bytes([0x47; 32])
}

fn record() -> UnitName {
    UnitName::new(UnitKind::Record, b"a record")
}

#[test]
fn a_vault_of_version_1_opens() {
    let home = tempfile::tempdir().unwrap();
    let files = files_under(GOLDEN);
    assert_eq!(files.len(), 4, "{files:?}");
    for file in files {
        let to = home.path().join(file.strip_prefix(GOLDEN).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(file, to).unwrap();
    }
    let site = Site::new(home.path(), VAULT);
    let mark_key = generation_key().derive(MARK_KEY_LABEL);
    let store = Embedded::open(&site, mark_key, &[], &mut Unchecked).unwrap();
    assert_eq!((store.head().next_frame, store.head().size), (4, 4));
    assert_eq!(store.head().checkpoint, b"a note over 4");
    let leaves = store.leaves(0, 9).unwrap();
    assert_eq!(leaves, [b"leaf 0", b"leaf 1", b"leaf 2", b"leaf 3"]);

    let table = store.key_table().unwrap();
    let mut table = KeyTable::open(&table, &generation_key(), &VAULT, 1).unwrap();
    assert_eq!(table.len(), 1);
    for effect in store.key_effects().unwrap() {
        table.apply(effect.open(&generation_key(), &VAULT, 1).unwrap());
    }
    let vault_unit = UnitName::new(UnitKind::Vault, b"");
    let names: Vec<&UnitName> = table.iter().map(|(unit, _)| unit).collect();
    assert_eq!(
        names,
        [&vault_unit, &record()],
        "a grant's unit came and went"
    );

    let key = table.get(&record()).unwrap();
    let id = key.row_id(Tree::Record.number(), b"facts");
    let row = store.row(Tree::Record, &id).unwrap().unwrap();
    let place = RowPlace {
        vault: &VAULT,
        tree: Tree::Record.number(),
        id,
    };
    assert_eq!(row.revision, 2);
    assert_eq!(
        &*key.open_row(&place, &row).unwrap(),
        b"the facts, corrected"
    );
    let all = |tree| store.rows(tree, None, 9).unwrap().len();
    assert_eq!((all(Tree::Record), all(Tree::Grant)), (1, 0));
}

#[test]
fn a_golden_vault_is_not_opened_under_another_key() {
    let table = fs::read(Path::new(GOLDEN).join("generation/1/keys")).unwrap();
    let other = GenerationKey::from_bytes([0x48; 32]);
    assert!(KeyTable::open(&table, &other, &VAULT, 1).is_err());
    assert!(KeyTable::open(&table, &generation_key(), &VAULT, 2).is_err());
}
