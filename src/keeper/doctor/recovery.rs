//! What the doctor says of the trustees: whether two of them have shown that they could bring the vault back.

use crate::clock::Timestamp;
use crate::keeper::doctor::Level;
use crate::keeper::doctor::Report;
use crate::keeper::turn::Turns;
use crate::records::dates;

/// A year, with a day for leap years: sheets ask to be looked at once a year.
pub(crate) const REHEARSED_MS: u64 = 366 * 24 * 60 * 60 * 1000;

pub(crate) fn look(known: &Turns, now: Timestamp, report: &mut Report) {
    if !known.trustees {
        return;
    }
    let command = "have two trustees open their file that ends in .rehearsal.age: strongroom recovery rehearse; \
                   where there is no such file yet, make new ones first: strongroom recovery shares";
    let Some(last) = known.rehearsed else {
        let what = "recovery was never rehearsed with the trustees' present key: nobody knows whether two of them \
                    could bring the vault back";
        report.add(Level::Advice, what, command);
        return;
    };
    let what = format!(
        "recovery was last rehearsed on {}",
        dates::people_moment(last)
    );
    if last.plus_ms(REHEARSED_MS) < now {
        report.add(Level::Advice, what, command);
    } else {
        report.add(Level::Note, what, "nothing to do");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    fn said(trustees: bool, rehearsed: Option<Timestamp>, days: u64) -> Vec<(Level, String)> {
        let mut report = Report {
            custody: String::new(),
            findings: Vec::new(),
        };
        let known = Turns {
            trustees,
            rehearsed,
            ..Turns::default()
        };
        let now = START.plus_ms(days * 24 * 60 * 60 * 1000);
        look(&known, now, &mut report);
        let findings = report.findings.into_iter();
        findings.map(|one| (one.level, one.what)).collect()
    }

    #[test]
    fn never_and_long_ago_are_advised_and_lately_is_told() {
        assert_eq!(said(false, None, 0), []);
        let never = said(true, None, 0);
        assert_eq!(never[0].0, Level::Advice);
        assert!(never[0].1.contains("never rehearsed"));
        let level = |days| said(true, Some(START), days)[0].0;
        assert_eq!((level(0), level(366)), (Level::Note, Level::Note));
        assert_eq!(level(367), Level::Advice);
        assert!(
            said(true, Some(START), 1)[0]
                .1
                .contains("last rehearsed on")
        );
    }
}
