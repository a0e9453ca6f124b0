//! Whom a court's order names. Orders are copied by hand, and so is the name of whoever asks: letters, case and marks
//! are compared folded. A line such as `Hughes and Partners, for the mother` also names what stands before its first
//! comma; nothing less does, so that a surname alone, or one of two firms, is not enough.

use crate::records::fold::fold;

/// The line of these that names somebody, if one does.
pub fn names<'l>(lines: &'l [String], somebody: &str) -> Option<&'l str> {
    let sought = fold(somebody);
    if sought.is_empty() {
        return None;
    }
    let is = |text: &str| fold(text) == sought;
    let mut lines = lines.iter().map(String::as_str);
    lines.find(|line| is(line) || line.split_once(',').is_some_and(|(first, _)| is(first)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_named_is_found_however_it_is_typed() {
        let lines = [
            "The Family Court at Carmarthen",
            "Cafcass Cymru, Ms Lowri Vaughan",
            "Hughes and Partners, for the mother",
            "Siân Tŷ-Coch",
        ]
        .map(str::to_owned);
        for (typed, line) in [
            ("the family court at carmarthen", Some(0)),
            ("Cafcass Cymru", Some(1)),
            ("Cafcass Cymru, Ms Lowri Vaughan", Some(1)),
            ("cafcass cymru ms lowri vaughan", Some(1)),
            ("HUGHES AND PARTNERS", Some(2)),
            ("sian ty coch", Some(3)),
            // Not: one word of several, what stands behind the comma, nobody.
            ("Cafcass", None),
            ("Partners", None),
            ("for the mother", None),
            ("Ms Lowri Vaughan", None),
            ("Emeka Okonkwo", None),
            ("", None),
            (" , ", None),
        ] {
            let expected = line.and_then(|at: usize| lines.get(at)).map(String::as_str);
            assert_eq!(names(&lines, typed), expected, "{typed}");
        }
        assert_eq!(names(&[], "Cafcass"), None);
        assert_eq!(names(&[String::new(), ", ".to_owned()], ","), None);
    }
}
