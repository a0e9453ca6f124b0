//! Working days: not Saturdays, not Sundays, not the bank holidays of a nation. Dates only, no times of day.
//!
//! The holidays are data (`holidays.toml`). Of years outside it only weekends are known, so that what is due there
//! is due too early by a day or two, never too late.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use jiff::civil::Date;
use jiff::civil::Weekday;
use serde::Deserialize;

use crate::records::dates;
use crate::records::words::Nation;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    #[serde(rename = "first_year")]
    first: i16,
    #[serde(rename = "last_year")]
    last: i16,
    england_and_wales: Vec<String>,
    scotland: Vec<String>,
    northern_ireland: Vec<String>,
}

/// The bank holidays that are known.
struct Holidays {
    years: std::ops::RangeInclusive<i16>,
    england_and_wales: BTreeSet<Date>,
    scotland: BTreeSet<Date>,
    northern_ireland: BTreeSet<Date>,
}

impl Holidays {
    fn read(text: &str) -> Option<Self> {
        let file: File = toml::from_str(text).ok()?;
        let days = |texts: &[String]| -> Option<BTreeSet<Date>> {
            texts.iter().map(|text| dates::date(text).ok()).collect()
        };
        Some(Self {
            years: file.first..=file.last,
            england_and_wales: days(&file.england_and_wales)?,
            scotland: days(&file.scotland)?,
            northern_ireland: days(&file.northern_ireland)?,
        })
    }

    fn of(&self, nation: Nation) -> &BTreeSet<Date> {
        match nation {
            Nation::EnglandAndWales => &self.england_and_wales,
            Nation::Scotland => &self.scotland,
            Nation::NorthernIreland => &self.northern_ireland,
        }
    }
}

fn holidays() -> &'static Holidays {
    static ALL: OnceLock<Holidays> = OnceLock::new();
    // A file that cannot be read is as one without years, which fails the test below.
    ALL.get_or_init(|| {
        Holidays::read(include_str!("holidays.toml")).unwrap_or_else(|| Holidays {
            years: 0..=0,
            england_and_wales: BTreeSet::new(),
            scotland: BTreeSet::new(),
            northern_ireland: BTreeSet::new(),
        })
    })
}

/// Whether people work on this day.
pub fn is_working_day(day: Date, nation: Nation) -> bool {
    let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    !weekend && !holidays().of(nation).contains(&day)
}

/// Whether the bank holidays of this day's year are known.
pub fn holidays_known(day: Date) -> bool {
    holidays().years.contains(&day.year())
}

/// The last of `count` working days after `day`, which itself never counts; `day` where `count` is 0. `None`
/// beyond the calendar.
pub fn add_working_days(day: Date, count: u32, nation: Nation) -> Option<Date> {
    let mut at = day;
    let mut left = count;
    while left > 0 {
        at = at.tomorrow().ok()?;
        if is_working_day(at, nation) {
            left -= 1;
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan as _;
    use proptest::prelude::*;

    fn day(text: &str) -> Date {
        dates::date(text).unwrap()
    }

    /// Easter Sunday, by Gauss's rule with its two exceptions: another way than the one that made the list.
    fn easter(year: i16) -> Date {
        let year_number = i64::from(year);
        let cycle = year_number % 19;
        let century = year_number / 100;
        let moon = (15 - (13 + 8 * century) / 25 + century - century / 4) % 30;
        let sun = (4 + century - century / 4) % 7;
        let days = (19 * cycle + moon) % 30;
        let week = 2 * (year_number % 4) + 4 * (year_number % 7);
        let more = (week + 6 * days + sun) % 7;
        let late = more == 6 && (days == 29 || (days == 28 && cycle > 10));
        let more = if late { -1 } else { more };
        Date::new(year, 3, 22).unwrap() + (days + more).days()
    }

    fn monday(year: i16, month: i8, last: bool) -> Date {
        let first = Date::new(year, month, 1).unwrap();
        let nth = if last { -1 } else { 1 };
        first.nth_weekday_of_month(nth, Weekday::Monday).unwrap()
    }

    /// These days, each moved to the next day that is free where it falls on a weekend.
    fn kept(days: &[(i8, i8)], year: i16, into: &mut BTreeSet<Date>) {
        let all = days
            .iter()
            .map(|(month, day)| Date::new(year, *month, *day).unwrap());
        let weekend = |day: &Date| matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        let (moved, stay): (Vec<Date>, Vec<Date>) = all.partition(weekend);
        into.extend(stay);
        for mut day in moved {
            while weekend(&day) || into.contains(&day) {
                day = day.tomorrow().unwrap();
            }
            into.insert(day);
        }
    }

    fn by_rule(year: i16, nation: Nation) -> BTreeSet<Date> {
        let sunday = easter(year);
        let mut all = BTreeSet::from([
            sunday - 2.days(),
            monday(year, 5, false),
            monday(year, 5, true),
        ]);
        kept(&[(12, 25), (12, 26)], year, &mut all);
        if nation == Nation::Scotland {
            kept(&[(1, 1), (1, 2)], year, &mut all);
            kept(&[(11, 30)], year, &mut all);
            all.insert(monday(year, 8, false));
            if year == 2026 {
                all.insert(day("2026-06-15"));
            }
            return all;
        }
        kept(&[(1, 1)], year, &mut all);
        all.extend([sunday + 1.day(), monday(year, 8, true)]);
        if nation == Nation::NorthernIreland {
            kept(&[(3, 17)], year, &mut all);
            kept(&[(7, 12)], year, &mut all);
        }
        all
    }

    #[test]
    fn the_list_is_what_the_rules_give_year_by_year() {
        assert_eq!(holidays().years, 2024..=2032);
        for nation in Nation::ALL {
            let listed = holidays().of(*nation);
            let ruled: BTreeSet<Date> = holidays()
                .years
                .clone()
                .flat_map(|year| by_rule(year, *nation))
                .collect();
            assert_eq!(listed, &ruled, "{nation}");
            let weekend = |day: &Date| matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
            assert!(!listed.iter().any(weekend));
        }
    }

    #[test]
    fn worked_by_hand() {
        use Nation::EnglandAndWales as Ew;
        use Nation::NorthernIreland as Ni;
        use Nation::Scotland as Sc;
        let table = [
            // A plain week, and over a weekend.
            ("2026-11-02", 5, Ew, "2026-11-09"),
            ("2026-11-06", 1, Ew, "2026-11-09"),
            ("2026-11-07", 1, Ew, "2026-11-09"),
            ("2026-11-02", 0, Ew, "2026-11-02"),
            // St Andrew's Day is one in Scotland alone.
            ("2026-11-26", 5, Ew, "2026-12-03"),
            ("2026-11-26", 5, Sc, "2026-12-04"),
            // Christmas, with the 26th on a Saturday.
            ("2026-12-22", 5, Ew, "2026-12-31"),
            ("2026-12-24", 1, Ew, "2026-12-29"),
            // New Year: two days in Scotland, the second on a Saturday.
            ("2026-12-31", 1, Ew, "2027-01-04"),
            ("2026-12-31", 1, Sc, "2027-01-05"),
            // Easter Monday is none in Scotland.
            ("2027-03-24", 3, Ew, "2027-03-31"),
            ("2027-03-24", 3, Sc, "2027-03-30"),
            // St Patrick's Day, and the Twelfth on a Sunday.
            ("2027-03-16", 1, Ni, "2027-03-18"),
            ("2027-03-16", 1, Ew, "2027-03-17"),
            ("2026-07-10", 1, Ni, "2026-07-14"),
            // August: the first Monday in Scotland, the last elsewhere.
            ("2026-07-31", 1, Sc, "2026-08-04"),
            ("2026-08-28", 1, Ew, "2026-09-01"),
            ("2026-08-28", 1, Sc, "2026-08-31"),
            // By proclamation.
            ("2026-06-12", 1, Sc, "2026-06-16"),
        ];
        for (from, count, nation, due) in table {
            let found = add_working_days(day(from), count, nation).unwrap();
            assert_eq!(found, day(due), "{from} + {count} in {nation}");
        }
    }

    #[test]
    fn beyond_the_list_only_weekends_count_so_nothing_is_due_too_late() {
        let christmas = day("2040-12-24");
        assert!(!holidays_known(christmas));
        assert_eq!(
            add_working_days(christmas, 1, Nation::Scotland),
            Some(day("2040-12-25"))
        );
        assert_eq!(add_working_days(Date::MAX, 1, Nation::Scotland), None);
    }

    proptest! {
        #[test]
        fn what_is_counted_are_working_days(
            offset in 0i64..3000, count in 0u32..60, nation in 0usize..3
        ) {
            let nation = Nation::ALL[nation];
            let from = day("2024-01-01") + offset.days();
            let due = add_working_days(from, count, nation).unwrap();
            let mut between = 0;
            let mut at = from;
            while at < due {
                at = at.tomorrow().unwrap();
                between += u32::from(is_working_day(at, nation));
            }
            prop_assert_eq!(between, count);
            prop_assert!(count == 0 || is_working_day(due, nation));
            // One more is later, and never more than eleven days later (a weekend and a holiday at each end).
            let next = add_working_days(from, count + 1, nation).unwrap();
            prop_assert!(next > due && next <= due + 11.days());
        }
    }
}
