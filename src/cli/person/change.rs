//! Putting people on file and changing what is there.

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::person::Add;
use crate::cli::person::Amend;
use crate::cli::person::Link;
use crate::cli::person::Same;
use crate::cli::person::Unlink;
use crate::cli::person::born_words;
use crate::cli::person::show::document;
use crate::cli::resolve;
use crate::desk::Desk;
use crate::desk::OnFile;
use crate::records::Judgement;
use crate::records::PartCard;
use crate::records::PersonCard;
use serde_json::json;
use std::collections::BTreeMap;

pub(super) fn add(args: &Add, desk: &mut Desk, out: &mut Out) -> Result<(), CliError> {
    let mut card = PersonCard {
        name: args.name.clone(),
        ..PersonCard::default()
    };
    args.fields.write(&mut card);
    let (person, namesakes) = desk.add_person(&card)?;
    for other in &namesakes {
        let born = other.card.born.as_ref();
        let born = born.map_or_else(String::new, |born| format!(", born {}", born_words(born)));
        out.warning(&format!(
            "there is already {} ({}{born}); say which with strongroom person same {} {}",
            other.card.name, other.id, person.id, other.id
        ));
    }
    if out.json() {
        let mut document = document(&person);
        if let Some(fields) = document.as_object_mut() {
            let ids: Vec<_> = namesakes.iter().map(|one| one.id).collect();
            fields.insert("namesakes".to_owned(), json!(ids));
        }
        return out.document(&document);
    }
    changed(&person, "is on file", out)
}

pub(super) fn amend(
    args: &Amend,
    (desk, ask): (&mut Desk, &Ask),
    out: &mut Out,
) -> Result<(), CliError> {
    let id = resolve::person(desk, ask, &args.person)?;
    let change = |card: &mut PersonCard| {
        if let Some(name) = &args.name {
            card.name.clone_from(name);
        }
        args.fields.write(card);
    };
    let person = desk.amend_person(&id, &change, &args.reason)?;
    changed(&person, "is corrected", out)
}

pub(super) fn link(
    args: &Link,
    (desk, ask): (&mut Desk, &Ask),
    out: &mut Out,
) -> Result<(), CliError> {
    let id = resolve::person(desk, ask, &args.person)?;
    let case = resolve::case(desk, ask, &args.case)?;
    let part = PartCard {
        role: args.role,
        name: String::new(),
        about: args.about.clone(),
        alerts: args.alert.clone(),
        ended: None,
        other: BTreeMap::new(),
    };
    let person = desk.link_person(&id, &case, &part)?;
    changed(&person, &format!("is part of {case} as {}", args.role), out)
}

pub(super) fn unlink(
    args: &Unlink,
    (desk, ask): (&mut Desk, &Ask),
    out: &mut Out,
) -> Result<(), CliError> {
    let id = resolve::person(desk, ask, &args.person)?;
    let case = resolve::case(desk, ask, &args.case)?;
    let person = desk.unlink_person(&id, &case, &args.reason)?;
    changed(&person, &format!("is no part of {case} any more"), out)
}

pub(super) fn same(
    args: &Same,
    (desk, ask): (&mut Desk, &Ask),
    out: &mut Out,
) -> Result<(), CliError> {
    let one = resolve::person(desk, ask, &args.one)?;
    let other = resolve::person(desk, ask, &args.other)?;
    let judged = Judgement {
        same: !args.not,
        reason: args.reason.clone(),
        other: BTreeMap::new(),
    };
    let person = desk.compare_people((&one, &other), &judged)?;
    let what = if judged.same {
        format!("is kept as the same person as {other}; neither page was changed")
    } else {
        format!("is kept as somebody else than {other}")
    };
    changed(&person, &what, out)
}

fn changed(person: &OnFile, what: &str, out: &mut Out) -> Result<(), CliError> {
    if out.json() {
        return out.document(&document(person));
    }
    let id = person.id.to_string();
    out.done(Some(&id), &format!("{} ({id}) {what}.", person.card.name));
    Ok(())
}
