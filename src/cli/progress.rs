//! The moving bar of long work, on stderr: bytes or per cent, never numbers of records.

use std::io;
use std::io::Read;

use indicatif::ProgressBar;
use indicatif::ProgressDrawTarget;
use indicatif::ProgressStyle;

use crate::cli::out::Out;

/// A bar, or nothing where nobody would see it.
#[derive(Debug, Clone)]
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// Counts bytes up to `total`.
    pub(crate) fn bytes(out: &Out, what: &str, total: u64) -> Self {
        Self::new(
            out,
            what,
            total,
            "{msg} [{bar:30}] {bytes} of {total_bytes}",
        )
    }

    /// Counts per cent.
    pub(crate) fn per_cent(out: &Out, what: &str) -> Self {
        Self::new(out, what, 100, "{msg} [{bar:30}] {percent} %")
    }

    /// Shows nothing.
    pub(crate) fn hidden() -> Self {
        Self(ProgressBar::hidden())
    }

    fn new(out: &Out, what: &str, total: u64, template: &str) -> Self {
        if !out.may_draw() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("=> ");
        bar.set_style(style);
        bar.set_message(crate::cli::out::shown(what));
        // Something is seen from the start, also where the first step is the longest.
        bar.tick();
        Self(bar)
    }

    /// `part` of `whole` is done.
    pub(crate) fn share(&self, part: usize, whole: usize) {
        let per_cent = part.saturating_mul(100) / whole.max(1);
        self.0.set_position(u64::try_from(per_cent).unwrap_or(100));
    }

    /// `done` of `whole` bytes are done.
    pub(crate) fn at(&self, done: u64, whole: u64) {
        self.0.set_length(whole);
        self.0.set_position(done);
    }

    /// Counts what is read through it.
    pub(crate) fn reader(&self, inner: impl Read + 'static) -> Box<dyn Read> {
        Box::new(Counted {
            bar: self.0.clone(),
            inner,
        })
    }

    /// Takes the bar off the screen.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

struct Counted<R> {
    bar: ProgressBar,
    inner: R,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bar.inc(read as u64);
        Ok(read)
    }
}
