//! Bringing in 10,000 contact reports of 2 KB, 100 in each frame: checked, sealed under keys of their own, signed
//! for, decided, logged and indexed.
//!
//! Beside `SQLCipher` with the same forms, durable in batches of the same size; and beside sealing as many headers
//! and nothing else, which hybrid keys for each part of each record cannot do without.
//!
//!   cargo bench --bench importing -- --records 10000 --rounds 3

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench says what it measured, and one that fails should panic"
)]

use strongroom::desk::Desk;
use strongroom::desk::Filing;
use strongroom::sealing::FileKey;
use strongroom::sealing::HybridIdentity;
use strongroom::sealing::seal_header;

use crate::measure::Spent;
use crate::measure::compare;
use crate::measure::size;
use crate::measure::spent;

mod centre;
mod measure;
mod report;
mod sqlcipher;

/// What the issue asks for, beside `SQLCipher`.
const GOAL: f64 = 1.5;
/// Records in one frame, and in one transaction.
const BATCH: usize = 100;
/// A report without attachments is a card and a body.
const PARTS: usize = 2;

fn main() {
    let (count, rounds) = (size("records", 10_000), size("rounds", 3));
    let dir = centre::make();
    let keeper = centre::open(&dir);
    let mut ada = centre::sign_in(&keeper, "ada");
    let case = centre::open_case(&mut ada);
    let filings: Vec<Filing> = (0..BATCH).map(|_| report::filing(&case)).collect();
    println!(
        "{count} reports of {} bytes brought in, {BATCH} at once",
        report::FORM_BYTES
    );
    let headers = count * PARTS;
    let (to, key) = (HybridIdentity::generate(), FileKey::generate());
    let sealed = || spent(|| (0..headers).for_each(|_| drop(seal_header(&key, to.recipient()))));
    compare(
        (rounds, None),
        ("brought in", || bring_in(&mut ada, &filings, count)),
        (&format!("{headers} headers sealed"), sealed),
    );
    if !sqlcipher::is_there() {
        return;
    }
    let form = dir.path().join("form.json");
    std::fs::write(&form, report::form().to_string()).unwrap();
    let (file, words) = (
        dir.path().join("sqlcipher.db"),
        [count, BATCH].map(|n| n.to_string()),
    );
    let rest = [form.to_str().unwrap(), &words[0], &words[1]];
    compare(
        (rounds, Some(GOAL)),
        ("brought in", || bring_in(&mut ada, &filings, count)),
        ("inserted with SQLCipher", || {
            sqlcipher::does("import", &file, &rest)
        }),
    );
}

fn bring_in(desk: &mut Desk<'_>, filings: &[Filing], count: usize) -> Spent {
    spent(|| {
        let mut left = count;
        while left > 0 {
            let next = BATCH.min(left);
            assert_eq!(desk.import(&filings[..next]).unwrap().len(), next);
            left -= next;
        }
    })
}
