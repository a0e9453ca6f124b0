//! `strongroom case`: families' cases and who works on them.

use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::person;
use crate::cli::person::born_words;
use crate::cli::person::contact_words;
use crate::cli::person::part_words;
use crate::cli::resolve;
use crate::cli::session::with_desk;
use crate::cli::table::Table;
use crate::desk::Case;
use crate::desk::ConflictLine;
use crate::desk::Desk;
use crate::keeper::facts::Service;
use crate::records::dates;

/// Open, list and close cases; say who works on them
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Open(Open),
    /// List the cases you may see
    List,
    /// Show one case
    Show(Which),
    /// Close a case: it takes no new records
    Close(Which),
    /// Open a closed case again
    Reopen(Which),
    /// Put people on a case's team, or take them off
    Team(Team),
    Conflict(Conflict),
}

/// Open a case
///
/// The service type says how contact happens. It decides which kinds of record the case takes:
/// supported contact has no contact reports, for example.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom case open --title \"Okonkwo-Bell\" --service supervised")]
struct Open {
    /// What people call the case; only those on it can read this
    #[arg(long, value_name = "TEXT")]
    title: String,
    /// How contact happens
    #[arg(long, value_name = "TYPE", value_parser = PossibleValuesParser::new(Service::ALL.iter().map(|s| s.word()))
        .try_map(|word| Service::from_word(&word).ok_or("no such service type")))]
    service: Service,
}

#[derive(Debug, clap::Args)]
struct Which {
    /// The case's id
    case: String,
}

#[derive(Debug, clap::Args)]
struct Team {
    #[command(subcommand)]
    command: TeamCommand,
}

#[derive(Debug, clap::Subcommand)]
enum TeamCommand {
    /// Put someone on the team: from now on they see the case
    Add(Member),
    /// Take someone off the team: nothing of the case is shown to them any more
    Remove(Member),
}

#[derive(Debug, clap::Args)]
struct Member {
    /// The case's id
    case: String,
    /// Their handle or id
    user: String,
}

/// Write down that somebody knows a case's family, and keep them apart from it
///
/// From then on they are off the team, read nothing of the case, decide and handle nothing of it, and nothing of it can
/// be given to them; what they were given of it ends. You may say it of yourself where you are on the team; coordinators,
/// safeguarding leads and data protection leads of anybody. `case show` shows the register. People on file are kept by
/// those who keep them all the same.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom case conflict c_abcdefgh sam --reason \"Her sister teaches the elder child\"
  strongroom case conflict c_abcdefgh sam --end --reason \"The family has moved away\"")]
struct Conflict {
    /// The case's id
    case: String,
    /// Who knows the family, by handle or id
    user: String,
    /// They are kept apart no more; said by a coordinator or safeguarding lead, never by themselves
    #[arg(long)]
    end: bool,
    /// Why; only those who read the case can read this
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub(crate) fn run(args: Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| match args.command {
        Command::Open(args) => {
            let case = desk.open_case(&args.title, args.service)?;
            changed(&case, "is open", out)
        }
        Command::List => list(desk, out),
        Command::Show(which) => {
            let id = resolve::case(desk, ask, &which.case)?;
            let case = desk.case(&id)?;
            show(&case, out)
        }
        Command::Close(which) => {
            let id = resolve::case(desk, ask, &which.case)?;
            let case = desk.close_case(&id)?;
            changed(&case, "is closed and takes no new records", out)
        }
        Command::Reopen(which) => {
            let id = resolve::case(desk, ask, &which.case)?;
            let case = desk.reopen_case(&id)?;
            changed(&case, "is open again", out)
        }
        Command::Team(team) => {
            let (TeamCommand::Add(member) | TeamCommand::Remove(member)) = &team.command;
            let id = resolve::case(desk, ask, &member.case)?;
            let case = match &team.command {
                TeamCommand::Add(member) => desk.add_to_team(&id, &member.user)?,
                TeamCommand::Remove(member) => desk.remove_from_team(&id, &member.user)?,
            };
            changed(
                &case,
                &format!("has this team now: {}", team_words(&case)),
                out,
            )
        }
        Command::Conflict(said) => conflict(desk, ask, &said, out),
    })
}

fn conflict(desk: &mut Desk, ask: &Ask, said: &Conflict, out: &mut Out) -> Result<(), CliError> {
    let id = resolve::case(desk, ask, &said.case)?;
    let user = &said.user;
    if said.end {
        desk.end_conflict(&id, user, &said.reason)?;
    } else {
        desk.note_conflict(&id, user, &said.reason)?;
    }
    if out.json() {
        return out.document(&json!({"id": id, "user": user, "apart": !said.end}));
    }
    let says = if said.end {
        format!(
            "Nothing keeps {user} apart from case {id} any more. To put them on its team: strongroom case team add"
        )
    } else {
        format!("Written down: {user} knows this family and is kept apart from case {id}.")
    };
    out.done(Some(&id), &says);
    Ok(())
}

fn list(desk: &mut Desk, out: &mut Out) -> Result<(), CliError> {
    let cases = desk.cases()?;
    if out.json() {
        let documents: Vec<Value> = cases.iter().map(document).collect();
        return out.document(&documents);
    }
    let mut table = Table::new(&["ID", "TITLE", "SERVICE", "STATE", "TEAM"]);
    for case in &cases {
        table.row(&[
            out.id(&case.id),
            case.title
                .clone()
                .unwrap_or_else(|| "(not open to you)".to_owned()),
            case.service.word().to_owned(),
            case.state.word().to_owned(),
            team(case).join(" "),
        ]);
    }
    out.table(&table, "There are no cases you may see.");
    Ok(())
}

fn show(case: &Case, out: &mut Out) -> Result<(), CliError> {
    if out.json() {
        return out.document(&document(case));
    }
    alerts(case, out);
    out.heading(case.title.as_deref().unwrap_or("(title not open to you)"));
    out.gap();
    let mut facts = vec![
        ("Id", case.id.to_string()),
        ("Service", case.service.word().to_owned()),
        ("State", case.state.word().to_owned()),
        ("Team", team_words(case)),
        ("Opened", dates::people_moment(case.opened_at)),
    ];
    if let Some(closed) = case.closed_at {
        facts.push(("Closed", dates::people_moment(closed)));
    }
    if let Some(since) = case.rekey_pending {
        facts.push((
            "Key",
            format!("re-key pending since {}", dates::people_moment(since)),
        ));
    }
    if !case.unreported.is_empty() {
        let days = case.unreported.iter();
        let days =
            days.map(|day| dates::date(day).map_or_else(|_| day.clone(), dates::people_date));
        let days: Vec<String> = days.collect();
        facts.push(("No report of", days.join(", ")));
    }
    out.facts(&facts);
    conflicts(case, out);
    people(case, out);
    Ok(())
}

/// Who knows the family, and knew it before.
fn conflicts(case: &Case, out: &mut Out) {
    if case.conflicts.is_empty() {
        return;
    }
    out.gap();
    out.heading("Who knows the family");
    for one in &case.conflicts {
        let what = if one.ended { "no more" } else { "kept apart" };
        let why = one.why.as_deref().unwrap_or("(why is not open to you)");
        let at = dates::people_moment(one.at);
        let facts = [(
            one.user.as_str(),
            format!("{what} from {at}, by {}: {why}", one.by),
        )];
        out.facts(&facts);
    }
}

/// What whoever opens anything of a case has to know first.
fn alerts(case: &Case, out: &mut Out) {
    for one in &case.people {
        for alert in one.parts.get(&case.id).iter().flat_map(|part| &part.alerts) {
            out.say(&format!("ALERT: {}: {alert}", one.card.name));
            out.gap();
        }
    }
}

/// Who is part of a case.
fn people(case: &Case, out: &mut Out) {
    for one in &case.people {
        let card = &one.card;
        let mut facts = vec![("Id", one.id.to_string())];
        facts.extend(
            one.parts
                .get(&case.id)
                .map(|part| ("Part", part_words(part))),
        );
        facts.extend(card.born.iter().map(|born| ("Born", born_words(born))));
        facts.extend(
            card.contacts
                .iter()
                .map(|one| ("Contact", contact_words(one))),
        );
        if one.less {
            let says = "some is confidential here; see strongroom person show";
            facts.push(("Contact", says.to_owned()));
        }
        out.gap();
        out.heading(&card.name);
        out.facts(&facts);
    }
}

fn changed(case: &Case, what: &str, out: &mut Out) -> Result<(), CliError> {
    if out.json() {
        return out.document(&document(case));
    }
    let id = case.id.to_string();
    out.done(Some(&id), &format!("Case {id} {what}."));
    Ok(())
}

fn team_words(case: &Case) -> String {
    if case.team.is_empty() {
        "nobody".to_owned()
    } else {
        team(case).join(", ")
    }
}

/// The team's handles, in the order of the alphabet.
fn team(case: &Case) -> Vec<&str> {
    let mut team: Vec<&str> = case.team.iter().map(String::as_str).collect();
    team.sort_unstable();
    team
}

fn conflict_document(one: &ConflictLine) -> Value {
    json!({
        "user": one.user,
        "apart": !one.ended,
        "at": one.at.to_string(),
        "by": one.by,
        "why": one.why,
    })
}

fn document(case: &Case) -> Value {
    json!({
        "id": case.id,
        "title": case.title,
        "service": case.service.word(),
        "state": case.state.word(),
        "team": team(case),
        "opened_at": case.opened_at.to_string(),
        "closed_at": case.closed_at.map(|at| at.to_string()),
        "rekey_pending": case.rekey_pending.map(|at| at.to_string()),
        "sessions_without_report": case.unreported,
        "conflicts": case.conflicts.iter().map(conflict_document).collect::<Vec<Value>>(),
        "people": case.people.iter().map(person::document).collect::<Vec<Value>>(),
    })
}
