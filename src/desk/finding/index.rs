//! The words of what may be shown, in memory alone: from each word, in order of the alphabet, to where it stands.
//! It is made from cards that were served, and goes with the desk that made it; nothing of it is written anywhere.
//!
//! Entries are of any sort: an adapter (`desk/finding/sources.rs`) says what is found of each.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::desk::finding::query::Clause;
use crate::desk::finding::query::Query;
use crate::records::fold::joined;
use crate::records::fold::words;

/// Places from here on are in the text; before it, in the title.
const TEXT: u32 = 1 << 31;
/// Between two lines, so that no phrase goes over from one to the next.
const BETWEEN_LINES: u32 = 2;
/// What a word counts for: whole or only begun, in the title or in the text.
const WHOLE_TITLE: u32 = 8;
const BEGUN_TITLE: u32 = 4;
const WHOLE_TEXT: u32 = 2;
const BEGUN_TEXT: u32 = 1;

/// Where a word stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    entry: u32,
    at: u32,
}

/// Words, and where they stand.
#[derive(Default)]
pub(crate) struct Index {
    words: BTreeMap<String, Vec<Place>>,
    entries: u32,
}

impl std::fmt::Debug for Index {
    /// Without the words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index")
            .field("entries", &self.entries)
            .finish_non_exhaustive()
    }
}

/// An entry that was found, by its number in the order of adding, and how well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) entry: usize,
    pub(crate) score: u32,
}

impl Index {
    /// Takes an entry in: the lines of its title, and of its text.
    pub(crate) fn add<'a>(
        &mut self,
        title: impl IntoIterator<Item = &'a str>,
        text: impl IntoIterator<Item = &'a str>,
    ) {
        let entry = self.entries;
        self.entries = entry.saturating_add(1);
        self.add_lines(entry, 0, title);
        self.add_lines(entry, TEXT, text);
    }

    fn add_lines<'a>(&mut self, entry: u32, from: u32, lines: impl IntoIterator<Item = &'a str>) {
        let mut first = from;
        for line in lines {
            let words = words(line);
            let place = |at: usize| {
                let at = u32::try_from(at).unwrap_or(u32::MAX);
                let at = first.saturating_add(at);
                Place { entry, at }
            };
            let mut in_one = joined(&words).into_iter().peekable();
            let next = place(words.len()).at.saturating_add(BETWEEN_LINES);
            // In the order of their places, which phrases rely on.
            for (at, word) in words.into_iter().enumerate() {
                while let Some((_, whole)) = in_one.next_if(|(first, _)| *first == at) {
                    self.put(whole, place(at));
                }
                self.put(word.text, place(at));
            }
            first = next;
        }
    }

    fn put(&mut self, word: String, place: Place) {
        match self.words.entry(word) {
            Entry::Occupied(known) => known.into_mut().push(place),
            Entry::Vacant(new) => {
                new.insert(vec![place]);
            }
        }
    }

    /// What has everything that is looked for, in no order.
    pub(crate) fn matching(&self, query: &Query) -> Vec<Hit> {
        let scores = self.all_of(&query.clauses);
        let hits = scores.into_iter().enumerate();
        hits.filter(|(_, score)| *score > 0)
            .map(|(entry, score)| Hit { entry, score })
            .collect()
    }

    /// What each entry counts for; nothing, where it lacks one.
    fn all_of(&self, clauses: &[Clause]) -> Vec<u32> {
        let mut every = clauses.iter().map(|clause| self.scores(clause));
        let first = every.next().unwrap_or_else(|| self.none());
        every.fold(first, |sum, more| {
            let both = sum.into_iter().zip(more);
            both.map(|(sum, more)| if sum > 0 && more > 0 { sum + more } else { 0 })
                .collect()
        })
    }

    fn any_of(&self, clauses: &[Clause]) -> Vec<u32> {
        let every = clauses.iter().map(|clause| self.scores(clause));
        every.fold(self.none(), |best, more| {
            best.into_iter().zip(more).map(|(a, b)| a.max(b)).collect()
        })
    }

    fn scores(&self, clause: &Clause) -> Vec<u32> {
        match clause {
            Clause::Begins(word) => self.begun(word),
            Clause::Phrase(words) => self.phrase(words),
            Clause::All(clauses) => self.all_of(clauses),
            Clause::Any(clauses) => self.any_of(clauses),
        }
    }

    fn begun(&self, beginning: &str) -> Vec<u32> {
        let mut scores = self.none();
        let from = self.words.range(beginning.to_owned()..);
        for (word, places) in from.take_while(|(word, _)| word.starts_with(beginning)) {
            let (title, text) = if word == beginning {
                (WHOLE_TITLE, WHOLE_TEXT)
            } else {
                (BEGUN_TITLE, BEGUN_TEXT)
            };
            for place in places {
                count(&mut scores, *place, (title, text));
            }
        }
        scores
    }

    fn phrase(&self, words: &[String]) -> Vec<u32> {
        let mut scores = self.none();
        let places = |word: &String| self.words.get(word).map(Vec::as_slice).unwrap_or_default();
        let Some((first, rest)) = words.split_first() else {
            return scores;
        };
        let rest: Vec<&[Place]> = rest.iter().map(places).collect();
        for place in places(first) {
            let follows = |(after, places): (u32, &&[Place])| {
                let at = place.at.saturating_add(after);
                let next = Place { at, ..*place };
                places.binary_search(&next).is_ok()
            };
            if (1..).zip(&rest).all(follows) {
                count(&mut scores, *place, (WHOLE_TITLE, WHOLE_TEXT));
            }
        }
        scores
    }

    fn none(&self) -> Vec<u32> {
        vec![0; usize::try_from(self.entries).unwrap_or_default()]
    }
}

/// The best place of an entry counts.
fn count(scores: &mut [u32], place: Place, (title, text): (u32, u32)) {
    let at = usize::try_from(place.entry).unwrap_or(usize::MAX);
    let worth = if place.at < TEXT { title } else { text };
    if let Some(score) = scores.get_mut(at) {
        *score = worth.max(*score);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Titles, and what is found by a query, the best first.
    fn found(titles: &[&str], query: &str) -> Vec<usize> {
        let mut index = Index::default();
        for title in titles {
            index.add([*title], []);
        }
        ranked(&index, query)
    }

    fn ranked(index: &Index, query: &str) -> Vec<usize> {
        let mut hits = index.matching(&Query::parse(query).unwrap());
        hits.sort_by_key(|hit| (std::cmp::Reverse(hit.score), hit.entry));
        hits.iter().map(|hit| hit.entry).collect()
    }

    #[test]
    fn all_words_in_any_order_by_their_beginnings() {
        let titles = [
            "Contact on 12 November: Gwenllïan Tŷ-Coch Parry",
            "Parry, Saturdays",
            "Ty Newydd; Cochrane",
        ];
        assert_eq!(found(&titles, "ty coch"), [0, 2]);
        assert_eq!(found(&titles, "coch ty"), [0, 2]);
        assert_eq!(found(&titles, "PARRY gwen"), [0]);
        assert_eq!(found(&titles, "tycoch"), [0]);
        assert_eq!(found(&titles, "ty-coch"), [0, 2]);
        assert_eq!(found(&titles, "\"ty coch\""), [0]);
        assert_eq!(found(&titles, "\"ty\" coch"), [0, 2]);
        assert_eq!(found(&titles, "\"coch\""), [0]);
        assert_eq!(found(&titles, "arry"), Vec::<usize>::new());
        assert_eq!(found(&titles, "parry jones"), Vec::<usize>::new());
        assert_eq!(found(&[], "parry"), Vec::<usize>::new());
    }

    #[test]
    fn whole_words_before_begun_ones_and_titles_before_texts() {
        let mut index = Index::default();
        index.add(["other"], ["mia was here"]);
        index.add(["Mianne"], []);
        index.add(["Mia"], []);
        index.add(["other"], ["mianne"]);
        assert_eq!(ranked(&index, "mia"), [2, 1, 0, 3]);
    }

    #[test]
    fn signs_are_found_anywhere_and_in_their_order() {
        let titles = ["DBS check: 王思琪 (Wang Siqi)", "琪思王"];
        assert_eq!(found(&titles, "王思琪"), [0]);
        assert_eq!(found(&titles, "思琪"), [0]);
        assert_eq!(found(&titles, "琪"), [0, 1]);
        assert_eq!(found(&titles, "wang siqi"), [0]);
    }

    #[test]
    fn no_phrase_goes_over_a_line() {
        let mut index = Index::default();
        index.add(["with Mia", "Bell at home"], ["Bell", "Mia Bell"]);
        assert_eq!(ranked(&index, "\"mia bell at\""), Vec::<usize>::new());
        assert_eq!(ranked(&index, "\"mia bell\""), [0]);
        assert_eq!(ranked(&index, "\"home bell\""), Vec::<usize>::new());
    }

    proptest! {
        /// Whatever was taken in is found by its own words, by their beginnings, and in quotation marks.
        #[test]
        fn everything_is_found_by_its_words(titles in prop::collection::vec("\\PC{0,40}", 1..8), at: prop::sample::Index) {
            let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
            let at = at.index(titles.len());
            let folded = crate::records::fold::fold(titles[at]);
            prop_assume!(!folded.is_empty());
            prop_assert!(found(&titles, &folded).contains(&at));
            let quoted = format!("\"{folded}\"");
            prop_assert!(found(&titles, &quoted).contains(&at));
            let begun: Vec<String> = folded.split(' ').map(|word| word.chars().take(3).collect()).collect();
            prop_assert!(found(&titles, &begun.join(" ")).contains(&at));
        }
    }
}
