//! What the doctor says of turns and of escrow: whether what has ended is gone, and whether a lost keys' folder
//! could be brought back.

use std::path::Path;

use crate::keeper::doctor::Level;
use crate::keeper::doctor::Report;
use crate::keeper::facts::PlaceFacts;
use crate::keeper::facts::PlaceUse;
use crate::keeper::facts::TurnFacts;
use crate::keeper::turn::Turns;
use crate::keeper::turn::escrow::PLACES;
use crate::keeper::turn::steps::SHARES_TO_OPEN;

pub(crate) fn look(turns: &Turns, generation: u32, report: &mut Report) {
    if let Some(last) = &turns.last {
        look_at_turn(last, report);
    }
    look_at_escrow(turns, generation, report);
    let used = turns.places.iter().filter(|place| place.is_used());
    for place in used.filter(|place| !Path::new(&place.dir).is_dir()) {
        report.add(
            Level::Advice,
            format!("the {} place {} does not answer", place.what, place.name),
            "connect it before the vault turns next, or take it out of use: strongroom vault place remove",
        );
    }
}

fn look_at_turn(last: &TurnFacts, report: &mut Report) {
    let Some(certificate) = &last.certificate else {
        let what = "destruction is pending: a change of the vault's key was begun and the old key still exists";
        report.add(
            Level::Warning,
            what,
            "run: strongroom vault turn, which says what it waits for",
        );
        return;
    };
    if certificate.outstanding.is_empty() {
        return;
    }
    let names = certificate.outstanding.join(", ");
    if certificate.is_final() {
        let what =
            format!("{names} may still hold a share of an old key, which opens nothing alone");
        report.add(Level::Advice, what, "connect it once, or destroy it");
    } else {
        let what = format!(
            "{names} may still hold shares of an old key: together, and with two trustees, they bring back what has \
             ended"
        );
        report.add(Level::Warning, what, "find them and destroy them");
    }
}

fn look_at_escrow(turns: &Turns, generation: u32, report: &mut Report) {
    let used = |place: &&PlaceFacts| place.is_used() && place.what == PlaceUse::Escrow;
    let places: Vec<&PlaceFacts> = turns.places.iter().filter(used).collect();
    let with_share = places.iter().filter(|place| place.may_hold(generation));
    let name_three =
        "name three, each with another person: strongroom vault place add NAME DIR --for escrow";
    if !turns.trustees {
        let what = "there are no trustees, so the keys are in no escrow: if the keys' folder is lost, so is everything";
        report.add(
            Level::Advice,
            what,
            "for real records, make the vault with --trustee",
        );
    } else if places.len() < SHARES_TO_OPEN {
        let what = "the keys are in no escrow: if the keys' folder is lost, so is everything";
        report.add(Level::Advice, what, name_three);
    } else if with_share.count() < places.len() {
        let what = "the keys are not yet split over all of the escrow places";
        report.add(Level::Advice, what, "run: strongroom vault turn");
    } else if places.len() < PLACES.into() {
        let what = "the keys are in two escrow places, of which neither may be lost";
        report.add(Level::Advice, what, name_three);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::ids::UserId;
    use crate::keeper::facts::Certificate;
    use crate::keeper::facts::Other;
    use crate::keeper::turn::key_place::How;

    fn said(turns: &Turns) -> Vec<String> {
        let mut report = Report {
            custody: String::new(),
            findings: Vec::new(),
        };
        look(turns, 3, &mut report);
        let findings = report.findings.into_iter();
        findings
            .map(|one| format!("{}: {}", one.level.word(), one.what))
            .collect()
    }

    fn place(name: &str, dir: &Path, added_in: u32) -> PlaceFacts {
        PlaceFacts {
            name: name.to_owned(),
            dir: dir.display().to_string(),
            what: PlaceUse::Escrow,
            share: Some(1),
            added_in,
            removed_in: None,
            by: UserId::from_bytes([1; 16]),
            at: Timestamp::default(),
            other: Other::new(),
        }
    }

    fn turn(outstanding: Option<&[&str]>) -> TurnFacts {
        let certificate = outstanding.map(|names| Certificate {
            at: Timestamp::default(),
            generation: 2,
            key: How::Overwritten,
            promise: String::new(),
            confirmed: Vec::new(),
            outstanding: names.iter().map(|name| (*name).to_owned()).collect(),
            backups: Vec::new(),
            waiting: Vec::new(),
        });
        TurnFacts {
            from: 2,
            to: 3,
            began: Timestamp::default(),
            opened: true,
            certificate,
            other: Other::new(),
        }
    }

    #[test]
    fn escrow_is_nothing_until_three_places_have_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut turns = Turns::default();
        assert!(said(&turns)[0].contains("no trustees"));
        turns.trustees = true;
        assert!(said(&turns)[0].contains("no escrow"));
        turns.places = vec![place("red", dir.path(), 1), place("green", dir.path(), 3)];
        assert!(said(&turns)[0].contains("not yet split"));
        turns.places = vec![place("red", dir.path(), 1), place("green", dir.path(), 1)];
        assert!(said(&turns)[0].contains("neither may be lost"));
        turns.places.push(place("blue", dir.path(), 1));
        assert_eq!(said(&turns), [] as [&str; 0]);
        turns
            .places
            .push(place("lost", &dir.path().join("lost"), 1));
        assert!(
            said(&turns)
                .iter()
                .any(|one| one.contains("lost does not answer"))
        );
    }

    #[test]
    fn what_is_pending_or_outstanding_is_said() {
        let with = |last| {
            let turns = Turns {
                last: Some(last),
                ..Turns::default()
            };
            said(&turns)[0].clone()
        };
        assert!(with(turn(None)).starts_with("warning: destruction is pending"));
        assert!(with(turn(Some(&["red"]))).starts_with("advice: red may still"));
        assert!(with(turn(Some(&["red", "blue"]))).starts_with("warning: red, blue"));
        assert!(with(turn(Some(&[]))).contains("no trustees"));
    }
}
