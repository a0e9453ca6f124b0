//! A cold sign-in where somebody holds the keys of 100 cases: the keeper has just been opened and nobody has asked
//! it anything, and the desk remembers no session.
//!
//! The floor is opening a sealed identity with its passphrase, which is slow on purpose.
//!
//!   cargo bench --bench signin -- --cases 100 --rounds 7

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench says what it measured, and one that fails should panic"
)]

use strongroom::sealing::Person;
use tempfile::TempDir;

use crate::centre::passphrase;
use crate::measure::Spent;
use crate::measure::compare;
use crate::measure::size;
use crate::measure::spent;

mod centre;
mod measure;

fn main() {
    let (count, rounds) = (size("cases", 100), size("rounds", 7));
    let dir = centre::make();
    let keeper = centre::open(&dir);
    let mut ada = centre::sign_in(&keeper, "ada");
    for _ in 0..count {
        let case = centre::open_case(&mut ada);
        ada.add_to_team(&case, "sam").unwrap();
    }
    drop(ada);
    keeper.close().unwrap();
    let words = passphrase("somebody");
    let file = Person::generate().seal(&words);
    let floor = || spent(|| Person::unseal(&file, &words).unwrap());
    println!("Signing in to a vault just opened, with the keys of {count} cases");
    for (who, how) in [
        ("sam", "signed in, in the team of each"),
        (
            "ada",
            "signed in, reaching each through the coordinators' team",
        ),
    ] {
        let work = || cold(&dir, who);
        compare((rounds, None), (how, work), ("an identity opened", floor));
    }
}

/// Opens the vault, which is not measured, and signs in, which is.
fn cold(dir: &TempDir, who: &str) -> Spent {
    let keeper = centre::open(dir);
    let spent = spent(|| drop(centre::sign_in(&keeper, who)));
    keeper.close().unwrap();
    spent
}
