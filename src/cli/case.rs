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
    })
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
    people(case, out);
    Ok(())
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
        "people": case.people.iter().map(person::document).collect::<Vec<Value>>(),
    })
}
