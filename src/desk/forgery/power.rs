//! Power goes at the frame that proposes, approves or ends a grant: when the vault is opened again, it was
//! done whole or not at all, and what is due is done then.

use std::io;

use zeroize::Zeroizing;

use crate::desk::Desk;
use crate::desk::DeskError;
use crate::desk::forgery::grants::access;
use crate::desk::forgery::grants::centre;
use crate::desk::forgery::grants::claimed;
use crate::desk::forgery::grants::own;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::sign_in;
use crate::keeper::Keeper;
use crate::keeper::facts::GrantState;
use crate::keeper::facts::ProposalState;
use crate::sealing::RowId;
use crate::sealing::SealedRow;
use crate::store::CommitError;
use crate::store::Frame;
use crate::store::Head;
use crate::store::ReadError;
use crate::store::Room;
use crate::store::Store;
use crate::store::Tree;
use crate::store::Unchecked;
use crate::store::effects::SealedKeyEffect;
use crate::store::memory::MemoryDisk;

/// A store whose power goes at a frame with entries.
struct Cut {
    inner: Box<dyn Store>,
    good: usize,
    /// Whether the frame is durable all the same.
    landed: bool,
}

impl Store for Cut {
    fn head(&self) -> &Head {
        self.inner.head()
    }

    fn commit(&mut self, frame: Frame) -> Result<(), CommitError> {
        if frame.leaves.is_empty() {
            return self.inner.commit(frame);
        }
        if let Some(left) = self.good.checked_sub(1) {
            self.good = left;
            return self.inner.commit(frame);
        }
        if self.landed {
            self.inner.commit(frame)?;
        }
        Err(CommitError::Unknown(io::Error::other("power")))
    }

    fn room(&self) -> Room {
        self.inner.room()
    }

    fn row(&self, tree: Tree, id: &RowId) -> Result<Option<SealedRow>, ReadError> {
        self.inner.row(tree, id)
    }

    fn rows(
        &self,
        tree: Tree,
        after: Option<RowId>,
        limit: usize,
    ) -> Result<Vec<(RowId, SealedRow)>, ReadError> {
        self.inner.rows(tree, after, limit)
    }

    fn leaves(&self, from: u64, limit: usize) -> Result<Vec<Vec<u8>>, ReadError> {
        self.inner.leaves(from, limit)
    }

    fn key_table(&self) -> Result<Vec<u8>, ReadError> {
        self.inner.key_table()
    }

    fn key_effects(&self) -> Result<Vec<SealedKeyEffect>, ReadError> {
        self.inner.key_effects()
    }

    fn rebuild_index(&self) -> Result<u64, ReadError> {
        self.inner.rebuild_index()
    }

    fn prepare(&mut self, key_table: &[u8]) -> io::Result<()> {
        self.inner.prepare(key_table)
    }

    fn prepared(&self) -> Result<Option<Vec<u8>>, ReadError> {
        self.inner.prepared()
    }

    fn turn(&mut self, mark_key: Zeroizing<[u8; 32]>) -> Result<(), ReadError> {
        self.inner.turn(mark_key)
    }

    fn others(&self) -> io::Result<Vec<u32>> {
        self.inner.others()
    }

    fn tidy(&mut self) -> io::Result<()> {
        self.inner.tidy()
    }

    fn close(self: Box<Self>) -> io::Result<()> {
        self.inner.close()
    }
}

/// From now on so many frames with entries are durable, and the next is the last that is tried.
fn cut(keeper: &Keeper, good: usize, landed: bool) {
    let done = keeper.run(move |vault| {
        let nothing = MemoryDisk::new(1, Vec::new()).open(&mut Unchecked).unwrap();
        let inner = std::mem::replace(&mut vault.store, Box::new(nothing));
        vault.store = Box::new(Cut {
            inner,
            good,
            landed,
        });
    });
    done.unwrap();
}

/// Opens the vault again, as after a power cut.
fn again(centre: &mut Centre) {
    let paths = centre.keeper.paths().clone();
    centre.reopen(|| Keeper::open(&paths, &[]).unwrap());
}

fn broken<T>(result: &Result<T, DeskError>) {
    let stopped = matches!(result, Err(DeskError::Damaged(_) | DeskError::Io(_)));
    assert!(stopped, "it went on");
}

#[test]
fn a_grant_is_proposed_whole_or_not_at_all() {
    for landed in [false, true] {
        let mut centre = centre();
        let new = access(&centre.keeper, None, &centre.records[..1]);
        let mut ada = sign_in(&centre.keeper, "ada");
        // The headers are served, and the frame with the grant is lost or not.
        cut(&centre.keeper, 1, landed);
        broken(&ada.grant(&new));
        drop(ada);
        again(&mut centre);
        let mut ada = sign_in(&centre.keeper, "ada");
        let grants = ada.grants().unwrap();
        assert_eq!(grants.len(), usize::from(landed));
        assert_eq!(ada.proposals().unwrap().len(), grants.len());
        if let Some(grant) = grants.first() {
            assert_eq!(grant.state, GrantState::Waiting);
            let p = grant.proposal.unwrap().to_string();
            claimed(&centre.keeper, "cora").approve(&p).unwrap();
            assert!(shows(&centre).is_ok());
        }
    }
}

#[test]
fn an_approval_is_in_force_whole_or_not_at_all() {
    for landed in [false, true] {
        let mut centre = centre();
        let new = access(&centre.keeper, None, &centre.records[..1]);
        let grant = sign_in(&centre.keeper, "ada").grant(&new).unwrap();
        let p = grant.proposal.unwrap().to_string();
        let mut cora = claimed(&centre.keeper, "cora");
        cut(&centre.keeper, 1, landed);
        broken(&cora.approve(&p));
        drop(cora);
        again(&mut centre);
        let mut cora = Desk::sign_in(&centre.keeper, "cora", &own("cora"), None).unwrap();
        let proposal = cora.proposal(&p).unwrap();
        if landed {
            assert_eq!(proposal.state, ProposalState::Approved);
        } else {
            assert_eq!(proposal.state, ProposalState::Waiting);
            assert!(shows(&centre).is_err());
            cora.approve(&p).unwrap();
        }
        assert!(shows(&centre).is_ok());
        assert!(cora.state_grant(&grant.id.to_string()).is_ok());
    }
}

#[test]
fn an_end_that_power_took_is_made_when_the_vault_is_opened() {
    for landed in [false, true] {
        let mut centre = centre();
        let new = access(&centre.keeper, None, &centre.records[..1]);
        let grant = sign_in(&centre.keeper, "ada").grant(&new).unwrap();
        let p = grant.proposal.unwrap().to_string();
        claimed(&centre.keeper, "cora").approve(&p).unwrap();
        assert!(shows(&centre).is_ok());
        cut(&centre.keeper, 0, landed);
        let until = new.until;
        // The moment has come; the frame of the end is lost or not, and the keeper stops either way.
        centre.keeper.advance_clock_to(until).unwrap();
        broken(&Desk::sign_in(
            &centre.keeper,
            "ada",
            &crate::desk::forgery::kit::passphrase("ada"),
            None,
        ));
        let toml = centre.keeper.paths().dir.join("vault.toml");
        let text = std::fs::read_to_string(&toml).unwrap();
        std::fs::write(&toml, text.replace("demo = false", "demo = true")).unwrap();
        again(&mut centre);
        let id = grant.id;
        let state = centre
            .keeper
            .run(move |vault| {
                let held = vault.has_unit(&crate::keeper::units::grant(id));
                (vault.shared.grants.get(&id).unwrap().state, held)
            })
            .unwrap();
        assert_eq!(
            state,
            (GrantState::Ended, false),
            "nothing of it opens any more"
        );
        let told = shows(&centre).unwrap_err();
        assert!(told.contains("has ended"), "{told}");
    }
}

/// What anna sees of the first record.
fn shows(centre: &Centre) -> Result<(), String> {
    let mut anna = sign_in(&centre.keeper, "anna");
    let shown = anna.record(&centre.records[0].to_string(), None, None, 80);
    shown.map(drop).map_err(|error| error.to_string())
}
