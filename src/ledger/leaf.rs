//! One entry of the ledger, format `cv1`: a JSON object of nine fields in one spelling, without
//! personal data (`docs/format.md`). What an entry is about stands in it only as HMACs under keys that
//! can be destroyed, so erasing a record needs no change to the ledger.

pub mod actor;
pub mod event;
pub mod keys;

use std::fmt;

use crate::bytes::put_base64url;
use crate::bytes::unbase64url;
use crate::clock::Timestamp;
use crate::ledger::leaf::actor::ActorHandle;
use crate::ledger::leaf::event::Event;
use crate::ledger::leaf::event::Outcome;
use crate::ledger::leaf::keys::Commitment;
use crate::ledger::leaf::keys::FrameDigest;
use crate::ledger::leaf::keys::RecordRef;
use crate::ledger::merkle::Hash;
use crate::ledger::merkle::LeafIndex;
use crate::ledger::merkle::leaf_hash;

/// Bytes a leaf may have.
pub const MAX_LEAF_BYTES: usize = 512;
/// The largest whole number every JSON reader keeps exact.
const MAX_INTEGER: u64 = 1 << 53;

/// One entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    /// Who acted.
    pub actor: ActorHandle,
    /// What binds the entry to its detail, which is kept elsewhere.
    pub commit: Commitment,
    /// What was done.
    pub event: Event,
    /// In the last leaf of a frame that changes rows: the digest of those changes.
    pub frame: Option<FrameDigest>,
    /// Its position; below 2^53.
    pub index: LeafIndex,
    /// How it ended.
    pub outcome: Outcome,
    /// The record it is about, recognisable only with that record's key.
    pub record: RecordRef,
    /// When, by the service's clock; never earlier than the leaf before.
    pub time: Timestamp,
}

/// A field of a leaf, in the order of its spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the field of the same name")]
pub enum Field {
    Actor,
    Commit,
    Event,
    Frame,
    Index,
    Outcome,
    Record,
    Time,
    Version,
}

impl Field {
    const fn name(self) -> &'static str {
        match self {
            Self::Actor => "actor",
            Self::Commit => "commit",
            Self::Event => "event",
            Self::Frame => "frame",
            Self::Index => "index",
            Self::Outcome => "outcome",
            Self::Record => "record",
            Self::Time => "time",
            Self::Version => "v",
        }
    }
}

/// Bytes that are not a leaf of this format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeafError {
    /// Longer than [`MAX_LEAF_BYTES`].
    TooLong,
    /// Ends in a version this code does not know. Its hash can be checked, its fields cannot be read.
    UnknownVersion,
    /// This field is missing, out of place, or does not hold what it should.
    Field(Field),
    /// Something follows the last field.
    Trailing,
    /// Every field can be read, but the entry is not spelled as it would be written.
    Spelling,
}

impl fmt::Display for LeafError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "longer than {MAX_LEAF_BYTES} bytes"),
            Self::UnknownVersion => f.write_str("of an unknown format"),
            Self::Field(field) => write!(f, "field `{}` is not as it should be", field.name()),
            Self::Trailing => f.write_str("something follows its last field"),
            Self::Spelling => f.write_str("not in its one spelling"),
        }
    }
}

impl std::error::Error for LeafError {}

impl Leaf {
    /// The entry's bytes: keys in order, no white space, ASCII only (RFC 8785 by construction).
    pub fn encode(&self) -> Vec<u8> {
        // Written piece by piece: a strict check does this for every entry there is.
        let mut out = String::with_capacity(MAX_LEAF_BYTES);
        out.push_str(r#"{"actor":""#);
        put_base64url(&mut out, self.actor.as_bytes());
        out.push_str(r#"","commit":""#);
        put_base64url(&mut out, self.commit.as_bytes());
        out.push_str(r#"","event":""#);
        out.push_str(self.event.word());
        out.push_str(r#"","frame":""#);
        if let Some(digest) = &self.frame {
            put_base64url(&mut out, digest.as_bytes());
        }
        out.push_str(r#"","index":"#);
        out.push_str(&self.index.get().to_string());
        out.push_str(r#","outcome":""#);
        out.push_str(self.outcome.word());
        out.push_str(r#"","record":""#);
        put_base64url(&mut out, self.record.as_bytes());
        out.push_str(r#"","time":"#);
        out.push_str(&self.time.as_ms().to_string());
        out.push_str(r#","v":"cv1"}"#);
        out.into_bytes()
    }

    /// Reads an entry, refusing every spelling but the one [`Leaf::encode`] writes.
    ///
    /// # Errors
    /// [`LeafError`] naming what is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, LeafError> {
        if bytes.len() > MAX_LEAF_BYTES {
            return Err(LeafError::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| LeafError::Spelling)?;
        if has_other_version(text) {
            return Err(LeafError::UnknownVersion);
        }
        let leaf = read_fields(text)?;
        if leaf.encode() == bytes {
            Ok(leaf)
        } else {
            Err(LeafError::Spelling)
        }
    }

    /// The entry's hash in the tree.
    pub fn hash(&self) -> Hash {
        leaf_hash(&self.encode())
    }
}

/// The version is the last key, so it can be found whatever the other fields are.
fn has_other_version(text: &str) -> bool {
    text.strip_suffix("\"}")
        .and_then(|text| text.rsplit_once(",\"v\":\""))
        .is_some_and(|(_, version)| {
            version != "cv1"
                && (1..=8).contains(&version.len())
                && version
                    .bytes()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        })
}

fn read_fields(text: &str) -> Result<Leaf, LeafError> {
    let mut reader = Reader { text, first: true };
    let leaf = Leaf {
        actor: reader.string(Field::Actor, |text| text.parse().ok())?,
        commit: reader.string(Field::Commit, |text| {
            fixed(text).map(Commitment::from_bytes)
        })?,
        event: reader.string(Field::Event, |text| text.parse().ok())?,
        frame: reader.string(Field::Frame, |text| {
            if text.is_empty() {
                return Some(None);
            }
            fixed(text).map(|bytes| Some(FrameDigest::from_bytes(bytes)))
        })?,
        index: LeafIndex::new(reader.integer(Field::Index)?),
        outcome: reader.string(Field::Outcome, |text| text.parse().ok())?,
        record: reader.string(Field::Record, |text| fixed(text).map(RecordRef::from_bytes))?,
        time: Timestamp::from_ms(reader.integer(Field::Time)?),
    };
    reader.string(Field::Version, |text| (text == "cv1").then_some(()))?;
    if reader.text == "}" {
        Ok(leaf)
    } else {
        Err(LeafError::Trailing)
    }
}

/// The bytes of base64url text of exactly this length.
fn fixed<const N: usize>(text: &str) -> Option<[u8; N]> {
    unbase64url(text)?.try_into().ok()
}

struct Reader<'a> {
    text: &'a str,
    first: bool,
}

impl<'a> Reader<'a> {
    fn name(&mut self, field: Field) -> Result<(), LeafError> {
        let open = if self.first { "{\"" } else { ",\"" };
        self.first = false;
        self.text = self
            .text
            .strip_prefix(open)
            .and_then(|text| text.strip_prefix(field.name()))
            .and_then(|text| text.strip_prefix("\":"))
            .ok_or(LeafError::Field(field))?;
        Ok(())
    }

    fn string<T>(
        &mut self,
        field: Field,
        parse: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<T, LeafError> {
        self.name(field)?;
        let value = self
            .text
            .strip_prefix('"')
            .and_then(|text| text.split_once('"'));
        let (value, rest) = value.ok_or(LeafError::Field(field))?;
        self.text = rest;
        parse(value).ok_or(LeafError::Field(field))
    }

    fn integer(&mut self, field: Field) -> Result<u64, LeafError> {
        self.name(field)?;
        let end = self.text.find(|c: char| !c.is_ascii_digit());
        let (digits, rest) = self.text.split_at(end.unwrap_or(self.text.len()));
        self.text = rest;
        digits
            .parse()
            .ok()
            .filter(|number| *number <= MAX_INTEGER)
            .ok_or(LeafError::Field(field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn leaves()(
            actor: [u8; 16], commit: [u8; 32], frame: Option<[u8; 32]>, record: [u8; 32],
            event in proptest::sample::select(Event::ALL),
            outcome in proptest::sample::select(Outcome::ALL),
            index in 0..=MAX_INTEGER, time in 0..=MAX_INTEGER,
        ) -> Leaf {
            Leaf {
                actor: ActorHandle::from_bytes(actor), commit: Commitment::from_bytes(commit), event,
                frame: frame.map(FrameDigest::from_bytes), index: LeafIndex::new(index), outcome,
                record: RecordRef::from_bytes(record), time: Timestamp::from_ms(time),
            }
        }
    }

    fn example() -> Leaf {
        Leaf {
            actor: ActorHandle::from_bytes([5; 16]),
            commit: Commitment::from_bytes([1; 32]),
            event: Event::Read,
            frame: None,
            index: LeafIndex::new(500),
            outcome: Outcome::Ok,
            record: RecordRef::from_bytes([2; 32]),
            time: Timestamp::from_ms(1_764_000_500_000),
        }
    }

    proptest! {
        #[test]
        fn round_trips_in_its_one_spelling(leaf in leaves()) {
            let bytes = leaf.encode();
            prop_assert!(bytes.len() <= MAX_LEAF_BYTES);
            prop_assert_eq!(Leaf::decode(&bytes), Ok(leaf));
            let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            prop_assert_eq!(crate::canon::to_bytes(&value).unwrap(), bytes);
        }

        #[test]
        fn a_changed_byte_is_refused_or_another_leaf(leaf in leaves(), at: usize, to: u8) {
            let mut bytes = leaf.encode();
            let at = at % bytes.len();
            prop_assume!(bytes[at] != to);
            bytes[at] = to;
            if let Ok(other) = Leaf::decode(&bytes) { prop_assert_ne!(other, leaf); prop_assert_eq!(other.encode(), bytes); }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            prop_assert!(Leaf::decode(&bytes).is_err());
        }
    }

    #[test]
    fn every_single_byte_change_of_one_leaf() {
        let leaf = example();
        let bytes = leaf.encode();
        for at in 0..bytes.len() {
            for to in 0..=u8::MAX {
                let mut changed = bytes.clone();
                changed[at] = to;
                assert!(
                    to == bytes[at] || Leaf::decode(&changed) != Ok(leaf),
                    "{at} {to}"
                );
            }
        }
    }

    #[test]
    fn looks_like_this() {
        let text = String::from_utf8(example().encode()).unwrap();
        assert_eq!(
            text,
            concat!(
                r#"{"actor":"BQUFBQUFBQUFBQUFBQUFBQ","commit":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE","#,
                r#""event":"read","frame":"","index":500,"outcome":"ok","#,
                r#""record":"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI","time":1764000500000,"v":"cv1"}"#,
            )
        );
    }

    #[test]
    fn names_what_is_wrong() {
        let text = String::from_utf8(example().encode()).unwrap();
        let wrong =
            |from: &str, to: &str| Leaf::decode(text.replace(from, to).as_bytes()).unwrap_err();
        assert_eq!(wrong(":500", ":0500"), LeafError::Spelling);
        assert_eq!(
            wrong(":500", ":9007199254740993"),
            LeafError::Field(Field::Index)
        );
        assert_eq!(wrong("read", "glance"), LeafError::Field(Field::Event));
        assert_eq!(
            wrong("\"ok\"", "\"fine\""),
            LeafError::Field(Field::Outcome)
        );
        assert_eq!(wrong("cv1", "cv2"), LeafError::UnknownVersion);
        assert_eq!(wrong("cv1\"}", "cv1\"} "), LeafError::Trailing);
        assert_eq!(wrong("BQ\"", "BR\""), LeafError::Field(Field::Actor));
        assert_eq!(wrong("\"frame\":\"\",", ""), LeafError::Field(Field::Frame));
        assert_eq!(
            wrong("{\"actor\"", "{ \"actor\""),
            LeafError::Field(Field::Actor)
        );
        assert_eq!(wrong("read", &"r".repeat(400)), LeafError::TooLong);
    }
}
