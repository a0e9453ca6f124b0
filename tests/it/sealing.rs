//! What is sealed here is opened by other implementations, and the other way round.

use std::fs;
use std::io::Read;
use std::io::Write;
use std::iter;
use std::process::Command;

use age::Decryptor;
use age::Encryptor;
use age::Identity;
use age::Recipient;
use age::secrecy::ExposeSecret;
use age_core::format::Stanza;
use strongroom::sealing::FileKey;
use strongroom::sealing::Header;
use strongroom::sealing::HybridIdentity;
use strongroom::sealing::PayloadReader;
use strongroom::sealing::PayloadWriter;
use strongroom::sealing::Plain;
use strongroom::sealing::SecretText;
use strongroom::sealing::WorkFactor;
use strongroom::sealing::encrypt_to;
use strongroom::sealing::open_header;
use strongroom::sealing::open_payload;
use strongroom::sealing::open_with_passphrase;
use strongroom::sealing::seal_header;
use strongroom::sealing::seal_payload;
use strongroom::sealing::seal_with_passphrase;

use crate::common::have;

const BORDERS: [usize; 6] = [0, 1, 65535, 65536, 65537, 131_072];

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| at.to_le_bytes()[0] ^ 0x33).collect()
}

fn crate_opens(file: &[u8], identity: &dyn Identity) -> Option<Vec<u8>> {
    let decryptor = Decryptor::new_buffered(file).ok()?;
    let mut plain = Vec::new();
    let mut reader = decryptor.decrypt(iter::once(identity)).ok()?;
    reader.read_to_end(&mut plain).ok()?;
    Some(plain)
}

fn crate_seals(content: &[u8], recipient: &dyn Recipient) -> Vec<u8> {
    let encryptor = Encryptor::with_recipients(iter::once(recipient)).unwrap();
    let mut writer = encryptor.wrap_output(Vec::new()).unwrap();
    writer.write_all(content).unwrap();
    writer.finish().unwrap()
}

#[test]
fn header_and_payload_together_are_an_age_file() {
    let identity = HybridIdentity::generate();
    for length in BORDERS {
        let content = content(length);
        let key = FileKey::generate();
        let header = seal_header(&key, identity.recipient());
        let whole = seal_payload(&key, &Plain::new(content.clone()));
        let file = [&header[..], &whole].concat();
        assert!(
            crate_opens(&file, &identity).unwrap() == content,
            "{length}"
        );

        let key = FileKey::generate();
        let header = seal_header(&key, identity.recipient());
        let mut writer = PayloadWriter::new(&key, header).unwrap();
        writer.write_all(&content).unwrap();
        let file = writer.finish().unwrap();
        assert!(
            crate_opens(&file, &identity).unwrap() == content,
            "{length}"
        );
        assert!(crate_opens(&file[..file.len() - 1], &identity).is_none());
    }
}

#[test]
fn a_file_of_the_age_crate_comes_apart() {
    let identity = HybridIdentity::generate();
    for length in BORDERS {
        let content = content(length);
        let file = crate_seals(&content, identity.recipient());
        let (header, at) = Header::parse(&file).unwrap();
        let ours = header.stanzas().iter().map(|stanza| Stanza {
            tag: stanza.tag().to_owned(),
            args: stanza.args().map(str::to_owned).collect(),
            body: stanza.body().to_vec(),
        });
        let key = identity.unwrap_stanzas(&ours.collect::<Vec<_>>());
        let key = FileKey::from_bytes(key.unwrap().unwrap().expose_secret());
        assert!(header.is_sealed_by(&key));
        assert!(open_payload(&key, &file[at..]).unwrap().expose() == content);
        let mut streamed = Vec::new();
        let mut reader = PayloadReader::new(&key, &file[at..]).unwrap();
        reader.read_to_end(&mut streamed).unwrap();
        assert!(streamed == content);

        // A new header on the same payload: how a reader is added. The old one carries grease, which
        // a row may not.
        assert!(open_header(&file[..at], &identity).is_err());
        let other = HybridIdentity::generate();
        let moved = [&seal_header(&key, other.recipient())[..], &file[at..]].concat();
        assert!(crate_opens(&moved, &other).unwrap() == content);
        assert!(crate_opens(&moved, &identity).is_none());
    }
}

#[test]
fn exports_open_for_each_of_their_readers() {
    let hybrids = [HybridIdentity::generate(), HybridIdentity::generate()];
    let to = hybrids.each_ref().map(|i| i.recipient().clone().into());
    let content = content(70_000);
    let mut writer = encrypt_to(&to, Vec::new()).unwrap();
    writer.write_all(&content).unwrap();
    let file = writer.finish().unwrap();
    assert!(
        hybrids
            .iter()
            .all(|i| crate_opens(&file, i).unwrap() == content)
    );
    assert!(crate_opens(&file, &HybridIdentity::generate()).is_none());

    let classical = age::x25519::Identity::generate();
    let to = [classical.to_public().to_string().parse().unwrap()];
    let mut writer = encrypt_to(&to, Vec::new()).unwrap();
    writer.write_all(&content).unwrap();
    let file = writer.finish().unwrap();
    assert!(crate_opens(&file, &classical).unwrap() == content);
}

#[test]
fn a_passphrase_file_opens_both_ways() {
    let words = "correct horse battery staple";
    let work = WorkFactor::new(10).unwrap();
    let sealed = seal_with_passphrase(
        &Plain::new(content(100)),
        &SecretText::new(words.to_owned()),
        work,
    );
    let mut identity = age::scrypt::Identity::new(words.into());
    identity.set_max_work_factor(10);
    assert_eq!(crate_opens(&sealed, &identity).unwrap(), content(100));

    // The crate adds no grease to such a file, so ours opens it.
    let mut recipient = age::scrypt::Recipient::new(words.into());
    recipient.set_work_factor(10);
    let sealed = crate_seals(&content(100), &recipient);
    let opened = open_with_passphrase(&sealed, &SecretText::new(words.to_owned()), work);
    assert_eq!(opened.unwrap().expose(), content(100));
}

#[test]
fn the_age_command_opens_an_export() {
    if !have("age", "--version") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let identity = age::x25519::Identity::generate();
    let key = dir.path().join("key");
    fs::write(&key, identity.to_string().expose_secret()).unwrap();
    let to = [identity.to_public().to_string().parse().unwrap()];
    let mut writer = encrypt_to(&to, Vec::new()).unwrap();
    writer.write_all(&content(70_000)).unwrap();
    let file = dir.path().join("export.age");
    fs::write(&file, writer.finish().unwrap()).unwrap();
    let opened = Command::new("age")
        .arg("-d")
        .arg("-i")
        .args([key, file])
        .output();
    assert!(opened.unwrap().stdout == content(70_000));
}
