//! Files to rehearse with.

use crate::sealing::HybridIdentity;
use crate::sealing::Plain;
use crate::sealing::Recovered;
use crate::sealing::RecoveredError;
use crate::sealing::Shares;
use crate::sealing::SigningKey;
use crate::sealing::Trustee;
use crate::sealing::shares::Dummy;
use crate::sealing::shares::DummyError;
use crate::sealing::shares::NotForRehearsal;
use crate::sealing::shares::REHEARSAL_ENDING;
use crate::sealing::shares::for_rehearsal;
use crate::sealing::shares::recovered::to_plain;
use crate::sealing::shares::rehearsal::REHEARSAL_BYTES;
use crate::sealing::shares::tests::CHEAP;
use crate::sealing::shares::tests::file;
use crate::sealing::shares::tests::make;
use crate::sealing::shares::tests::passphrase;
use crate::sealing::shares::tests::peel;
use crate::sealing::shares::tests::trustees;

/// The layers of a rehearsal file, both off.
fn rehearsed(shares: &Shares, pair: [&str; 2]) -> Plain {
    let words = pair.map(|name| passphrase(shares, &format!("{name}.txt")));
    let outer = file(shares, &format!("{}-{}.rehearsal.age", pair[0], pair[1]));
    let inner = peel(outer, &words[0]).unwrap();
    for_rehearsal(inner.expose()).unwrap();
    peel(inner.expose(), &words[1]).unwrap()
}

#[test]
fn the_sheets_open_a_dummy_that_holds_nothing_of_the_secret() {
    let (recovery, root) = (HybridIdentity::generate(), SigningKey::generate());
    let shares = Shares::make_with(&recovery, &root, &trustees(&["Ada", "Ben"]), CHEAP).unwrap();
    let plain = rehearsed(&shares, ["Ada", "Ben"]);
    assert_eq!(plain.len(), REHEARSAL_BYTES);
    let text = std::str::from_utf8(plain.expose()).unwrap();
    let secret = to_plain(&recovery, &root);
    let secret = std::str::from_utf8(secret.expose()).unwrap();
    let root_text = root.to_text();
    let parts = secret
        .lines()
        .chain([root_text.as_str(), "SECRET", "SIGNING-KEY"]);
    for part in parts.filter(|part| !part.is_empty()) {
        assert!(!text.contains(part));
    }
    assert_eq!(Recovered::parse(&plain).unwrap_err(), RecoveredError);

    let dummy = Dummy::parse(plain.expose()).unwrap();
    assert_eq!(dummy.pair(), "Ada-Ben");
    assert!(dummy.is_signed(&root.verifying()) && dummy.is_of_set(recovery.recipient()));
    // Another vault's, and another key's.
    assert!(!dummy.is_signed(&SigningKey::generate().verifying()));
    assert!(!dummy.is_of_set(HybridIdentity::generate().recipient()));
    // Each is another.
    let again = Shares::make_with(&recovery, &root, &trustees(&["Ada", "Ben"]), CHEAP).unwrap();
    assert!(rehearsed(&again, ["Ada", "Ben"]).expose() != plain.expose());
}

#[test]
fn a_dummy_that_was_changed_or_made_up_is_not_signed() {
    let (recovery, root) = (HybridIdentity::generate(), SigningKey::generate());
    let plain = Dummy::make("Ada-Ben", recovery.recipient(), &root);
    let text = String::from_utf8(plain.expose().to_vec()).unwrap();
    let signed = |text: &str| {
        let dummy = Dummy::parse(text.as_bytes());
        dummy.is_ok_and(|dummy| dummy.is_signed(&root.verifying()))
    };
    assert!(signed(&text) && signed(&text.replace('\n', "\r\n")));
    for at in text.find("set: ").unwrap()..text.find("# It opened").unwrap() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        let changed = String::from_utf8(bytes).unwrap();
        assert!(!signed(&changed), "{at}");
    }
    let other = Dummy::make("Ada-Ben", recovery.recipient(), &SigningKey::generate());
    assert!(!signed(std::str::from_utf8(other.expose()).unwrap()));
    let end = text.find("signed: ").unwrap();
    for wrong in [
        "",
        "# strongroom rehearsal, version 1\n",
        &text[..end],
        &text[40..],
    ] {
        assert_eq!(Dummy::parse(wrong.as_bytes()), Err(DummyError::Other));
    }
    let doubled = format!("{text}pair: Ada-Mei\n");
    assert_eq!(Dummy::parse(doubled.as_bytes()), Err(DummyError::Other));
    let real = to_plain(&recovery, &root);
    assert_eq!(Dummy::parse(real.expose()), Err(DummyError::Real));
    assert_eq!(
        format!("{:?}", Dummy::parse(text.as_bytes())),
        "Ok(Dummy(..))"
    );
}

/// Whatever locks the two layers, by words or a key of either sort.
#[test]
fn a_real_share_is_told_from_one_to_rehearse_with_by_its_length() {
    let classical = || age::x25519::Identity::generate().to_public().to_string();
    let hybrid = || HybridIdentity::generate().recipient().to_string();
    let people: Vec<Trustee> = [
        None,
        None,
        Some(classical()),
        Some(hybrid()),
        Some(hybrid()),
    ]
    .into_iter()
    .zip(["Ada", "Ben", "Cai", "Dee", "Eve"])
    .map(|(recipient, name)| Trustee {
        name: name.to_owned(),
        recipient: recipient.map(|text| text.parse().unwrap()),
    })
    .collect();
    let shares = make(&people).unwrap();
    assert_eq!(shares.files.len(), 20);
    for (name, bytes) in &shares.files {
        let expected = if name.ends_with(REHEARSAL_ENDING) {
            Ok(())
        } else {
            Err(NotForRehearsal::Short)
        };
        assert_eq!(for_rehearsal(bytes), expected, "{name}");
    }
    let inner = peel(
        file(&shares, "Ada-Eve.age"),
        &passphrase(&shares, "Ada.txt"),
    )
    .unwrap();
    assert_eq!(for_rehearsal(inner.expose()), Err(NotForRehearsal::Short));
    assert_eq!(for_rehearsal(&[7; 9000]), Err(NotForRehearsal::NotAge));
}
