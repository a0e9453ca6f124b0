//! A contact report of 2 KB, invented, to file many times.

use serde_json::Value;
use strongroom::desk::Filing;
use strongroom::records::Kinds;

/// Bytes of a form as JSON.
pub(crate) const FORM_BYTES: usize = 2048;
/// What the kind's example says at length and nothing asks for.
const LEFT_OUT: [&str; 9] = [
    "timeline",
    "incidents",
    "practical",
    "care",
    "boundaries",
    "health",
    "quotes",
    "play",
    "affection",
];

/// The kind's invented example, without some of what is optional, and with as long a narrative as fills it up.
pub(crate) fn form() -> Value {
    let mut form = Kinds::builtin()
        .find("contact-report")
        .unwrap()
        .template_json();
    let fields = form.as_object_mut().unwrap();
    fields.retain(|name, _| !LEFT_OUT.contains(&name.as_str()));
    let short = FORM_BYTES.checked_sub(form.to_string().len()).unwrap();
    let narrative = form["narrative"].as_str().unwrap();
    let narrative = format!("{narrative}{}", "x".repeat(short));
    form["narrative"] = narrative.into();
    assert_eq!(form.to_string().len(), FORM_BYTES);
    form
}

/// It, ready to be filed.
pub(crate) fn filing(case: &str) -> Filing {
    Filing {
        case: Some(case.to_owned()),
        kind: "contact-report".to_owned(),
        form: form(),
        attachments: Vec::new(),
        about: Vec::new(),
        deciders: Vec::new(),
    }
}
