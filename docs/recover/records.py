"""Whose keys open what, who signed it, and what stands in a record: the part of docs/format.md above the rows."""

import base64
import json
import os
import re
import struct
import subprocess
import tempfile

import hybrid
import vaultfiles
from ciphers import Wrong
from vaultfiles import RECOVERY, UNIT, b64url, ed25519, id_bytes, id_text, sha256


def identity_in(text):
    """The key in an identity file: what two trustees peeled, or a person's."""
    lines = [line.strip() for line in text.splitlines()]
    keys = [line for line in lines if line.startswith("AGE-SECRET-KEY-PQ-1")]
    if len(keys) != 1:
        raise Wrong("this is no identity file with one post-quantum key; are both layers of the share off?")
    return hybrid.Identity(keys[0])


# --- who signed ----------------------------------------------------------------------------------------


class Statement:
    """A signed statement, read but not yet believed."""

    def __init__(self, text):
        raw = text if isinstance(text, bytes) else text.encode()
        self.raw, whole = raw, json.loads(raw)
        self.kind, self.by, self.body, self.vault = whole["kind"], whole["by"], whole["body"], whole["vault"]
        self.sig = b64url(whole.pop("sig"))
        # One spelling: sorted names, no white space, letters as they are. Strings are ASCII or plain UTF-8.
        spelled = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        self.signed = b"strongroom-statement-v1\n" + spelled

    def is_by(self, keys):
        return any(ed25519(key, self.signed, self.sig) for key in keys)


class People:
    """The keys of everybody who ever had an account, as far as signatures lead to the root key."""

    def __init__(self, vault):
        self.vault, self.known = vault, {}
        genesis = Statement(vault.facts((UNIT["vault"], b""), vaultfiles.STATEMENT))
        self.root, self.log = b64url(genesis.body["root"]), genesis.body["log"]
        if genesis.vault != vault.id or not genesis.is_by([self.root]):
            raise Wrong("the vault's first statement is not signed by the root key that it names")
        accounts = [(raw, (UNIT["account"], raw)) for raw in vault.of_kind("account")]
        self.accounts = {id_text("u", raw): vault.facts(unit, vaultfiles.ACCOUNT) for raw, unit in accounts}

    def fingerprint(self):
        digest = sha256(self.root).hex()
        return " ".join(digest[at : at + 4] for at in range(0, 64, 4))

    def keys(self, by):
        """The keys of whoever signs as `by`, oldest first."""
        if by == "root":
            return [self.root]
        if by not in self.known and re.fullmatch(r"u_\w+", by):
            self.known[by] = []  # whoever vouches for themselves is not vouched for
            self.known[by] = self.follow(by)
        return self.known.get(by, [])

    def follow(self, user):
        """The keys that a person's enrolments and successions give them, each signed by a key already known."""
        texts = self.vault.facts((UNIT["account"], id_bytes(user)), vaultfiles.STATEMENT) or []
        keys, codes = [], {}
        for statement in map(Statement, texts):
            body = statement.body
            if statement.vault != self.vault.id or body.get("user") != user:
                continue
            if statement.kind == "invite" and statement.is_by(self.keys(statement.by)):
                codes[body["key"]] = [b64url(body["key"])]
            if statement.kind == "enrol" or statement.kind == "succeed" and statement.by == user:
                signers = keys if statement.by == user else codes.get(statement.by) or self.keys(statement.by)
                if statement.is_by(signers):
                    keys.append(b64url(body["verifying"]))
        return keys


# --- what opens what -----------------------------------------------------------------------------------


class Secrets:
    """The compartments' secrets that one identity leads to."""

    def __init__(self, vault, identity, members):
        self.vault, self.identity, self.members, self.opened = vault, identity, members, {}

    def of_unit(self, unit):
        """The secret of an epoch's or a grant's unit, or nothing; asked for once."""
        if unit not in self.opened:
            self.opened[unit] = None  # so that a ring of compartments ends
            self.opened[unit] = self.open(unit)
        return self.opened[unit]

    def open(self, unit):
        facts = self.vault.facts(unit, vaultfiles.EPOCH)
        if not facts:
            return None
        for member, holder in self.holders(facts):
            if unit[0] == UNIT["grant"]:
                headers = [self.vault.row(unit, vaultfiles.ENVELOPE, member)]
            else:
                # Of the trustees' there may be a second, made by another desk.
                membership = (UNIT["membership"], unit[1] + member)
                headers = [self.vault.row(membership, vaultfiles.ENVELOPE, name) for name in (b"", b"second")]
            if headers == [None] * len(headers):
                continue
            for identity in holder():
                for header in filter(None, headers):
                    secret = self.secret(identity, header, facts)
                    if secret:
                        return secret
        return None

    def secret(self, identity, header, facts):
        """The secret of an epoch, if this header opens to it."""
        try:
            text = hybrid.open_payload(identity.file_key(header), b64url(facts["secret"])).decode()
            secret = hybrid.Identity(text)
        except (Wrong, ValueError):
            return None
        return secret if secret.recipient == facts["recipient"] else None

    def holders(self, facts):
        """The members of an epoch whose keys we may have: their bytes, and how to get the keys."""
        for member in self.members:
            yield member, lambda: [self.identity]
        for member in facts["members"]:
            if isinstance(member, dict) and "compartment" in member:
                raw = id_bytes(member["compartment"])
                yield b"\x02" + raw, lambda raw=raw: self.of_compartment(raw)

    def of_compartment(self, raw):
        found = [self.of_unit((UNIT["epoch"], key)) for key in self.epochs(raw)]
        return [secret for secret in found if secret]

    def epochs(self, raw):
        """The living epochs of a compartment, newest first."""
        return sorted((key for key in self.vault.of_kind("epoch") if key[:16] == raw), reverse=True)

    def file_key(self, version, compartments, natural):
        """The file key of a sealed piece of a version (or case), by whichever header can be opened."""
        for raw in compartments:
            for key in self.epochs(raw):
                unit = (UNIT["epoch"], key)
                found = self.by_header(version, unit, natural(raw))
                if found:
                    return found
        for key in self.vault.of_kind("grant"):
            facts = self.vault.facts((UNIT["grant"], key), vaultfiles.COMPARTMENT)
            if facts:
                found = self.by_header(version, (UNIT["grant"], key), natural(id_bytes(facts["id"])))
                if found:
                    return found
        return None

    def by_header(self, version, unit, natural):
        header = self.vault.header_row(version, unit, natural)
        secret = self.of_unit(unit) if header else None
        if not secret:
            return None
        try:
            return header, secret, secret.file_key(header)
        except Wrong:
            return None


class Age:
    """The program age; where it is older than 1.3, headers are made anew for it."""

    def __init__(self):
        try:
            said = subprocess.run(["age", "--version"], capture_output=True, text=True).stdout
        except FileNotFoundError:
            raise Wrong("the program age is missing: install it (age-encryption.org), or put it in the PATH")
        found = re.search(r"(\d+)\.(\d+)", said)
        self.is_hybrid = bool(found) and tuple(map(int, found.groups())) >= (1, 3)

    def open(self, found, payload, out):
        """Opens `header | payload` into the file `out`. The key goes through a pipe and not onto the disk."""
        header, secret, file_key = found
        identity = secret.text
        if not self.is_hybrid:
            header, identity = hybrid.for_old_age(file_key)
        sealed = out + ".age"
        with open(sealed, "wb") as file:
            file.write(header + payload)
        command = ["age", "-d", "-i", "-", "-o", out, sealed]
        ran = subprocess.run(command, input=identity.encode() + b"\n", capture_output=True)
        os.remove(sealed)
        if ran.returncode != 0:
            raise Wrong("age does not open it: " + ran.stderr.decode("utf-8", "replace").strip())


# --- records -------------------------------------------------------------------------------------------


class Records:
    """The records of a vault, as far as one identity opens them."""

    def __init__(self, vault, identity):
        self.vault, self.people, self.age = vault, People(vault), Age()
        members = [RECOVERY]
        for user, account in self.people.accounts.items():
            if account and account["recipient"] == identity.recipient:
                members = [b"\x01" + id_bytes(user)]
        recovery = vault.facts((UNIT["vault"], b""), vaultfiles.SETTING, b"recovery")
        if members == [RECOVERY] and recovery != identity.recipient:
            raise Wrong("this is neither this vault's recovery key nor that of anybody who has an account: are "
                        "the share files of an older set?")
        self.secrets = Secrets(vault, identity, members)

    def facts(self):
        """The facts of every record, oldest first."""
        found = [self.vault.facts((UNIT["record"], raw), vaultfiles.RECORD) for raw in self.vault.of_kind("record")]
        return sorted((facts for facts in found if facts), key=lambda facts: (facts["filed_at"], facts["id"]))

    def versions(self, facts):
        """The numbers and facts of a record's versions that still exist, oldest first."""
        for number in range(1, facts["versions"] + 1):
            unit = (UNIT["version"], id_bytes(facts["id"]) + struct.pack(">I", number))
            version = self.vault.facts(unit, vaultfiles.VERSION)
            if version:
                yield unit, version

    def part(self, facts, unit, part, place):
        """Opens one part; its manifest's bytes, and the path of a file with its content."""
        natural = struct.pack(">I", part["number"])
        compartments = [id_bytes(text) for text in facts["compartments"]]
        compartments += [id_bytes(gone["compartment"]) for gone in facts.get("superseded", [])]
        found = self.secrets.file_key(unit, compartments, lambda raw: raw + natural)
        if not found:
            raise Wrong("no header of it opens with this key")
        if part["place"] == "row":
            payload = self.vault.row(unit, vaultfiles.PART, natural)
        else:
            payload = self.vault.file("payload", part["sha256"][:2], part["sha256"])
        if payload is None or sha256(payload).hex() != part["sha256"]:
            raise Wrong("its sealed payload is missing or altered")
        whole = os.path.join(place, "part")
        self.age.open(found, payload, whole)
        content = os.path.join(place, "content-%d" % part["number"])
        with open(whole, "rb") as file, open(content, "wb") as out:
            manifest = file.read(int.from_bytes(file.read(4), "big"))
            number, left = struct.unpack(">IQ", file.read(12))
            if number != part["number"]:
                raise Wrong("it is another part than its facts say")
            while left:
                chunk = file.read(min(left, 1 << 20))
                if not chunk:
                    raise Wrong("it ends too early")
                out.write(chunk)
                left -= len(chunk)
        os.remove(whole)
        return manifest, content

    def check_manifest(self, facts, version, raw, previous):
        """The manifest's statement, if it is this version's and its author signed it."""
        manifest = Statement(raw)
        body = manifest.body
        named = (body["record"], body["version"], manifest.vault, manifest.kind, manifest.by)
        if named != (facts["id"], version["number"], self.vault.id, "manifest", version["author"]):
            raise Wrong("its manifest is another record's or version's")
        if sha256(raw).hex() != version["manifest"]:
            raise Wrong("its manifest is not the one its facts name")
        if previous and body["previous"] != previous:
            raise Wrong("its manifest does not follow that of the version before")
        if not manifest.is_by(self.people.keys(manifest.by)):
            raise Wrong("its manifest is not signed by its author, or nobody vouches for the author's key")
        return body

    def title(self, facts):
        """The title on the newest version's card."""
        unit, version = list(self.versions(facts))[-1]
        with tempfile.TemporaryDirectory() as place:
            raw, content = self.part(facts, unit, version["parts"][0], place)
            self.check_manifest(facts, version, raw, None)
            with open(content, encoding="utf-8") as file:
                return json.load(file)["title"]

    def cases(self):
        """The facts of every case, with its title where it can be opened."""
        for raw in self.vault.of_kind("case"):
            unit = (UNIT["case"], raw)
            facts = self.vault.facts(unit, vaultfiles.CASE)
            if not facts:
                continue
            number = struct.pack(">I", facts["card"])
            sealed = self.vault.facts(unit, vaultfiles.PART, number)
            found = self.secrets.file_key(unit, map(id_bytes, facts["compartments"]), lambda _: number)
            if sealed and found:
                plain = hybrid.open_payload(found[2], b64url(sealed))
                facts["title"] = json.loads(plain.rstrip(b"\0"))["title"]
            yield facts

    def write_around(self, out):
        """What records refer to: cases with their titles, and who is who."""
        os.makedirs(out)
        for name, what in (("cases", list(self.cases())), ("people", list(self.people.accounts.values()))):
            with open(os.path.join(out, name + ".json"), "w") as file:
                json.dump(what, file, indent=1)

    def write(self, facts, out):
        """Opens every version of a record into a new folder below `out`; how many files it wrote."""
        previous, count, folder = None, 0, os.path.join(out, facts["id"])
        os.makedirs(folder)
        with open(os.path.join(folder, "facts.json"), "w") as file:
            json.dump(facts, file, indent=1)
        for unit, version in self.versions(facts):
            place = os.path.join(folder, "version-%d" % version["number"])
            os.makedirs(place)
            body = None
            for part in version["parts"]:
                raw, content = self.part(facts, unit, part, place)
                if body is None:
                    body = self.check_manifest(facts, version, raw, previous)
                    previous = base64.urlsafe_b64encode(sha256(raw)).decode().rstrip("=")
                    first = raw
                    with open(os.path.join(place, "manifest.json"), "wb") as file:
                        file.write(raw)
                elif raw != first:
                    raise Wrong("its parts have different manifests")
                self.name(body, part, content, place)
                count += 1
            if body is None or len(body["parts"]) != len(version["parts"]):
                raise Wrong("a part that its manifest names is missing")
        return count

    def name(self, body, part, content, place):
        """Checks an opened part against the manifest, and gives it its name."""
        said = next((one for one in body["parts"] if one["number"] == part["number"]), None)
        with open(content, "rb") as file:
            data = file.read()
        if not said or said["bytes"] != len(data) or b64url(said["sha256"]) != sha256(data):
            raise Wrong("part %d is not the one its manifest names" % part["number"])
        if said["sort"] != "attachment":
            os.rename(content, os.path.join(place, said["sort"] + ".json"))
            return
        folder = os.path.join(place, "attachments")
        os.makedirs(folder, exist_ok=True)
        # A name is the sender's: only its last part counts, and no two overwrite each other.
        name = os.path.basename(said["name"].replace("\\", "/").replace("\0", "")).lstrip(".") or "unnamed"
        if os.path.exists(os.path.join(folder, name)):
            name = "%d-%s" % (part["number"], name)
        os.rename(content, os.path.join(folder, name))
