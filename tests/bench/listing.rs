//! Listing 10,000 cards, page by page as `record list` does: each page is decided, logged, proved and opened.
//!
//! The floor opens as many headers and payloads of a card's size, and nothing else.
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
    let list = || spent(|| assert_eq!(listed(&mut ada), count));
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
    let floor = format!("{count} headers and payloads opened");
    compare((rounds, None), ("listed", list), (&floor, opened));
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
