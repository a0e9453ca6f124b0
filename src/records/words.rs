//! Closed lists of words that kind files use.

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every value, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in kind files and commands.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The value with this word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.word() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }
    };
}

pub(crate) use words;

words!(
    /// Whom a kind may name among its readers or writers: those of a role, or those tied to the record.
    Reader {
        /// Staff on the case's team; as writers, everyone on it.
        CaseTeam = "case-team",
        /// Coordinators.
        Coordinator = "coordinator",
        /// Paid workers, on the case's team or not.
        Staff = "staff",
        /// Unpaid helpers, on the case's team or not.
        Volunteer = "volunteer",
        /// Safeguarding leads.
        SafeguardingLead = "safeguarding-lead",
        /// DBS countersignatories.
        DbsCountersignatory = "dbs-countersignatory",
        /// Data-protection leads.
        DataProtectionLead = "data-protection-lead",
        /// Trustees.
        Trustee = "trustee",
        /// Whoever the record names as its handler; where none is and no role reads it, the trustees.
        Handler = "handler",
        /// Named decision-makers; until any are named, the DBS countersignatories.
        Deciders = "deciders",
        /// Who filed it: to read, only while on the case's team, never by itself.
        Author = "author",
    }
);

words!(
    /// How contact happens in a case.
    Service {
        /// Several families share rooms; only attendance may leave.
        Supported = "supported",
        /// One-to-one, with a report after each session.
        Supervised = "supervised",
        /// Supervised outside a fixed venue.
        Community = "community",
        /// Handing the child over between parents.
        Handover = "handover",
        /// By video.
        Virtual = "virtual",
        /// Letters and gifts.
        Indirect = "indirect",
    }
);

words!(
    /// Whose bank holidays count.
    Nation {
        /// England and Wales, which have the same.
        EnglandAndWales = "england-and-wales",
        /// Scotland.
        Scotland = "scotland",
        /// Northern Ireland.
        NorthernIreland = "northern-ireland",
    }
);

words!(
    /// Whether a record of a kind belongs to a case.
    CaseRule {
        /// It always does.
        Required = "required",
        /// It may.
        Optional = "optional",
        /// It never does.
        None = "none",
    }
);

words!(
    /// Which compartment a record of a kind is sealed to.
    Place {
        /// Its case's.
        Case = "case",
        /// One of its own, and its existence is hidden from all but its readers.
        Own = "own",
    }
);

words!(
    /// Who must look a filed record over.
    Checker {
        /// Anyone who may read it, except its author.
        NotAuthor = "not-author",
    }
);

words!(
    /// What makes a record, or one field's words, sensitive. Becomes a label of the record's facts.
    Mark {
        /// A court decides who may have it.
        CourtRestricted = "court-restricted",
        /// A child's own words.
        ChildWords = "child-words",
        /// An address or other means of finding somebody.
        Address = "address",
        /// About somebody's health.
        Health = "health",
        /// About somebody other than the people of the case.
        ThirdParty = "third-party",
        /// Criminal offences, also alleged ones (DPA 2018 section 11(2)).
        Criminal = "criminal",
        /// Certificate information under section 124 of the Police Act 1997.
        DbsCertificate = "dbs-certificate",
        /// About a worker.
        AboutWorker = "about-worker",
        /// A safeguarding concern.
        Safeguarding = "safeguarding",
        /// A child was hurt.
        ChildInjury = "child-injury",
        /// A complaint about data protection (DPA 2018 section 164A).
        DataProtection = "data-protection",
    }
);

words!(
    /// What a field holds.
    Sort {
        /// One line of any printable text.
        Text = "text",
        /// Any printable text with line breaks.
        LongText = "long-text",
        /// `YYYY-MM-DD`.
        Date = "date",
        /// `HH:MM`, 24 hours.
        Time = "time",
        /// RFC 3339; without a zone, Europe/London is meant and written down.
        DateTime = "date-time",
        /// A whole number.
        Number = "number",
        /// Whole minutes.
        Duration = "duration",
        /// `true` or `false`.
        YesNo = "yes-no",
        /// One of the codes in `choices`.
        Choice = "choice",
        /// Any of the codes in `choices`, each once.
        Choices = "choices",
        /// A user's handle or a name in any script.
        Person = "person",
        /// Somebody's words: `speaker`, `words`, `verbatim`.
        Quote = "quote",
        /// Fields of its own.
        Group = "group",
    }
);

impl Reader {
    /// Whether a kind's file may name them as readers. Staff and volunteers read only what their cases are.
    pub const fn may_read(self) -> bool {
        !matches!(self, Self::Staff | Self::Volunteer | Self::Author)
    }

    /// Whether a kind's file may name them as writers. Who is tied to a record is so only once it is filed.
    pub const fn may_file(self) -> bool {
        !matches!(self, Self::Handler | Self::Deciders | Self::Author)
    }
}

impl Place {
    /// Whether people outside the readers must not learn that a record exists.
    pub const fn hidden(self) -> bool {
        matches!(self, Self::Own)
    }
}
