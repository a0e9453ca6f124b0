//! What nobody should have to type or to hand in: names that turn the line round or go on for ever, through every
//! command that shows them; files of kinds, maps and sheets with bytes changed.

use std::fs;

use proptest::prelude::*;
use strongroom::records::Kind;
use strongroom::records::Kinds;
use strongroom::records::asking;
use strongroom::records::asking::Answers;
use strongroom::records::asking::Ended;
use strongroom::records::sheet::Sheet;
use strongroom::records::sheet::map::Map;
use strongroom::records::sheet::pattern::Pattern;

use crate::cli_centre::Centre;
use crate::cli_run::Said;

/// Right to left and never back; letters under marks; nothing that can be seen; a script of its own; very long.
fn names() -> [String; 5] {
    [
        "\u{202e}Ada\u{2066} Bell\u{200f}".to_owned(),
        "e\u{301}\u{308}\u{323}\u{301}\u{301}Z\u{335}\u{321}algo".to_owned(),
        "\u{200b}\u{2060}A\u{ad}\u{feff}da\u{200d}".to_owned(),
        "Ğülşen 王思琪 ਹਰਪ੍ਰੀਤ ليلى 👩\u{200d}👧 İıß".to_owned(),
        "Ottilie ".repeat(62).trim().to_owned(),
    ]
}

/// Nothing in what was said could move a cursor, or be a mistake of ours.
fn fine(said: &Said) {
    assert!([0, 1].contains(&said.code), "{said:?}");
    for text in [&said.stdout, &said.stderr] {
        let control = text.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(control, None, "{}: {text}", said.line);
        assert!(
            !text.contains("panicked") && !text.contains("bug"),
            "{}: {text}",
            said.line
        );
    }
}

fn quoted(text: &str) -> String {
    format!("'{text}'")
}

fn id(said: &Said) -> String {
    said.json()["id"].as_str().unwrap().to_owned()
}

fn run(centre: &Centre, line: &str) -> Said {
    let said = centre.run("moira", line);
    fine(&said);
    said
}

/// Of a name: somebody on file, a case, a record, a file beside it, and what shows each alone; the ids of the three.
fn made(centre: &Centre, at: usize, name: &str) -> [String; 3] {
    let name_ = quoted(name);
    let add = format!("person add --name {name_} --romanised {name_} --former {name_}");
    let person = id(&run(centre, &format!("--json {add}")));
    // A title has a limit of its own, and says so.
    let title = quoted(&name.chars().take(150).collect::<String>());
    let open = format!("--json case open --service supervised --title {title}");
    let case = id(&run(centre, &open));
    let link = format!("person link {person} {case} --role child --alert {name_}");
    run(centre, &link);
    let mut form = centre.json("moira", "kind template correspondence --json");
    hostile(&mut form, name);
    centre.place.write("form.json", form.to_string());
    let file = format!("letter-{at}.txt");
    centre.place.write(&file, name.as_bytes());
    let add = format!("--json record add --case {case} --kind correspondence --from form.json");
    let add = format!("{add} --attach {file} --subject {person}=child");
    let record = id(&run(centre, &add));
    for line in [
        format!("record show {record}"),
        format!("record amend {record} --from form.json --reason {name_}"),
        format!("record print {record} --pdf {at}.pdf --centre {name_} --purpose {name_}"),
        format!("record release {record} --to {name_} --authority {name_} --pdf {at}-out.pdf"),
        format!("person show {person}"),
        format!("find {name_} --text"),
    ] {
        run(centre, &line);
    }
    [record, case, person]
}

#[test]
fn hostile_names_go_through_every_command() {
    let centre = Centre::new();
    let mut last = Default::default();
    for (at, name) in names().iter().enumerate() {
        last = made(&centre, at, name);
    }
    let [record, case, person] = last;
    for line in [
        format!("record looked {record}"),
        format!("record history {record}"),
        format!("record export {record} --age out.age"),
        format!("case show {case}"),
        format!("person looked {person}"),
        "record list".to_owned(),
        "case list".to_owned(),
        "person list".to_owned(),
        "due".to_owned(),
        "calendar --out due.ics".to_owned(),
        "audit show".to_owned(),
    ] {
        run(&centre, &line);
    }
    let calendar = fs::read_to_string(centre.place.path("due.ics")).unwrap();
    assert!(!names().iter().any(|name| calendar.contains(name.as_str())));
    let verified = centre.anybody("audit verify");
    assert_eq!(verified.code, 0, "{verified:?}");
}

/// Puts a text in the place of every free text of a form.
fn hostile(form: &mut serde_json::Value, text: &str) {
    let kind = Kinds::builtin().find("correspondence").unwrap();
    for field in kind
        .fields
        .iter()
        .filter(|field| field.free_text() && !field.list)
    {
        if let Some(value) = form.get_mut(&field.name) {
            *value = text.into();
        }
    }
}

/// Answers nothing sensible, for as long as it is asked to.
struct Nonsense(u32);

impl Answers for Nonsense {
    fn tell(&mut self, _: &str) {}

    fn answer(&mut self, _: &str) -> Result<String, Ended> {
        self.0 = self.0.checked_sub(1).ok_or(Ended)?;
        Ok(["", "?", "y", "1", "\u{202e}", "2026-02-30"][self.0 as usize % 6].to_owned())
    }
}

/// A text with a few changes: bytes cut out, words put in, lines twice.
fn changed(text: &str, changes: &[(prop::sample::Index, u8, usize)]) -> String {
    const WORDS: [&str; 12] = [
        "\"",
        "[[fields]]\n",
        "required = true\n",
        "\u{202e}",
        "= 99999999999999999999\n",
        "type = \"group\"\n",
        "\n",
        "[",
        "{name}",
        "list = true\n",
        "min_items = 4294967295\n",
        "fields = []\n",
    ];
    let mut text = text.to_owned();
    for (at, how, length) in changes {
        let mut at = at.index(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let mut end = (at + length).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        match usize::from(*how) {
            0..=1 => text.replace_range(at..end.max(at), ""),
            2 => {
                let twice = text[at..end.max(at)].to_owned();
                text.insert_str(at, &twice);
            }
            word => text.insert_str(at, WORDS[word % WORDS.len()]),
        }
    }
    text
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8, usize)>> {
    let one = (any::<prop::sample::Index>(), 0_u8..20, 0_usize..60);
    proptest::collection::vec(one, 1..6)
}

const SHEET: &str = "Date;Start;Child;Notes\n4/11/2026;2pm;Ada, Ben;\"They \"\"played\"\"\nand ate.\"\n5/11/2026;14:30;Cai;\n";

const MAP: &str = r#"
format = 1
kind = "attendance"
key = ["Date", "Child"]

[fields]
session_date = "Date"
planned_start = "Start"
"people.name" = { column = "Child", split = "," }
took_place = { always = true }
session_type = { column = "Notes", choices = { "They" = "supported" }, otherwise = "supported" }
"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// What reads a kind's file says what is wrong, or gives a kind that everything can be done with.
    #[test]
    fn a_changed_kind_is_refused_or_works(which in any::<prop::sample::Index>(), changes in changes()) {
        let files = crate::common::files_under("src/records/kinds");
        let file = &files[which.index(files.len())];
        let text = fs::read_to_string(file).unwrap();
        if let Ok(kind) = Kind::parse(&changed(&text, &changes)) {
            let example = kind.template_json();
            drop(kind.template_toml());
            if let Ok(form) = kind.check(&example) {
                drop(kind.render(&form, 40));
                drop((kind.card(&form), kind.facts(&form, None)));
            }
            drop(asking::ask(&kind, &mut Nonsense(300)));
            drop(kind.to_json());
        }
    }

    /// A sheet, a map and a pattern alike.
    #[test]
    fn a_changed_sheet_is_refused_or_read(changes in changes(), of_map in changes()) {
        let sheet = Sheet::read(changed(SHEET, &changes).as_bytes(), None);
        let map = Map::parse(&changed(MAP, &of_map));
        drop(Pattern::parse(&changed("{case}/{date}-{title}.pdf", &of_map)).map(|pattern| pattern.read("a/b-c.pdf")));
        if let (Ok(sheet), Ok(map)) = (sheet, map) {
            let kind = Kinds::builtin().find("attendance").unwrap();
            if let Ok(fitted) = map.fit(kind, &sheet) {
                drop(fitted.entries());
            }
        }
    }
}
