//! Listing 10,000 cards, page by page as `record list` does: each page is decided, logged, proved and opened.
//!
//! The floor opens as many headers and payloads of a card's size, and nothing else; the goal is set beside opening
//! the headers alone, for which the key of each card has to be unwrapped whatever else is done.
//!
//!   cargo bench --bench listing -- --records 10000 --rounds 3

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench says what it measured, one that fails should panic, and a floor opens what it has sealed"
)]

use strongroom::desk::Desk;
use strongroom::sealing::FileKey;
use strongroom::sealing::HybridIdentity;
use strongroom::sealing::Plain;
use strongroom::sealing::open_header;
use strongroom::sealing::open_payload;
use strongroom::sealing::seal_header;
use strongroom::sealing::seal_payload;

use crate::measure::compare;
use crate::measure::size;
use crate::measure::spent;

mod centre;
mod filed;
mod measure;

/// What the issue asks for, beside headers alone.
const GOAL: f64 = 1.3;
/// A card with its manifest and padding, about.
const CARD_BYTES: usize = 1600;

fn main() {
    let (count, rounds) = (size("records", 10_000), size("rounds", 3));
    let dir = centre::make();
    let keeper = centre::open(&dir);
    let mut ada = centre::sign_in(&keeper, "ada");
    let case = centre::open_case(&mut ada);
    assert_eq!(filed::file(&mut ada, &case, count).len(), count);
    let to = HybridIdentity::generate();
    let key = FileKey::generate();
    let header = seal_header(&key, to.recipient());
    let payload = seal_payload(&key, &Plain::new(vec![7; CARD_BYTES]));

    println!("A list of {count} records, in pages");
    let opened = || {
        spent(|| {
            for _ in 0..count {
                let key = open_header(&header, &to).unwrap();
                assert_eq!(
                    open_payload(&key, &payload).unwrap().expose().len(),
                    CARD_BYTES
                );
            }
        })
    };
    let unwrapped = || spent(|| (0..count).for_each(|_| drop(open_header(&header, &to).unwrap())));
    compare(
        (rounds, None),
        ("listed", || spent(|| assert_eq!(listed(&mut ada), count))),
        (&format!("{count} headers and payloads opened"), opened),
    );
    compare(
        (rounds, Some(GOAL)),
        ("listed", || spent(|| assert_eq!(listed(&mut ada), count))),
        (&format!("{count} headers opened"), unwrapped),
    );
}

/// Every page; how many cards there were.
fn listed(desk: &mut Desk<'_>) -> usize {
    let mut cards = 0;
    for page in 0.. {
        let (next, more) = desk.records(None, page).unwrap();
        cards += next.len();
        if !more {
            break;
        }
    }
    cards
}
