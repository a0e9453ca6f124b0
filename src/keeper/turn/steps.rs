//! The order of a turn: one function from what every place shows to the next thing to do.
//!
//! Starting, going on and recovering are the same: look, do the next step, look again. Each step is durable in
//! its place before it returns. Two things must never come in another order: the backup before the old key's
//! end, else a disk that dies that day loses everything; and every removal made durable before the certificate,
//! else a power cut brings back what the certificate says is gone.

/// What a look at every place shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each place is looked at for itself; no two of these exclude each other"
)]
pub struct Seen {
    /// The generation that an unfinished turn leaves; `None` when no turn is under way.
    pub leaves: Option<u32>,
    /// The generation the vault is in.
    pub current: u32,
    /// Whether anything of a next generation is there: its key, a share of it, its files.
    pub half_made: bool,
    /// Whether the first frame of the new generation is written.
    pub opened: bool,
    /// Whether every place that has to hold a backup of the current generation confirms one.
    pub backed_up: bool,
    /// Whether a key of an earlier generation is in the key place.
    pub old_key: bool,
    /// How many places that answer hold a share of an earlier generation's key.
    pub old_shares: usize,
    /// How many places that do not answer may hold one.
    pub away: usize,
    /// Whether files of other generations are there.
    pub old_files: bool,
}

/// One thing to do, durable when it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Removes whatever there is of a next generation: half-made keys are never used.
    ThrowAway,
    /// Draws the new key, puts it into the key place and reads it back from there.
    MakeKey,
    /// Splits the new key over the escrow places and reads the shares back.
    PlaceEscrow,
    /// Writes the new generation's files: the key table without what has ended.
    WriteFiles,
    /// Reads the new files back with the key from its place and compares them with what lives.
    Verify,
    /// Makes the new generation the current one.
    Switch,
    /// Writes the first frame of the new generation.
    Open,
    /// Has every backup place hold a backup of the new generation.
    BackUp,
    /// Destroys the old key in the key place.
    DestroyKey,
    /// Destroys the old shares at every place that answers.
    DestroyShares,
    /// Shows that nothing within reach opens the old generation.
    Prove,
    /// Writes the certificate into the ledger.
    Certify,
    /// Removes the files of other generations.
    Tidy,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// This step.
    Do(Step),
    /// Nothing, until more places answer: two shares of the old key may still be somewhere.
    Wait,
    /// Nothing is left to do.
    Nothing,
}

/// Shares that bring a key back: any two of three.
pub const SHARES_TO_OPEN: usize = 2;

/// The next step. `done` is the last step this run has taken since it began; what an earlier run had made of a
/// next generation counts for nothing.
pub fn next(seen: &Seen, done: Option<Step>) -> Next {
    let Some(leaves) = seen.leaves else {
        return tidy(seen);
    };
    if seen.current == leaves {
        return Next::Do(make(seen, done));
    }
    finish(seen, done)
}

/// Up to the switch.
fn make(seen: &Seen, done: Option<Step>) -> Step {
    match done {
        Some(Step::MakeKey) => Step::PlaceEscrow,
        Some(Step::PlaceEscrow) => Step::WriteFiles,
        Some(Step::WriteFiles) => Step::Verify,
        Some(Step::Verify) => Step::Switch,
        _ if seen.half_made => Step::ThrowAway,
        _ => Step::MakeKey,
    }
}

/// From the switch on there is no way back.
fn finish(seen: &Seen, done: Option<Step>) -> Next {
    Next::Do(if !seen.opened {
        Step::Open
    } else if !seen.backed_up {
        Step::BackUp
    } else if seen.old_key {
        Step::DestroyKey
    } else if seen.old_shares > 0 {
        Step::DestroyShares
    } else if seen.away >= SHARES_TO_OPEN {
        return Next::Wait;
    } else if done == Some(Step::Prove) {
        Step::Certify
    } else {
        Step::Prove
    })
}

/// Between turns: what is over goes, where it was out of reach before.
fn tidy(seen: &Seen) -> Next {
    match seen {
        Seen { old_key: true, .. } => Next::Do(Step::DestroyKey),
        Seen { old_shares, .. } if *old_shares > 0 => Next::Do(Step::DestroyShares),
        Seen {
            half_made: true, ..
        } => Next::Do(Step::ThrowAway),
        Seen {
            old_files: true, ..
        } => Next::Do(Step::Tidy),
        _ => Next::Nothing,
    }
}

/// Everywhere a turn changes something.
pub trait Places {
    /// Why a step could not be done.
    type Stuck;

    /// Looks at every place.
    ///
    /// # Errors
    /// What a place that has to answer reports.
    fn look(&mut self) -> Result<Seen, Self::Stuck>;

    /// Does a step; durable when it returns.
    ///
    /// # Errors
    /// What stands in the way. The step may be done, half done or not done; looking again tells.
    fn perform(&mut self, step: Step) -> Result<(), Self::Stuck>;
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Nothing is left to do.
    Whole,
    /// It waits for places that do not answer.
    Waiting,
}

/// Takes every step there is to take.
///
/// # Errors
/// What stood in the way; the next run goes on from there.
pub fn run<P: Places>(places: &mut P) -> Result<Ended, P::Stuck> {
    let mut done = None;
    loop {
        match next(&places.look()?, done) {
            Next::Do(step) => {
                places.perform(step)?;
                done = Some(step);
            }
            Next::Wait => return Ok(Ended::Waiting),
            Next::Nothing => return Ok(Ended::Whole),
        }
    }
}
