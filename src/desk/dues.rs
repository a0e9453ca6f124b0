//! What is to be done by when, and who is out alone: the keeper's word, from facts. No title or name is in it.

use crate::clock::Timestamp;
use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::named::handle_of;
use crate::desk::reading::parse_case;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Served;
use crate::keeper::message::due::Due;
use crate::keeper::message::due::Outing;
use crate::keeper::message::load::Load;
use crate::records::words::Nation;

impl Desk<'_> {
    /// What is due for this person, the longest due first; working days are those of a nation.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn due(&mut self, nation: Nation) -> Result<Vec<Due>, DeskError> {
        let want = Want::ListDue { nation };
        let (served, _) = self.ask(want, Load::Nothing {}, Because::default())?;
        match served {
            Served::Due(all) => Ok(all),
            _ => Err(link::unexpected()),
        }
    }

    /// Says that this person is out alone for a case, and until when.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn start_check_in(&mut self, case: &str, until: Timestamp) -> Result<(), DeskError> {
        let case = parse_case(case);
        let want = Want::StartCheckIn { case, until };
        self.ask(want, Load::Nothing {}, Because::default())?;
        Ok(())
    }

    /// Says that this person is back.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn end_check_in(&mut self) -> Result<(), DeskError> {
        self.ask(Want::EndCheckIn {}, Load::Nothing {}, Because::default())?;
        Ok(())
    }

    /// Who is out alone, with their handles: everybody for coordinators and safeguarding leads, for others
    /// themselves.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn check_ins(&mut self) -> Result<Vec<(String, Outing)>, DeskError> {
        let (keys, _) = self.keys(None)?;
        let (served, _) = self.ask(Want::ListCheckIns {}, Load::Nothing {}, Because::default())?;
        let Served::Out(all) = served else {
            return Err(link::unexpected());
        };
        let named = |one: Outing| (handle_of(&keys, one.who), one);
        Ok(all.into_iter().map(named).collect())
    }

    /// How many had not come back in time when this person signed in, where they are told.
    pub fn missed_at_sign_in(&self) -> u32 {
        self.missed
    }

    /// A name of something due that stays the same while the due thing is the same, for calendars: of this vault,
    /// and telling nothing.
    pub fn due_name(&self, due: &Due) -> String {
        let said = format!(
            "strongroom due {} {} {:?} {:?} {:?} {}",
            self.vault, due.what, due.record, due.case, due.proposal, due.due
        );
        let digest = crate::sealing::Digest::of(said.as_bytes()).hex();
        digest.get(..32).unwrap_or_default().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Filing;
    use crate::desk::NewUser;
    use crate::desk::forgery::kit::Centre;
    use crate::desk::forgery::kit::filing;
    use crate::desk::forgery::kit::passphrase;
    use crate::desk::forgery::kit::sign_in;
    use crate::keeper::facts::Role;
    use crate::keeper::facts::Service;
    use crate::records::Kinds;

    fn session(case: &str, day: &str) -> Filing {
        let mut form = Kinds::builtin().find("complaint").unwrap().template_json();
        for field in ["acknowledged", "outcome", "resolved", "closed", "notes"] {
            form.as_object_mut().unwrap().remove(field);
        }
        form["received"] = day.into();
        Filing {
            case: Some(case.to_owned()),
            kind: "complaint".to_owned(),
            form,
            attachments: Vec::new(),
            about: Vec::new(),
            deciders: Vec::new(),
        }
    }

    fn reports(desk: &mut Desk<'_>) -> Vec<(String, String)> {
        let all = desk.due(Nation::EnglandAndWales).unwrap();
        let reports = all.into_iter().filter(|one| one.what == "report");
        reports
            .map(|one| (one.case.unwrap().to_string(), one.due))
            .collect()
    }

    /// No kind of the program tells of sessions yet, so a complaint does here.
    #[test]
    fn a_session_without_a_report_is_due_where_the_service_wants_one() {
        let centre = Centre::new();
        let changed = centre.keeper.run(|vault| {
            vault.rules.change("complaint", |rule| {
                rule.wants_report = Some("contact-report".to_owned());
            });
        });
        changed.unwrap();
        let mut ada = sign_in(&centre.keeper, "ada");
        let [first, _] = centre.cases.map(|case| case.to_string());
        // Somebody else to read what is about ada.
        let cora = NewUser {
            handle: "cora".to_owned(),
            name: None,
            role: Role::Coordinator,
            reports_to: None,
        };
        ada.add_user(&cora, &passphrase("cora")).unwrap();
        let handover = ada.open_case("handed over", Service::Handover).unwrap().id;
        ada.file(&session(&first, "2026-11-02")).unwrap();
        ada.file(&session(&first, "2026-11-02")).unwrap();
        ada.file(&session(&handover.to_string(), "2026-11-02"))
            .unwrap();
        let mut about_ada = session(&first, "2026-11-05");
        about_ada.about = vec!["ada".to_owned()];
        sign_in(&centre.keeper, "sam").file(&about_ada).unwrap();
        // Once for the day, five working days later; nothing of what does not exist for her.
        assert_eq!(
            reports(&mut ada),
            [(first.clone(), "2026-11-09".to_owned())]
        );
        assert_eq!(ada.case(&first).unwrap().unreported, ["2026-11-02"]);
        // He filed none he may list but his own: only that session is his to know of.
        let mut sam = sign_in(&centre.keeper, "sam");
        assert_eq!(
            reports(&mut sam),
            [(first.clone(), "2026-11-12".to_owned())]
        );
        let mut report = filing(centre.cases[0]);
        report.attachments = Vec::new();
        report.form["session_date"] = "2026-11-02".into();
        sam.file(&report).unwrap();
        assert_eq!(reports(&mut ada), []);
    }
}
