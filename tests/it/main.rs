//! One test binary; one module per file beside this one.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a failed test should panic, a skipped one say so, and tests open what they sealed"
)]

mod asking;
mod backup;
mod backup_power;
mod canary;
mod centre;
mod centre_kit;
mod checked;
mod cli_access;
mod cli_audit;
mod cli_backup;
mod cli_centre;
mod cli_conflict;
mod cli_demo;
mod cli_exits;
mod cli_find;
mod cli_generate;
mod cli_grant;
mod cli_init;
mod cli_kind;
mod cli_people;
mod cli_person;
mod cli_record;
mod cli_recovery;
mod cli_rehearse;
mod cli_run;
mod cli_terminal;
mod cli_turn;
mod cli_words;
mod clock_back;
mod common;
mod conflicts;
mod copied;
mod demo_data;
mod demo_scenarios;
mod deploy;
mod dues;
mod emergency;
mod errands;
mod every_byte;
mod export_all;
mod failing_calls;
mod finding;
mod finding_canary;
mod finding_people;
mod founding;
mod further_roles;
mod gate;
mod golden;
mod golden_vault;
mod grant_ended;
mod grant_single;
mod grant_statement;
mod grants;
mod guarding;
mod hiding;
mod hostile;
mod import_csv;
mod interop;
mod invited;
mod killed;
mod killed_turn;
mod kinds;
mod ledger_check;
mod ledger_golden;
mod ledger_kit;
mod ledger_memory;
mod ledger_tiles;
mod ledger_tree;
mod listing;
mod moved;
mod new_ledger;
mod on_file;
#[cfg(feature = "documents")]
mod orders;
mod outings;
mod overridden;
#[cfg(feature = "documents")]
mod paper;
#[cfg(feature = "documents")]
mod paper_kit;
mod papers;
mod policy;
mod power_cut;
mod power_disk;
#[cfg(feature = "documents")]
mod print;
mod records;
mod records_any;
mod recover_py;
mod reissued;
#[cfg(feature = "documents")]
mod release;
mod remembered;
mod restore;
mod roles;
mod sealing;
mod shares;
mod socket;
mod socket_hostile;
mod socket_kit;
mod store_contract;
mod store_damage;
mod store_faults;
mod store_golden;
mod store_index;
mod store_kit;
mod store_model;
mod store_power;
mod store_turn;
mod stories;
mod subjects;
mod testkit;
mod thief;
mod tidy;
mod turn;
mod two_person;
mod two_users;
mod verify_py;
mod whistleblowing;
mod whose;
mod wipe;
