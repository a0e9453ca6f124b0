//! Reading 1,000 reports, eight people at once: each read is decided, logged, durable before anything is handed
//! over, proved and opened.
//!
//! Beside `SQLCipher` and `PostgreSQL` with the same forms, where each read writes an audit row in a transaction of its
//! own.
//!
//!   cargo bench --bench reading -- --reads 1000 --readers 8 --rounds 5

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench says what it measured, and one that fails should panic"
)]

use std::path::Path;
use std::thread;

use strongroom::desk::Desk;

use crate::measure::Spent;
use crate::measure::compare;
use crate::measure::size;
use crate::measure::spent;
use crate::postgres::Server;

mod centre;
mod measure;
mod postgres;
mod report;
mod sqlcipher;

/// What the issue asks for, with eight readers.
const GOAL: f64 = 0.5;
/// Records filed in one frame.
const AT_ONCE: usize = 250;
/// Columns that what is read is set in.
const WIDTH: usize = 80;

fn main() {
    let (count, rounds) = (size("reads", 1000), size("rounds", 5));
    let readers = size("readers", 8);
    let dir = centre::make();
    let keeper = centre::open(&dir);
    let mut ada = centre::sign_in(&keeper, "ada");
    let case = centre::open_case(&mut ada);
    ada.add_to_team(&case, "sam").unwrap();
    let records = file(&mut ada, &case, count);
    let mut desks: Vec<Desk<'_>> = (0..readers)
        .map(|_| centre::sign_in(&keeper, "sam"))
        .collect();
    let form = dir.path().join("form.json");
    std::fs::write(&form, report::form().to_string()).unwrap();
    println!(
        "{count} audited reads of reports of {} bytes",
        report::FORM_BYTES
    );
    if sqlcipher::is_there() {
        beside_sqlcipher((&mut desks, &records), &form, rounds);
    }
    if let Some(server) = Server::start() {
        server.holds(&form, count);
        compare(
            (rounds, None),
            (&format!("read by {readers} at once"), || {
                read(&mut desks, &records)
            }),
            (&format!("read with PostgreSQL by {readers}"), || {
                server.read(count, readers)
            }),
        );
        compare(
            (rounds, None),
            ("read by one", || read(&mut desks[..1], &records)),
            ("read with PostgreSQL by one", || server.read(count, 1)),
        );
    }
}

fn beside_sqlcipher((desks, records): (&mut [Desk<'_>], &[String]), form: &Path, rounds: usize) {
    let db = form.with_file_name("sqlcipher.db");
    let (number, readers) = (records.len().to_string(), desks.len());
    sqlcipher::does("import", &db, &[form.to_str().unwrap(), &number, "100"]);
    let rival = || sqlcipher::does("read", &db, &[&number]);
    compare(
        (rounds, Some(GOAL)),
        (&format!("read by {readers} at once"), || {
            read(desks, records)
        }),
        ("read with SQLCipher", rival),
    );
    compare(
        (rounds, None),
        ("read by one", || read(&mut desks[..1], records)),
        ("read with SQLCipher", rival),
    );
}

fn file(desk: &mut Desk<'_>, case: &str, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    while ids.len() < count {
        let next = AT_ONCE.min(count - ids.len());
        let filings: Vec<_> = (0..next).map(|_| report::filing(case)).collect();
        let filed = desk.import(&filings).unwrap();
        ids.extend(filed.iter().map(|one| one.id.to_string()));
    }
    ids
}

/// All records, each by one of the desks.
fn read(desks: &mut [Desk<'_>], records: &[String]) -> Spent {
    let share = records.len().div_ceil(desks.len());
    spent(|| {
        thread::scope(|scope| {
            for (desk, records) in desks.iter_mut().zip(records.chunks(share)) {
                scope.spawn(move || {
                    for record in records {
                        desk.record(record, None, None, WIDTH).unwrap();
                    }
                });
            }
        });
    })
}
