"""Takes one layer off a trustees' share with stock age, as a person would who has a sheet and nothing else.

  peel.py SHEET FILE OUT

Reads the passphrase from the SHEET's text and types it at the terminal age asks on. Ends as age ends.
"""

import os
import pty
import sys


def passphrase(sheet):
    """The words below the title, as the sheet says to type them: on one line, one space between two."""
    with open(sheet, encoding="utf-8") as file:
        below = file.read().split("YOUR PASSPHRASE\n", 1)[1]
    words = []
    for line in below.splitlines():
        if not line.startswith("    "):
            break
        words += line.split()
    return " ".join(words)


def main():
    sheet, file, out = sys.argv[1:]
    words = passphrase(sheet)
    child, terminal = pty.fork()
    if child == 0:
        os.execvp("age", ["age", "-d", "-o", out, file])
    seen = b""
    while True:
        try:
            read = os.read(terminal, 4096)
        except OSError:  # Linux: the other end is closed
            read = b""
        if not read:
            break
        seen += read
        if b"passphrase" in seen.lower() and words:
            os.write(terminal, words.encode() + b"\n")
            words = ""
    _, status = os.waitpid(child, 0)
    sys.stderr.write(seen.decode("utf-8", "replace"))
    sys.exit(os.waitstatus_to_exitcode(status))


main()
