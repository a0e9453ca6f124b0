//! `strongroom proposal`: what waits for a second person.

use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::grant;
use crate::cli::out::Out;
use crate::cli::resolve;
use crate::cli::session::with_desk;
use crate::cli::table::Table;
use crate::desk::Proposal;
use crate::desk::proposals::About;
use crate::keeper::facts::ProposalState;
use crate::records::dates;

/// See what waits for a second person, and be one
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the proposals you may see
    List,
    /// Show one proposal
    Show(Which),
    /// Be the second person: what was proposed takes effect at once
    ///
    /// Nobody can approve their own proposal, nor before they have set a passphrase of their own.
    Approve(Which),
    Refuse(Refuse),
    /// Take your own proposal back
    Withdraw(Which),
}

#[derive(Debug, clap::Args)]
struct Which {
    /// The proposal's id
    proposal: String,
}

/// Say no to a proposal
#[derive(Debug, clap::Args)]
struct Refuse {
    /// The proposal's id
    proposal: String,
    /// Why not
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub(crate) fn run(args: Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| match args.command {
        Command::List => list(&desk.proposals()?, out),
        Command::Show(which) => {
            let id = resolve::proposal(desk, ask, &which.proposal)?;
            show(&desk.proposal(&id)?, out)
        }
        Command::Approve(which) => {
            let id = resolve::proposal(desk, ask, &which.proposal)?;
            done(&desk.approve(&id)?, out)
        }
        Command::Refuse(args) => {
            let id = resolve::proposal(desk, ask, &args.proposal)?;
            done(&desk.refuse_proposal(&id, &args.reason)?, out)
        }
        Command::Withdraw(which) => {
            let id = resolve::proposal(desk, ask, &which.proposal)?;
            done(&desk.withdraw_proposal(&id)?, out)
        }
    })
}

fn list(all: &[Proposal], out: &mut Out) -> Result<(), CliError> {
    if out.json() {
        let documents: Vec<Value> = all.iter().map(document).collect();
        return out.document(&documents);
    }
    let mut table = Table::new(&["ID", "WHAT", "STATE", "BY", "LAPSES", "WHO MAY DECIDE"]);
    for one in all {
        let waits = one.state == ProposalState::Waiting;
        table.row(&[
            out.id(&one.id),
            what(one),
            one.state.word().to_owned(),
            one.by.clone(),
            if waits {
                dates::people_moment(one.expires)
            } else {
                String::new()
            },
            one.eligible.join(" "),
        ]);
    }
    out.table(&table, "There are no proposals you may see.");
    Ok(())
}

fn show(one: &Proposal, out: &mut Out) -> Result<(), CliError> {
    if out.json() {
        return out.document(&document(one));
    }
    out.heading(&what(one));
    out.gap();
    let mut facts = vec![
        ("Id", one.id.to_string()),
        ("State", one.state.word().to_owned()),
        (
            "Proposed",
            format!("by {}, {}", one.by, dates::people_moment(one.at)),
        ),
    ];
    if let About::Grant(grant) = &one.about {
        facts.extend(grant::facts(grant));
    }
    if let About::Move(said) = &one.about {
        let from = said
            .from
            .map_or_else(|| "no case".to_owned(), |case| case.to_string());
        facts.push((
            "Moves",
            format!("{} from {from} to {}", said.record, said.to),
        ));
        facts.push(("Because", said.reason.clone()));
    }
    if let About::Override(said) = &one.about {
        let filed = format!("one {} in case {}, by {}", said.kind, said.case, one.by);
        facts.push(("Files", filed));
        facts.push(("Because", said.reason.clone()));
    }
    if let About::Release(said) = &one.about {
        facts.push((
            "Releases",
            format!("version {} of record {}", said.version, said.record),
        ));
        facts.push(("To", said.to.name.clone()));
        facts.push(("Authority", said.to.authority.clone()));
        facts.push(("Because", said.reason.clone()));
    }
    if one.state == ProposalState::Waiting {
        facts.push(("Lapses", dates::people_moment(one.expires)));
        facts.push(("May decide", eligible(one)));
    }
    if let (Some(by), Some(at)) = (&one.decided_by, one.decided_at) {
        facts.push(("Decided", format!("by {by}, {}", dates::people_moment(at))));
    }
    if let Some(refusal) = &one.refusal {
        facts.push(("Refused", refusal.clone()));
    }
    if one.single {
        facts.push(("Alone", ALONE.to_owned()));
    }
    out.facts(&facts);
    Ok(())
}

/// What is said of an act one person did alone.
const ALONE: &str =
    "one person did this alone, because the vault allows it and nobody else was there";

/// What came of proposing or deciding.
pub(crate) fn done(one: &Proposal, out: &mut Out) -> Result<(), CliError> {
    if out.json() {
        return out.document(&document(one));
    }
    let id = one.id.to_string();
    let sentence = match one.state {
        ProposalState::Waiting => format!(
            "This needs a second person. It waits until {} as proposal {id}; who may approve it: {}.",
            dates::people_moment(one.expires),
            eligible(one)
        ),
        state => format!("Proposal {id} is {state}: {}.", what(one)),
    };
    out.done(Some(&id), &sentence);
    if !out.quiet() {
        out.verbatim(&format!("state: {}", one.state));
        if one.single {
            out.say(&format!("Marked: {ALONE}."));
        }
    }
    Ok(())
}

fn eligible(one: &Proposal) -> String {
    if one.eligible.is_empty() {
        "nobody here yet".to_owned()
    } else {
        one.eligible.join(", ")
    }
}

/// What is proposed, in a few words.
fn what(one: &Proposal) -> String {
    match &one.about {
        About::Grant(grant) => format!("access for {}", grant.to),
        About::Reissue(user) => format!("new keys for {user}"),
        About::Move(said) => format!("record {} into case {}", said.record, said.to),
        About::Override(said) => format!("one {} in case {}", said.kind, said.case),
        About::Release(said) => format!("release of record {}", said.record),
        About::TwoPerson(mode) => format!("two people: {mode}"),
    }
}

pub(crate) fn document(one: &Proposal) -> Value {
    let mut document = base(one);
    if let (About::Move(said), Some(fields)) = (&one.about, document.as_object_mut()) {
        fields.insert("record".to_owned(), json!(said.record));
        fields.insert("from".to_owned(), json!(said.from));
        fields.insert("to".to_owned(), json!(said.to));
        fields.insert("reason".to_owned(), json!(said.reason));
    }
    if let (About::Override(said), Some(fields)) = (&one.about, document.as_object_mut()) {
        fields.insert("case".to_owned(), json!(said.case));
        fields.insert("kind".to_owned(), json!(said.kind));
        fields.insert("reason".to_owned(), json!(said.reason));
    }
    document
}

fn base(one: &Proposal) -> Value {
    json!({
        "id": one.id,
        "act": one.act,
        "state": one.state.word(),
        "by": one.by,
        "eligible": one.eligible,
        "expires": one.expires.to_string(),
        "decided_by": one.decided_by,
        "decided_at": one.decided_at.map(|at| at.to_string()),
        "refusal": one.refusal,
        "single": one.single,
    })
}
