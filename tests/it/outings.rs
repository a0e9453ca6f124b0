//! Lone working: who says that they are out, who is told, and what is said of whoever does not come back.

use strongroom::desk::Desk;

use crate::centre_kit::Centre;
use crate::centre_kit::denied;
use crate::centre_kit::refused;
use crate::two_person::later;

const HOUR_MS: u64 = 60 * 60 * 1000;

fn out(desk: &mut Desk<'_>) -> Vec<(String, bool)> {
    let all = desk.check_ins().unwrap();
    all.into_iter()
        .map(|(who, one)| (who, one.missed))
        .collect()
}

#[test]
fn whoever_does_not_come_back_in_time_is_shown_to_those_who_look_after_them() {
    let centre = Centre::new();
    let case = centre.supervised.as_str();
    let (mut sam, mut vera) = (centre.desk("sam"), centre.desk("vera"));
    let in_hours = |desk: &Desk<'_>, hours: u64| desk.now().plus_ms(hours * HOUR_MS);
    let (soon, late) = (in_hours(&sam, 2), in_hours(&sam, 25));
    assert_eq!(refused(sam.start_check_in(case, sam.now())), "bad-dates");
    assert_eq!(refused(sam.start_check_in(case, late)), "bad-dates");
    denied(centre.desk("otto").start_check_in(case, soon));
    assert_eq!(refused(sam.end_check_in()), "bad-state");
    sam.start_check_in(case, soon).unwrap();
    assert_eq!(refused(sam.start_check_in(case, soon)), "bad-state");
    vera.start_check_in(case, in_hours(&vera, 3)).unwrap();
    // Each is told of themselves, and those who look after them of both.
    assert_eq!(out(&mut sam), [("sam".to_owned(), false)]);
    let both = [("sam".to_owned(), false), ("vera".to_owned(), false)];
    for who in ["ada", "saf"] {
        let mut desk = centre.desk(who);
        assert_eq!(out(&mut desk), both, "{who}");
        assert_eq!(desk.missed_at_sign_in(), 0);
    }
    for who in ["tess", "dpl", "otto"] {
        assert_eq!(out(&mut centre.desk(who)), [], "{who}");
    }
    vera.end_check_in().unwrap();
    drop((sam, vera));
    later(&centre.keeper, 1);
    for who in ["ada", "saf"] {
        let mut desk = centre.desk(who);
        assert_eq!(desk.missed_at_sign_in(), 1, "{who}");
        assert_eq!(out(&mut desk), [("sam".to_owned(), true)]);
    }
    let mut sam = centre.desk("sam");
    assert_eq!(sam.missed_at_sign_in(), 0);
    sam.end_check_in().unwrap();
    assert_eq!(centre.desk("ada").missed_at_sign_in(), 0);
}
