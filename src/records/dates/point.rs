//! Points in time as people name them: a day, a moment, or a distance from now.

use jiff::Span;
use jiff::Zoned;
use jiff::civil::Date;

use crate::clock::Timestamp;
use crate::records::dates::DateError;
use crate::records::dates::date;
use crate::records::dates::digits;
use crate::records::dates::in_london;
use crate::records::dates::london;
use crate::records::dates::moment;

/// Which moment of a day a bare date means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// Its first.
    Start,
    /// Its last millisecond: what lasts until a date lasts through that day.
    End,
}

/// The point in time that a person's text means: `2026-11-12`, RFC 3339, or a distance from `now` in
/// hours, days, weeks, months or years (`+2d`, `+6m`; months and years by the calendar in London).
///
/// # Errors
/// [`DateError`].
pub fn point(text: &str, now: Timestamp, edge: Edge) -> Result<Timestamp, DateError> {
    if let Some(distance) = text.strip_prefix('+') {
        return timestamp(&later(distance, now)?);
    }
    match date(text) {
        Ok(day) => edge_of(day, edge),
        Err(DateError::NotReal) => Err(DateError::NotReal),
        Err(_) => timestamp(&moment(text)?),
    }
}

fn later(distance: &str, now: Timestamp) -> Result<Zoned, DateError> {
    let unit = distance.chars().next_back().ok_or(DateError::Form)?;
    let count = distance.strip_suffix(unit).filter(|count| count.len() <= 5);
    let count: i64 = digits(
        count
            .filter(|count| !count.is_empty())
            .ok_or(DateError::Form)?,
    )?;
    let span = match unit {
        'h' => Span::new().try_hours(count),
        'd' => Span::new().try_days(count),
        'w' => Span::new().try_weeks(count),
        'm' => Span::new().try_months(count),
        'y' => Span::new().try_years(count),
        _ => return Err(DateError::Form),
    };
    let span = span.map_err(|_| DateError::NotReal)?;
    in_london(now)
        .ok_or(DateError::NotReal)?
        .checked_add(span)
        .map_err(|_| DateError::NotReal)
}

/// The first moment or last millisecond of a day in London.
///
/// # Errors
/// [`DateError::NotReal`] before 1970 and beyond the calendar.
pub fn edge_of(day: Date, edge: Edge) -> Result<Timestamp, DateError> {
    let start = |day: Date| {
        day.to_zoned(london())
            .map_err(|_| DateError::NotReal)
            .and_then(|moment| timestamp(&moment))
    };
    match edge {
        Edge::Start => start(day),
        Edge::End => {
            let next = start(day.tomorrow().map_err(|_| DateError::NotReal)?)?;
            let last = next.as_ms().checked_sub(1).ok_or(DateError::NotReal)?;
            Ok(Timestamp::from_ms(last))
        }
    }
}

fn timestamp(moment: &Zoned) -> Result<Timestamp, DateError> {
    u64::try_from(moment.timestamp().as_millisecond())
        .map(Timestamp::from_ms)
        .map_err(|_| DateError::NotReal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        timestamp(&moment(text).unwrap()).unwrap()
    }

    fn says(text: &str, edge: Edge) -> String {
        point(text, at("2026-11-02T09:00:00Z"), edge)
            .map_or_else(|e| e.to_string(), |t| t.to_string())
    }

    #[test]
    fn a_date_as_an_end_lasts_through_the_day_in_london() {
        assert_eq!(says("2026-11-12", Edge::Start), "2026-11-12T00:00:00.000Z");
        assert_eq!(says("2026-11-12", Edge::End), "2026-11-12T23:59:59.999Z");
        assert_eq!(
            says("2026-07-01", Edge::End),
            "2026-07-01T22:59:59.999Z",
            "British Summer Time"
        );
        assert_eq!(
            says("2026-10-25", Edge::Start),
            "2026-10-24T23:00:00.000Z",
            "the clocks go back that night"
        );
        assert_eq!(says("2026-10-25", Edge::End), "2026-10-25T23:59:59.999Z");
    }

    #[test]
    fn distances_follow_the_calendar() {
        assert_eq!(says("+2d", Edge::End), "2026-11-04T09:00:00.000Z");
        assert_eq!(
            says("+6m", Edge::End),
            "2027-05-02T08:00:00.000Z",
            "nine o'clock in summer"
        );
        assert_eq!(says("+1w", Edge::End), "2026-11-09T09:00:00.000Z");
        let end_of_january = at("2027-01-31T12:00:00Z");
        assert_eq!(
            point("+1m", end_of_january, Edge::End).unwrap().to_string(),
            "2027-02-28T12:00:00.000Z"
        );
        for wrong in ["+", "+d", "+2", "+2x", "+-2d", "+2 d", "+999999d", "2d"] {
            assert!(point(wrong, end_of_january, Edge::End).is_err(), "{wrong}");
        }
    }
}
