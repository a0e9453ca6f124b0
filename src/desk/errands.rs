//! Errands: sealing keys on to colleagues who are entitled to them and lack them.

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::members;
use crate::desk::open;
use crate::desk::seal::Recipients;
use crate::desk::trust::Trust;
use crate::keeper::facts::Member;
use crate::keeper::message::Want;
use crate::keeper::message::answer::ChainLink;
use crate::keeper::message::answer::Errand;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::NewEnvelope;
use crate::ledger::Proven;
use crate::sealing::FileKey;
use crate::sealing::seal_header;

/// How often errands are looked up before they are left to the next sign-in: what one round does may be
/// what the next waits for (teams before the cases they are members of), and colleagues may be quicker.
const ROUNDS: u32 = 8;

impl Desk<'_> {
    /// Does the errands the keeper has told this desk of, if it has.
    ///
    /// # Errors
    /// As [`Desk::run_errands`].
    pub(crate) fn run_told_errands(&mut self) -> Result<(), DeskError> {
        if self.errands {
            self.run_errands()?;
        }
        Ok(())
    }

    /// Does every errand this desk can, each act in a frame of its own; how many keys were sealed on, changed
    /// or looked at. Where a colleague's desk is quicker or their keys change meanwhile, it looks again; what
    /// is left then waits for the next sign-in.
    ///
    /// # Errors
    /// [`DeskError`]; what was done before stays done.
    pub fn run_errands(&mut self) -> Result<usize, DeskError> {
        let mut done = 0;
        for _ in 0..ROUNDS {
            self.errands = false;
            match self.one_round() {
                Ok(0) => break,
                Ok(more) => done += more,
                Err(DeskError::Busy(_)) => self.errands = true,
                Err(other) => return Err(other),
            }
            if !self.errands {
                break;
            }
        }
        self.errands = false;
        Ok(done)
    }

    fn one_round(&mut self) -> Result<usize, DeskError> {
        let (served, proven) =
            self.ask(Want::LookUpErrands {}, Load::Nothing {}, Because::default())?;
        let Served::Errands(errands) = served else {
            return Err(link::unexpected());
        };
        let mut done = self.seal_all_on(&proven, &errands.seal_on)?;
        for compartment in errands.rekey {
            self.rekey(compartment)?;
            done += 1;
        }
        for compartment in errands.confirm {
            done += usize::from(self.confirm(compartment)?);
        }
        for role in errands.teams {
            self.make_team(role)?;
            done += 1;
        }
        Ok(done)
    }

    fn seal_all_on(&mut self, proven: &Proven, errands: &[Errand]) -> Result<usize, DeskError> {
        if errands.is_empty() {
            return Ok(0);
        }
        // After the look, never before: the keeper tells by the look's entry which keys this desk has seen.
        let (keys, trust) = self.keys(None)?;
        let mut envelopes = Vec::new();
        for errand in errands {
            envelopes.extend(self.seal_on(proven, errand, &keys, &trust)?);
        }
        let made = envelopes.len();
        self.ask(
            Want::FillErrands {},
            Load::Envelopes(envelopes),
            Because::default(),
        )?;
        Ok(made)
    }

    fn seal_on(
        &self,
        proven: &Proven,
        errand: &Errand,
        keys: &Keys,
        trust: &Trust,
    ) -> Result<Vec<NewEnvelope>, DeskError> {
        let key = self.errand_key(proven, errand, trust)?;
        check_errand(errand, &errand.members, (keys, trust))?;
        let recipients = Recipients::new(trust, keys);
        let mut envelopes = Vec::new();
        for member in &errand.members {
            envelopes.push(NewEnvelope {
                compartment: errand.compartment,
                epoch: errand.epoch,
                member: *member,
                header: seal_header(&key, &recipients.of(member)?),
            });
        }
        Ok(envelopes)
    }

    /// The file key behind an errand's secret, once it is sure that somebody vouches for it.
    pub(crate) fn errand_key(
        &self,
        proven: &Proven,
        errand: &Errand,
        trust: &Trust,
    ) -> Result<FileKey, DeskError> {
        self.chain_key(proven, &errand.chain, trust)
    }

    /// The file key behind the secret at the end of a chain, once it is sure that somebody vouches for it.
    pub(crate) fn chain_key(
        &self,
        proven: &Proven,
        chain: &[ChainLink],
        trust: &Trust,
    ) -> Result<FileKey, DeskError> {
        let (last, before) = chain.split_last().ok_or_else(link::unexpected)?;
        let through = match before {
            [] => None,
            before => Some(open::follow(proven, self.person.identity(), before, trust)?),
        };
        let with = through.as_ref().unwrap_or(self.person.identity());
        let key = open::envelope_key(proven, with, last)?;
        // Followed whole once, so that a key nobody vouches for is never sealed on.
        open::follow(proven, self.person.identity(), chain, trust)?;
        Ok(key)
    }
}

/// Checks that the key of an errand is meant for these members.
///
/// # Errors
/// [`DeskError::Damaged`] naming whom it is not for.
pub(crate) fn check_errand(
    errand: &Errand,
    asked: &[Member],
    (keys, trust): (&Keys, &Trust),
) -> Result<(), DeskError> {
    let signed = members::signed(&errand.chain, &errand.entitled, (keys, trust))?;
    members::check(asked, &signed, keys)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::desk::NewUser;
    use crate::desk::forgery::kit;
    use crate::keeper::facts::Role;
    use crate::keeper::message::answer::Outcome;
    use crate::sealing::Passphrase;

    /// Tina takes new keys just after sam's desk has looked hers up. How often it looked, and whether she
    /// opens what was sealed on to her.
    fn raced(guarded: bool) -> (u32, bool) {
        static LOOKS: AtomicU32 = AtomicU32::new(0);
        LOOKS.store(0, Ordering::SeqCst);
        let centre = kit::Centre::new();
        let own = || Passphrase::new("words of her very own choosing".to_owned());
        let new = NewUser {
            handle: "tina".to_owned(),
            name: None,
            role: Role::Staff,
            reports_to: None,
        };
        kit::sign_in(&centre.keeper, "ada")
            .add_user(&new, &kit::passphrase("tina"))
            .unwrap();
        centre.keeper.tell(Some(Box::new(move |keeper, _, answer| {
            let Outcome::Done(served) = &answer.outcome else {
                return;
            };
            if !matches!(served.as_ref(), Served::Keys(_))
                || LOOKS.fetch_add(1, Ordering::SeqCst) > 0
            {
                return;
            }
            let mut tina = kit::sign_in(keeper, "tina");
            tina.change_passphrase(&own()).unwrap();
            if !guarded {
                keeper.run(|vault| vault.succeeded.clear()).unwrap();
            }
        })));
        drop(kit::sign_in(&centre.keeper, "sam"));
        centre.keeper.tell(None);
        let mut tina = Desk::sign_in(&centre.keeper, "tina", &own(), None).unwrap();
        let (served, proven) = tina
            .ask(
                Want::ChangePassphrase {
                    user: tina.account.id,
                },
                Load::Nothing {},
                Because::default(),
            )
            .unwrap();
        let Served::Envelopes(held) = served else {
            panic!("{served:?}");
        };
        let [link] = held.as_slice() else {
            panic!("{} envelopes", held.len());
        };
        let opened = open::envelope_key(&proven, tina.person.identity(), link).is_ok();
        (LOOKS.load(Ordering::SeqCst), opened)
    }

    #[test]
    fn a_key_is_never_sealed_on_to_one_that_was_given_up_meanwhile() {
        assert_eq!(raced(true), (2, true));
        // The planted control: without the keeper's guard she could not open it.
        assert_eq!(raced(false), (1, false));
    }
}
