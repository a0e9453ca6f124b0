//! What a grant's end is worth, told honestly: the keeper has nothing more that opens anything, its rows are
//! gone; and whoever holds the raw disk, the keeper's keys and her own can still open what was granted, until
//! the next change of the generation key ends the old blocks too.

use strongroom::sealing::HybridIdentity;
use strongroom::sealing::UnitKey;
use strongroom::sealing::open_header;
use strongroom::sealing::open_payload;
use strongroom::store::Tree;
use strongroom::store::UnitKind;
use strongroom::store::UnitName;

use crate::grants::access;
use crate::grants::given;
use crate::grants::with_six;
use crate::thief::Thief;
use crate::two_person::later;

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
    // Without the grant's key, which a turn ends for good, nothing does.
    let own = [granted.duplicate()];
    let mut without = thief;
    let name = UnitName::new(UnitKind::Grant, grant.id.as_bytes());
    without.keys.retain(|(unit, _)| *unit != name);
    let (rows, opened) = without.opens_of(&own);
    assert!(rows > 2 && opened == 0, "{opened} of {rows}");
}
