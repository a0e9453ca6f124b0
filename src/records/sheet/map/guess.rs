//! A first map for a sheet: columns that are called like a field fill it in, and what is left over stands beside it to
//! be looked at.

use crate::records::field::Field;
use crate::records::kind::Kind;
use crate::records::sheet::Sheet;
use crate::records::sheet::map::FORMAT;

/// A map to begin with, as text.
pub fn guess(kind: &Kind, sheet: &Sheet) -> String {
    let mut used = Vec::new();
    let (mut found, mut left) = (String::new(), String::new());
    for leaf in leaves(&kind.fields, "", true) {
        let at = column_for(sheet, &leaf).filter(|at| !used.contains(at));
        let path = &leaf.path;
        let key = if path.contains('.') {
            format!("{path:?}")
        } else {
            path.clone()
        };
        if let Some(column) = at.and_then(|at| sheet.columns.get(at)) {
            used.extend(at);
            line(&mut found, &format!("{key} = {column:?}"), &leaf);
        } else {
            let to = if leaf.needed { &mut found } else { &mut left };
            line(to, &format!("# {key} = \"\""), &leaf);
        }
    }
    let others = sheet
        .columns
        .iter()
        .enumerate()
        .filter(|(at, name)| !used.contains(at) && !name.is_empty());
    let others: Vec<String> = others.map(|(_, name)| format!("{name:?}")).collect();
    let mut text = format!(
        "# What the columns of the sheet mean. Look through it, then try it: import --csv F --kind {} --map M --dry-run\n\
         format = {FORMAT}\nkind = {:?}\ndates = \"day-first\"\n\
         # key = [\"..\"]            the columns that tell rows apart; the whole row where it is not said\n\
         # case = \"..\"             the column with the case's title or id\n\
         # attach = \"..\"           the column that names a file beside the sheet\n",
        kind.name, kind.name
    );
    if !others.is_empty() {
        text.push_str("# Columns that nothing here uses: ");
        text.push_str(&others.join(", "));
        text.push('\n');
    }
    text.push_str("\n[fields]\n");
    text.push_str(&found);
    if !left.is_empty() {
        text.push_str("\n# Fields that may stay empty\n");
        text.push_str(&left);
    }
    text
}

/// A field's line, with what belongs in it behind.
fn line(text: &mut String, says: &str, field: &Leaf<'_>) {
    let need = if field.needed { "needed. " } else { "" };
    let line = format!("{says:<40} # {need}{}\n", field.field.hint);
    text.push_str(&line);
}

/// A field that holds a value.
struct Leaf<'k> {
    path: String,
    field: &'k Field,
    /// Whether every form has it: not one of a group that may be left out.
    needed: bool,
}

fn leaves<'k>(fields: &'k [Field], before: &str, needed: bool) -> Vec<Leaf<'k>> {
    let mut all = Vec::new();
    for field in fields {
        let path = if before.is_empty() {
            field.name.clone()
        } else {
            format!("{before}.{}", field.name)
        };
        let needed = needed && field.required;
        if field.nested() {
            all.extend(leaves(&field.fields, &path, needed));
        } else {
            all.push(Leaf {
                path,
                field,
                needed,
            });
        }
    }
    all
}

fn column_for(sheet: &Sheet, leaf: &Leaf<'_>) -> Option<usize> {
    let name = leaf.path.rsplit('.').next().unwrap_or(&leaf.path);
    let spaced = name.replace('_', " ");
    let called = [&leaf.path, name, &spaced, &leaf.field.label];
    called.into_iter().find_map(|name| sheet.column(name))
}
