//! The terminal itself: lines shown and typed, whatever stdin and stdout are.

use std::fs::File;
use std::io;
use std::io::BufRead as _;
use std::io::Read as _;
use std::io::Write as _;

use zeroize::Zeroizing;

/// What a terminal hands over of one line at most; it throws the rest away without a word (termios(3)).
pub(crate) const LINE_BYTES: usize = 4095;

/// A line typed without echo; `None` where there is no terminal or the person stopped.
pub(crate) fn hidden(prompt: &str) -> Option<Zeroizing<String>> {
    rpassword::prompt_password(prompt).ok().map(Zeroizing::new)
}

/// Shows a line.
pub(crate) fn tell(line: &str) -> io::Result<()> {
    let mut terminal = File::options().write(true).open("/dev/tty")?;
    terminal.write_all(format!("{line}\n").as_bytes())
}

/// The line typed after a prompt.
pub(crate) fn line(prompt: &str) -> io::Result<String> {
    let mut terminal = File::options().read(true).write(true).open("/dev/tty")?;
    terminal.write_all(prompt.as_bytes())?;
    let mut line = String::new();
    io::BufReader::new(terminal)
        .take(LINE_BYTES as u64 + 1)
        .read_line(&mut line)?;
    Ok(line)
}

/// A line without its end.
pub(crate) fn without_newline(text: &str) -> &str {
    let line = text.strip_suffix('\n').unwrap_or(text);
    line.strip_suffix('\r')
        .filter(|_| line.len() < text.len())
        .unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_newline_is_dropped_and_no_more() {
        assert_eq!(without_newline("a b\n"), "a b");
        assert_eq!(without_newline("a b\r\n"), "a b");
        assert_eq!(without_newline("a b\n\n"), "a b\n");
        assert_eq!(without_newline("a b "), "a b ");
        assert_eq!(without_newline("a b\r"), "a b\r");
    }
}
