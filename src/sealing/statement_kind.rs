//! The closed list of what can be said in a signed statement.

/// A word that is not on the list of statement kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownKind;

impl std::fmt::Display for UnknownKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not a kind of statement this program knows")
    }
}

impl std::error::Error for UnknownKind {}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What a statement says.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum StatementKind {
            $($(#[$doc])* $variant,)*
        }

        impl StatementKind {
            /// Every kind of version 1, in the format's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The kind's word in a statement.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

kinds! {
    /// The vault's first words, by its root key.
    Genesis = "genesis",
    /// An offer to join.
    Invite = "invite",
    /// A person's keys, vouched for.
    Enrol = "enrol",
    /// A person's new keys, signed by the old and the new.
    Succeed = "succeed",
    /// A role given or taken.
    Role = "role",
    /// An account stopped, or let go on.
    Suspend = "suspend",
    /// Who belongs to a compartment.
    Members = "members",
    /// A compartment's next key pair.
    Epoch = "epoch",
    /// What a version consists of.
    Manifest = "manifest",
    /// A request to the keeper.
    Ask = "ask",
    /// An act that waits for a second person.
    Propose = "propose",
    /// The second person's word.
    Approve = "approve",
    /// Someone's dated, purposeful permission.
    Grant = "grant",
    /// The end of a grant.
    End = "end",
    /// A record's other class or kind.
    Reclassify = "reclassify",
    /// A record's other case.
    Move = "move",
    /// What suspends disposal.
    Hold = "hold",
    /// The retention schedule the trustees approved.
    Schedule = "schedule",
    /// The policy in force.
    Policy = "policy",
    /// A certificate of destruction.
    Certificate = "certificate",
    /// An assessor's closing statement.
    Closing = "closing",
}

impl std::str::FromStr for StatementKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let named = Self::ALL.iter().find(|kind| kind.name() == text);
        named.copied().ok_or(UnknownKind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_formats() {
        let names: Vec<&str> = StatementKind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(
            names.join(" "),
            "genesis invite enrol succeed role suspend members epoch manifest ask propose approve \
             grant end reclassify move hold schedule policy certificate closing"
        );
        for kind in StatementKind::ALL {
            assert_eq!(kind.name().parse(), Ok(*kind));
        }
        assert_eq!("Grant".parse::<StatementKind>(), Err(UnknownKind));
    }
}
