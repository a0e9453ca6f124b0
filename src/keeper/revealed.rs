//! The list of those to whom a record was revealed, for kinds that keep one: in the record's history, so that
//! it is still there when the record itself has been destroyed.

use crate::ids::RecordId;
use crate::keeper::entry::HistoryRow;
use crate::keeper::facts::Other;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::RevealedFacts;
use crate::keeper::request::Request;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::store::Tree;

impl Vault {
    /// Adds a showing to the record's list, where its kind keeps one. The entry is the frame's next.
    pub(crate) fn list_revealed(
        &mut self,
        request: &Request,
        facts: &RecordFacts,
        (version, part): (u32, Option<u32>),
    ) -> Result<(), Broken> {
        if !self.rules.of(&facts.kind).revealed_to {
            return Ok(());
        }
        let (history, _) = self.history(facts.id)?.ok_or(Broken::NoUnit)?;
        let revealed = RevealedFacts {
            to: request.asker.id,
            at: self.now(),
            entry: self.next_index(),
            version,
            part,
            purpose: request.asked.purpose.clone(),
            other: Other::new(),
        };
        let unit = units::history(facts.id);
        let at = history.revealed.to_be_bytes();
        self.write(&unit, Tree::Revealed, &at, &revealed)?;
        let history = HistoryRow {
            revealed: history.revealed.saturating_add(1),
            ..history
        };
        self.write(&unit, Tree::History, &[], &history)
    }

    /// A record's list, oldest first.
    pub(crate) fn revealed(&self, record: RecordId) -> Result<Vec<RevealedFacts>, Broken> {
        let Some((history, _)) = self.history(record)? else {
            return Ok(Vec::new());
        };
        let unit = units::history(record);
        let mut list = Vec::new();
        for at in 0..history.revealed {
            list.extend(self.read(&unit, Tree::Revealed, &at.to_be_bytes())?);
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Desk;
    use crate::desk::Filing;
    use crate::desk::Init;
    use crate::keeper::Keeper;
    use crate::keeper::Paths;
    use crate::records::Kinds;
    use crate::sealing::Passphrase;

    /// What a certificate said is destroyed six months after the decision; the list of those who saw it is not.
    #[test]
    fn the_list_outlives_the_record() {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths {
            dir: dir.path().join("vault"),
            keys: dir.path().join("keys"),
        };
        let words = || Passphrase::new("test only: the words of ada".to_owned());
        let init = Init {
            centre: "invented".to_owned(),
            nation: crate::records::words::Nation::EnglandAndWales,
            admin: "ada".to_owned(),
            admin_name: None,
            passphrase: words(),
            trustees: Vec::new(),
            two_person_single: false,
            demo: false,
            clock: Box::new(crate::clock::SystemClock),
        };
        crate::desk::create(&paths, &init).unwrap();
        let keeper = Keeper::open(&paths, &[]).unwrap();
        let mut ada = Desk::sign_in(&keeper, "ada", &words(), None).unwrap();
        let filing = Filing {
            case: None,
            kind: "dbs-certificate".to_owned(),
            form: Kinds::builtin()
                .find("dbs-certificate")
                .unwrap()
                .template_json(),
            attachments: Vec::new(),
            about: Vec::new(),
            deciders: Vec::new(),
        };
        let id = ada.file(&filing).unwrap().id;
        ada.record(&id.to_string(), None, Some("to decide"), 80)
            .unwrap();
        let ada = ada.account().id;
        let left = keeper.run(move |vault| {
            vault.begin();
            vault.end_unit(units::version(id, 1));
            vault.end_unit(units::record(id));
            assert!(vault.record(id).unwrap().is_none());
            vault.revealed(id).unwrap()
        });
        let left = left.unwrap();
        assert_eq!(left.len(), 1);
        assert_eq!((left[0].to, left[0].version, left[0].part), (ada, 1, None));
        assert_eq!(left[0].purpose.as_deref(), Some("to decide"));
    }
}
