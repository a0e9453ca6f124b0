//! Finding in 10,000 cards: making the index, which opens every card, beside opening as many headers and nothing
//! else; and then each search, with its ask, entry, proof and receipt.
//!
//!   cargo bench --bench finding -- --records 10000 --rounds 3

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench says what it measured, one that fails should panic, and a floor opens what it has sealed"
)]

use std::time::Duration;

use strongroom::desk::Among;
use strongroom::desk::Desk;
use strongroom::desk::Query;
use strongroom::desk::Searchable;
use strongroom::sealing::FileKey;
use strongroom::sealing::HybridIdentity;
use strongroom::sealing::open_header;
use strongroom::sealing::seal_header;

use crate::measure::compare;
use crate::measure::size;
use crate::measure::spent;

mod centre;
mod filed;
mod measure;

/// What the issue asks for, beside headers alone.
const GOAL: f64 = 1.3;
/// And of each search.
const SEARCH: Duration = Duration::from_millis(100);
/// Searches to take the median of.
const SEARCHES: usize = 25;

fn main() {
    let (count, rounds) = (size("records", 10_000), size("rounds", 3));
    let dir = centre::make();
    let keeper = centre::open(&dir);
    let mut ada = centre::sign_in(&keeper, "ada");
    let case = centre::open_case(&mut ada);
    assert_eq!(filed::file(&mut ada, &case, count).len(), count);
    let to = HybridIdentity::generate();
    let header = seal_header(&FileKey::generate(), to.recipient());

    println!("Finding in {count} records");
    compare(
        (rounds, Some(GOAL)),
        ("index made", || spent(|| drop(made(&mut ada)))),
        (&format!("{count} headers opened"), || {
            spent(|| (0..count).for_each(|_| drop(open_header(&header, &to).unwrap())))
        }),
    );
    let searchable = made(&mut ada);
    for words in ["contact", "con n", "\"contact on\"", "nothing-of-this"] {
        let query = Query::parse(words).unwrap();
        let mut times: Vec<Duration> = (0..SEARCHES)
            .map(|_| spent(|| drop(ada.find(&searchable, &query, 50).unwrap())).elapsed)
            .collect();
        times.sort();
        let (median, longest) = (times[SEARCHES / 2], times[SEARCHES - 1]);
        let met = if median <= SEARCH { "met" } else { "MISSED" };
        println!("  {words:<18} {median:?}, at most {longest:?} (goal {SEARCH:?}: {met})");
    }
}

fn made(desk: &mut Desk<'_>) -> Searchable {
    desk.searchable(&Among::default()).unwrap()
}
