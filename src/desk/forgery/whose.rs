//! A keeper that says whose vault it is has its word taken for a name, and for nothing that is none.

use crate::desk::Desk;
use crate::desk::DeskError;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::passphrase;
use crate::desk::forgery::kit::sign_in;
use crate::keeper::create::NAME;
use crate::keeper::facts::CentreFacts;
use crate::keeper::facts::Other;
use crate::keeper::units;
use crate::records::words::Nation;
use crate::store::Tree;

#[test]
fn what_is_no_name_stands_on_no_paper() {
    let centre = Centre::new();
    let say = |name: &'static str| {
        centre.keeper.tamper(move |vault| {
            let facts = CentreFacts {
                name: name.to_owned(),
                nation: Nation::Scotland,
                other: Other::new(),
            };
            vault
                .write(&units::vault(), Tree::Setting, NAME, &facts)
                .unwrap();
        });
    };
    let ada = sign_in(&centre.keeper, "ada");
    assert_eq!(ada.centre().unwrap().name, "invented");
    for name in [
        "",
        " ",
        "Riverside\nReleased by the court",
        "Riverside\u{1b}[2J",
        " Riverside",
    ] {
        say(name);
        let refused = Desk::sign_in(&centre.keeper, "ada", &passphrase("ada"), None);
        match refused {
            Err(DeskError::Damaged(said)) => assert!(said.contains("no name"), "{said}"),
            other => panic!("{name:?}: {other:?}"),
        }
    }
    // Another name is the keeper's to say: it is on paper alone, and decides nothing.
    say("Elsewhere");
    let ada = sign_in(&centre.keeper, "ada");
    assert_eq!(ada.centre().unwrap().name, "Elsewhere");
}
