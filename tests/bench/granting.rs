//! Giving access to 5,000 records: every header is opened, sealed to the grant's own key and written, in one frame.
//!
//! The floor is sealing as many headers and nothing else, for which the goal is at most one and a half times as
//! long. The second floor opens each header first, which no way of granting can leave out.
//!
//!   cargo bench --bench granting -- --records 5000 --rounds 5

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench says what it measured, one that fails should panic, and a floor opens what it has sealed"
)]

use strongroom::desk::Desk;
use strongroom::desk::NewAccess;
use strongroom::sealing::FileKey;
use strongroom::sealing::HybridIdentity;
use strongroom::sealing::open_header;
use strongroom::sealing::seal_header;

use crate::measure::Spent;
use crate::measure::compare;
use crate::measure::measure;
use crate::measure::size;
use crate::measure::spent;

mod centre;
mod filed;
mod measure;

/// What the issue asks for.
const GOAL: f64 = 1.5;
/// A report without attachments is a card and a body.
const PARTS: usize = 2;
const HOUR_MS: u64 = 3_600_000;

fn main() {
    let (count, rounds) = (size("records", 5000), size("rounds", 5));
    let dir = centre::make();
    let keeper = centre::open(&dir);
    let mut ada = centre::sign_in(&keeper, "ada");
    let case = centre::open_case(&mut ada);
    let records = filed::file(&mut ada, &case, count);
    let headers = count * PARTS;
    let to = HybridIdentity::generate();
    let key = FileKey::generate();
    let header = seal_header(&key, to.recipient());

    let sealed = || spent(|| (0..headers).for_each(|_| drop(seal_header(&key, to.recipient()))));
    let again = || {
        let key = open_header(&header, &to).unwrap();
        seal_header(&key, to.recipient())
    };
    let opened = || spent(|| (0..headers).for_each(|_| drop(again())));
    let goal = (rounds, Some(GOAL));
    println!("Access to {count} records of one case, for a colleague: {headers} headers");
    let names = (
        &*format!("{headers} headers sealed"),
        &*format!("{headers} headers opened and sealed"),
    );
    compare(
        goal,
        ("records given by name", || give(&mut ada, &records)),
        (names.0, sealed),
    );
    compare(
        (rounds, None),
        ("records given by name", || give(&mut ada, &records)),
        (names.1, opened),
    );
}

/// Gives access, which is measured, and takes it back, which is not.
fn give(desk: &mut Desk<'_>, records: &[String]) -> Spent {
    let until = desk.now().plus_ms(HOUR_MS);
    let access = NewAccess {
        to: "sam".to_owned(),
        case: None,
        records: records.to_vec(),
        purpose: "an invented purpose".to_owned(),
        from: None,
        until,
    };
    let (spent, grant) = measure(|| desk.grant(&access).unwrap());
    desk.revoke_grant(&grant.id.to_string()).unwrap();
    spent
}
