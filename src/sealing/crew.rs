//! Threads beside the one that reads and writes. Each takes work in its turn, so that what comes back comes in the
//! order in which it was given, whoever is done first.

use std::fmt;
use std::panic;
use std::sync::mpsc;
use std::thread;
use std::thread::JoinHandle;

/// What each may have before it: something to do, and what comes next.
const EACH: usize = 2;

/// Threads that do one sort of work. They end, and are waited for, when this is dropped.
pub(crate) struct Crew<T> {
    threads: Vec<Worker<T>>,
    /// How many things were given so far, and how many taken back.
    given: usize,
    taken: usize,
}

struct Worker<T> {
    /// `None` once nothing more is given.
    to: Option<mpsc::Sender<T>>,
    from: mpsc::Receiver<T>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Send + 'static> Crew<T> {
    /// So many threads; none at all where one would not be faster, or where the system gives no more: then whoever
    /// asks does the work.
    pub(crate) fn of(
        threads: usize,
        work: impl Fn(&mut T) + Clone + Send + 'static,
    ) -> Option<Self> {
        if threads < 2 {
            return None;
        }
        let start = |_| Worker::start(work.clone()).ok();
        let threads: Vec<_> = (0..threads).map_while(start).collect();
        (!threads.is_empty()).then_some(Self {
            threads,
            given: 0,
            taken: 0,
        })
    }

    /// How many things were given and not yet taken back.
    pub(crate) fn inside(&self) -> usize {
        self.given - self.taken
    }

    /// Whether as many are inside as should be.
    pub(crate) fn is_full(&self) -> bool {
        self.inside() >= self.threads.len() * EACH
    }

    /// Gives something to be worked on.
    pub(crate) fn give(&mut self, thing: T) {
        let turn = self.given % self.threads.len();
        self.given += 1;
        if let Some(worker) = self.threads.get_mut(turn) {
            worker.give(thing);
        }
    }

    /// Takes back the oldest, once it is done; `None` where nothing is inside.
    pub(crate) fn take(&mut self) -> Option<T> {
        if self.inside() == 0 {
            return None;
        }
        let turn = self.taken % self.threads.len();
        self.taken += 1;
        self.threads.get_mut(turn).map(Worker::take)
    }
}

impl<T: Send + 'static> Worker<T> {
    fn start(work: impl Fn(&mut T) + Send + 'static) -> std::io::Result<Self> {
        let (to, things) = mpsc::channel::<T>();
        let (done, from) = mpsc::channel();
        let thread = thread::Builder::new().spawn(move || {
            for mut thing in things {
                work(&mut thing);
                if done.send(thing).is_err() {
                    // Nobody waits for it any more.
                    return;
                }
            }
        })?;
        Ok(Self {
            to: Some(to),
            from,
            thread: Some(thread),
        })
    }

    fn give(&mut self, thing: T) {
        let given = self.to.as_ref().is_some_and(|to| to.send(thing).is_ok());
        if !given {
            self.fail();
        }
    }

    fn take(&mut self) -> T {
        match self.from.recv() {
            Ok(thing) => thing,
            Err(mpsc::RecvError) => self.fail(),
        }
    }

    /// The thread is gone, which only a panic in it does: it goes on here.
    fn fail(&mut self) -> ! {
        self.to = None;
        let ended = self.thread.take().map(JoinHandle::join);
        match ended {
            Some(Err(panicked)) => panic::resume_unwind(panicked),
            _ => panic::resume_unwind(Box::new("a thread ended too early")),
        }
    }
}

impl<T> Drop for Worker<T> {
    /// No thread, and no secret with it, outlives what it works for.
    fn drop(&mut self) {
        self.to = None;
        if let Some(thread) = self.thread.take() {
            // What it panicked with was told to whoever took from it, or nobody wants it.
            drop(thread.join());
        }
    }
}

impl<T> fmt::Debug for Crew<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Crew(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::panic::AssertUnwindSafe;
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_given_comes_back_in_its_order() {
        let slow_when_even = |number: &mut u64| {
            thread::sleep(Duration::from_millis((*number + 1) % 2));
            *number *= 10;
        };
        let mut crew = Crew::of(3, slow_when_even).unwrap();
        let mut back = Vec::new();
        for number in 0..50 {
            if crew.is_full() {
                back.extend(crew.take());
            }
            crew.give(number);
            assert!(crew.inside() <= 3 * EACH);
        }
        while let Some(number) = crew.take() {
            back.push(number);
        }
        assert!(back.into_iter().eq((0..50).map(|number| number * 10)));
    }

    #[test]
    fn one_thread_is_none() {
        assert!(Crew::of(1, |_: &mut u8| ()).is_none());
        assert!(Crew::of(0, |_: &mut u8| ()).is_none());
    }

    #[test]
    fn a_panic_goes_on_where_the_work_is_wanted() {
        let mut crew = Crew::of(2, |number: &mut u8| assert_ne!(*number, 3)).unwrap();
        for number in 1..=4 {
            crew.give(number);
        }
        assert_eq!((crew.take(), crew.take()), (Some(1), Some(2)));
        let panicked = panic::catch_unwind(AssertUnwindSafe(|| crew.take()));
        assert!(panicked.is_err());
    }

    #[test]
    fn dropped_with_work_inside_it_ends() {
        let mut crew = Crew::of(2, |_: &mut u8| thread::sleep(Duration::from_millis(1))).unwrap();
        (0..20).for_each(|number| crew.give(number));
        drop(crew);
    }
}
