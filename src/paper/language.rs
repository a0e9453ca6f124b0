//! The two languages of documents, and the few words a document has of its own.

/// The language of a document's own words, and what screen readers are told it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// British English.
    #[default]
    English,
    /// Welsh.
    Welsh,
}

/// What documents say that nobody gave them. `{}` stands for what is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "documents", derive(serde::Serialize))]
pub(crate) struct Words {
    pub(crate) page: &'static str,
    pub(crate) of: &'static str,
    pub(crate) printed_for: &'static str,
    pub(crate) entry: &'static str,
    pub(crate) verbatim: &'static str,
    pub(crate) in_summary: &'static str,
    pub(crate) untitled: &'static str,
    pub(crate) nothing: &'static str,
    pub(crate) signs: &'static str,
    pub(crate) signs_why: &'static str,
    pub(crate) sign: &'static str,
    pub(crate) shown_as: &'static str,
    pub(crate) left_out: &'static str,
}

impl Language {
    /// The tag of BCP 47, without a region.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Welsh => "cy",
        }
    }

    #[cfg_attr(
        not(feature = "documents"),
        expect(dead_code, reason = "read by what sets type")
    )]
    pub(crate) const fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::Welsh => &WELSH,
        }
    }
}

const ENGLISH: Words = Words {
    page: "Page",
    of: "of",
    printed_for: "Printed by",
    entry: "Entry",
    verbatim: "own words",
    in_summary: "in summary",
    untitled: "Document",
    nothing: "Nothing is recorded here.",
    signs: "Characters written out",
    signs_why: "The record holds characters that cannot be printed. They are written out in square brackets, or \
                left out where they cannot be seen.",
    sign: "Character",
    shown_as: "Shown as",
    left_out: "left out",
};

const WELSH: Words = Words {
    page: "Tudalen",
    of: "o",
    printed_for: "Argraffwyd gan",
    entry: "Cofnod",
    verbatim: "geiriau’r person",
    in_summary: "crynodeb",
    untitled: "Dogfen",
    nothing: "Nid oes dim wedi’i gofnodi yma.",
    signs: "Nodau a ysgrifennwyd yn llawn",
    signs_why: "Mae’r cofnod yn cynnwys nodau na ellir eu hargraffu. Maent wedi’u hysgrifennu mewn bachau petryal, \
                neu wedi’u hepgor os na ellir eu gweld.",
    sign: "Nod",
    shown_as: "Fe’i dangosir fel",
    left_out: "hepgorwyd",
};
