//! One test binary; one module per file beside this one.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a failed test should panic, and a skipped one say so"
)]

mod common;
mod ledger_check;
mod ledger_golden;
mod ledger_kit;
mod ledger_memory;
mod ledger_tiles;
mod ledger_tree;
mod tidy;
mod verify_py;
