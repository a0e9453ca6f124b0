//! Shares, made cheaply. That the `age` command opens what the sheets say is in `tests/it/shares.rs`.

mod rehearsed;

use age::secrecy::ExposeSecret;

use crate::sealing::ExportRecipient;
use crate::sealing::HybridIdentity;
use crate::sealing::PassphraseError;
use crate::sealing::Plain;
use crate::sealing::Recovered;
use crate::sealing::RecoveredError;
use crate::sealing::SecretText;
use crate::sealing::Shares;
use crate::sealing::SharesError;
use crate::sealing::SigningKey;
use crate::sealing::Trustee;
use crate::sealing::WorkFactor;
use crate::sealing::open_with_passphrase;
use crate::sealing::shares::Lock;
use crate::sealing::shares::REHEARSAL_ENDING;
use crate::sealing::shares::is_shaped;
use crate::sealing::shares::recovered::to_plain;

const CHEAP: WorkFactor = WorkFactor::new(2).unwrap();

fn trustee(name: &str) -> Trustee {
    Trustee {
        name: name.to_owned(),
        recipient: None,
    }
}

fn trustees(names: &[&str]) -> Vec<Trustee> {
    names.iter().map(|name| trustee(name)).collect()
}

fn make(trustees: &[Trustee]) -> Result<Shares, SharesError> {
    let (recovery, root) = (HybridIdentity::generate(), SigningKey::generate());
    Shares::make_with(&recovery, &root, trustees, CHEAP)
}

fn names<T>(of: &[(String, T)]) -> Vec<&str> {
    of.iter().map(|(name, _)| name.as_str()).collect()
}

fn sheet<'a>(shares: &'a Shares, name: &str) -> &'a str {
    let sheet = shares.sheets.iter().find(|(own, _)| own == name);
    sheet.unwrap().1.expose()
}

fn file<'a>(shares: &'a Shares, name: &str) -> &'a [u8] {
    &shares.files.iter().find(|(own, _)| own == name).unwrap().1
}

/// The passphrase as its holder would type it from their sheet.
fn passphrase(shares: &Shares, name: &str) -> SecretText {
    let words: Vec<&str> = sheet(shares, name)
        .lines()
        .skip_while(|line| *line != "YOUR PASSPHRASE")
        .skip(1)
        .take_while(|line| line.starts_with("    "))
        .flat_map(str::split_whitespace)
        .collect();
    assert_eq!(words.len(), 10);
    SecretText::new(words.join(" "))
}

fn peel(file: &[u8], words: &SecretText) -> Result<Plain, PassphraseError> {
    open_with_passphrase(file, words, CHEAP)
}

#[test]
fn every_pair_brings_back_both_keys_in_its_order_only() {
    let (recovery, root) = (HybridIdentity::generate(), SigningKey::generate());
    let people = trustees(&["Ada Obi", "Ben Cole", "Cai Rhys", "Dee Wong", "Eve Ó Sé"]);
    let shares = Shares::make_with(&recovery, &root, &people, CHEAP).unwrap();
    let all = ["Ada_Obi", "Ben_Cole", "Cai_Rhys", "Dee_Wong", "Eve_o_Se"];
    assert_eq!(names(&shares.sheets), all.map(|name| format!("{name}.txt")));
    let words = all.map(|name| passphrase(&shares, &format!("{name}.txt")));
    let mut pairs = Vec::new();
    for (at, first) in all.iter().enumerate() {
        for (other, second) in all.iter().enumerate().skip(at + 1) {
            let name = format!("{first}-{second}.age");
            let outer = file(&shares, &name);
            let inner = peel(outer, &words[at]).unwrap();
            let secret = peel(inner.expose(), &words[other]).unwrap();
            let recovered = Recovered::parse(&secret).unwrap();
            assert_eq!(recovered.recovery.recipient(), recovery.recipient());
            assert_eq!(recovered.root.verifying(), root.verifying());

            // The other order, the first one alone, and anyone else.
            for (wrong, words) in words.iter().enumerate() {
                if wrong != at {
                    let refused = peel(outer, words).unwrap_err();
                    assert_eq!(refused, PassphraseError::Wrong);
                }
                if wrong != other {
                    let refused = peel(inner.expose(), words).unwrap_err();
                    assert_eq!(refused, PassphraseError::Wrong);
                }
            }
            assert_eq!(Recovered::parse(&inner).unwrap_err(), RecoveredError);
            pairs.push(name);
        }
    }
    let mut files = names(&shares.files);
    files.retain(|name| !name.ends_with(REHEARSAL_ENDING));
    assert_eq!(files, pairs);
    assert_eq!(pairs.len(), 10);
}

#[test]
fn sheets_hold_their_own_passphrase_and_no_other_secret() {
    let shares = make(&trustees(&["Ada", "Ben", "Cai"])).unwrap();
    for (name, text) in &shares.sheets {
        let text = text.expose();
        for (other, _) in &shares.sheets {
            let words = passphrase(&shares, other);
            let first: Vec<&str> = words.expose().split(' ').take(5).collect();
            assert_eq!(text.contains(&first.join(" ")), name == other);
        }
        for secret in ["AGE-SECRET-KEY", "STRONGROOM-SIGNING-KEY"] {
            assert!(!text.contains(secret));
        }
        assert!(text.lines().all(|line| line.chars().count() <= 76));
        assert!(text.is_ascii() && text.lines().count() <= 100);
        let pairs = shares.files.iter().filter(|(file, _)| text.contains(file));
        assert_eq!(pairs.count(), 2, "only the files of this trustee");
    }
}

#[test]
fn a_trustees_own_key_takes_the_place_of_a_passphrase() {
    let classical = age::x25519::Identity::generate();
    let hybrid = HybridIdentity::generate();
    let own = |name: &str, recipient: ExportRecipient| Trustee {
        name: name.to_owned(),
        recipient: Some(recipient),
    };
    let people = [
        own("Ada", classical.to_public().to_string().parse().unwrap()),
        own("Ben", hybrid.recipient().clone().into()),
        trustee("Cai"),
    ];
    let (recovery, root) = (HybridIdentity::generate(), SigningKey::generate());
    let shares = Shares::make_with(&recovery, &root, &people, CHEAP).unwrap();
    let opens = |file: &[u8], identity: &dyn age::Identity| {
        let mut plain = Vec::new();
        let decryptor = age::Decryptor::new_buffered(file).ok()?;
        let mut reader = decryptor.decrypt(std::iter::once(identity)).ok()?;
        std::io::Read::read_to_end(&mut reader, &mut plain).ok()?;
        Some(plain)
    };
    let secret = to_plain(&recovery, &root);
    let with_ben = opens(file(&shares, "Ada-Ben.age"), &classical).unwrap();
    assert!(opens(&with_ben, &hybrid).unwrap() == secret.expose());
    let words = passphrase(&shares, "Cai.txt");
    let with_cai = opens(file(&shares, "Ben-Cai.age"), &hybrid).unwrap();
    assert!(peel(&with_cai, &words).unwrap().expose() == secret.expose());
    assert!(opens(file(&shares, "Ben-Cai.age"), &classical).is_none());

    let (ada, ben) = (sheet(&shares, "Ada.txt"), sheet(&shares, "Ben.txt"));
    for text in [ada, ben] {
        assert!(text.contains("NOT been tried") && !text.contains("YOUR PASSPHRASE"));
    }
    assert!(ada.contains("older sort") && ben.contains("age 1.3 or later"));
    assert!(ada.contains("age -d -i YOUR-KEY-FILE -o inner.age Ada-Cai.age"));
    let cai = sheet(&shares, "Cai.txt");
    assert!(cai.contains("age -d -i THEIR-KEY-FILE -o inner.age Ben-Cai.age"));
    assert!(cai.contains("age -d -o recovery.txt inner.age"));
    assert!(!ada.contains(classical.to_string().expose_secret()));
}

#[test]
fn the_shape_of_an_own_layer_is_checked() {
    let recipient: ExportRecipient = HybridIdentity::generate().recipient().clone().into();
    let plain = Plain::new(vec![7; 300]);
    let file = Lock::Own(&recipient).seal(&plain).unwrap();
    assert!(is_shaped(&file, &recipient, 300));
    let classical = age::x25519::Identity::generate().to_public().to_string();
    assert!(!is_shaped(&file, &classical.parse().unwrap(), 300));
    assert!(!is_shaped(&file, &recipient, 299));
    assert!(!is_shaped(&file[..file.len() - 1], &recipient, 300));
    assert!(!is_shaped(b"", &recipient, 300));
    let words = SecretText::new("ten words".to_owned());
    let other = Lock::Sheet(words, CHEAP).seal(&plain).unwrap();
    assert!(!is_shaped(&other, &recipient, 300));
}

#[test]
fn a_share_that_does_not_open_is_found() {
    let lock = |words: &str| Lock::Sheet(SecretText::new(words.to_owned()), CHEAP);
    let plain = Plain::new(b"content".to_vec());
    let mut file = lock("right").seal(&plain).unwrap();
    assert!(lock("right").holds(&file, &plain));
    assert!(!lock("wrong").holds(&file, &plain));
    assert!(!lock("right").holds(&file, &Plain::new(b"Content".to_vec())));
    *file.last_mut().unwrap() ^= 1;
    assert!(!lock("right").holds(&file, &plain));
}

#[test]
fn unfit_trustees_are_refused() {
    let refused = |names: &[&str]| make(&trustees(names)).unwrap_err();
    assert_eq!(refused(&[]), SharesError::Count(0));
    assert_eq!(refused(&["Ada"]), SharesError::Count(1));
    assert_eq!(
        refused(&["A", "B", "C", "D", "E", "F"]),
        SharesError::Count(6)
    );
    for name in [
        "",
        "   ",
        "Ada\nObi",
        "Ada\u{7}",
        "Ada\u{202e}",
        &"a".repeat(101),
    ] {
        assert_eq!(refused(&["Ben", name]), SharesError::Name, "{name:?}");
    }
    let same = SharesError::SameName("ada  obi".to_owned());
    assert_eq!(refused(&["Ada Obi", "Ben", " ada  obi "]), same);
    let recipient: ExportRecipient = HybridIdentity::generate().recipient().clone().into();
    let twice = ["Ada", "Ben"].map(|name| Trustee {
        name: name.to_owned(),
        recipient: Some(recipient.clone()),
    });
    assert_eq!(
        make(&twice).unwrap_err(),
        SharesError::SameRecipient("Ben".to_owned())
    );
}

#[test]
fn file_names_are_plain_and_never_the_same() {
    let people = trustees(&["Siân O’Brien-Łoś", "sian obrien los", "../..", "李", "CON"]);
    let shares = make(&people).unwrap();
    let expected = [
        "Sian_OBrien-los",
        "sian_obrien_los",
        "trustee",
        "trustee_2",
        "CON_",
    ];
    assert_eq!(
        names(&shares.sheets),
        expected.map(|name| format!("{name}.txt"))
    );
    let mut files = names(&shares.files);
    files.sort_unstable();
    files.dedup();
    assert_eq!(files.len(), 20);
    for name in files {
        let fits = |c: u8| c.is_ascii_alphanumeric() || b"_-.".contains(&c);
        assert!(
            name.bytes().all(fits) && !name.starts_with(['-', '.']),
            "{name}"
        );
    }
    let long = make(&trustees(&[&"ab".repeat(50), &"ab ".repeat(33)])).unwrap();
    assert!(names(&long.files).iter().all(|name| name.len() <= 90));
}

#[test]
fn only_what_a_share_holds_is_recovered() {
    let (recovery, root) = (HybridIdentity::generate(), SigningKey::generate());
    let text = String::from_utf8(to_plain(&recovery, &root).expose().to_vec()).unwrap();
    let parse = |text: &str| Recovered::parse(&Plain::new(text.as_bytes().to_vec()));
    assert!(parse(&text).is_ok());
    assert!(
        parse(&text.replace('\n', "\r\n")).is_ok(),
        "saved again by an editor"
    );
    for wrong in [
        String::new(),
        text.replace("version 1", "version 2"),
        text.replace("# root key: ", ""),
        text.to_lowercase(),
        text.replace("AGE-SECRET-KEY-PQ-1", "AGE-SECRET-KEY-1"),
        text[..text.len() - 2].to_owned(),
        format!("{text}{text}"),
    ] {
        assert_eq!(parse(&wrong).unwrap_err(), RecoveredError);
    }
    assert!(Recovered::parse(&Plain::new(vec![0xff; 100])).is_err());
}

#[test]
fn debug_shows_nothing() {
    let shares = make(&trustees(&["Ada", "Ben"])).unwrap();
    assert_eq!(format!("{shares:?}"), "Shares(..)");
    let (recovery, root) = (HybridIdentity::generate(), SigningKey::generate());
    let recovered = Recovered::parse(&to_plain(&recovery, &root)).unwrap();
    assert_eq!(format!("{recovered:?}"), "Recovered(..)");
    assert_eq!(format!("{:?}", shares.sheets[0].1), "SecretText(..)");
}

#[test]
fn refusals_say_what_to_do_and_no_secret() {
    let all = [
        SharesError::Count(1),
        SharesError::Name,
        SharesError::SameName("Ada".to_owned()),
        SharesError::SameRecipient("Ada".to_owned()),
        SharesError::Check("Ada-Ben.age".to_owned()),
    ];
    insta::assert_snapshot!(all.map(|error| error.to_string()).join("\n"), @r#"
    name two to five trustees, not 1
    a trustee's name must be one line of text, at most 100 bytes
    two trustees are called "Ada"; tell them apart, for example by an initial
    "Ada" has the same key as another trustee, so one person could act alone; each needs their own
    the share "Ada-Ben.age" did not open when checked; make the shares again
    "#);
}
