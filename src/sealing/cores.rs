//! The same work on each of many things, on all cores: opening and sealing headers, of which one takes a tenth of a
//! millisecond and a case has thousands. Results come in the order of the things, and of failures the first in that
//! order, as if there were one core.

use std::convert::Infallible;
use std::panic;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread;
use std::thread::ScopedJoinHandle;

/// More threads than this are of no use to what is done here.
const MOST_THREADS: usize = 8;
/// How many things are taken to be worked on at a time. So few that nobody waits long for the last one.
const PIECE: usize = 8;

/// How many threads this machine runs at once, as far as we make use of them.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, |cores| cores.get().min(MOST_THREADS))
}

/// What comes of each of these things.
pub fn on_all_cores<T: Sync, R: Send>(things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let never_fails = |thing: &T| Ok::<R, Infallible>(work(thing));
    let Ok(all) = try_on_all_cores(things, never_fails);
    all
}

/// What comes of each of these things, or the first failure. Later things may have been worked on by then, so the
/// work must do nothing but give its result.
///
/// # Errors
/// That of the first thing on which the work failed.
pub fn try_on_all_cores<T: Sync, R: Send, E: Send>(
    things: &[T],
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let threads = things.len().div_ceil(PIECE).min(cores());
    try_on(threads, things, work)
}

fn try_on<T: Sync, R: Send, E: Send>(
    threads: usize,
    things: &[T],
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    if threads < 2 {
        return things.iter().map(work).collect();
    }
    let queue = Queue(Mutex::new(things.chunks(PIECE).enumerate()));
    let take_part = || {
        let mut done = Vec::new();
        while let Some((number, piece)) = queue.next() {
            let all: Result<Vec<R>, E> = piece.iter().map(&work).collect();
            if all.is_err() {
                // Every piece before this one has been taken, and nobody needs those after it.
                queue.close();
            }
            done.push((number, all));
        }
        done
    };
    let mut done = thread::scope(|scope| {
        let start = |_| thread::Builder::new().spawn_scoped(scope, take_part).ok();
        // Where the system gives no thread, whoever asks does all of it.
        let beside: Vec<_> = (1..threads).map_while(start).collect();
        let own = take_part();
        beside
            .into_iter()
            .map(result_of)
            .fold(own, |mut all, more| {
                all.extend(more);
                all
            })
    });
    done.sort_unstable_by_key(|(number, _)| *number);
    let mut results = Vec::with_capacity(things.len());
    for (_, piece) in done {
        results.extend(piece?);
    }
    Ok(results)
}

/// The pieces nobody has taken yet.
struct Queue<I>(Mutex<I>);

impl<I: Iterator> Queue<I> {
    fn next(&self) -> Option<I::Item> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).next()
    }

    fn close(&self) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while left.next().is_some() {}
    }
}

/// What a thread has done. A panic in it goes on here.
fn result_of<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread
        .join()
        .unwrap_or_else(|panicked| panic::resume_unwind(panicked))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::panic::AssertUnwindSafe;
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering;
    use std::thread::ThreadId;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whatever fails, and however many threads there are, it is as if there were one.
        #[test]
        fn it_is_as_one_after_another(
            count in 0..100_usize,
            failing in prop::collection::btree_set(0..200_usize, 0..4),
            threads in 0..6,
        ) {
            let things: Vec<usize> = (0..count).collect();
            let work = |thing: &usize| {
                if failing.contains(thing) {
                    Err(*thing)
                } else {
                    Ok(thing * 3)
                }
            };
            let expected: Result<Vec<usize>, usize> = things.iter().map(work).collect();
            let threads = usize::try_from(threads).unwrap();
            prop_assert_eq!(try_on(threads, &things, work), expected);
        }
    }

    #[test]
    fn many_things_are_shared_and_few_are_not() {
        let seen = Mutex::new(HashSet::new());
        let others = |seen: &HashSet<ThreadId>| seen.iter().any(|id| *id != thread::current().id());
        let meet = |_: &usize| {
            // Whoever is first waits for company, however busy the machine is.
            for _ in 0..10_000 {
                let mut seen = seen.lock().unwrap();
                seen.insert(thread::current().id());
                if others(&seen) {
                    return Ok::<_, Infallible>(());
                }
                drop(seen);
                thread::sleep(Duration::from_millis(1));
            }
            panic!("alone");
        };
        let Ok(all) = try_on(2, &[0; 2 * PIECE], meet);
        assert_eq!(all.len(), 2 * PIECE);
        let alone = on_all_cores(&[(); PIECE], |()| thread::current().id());
        assert!(alone.iter().all(|id| *id == thread::current().id()));
    }

    #[test]
    fn a_failure_spares_what_comes_after_it() {
        let worked_on = AtomicUsize::new(0);
        let failed = try_on(2, &[(); 10_000], |()| {
            worked_on.fetch_add(1, Ordering::Relaxed);
            thread::sleep(Duration::from_millis(1));
            Err::<(), _>("at once")
        });
        assert_eq!(failed, Err("at once"));
        assert!(worked_on.into_inner() <= 2);
    }

    #[test]
    fn a_panic_comes_out_whoever_had_it() {
        for bad in [0, 50, 99] {
            let things: Vec<usize> = (0..100).collect();
            let work = |thing: &usize| {
                thread::sleep(Duration::from_millis(1));
                assert_ne!(*thing, bad, "this one");
                Ok::<_, Infallible>(())
            };
            let all = panic::catch_unwind(AssertUnwindSafe(|| try_on(3, &things, work)));
            let said = all.unwrap_err();
            assert!(said.downcast_ref::<String>().unwrap().contains("this one"));
        }
    }
}
