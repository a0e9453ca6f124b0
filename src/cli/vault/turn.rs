//! `strongroom vault turn`: the next generation of the vault's keys.

use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::session::with_line;
use crate::desk::DeskError;
use crate::keeper::facts::Certificate;
use crate::keeper::turn::Turned;
use crate::records::dates;

/// Change the vault's key, so that what has ended is gone for good
///
/// Until then, whoever has the keys' folder and an old copy of the vault could still open what has ended: a
/// revoked access, the key of somebody who left. Afterwards nobody can, and backups made before open no more:
/// make a new one. It happens by itself, a week after the last time if anything has ended since, and a day
/// after it if somebody has lost a key. Needs nobody signed in.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example, in a timer:
  strongroom --vault /srv/centre vault turn")]
pub(crate) struct Args {}

pub(super) fn run(ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_line(ask, out, |line, out| {
        let turned = line.turn().map_err(DeskError::from)?;
        if out.json() {
            return out.document(&document(&turned));
        }
        if let Some(certificate) = &turned.certificate
            && !certificate.outstanding.is_empty()
        {
            out.warning(&format!(
                "a share of the old key is outstanding at {}",
                certificate.outstanding.join(", ")
            ));
        }
        if !out.quiet() || turned.certificate.is_none() {
            page(&turned, out);
        }
        Ok(())
    })
}

fn document(turned: &Turned) -> serde_json::Value {
    let certificate = turned.certificate.as_ref().map(|certificate| {
        json!({
            "at": certificate.at.to_string(),
            "generation": certificate.generation,
            "key": certificate.key,
            "promise": certificate.promise,
            "confirmed": certificate.confirmed,
            "outstanding": certificate.outstanding,
            "backups": certificate.backups,
            "final": certificate.is_final(),
            "still_kept": !certificate.waiting.is_empty(),
        })
    });
    json!({
        "generation": turned.to,
        "state": if turned.certificate.is_some() { "done" } else { "pending" },
        "waits_for": turned.waits_for,
        "certificate": certificate,
    })
}

fn page(turned: &Turned, out: &mut Out) {
    let Some(certificate) = &turned.certificate else {
        out.heading("The turn is not finished: destruction is pending");
        out.gap();
        out.say(turned.waits_for.as_deref().unwrap_or_default());
        out.gap();
        out.say(
            "It goes on by itself at every start and every hour; nothing has to be done twice.",
        );
        return;
    };
    out.heading(&format!(
        "The vault has turned: generation {} is over",
        certificate.generation
    ));
    out.gap();
    out.facts(&facts(certificate));
    out.gap();
    out.say(&format!(
        "What had ended opens no more, for anybody, with any copy of the vault that was made before. {}",
        if certificate.backups.is_empty() {
            "Backups made before open no more either: make one now (strongroom backup to DIR)."
        } else {
            "Backups made before open no more either."
        }
    ));
    if !certificate.waiting.is_empty() {
        out.gap();
        out.say(
            "Some keys that were replaced are still kept until a colleague has opened the new ones, 14 days at \
             most. Of these nothing is final yet.",
        );
    }
}

fn facts(certificate: &Certificate) -> Vec<(&'static str, String)> {
    let list = |names: &[String], none: &str| {
        if names.is_empty() {
            none.to_owned()
        } else {
            names.join(", ")
        }
    };
    let escrow = certificate.confirmed.is_empty() && certificate.outstanding.is_empty();
    let confirmed = if escrow {
        "no escrow existed"
    } else {
        "nowhere yet"
    };
    let outstanding = if certificate.outstanding.is_empty() {
        "none".to_owned()
    } else if certificate.is_final() {
        format!(
            "{} (one share, which opens nothing alone)",
            certificate.outstanding.join(", ")
        )
    } else {
        format!(
            "{} (together these could bring the old key back: find and destroy them)",
            certificate.outstanding.join(", ")
        )
    };
    vec![
        ("When", dates::people_moment(certificate.at)),
        ("The old key", certificate.promise.clone()),
        (
            "Its shares are gone from",
            list(&certificate.confirmed, confirmed),
        ),
        ("Outstanding", outstanding),
        (
            "Backups of the new generation",
            list(&certificate.backups, "no backup place was named"),
        ),
    ]
}
