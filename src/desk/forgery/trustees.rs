//! A centre with trustees, and what their key opens in it.

#![expect(
    clippy::disallowed_methods,
    reason = "the trustees open what they have, past any desk"
)]

use std::path::Path;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::clock::SystemClock;
use crate::desk::Desk;
use crate::desk::Init;
use crate::desk::forgery::grants::access;
use crate::desk::forgery::grants::claimed;
use crate::desk::forgery::grants::enrol;
use crate::desk::forgery::grants::own;
use crate::desk::forgery::kit::copy;
use crate::desk::forgery::kit::filing;
use crate::desk::forgery::kit::passphrase;
use crate::desk::forgery::kit::paths;
use crate::desk::forgery::kit::sign_in;
use crate::desk::recovery::NewKey;
use crate::ids::CaseId;
use crate::ids::RecordId;
use crate::keeper::Keeper;
use crate::keeper::facts::Member;
use crate::keeper::facts::Role;
use crate::keeper::facts::Service;
use crate::sealing::HybridIdentity;
use crate::sealing::Recovered;
use crate::sealing::RowId;
use crate::sealing::RowPlace;
use crate::sealing::SealedRow;
use crate::sealing::SecretText;
use crate::sealing::Shares;
use crate::sealing::SigningKey;
use crate::sealing::UnitKey;
use crate::sealing::open_header;
use crate::sealing::words_on;
use crate::store::Base;
use crate::store::FrameView;
use crate::store::Refusal;
use crate::store::Replay;
use crate::store::Tree;
use crate::store::effects::RawEffect;
use crate::store::effects::decode;
use crate::store::embedded::Opening;
use crate::store::embedded::Site;

pub(crate) const TRUSTEES: [&str; 2] = ["Asha", "Bryn"];

pub(crate) fn named(names: &[&str]) -> Vec<(String, Option<String>)> {
    names
        .iter()
        .map(|name| ((*name).to_owned(), None))
        .collect()
}

/// What is made once: the passphrase work is paid once.
struct Made {
    dir: TempDir,
    case: CaseId,
    records: Vec<RecordId>,
    recovery: SecretText,
    root: String,
}

/// A copy of a centre with trustees, a case and what is in it, an outsider's grant, and a key that was changed.
pub(crate) struct World {
    dir: TempDir,
    pub(crate) keeper: Keeper,
    pub(crate) case: CaseId,
    pub(crate) records: Vec<RecordId>,
    pub(crate) old: Recovered,
}

/// The secret in the first pair's file, with the words on both sheets.
pub(crate) fn opened(files: &[(String, Vec<u8>)], sheets: &[(String, SecretText)]) -> Recovered {
    let words: Vec<_> = sheets
        .iter()
        .map(|(_, text)| words_on(text.expose()))
        .collect();
    Recovered::open(&files[0].1, &words[0], &words[1]).unwrap()
}

/// Founds a centre with these trustees, and ada to run it; what their shares hold.
pub(crate) fn founded(dir: &Path) -> (Keeper, Recovered) {
    let init = Init {
        centre: "invented".to_owned(),
        nation: crate::records::words::Nation::EnglandAndWales,
        admin: "ada".to_owned(),
        admin_name: None,
        passphrase: passphrase("ada"),
        trustees: named(&TRUSTEES),
        two_person_single: false,
        demo: false,
        clock: Box::new(SystemClock),
    };
    let made = crate::desk::create(&paths(dir), &init).unwrap();
    let recovered = opened(&made.shares, &made.sheets);
    (Keeper::open(&paths(dir), &[]).unwrap(), recovered)
}

fn make() -> Made {
    let dir = tempfile::tempdir().unwrap();
    let (keeper, old) = founded(dir.path());
    let mut ada = sign_in(&keeper, "ada");
    for (handle, role) in [
        ("sam", Role::Staff),
        ("otto", Role::Staff),
        ("cora", Role::Coordinator),
        ("anna", Role::Assessor),
        ("dpl", Role::DataProtectionLead),
    ] {
        enrol(&mut ada, handle, role);
    }
    let case = ada.open_case("first", Service::Supervised).unwrap().id;
    for handle in ["sam", "otto"] {
        ada.add_to_team(&case.to_string(), handle).unwrap();
    }
    let records = [(); 2].map(|()| ada.file(&filing(case)).unwrap().id);
    let grant = ada.grant(&access(&keeper, None, &records[..1])).unwrap();
    let proposal = grant.proposal.unwrap().to_string();
    drop(ada);
    claimed(&keeper, "cora").approve(&proposal).unwrap();
    // Otto goes: the case's key changes, and what was before is kept for the trustees alone.
    sign_in(&keeper, "ada").suspend_user("otto").unwrap();
    drop(sign_in(&keeper, "ada"));
    keeper.close().unwrap();
    Made {
        dir,
        case,
        records: records.into(),
        recovery: old.recovery.to_text(),
        root: old.root.to_text().to_string(),
    }
}

impl World {
    pub(crate) fn new() -> Self {
        static MADE: OnceLock<Made> = OnceLock::new();
        let made = MADE.get_or_init(make);
        let dir = tempfile::tempdir().unwrap();
        copy(made.dir.path(), dir.path());
        let keeper = Keeper::open(&paths(dir.path()), &[]).unwrap();
        Self {
            dir,
            keeper,
            case: made.case,
            records: made.records.clone(),
            old: Recovered {
                recovery: HybridIdentity::parse(made.recovery.expose()).unwrap(),
                root: SigningKey::parse(&made.root).unwrap(),
            },
        }
    }

    /// A new key for these trustees, by ada, and what is in the first pair's file of it.
    pub(crate) fn new_key(&self, trustees: &[&str]) -> (NewKey, Recovered) {
        let new = sign_in(&self.keeper, "ada")
            .new_recovery(&self.old, &named(trustees))
            .unwrap();
        let Shares { files, sheets } = &new.shares;
        let recovered = opened(files, sheets);
        (new, recovered)
    }

    /// Everybody signs in and does their errands.
    pub(crate) fn everybody(&self) {
        for who in ["ada", "sam", "dpl"] {
            drop(sign_in(&self.keeper, who));
        }
        drop(sign_in_claimed(&self.keeper));
    }

    /// How many envelopes a key opens, with every row that was ever written and every key that the keeper has now:
    /// what is left for old copies once the generation has turned.
    pub(crate) fn opens(&self, identity: &HybridIdentity) -> usize {
        let keys = self.keeper.run(|vault| {
            let keys = vault.keys.iter().map(|(_, key)| key.duplicate());
            keys.collect::<Vec<UnitKey>>()
        });
        let keys = keys.unwrap();
        let copied = tempfile::tempdir().unwrap();
        copy(self.dir.path(), copied.path());
        let vault = self.keeper.vault();
        let mut ever = Ever::default();
        let site = Site::new(&paths(copied.path()).dir, vault);
        drop(Opening::read(&site, &[], &mut ever).unwrap());
        assert!(ever.0.len() > 10);
        let mut opened = 0;
        for (id, row) in &ever.0 {
            let place = RowPlace {
                vault: &vault,
                tree: Tree::Envelope.number(),
                id: *id,
            };
            let mut plain = keys.iter().filter_map(|key| key.open_row(&place, row).ok());
            let header = plain.next();
            opened +=
                usize::from(header.is_some_and(|header| open_header(&header, identity).is_ok()));
        }
        opened
    }

    /// Whether a key opens the trustees' present envelope of a case's compartment.
    pub(crate) fn opens_case(&self, case: CaseId, identity: &HybridIdentity) -> bool {
        let header = self.keeper.run(move |vault| {
            let case = vault.case(case).unwrap().unwrap();
            let facts = vault.compartment(case.compartments[0]).unwrap().unwrap();
            let (unit, natural) = vault.envelope_place(facts.id, facts.epoch, &Member::Recovery);
            let key = vault.keys.get(&unit)?;
            vault.read_under(key, Tree::Envelope, &natural).unwrap()
        });
        let header = header.unwrap();
        header.is_some_and(|header| open_header(&header, identity).is_ok())
    }
}

pub(crate) fn sign_in_claimed(keeper: &Keeper) -> Desk<'_> {
    Desk::sign_in(keeper, "cora", &own("cora"), None).unwrap()
}

/// Every envelope row there ever was.
#[derive(Default)]
struct Ever(Vec<(RowId, SealedRow)>);

impl Replay for Ever {
    fn base(&mut self, _: &Base<'_>) -> Result<(), Refusal> {
        Ok(())
    }

    fn row(&mut self, tree: Tree, id: &RowId, row: &SealedRow) -> Result<(), Refusal> {
        if tree == Tree::Envelope {
            self.0.push((*id, row.clone()));
        }
        Ok(())
    }

    fn frame(&mut self, frame: &FrameView<'_>) -> Result<(), Refusal> {
        for effect in decode(frame.number, frame.effects).unwrap() {
            if let RawEffect::Put { tree, id, row } = effect
                && tree == Tree::Envelope
            {
                self.0.push((id, row));
            }
        }
        Ok(())
    }
}
