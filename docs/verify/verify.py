#!/usr/bin/env python3
"""Checks a Strongroom ledger without any of Strongroom's own code.

Needs Python 3.8 or later (standard library only) and the `openssl` command, which checks the signatures.
Written from the public specifications, not from the program it checks:

  RFC 6962 section 2.1         the Merkle tree
  c2sp.org/signed-note         signatures        c2sp.org/tlog-checkpoint   what is signed
  c2sp.org/tlog-tiles          the directory     c2sp.org/tlog-proof        an entry's proof
  RFC 2104, RFC 8785           commitments, and the one spelling of an entry (docs/format.md)

Exit codes: 0 good, 4 damaged or altered, 6 two histories, 7 the history went back, 2 usage, 1 cannot run.
"""

import argparse
import base64
import binascii
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone

GOOD, CANNOT_RUN, DAMAGED, FORK, WENT_BACK = 0, 1, 4, 6, 7
VERDICTS = {GOOD: "good", DAMAGED: "damaged or altered", FORK: "two histories", WENT_BACK: "went back"}
WIDTH = 256
ENOUGH = 1000  # findings after which looking further says nothing new
EVENTS = set(
    "genesis enrol store amend read list search refuse grant end member rekey propose approve check "
    "release export print hold unhold move dispose destroyed turn breakglass login admin import backup "
    "sar clock rotate prune restore".split()
)
OUTCOMES = set(
    "ok denied unknown expired revoked suspended stale waiting held bad-auth rate aborted".split()
)


class Wrong(Exception):
    """Something is not as it must be; says what."""


class Enough(Exception):
    """There are so many findings that the check stops."""


class Findings:
    """What is wrong, and what that makes the whole."""

    def __init__(self):
        self.code = GOOD
        self.lines = []

    def add(self, text, code=DAMAGED):
        # Two histories weigh more than one that went back, and that more than damage.
        weight = [GOOD, DAMAGED, WENT_BACK, FORK]
        self.code = max(self.code, code, key=weight.index)
        self.lines.append(text)
        if len(self.lines) >= ENOUGH:
            raise Enough


# --- signed notes and checkpoints -------------------------------------------------------------------


def b64(text):
    """The bytes of standard base64 in its one spelling."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Wrong("not base64")
    if base64.b64encode(raw).decode() != text:
        raise Wrong("not base64")
    return raw


def b64url(text, length):
    """The bytes of base64url without padding in its one spelling, if they are that many."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    spelled = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return raw if spelled == text and len(raw) == length else None


def ed25519(key, message, signature):
    """Whether the signature is this key's over this message."""
    der = bytes.fromhex("302a300506032b6570032100") + key
    with tempfile.TemporaryDirectory() as place:
        paths = [os.path.join(place, name) for name in ("key", "message", "signature")]
        for path, data in zip(paths, (der, message, signature)):
            with open(path, "wb") as file:
                file.write(data)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin"]
        command += ["-inkey", paths[0], "-in", paths[1], "-sigfile", paths[2]]
        return subprocess.run(command, capture_output=True).returncode == 0


class Key:
    """A ledger's public key: name+id+base64(1, key)."""

    def __init__(self, text):
        parts = text.strip().split("+", 2)
        if len(parts) != 3 or not parts[0] or not re.fullmatch("[0-9a-f]{8}", parts[1]):
            raise Wrong("not a ledger's key (name+id+key)")
        raw = b64(parts[2])
        if len(raw) != 33 or raw[0] != 1:
            raise Wrong("not an Ed25519 key")
        self.name, self.id, self.raw = parts[0], bytes.fromhex(parts[1]), raw[1:]
        if hashlib.sha256(self.name.encode() + b"\n" + raw).digest()[:4] != self.id:
            raise Wrong("the key's id does not belong to it: a letter may be mistyped")

    def verifies(self, message, signature):
        return ed25519(self.raw, message, signature)


class Checkpoint:
    """A signed note that says: this ledger, this many entries, this root."""

    def __init__(self, note, key):
        try:
            text = note.decode("utf-8")
        except UnicodeDecodeError:
            raise Wrong("not a signed note")
        if any(c < " " and c != "\n" for c in text) or not text.endswith("\n"):
            raise Wrong("not a signed note")
        body, blank, signatures = text.rpartition("\n\n")
        if not blank or not signatures:
            raise Wrong("not a signed note")
        body += "\n"
        signed = False
        for line in signatures[:-1].split("\n"):
            match = re.fullmatch("\u2014 ([^ +]+) ([A-Za-z0-9+/=]+)", line)
            if not match:
                raise Wrong("not a signed note")
            raw = b64(match.group(2))
            if match.group(1) == key.name and raw[:4] == key.id:
                if len(raw) != 68 or not key.verifies(body.encode(), raw[4:]):
                    raise Wrong("the signature is wrong")
                signed = True
        if not signed:
            raise Wrong("signed by no key that is known here")
        lines = body.split("\n")
        if len(lines) != 4 or not re.fullmatch("0|[1-9][0-9]*", lines[1]):
            raise Wrong("the signed text is not a checkpoint")
        self.origin, self.size, self.root = lines[0], int(lines[1]), b64(lines[2])
        if self.origin != key.name:
            raise Wrong("the checkpoint is another ledger's")
        if len(self.root) != 32 or self.size >= 1 << 64:
            raise Wrong("the signed text is not a checkpoint")
        if self.size == 0 and self.root != hashlib.sha256(b"").digest():
            raise Wrong("the signed text is not a checkpoint")


# --- the tree ---------------------------------------------------------------------------------------


def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def tree_root(hashes):
    """The root over hashes that are all of one level."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    while len(hashes) > 1:
        above = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]
        if len(hashes) % 2:
            above.append(hashes[-1])
        hashes = above
    return hashes[0]


def proven_root(leaf, index, size, path):
    """The root that an inclusion path leads to (RFC 9162 section 2.1.3.2)."""
    if index >= size:
        raise Wrong("the entry is not in the signed ledger")
    place, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise Wrong("the entry is not in the signed ledger")
        if place & 1 or place == last:
            root = node_hash(sibling, root)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise Wrong("the entry is not in the signed ledger")
    return root


# --- the directory ----------------------------------------------------------------------------------


def number(n):
    parts = ["%03d" % (n % 1000)]
    while n >= 1000:
        n //= 1000
        parts.insert(0, "x%03d" % (n % 1000))
    return "/".join(parts)


class Directory:
    """A ledger's static files, read and believed nothing of."""

    def __init__(self, path):
        self.path = path

    def file(self, name):
        try:
            with open(os.path.join(self.path, name), "rb") as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def names(self, folder):
        path = os.path.join(self.path, folder)
        return sorted(os.listdir(path)) if os.path.isdir(path) else []

    def tile(self, row, n, width, split):
        """The first `width` items of a tile: from its own file, or from the tile that it became."""
        full = "tile/%s/%s" % (row, number(n))
        for name, holds in ((full + ".p/%d" % width, width), (full, WIDTH)):
            if holds == WIDTH:
                name = full
            data = self.file(name)
            if data is not None:
                items = split(data)
                if items is None or len(items) != holds:
                    raise Wrong("has the wrong length")
                return items[:width]
        return None


def tile_name(row, n, width):
    return "tile/%s/%s%s" % (row, number(n), "" if width == WIDTH else ".p/%d" % width)


def split_hashes(data):
    if len(data) % 32:
        return None
    return [data[i : i + 32] for i in range(0, len(data), 32)]


def split_entries(data):
    entries, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        entry = data[at + 2 : at + 2 + length]
        if at + 2 > len(data) or len(entry) != length:
            return None
        entries.append(entry)
        at += 2 + length
    return entries


def widths(length):
    """How wide each tile of a row of `length` items is."""
    n = 0
    while n * WIDTH < length:
        yield n, min(WIDTH, length - n * WIDTH)
        n += 1


# --- entries ----------------------------------------------------------------------------------------


def read_entry(raw):
    """The fields of an entry; None for a format of which only the place in the tree can be checked."""
    if len(raw) > 512:
        raise Wrong("longer than 512 bytes")
    other = re.search(rb',"v":"([a-z0-9]{1,8})"\}\Z', raw)
    if other and other.group(1) != b"cv1":
        return None
    try:
        pairs = json.loads(raw.decode("ascii"), object_pairs_hook=list)
    except ValueError:
        raise Wrong("not in its one spelling")
    wanted = ["actor", "commit", "event", "frame", "index", "outcome", "record", "time", "v"]
    if not isinstance(pairs, list) or any(not isinstance(pair, tuple) for pair in pairs):
        raise Wrong("not in its one spelling")
    names = [name for name, _ in pairs]
    for name in wanted:
        if names.count(name) != 1:
            raise Wrong("field `%s` is not as it should be" % name)
    entry = dict(pairs)
    small = 1 << 53
    is_integer = lambda value: type(value) is int and 0 <= value <= small
    is_bytes = lambda value, length: type(value) is str and b64url(value, length) is not None
    fits = {
        "actor": is_bytes(entry["actor"], 16),
        "commit": is_bytes(entry["commit"], 32),
        "event": type(entry["event"]) is str and entry["event"] in EVENTS,
        "frame": entry["frame"] == "" or is_bytes(entry["frame"], 32),
        "index": is_integer(entry["index"]),
        "outcome": type(entry["outcome"]) is str and entry["outcome"] in OUTCOMES,
        "record": is_bytes(entry["record"], 32),
        "time": is_integer(entry["time"]),
        "v": entry["v"] == "cv1",
    }
    for name in wanted:
        if not fits[name]:
            raise Wrong("field `%s` is not as it should be" % name)
    if names != wanted or json.dumps(entry, separators=(",", ":")).encode() != raw:
        raise Wrong("not in its one spelling")
    return entry


def keyed(key, label, data):
    value = hmac.new(key, label + data, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def read_opening(data):
    """Salt and detail from {"detail":..,"salt":..}."""
    try:
        opening = json.loads(data)
        salt, detail = b64url(opening["salt"], 32), opening["detail"].encode()
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Wrong("not an opening")
    if salt is None or set(opening) != {"salt", "detail"}:
        raise Wrong("not an opening")
    return salt, detail


def opens(opening, entry):
    salt, detail = opening
    return keyed(salt, b"cv1:detail", detail) == entry["commit"]


def moment(ms):
    when = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=ms)
    return when.strftime("%Y-%m-%dT%H:%M:%S") + ".%03dZ" % (ms % 1000)


def shown(entry):
    return "%d %s %s %s %s" % (
        entry["index"],
        moment(entry["time"]),
        entry["event"],
        entry["outcome"],
        entry["actor"],
    )


# --- checking a directory ---------------------------------------------------------------------------


class Check:
    """One directory. Hash tiles are followed from the signed root down; entries are held against them."""

    def __init__(self, directory, key, found, entries_from=0):
        self.directory, self.key, self.found = directory, key, found
        self.ledgers = Ledgers.of(directory, key, found)
        self.entries_from = entries_from
        self.entries = []  # (index, fields) of those that could be read
        self.read, self.unknown, self.confirmed, self.opened = 0, 0, 0, 0
        self.checkpoint = None
        self.roots = {}  # of full level-0 tiles, where the signature vouches for them

    def run(self, remembered):
        note = self.directory.file("checkpoint")
        if note is None:
            self.found.add("there is no checkpoint")
            return
        try:
            self.checkpoint = Checkpoint(note, self.key)
        except Wrong as wrong:
            self.found.add("checkpoint: %s" % wrong)
            return
        others = [other for other in self.kept() + remembered if not self.goes_back(*other)]
        tiles = self.load_tiles()
        leaves = self.follow(tiles)
        self.check_entries(leaves)
        self.check_openings()
        if leaves is not None and sum(map(len, leaves.values())) == self.checkpoint.size:
            self.compare(others, leaves)

    def kept(self):
        kept = []
        for name in self.directory.names("checkpoints"):
            name = "checkpoints/" + name
            try:
                kept.append((name, self.ledgers.checkpoint(self.directory.file(name), name)))
            except Wrong as wrong:
                self.found.add("%s: %s" % (name, wrong))
        return kept

    def goes_back(self, by, other):
        """What can be told without the tree."""
        if other.size > self.checkpoint.size:
            words = "%s: the ledger went back: %d entries were seen before, now it has %d"
            self.found.add(words % (by, other.size, self.checkpoint.size), WENT_BACK)
            return True
        if other.size == self.checkpoint.size and other.root != self.checkpoint.root:
            self.forks(by, other)
            return True
        return False

    def forks(self, by, other):
        words = "%s: two histories: the ledger of %d entries does not continue the %d seen before"
        self.found.add(words % (by, self.checkpoint.size, other.size), FORK)

    def load_tiles(self):
        """Every hash tile that the size calls for: {(level, n): hashes}, without missing ones."""
        tiles, length, level = {}, self.checkpoint.size, 0
        while length:
            for n, width in widths(length):
                name = tile_name(level, n, width)
                try:
                    hashes = self.directory.tile(level, n, width, split_hashes)
                    if hashes is None:
                        raise Wrong("is missing")
                    tiles[level, n] = hashes
                except Wrong as wrong:
                    self.found.add("%s %s" % (name, wrong))
            length, level = length // WIDTH, level + 1
        return tiles

    def edge_root(self, tiles):
        """The root from the tiles at the right edge: those that are not full."""
        peaks, length, level = [], self.checkpoint.size, 0
        while length:
            if length % WIDTH:
                hashes = tiles.get((level, length // WIDTH))
                if hashes is None:
                    return None
                peaks.append((level, hashes))
            length, level = length // WIDTH, level + 1
        # From the right: what is smaller is the right-hand side of what is larger.
        root = None
        for level, hashes in peaks:
            rest = list(hashes)
            while rest:
                # The largest complete subtrees within the tile, the last of them first.
                width = len(rest) & -len(rest)
                subtree = tree_root(rest[-width:])
                root = subtree if root is None else node_hash(subtree, root)
                del rest[-width:]
        return hashlib.sha256(b"").digest() if root is None else root

    def follow(self, tiles):
        """The tiles that the signature vouches for, as {n: hashes} of level 0; None if none can be told."""
        if self.edge_root(tiles) != self.checkpoint.root:
            return self.rebuild(tiles)
        top, length = 0, self.checkpoint.size
        while length >= WIDTH:
            length, top = length // WIDTH, top + 1
        vouched = {}
        for level in range(top, -1, -1):
            below, good = {}, {}
            for n, width in widths(self.checkpoint.size // WIDTH**level):
                hashes = tiles.get((level, n))
                if hashes is None or (width == WIDTH and n not in vouched):
                    continue
                if width == WIDTH and tree_root(hashes) != vouched[n]:
                    self.found.add("%s is not what was signed" % tile_name(level, n, width))
                    continue
                good[n] = hashes
                below.update(zip(range(n * WIDTH, n * WIDTH + width), hashes))
            if level == 0:
                self.roots = vouched
                return good
            vouched = below
        return {}

    def rebuild(self, tiles):
        """The right edge is wrong: either a tile of it (the entries still lead to the root), or all."""
        hashes = []
        for n, width in widths(self.checkpoint.size):
            entries = self.bundle(n, width)
            if entries is None:
                entries = []
            hashes += [leaf_hash(entry) for entry in entries]
        if tree_root(hashes) != self.checkpoint.root or len(hashes) != self.checkpoint.size:
            self.found.add("entries and tiles do not lead to the signed root")
            return None
        leaves = {n: hashes[n * WIDTH : n * WIDTH + w] for n, w in widths(len(hashes))}
        level = 0
        while hashes:
            for n, width in widths(len(hashes)):
                stored = tiles.get((level, n))
                if stored is not None and stored != hashes[n * WIDTH : n * WIDTH + width]:
                    self.found.add("%s is not what was signed" % tile_name(level, n, width))
            full = range(len(hashes) // WIDTH)
            hashes = [tree_root(hashes[n * WIDTH : (n + 1) * WIDTH]) for n in full]
            level += 1
        return leaves

    def bundle(self, n, width):
        try:
            return self.directory.tile("entries", n, width, split_entries)
        except Wrong:
            return None

    def check_entries(self, leaves):
        size, last = self.checkpoint.size, None
        for n, width in widths(size):
            name = tile_name("entries", n, width)
            try:
                entries = self.directory.tile("entries", n, width, split_entries)
            except Wrong as wrong:
                self.found.add("%s %s" % (name, wrong))
                continue
            if entries is None:
                may_miss = (n + 1) * WIDTH <= self.entries_from or self.entries_from >= size
                if not may_miss:
                    self.found.add("%s is missing" % name)
                continue
            signed = (leaves or {}).get(n)
            if signed is None and leaves is not None and n in self.roots:
                if tree_root([leaf_hash(entry) for entry in entries]) != self.roots[n]:
                    self.found.add("%s is not what was signed" % name)
            for index, entry in enumerate(entries, n * WIDTH):
                if signed is not None and leaf_hash(entry) != signed[index - n * WIDTH]:
                    self.found.add("entry %d is not what was signed" % index)
                last = self.check_entry(index, entry, last)

    def check_entry(self, index, raw, last):
        self.read += 1
        try:
            entry = read_entry(raw)
        except Wrong as wrong:
            self.found.add("entry %d: %s" % (index, wrong))
            return last
        if entry is None:
            self.unknown += 1
            return last
        if entry["index"] != index:
            self.found.add("entry %d says it is entry %d" % (index, entry["index"]))
        if last is not None and entry["time"] < last:
            self.found.add("entry %d is earlier than the entry before it" % index)
        self.entries.append((index, entry))
        return entry["time"]

    def check_openings(self):
        entries = None
        for name in self.directory.names("admin"):
            entries = dict(self.entries) if entries is None else entries
            match = re.fullmatch(r"(0|[1-9][0-9]*)\.json", name)
            name = "admin/" + name
            try:
                opening = read_opening(self.directory.file(name))
                entry = entries.get(int(match.group(1))) if match else None
                if not match or (entry is not None and not opens(opening, entry)):
                    raise Wrong("not its entry's")
                self.opened += entry is not None
            except Wrong:
                self.found.add("%s is not the opening of its entry" % name)

    def compare(self, others, leaves):
        """Whether each checkpoint kept elsewhere is one of this ledger's past."""
        hashes = [h for n in range(len(leaves)) for h in leaves[n]]
        wanted = {other.size for _, other in others}
        roots, peaks = {}, []  # peaks: (entries below, root), largest first
        if 0 in wanted:
            roots[0] = hashlib.sha256(b"").digest()
        for at, root in enumerate(hashes, 1):
            count = 1
            while peaks and peaks[-1][0] == count:
                root, count = node_hash(peaks.pop()[1], root), count * 2
            peaks.append((count, root))
            if at in wanted:
                root = peaks[-1][1]
                for _, left in reversed(peaks[:-1]):
                    root = node_hash(left, root)
                roots[at] = root
        for by, other in others:
            if roots.get(other.size) == other.root:
                self.confirmed += 1
            else:
                self.forks(by, other)


# --- a grant's statement ----------------------------------------------------------------------------

SIGNED = b"strongroom-statement-v1\n"
SECOND_PERSONS = {"coordinator", "safeguarding-lead", "data-protection-lead", "trustee"}
SHOWINGS = {
    "read-record", "read-attachment", "list-records", "find-records", "search-text", "list-cases", "show-case",
}
GIVING = {"grant-case", "grant-record"}
NOBODY = base64.urlsafe_b64encode(bytes(16)).decode().rstrip("=")


def spelled(value):
    """RFC 8785, for what statements hold: objects, lists, strings and integers."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Statement:
    """Somebody's signed words."""

    def __init__(self, text):
        try:
            value = json.loads(text)
            fields = set(value)
        except (ValueError, TypeError):
            raise Wrong("not a signed statement")
        if fields != {"at", "body", "by", "kind", "sig", "v", "vault"} or spelled(value) != text:
            raise Wrong("not a signed statement in its one spelling")
        signature = value.pop("sig")
        self.signature = b64url(signature, 64) if type(signature) is str else None
        self.message = SIGNED + spelled(value).encode()
        self.value = value
        self.digest = hashlib.sha256(text.encode()).hexdigest()
        self.kind, self.by, self.at = value["kind"], value["by"], value["at"]
        self.vault, self.body = value["vault"], value["body"]
        if self.signature is None or type(self.body) is not dict:
            raise Wrong("not a signed statement")

    def signed_with(self, key):
        raw = b64url(key, 32) if type(key) is str else None
        return raw is not None and ed25519(raw, self.message, self.signature)


    def proven_with(self, key):
        """Whether a second key carries it too, by the signature in the body's `proof`."""
        body = dict(self.body)
        proof, raw = body.pop("proof", None), b64url(key, 32) if type(key) is str else None
        proof = b64url(proof, 64) if type(proof) is str else None
        message = b"strongroom-proof-v1\n" + spelled(dict(self.value, body=body)).encode()
        return raw is not None and proof is not None and ed25519(raw, message, proof)


class Ledgers:
    """The ledgers before this one. Where entries were lost for good, the root key says which ledger goes on with
    what was recovered of another (docs/format.md, "Ledgers")."""

    def __init__(self, texts, key, root):
        self.key, self.root, self.said, self.lost = key, root, [], []
        for number, text in enumerate(texts, 1):
            one = Statement(text)
            if one.kind != "succeed" or one.by != "root" or not one.signed_with(root):
                raise Wrong("the root key did not sign that a ledger took another's place")
            if one.body["number"] != number or (self.said and one.body["replaces"] != self.said[-1]["ledger"]):
                raise Wrong("the ledgers do not follow one another")
            self.said.append(one.body)
        if self.said and Key(self.said[-1]["ledger"]).raw != key.raw:
            raise Wrong("the ledgers named there do not lead to the key given here")

    @staticmethod
    def of(directory, key, found):
        """As the directory says; its genesis entry, which names the root key, is checked with the others."""
        text = directory.file("succession")
        if text is None:
            return Ledgers([], key, None)
        try:
            genesis = json.loads(read_opening(directory.file("admin/0.json"))[1].decode())["ask"]
            return Ledgers(text.decode("utf-8").splitlines(), key, genesis["root"])
        except (Wrong, KeyError, TypeError, ValueError) as wrong:
            found.add("succession: %s" % (wrong if isinstance(wrong, Wrong) else "not what it should be"))
            return Ledgers([], key, None)

    def first(self):
        """The key of the vault's first ledger."""
        return Key(self.said[0]["replaces"]) if self.said else self.key

    def checkpoint(self, note, by):
        """A checkpoint of this ledger or of one before it; of those, as much as was recovered."""
        for at, said in enumerate(self.said):
            try:
                old = Checkpoint(note, Key(said["replaces"]))
            except Wrong:
                continue
            for later in self.said[at:]:
                if old.size > later["size"]:
                    self.lost.append((by, old.size - later["size"], later["size"]))
                    old.size, old.root = later["size"], b64(later["root"])
            return old
        return Checkpoint(note, self.key)


class People:
    """Who is vouched for, from the root key down, and since when one person may act alone."""

    def __init__(self, genesis, statements):
        self.vault, self.root = genesis.vault, genesis.body.get("root")
        self.roles, self.had, self.keys, self.handles = {}, {}, {}, {}
        self.modes = [(0, genesis.body.get("two_person"))]
        self.invited, self.statements = [], statements
        waiting = [one for one in statements if one.kind in ("invite", "enrol", "succeed", "role")]
        while True:
            left, known = [one for one in waiting if not self.take_in(one)], len(self.modes)
            self.follow_modes()
            if len(left) == len(waiting) and len(self.modes) == known:
                break
            waiting = left

    def follow_modes(self):
        modes = self.modes[:1]
        for policy in (one for one in self.statements if one.kind == "policy"):
            for approval in self.statements:
                proposer = self.signed(policy, {"coordinator", "trustee"})
                if proposer and self.agrees(approval, policy):
                    modes.append((approval.at, policy.body.get("two_person")))
        self.modes = modes

    def take_in(self, one):
        user, role, key = (one.body.get(name) for name in ("user", "role", "verifying"))
        if one.vault != self.vault:
            return False
        if one.kind == "enrol" and user not in self.roles and "reissue" not in one.body:
            root = one.by == "root" and one.signed_with(self.root)
            if not root and not self.signed(one, {"coordinator"}) and not self.took_up(one):
                return False
            self.roles[user], self.keys[user], self.had[user] = role, [key], {role}
            self.handles[user] = one.body.get("handle")
            return True
        if one.kind == "enrol" and self.roles.get(user) == role and self.reissued(one, user):
            self.keys[user] += [key]
            return True
        if one.kind == "succeed" and one.by == user and self.roles.get(user) == role:
            if self.signed(one):
                self.keys[user] += [key] if key not in self.keys[user] else []
                return True
        if one.kind == "invite" and self.signed(one, {"coordinator"}):
            self.invited.append(one.body)
            return True
        if one.kind == "role" and user in self.roles and self.signed(one, {"coordinator"}):
            # What somebody signed does not fall with their role; nobody gives one to themselves.
            if one.by != user and self.roles[user] != "assessor":
                self.had[user] |= set(one.body.get("also", [])) - {"assessor"}
            return True
        return False

    def reissued(self, one, user):
        """Whether two people, neither of them this person, gave them these keys in place of known ones."""
        said = one.body.get("reissue")
        return (
            type(said) is dict
            and said.get("replaces") in self.keys[user]
            and one.by != user
            and self.signed(one, SECOND_PERSONS)
            and any(yes.by != user and self.agrees(yes, one) for yes in self.statements)
        )

    def took_up(self, one):
        """Whether an enrolment takes up an invitation: by its key, in time, and by the new keys too."""
        same = ("user", "handle", "role", "reports_to")
        invited = any(
            one.by == said.get("key")
            and all(one.body.get(name) == said.get(name) for name in same)
            and one.at <= said["expires"]
            for said in self.invited
        )
        return invited and one.signed_with(one.by) and one.proven_with(one.body.get("verifying"))

    def signed(self, one, roles=None):
        """Whether somebody known, of one of these roles, signed it."""
        if one.vault != self.vault or (roles and not roles & self.had.get(one.by, set())):
            return False
        return any(one.signed_with(key) for key in self.keys.get(one.by, []))

    def agrees(self, approval, proposed):
        """Whether it is a second person's signed yes to just that."""
        alone = [mode for since, mode in self.modes if since < approval.at][-1] == "single"
        about = proposed.body.get("reissue") or proposed.body
        return (
            approval.kind == "approve"
            and approval.body.get("digest") == proposed.digest
            and approval.body.get("proposal") == about.get("proposal")
            and (approval.by != proposed.by or alone)
            and self.signed(approval, SECOND_PERSONS)
        )

    def name(self, user):
        return self.handles.get(user, user)


class GrantStatement:
    """One file: the statement, and the evidence it names. Nothing of it is believed before it is checked."""

    def __init__(self, path, key, found):
        self.found, self.key = found, key
        try:
            file = json.loads(read_file(path).decode("utf-8"))
            names = ("closing", "genesis", "statements", "checkpoint", "entries")
            ledgers = file.get("ledgers", [])
            closing, genesis, statements, note, self.evidence = (file[name] for name in names)
            self.closing, self.genesis = Statement(closing), Statement(genesis)
            self.given = Statement(self.closing.body["given"])
            approved = self.closing.body["approved"]
            self.approved = None if approved is None else Statement(approved)
            self.statements = [Statement(text) for text in statements]
            self.ledgers = Ledgers(ledgers, key, self.genesis.body.get("root"))
            self.checkpoint = Checkpoint(note.encode(), key)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Wrong("not a grant's statement")
        self.grant = self.given.body
        self.actors, self.times, self.opened, self.erased = {}, {}, [], []

    def run(self):
        genesis, found = self.genesis, self.found
        if genesis.kind != "genesis" or not genesis.signed_with(genesis.body.get("root")):
            found.add("the vault's founding statement is not signed by its root key")
        try:
            if Key(str(genesis.body.get("log"))).raw != self.ledgers.first().raw:
                raise Wrong("")
        except Wrong:
            found.add("the founding statement names another ledger than the key given here")
        self.people = People(genesis, self.statements)
        self.check_signatures()
        for at, entry in enumerate(self.evidence):
            try:
                self.check_entry(entry)
            except (Wrong, KeyError, TypeError, AttributeError, ValueError) as wrong:
                words = str(wrong) if isinstance(wrong, Wrong) else "not what an entry should be"
                number = entry.get("index", at) if isinstance(entry, dict) else at
                found.add("entry %s: %s" % (number, words))
        self.check_course()
        self.check_closing()

    def check_signatures(self):
        people, found = self.people, self.found
        if self.closing.kind != "closing" or not people.signed(self.closing):
            found.add("the statement is not signed by anybody the vault vouches for")
        if self.given.kind != "grant" or not people.signed(self.given, {"coordinator"}):
            found.add("the grant is not signed by a coordinator")
        if self.grant.get("grant") != self.closing.body.get("grant"):
            found.add("the statement is about another grant")
        self.outside = people.roles.get(self.grant.get("to"), "assessor") == "assessor"
        if self.approved is not None and not people.agrees(self.approved, self.given):
            found.add("the approval is not a second person's signed yes to this grant")

    def check_entry(self, entry):
        raw, index = entry["leaf"].encode("ascii"), entry["index"]
        path = [b64(one) for one in entry["inclusion"]]
        if proven_root(leaf_hash(raw), index, self.checkpoint.size, path) != self.checkpoint.root:
            raise Wrong("it is not in the signed ledger")
        leaf = read_entry(raw)
        if leaf is None or leaf["index"] != index:
            raise Wrong("it says it is another entry")
        if entry["opening"] is None:
            self.erased.append(index)
            return
        opening = read_opening(json.dumps(entry["opening"]))
        if not opens(opening, leaf):
            raise Wrong("its opening is not what the entry commits to")
        detail = json.loads(opening[1].decode())
        ask, keeper = detail["ask"], detail["keeper"]
        if leaf["actor"] == NOBODY:
            self.by_itself(leaf, ask)
        else:
            self.by_somebody(leaf, Statement(spelled(ask)), keeper.get("note") or {})

    def by_itself(self, leaf, said):
        """What the keeper did without anybody."""
        kind = {"grant": "in_force", "end": "ended"}.get(leaf["event"])
        about = said.get(kind, {}).get("grant") if kind else None
        lapsed = said.get("lapsed", {}).get("proposal") if leaf["event"] == "end" else None
        if about != self.grant["grant"] and lapsed != self.grant["proposal"]:
            raise Wrong("it is not about this grant")
        self.times.setdefault(leaf["event"], []).append((leaf["time"], None))

    def by_somebody(self, leaf, ask, note):
        if ask.kind != "ask" or not self.people.signed(ask):
            raise Wrong("the ask in it is not signed by %s" % self.people.name(ask.by))
        if self.actors.setdefault(leaf["actor"], ask.by) != ask.by:
            raise Wrong("it is under the name of somebody else's acts")
        want, grant = ask.body["want"], self.grant
        act, time = want["act"], leaf["time"]
        if act in GIVING and ask.by == self.given.by and note.get("grant") == grant["grant"]:
            named = want.get("case") == grant.get("case") and want["to"] == grant["to"]
            if not named or want.get("records", []) != grant.get("records", []):
                raise Wrong("what was asked for is not what was given")
        elif act == "approve-proposal" and want["proposal"] == grant["proposal"]:
            if self.approved is None or ask.by != self.approved.by:
                raise Wrong("somebody else approved it")
        elif act in ("refuse-proposal", "withdraw-proposal"):
            if want["proposal"] != grant["proposal"]:
                raise Wrong("it is not about this grant")
        elif act == "revoke-grant" and want["grant"] == grant["grant"]:
            pass
        elif act in SHOWINGS and grant["grant"] in [note.get("grant")] + note.get("grants", []):
            self.showing(leaf, ask, want)
        else:
            raise Wrong("it is not about this grant")
        self.times.setdefault(leaf["event"], []).append((time, ask.by))

    def showing(self, leaf, ask, want):
        if ask.by != self.grant["to"]:
            raise Wrong("%s opened it, who was not given this" % self.people.name(ask.by))
        if not self.grant["from"] <= leaf["time"] < self.grant["until"]:
            raise Wrong("it was opened outside the grant's dates")
        record = want.get("record")
        if record is not None and self.grant["records"] and record not in self.grant["records"]:
            raise Wrong("what was opened is not among what was given")
        self.opened.append(
            {"act": want["act"], "index": leaf["index"], "record": record, "time": leaf["time"]}
        )

    def check_course(self):
        """Whether it began, and ended, as grants do."""
        times, found = self.times, self.found
        state = self.closing.body.get("state")
        begun = state in ("active", "ended")
        starts = times.get("grant", [])
        if begun and self.outside and (self.approved is None or "approve" not in times):
            found.add("no second person's approval is in the ledger, and the grant is for an outsider")
        if begun and len(starts) != 1:
            found.add("the ledger does not say when the grant came into force")
        if (state == "ended") != (begun and "end" in times):
            found.add("the ledger does not say that the grant ended as the statement says")
        if "propose" not in times:
            found.add("the ledger does not say that the grant was proposed")
        ends = [time for time, _ in times.get("end", [])]
        for one in self.opened:
            if not starts or one["time"] < starts[0][0] or any(one["time"] > end for end in ends):
                found.add("entry %d: it was opened while the grant was not in force" % one["index"])

    def check_closing(self):
        body, found = self.closing.body, self.found
        leaves = "".join(one["leaf"] + "\n" for one in self.evidence if isinstance(one, dict))
        if body.get("entries") != hashlib.sha256(leaves.encode()).hexdigest():
            found.add("the entries are not those the statement was signed over")
        if body.get("opened") != self.opened:
            found.add("what the statement says was opened is not what the entries say")
        root = base64.b64encode(self.checkpoint.root).decode()
        if (body.get("size"), body.get("root")) != (self.checkpoint.size, root):
            found.add("the signed head is not the one the statement was signed over")

    def report(self):
        people, grant, times = self.people, self.grant, self.times
        print("ledger %s, %d entries" % (self.checkpoint.origin, self.checkpoint.size))
        print("root key %s" % people.root)
        print("grant %s to %s by %s" % (grant["grant"], people.name(grant["to"]), people.name(self.given.by)))
        print("of %s" % (grant.get("case") or " ".join(grant["records"])))
        print("for %s" % json.dumps(grant["purpose"], ensure_ascii=False))
        print("from %s until %s" % (moment(grant["from"]), moment(grant["until"])))
        if self.approved is not None:
            alone = ", alone" if self.approved.by == self.given.by else ""
            print("agreed by %s%s" % (people.name(self.approved.by), alone))
        for event, words in (("grant", "in force"), ("end", "ended")):
            for time, by in times.get(event, []):
                print("%s %s%s" % (words, moment(time), " by " + people.name(by) if by else ""))
        print("opened %d times" % len(self.opened))
        for one in self.opened:
            print("  %d %s %s %s" % (one["index"], moment(one["time"]), one["act"], one["record"] or ""))
        for index in self.erased:
            print("entry %d: what it says was erased; only that it is in the ledger can be checked" % index)


# --- commands ---------------------------------------------------------------------------------------


def read_key(argument):
    """The ledger's key, given as itself or as a file that holds it."""
    if os.path.exists(argument):
        with open(argument, encoding="utf-8") as file:
            argument = file.readline()
    return Key(argument)


def read_file(path):
    with open(path, "rb") as file:
        return file.read()


def checked(args, found):
    """The directory, checked against everything that was given."""
    key = read_key(args.vkey)
    check = Check(Directory(args.directory), key, found, args.entries_from)
    remembered = []
    for path in args.remembered:
        try:
            remembered.append((path, check.ledgers.checkpoint(read_file(path), path)))
        except Wrong as wrong:
            found.add("%s: %s" % (path, wrong))
    check.run(remembered)
    if check.ledgers.said:
        print("root key %s" % check.ledgers.root)
    for one in check.ledgers.said:
        print("ledger %d goes on with the first %d entries" % (one["number"], one["size"]))
    for by, lost, size in check.ledgers.lost:
        print("%s: %d entries after the first %d are lost, as the root key says" % (by, lost, size))
    return check


def do_directory(args, found):
    check = checked(args, found)
    if check.checkpoint is not None:
        print("ledger %s" % check.checkpoint.origin)
        print("entries %d, read %d" % (check.checkpoint.size, check.read))
        print("root %s" % base64.b64encode(check.checkpoint.root).decode())
        if check.entries:
            print("last %s" % shown(check.entries[-1][1]))
        print("checkpoints confirmed %d, openings confirmed %d" % (check.confirmed, check.opened))
        if check.unknown:
            print("entries of unknown format %d" % check.unknown)


def do_record(args, found):
    record_key = b64url(args.record_key, 32)
    if record_key is None:
        raise Wrong("not a record key")
    check, count = checked(args, found), 0
    for index, entry in check.entries:
        if keyed(record_key, b"cv1:record", index.to_bytes(8, "big")) == entry["record"]:
            print(shown(entry))
            count += 1
    print("entries about this record %d of %d read" % (count, check.read))


def do_opening(args, found):
    check = checked(args, found)
    opening = read_opening(read_file(args.opening))
    entry = dict(check.entries).get(args.index)
    if entry is None:
        found.add("entry %d cannot be read" % args.index)
    elif not opens(opening, entry):
        found.add("%s is not the opening of entry %d" % (args.opening, args.index))
    else:
        print(shown(entry))
        print(opening[1].decode())


def do_proof(args, found):
    key = read_key(args.vkey)
    try:
        text = read_file(args.proof).decode("utf-8")
        head, blank, note = text.partition("\n\n")
        lines = head.split("\n")
        if not blank or lines[0] != "c2sp.org/tlog-proof@v1":
            raise Wrong("not an entry's proof")
        raw = b64(lines.pop(1)[6:]) if len(lines) > 1 and lines[1].startswith("extra ") else None
        if args.entry:
            raw = read_file(args.entry)
        match = re.fullmatch("index (0|[1-9][0-9]*)", lines[1] if len(lines) > 1 else "")
        if raw is None or not match:
            raise Wrong("not an entry's proof")
        index, path = int(match.group(1)), [b64(line) for line in lines[2:]]
        if any(len(hash_) != 32 for hash_ in path):
            raise Wrong("not an entry's proof")
        checkpoint = Checkpoint(note.encode(), key)
        if proven_root(leaf_hash(raw), index, checkpoint.size, path) != checkpoint.root:
            raise Wrong("the entry is not in the signed ledger")
        entry = read_entry(raw)
        if entry is not None and entry["index"] != index:
            raise Wrong("the entry says it is entry %d" % entry["index"])
        if args.opening and (entry is None or not opens(read_opening(read_file(args.opening)), entry)):
            raise Wrong("%s is not the opening of this entry" % args.opening)
    except UnicodeDecodeError:
        found.add("%s: not an entry's proof" % args.proof)
    except Wrong as wrong:
        found.add("%s: %s" % (args.proof, wrong))
    else:
        print("ledger %s, %d entries" % (checkpoint.origin, checkpoint.size))
        print(raw.decode("ascii", "replace") if entry is None else shown(entry))


def do_grant(args, found):
    try:
        statement = GrantStatement(args.statement, read_key(args.vkey), found)
    except Wrong as wrong:
        found.add("%s: %s" % (args.statement, wrong))
        return
    statement.run()
    if found.code == GOOD:
        statement.report()


def arguments():
    parser = argparse.ArgumentParser(
        description="Checks a Strongroom ledger without any of Strongroom's own code.",
        epilog="Exit codes: 0 good, 4 damaged or altered, 6 two histories, 7 went back.",
    )
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name, run, text, is_directory=True):
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        if is_directory:
            sub.add_argument("directory", help="the ledger's static directory")
            sub.add_argument("--remembered", action="append", default=[], metavar="NOTE",
                             help="a checkpoint kept elsewhere (may be given several times)")
            sub.add_argument("--entries-from", type=int, default=0, metavar="N",
                             help="bundles of entries before N may be missing")
        sub.add_argument("--vkey", required=True,
                         help="the ledger's key, or a file with it, not taken from the directory")
        return sub

    command("directory", do_directory, "check a whole directory")
    record = command("record", do_record, "list all entries about one record")
    record.add_argument("--record-key", required=True, help="the record's audit key")
    opening = command("opening", do_opening, "show what an entry commits to")
    opening.add_argument("index", type=int)
    opening.add_argument("opening", help="the file with salt and detail")
    proof = command("proof", do_proof, "check one entry's proof, without the ledger", False)
    proof.add_argument("proof", help="the .tlog-proof file")
    proof.add_argument("--entry", help="the entry's bytes, where the proof does not carry them")
    proof.add_argument("--opening", help="also check this opening of the entry")
    grant = command("grant", do_grant, "check a grant's statement, without the ledger", False)
    grant.add_argument("statement", help="the file that `strongroom grant statement` wrote")
    return parser.parse_args()


def main():
    args, found = arguments(), Findings()
    try:
        args.run(args, found)
    except Enough:
        pass
    except Wrong as wrong:
        print("cannot check: %s" % wrong, file=sys.stderr)
        return CANNOT_RUN
    except OSError as error:
        print("cannot check: %s" % error, file=sys.stderr)
        return CANNOT_RUN
    for line in found.lines:
        print("WRONG %s" % line)
    print("verdict: %s" % VERDICTS[found.code])
    return found.code


if __name__ == "__main__":
    sys.exit(main())
