//! The computer's clock goes back behind the vault's last entry: work goes on, entries keep the last one's time,
//! one of them says so, and the vault does not turn until the clock is right again.

use strongroom::keeper::Keeper;
use strongroom::keeper::config::Config;
use strongroom::keeper::facts::Role;
use strongroom::keeper::keyring::Keyring;
use strongroom::keeper::turn::TurnError;

use crate::centre_kit::Centre;
use crate::centre_kit::enrol;
use crate::centre_kit::filing;
use crate::centre_kit::paths;
use crate::turn::with_trustees;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Closes the vault, sets its clock, and opens it again.
fn set_clock(centre: Centre, shift_ms: i64) -> Centre {
    let Centre { dir, keeper, .. } = centre;
    keeper.close().unwrap();
    let at = paths(dir.path());
    let config = Config::read(&at.dir).unwrap().unwrap();
    assert!(config.demo, "only a demonstration's clock can be set");
    let set = Config {
        clock_shift_ms: shift_ms,
        ..config
    };
    set.write(&at.dir).unwrap();
    let keeper = Keeper::open(&at, &[]).unwrap();
    Centre {
        dir,
        keeper,
        ..centre
    }
}

/// Time in ms and event of every entry, oldest first.
fn entries(centre: &Centre) -> Vec<(u64, String)> {
    let lines = centre.desk("dpl").audit(None, None, None).unwrap();
    let mut all: Vec<_> = lines
        .iter()
        .map(|line| (line.index, line.time.as_ms(), line.event.clone()))
        .collect();
    all.sort_unstable();
    all.into_iter()
        .map(|(_, time, event)| (time, event))
        .collect()
}

fn clock_entries(entries: &[(u64, String)]) -> usize {
    entries.iter().filter(|(_, event)| event == "clock").count()
}

fn centre() -> Centre {
    let (centre, _) = with_trustees();
    let mut ada = centre.desk("ada");
    enrol(&mut ada, "dpl", Role::DataProtectionLead, None);
    drop(ada);
    centre
}

/// Somebody files a record and reads another.
fn work(centre: &Centre) -> String {
    let mut sam = centre.desk("sam");
    let report = filing("contact-report", Some(&centre.supervised));
    let id = sam.file(&report).unwrap().id.to_string();
    assert!(sam.record(&centre.report, None, None, 80).is_ok());
    id
}

#[test]
fn a_clock_that_goes_back_loses_nothing_and_is_written_down_once() {
    let centre = centre();
    let first = work(&centre);
    let text = |centre: &Centre, id: &str| {
        let shown = centre.desk("sam").record(id, None, None, 80);
        shown.unwrap().text
    };
    let before = text(&centre, &first);
    let known = entries(&centre);
    let (last, _) = known.last().unwrap().clone();
    let centre = set_clock(centre, -2 * DAY_MS);
    assert!(centre.keeper.now().as_ms() < last - u64::try_from(DAY_MS).unwrap());
    let second = work(&centre);
    assert_eq!(text(&centre, &first), before);
    // One opening, and another one while the clock is still behind.
    let centre = set_clock(centre, -2 * DAY_MS);
    let third = work(&centre);
    let found = entries(&centre);
    assert_eq!(found[..known.len()], known, "what was there is there");
    assert!(found.windows(2).all(|two| two[0].0 <= two[1].0));
    // That entries were looked at was an entry itself, before the clock was set back.
    let behind = &found[known.len() + 1..];
    let kept = behind[0].0;
    assert!(behind.len() > 6 && behind.iter().all(|(time, _)| *time == kept));
    assert_eq!(clock_entries(&found), 1);
    assert_eq!(behind[0].1, "clock");
    let refused = centre.keeper.turn().unwrap_err();
    let TurnError::NotReady(says) = refused else {
        panic!("{refused:?}");
    };
    assert!(
        says.contains("clock is behind") && says.contains("set it right"),
        "{says}"
    );
    let at = paths(centre.dir.path());
    assert!(Keyring::at(&at.keys).generation_key(1).is_ok());
    // Set right, it goes on as ever.
    let centre = set_clock(centre, 0);
    let fourth = work(&centre);
    assert_eq!(centre.keeper.turn().unwrap().to, 2);
    let right = entries(&centre);
    assert!(right.last().unwrap().0 > kept);
    assert_eq!(clock_entries(&right), 1);
    for id in [&first, &second, &third, &fourth] {
        assert_eq!(text(&centre, id), before);
    }
    // It is written down again when it happens again.
    let centre = set_clock(centre, -3 * DAY_MS);
    work(&centre);
    assert_eq!(clock_entries(&entries(&centre)), 2);
    let Centre { keeper, .. } = centre;
    keeper.close().unwrap();
    strongroom::keeper::verify(&at, None).unwrap();
}

/// The control: a clock that is set a little, as clocks are, is nothing to be written down, and does not hold up a
/// turn.
#[test]
fn a_clock_that_is_set_a_little_is_no_event() {
    let centre = centre();
    work(&centre);
    let centre = set_clock(centre, -1_000);
    work(&centre);
    let found = entries(&centre);
    assert!(found.windows(2).all(|two| two[0].0 <= two[1].0));
    assert_eq!(clock_entries(&found), 0);
    assert_eq!(centre.keeper.turn().unwrap().to, 2);
}
