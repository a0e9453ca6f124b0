//! Calendar files (RFC 5545): whole days with a word and an id each, and nothing that tells of anybody.

use jiff::civil::Date;

use crate::clock::Timestamp;

/// The most octets of a line, without its line break (RFC 5545, 3.1).
const LINE: usize = 75;

/// One day's reminder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    /// Its name, the same each time: letters, digits and hyphens.
    pub uid: String,
    /// The day.
    pub day: Date,
    /// What it says.
    pub summary: String,
}

/// The file's text, lines ended by CRLF.
pub fn calendar(reminders: &[Reminder], made: Timestamp) -> String {
    let mut text = String::new();
    let stamp = stamp(made);
    for line in [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Strongroom//due//EN",
        "CALSCALE:GREGORIAN",
    ] {
        put(&mut text, line);
    }
    for reminder in reminders {
        put(&mut text, "BEGIN:VEVENT");
        put(
            &mut text,
            &format!("UID:{}@strongroom.invalid", reminder.uid),
        );
        put(&mut text, &format!("DTSTAMP:{stamp}"));
        put(
            &mut text,
            &format!("DTSTART;VALUE=DATE:{}", reminder.day.strftime("%Y%m%d")),
        );
        put(
            &mut text,
            &format!("SUMMARY:{}", escaped(&reminder.summary)),
        );
        put(&mut text, "TRANSP:TRANSPARENT");
        put(&mut text, "CLASS:PRIVATE");
        put(&mut text, "END:VEVENT");
    }
    put(&mut text, "END:VCALENDAR");
    text
}

/// A moment in UTC.
fn stamp(at: Timestamp) -> String {
    let ms = i64::try_from(at.as_ms()).unwrap_or(i64::MAX);
    let moment = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    moment.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Text as a property's value (RFC 5545, 3.3.11).
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Adds a line, folded between whole characters.
fn put(text: &mut String, line: &str) {
    let mut octets = 0;
    for c in line.chars() {
        if octets + c.len_utf8() > LINE {
            text.push_str("\r\n ");
            octets = 1;
        }
        octets += c.len_utf8();
        text.push(c);
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::dates;
    use proptest::prelude::*;

    /// Reads a file back as RFC 5545 says: unfolds, splits, undoes the escapes.
    fn read(text: &str) -> Vec<Reminder> {
        assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']));
        assert!(
            text.split("\r\n").all(|line| line.len() <= LINE),
            "{text:?}"
        );
        let unfolded = text.replace("\r\n ", "");
        let mut lines = unfolded.split("\r\n");
        assert_eq!(lines.next(), Some("BEGIN:VCALENDAR"));
        let mut found = Vec::new();
        let mut now = None;
        for line in lines {
            let (name, value) = line.split_once(':').unwrap_or_default();
            match name {
                "BEGIN" => now = Some((String::new(), None, String::new())),
                "UID" => {
                    let uid = value.strip_suffix("@strongroom.invalid").unwrap();
                    uid.clone_into(&mut now.as_mut().unwrap().0);
                }
                "DTSTART;VALUE=DATE" => {
                    let day = format!("{}-{}-{}", &value[..4], &value[4..6], &value[6..]);
                    now.as_mut().unwrap().1 = Some(dates::date(&day).unwrap());
                }
                "SUMMARY" => {
                    now.as_mut().unwrap().2 = unescaped(value);
                }
                "END" if value == "VEVENT" => {
                    let (uid, day, summary) = now.take().unwrap();
                    found.push(Reminder {
                        uid,
                        day: day.unwrap(),
                        summary,
                    });
                }
                _ => {}
            }
        }
        found
    }

    fn unescaped(value: &str) -> String {
        let mut chars = value.chars();
        let mut out = String::new();
        while let Some(c) = chars.next() {
            out.push(match c {
                '\\' => match chars.next().unwrap() {
                    'n' => '\n',
                    other => other,
                },
                c => c,
            });
        }
        out
    }

    fn reminder(summary: &str) -> Reminder {
        Reminder {
            uid: "0123456789abcdef".to_owned(),
            day: dates::date("2026-11-09").unwrap(),
            summary: summary.to_owned(),
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let all = [
            reminder("check r_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
            reminder(&"long, and; with \\ all \n of it ".repeat(20)),
            reminder(&"\u{202e}ليلى e\u{0301}\u{200b}".repeat(60)),
            reminder(""),
        ];
        let text = calendar(&all, Timestamp::from_ms(1_800_000_000_000));
        assert_eq!(read(&text), all);
        assert!(text.contains("DTSTAMP:20270115T080000Z\r\n"), "{text}");
        assert_eq!(read(&calendar(&[], Timestamp::from_ms(0))), []);
    }

    proptest! {
        #[test]
        fn any_text_is_one_reminder(text: String) {
            let written = calendar(&[reminder(&text)], Timestamp::from_ms(0));
            let kept: String = text.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
            prop_assert_eq!(read(&written), [reminder(&kept)]);
        }
    }
}
