#!/usr/bin/env python3
"""Reads a Strongroom vault without any of Strongroom's own code.

Needs Python 3.8 or later (standard library only), the program `age`, and `openssl`, which checks signatures.
Written from docs/format.md. How to use it after a machine is lost: docs/runbooks/lost-machine.md.

  recover.py self-test [FOLDER]             checks the ciphers, also with the age vectors in FOLDER
  recover.py keys     VAULT OUT ..          writes the keeper's keys into the new folder OUT (from two escrow shares)
  recover.py list     VAULT ..              what the vault holds
  recover.py open     VAULT RECORD OUT ..   one record, into the new folder OUT/RECORD
  recover.py all      VAULT OUT ..          every record, cases.json and people.json, into the new folder OUT
  recover.py identity VAULT HANDLE OUT ..   somebody's sealed keys, which `age -d` opens with their passphrase

  ..  --keys FOLDER                 the keys' folder, or
      --share FILE --share FILE     the escrow shares of two places;
      --identity FILE               what two trustees peeled with age, or somebody's opened identity; - is stdin
      --root FINGERPRINT            the root's fingerprint, as the induction card prints it: insist on it

Exit codes: 0 good, 1 cannot run, 2 usage, 4 damaged, altered, or not opened by these keys.
"""

import argparse
import os
import sys

from ciphers import Wrong
from records import People, Records, identity_in
from vaultfiles import ACCOUNT, UNIT, Keys, Vault, b64url, check_note


def arguments():
    parser = argparse.ArgumentParser(description="Reads a vault without Strongroom.", allow_abbrev=False)
    acts = parser.add_subparsers(dest="act", required=True)
    acts.add_parser("self-test").add_argument("folder", nargs="?")
    for act, places in (
        ("keys", ["out"]),
        ("list", []),
        ("open", ["record", "out"]),
        ("all", ["out"]),
        ("identity", ["handle", "out"]),
    ):
        one = acts.add_parser(act)
        one.add_argument("vault")
        for place in places:
            one.add_argument(place)
        one.add_argument("--keys")
        one.add_argument("--share", action="append", default=[])
        one.add_argument("--identity", required=act != "identity")
        one.add_argument("--root")
    return parser, parser.parse_args()


def read_identity(path):
    if not path:
        return None
    if path == "-":
        return identity_in(sys.stdin.read())
    with open(path, encoding="utf-8") as file:
        return identity_in(file.read())


def open_vault(options, identity):
    if options.keys:
        keys = Keys.folder(options.keys, options.vault)
    else:
        keys = Keys.escrow(options.share, identity)
    return Vault(options.vault, keys)


def check(vault, people, root):
    """Says what the vault is and what of it is checked."""
    if root and root.replace(" ", "").lower() != people.fingerprint().replace(" ", ""):
        raise Wrong("the root key's fingerprint is\n  %s\nand not the one given" % people.fingerprint())
    if vault.checkpoint and not check_note(vault.checkpoint, people.log):
        raise Wrong("the newest checkpoint is not signed by the ledger's key")
    say("vault %s, generation %d, %d entries; frames, rows, tree and checkpoint fit together"
        % (vault.id, vault.generation, vault.leaves))
    if not vault.from_start:
        say("the journal does not begin with the first entry, so the older entries were not checked")
    for note in vault.notes:
        say(note)
    if root:
        say("the root key is the one given")
    else:
        say("root key %s\n  compare it with the induction card" % people.fingerprint())


def say(text):
    print(text, file=sys.stderr)


def act(options):
    identity = read_identity(options.identity)
    vault = open_vault(options, identity)
    check(vault, People(vault), options.root)
    if options.act == "keys":
        return write_keys(vault, options.out)
    if options.act == "identity":
        return write_identity(vault, options.handle, options.out)
    records = Records(vault, identity)
    found = records.facts()
    if options.act == "list":
        return list_all(records, found)
    if options.act == "open":
        found = [facts for facts in found if facts["id"] == options.record]
        if not found:
            raise Wrong("the vault has no record %s" % options.record)
    else:
        records.write_around(options.out)
    return write_all(records, found, options.out)


def write_keys(vault, out):
    os.makedirs(out, mode=0o700)
    for name, text in vault.keys.texts.items():
        descriptor = os.open(os.path.join(out, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
    say("the keys are in %s" % out)
    return 0


def write_identity(vault, handle, out):
    for raw in vault.of_kind("account"):
        unit = (UNIT["account"], raw)
        facts = vault.facts(unit, ACCOUNT)
        sealed = vault.facts(unit, ACCOUNT, b"identity")
        if facts and facts["handle"] == handle and sealed:
            with open(out, "xb") as file:
                file.write(b64url(sealed))
            say("open it with: age -d -o identity.txt %s" % out)
            return 0
    raise Wrong("nobody with the handle %r has keys here" % handle)


def list_all(records, found):
    failed = 0
    for facts in found:
        try:
            title = records.title(facts)
        except Wrong as wrong:
            title, failed = "NOT OPENED: %s" % wrong, failed + 1
        print(facts["id"], facts["kind"], facts["case"] or "-", "v%d" % facts["versions"], title)
    say("%d of %d records opened" % (len(found) - failed, len(found)))
    return 4 if failed else 0


def write_all(records, found, out):
    failed = 0
    for facts in found:
        try:
            count = records.write(facts, out)
            print(facts["id"], facts["kind"], "%d files" % count)
        except Wrong as wrong:
            print(facts["id"], facts["kind"], "NOT OPENED: %s" % wrong)
            failed += 1
    say("%d of %d records opened" % (len(found) - failed, len(found)))
    return 4 if failed else 0


def main():
    parser, options = arguments()
    os.umask(0o077)
    if options.act == "self-test":
        import selftest

        return selftest.run(options.folder)
    if bool(options.keys) == bool(options.share) or len(options.share) not in (0, 2):
        parser.error("give --keys FOLDER, or --share FILE twice")
    if options.share and not options.identity:
        parser.error("the shares open with --identity FILE")
    try:
        return act(options)
    except Wrong as wrong:
        say("recover.py: %s" % wrong)
        return 4
    except FileExistsError as error:
        say("recover.py: %s is already there; give the name of something new" % error.filename)
        return 1
    except OSError as error:
        say("recover.py: %s: %s" % (error.filename, error.strerror))
        return 1
    except (KeyError, IndexError, ValueError, TypeError) as error:
        say("recover.py: a file of the vault is not as docs/format.md says (%r)" % error)
        return 4


if __name__ == "__main__":
    sys.exit(main())
