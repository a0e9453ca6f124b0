//! `strongroom find`: records, cases and people on file by the words of their titles, names and texts.

use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::kind;
use crate::cli::out::Out;
use crate::cli::resolve;
use crate::cli::session::with_desk;
use crate::cli::table::Table;
use crate::clock::Timestamp;
use crate::desk::Among;
use crate::desk::Found;
use crate::desk::FoundLine;
use crate::desk::NoQuery;
use crate::desk::Query;
use crate::desk::finding::CASE;
use crate::desk::finding::PERSON;
use crate::records::dates;
use crate::records::dates::Edge;

/// As many are shown unless more are asked for.
const SHOWN: usize = 50;
/// The most that can be asked for.
const MOST: usize = 1000;

/// Find records, cases and people by words of their titles, names and texts
///
/// All words have to be there, in any order; the beginning of a word is enough, and capitals, accents, hyphens and
/// apostrophes do not matter: "ty coch" finds Tŷ-Coch. Put words in quotation marks, '"like these"', where they
/// stand whole and next to each other. Without words you are asked for them, so that no name stays in your shell's
/// history. What you look for is written down nowhere; which titles and names were searched and which were shown is.
/// People are found by every name they have or had, in any script that is on file, and by nothing else.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom find ty coch
  strongroom find parry --kind contact-report --since 2026-01-01
  strongroom find kovalenko --kind person
  strongroom find contact --person d_abcdefgh
  strongroom find '\"asthma pump\"' --text --case c_abcdefgh")]
pub(crate) struct Args {
    /// What to look for [default: you are asked]
    #[arg(value_name = "WORDS")]
    words: Vec<String>,
    /// Only records of this case, and people who are part of it
    #[arg(long, value_name = "CASE")]
    case: Option<String>,
    /// Only records that name this person on file as one they are about, and records of cases they are part
    /// of; no cases and no people
    #[arg(long, value_name = "PERSON")]
    person: Option<String>,
    /// Only this kind of record; case for cases alone, person for people alone
    #[arg(long)]
    kind: Option<String>,
    /// Only what happened, or was filed, on this date or later; of people, what was last written of them
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Only what happened, or was filed, on this date or earlier; of people as above
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// Go through what records say, not titles alone: each record searched so has it in its history. What
    /// opens only with a purpose is found by its title alone
    #[arg(long)]
    text: bool,
    /// How many to show at most
    #[arg(long, value_name = "NUMBER", default_value_t = SHOWN, value_parser = limit)]
    limit: usize,
}

pub(crate) fn run(args: &Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    match (args.kind.as_deref(), &args.person) {
        (Some(CASE | PERSON), Some(_)) => {
            let says = "--person is for records alone; leave it out, or --kind";
            return Err(CliError::usage(says));
        }
        (Some(kind), _) if !matches!(kind, CASE | PERSON) => {
            kind::find(kind)?;
        }
        _ => {}
    }
    let query = Query::parse(&words(args, ask)?).map_err(no_query)?;
    with_desk(ask, out, |desk, out| {
        let now = desk.now();
        let (since, until) = (
            day("--since", args.since.as_deref(), (now, Edge::Start))?,
            day("--until", args.until.as_deref(), (now, Edge::End))?,
        );
        if until.is_some() && since > until {
            let says = "--since is after --until: no day is both";
            return Err(CliError::refused("dates", says));
        }
        let case = match &args.case {
            Some(case) => Some(resolve::case(desk, ask, case)?),
            None => None,
        };
        let person = match &args.person {
            Some(person) => Some(resolve::person(desk, ask, person)?),
            None => None,
        };
        let among = Among {
            case,
            person,
            kind: args.kind.clone(),
            since,
            until,
            text: args.text,
        };
        let searchable = desk.searchable(&among)?;
        let found = desk.find(&searchable, &query, args.limit)?;
        show(&found, args, out)
    })
}

/// The words given, or typed when asked.
fn words(args: &Args, ask: &Ask) -> Result<String, CliError> {
    if !args.words.is_empty() {
        return Ok(args.words.join(" "));
    }
    ask.typed("What are you looking for? ").ok_or_else(|| {
        CliError::usage("what to look for was not said")
            .hint("give it as words: strongroom find WORDS")
    })
}

fn no_query(why: NoQuery) -> CliError {
    CliError::refused("search", why.to_string())
}

fn limit(text: &str) -> Result<usize, String> {
    let number = text.parse().ok();
    let number = number.filter(|number| (1..=MOST).contains(number));
    number.ok_or_else(|| format!("it must be a whole number from 1 to {MOST}"))
}

/// The day in London that a date or moment means.
fn day(
    flag: &str,
    text: Option<&str>,
    (now, edge): (Timestamp, Edge),
) -> Result<Option<String>, CliError> {
    let Some(text) = text else {
        return Ok(None);
    };
    let wrong = |error: dates::DateError| CliError::usage(format!("{flag} {text}: {error}"));
    // What is told of may have happened before computers counted time.
    if let Ok(day) = dates::date(text) {
        return Ok(Some(day.to_string()));
    }
    let at = dates::point(text, now, edge).map_err(wrong)?;
    let at = dates::in_london(at).ok_or(dates::DateError::NotReal);
    Ok(Some(at.map_err(wrong)?.date().to_string()))
}

fn show(found: &Found, args: &Args, out: &mut Out) -> Result<(), CliError> {
    if out.json() {
        let documents: Vec<Value> = found.lines.iter().map(document).collect();
        if found.more {
            out.note(&more(args.limit));
        }
        return out.document(&documents);
    }
    let mut table = Table::new(&["ID", "DATE", "KIND", "TITLE", "CASE"]);
    for line in &found.lines {
        table.row(&[
            out.id(&line.id),
            line.day.clone(),
            line.kind.clone(),
            line.title.clone(),
            line.case
                .as_ref()
                .map(|case| out.id(case))
                .unwrap_or_default(),
        ]);
    }
    let none = if args.text {
        "Nothing that you may see has all of these words."
    } else {
        "Nothing that you may see has all of these words in its title or name. Add --text to search what records say."
    };
    out.table(&table, none);
    if found.more {
        out.gap();
        out.say(&more(args.limit));
    }
    Ok(())
}

/// What to do where there is more than is shown.
fn more(limit: usize) -> String {
    let first = match limit {
        1 => "Only the first one is shown".to_owned(),
        _ => format!("Only the first {limit} are shown"),
    };
    let rest = if limit < MOST {
        ", or show more with --limit"
    } else {
        ""
    };
    format!(
        "{first}: add words, narrow it down with --case, --person, --kind, --since or --until{rest}."
    )
}

fn document(line: &FoundLine) -> Value {
    json!({
        "id": line.id,
        "kind": line.kind,
        "title": line.title,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_whole_numbers_within_bounds() {
        assert_eq!(limit(&SHOWN.to_string()), Ok(50));
        assert_eq!(limit("1000"), Ok(MOST));
        for wrong in ["0", "1001", "-1", "x", ""] {
            assert!(limit(wrong).is_err(), "{wrong}");
        }
        assert!(more(1).starts_with("Only the first one is shown: add words"));
        assert!(more(50).contains("--limit") && !more(1000).contains("--limit"));
    }
}
