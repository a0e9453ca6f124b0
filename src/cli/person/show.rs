//! Showing people on file.

use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::person::Show;
use crate::cli::resolve;
use crate::cli::table::Table;
use crate::desk::Desk;
use crate::desk::OnFile;
use crate::records::PartCard;
use crate::records::dates;
use crate::records::person::Contact;

pub(super) fn list(desk: &mut Desk, out: &mut Out) -> Result<(), CliError> {
    let people = desk.people()?;
    if out.json() {
        let documents: Vec<Value> = people.iter().map(document).collect();
        return out.document(&documents);
    }
    let mut table = Table::new(&["ID", "NAME", "BORN", "CASES"]);
    for one in &people {
        let parts = one.parts.iter().filter(|(_, part)| part.ended.is_none());
        let parts: Vec<String> = parts
            .map(|(case, part)| format!("{} {}", out.id(case), part.role))
            .collect();
        let card = &one.card;
        let name = match &card.romanised {
            Some(romanised) => format!("{} ({romanised})", card.name),
            None => card.name.clone(),
        };
        table.row(&[
            out.id(&one.id),
            name,
            card.born.as_deref().map(born_words).unwrap_or_default(),
            parts.join(", "),
        ]);
    }
    out.table(&table, "Nobody is on file whom you may see.");
    Ok(())
}

pub(super) fn show(
    args: &Show,
    (desk, ask): (&mut Desk, &Ask),
    out: &mut Out,
) -> Result<(), CliError> {
    let id = resolve::person(desk, ask, &args.person)?;
    let person = desk.person(&id, args.version)?;
    if out.json() {
        return out.document(&document(&person));
    }
    out.heading(&person.card.name);
    out.gap();
    out.facts(&facts(&person));
    let confidential = |contact: &Contact| !contact.confidential.is_empty();
    if person.card.contacts.iter().any(confidential) {
        out.gap();
        out.say(
            "What is marked confidential is never given to those it is kept from, not in a letter, a report or a \
             conversation.",
        );
    }
    Ok(())
}

fn facts(person: &OnFile) -> Vec<(&'static str, String)> {
    let card = &person.card;
    let mut facts = vec![("Id", person.id.to_string())];
    let mut optional =
        |name, value: Option<&String>| facts.extend(value.map(|value| (name, value.clone())));
    optional("Romanised", card.romanised.as_ref());
    for former in &card.former {
        optional("Formerly", Some(former));
    }
    optional("Born", card.born.as_deref().map(born_words).as_ref());
    optional("Acts for them", card.representation.as_ref());
    optional("Needs", card.needs.as_ref());
    for one in &card.relations {
        facts.push(("Relation", format!("{} of {}", one.is, one.to)));
    }
    for one in &card.responsibility {
        let evidence = one.evidence.as_ref();
        let evidence = evidence.map_or_else(String::new, |text| format!(" ({text})"));
        facts.push((
            "Parental responsibility",
            format!("{} for {}{evidence}", one.has, one.child),
        ));
    }
    facts.extend(
        card.contacts
            .iter()
            .map(|one| ("Contact", contact_words(one))),
    );
    for (case, part) in &person.parts {
        facts.push(("Part", format!("{case}: {}", part_words(part))));
        facts.extend(part.alerts.iter().map(|alert| ("Alert", alert.clone())));
    }
    for (with, judged) in &person.compared {
        let what = if judged.same {
            "the same person as"
        } else {
            "not"
        };
        let reason = judged.reason.as_ref();
        let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
        facts.push(("Compared", format!("{what} {with}{reason}")));
    }
    let of = person
        .versions
        .map_or_else(String::new, |all| format!(" of {all}"));
    facts.push(("Version", format!("{}{of}", person.version)));
    let when = dates::people_moment(person.at);
    facts.push(("Written by", format!("{}, {when}", person.author)));
    if let Some(reason) = &person.reason {
        facts.push(("Corrected because", reason.clone()));
    }
    facts
}

/// A date of birth, in words.
pub(crate) fn born_words(born: &str) -> String {
    dates::date(born).map_or_else(|_| born.to_owned(), dates::people_date)
}

/// A way to reach somebody, in words.
pub(crate) fn contact_words(contact: &Contact) -> String {
    let from: Vec<String> = contact
        .confidential
        .iter()
        .map(ToString::to_string)
        .collect();
    if from.is_empty() {
        return format!("{} {}", contact.sort, contact.value);
    }
    format!(
        "{} {} - CONFIDENTIAL, kept from {}",
        contact.sort,
        contact.value,
        from.join(", ")
    )
}

/// Somebody's part in a case, in words.
pub(crate) fn part_words(part: &PartCard) -> String {
    let about = part.about.as_ref();
    let about = about.map_or_else(String::new, |about| format!(", {about}"));
    let ended = part.ended.as_ref();
    let ended = ended.map_or_else(String::new, |why| format!(", not any more ({why})"));
    format!("{}{about}{ended}", part.role)
}

/// Somebody on file, for scripts.
pub(crate) fn document(person: &OnFile) -> Value {
    let card = &person.card;
    let parts: Vec<Value> = person
        .parts
        .iter()
        .map(|(case, part)| {
            json!({
                "case": case,
                "role": part.role.word(),
                "about": part.about,
                "alerts": part.alerts,
                "ended": part.ended,
            })
        })
        .collect();
    let compared: Vec<Value> = person
        .compared
        .iter()
        .map(|(with, said)| json!({ "id": with, "same": said.same, "reason": said.reason }))
        .collect();
    json!({
        "id": person.id,
        "name": card.name,
        "romanised": card.romanised,
        "former": card.former,
        "born": card.born,
        "relations": card.relations,
        "responsibility": card.responsibility,
        "representation": card.representation,
        "needs": card.needs,
        "contacts": card.contacts,
        "contacts_left_out": person.less,
        "cases": parts,
        "compared": compared,
        "version": person.version,
        "versions": person.versions,
        "author": person.author,
        "at": person.at.to_string(),
        "reason": person.reason,
    })
}
