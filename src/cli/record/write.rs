//! Filing and correcting.

use serde_json::Value;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::file;
use crate::cli::kind;
use crate::cli::out::Out;
use crate::cli::progress::Bar;
use crate::cli::proposal;
use crate::cli::record::Add;
use crate::cli::record::Amend;
use crate::cli::record::answering::Terminal;
use crate::cli::record::filed_document;
use crate::cli::record::receipt_words;
use crate::cli::resolve;
use crate::cli::session::form;
use crate::cli::session::with_desk;
use crate::desk::Attach;
use crate::desk::Desk;
use crate::desk::DeskError;
use crate::desk::Filed;
use crate::desk::Filing;
use crate::desk::given_reason;
use crate::keeper::intake::NOT_FOR_CASE;
use crate::records::asking;
use crate::records::asking::Answers as _;
use crate::records::kind::Kind;
use crate::records::person::Part;
use crate::records::words::CaseRule;

pub(crate) fn add(args: &Add, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    if args.from.is_none() {
        Terminal::of(ask, out)?;
    }
    // Everything that needs no vault is checked first: a mistake costs no sign-in and no entry.
    let kind = kind::find(&args.kind)?;
    check_case(kind, args.case.as_deref())?;
    let Some(from) = &args.from else {
        return answered(kind, args, ask, out);
    };
    let value = file::form(from)?;
    kind.check(&value).map_err(|problems| form(&problems))?;
    add_form(value, args, ask, out)
}

/// Files a form whose fields are asked for now. What was typed is not lost to a mistyped passphrase, or to whatever
/// else keeps it from being filed at once.
fn answered(kind: &Kind, args: &Add, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    let mut terminal = Terminal::of(ask, out)?;
    let Ok(value) = asking::ask(kind, &mut terminal) else {
        return Err(CliError::refused("form", "nothing was filed"));
    };
    terminal.show(kind, &value);
    if !terminal.wants("File this? (y/n): ") {
        return Err(CliError::refused("form", "nothing was filed"));
    }
    loop {
        match add_form(value.clone(), args, ask, out) {
            Err(error) => {
                let mut terminal = Terminal::of(ask, out)?;
                terminal.tell("It is not filed yet:");
                error.lines().iter().for_each(|line| terminal.tell(line));
                if !terminal.wants("Try again? (y/n): ") {
                    return Err(error);
                }
            }
            filed => return filed,
        }
    }
}

fn add_form(value: Value, args: &Add, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    // Attachments are read twice: once for their digests, once to seal them.
    let bar = Bar::bytes(out, "Sealing", file::bytes_to_read(&args.attach, 2));
    let attachments = args.attach.iter().map(|path| file::attach(path, &bar));
    let attachments = attachments.collect::<Result<Vec<Attach>, CliError>>()?;
    with_desk(ask, out, |desk, out| {
        let case = match &args.case {
            Some(case) => Some(resolve::case(desk, ask, case)?),
            None => None,
        };
        let asked = args.reason.as_deref().filter(|_| args.overriding);
        let asked = asked.zip(case.clone());
        let filing = Filing {
            case,
            kind: args.kind.clone(),
            form: value,
            attachments,
            about: args.about.clone(),
            deciders: args.decider.clone(),
        };
        let subjects = subjects(args.subject.clone(), desk, ask)?;
        let filed = desk.file_about(&filing, &subjects);
        bar.clear();
        match (filed, asked) {
            (Err(DeskError::Refused { code, .. }), Some((reason, case)))
                if code == NOT_FOR_CASE =>
            {
                proposal::done(&desk.propose_override(&case, &args.kind, reason)?, out)
            }
            (filed, _) => filed_page(&filed?, "Filed", out),
        }
    })
}

pub(crate) fn amend(args: &Amend, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    let reason = given_reason(&args.reason)?;
    let value = file::form(&args.from)?;
    with_desk(ask, out, |desk, out| {
        let id = resolve::record(desk, ask, &args.record)?;
        let named = subjects(args.subject.clone(), desk, ask)?;
        let named = Some(named.as_slice()).filter(|named| !named.is_empty());
        let filed = desk.amend_about(&id, &value, reason, named)?;
        filed_page(&filed, "Corrected", out)
    })
}

/// Whom a record is about, short ids made whole.
fn subjects(
    named: Vec<(String, Part)>,
    desk: &mut Desk,
    ask: &Ask,
) -> Result<Vec<(String, Part)>, CliError> {
    let whole = named.into_iter().map(|(person, role)| {
        let person = resolve::person(desk, ask, &person)?;
        Ok((person, role))
    });
    whole.collect()
}

/// Whether the kind belongs to a case, and one was named.
fn check_case(kind: &Kind, case: Option<&str>) -> Result<(), CliError> {
    let name = &kind.name;
    match (kind.case, case) {
        (CaseRule::Required, None) => {
            let says = format!("every {name} belongs to a case; name it with --case");
            Err(CliError::refused("case-missing", says))
        }
        (CaseRule::None, Some(_)) => {
            let says = format!("a {name} belongs to no case; leave out --case");
            Err(CliError::refused("case-not-wanted", says))
        }
        _ => Ok(()),
    }
}

fn filed_page(filed: &Filed, done: &str, out: &mut Out) -> Result<(), CliError> {
    for warning in &filed.warnings {
        out.warning(warning);
    }
    if out.json() {
        return out.document(&filed_document(filed));
    }
    let id = filed.id.to_string();
    out.done(Some(&id), &format!("{done}: {id}"));
    if !out.quiet() {
        out.verbatim(&format!("Receipt: {}", receipt_words(&filed.receipt)));
    }
    Ok(())
}
