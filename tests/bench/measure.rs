//! What every bench shares: work and its floor, done in turns within one run, and the ratio between them.
//!
//! A machine is faster on one day than on another; a ratio of two things done in turns says more. Two figures are
//! taken of each: what somebody waits (elapsed) and what the process itself used (CPU, all its threads).

use std::time::Duration;
use std::time::Instant;

use rustix::time::ClockId;
use rustix::time::clock_gettime;

/// What something took.
#[derive(Clone, Copy)]
pub(crate) struct Spent {
    pub(crate) elapsed: Duration,
    pub(crate) cpu: Duration,
}

/// How long `work` takes, and what it returns. What a round needs made ready, or taken away again, stands outside.
pub(crate) fn measure<T>(work: impl FnOnce() -> T) -> (Spent, T) {
    let (begun, cpu) = (Instant::now(), cpu_time());
    let done = work();
    let spent = Spent {
        elapsed: begun.elapsed(),
        cpu: cpu_time().saturating_sub(cpu),
    };
    (spent, done)
}

/// As [`measure`], of work that returns nothing anybody needs.
pub(crate) fn spent<T>(work: impl FnOnce() -> T) -> Spent {
    measure(|| std::hint::black_box(work())).0
}

fn cpu_time() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime)
        .try_into()
        .unwrap_or_default()
}

/// A number from the command line, `--records 500`, or what is usual.
pub(crate) fn size(name: &str, usual: usize) -> usize {
    let mut words = std::env::args().skip_while(|word| *word != format!("--{name}"));
    match (words.next(), words.next()) {
        (None, _) => usual,
        (Some(_), number) => number
            .and_then(|number| number.parse().ok())
            .filter(|number| *number > 0)
            .unwrap_or_else(|| panic!("say --{name} and a number above 0")),
    }
}

/// Does work and floor in turns and prints what each took, and the ratio of their medians.
pub(crate) fn compare(
    (rounds, at_most): (usize, Option<f64>),
    (work, mut does): (&str, impl FnMut() -> Spent),
    (floor, mut least): (&str, impl FnMut() -> Spent),
) {
    let (mut above, mut below) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        // Neither is always the one that finds the caches warm.
        if round % 2 == 0 {
            below.push(least());
            above.push(does());
        } else {
            above.push(does());
            below.push(least());
        }
    }
    println!("{rounds} rounds; least, median and most");
    let (above, below) = (line(work, &above), line(floor, &below));
    let elapsed = above.0 / below.0;
    let verdict = match at_most {
        None => "no goal".to_owned(),
        Some(goal) if elapsed <= goal => format!("goal at most {goal}: met"),
        Some(goal) => format!("goal at most {goal}: missed"),
    };
    let cpu = above.1 / below.1;
    println!("  ratio: {elapsed:.2} elapsed, {cpu:.2} CPU; {verdict}\n");
}

/// Prints one line; the medians, elapsed and CPU.
fn line(name: &str, all: &[Spent]) -> (f64, f64) {
    let elapsed = spread(all.iter().map(|one| one.elapsed));
    let cpu = spread(all.iter().map(|one| one.cpu));
    println!("  {name}: elapsed {}, CPU {}", told(elapsed), told(cpu));
    (elapsed[1], cpu[1])
}

/// Least, median and most, in seconds.
fn spread(all: impl Iterator<Item = Duration>) -> [f64; 3] {
    let mut all: Vec<f64> = all.map(|one| one.as_secs_f64()).collect();
    all.sort_by(f64::total_cmp);
    [all[0], all[all.len() / 2], all[all.len() - 1]]
}

fn told(spread: [f64; 3]) -> String {
    let [least, median, most] = spread.map(|seconds| format!("{:.1}", seconds * 1e3));
    format!("{least} {median} {most} ms")
}
