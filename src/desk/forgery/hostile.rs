//! A colleague whose desk is of their own writing submits headers that are well formed and open nothing useful. The
//! trustees still open all that anybody else has filed.

#![expect(
    clippy::disallowed_methods,
    reason = "the trustees open what they have, past any desk"
)]

use crate::desk::Desk;
use crate::desk::DeskError;
use crate::desk::forgery::kit::sign_in;
use crate::desk::forgery::kit::stranger;
use crate::desk::forgery::trustees::World;
use crate::desk::forgery::trustees::sign_in_claimed;
use crate::desk::link::Because;
use crate::desk::members;
use crate::desk::open;
use crate::desk::seal;
use crate::desk::seal::Plan;
use crate::desk::seal::Recipients;
use crate::ids::CompartmentId;
use crate::keeper::confirming::SECOND;
use crate::keeper::entry::Entry;
use crate::keeper::facts::Member;
use crate::keeper::facts::Place;
use crate::keeper::message::Want;
use crate::keeper::message::answer::ServedCompartment;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::NewEpoch;
use crate::keeper::message::load::SealedAgain;
use crate::keeper::units;
use crate::keeper::vault::Vault;
use crate::ledger::ActorHandle;
use crate::ledger::Event;
use crate::ledger::Outcome as Ending;
use crate::sealing::FileKey;
use crate::sealing::HybridIdentity;
use crate::sealing::HybridRecipient;
use crate::sealing::StatementKind;
use crate::sealing::open_header;
use crate::sealing::open_payload;
use crate::sealing::seal_header;
use crate::store::Tree;

/// How many sealed rows of records the trustees open with what the vault has, and how many there are.
fn trustees_open(world: &World) -> (usize, usize) {
    let identity = world.old.recovery.to_text();
    let opened = world.keeper.run(move |vault| {
        let identity = HybridIdentity::parse(identity.expose()).unwrap();
        let mut secrets = Vec::new();
        for (id, epoch) in vault.memberships_of(&Member::Recovery) {
            let unit = units::membership(id, epoch, &Member::Recovery);
            let facts = vault.epoch(id, epoch).unwrap().unwrap();
            let payload = crate::bytes::unbase64url(&facts.secret).unwrap();
            for natural in [&[][..], SECOND] {
                let key = vault.keys.get(&unit).unwrap();
                let header = vault.read_under(key, Tree::Envelope, natural).unwrap();
                let key = header.and_then(|header| open_header(&header, &identity).ok());
                let text = key.and_then(|key| open_payload(&key, &payload).ok());
                secrets.extend(text.map(|text| {
                    let text = std::str::from_utf8(text.expose()).unwrap();
                    ((id, epoch), HybridIdentity::parse(text).unwrap())
                }));
            }
        }
        let (mut opened, mut all) = (0, 0);
        for record in vault.record_ids() {
            let facts = vault.record(record).unwrap().unwrap();
            for version in 1..=facts.versions {
                let unit = units::version(record, version);
                let parts = vault.version(record, version).unwrap().unwrap().parts;
                for part in parts.iter().filter(|part| part.place == Place::Row) {
                    let key = vault.keys.get(&unit).unwrap();
                    let natural = part.number.to_be_bytes();
                    let payload = vault
                        .read_under(key, Tree::Part, &natural)
                        .unwrap()
                        .unwrap();
                    let of = HeaderOf::Part {
                        record,
                        version,
                        part: part.number,
                    };
                    let opens = secrets.iter().any(|(lock, secret)| {
                        let Some((key, tree, natural)) = vault.header_place(&of, *lock) else {
                            return false;
                        };
                        let header = vault.read_under(&key, tree, &natural).unwrap();
                        let key = header.and_then(|header| open_header(&header, secret).ok());
                        key.is_some_and(|key| open_payload(&key, &payload).is_ok())
                    });
                    all += 1;
                    opened += usize::from(opens);
                }
            }
        }
        (opened, all)
    });
    opened.unwrap()
}

/// Makes what a test has done to a vault durable, under an entry.
fn keep(vault: &mut Vault) {
    let entry = Entry::new(
        Event::Member,
        Ending::Ok,
        ActorHandle::SERVICE,
        serde_json::Value::Null,
    );
    vault.log_service(entry).unwrap();
    vault.commit().unwrap();
    vault.begin();
}

/// The case's compartment waits for a new key, as when somebody has left it; nobody's desk has been told yet.
fn waits(world: &World) -> CompartmentId {
    let case = world.case;
    let id = world.keeper.run(move |vault| {
        vault.begin();
        let id = vault.case(case).unwrap().unwrap().compartments[0];
        let mut facts = vault.compartment(id).unwrap().unwrap();
        facts.rekey_pending = Some(vault.now());
        vault.put_compartment_facts(&facts).unwrap();
        keep(vault);
        id
    });
    id.unwrap()
}

/// What a hostile desk makes of an honest header, and of the trustees' recipient.
#[derive(Clone, Copy)]
enum Lie {
    /// Nothing: the control.
    None,
    /// Headers for the new key, of file keys that open no payload.
    RandomKeys,
    /// Headers for nobody's key.
    Strangers,
    /// The trustees' envelope is for nobody's key; all else is right.
    Envelope,
}

/// Changes a compartment's key as an honest desk does, but for the lie.
fn rekey(desk: &mut Desk<'_>, id: CompartmentId, lie: Lie) {
    let (served, proven) = desk.look_at_headers(id).unwrap();
    let (keys, trust) = desk.keys(None).unwrap();
    let ServedCompartment {
        entitled, group, ..
    } = served;
    let secret = desk.secret_of(&proven, &group, (id, &trust)).unwrap();
    let signed = members::signed(&group.chain, &entitled, (&keys, &trust)).unwrap();
    let plan = Plan {
        id,
        purpose: signed.epoch.purpose,
        number: signed.epoch.number + 1,
        said: signed.epoch.members,
    };
    let by = desk.account().id.to_string();
    let heading = desk.heading(&by, StatementKind::Epoch);
    let recipients = Recipients::new(&trust, &keys);
    let signing = desk.person.signing();
    let made = seal::epoch(&heading, signing, plan, &signed.members, |member| {
        match (lie, member) {
            (Lie::Envelope, Member::Recovery) => Ok(stranger()),
            _ => recipients.of(member),
        }
    });
    let made = made.unwrap();
    let again = |one: &SealedAgain| -> SealedAgain {
        let key = open::header_key(&proven, &secret, one).unwrap();
        let (key, to): (FileKey, HybridRecipient) = match lie {
            Lie::RandomKeys => (FileKey::generate(), made.recipient.clone()),
            Lie::Strangers => (key, stranger()),
            Lie::None | Lie::Envelope => (key, made.recipient.clone()),
        };
        SealedAgain {
            of: one.of,
            header: seal_header(&key, &to),
        }
    };
    let new = NewEpoch {
        headers: group.headers.iter().map(again).collect(),
        compartment: made.new,
    };
    let want = Want::Rekey { compartment: id };
    let load = Load::Rekey(Box::new(new));
    desk.ask(want, load, Because::default()).unwrap();
}

/// How many older keys the case's compartment still keeps for the trustees.
fn kept(world: &World, id: CompartmentId) -> usize {
    let kept = world.keeper.run(move |vault| {
        let facts = vault.compartment(id).unwrap().unwrap();
        facts.superseded.len()
    });
    kept.unwrap()
}

/// Ada changes the key, then cora signs in and looks at what she made. How many older keys are kept after that.
fn after(lie: Lie) -> (World, usize) {
    let world = World::new();
    // What the world begins with is confirmed.
    drop(sign_in_claimed(&world.keeper));
    let (opened, all) = trustees_open(&world);
    assert!(all >= 4 && opened == all, "{opened} of {all}");
    let mut ada = sign_in(&world.keeper, "ada");
    let id = waits(&world);
    rekey(&mut ada, id, lie);
    drop(ada);
    assert_eq!(kept(&world, id), 1);
    drop(sign_in_claimed(&world.keeper));
    let kept = kept(&world, id);
    (world, kept)
}

#[test]
fn whatever_a_hostile_desk_submits_the_trustees_still_open_all() {
    for (lie, left) in [
        (Lie::None, 0),
        (Lie::RandomKeys, 1),
        (Lie::Strangers, 1),
        (Lie::Envelope, 0),
    ] {
        let (world, kept) = after(lie);
        assert_eq!(kept, left);
        let (opened, all) = trustees_open(&world);
        assert_eq!(opened, all);
    }
}

/// The planted controls: without what is kept, and without the second envelope, the lies would have worked.
#[test]
fn without_the_protections_the_trustees_would_open_less() {
    for lie in [Lie::RandomKeys, Lie::Strangers, Lie::Envelope] {
        let (world, _) = after(lie);
        let case = world.case;
        world
            .keeper
            .run(move |vault| {
                vault.begin();
                let id = vault.case(case).unwrap().unwrap().compartments[0];
                let facts = vault.compartment(id).unwrap().unwrap();
                vault.end_kept(&facts, |_| true).unwrap();
                let unit = units::membership(id, facts.epoch, &Member::Recovery);
                vault.drop_row(&unit, Tree::Envelope, SECOND).unwrap();
                keep(vault);
            })
            .unwrap();
        let (opened, all) = trustees_open(&world);
        assert!(opened < all, "{opened} of {all}");
    }
}

/// What cannot be undone: a record that its own filer sealed to nothing. The next reader is told, by name, and
/// nothing else is touched.
#[test]
fn a_record_sealed_to_nothing_by_who_filed_it_is_named_and_nothing_else_is_lost() {
    let world = World::new();
    let [spoilt, whole] = [0, 1].map(|at| world.records[at]);
    let (_, all) = trustees_open(&world);
    world
        .keeper
        .run(move |vault| {
            vault.begin();
            let facts = vault.record(spoilt).unwrap().unwrap();
            for of in vault.parts_of(&facts).unwrap() {
                for id in vault.sealed_to(&facts).unwrap() {
                    let epoch = vault.compartment(id).unwrap().unwrap().epoch;
                    let (key, tree, natural) = vault.header_place(&of, (id, epoch)).unwrap();
                    let junk = seal_header(&FileKey::generate(), &stranger());
                    vault.write_under(&key, tree, &natural, &junk).unwrap();
                }
            }
            keep(vault);
        })
        .unwrap();
    let mut sam = sign_in(&world.keeper, "sam");
    let read = sam.record(&spoilt.to_string(), None, None, 80);
    assert!(matches!(read, Err(DeskError::Damaged(_))), "{read:?}");
    assert!(sam.record(&whole.to_string(), None, None, 80).is_ok());
    let (opened, _) = trustees_open(&world);
    // Of the spoilt one the epoch before is still kept.
    assert!(opened >= all / 2, "{opened} of {all}");
}
