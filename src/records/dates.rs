//! Dates as people write and read them. The centre's clock is Europe/London.

use std::fmt;

use jiff::Zoned;
use jiff::civil::Date;
use jiff::civil::DateTime;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use crate::clock::Timestamp;

pub mod point;
pub mod working;

pub use crate::records::dates::point::Edge;
pub use crate::records::dates::point::edge_of;
pub use crate::records::dates::point::point;
pub use crate::records::dates::working::add_working_days;

/// The first and last year a date may have.
const YEARS: std::ops::RangeInclusive<i16> = 1800..=2999;

/// Text that is not a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateError {
    /// In no known form.
    Form,
    /// In form, but no such day or moment exists.
    NotReal,
    /// A local time that the clocks pass twice that day.
    Twice,
}

impl fmt::Display for DateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => {
                "not a date: write 2026-11-12, 2026-11-12T14:00:00Z, or a distance such as +2d or +6m"
            }
            Self::NotReal => "there is no such day or time in the calendar",
            Self::Twice => {
                "the clocks go back and pass this time twice: add the offset, such as +01:00"
            }
        })
    }
}

impl std::error::Error for DateError {}

/// Europe/London. Its rules are part of the program, so they are always there.
pub fn london() -> TimeZone {
    TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC)
}

/// A date written `YYYY-MM-DD`, and no other way.
///
/// # Errors
/// [`DateError::Form`], or [`DateError::NotReal`] for the likes of 31 November.
pub fn date(text: &str) -> Result<Date, DateError> {
    let parts = (text.len() == 10 && text.is_ascii())
        .then(|| (text.get(..4), text.get(4..7), text.get(7..)));
    let Some((Some(year), Some(month), Some(day))) = parts else {
        return Err(DateError::Form);
    };
    let month = month.strip_prefix('-').ok_or(DateError::Form)?;
    let day = day.strip_prefix('-').ok_or(DateError::Form)?;
    let year: i16 = digits(year)?;
    if !YEARS.contains(&year) {
        return Err(DateError::NotReal);
    }
    Date::new(year, digits(month)?, digits(day)?).map_err(|_| DateError::NotReal)
}

/// A time of day written `HH:MM` or `HH:MM:SS`.
///
/// # Errors
/// [`DateError::Form`], or [`DateError::NotReal`] for the likes of 24:10.
pub fn time(text: &str) -> Result<Time, DateError> {
    let mut parts = text.split(':');
    let mut part = |absent: Option<&'static str>| {
        let text = parts.next().or(absent).ok_or(DateError::Form)?;
        if text.len() == 2 {
            digits::<i8>(text)
        } else {
            Err(DateError::Form)
        }
    };
    let (hour, minute, second) = (part(None)?, part(None)?, part(Some("00"))?);
    if parts.next().is_some() {
        return Err(DateError::Form);
    }
    Time::new(hour, minute, second, 0).map_err(|_| DateError::NotReal)
}

pub(crate) fn digits<N: std::str::FromStr>(text: &str) -> Result<N, DateError> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        text.parse().map_err(|_| DateError::Form)
    } else {
        Err(DateError::Form)
    }
}

/// An RFC 3339 date and time; without an offset, London's clock is meant.
///
/// # Errors
/// [`DateError`]; [`DateError::Twice`] and [`DateError::NotReal`] also for local times around a change of the
/// clocks.
pub fn moment(text: &str) -> Result<Zoned, DateError> {
    let (day, rest) = (text.get(..10), text.get(10..));
    let (Some(day), Some(rest)) = (day, rest) else {
        return Err(DateError::Form);
    };
    let day = date(day)?;
    let rest = rest.strip_prefix(['T', 't', ' ']).ok_or(DateError::Form)?;
    if let Some(at) = rest.find(['Z', 'z', '+', '-']) {
        let (clock, offset) = rest.split_at_checked(at).ok_or(DateError::Form)?;
        let local = day.to_datetime(fraction(clock)?);
        return zoned(local, offset);
    }
    let local = day.to_datetime(fraction(rest)?);
    let found = london().to_ambiguous_zoned(local);
    if found.is_ambiguous() {
        // A gap has no such time, a fold has it twice.
        let gap = matches!(found.offset(), jiff::tz::AmbiguousOffset::Gap { .. });
        return Err(if gap {
            DateError::NotReal
        } else {
            DateError::Twice
        });
    }
    found.unambiguous().map_err(|_| DateError::NotReal)
}

/// `HH:MM[:SS[.fraction]]`.
fn fraction(text: &str) -> Result<Time, DateError> {
    let (whole, parts) = text
        .split_once('.')
        .map_or((text, None), |(w, p)| (w, Some(p)));
    let clock = time(whole)?;
    let Some(parts) = parts else { return Ok(clock) };
    if parts.is_empty() || parts.len() > 9 || whole.len() != 8 {
        return Err(DateError::Form);
    }
    let nanos: i32 = digits(&format!("{parts:0<9}"))?;
    Time::new(clock.hour(), clock.minute(), clock.second(), nanos).map_err(|_| DateError::NotReal)
}

/// `local` at an offset written `Z` or `+01:00`.
fn zoned(local: DateTime, offset: &str) -> Result<Zoned, DateError> {
    if offset.eq_ignore_ascii_case("z") {
        return local
            .to_zoned(TimeZone::UTC)
            .map_err(|_| DateError::NotReal);
    }
    let (sign, clock) = offset.split_at_checked(1).ok_or(DateError::Form)?;
    if clock.len() != 5 {
        return Err(DateError::Form);
    }
    let clock = time(clock)?;
    let seconds = (i32::from(clock.hour()) * 60 + i32::from(clock.minute())) * 60;
    let seconds = if sign == "-" { -seconds } else { seconds };
    let offset = jiff::tz::Offset::from_seconds(seconds).map_err(|_| DateError::NotReal)?;
    local
        .to_zoned(TimeZone::fixed(offset))
        .map_err(|_| DateError::NotReal)
}

/// `moment` in RFC 3339 with its offset, whole seconds unless it has a fraction.
pub fn rfc_3339(moment: &Zoned) -> String {
    let offset = moment.offset().seconds();
    let local = moment.datetime();
    if offset == 0 {
        return format!("{local}Z");
    }
    let (sign, away) = (if offset < 0 { '-' } else { '+' }, offset.abs());
    format!("{local}{sign}{:02}:{:02}", away / 3600, away / 60 % 60)
}

/// `at` on London's clock; `None` beyond the calendar.
pub fn in_london(at: Timestamp) -> Option<Zoned> {
    let ms = i64::try_from(at.as_ms()).ok()?;
    let moment = jiff::Timestamp::from_millisecond(ms).ok()?;
    Some(moment.to_zoned(london()))
}

/// `12 November 2026`.
pub fn people_date(day: Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}

/// `12 November 2026 at 14:30`, on London's clock.
pub fn people_moment(at: Timestamp) -> String {
    in_london(at).map_or_else(|| at.to_string(), |moment| people_zoned(&moment))
}

/// `12 November 2026 at 14:30`, on London's clock.
pub fn people_zoned(moment: &Zoned) -> String {
    moment
        .with_time_zone(london())
        .strftime("%-d %B %Y at %H:%M")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        point(text, Timestamp::from_ms(0), Edge::Start).unwrap()
    }

    #[test]
    fn only_real_days() {
        for real in ["2024-02-29", "2026-11-30", "2000-02-29", "1951-01-31"] {
            assert_eq!(date(real).unwrap().to_string(), real);
        }
        for unreal in [
            "2026-02-29",
            "2100-02-29",
            "2026-11-31",
            "2026-13-01",
            "2026-00-10",
            "0000-01-01",
        ] {
            assert_eq!(date(unreal), Err(DateError::NotReal), "{unreal}");
        }
        for other in [
            "20261112",
            "2026-1-12",
            "12/11/2026",
            "2026-11-12 ",
            "+026-11-12",
            "",
            "2026-11-1٢",
        ] {
            assert_eq!(date(other), Err(DateError::Form), "{other}");
        }
    }

    #[test]
    fn local_times_are_london_s_and_say_so() {
        let written = |text: &str| moment(text).map(|moment| rfc_3339(&moment));
        assert_eq!(written("2026-11-12T14:00").unwrap(), "2026-11-12T14:00:00Z");
        assert_eq!(
            written("2026-07-12T14:00:30").unwrap(),
            "2026-07-12T14:00:30+01:00"
        );
        assert_eq!(
            written("2026-07-12T14:00:30.25-03:30").unwrap(),
            "2026-07-12T14:00:30.25-03:30"
        );
        assert_eq!(written("2026-10-25T01:30"), Err(DateError::Twice));
        assert_eq!(written("2026-03-29T01:30"), Err(DateError::NotReal));
        assert_eq!(
            written("2026-10-25T01:30+01:00").unwrap(),
            "2026-10-25T01:30:00+01:00"
        );
        for wrong in [
            "2026-11-12T",
            "2026-11-12T14",
            "2026-11-12T14:00+1",
            "2026-11-12T14:00[Europe/Paris]",
        ] {
            assert_eq!(written(wrong), Err(DateError::Form), "{wrong}");
        }
        assert_eq!(written("2026-11-12T25:00Z"), Err(DateError::NotReal));
    }

    #[test]
    fn as_people_read_them() {
        assert_eq!(people_date(date("2026-11-02").unwrap()), "2 November 2026");
        assert_eq!(
            people_moment(at("2026-07-01T13:30:00Z")),
            "1 July 2026 at 14:30"
        );
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text: String) {
            drop((date(&text), time(&text), moment(&text)));
            prop_assert!(point(&text, Timestamp::from_ms(0), Edge::End).is_err() || !text.is_empty());
        }

        #[test]
        fn every_moment_round_trips(ms in 0u64..32_000_000_000_000) {
            let moment_then = in_london(Timestamp::from_ms(ms)).unwrap();
            let again = moment(&rfc_3339(&moment_then)).unwrap();
            prop_assert_eq!(again.timestamp(), moment_then.timestamp());
        }
    }
}
