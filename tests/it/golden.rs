//! What version 1 wrote opens for ever: files of `tests/golden/v1`, made once and only read since. The
//! keys below are test keys; they protect nothing. Sealing draws its own randomness, so these tests
//! open; what is deterministic (statements, plaintexts, ids) is also made again and compared.

use std::fs;

use serde_json::{Value, json};
use strongroom::bytes::unhex;
use strongroom::clock::Timestamp;
use strongroom::ids::{CaseId, RecordId, UserId, VaultId};
use strongroom::sealing::{
    Digest, EffectPlace, GenerationKey, Heading, HybridIdentity, Manifest, ManifestPart, PartSort,
    Person, Plain, RecordKey, RowPlace, SealedRow, SecretText, SignedManifest, SigningKey,
    Statement, StatementKind, UnitKey, open_header, open_payload, read_part, write_part,
};

const VAULT: VaultId = VaultId::from_bytes([0x11; 16]);
const AUTHOR: UserId = UserId::from_bytes([0x22; 16]);
/// Shared by [`manifest`] and the part made from it.
const CONTENT: &[u8] = b"Test content of a contact report. Nobody's real name.\n";
const AT: Timestamp = Timestamp::from_ms(1_764_000_500_123);

fn golden(name: &str) -> Vec<u8> {
    fs::read(format!("tests/golden/v1/{name}")).unwrap()
}

fn golden_json(name: &str) -> Value {
    serde_json::from_slice(&golden(name)).unwrap()
}

/// The bytes of a hex field.
fn field(value: &Value, name: &str) -> Vec<u8> {
    unhex(value[name].as_str().unwrap()).unwrap()
}

/// A test key.
fn signing_key() -> SigningKey {
    SigningKey::from_bytes([0x41; 32])
}

/// A test key.
fn second_key() -> SigningKey {
    SigningKey::from_bytes([0x42; 32])
}

/// A test key.
fn identity() -> HybridIdentity {
    HybridIdentity::from_seed(&[0x43; 32])
}

fn manifest() -> Manifest {
    Manifest {
        vault: VAULT,
        record: RecordId::from_bytes([0x33; 16]),
        version: 2,
        kind: "contact-report".to_owned(),
        kind_version: 1,
        case: Some(CaseId::from_bytes([0x44; 16])),
        class: "contact".to_owned(),
        author: AUTHOR,
        previous: Some(Digest::of(b"the manifest of version 1")),
        k_record: RecordKey::from_bytes([0x55; 32]),
        filed_at: AT,
        parts: vec![
            part(1, PartSort::Card, None, b"{}"),
            part(2, PartSort::Body, None, CONTENT),
            part(3, PartSort::Attachment, Some("llun \u{f4}l.jpg"), b""),
        ],
        subjects: Vec::new(),
    }
}

fn part(number: u32, sort: PartSort, name: Option<&str>, content: &[u8]) -> ManifestPart {
    ManifestPart {
        number,
        sort,
        name: name.map(str::to_owned),
        bytes: content.len().try_into().unwrap(),
        sha256: Digest::of(content),
    }
}

#[test]
fn a_statement() {
    let bytes = golden("statement.json");
    let read = Statement::parse(&bytes).unwrap();
    read.verify(&signing_key().verifying()).unwrap();
    assert_eq!(
        (read.kind(), read.vault(), read.by(), read.at()),
        (StatementKind::Grant, VAULT, "root", AT)
    );
    assert_eq!(
        read.digest().to_string(),
        "g6yvtZDsKJgMAXN4sassmdLZfRn9pLmrLaoDWXdQksQ"
    );
    let heading = Heading {
        kind: StatementKind::Grant,
        vault: VAULT,
        by: "root",
        at: AT,
    };
    let body = json!({
        "purpose": "accreditation", "until": 1_764_086_400_000_u64, "negative": -1, "none": null,
        "\u{20ac}": "\u{e9}e\u{301}\u{1f600}\n\"\\\u{1}", "ids": ["b", "a"], "yes": true,
    });
    let again = Statement::sign(&heading, body, &signing_key()).unwrap();
    assert_eq!(
        again.bytes(),
        bytes,
        "signing gives the same bytes as it did"
    );
}

#[test]
fn a_succession_of_two_keys() {
    let bytes = golden("succession.json");
    let read = Statement::parse(&bytes).unwrap();
    read.verify(&signing_key().verifying()).unwrap();
    read.verify_proof(&second_key().verifying()).unwrap();
    let by = AUTHOR.to_string();
    let heading = Heading {
        kind: StatementKind::Succeed,
        vault: VAULT,
        by: &by,
        at: AT,
    };
    let body = json!({"verifying": second_key().verifying()});
    let again = Statement::sign_with_proof(&heading, body, &signing_key(), &second_key()).unwrap();
    assert_eq!(again.bytes(), bytes);
}

#[test]
fn a_manifest() {
    let bytes = golden("manifest.json");
    let read = SignedManifest::parse(&bytes).unwrap();
    let said = read.verify(&signing_key().verifying()).unwrap();
    let expected = manifest();
    assert_eq!(said.parts, expected.parts);
    assert_eq!(
        (said.record, said.version, said.case),
        (expected.record, 2, expected.case)
    );
    assert_eq!(said.previous, expected.previous);
    assert!(said.k_record.matches(&expected.k_record));
    let again = expected.sign(&signing_key()).unwrap();
    assert_eq!(again.bytes(), bytes);
}

#[test]
fn a_part_and_its_plaintext() {
    let key = open_header(&golden("part.header"), &identity()).unwrap();
    let plain = open_payload(&key, &golden("part.payload")).unwrap();
    let read = read_part(plain.expose()).unwrap();
    read.manifest.verify(&signing_key().verifying()).unwrap();
    assert_eq!((read.number, read.content.expose()), (2, CONTENT));
    let again = write_part(&manifest().sign(&signing_key()).unwrap(), 2, CONTENT).unwrap();
    assert_eq!(
        again.expose(),
        plain.expose(),
        "the layout is the same as it was"
    );
}

/// A row of version unit and a header row under two keys.
#[test]
fn sealed_rows() {
    let (version, epoch) = (
        UnitKey::from_bytes([0x46; 32]),
        UnitKey::from_bytes([0x47; 32]),
    );
    let header = UnitKey::header_key(&version, &epoch);
    for (name, key) in [("row.json", version), ("header-row.json", header)] {
        let golden = golden_json(name);
        let tree = u8::try_from(golden["tree"].as_u64().unwrap()).unwrap();
        let id = key.row_id(tree, &field(&golden, "natural"));
        assert_eq!(id.0.to_vec(), field(&golden, "id"));
        let row = SealedRow {
            revision: golden["revision"].as_u64().unwrap(),
            nonce: field(&golden, "nonce").try_into().unwrap(),
            ciphertext: field(&golden, "ciphertext"),
        };
        let at = RowPlace {
            vault: &VAULT,
            tree,
            id,
        };
        assert_eq!(*key.open_row(&at, &row).unwrap(), field(&golden, "plain"));
    }
}

#[test]
fn what_a_generation_key_seals() {
    let golden = golden_json("generation.json");
    let text = golden["key_file"].as_str().unwrap();
    let (generation, key) = GenerationKey::parse(text).unwrap();
    assert_eq!((generation, key.expose()), (7, &[0x48; 32]));
    assert_eq!(key.to_text(7).as_str(), text);
    let at = EffectPlace {
        vault: &VAULT,
        generation,
        frame: 1 << 40,
        position: 3,
    };
    let effect = key.open_effect(&at, &field(&golden, "effect")).unwrap();
    assert_eq!(*effect, b"an effect");
    let table = key
        .open_table(&VAULT, generation, &field(&golden, "table"))
        .unwrap();
    assert_eq!(*table, b"a key table");
    assert_eq!(
        key.derive("index mark").to_vec(),
        field(&golden, "index_mark")
    );
}

#[test]
fn a_persons_sealed_identity() {
    let passphrase = SecretText::new("demo only golden test passphrase".to_owned());
    let person = Person::unseal(&golden("identity.age"), &passphrase).unwrap();
    assert_eq!(person.recipient(), identity().recipient());
    assert_eq!(person.verifying(), signing_key().verifying());
}

/// The planted control: every file's every byte matters, or the tests above prove nothing.
#[test]
fn altered_golden_files_do_not_open() {
    let statement = golden("statement.json");
    let header = golden("part.header");
    let payload = golden("part.payload");
    let key = open_header(&header, &identity()).unwrap();
    let flips = |bytes: &[u8], opens: &dyn Fn(&[u8]) -> bool| {
        assert!(opens(bytes), "unaltered");
        for at in 0..bytes.len() {
            let mut altered = bytes.to_vec();
            altered[at] ^= 4;
            assert!(!opens(&altered), "byte {at}");
        }
    };
    flips(&statement, &|bytes| {
        Statement::parse(bytes).is_ok_and(|read| read.verify(&signing_key().verifying()).is_ok())
    });
    flips(&payload, &|bytes| open_payload(&key, bytes).is_ok());
    assert!(open_payload(&key, &Plain::new(payload).expose()[1..]).is_err());
}
