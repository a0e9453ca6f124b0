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
mod demo_data;
mod records;
mod records_any;
mod sealing;
mod shares;
mod testkit;
mod tidy;
mod wipe;
