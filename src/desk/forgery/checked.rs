//! That something was looked over, where nobody entitled has signed it.

use crate::desk::Desk;
use crate::desk::forgery::grants::claimed;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::about_record;
use crate::desk::forgery::kit::record_in;
use crate::desk::forgery::kit::sign_in;
use crate::keeper::facts::RecordState;
use crate::keeper::message::load::CheckStatement;
use crate::keeper::message::load::Verdict;
use crate::sealing::StatementKind;

fn signed(desk: &Desk<'_>, said: &CheckStatement) -> String {
    let bytes = desk.says(StatementKind::Approve, said).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn nothing_is_checked_because_the_keeper_says_so() {
    let centre = Centre::new();
    let record = centre.records[2].to_string();
    let mut ada = sign_in(&centre.keeper, "ada");
    let vera = sign_in(&centre.keeper, "vera");
    let mut sam = claimed(&centre.keeper, "sam");
    sam.check(&record).unwrap();
    let answer = centre.overhear(|| drop(ada.record(&record, None, None, 80)));
    let truth = record_in(&answer);
    let said = CheckStatement {
        record: truth.facts.id,
        version: 1,
        manifest: truth.versions[0].manifest.clone(),
        verdict: Verdict::Checked,
    };
    let other = |change: fn(&mut CheckStatement)| {
        let mut said = said.clone();
        change(&mut said);
        said
    };
    let lies = [
        ("by nobody", String::new()),
        ("by its author", signed(&ada, &said)),
        ("by a volunteer", signed(&vera, &said)),
        (
            "of another version",
            signed(&sam, &other(|said| said.version = 2)),
        ),
        (
            "as returned",
            signed(&sam, &other(|said| said.verdict = Verdict::Returned)),
        ),
        (
            "of other words",
            signed(&sam, &other(|said| said.manifest = "0".repeat(64))),
        ),
    ];
    for (what, lie) in lies {
        let told = about_record(move |record| {
            record.said.check = Some(lie.clone()).filter(|lie| !lie.is_empty());
        });
        let says = centre.not_taken_in(what, told, || ada.record(&record, None, None, 80));
        assert!(
            says.contains("nobody entitled has signed"),
            "{what}: {says}"
        );
    }
    // What waits is not believed to be checked either.
    let waiting = centre.records[1].to_string();
    let told = about_record(|record| record.facts.state = RecordState::Checked);
    centre.not_taken_in("state", told, || ada.record(&waiting, None, None, 80));
    // The control: the truth, and the same said anew by him.
    let again = signed(&sam, &said);
    let told = about_record(move |record| record.said.check = Some(again.clone()));
    centre.keeper.tell(Some(told));
    let shown = ada.record(&record, None, None, 80).unwrap();
    assert_eq!(shown.check.unwrap().by.as_deref(), Some("sam"));
    centre.keeper.tell(None);
}

#[test]
fn what_is_wrong_with_a_report_is_the_author_s_to_read_and_not_the_keeper_s() {
    let centre = Centre::new();
    let record = centre.records[2].to_string();
    let canary = "kanarienvogel im bericht";
    claimed(&centre.keeper, "sam")
        .return_record(&record, canary)
        .unwrap();
    let mut ada = sign_in(&centre.keeper, "ada");
    let shown = ada.record(&record, None, None, 80).unwrap();
    assert_eq!(shown.check.unwrap().note.as_deref(), Some(canary));
    let (rows, _) = centre.keeper.opened_rows();
    let has = |words: &str| {
        let mut rows = rows.iter();
        rows.any(|(_, row)| String::from_utf8_lossy(row).contains(words))
    };
    assert!(!has("kanarienvogel"), "the keeper could read it");
    // The control: what the entry says is found.
    assert!(has("to be corrected"));
}
