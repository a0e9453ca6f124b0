//! Who looked, as a list.

use serde_json::Value;
use serde_json::json;

use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::table::Table;
use crate::desk::LookLine;
use crate::keeper::facts::Role;
use crate::records::dates;

/// Prints who looked.
///
/// # Errors
/// A bug, when the list has no JSON form.
pub(crate) fn print(looks: &[LookLine], out: &mut Out) -> Result<(), CliError> {
    if out.json() {
        let documents: Vec<Value> = looks.iter().map(document).collect();
        return out.document(&documents);
    }
    let mut table = Table::new(&["WHEN", "WHO", "AS", "WHAT", "RECORD", "WHY"]);
    for look in looks {
        let role = look.role.map(|role| role.word().to_owned());
        table.row(&[
            dates::people_moment(look.time),
            look.who.clone().unwrap_or_default(),
            role.unwrap_or_else(|| "(unknown)".to_owned()),
            look.act.map_or("", |act| act.row().says).to_owned(),
            look.record
                .map(|record| out.id(&record))
                .unwrap_or_default(),
            look.purpose.clone().unwrap_or_default(),
        ]);
    }
    out.table(&table, "Nobody has looked, as far as you may know.");
    Ok(())
}

fn document(look: &LookLine) -> Value {
    json!({
        "index": look.index,
        "time": look.time.to_string(),
        "act": look.act.map(|act| act.row().word),
        "record": look.record,
        "role": look.role.map(Role::word),
        "who": look.who,
        "purpose": look.purpose,
    })
}
