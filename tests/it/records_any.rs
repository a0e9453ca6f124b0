//! Forms of any content: arbitrary JSON, any printable text, every terminal width.

use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;
use strongroom::records::Form;
use strongroom::records::Kinds;
use strongroom::records::input;
use strongroom::records::words::Sort;

use crate::records::lab;

/// A printable character, awkward ones often.
fn printable() -> impl Strategy<Value = char> {
    let awkward = "é\u{301}\u{308}ŷÏıßłأ\u{200f}ياس王思琪한글👨\u{200d}👩\u{200d}👧\u{202e}\u{2066}\u{ad}\u{feff}\u{200b}\"\\{}[],.:'#=<>&%`$ \u{a0}\u{3000}𝒳\u{e000}\u{10fffd}";
    let awkward: Vec<char> = awkward.chars().collect();
    prop_oneof![
        2 => proptest::sample::select(awkward),
        2 => any::<char>().prop_filter("printable", |c| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}')),
        1 => proptest::char::range(' ', '~'),
    ]
}

fn line() -> impl Strategy<Value = String> {
    proptest::collection::vec(printable(), 1..60)
        .prop_map(|chars| chars.into_iter().collect::<String>())
        .prop_filter("not blank", |text: &String| !text.trim().is_empty())
}

fn prose() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        line(),
        Just("\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("\t".to_owned())
    ];
    proptest::collection::vec(piece, 1..12)
        .prop_map(|pieces| pieces.concat())
        .prop_filter("not blank", |text: &String| !text.trim().is_empty())
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(json!("2026-02-30")),
        Just(json!("red")),
    ];
    let names = prop_oneof![
        "[a-z_]{1,12}",
        proptest::sample::select(vec![
            "quotes",
            "words",
            "line",
            "day",
            "names",
            "colours",
            "quotes_day",
            "moment",
            "narrative",
            "children",
            "attendees"
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(5, 60, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(names.clone(), inner, 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_json_never_panics(value in any_json(), width in 0usize..300) {
        let kinds = Kinds::builtin();
        for kind in kinds.iter().chain([&lab()]) {
            if let Err(problems) = kind.check(&value) {
                prop_assert!(problems.count() > 0);
                drop(problems.to_string());
            }
            if let Ok(form) = Form::from_stored(&kind.name, 1, value.clone()) {
                drop((kind.render(&form, width), kind.card(&form), kind.facts(&form, None)));
                prop_assert_eq!(form.to_json(), value.clone());
            }
        }
    }

    #[test]
    fn any_printable_text_is_kept_byte_for_byte(one in line(), long in prose(), pick in 0usize..1000) {
        for kind in Kinds::builtin().iter() {
            let mut template = kind.template_json();
            // What the example leaves out may not be given beside the rest of it.
            let free = kind.fields.iter().filter(|field| field.free_text() && !field.list);
            let free: Vec<_> = free.filter(|field| template.get(&field.name).is_some()).collect();
            let field = free[pick % free.len()];
            let text = match field.sort {
                Sort::LongText => &long,
                _ => &one,
            };
            template[&field.name] = json!(text);
            let bytes = serde_json::to_vec(&template).unwrap();
            let read = input::parse(&bytes, Some("form.json")).unwrap();
            let form = kind.check(&read).unwrap();
            prop_assert_eq!(form.texts(&field.name), [text.as_str()]);
            let stored = Form::from_stored(form.kind(), form.kind_version(), form.to_json()).unwrap();
            prop_assert_eq!(&stored, &form);
            prop_assert!(!kind.card(&form).title.is_empty());
        }
    }

    #[test]
    fn pages_keep_to_their_width(one in line(), long in prose(), width in 20usize..=200) {
        let kind = Kinds::builtin().find("contact-report").unwrap();
        let mut template = kind.template_json();
        template["venue"] = json!(one);
        template["brought_by"] = json!(one);
        template["narrative"] = json!(long);
        template["order_recipients"] = json!([one, one]);
        template["attendees"][0]["remark"] = json!(one);
        template["incidents"][0]["what"] = json!(long);
        template["quotes"] = json!([{"speaker": one, "words": long, "verbatim": true}]);
        let form = kind.check(&template).unwrap();
        for text in [kind.render(&form, width), kind.describe(width)] {
            for line in text.lines() {
                prop_assert!(textwrap::core::display_width(line) <= width, "{width}: {line:?}");
                let unruly = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
                prop_assert!(!line.chars().any(unruly), "{line:?}");
            }
        }
    }
}
