//! What rows and unit keys are called: the closed lists of trees and unit kinds. Their numbers stand in
//! files for ever, so a list only ever grows at its end (`docs/format.md`).

use crate::bytes::{Fields, Malformed, put_field};

/// The longest natural key of a unit, in bytes.
const MAX_NATURAL: usize = 1024;

macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $number:literal $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$each])* $variant),+ }

        impl $name {
            /// All of them, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The number files use.
            pub const fn number(self) -> u8 {
                match self { $(Self::$variant => $number),+ }
            }

            /// The one with this number.
            pub const fn from_number(number: u8) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }

            /// The word pages and messages use.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

numbered! {
    /// What sort of row: the first part of every row's place.
    Tree {
        /// A person's account: their sealed identity and state.
        Account = 1 "account",
        /// Which account an unnamed actor of the ledger is.
        Actor = 2 "actor",
        /// A signed statement.
        Statement = 3 "statement",
        /// A compartment's facts.
        Compartment = 4 "compartment",
        /// The header of an epoch's secret for one member.
        Envelope = 5 "envelope",
        /// A family's case.
        Case = 6 "case",
        /// A record's facts.
        Record = 7 "record",
        /// A version's facts.
        Version = 8 "version",
        /// A sealed part small enough to be a row.
        Part = 9 "part",
        /// The header of a part for one compartment.
        Header = 10 "header",
        /// Which ledger entries speak of a record.
        Trail = 11 "trail",
        /// The detail of a ledger entry.
        Entry = 12 "entry",
        /// Someone's dated permission.
        Grant = 13 "grant",
        /// An act that waits for a second person.
        Proposal = 14 "proposal",
        /// What suspends disposal.
        Hold = 15 "hold",
        /// A person records are about.
        Person = 16 "person",
        /// A person's part in a case.
        Link = 17 "link",
        /// A subject access request.
        Request = 18 "request",
        /// A destruction under a rule.
        Disposal = 19 "disposal",
        /// A record not yet filed.
        Draft = 20 "draft",
        /// A setting of the vault.
        Setting = 21 "setting",
        /// What a desk still has to do.
        Errand = 22 "errand",
        /// A compartment's epoch: number, recipient, members, sealed secret.
        Epoch = 23 "epoch",
        /// A record's history.
        History = 24 "history",
        /// To whom a record was shown or released.
        Revealed = 25 "revealed",
        /// What is kept of a destroyed record.
        Tombstone = 26 "tombstone",
        /// Something a person should be told.
        Notice = 27 "notice",
        /// A place of escrow or backup.
        Place = 28 "place",
        /// A second factor.
        Factor = 29 "factor",
    }
}

numbered! {
    /// What sort of unit: what can be destroyed alone.
    UnitKind {
        /// The vault's own rows.
        Vault = 1 "vault",
        /// A person's account.
        Account = 2 "account",
        /// A person records are about.
        Person = 3 "person",
        /// A case.
        Case = 4 "case",
        /// A record's facts.
        Record = 5 "record",
        /// A version: its facts, parts and headers.
        Version = 6 "version",
        /// A record's audit trail.
        History = 7 "history",
        /// The detail of one ledger entry.
        Entry = 8 "entry",
        /// A compartment.
        Compartment = 9 "compartment",
        /// A compartment's epoch.
        Epoch = 10 "epoch",
        /// One member's envelope.
        Membership = 11 "membership",
        /// A grant.
        Grant = 12 "grant",
        /// A proposal.
        Proposal = 13 "proposal",
        /// A hold.
        Hold = 14 "hold",
        /// A subject access request.
        Request = 15 "request",
        /// A draft.
        Draft = 16 "draft",
        /// A tombstone.
        Tombstone = 17 "tombstone",
    }
}

/// A unit's name: its kind and the natural key within it (ids, numbers). It stands in no file except
/// under the generation key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitName {
    kind: UnitKind,
    natural: Box<[u8]>,
}

impl UnitName {
    /// The unit of this kind with this natural key (at most 1 KiB for it to be written).
    pub fn new(kind: UnitKind, natural: &[u8]) -> Self {
        Self {
            kind,
            natural: natural.into(),
        }
    }

    /// The unit's kind.
    pub const fn kind(&self) -> UnitKind {
        self.kind
    }

    /// The unit's natural key.
    pub fn natural(&self) -> &[u8] {
        &self.natural
    }

    /// How many bytes [`UnitName::encode`] appends.
    pub fn encoded_len(&self) -> usize {
        1 + 4 + self.natural.len()
    }

    /// Appends kind (`u8`), `u32` length and natural key.
    ///
    /// # Errors
    /// [`Malformed`] for a natural key over 1 KiB.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), Malformed> {
        if self.natural.len() > MAX_NATURAL {
            return Err(Malformed);
        }
        out.push(self.kind.number());
        put_field(out, &self.natural)
    }

    /// Reads what [`UnitName::encode`] wrote.
    ///
    /// # Errors
    /// [`Malformed`] for an unknown kind, a natural key over 1 KiB, and bytes that end too soon.
    pub fn decode(fields: &mut Fields<'_>) -> Result<Self, Malformed> {
        let kind = UnitKind::from_number(fields.u8()?).ok_or(Malformed)?;
        let natural = fields.field()?;
        if natural.len() > MAX_NATURAL {
            return Err(Malformed);
        }
        Ok(Self::new(kind, natural))
    }
}

impl std::fmt::Debug for UnitName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.kind, crate::bytes::hex(&self.natural))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_lists_are_the_formats() {
        let words: Vec<&str> = Tree::ALL.iter().map(|tree| tree.word()).collect();
        assert_eq!(
            words.join(" "),
            "account actor statement compartment envelope case record version part header trail \
             entry grant proposal hold person link request disposal draft setting errand epoch \
             history revealed tombstone notice place factor"
        );
        let words: Vec<&str> = UnitKind::ALL.iter().map(|kind| kind.word()).collect();
        assert_eq!(
            words.join(" "),
            "vault account person case record version history entry compartment epoch membership \
             grant proposal hold request draft tombstone"
        );
        for (number, tree) in (1..).zip(Tree::ALL) {
            assert_eq!(tree.number(), number);
            assert_eq!(Tree::from_number(number), Some(*tree));
        }
        for (number, kind) in (1..).zip(UnitKind::ALL) {
            assert_eq!(kind.number(), number);
            assert_eq!(UnitKind::from_number(number), Some(*kind));
        }
        for unknown in [0, 30, 255] {
            assert_eq!(Tree::from_number(unknown), None);
        }
        for unknown in [0, 18, 255] {
            assert_eq!(UnitKind::from_number(unknown), None);
        }
    }

    proptest! {
        #[test]
        fn names_round_trip(number in 1u8..=17, natural in prop::collection::vec(any::<u8>(), 0..80)) {
            let name = UnitName::new(UnitKind::from_number(number).unwrap(), &natural);
            let mut out = Vec::new();
            name.encode(&mut out).unwrap();
            prop_assert_eq!(out.len(), name.encoded_len());
            let mut fields = Fields::new(&out);
            prop_assert_eq!(UnitName::decode(&mut fields).unwrap(), name);
            prop_assert!(fields.end().is_ok());
        }

        #[test]
        fn rubbish_never_panics(bytes: Vec<u8>) {
            drop(UnitName::decode(&mut Fields::new(&bytes)));
        }
    }

    #[test]
    fn long_names_are_refused_both_ways() {
        let long = UnitName::new(UnitKind::Draft, &[0; MAX_NATURAL + 1]);
        assert_eq!(long.encode(&mut Vec::new()), Err(Malformed));
        let mut bytes = vec![UnitKind::Draft.number()];
        put_field(&mut bytes, long.natural()).unwrap();
        assert_eq!(UnitName::decode(&mut Fields::new(&bytes)), Err(Malformed));
    }
}
