//! What a keeper is told of a form that is filed: facts it decides by, and no word of its content.

use std::collections::BTreeSet;

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::filing::Filing;
use crate::desk::named::find_user;
use crate::desk::named::user_named;
use crate::desk::on_file::parse_person;
use crate::desk::orders::order_of;
use crate::desk::reading::parse_case;
use crate::ids::UserId;
use crate::keeper::facts::Subject;
use crate::keeper::facts::Triggers;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::load::FiledFacts;
use crate::records::Form;
use crate::records::Kind;
use crate::records::person::Part;
use crate::records::words::Reader;

impl Desk<'_> {
    /// What the keeper is told about a record, from its form and from what the filer named.
    pub(crate) fn filed_facts(
        &self,
        (kind, form): (&Kind, &Form),
        filing: &Filing,
        keys: &Keys,
        warnings: &mut Vec<String>,
    ) -> Result<FiledFacts, DeskError> {
        let service = keys.case.as_ref().map(|case| case.service);
        let said = kind.facts(form, service);
        let case = filing.case.as_deref().map(parse_case);
        let user = |who: &String| find_user(keys, who);
        let known = |names: &[String]| -> BTreeSet<UserId> {
            names
                .iter()
                .filter_map(|name| user_named(keys, name))
                .collect()
        };
        let mut about: BTreeSet<UserId> =
            filing.about.iter().map(user).collect::<Result<_, _>>()?;
        about.extend(known(&said.about));
        let mut deciders: BTreeSet<UserId> =
            filing.deciders.iter().map(user).collect::<Result<_, _>>()?;
        deciders.extend(known(&said.deciders));
        if deciders.is_empty() && nobody_decides(kind, keys) {
            deciders.insert(self.account.id);
            warnings.push(
                "nobody here is a DBS countersignatory yet, so you were named as the decider of this record"
                    .to_owned(),
            );
        }
        warnings.extend(too_few_decide(kind, deciders.len()));
        let handler = said.handler.as_deref();
        let handler = handler.and_then(|name| user_named(keys, name));
        if handler.is_none() && kind.readers == [Reader::Handler] {
            warnings.push(
                "no handler with an account here was named, so this record is the trustees' to read"
                    .to_owned(),
            );
        }
        Ok(FiledFacts {
            case,
            kind: kind.name.clone(),
            kind_version: kind.version,
            class: said.class,
            labels: said.labels.into_iter().collect(),
            event_date: said.event_date,
            about: about.into_iter().collect(),
            deciders: deciders.into_iter().collect(),
            handler,
            triggers: triggers(&said.triggers),
            clocks: said.clocks,
            order_recipients: said.order_recipients,
            order: order_of(said.order),
            subjects: Vec::new(),
        })
    }
}

/// A form's dates, as facts.
pub(crate) fn triggers(said: &crate::records::kind::Triggers) -> Triggers {
    Triggers {
        event: said.event.clone(),
        decision: said.decision.clone(),
        resolution: said.resolution.clone(),
        closure: said.closure.clone(),
        engagement_end: said.engagement_end.clone(),
        last_entry: said.last_entry.clone(),
        other: crate::keeper::facts::Other::new(),
    }
}

/// Whom a record is about, each once.
pub(crate) fn subjects_of(named: &[(String, Part)]) -> Result<Vec<Subject>, DeskError> {
    let mut subjects: Vec<Subject> = Vec::new();
    for (person, role) in named {
        let person = parse_person(person);
        if subjects.iter().any(|one| one.person == person) {
            let says = format!("{person} is named twice; say once what they are in this record");
            return Err(DeskError::refused("named-twice", says));
        }
        subjects.push(Subject {
            person,
            role: role.word().to_owned(),
        });
    }
    Ok(subjects)
}

/// Whether a kind is read by its deciders and nobody could stand in for them.
fn nobody_decides(kind: &Kind, keys: &Keys) -> bool {
    use crate::keeper::facts::Role;
    let by_deciders = kind.readers.contains(&Reader::Deciders);
    let mut accounts = keys.accounts.iter();
    by_deciders && !accounts.any(|one| one.is(Role::DbsCountersignatory) && one.may_work())
}

/// What is said where a kind takes more deciders than were named.
fn too_few_decide(kind: &Kind, named: usize) -> Option<String> {
    let field = kind.field(kind.people.deciders.as_deref()?)?;
    let least = field.min_items.filter(|least| named < *least)?;
    Some(format!(
        "this takes {least} deciders with an account here, and {named} were named; name them with \
         strongroom record deciders"
    ))
}
