//! One thread owns the vault. It takes every ask that is waiting, decides each, commits one frame for
//! all, and only then answers: group commit without a timer. While one flush runs the next asks gather.

use std::sync::mpsc::Receiver;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::mpsc::SyncSender;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::keeper::joining::invited_key;
use crate::keeper::message::Ask;
use crate::keeper::message::SignIn;
use crate::keeper::message::answer::Answer;
use crate::keeper::message::answer::Outcome;
use crate::keeper::peer::Peer;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::ledger::ActorHandle;

/// Asks that may wait.
const QUEUE: usize = 1024;
/// Asks in one frame at most.
const GROUP: usize = 256;
/// Bytes of effects after which a frame takes no further ask.
const GROUP_BYTES: usize = 8 << 20;

/// How long nothing is asked before the journal's last frame is sealed by an empty one.
const IDLE: Duration = Duration::from_secs(1);

/// New entries after which the file beside the keys remembers them, where no second passes idle.
const REMEMBER: u64 = 1024;

/// Where an answer goes.
type Reply = SyncSender<Result<Answer, Broken>>;

/// What the thread is asked to do.
pub(crate) enum Job {
    /// Hand out a sealed identity.
    SignIn(SignIn, Option<Peer>, Reply),
    /// Answer a signed ask.
    Ask(Box<Ask>, Option<Peer>, Reply),
    /// Run something on the vault between frames.
    Run(Box<dyn FnOnce(&mut Vault) + Send>),
    /// End, giving the vault back.
    Close,
}

/// A staged ask and where its answer goes.
struct Waiting {
    step: Step,
    seen: u64,
    reply: Reply,
}

/// Starts the thread.
pub(crate) fn start(vault: Vault) -> std::io::Result<(SyncSender<Job>, JoinHandle<Vault>)> {
    let (jobs, queue) = sync_channel(QUEUE);
    let thread = thread::Builder::new()
        .name("vault".to_owned())
        .spawn(move || run(vault, &queue))?;
    Ok((jobs, thread))
}

fn run(mut vault: Vault, queue: &Receiver<Job>) -> Vault {
    let mut broken: Option<Broken> = None;
    loop {
        let job = match queue.recv_timeout(IDLE) {
            Ok(job) => job,
            Err(RecvTimeoutError::Timeout) => {
                if broken.is_none() {
                    broken = vault.idle().and_then(|()| vault.turn_hourly()).err();
                    remember(&mut vault, 1);
                }
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return vault,
        };
        let mut next = Some(job);
        let mut group = Vec::new();
        begin(&mut vault, &mut broken);
        while let Some(job) = next.take() {
            match job {
                Job::Close => {
                    finish(&mut vault, group, &mut broken);
                    return vault;
                }
                Job::Run(run) => {
                    finish(&mut vault, std::mem::take(&mut group), &mut broken);
                    run(&mut vault);
                    begin(&mut vault, &mut broken);
                }
                Job::SignIn(ask, peer, reply) => {
                    stage(
                        &mut vault,
                        &mut group,
                        &mut broken,
                        (ask.seen, reply),
                        |vault| vault.sign_in(&ask, peer),
                    );
                }
                Job::Ask(ask, peer, reply) => {
                    // The remembered size stands in the signed body; it is read again when verified.
                    let seen = seen_of(&ask);
                    stage(
                        &mut vault,
                        &mut group,
                        &mut broken,
                        (seen, reply),
                        |vault| vault.answer(*ask, peer),
                    );
                }
            }
            if group.len() < GROUP && vault.staged.bytes() < GROUP_BYTES {
                next = queue.try_recv().ok();
            }
        }
        finish(&mut vault, group, &mut broken);
        remember(&mut vault, REMEMBER);
    }
}

/// Has it remembered how far the vault has come. Where that fails all entries are durable all the same; it is
/// tried again, and the clean stop reports it.
fn remember(vault: &mut Vault, behind: u64) {
    drop(vault.remember(behind));
}

/// Begins a frame with what ends by itself.
fn begin(vault: &mut Vault, broken: &mut Option<Broken>) {
    match broken {
        Some(_) => vault.begin(),
        None => *broken = vault.begin_frame().err(),
    }
}

fn stage(
    vault: &mut Vault,
    group: &mut Vec<Waiting>,
    broken: &mut Option<Broken>,
    (seen, reply): (u64, Reply),
    handle: impl FnOnce(&mut Vault) -> Result<Step, Broken>,
) {
    let staged = match broken {
        Some(_) => Err(Broken::Stopped),
        None => act(vault, handle),
    };
    match staged {
        Ok(step) => group.push(Waiting { step, seen, reply }),
        Err(error) => {
            // What was staged so far may be half an act: nothing of it may become durable.
            broken.get_or_insert(error.clone());
            answer(&reply, Err(error));
        }
    }
}

/// The act, then what follows from it.
fn act(
    vault: &mut Vault,
    handle: impl FnOnce(&mut Vault) -> Result<Step, Broken>,
) -> Result<Step, Broken> {
    vault.note_clock()?;
    let step = handle(vault)?;
    vault.settle()?;
    Ok(step)
}

/// Commits what is staged, and answers everybody.
fn finish(vault: &mut Vault, group: Vec<Waiting>, broken: &mut Option<Broken>) {
    let committed = match broken {
        Some(_) => Err(Broken::Stopped),
        None if vault.staged.leaves.is_empty() => Ok(None),
        None => vault.commit().map(Some),
    };
    if let Err(error) = &committed {
        broken.get_or_insert(error.clone());
    }
    for Waiting { step, seen, reply } in group {
        let answered = match &committed {
            Ok(committed) => vault.serve(step, committed.as_ref(), seen),
            Err(error) => Err(error.clone()),
        };
        answer(&reply, answered);
    }
    vault.openings.clear();
}

/// Answers; whoever has stopped waiting for it gets nothing.
fn answer(reply: &Reply, answer: Result<Answer, Broken>) {
    let _gone = reply.try_send(answer).is_err();
}

fn seen_of(ask: &Ask) -> u64 {
    let statement: Option<serde_json::Value> = serde_json::from_slice(&ask.statement).ok();
    statement
        .and_then(|value| value.pointer("/body/seen")?.as_u64())
        .unwrap_or(0)
}

impl Vault {
    /// Nothing is asked: ends what is due, and seals the journal's last frame.
    pub(crate) fn idle(&mut self) -> Result<(), Broken> {
        self.begin_frame()?;
        if !self.staged.leaves.is_empty() {
            self.commit()?;
            self.openings.clear();
        }
        self.seal_tail()
    }

    /// Verifies, decides and stages an ask.
    fn answer(&mut self, ask: Ask, peer: Option<Peer>) -> Result<Step, Broken> {
        if let Some(key) = invited_key(&ask) {
            return self.answer_invited(key, &ask);
        }
        let mut request: Request = match self.verify(&ask) {
            Ok(request) => request,
            Err(stop) => return self.refuse(ActorHandle::SERVICE, unsigned(&ask), stop),
        };
        if let Err(stop) = self.check_peer(&mut request, peer) {
            return self.refuse(request.actor, request.ask, stop);
        }
        match self.dispatch(&request, ask.load) {
            Ok(step) => Ok(step),
            Err(Stop::Broken(broken)) => Err(broken),
            Err(stop) => self.refuse(request.actor, request.ask, stop),
        }
    }

    /// Serves a step whose entries are durable.
    fn serve(
        &self,
        step: Step,
        committed: Option<&crate::keeper::commit::Committed>,
        seen: u64,
    ) -> Result<Answer, Broken> {
        let mut logged = Vec::new();
        for pledge in step.pledges {
            logged.extend(committed.and_then(|committed| pledge.redeem(committed)));
        }
        let outcome: Outcome = (step.finish)(self, &logged)?;
        let errands = match step.errands_of {
            Some(asker) => self.has_errands(asker)?,
            None => false,
        };
        let Some(last) = logged.last() else {
            return Ok(Answer {
                receipt: None,
                opening: None,
                outcome,
                errands,
                as_of: self.as_of.clone(),
            });
        };
        let (receipt, opening) = self.receipt(last.index(), seen)?;
        Ok(Answer {
            receipt: Some(receipt),
            opening: Some((&opening).into()),
            outcome,
            errands,
            as_of: self.as_of.clone(),
        })
    }
}

/// What is kept of an ask nobody could be believed to have signed: its size, not its words.
fn unsigned(ask: &Ask) -> serde_json::Value {
    serde_json::json!({"unverified_bytes": ask.statement.len()})
}
