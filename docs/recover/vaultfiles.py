"""Reads a vault's folder as docs/format.md describes it: its keys, its journal, its rows.

Every frame's checksum and chain is checked, every row and key is authenticated, and the ledger's root is worked
out from the entries and compared with each signed checkpoint.
"""

import base64
import hashlib
import json
import os
import re
import struct
import subprocess
import tempfile

import hybrid
from ciphers import Wrong, bech32_encode, hkdf, hmac_sha256, xopen

ACCOUNT, ACTOR, STATEMENT, COMPARTMENT, ENVELOPE, CASE, RECORD, VERSION, PART, HEADER = range(1, 11)
SETTING, EPOCH = 21, 23
UNIT = dict(vault=1, account=2, case=4, record=5, version=6, compartment=9, epoch=10, membership=11, grant=12)
RECOVERY = b"\x03"
MIN_FRAME = 98


def sha256(data):
    return hashlib.sha256(data).digest()


def b64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def id_bytes(text):
    """The 16 bytes of an id such as `r_...`."""
    try:
        return base64.b32decode(text[2:].upper() + "=" * 6)
    except ValueError:
        raise Wrong("%r is not an id" % text)


def id_text(prefix, data):
    return prefix + "_" + base64.b32encode(data).decode().rstrip("=").lower()


def ed25519(key, message, signature):
    """Whether the signature is this key's over this message; `openssl` says so."""
    der = bytes.fromhex("302a300506032b6570032100") + key
    with tempfile.TemporaryDirectory() as place:
        paths = [os.path.join(place, name) for name in ("key", "message", "signature")]
        for path, data in zip(paths, (der, message, signature)):
            with open(path, "wb") as file:
                file.write(data)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin"]
        command += ["-inkey", paths[0], "-in", paths[1], "-sigfile", paths[2]]
        return subprocess.run(command, capture_output=True).returncode == 0


def is_frame(frame, length):
    """Whether these bytes are a whole frame of this length."""
    return MIN_FRAME <= length == len(frame) and sha256(frame[:-32]) == frame[-32:]


class Reader:
    """Bytes, read from the front."""

    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def take(self, count):
        if self.at + count > len(self.data):
            raise Wrong("a file ends too early")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def field(self):
        return self.take(self.number(4))

    def name(self):
        """A unit's name: its kind and natural key."""
        return self.number(1), self.field()


# --- keys ----------------------------------------------------------------------------------------------


class Keys:
    """The keeper's keys: the number and bytes of the generation key, and the text of the ledger's key."""

    def __init__(self, generation_text, ledger_text):
        match = re.fullmatch(r"STRONGROOM-GENERATION-KEY-1 (\d+) ([0-9a-f]{64})\n?", generation_text)
        if not match or not ledger_text.startswith("PRIVATE+KEY+"):
            raise Wrong("these are not the keys of a vault")
        self.generation, self.key = int(match.group(1)), bytes.fromhex(match.group(2))
        self.texts = {"generation-%d.key" % self.generation: generation_text, "ledger.key": ledger_text}

    @staticmethod
    def folder(folder, vault):
        """From a keys' folder: the key of this copy's generation, and the ledger's key."""
        with open(os.path.join(vault, "generation", "current")) as file:
            number = file.read().split(" ")[1]
        texts = []
        for name in ("generation-%s.key" % number, "ledger.key"):
            try:
                with open(os.path.join(folder, name)) as file:
                    texts.append(file.read())
            except FileNotFoundError:
                raise Wrong("%s has no %s, which this copy of the vault needs" % (folder, name))
        return Keys(*texts)

    @staticmethod
    def escrow(paths, identity):
        """From the share files of two places, opened with the recovery identity."""
        shares = [json.load(open(path)) for path in paths]
        same = {(share["v"], share["vault"], share["generation"], share["sha256"]) for share in shares}
        if len(shares) != 2 or len(same) != 1:
            raise Wrong("give two share files, of the same vault and the same generation")
        pieces = {}
        for share in shares:
            pieces.update(share["pieces"])
        if sorted(pieces) != ["1", "2", "3"]:
            raise Wrong("the two share files are those of one place; give another place's")
        raw = [int.from_bytes(base64.b64decode(piece), "big") for piece in pieces.values()]
        length = len(base64.b64decode(pieces["1"]))
        value = (raw[0] ^ raw[1] ^ raw[2]).to_bytes(length, "big")
        if sha256(value).hex() != shares[0]["sha256"]:
            raise Wrong("the two share files do not fit together: one is altered")
        header, payload = hybrid.split(value)
        text = hybrid.open_payload(identity.file_key(header), payload).decode()
        at = text.index("\n") + 1
        keys = Keys(text[:at], text[at:])
        if keys.generation != shares[0]["generation"]:
            raise Wrong("the share files hold another generation's key than they say")
        return keys


# --- the ledger ----------------------------------------------------------------------------------------


class Tree:
    """The hash of a growing list (RFC 6962): the roots of its complete subtrees, largest first."""

    def __init__(self):
        self.size, self.peaks = 0, []

    def add(self, leaf):
        node, size = sha256(b"\0" + leaf), self.size
        while size & 1:
            node, size = sha256(b"\1" + self.peaks.pop() + node), size >> 1
        self.peaks.append(node)
        self.size += 1

    def root(self):
        peaks = self.peaks[:]
        node = peaks.pop() if peaks else sha256(b"")
        while peaks:
            node = sha256(b"\1" + peaks.pop() + node)
        return node


def check_note(note, vkey):
    """Whether a checkpoint is signed by the ledger's key, `name+id+base64`."""
    name, key_id, key = vkey.split("+", 2)
    text, _, signatures = note.rpartition("\n\n")
    for line in signatures.strip().split("\n"):
        dash, signer, raw = line.split(" ")
        raw = base64.b64decode(raw)
        if signer == name and raw[:4].hex() == key_id:
            return ed25519(base64.b64decode(key)[1:], (text + "\n").encode(), raw[4:])
    return False


# --- the vault -----------------------------------------------------------------------------------------


class Vault:
    """All rows and unit keys of a vault, in memory."""

    def __init__(self, folder, keys):
        self.folder, self.keys, self.notes = folder, keys, []
        self.units, self.rows = {}, {}  # (kind, natural key): key; (tree, row id): (revision, nonce, sealed)
        self.leaves, self.checkpoint, self.tree = 0, "", Tree()
        with open(os.path.join(folder, "vault.toml")) as file:
            self.id = re.search(r'^vault = "(v_\w+)"', file.read(), re.M).group(1)
        self.raw_id = id_bytes(self.id)
        self.generation = self.read_table()
        self.next, self.last = self.read_snapshot()
        self.read_journal()
        self.check_published()

    def file(self, *names):
        with open(os.path.join(self.folder, *names), "rb") as file:
            return file.read()

    def read_table(self):
        """The key table of the generation that counts."""
        match = re.fullmatch(rb"strongroom-generation-1 (\d+) ([0-9a-f]{64})\n", self.file("generation", "current"))
        if not match:
            raise Wrong("generation/current is damaged")
        number = int(match.group(1))
        if number != self.keys.generation:
            text = "these keys are of generation %d; this copy of the vault is of generation %d"
            raise Wrong(text % (self.keys.generation, number))
        table, rows = (self.file("generation", str(number), name) for name in ("keys", "rows"))
        digest = sha256(b"sr1 generation" + struct.pack(">I", number) + sha256(table) + sha256(rows))
        if digest.hex().encode() != match.group(2):
            raise Wrong("the files of generation %d are not those that generation/current names" % number)
        if table[:8] != b"srkeys1\n":
            raise Wrong("the key table is of a version that this script does not know")
        ad = b"sr1 table" + self.raw_id + struct.pack(">I", number)
        body = Reader(xopen(self.keys.key, table[8:32], table[32:], ad))
        if body.number(4) != 1:
            raise Wrong("the key table is of a version that this script does not know")
        for _ in range(body.number(4)):
            name = body.name()
            self.units[name] = body.take(32)
        return number

    def read_snapshot(self):
        """The snapshot's rows; the number of the first frame it does not hold, and the hash before that."""
        data = self.file("generation", str(self.generation), "rows")
        if sha256(data[:-32]) != data[-32:] or data[:8] != b"srrows1\n":
            raise Wrong("the snapshot is damaged")
        at = Reader(data, 8)
        if at.take(16) != self.raw_id:
            raise Wrong("the snapshot is another vault's")
        generation, next_frame, self.leaves = at.number(4), at.number(8), at.number(8)
        last, rows, changes = at.take(32), at.number(8), at.number(8)
        at.field()
        self.checkpoint = at.field().decode()
        for _ in range(rows):
            if at.number(1) != 1:
                raise Wrong("the snapshot is damaged")
            self.put(at)
        for _ in range(changes):
            frame, position, ends, sealed = at.number(8), at.number(4), at.number(1), at.field()
            if generation == self.generation:
                self.key_change(4 if ends else 3, sealed, frame, position)
        return next_frame, last

    def put(self, at):
        row, revision, nonce = (at.number(1), at.take(16)), at.number(8), at.take(24)
        self.rows[row] = (revision, nonce, at.field())

    def key_change(self, sort, sealed, frame, position):
        ad = b"sr1 effect" + self.raw_id + struct.pack(">IQI", self.generation, frame, position)
        plain = Reader(xopen(self.keys.key, sealed[:24], sealed[24:], ad))
        if plain.number(1) != sort:
            raise Wrong("frame %d: a key's effect is not what it says" % frame)
        name = plain.name()
        if sort == 3:
            self.units[name] = plain.take(32)
        else:
            self.units.pop(name, None)

    # --- the journal

    def read_journal(self):
        names = sorted(n for n in os.listdir(os.path.join(self.folder, "journal")) if re.fullmatch(r"\d{8}\.jrn", n))
        self.expected = None
        for name in names:
            data = self.file("journal", name)
            head = Reader(data)
            if data[:8] != b"srjrnl1\n" or sha256(data[:80]) != data[80:112] or data[8:24] != self.raw_id:
                raise Wrong("%s does not begin as a segment of this vault does" % name)
            head.take(32)
            number, _, previous = head.number(8), head.number(8), head.take(32)
            if self.expected is None:
                self.expected = (number, previous)
                self.from_start = number == 0
            elif self.expected != (number, previous):
                raise Wrong("%s does not follow the segment before it: one is missing" % name)
            self.read_segment(data, name, name == names[-1])
        if self.expected is None or self.expected[0] < self.next:
            raise Wrong("the journal ends before the snapshot: segments are missing")

    def check_published(self):
        """That what was published for others is not more than what the journal holds."""
        try:
            note = self.file("ledger", "checkpoint").decode()
        except FileNotFoundError:
            return
        if int(note.split("\n")[1]) > self.leaves:
            raise Wrong("the vault has published more entries than its journal holds: frames are missing")

    def read_segment(self, data, name, is_last):
        at = 112
        while at + 4 <= len(data):
            length = int.from_bytes(data[at : at + 4], "big")
            if length == 0 and not data[at:].strip(b"\0"):
                return
            frame = data[at : at + length]
            if not is_frame(frame, length):
                if not is_last or self.goes_on(data, at):
                    raise Wrong("%s: frame %d is damaged" % (name, self.expected[0]))
                self.notes.append("the last frame is torn, as after a power cut; what it held was never confirmed")
                return
            self.read_frame(frame)
            at += length

    def goes_on(self, data, at):
        """Whether a later frame stands behind these bytes: then they are no torn end but damage."""
        for start in range(at + 1, len(data.rstrip(b"\0")) - MIN_FRAME + 32):
            number = int.from_bytes(data[start + 8 : start + 16], "big")
            if self.expected[0] < number < self.expected[0] + (1 << 24):
                length = int.from_bytes(data[start : start + 4], "big")
                if is_frame(data[start : start + length], length):
                    return True
        return False

    def read_frame(self, frame):
        at = Reader(frame[:-32], 4)
        generation, number, previous, first, count = (
            at.number(4), at.number(8), at.take(32), at.number(8), at.number(4))
        if (number, previous) != self.expected:
            raise Wrong("frame %d does not follow the frame before it" % number)
        self.expected = (number + 1, frame[-32:])
        leaves = [at.take(at.number(2)) for _ in range(count)]
        note, effects = at.take(at.number(2)).decode(), at.field()
        if self.from_start:
            self.check_tree(number, first, leaves, note)
        if leaves:
            named = json.loads(leaves[-1])["frame"]
            if b64url(named) != sha256(struct.pack(">I", generation) + effects):
                raise Wrong("frame %d: its entry names other effects" % number)
        if number < self.next:
            return
        self.leaves, self.checkpoint = first + count, note or self.checkpoint
        self.apply(Reader(effects), generation, number)

    def check_tree(self, number, first, leaves, note):
        if first != self.tree.size:
            raise Wrong("frame %d: entries are missing before it" % number)
        for leaf in leaves:
            self.tree.add(leaf)
        lines = note.split("\n")
        root = base64.b64encode(self.tree.root()).decode()
        if leaves and lines[1:3] != [str(self.tree.size), root]:
            raise Wrong("frame %d: its checkpoint is of other entries" % number)

    def apply(self, at, generation, number):
        position = 0
        while at.at < len(at.data):
            sort = at.number(1)
            if sort == 1:
                self.put(at)
            elif sort == 2:
                self.rows.pop((at.number(1), at.take(16)), None)
            elif sort in (3, 4):
                sealed = at.field()
                # The key of an earlier generation is gone, and what still lives stands in the key table.
                if generation == self.generation:
                    self.key_change(sort, sealed, number, position)
            else:
                raise Wrong("frame %d: an effect of a sort that this script does not know" % number)
            position += 1

    # --- rows

    def row_under(self, key, tree, natural=b""):
        """A row under this key, or nothing."""
        row = hmac_sha256(key, bytes([tree]) + natural)[:16]
        if (tree, row) not in self.rows:
            return None
        revision, nonce, sealed = self.rows[(tree, row)]
        ad = b"sr1" + self.raw_id + bytes([tree]) + row + struct.pack(">Q", revision)
        return xopen(key, nonce, sealed, ad)

    def row(self, unit, tree, natural=b""):
        """A row of a unit, or nothing."""
        key = self.units.get(unit)
        return self.row_under(key, tree, natural) if key else None

    def facts(self, unit, tree, natural=b""):
        raw = self.row(unit, tree, natural)
        return json.loads(raw) if raw is not None else None

    def of_kind(self, kind):
        """The natural keys of the living units of a kind."""
        return sorted(natural for number, natural in self.units if number == UNIT[kind])

    def header_row(self, version, epoch, natural):
        """A header that stands under the keys of two units."""
        both = [self.units.get(version), self.units.get(epoch)]
        if None in both:
            return None
        return self.row_under(hkdf(both[0] + both[1], b"sr1 header"), HEADER, natural)
