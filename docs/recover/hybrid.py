"""age's post-quantum recipients, for computers whose age does not have them (before 1.3).

  FIPS 203                               ML-KEM-768: key generation, encapsulation, decapsulation
  RFC 7748                               X25519
  draft-connolly-cfrg-xwing-kem          both together (HPKE KEM 0x647a)
  RFC 9180                               HPKE, base mode, single shot
  C2SP age, age-encryption.org/v1        the header

Checked by `recover.py self-test` and against the published age vectors. Not constant time: see ciphers.py.
"""

import base64
import hashlib
import hmac
import os

from ciphers import Wrong, bech32_decode, bech32_encode, hkdf, hkdf_expand, hkdf_extract, hmac_sha256
from ciphers import open_sealed, seal

Q, N, K = 3329, 256, 3
VERSION = b"age-encryption.org/v1\n"
TAG, INFO = b"mlkem768x25519", b"age-encryption.org/mlkem768x25519"
SUITE = b"HPKE" + bytes.fromhex("647a" "0001" "0003")

# --- ML-KEM-768 ----------------------------------------------------------------------------------------


def reversed7(i):
    return int("{:07b}".format(i)[::-1], 2)


ZETAS = [pow(17, reversed7(i), Q) for i in range(128)]
GAMMAS = [pow(17, 2 * reversed7(i) + 1, Q) for i in range(128)]


def ntt(f):
    f, at, length = f[:], 1, 128
    while length >= 2:
        for start in range(0, N, 2 * length):
            zeta = ZETAS[at]
            at += 1
            for j in range(start, start + length):
                t = zeta * f[j + length] % Q
                f[j + length] = (f[j] - t) % Q
                f[j] = (f[j] + t) % Q
        length //= 2
    return f


def unntt(f):
    f, at, length = f[:], 127, 2
    while length <= 128:
        for start in range(0, N, 2 * length):
            zeta = ZETAS[at]
            at -= 1
            for j in range(start, start + length):
                t = f[j]
                f[j] = (t + f[j + length]) % Q
                f[j + length] = zeta * (f[j + length] - t) % Q
        length *= 2
    return [x * 3303 % Q for x in f]


def times(f, g):
    """The product of two polynomials in NTT form."""
    h = []
    for i, gamma in enumerate(GAMMAS):
        a0, a1, b0, b1 = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
        h += [(a0 * b0 + a1 * b1 % Q * gamma) % Q, (a0 * b1 + a1 * b0) % Q]
    return h


def plus(f, g):
    return [(a + b) % Q for a, b in zip(f, g)]


def dot(f, g):
    total = [0] * N
    for a, b in zip(f, g):
        total = plus(total, times(a, b))
    return total


def pack(f, bits):
    number = 0
    for x in reversed(f):
        number = number << bits | x
    return number.to_bytes(N * bits // 8, "little")


def unpack(data, bits):
    number, mask = int.from_bytes(data, "little"), (1 << bits) - 1
    return [number >> bits * i & mask for i in range(N)]


def compress(f, bits):
    return [((x << bits) + Q // 2) // Q & ((1 << bits) - 1) for x in f]


def decompress(f, bits):
    return [(x * Q + (1 << bits - 1)) >> bits for x in f]


def uniform(seed):
    """A polynomial in NTT form, by rejection from SHAKE128."""
    stream, f = hashlib.shake_128(seed).digest(1344), []
    for at in range(0, len(stream), 3):
        a, b, c = stream[at : at + 3]
        f += [x for x in (a | (b & 15) << 8, b >> 4 | c << 4) if x < Q]
    if len(f) < N:
        raise Wrong("a key cannot be expanded")  # less than once in 2^100
    return f[:N]


def noise(seed, number):
    """A small polynomial (centred binomial, eta 2) from SHAKE256."""
    bits = int.from_bytes(hashlib.shake_256(seed + bytes([number])).digest(128), "little")
    nibbles = [bits >> 4 * i & 15 for i in range(N)]
    return [((n & 1) + (n >> 1 & 1) - (n >> 2 & 1) - (n >> 3)) % Q for n in nibbles]


def matrix(rho):
    return [[uniform(rho + bytes([j, i])) for j in range(K)] for i in range(K)]


class MlKem:
    """A key pair from its seeds d and z."""

    def __init__(self, d, z):
        both = hashlib.sha3_512(d + bytes([K])).digest()
        self.rho, sigma = both[:32], both[32:]
        self.a, self.z = matrix(self.rho), z
        self.s = [ntt(noise(sigma, i)) for i in range(K)]
        errors = [ntt(noise(sigma, K + i)) for i in range(K)]
        self.t = [plus(dot(row, self.s), e) for row, e in zip(self.a, errors)]
        self.public = b"".join(pack(t, 12) for t in self.t) + self.rho

    def encrypt(self, message, coins):
        y = [ntt(noise(coins, i)) for i in range(K)]
        u = []
        for i in range(K):
            column = [self.a[j][i] for j in range(K)]
            u.append(plus(unntt(dot(column, y)), noise(coins, K + i)))
        v = plus(plus(unntt(dot(self.t, y)), noise(coins, 2 * K)), decompress(unpack(message, 1), 1))
        return b"".join(pack(compress(x, 10), 10) for x in u) + pack(compress(v, 4), 4)

    def decapsulate(self, sealed):
        u = [ntt(decompress(unpack(sealed[320 * i : 320 * (i + 1)], 10), 10)) for i in range(K)]
        w = unntt(dot(self.s, u))
        v = decompress(unpack(sealed[960:], 4), 4)
        message = pack(compress([(a - b) % Q for a, b in zip(v, w)], 1), 1)
        both = hashlib.sha3_512(message + hashlib.sha3_256(self.public).digest()).digest()
        if hmac.compare_digest(self.encrypt(message, both[32:]), sealed):
            return both[:32]
        return hashlib.shake_256(self.z + sealed).digest(32)


# --- X25519 --------------------------------------------------------------------------------------------


def x25519(scalar, point):
    p = (1 << 255) - 19
    k = int.from_bytes(scalar, "little") & ((1 << 254) - 8) | 1 << 254
    x1 = int.from_bytes(point, "little") & ((1 << 255) - 1)
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for bit in range(254, -1, -1):
        now = k >> bit & 1
        if swap ^ now:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = now
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % p, b * b % p, d * a % p, c * b % p
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % p, x1 * (da - cb) ** 2 % p
        x2, z2 = aa * bb % p, e * (aa + 121665 * e) % p
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, p - 2, p) % p).to_bytes(32, "little")


BASE = bytes([9]) + bytes(31)

# --- X-Wing and HPKE -----------------------------------------------------------------------------------


def labeled_extract(label, ikm, salt=b""):
    return hkdf_extract(salt, b"HPKE-v1" + SUITE + label + ikm)


def labeled_expand(prk, label, info, length):
    return hkdf_expand(prk, length.to_bytes(2, "big") + b"HPKE-v1" + SUITE + label + info, length)


class Identity:
    """A hybrid secret key, `AGE-SECRET-KEY-PQ-1..`."""

    def __init__(self, text):
        self.text = text
        seed = bech32_decode("age-secret-key-pq-", text)
        if len(seed) != 32:
            raise Wrong("not an age key of the post-quantum sort")
        expanded = hashlib.shake_256(seed).digest(96)
        self.mlkem = MlKem(expanded[:32], expanded[32:64])
        self.x_secret = expanded[64:]
        self.x_public = x25519(self.x_secret, BASE)
        self.recipient = bech32_encode("age1pq", self.mlkem.public + self.x_public)

    def decapsulate(self, enc):
        shared = x25519(self.x_secret, enc[1088:])
        if shared == bytes(32):
            raise Wrong("a header holds a point of low order")
        mixed = self.mlkem.decapsulate(enc[:1088]) + shared + enc[1088:] + self.x_public
        return hashlib.sha3_256(mixed + b"\\.//^\\").digest()

    def file_key(self, header):
        """The file key of a header with one stanza, after its MAC is checked."""
        enc, body = stanza(header)
        context = b"\0" + labeled_extract(b"psk_id_hash", b"") + labeled_extract(b"info_hash", INFO)
        secret = labeled_extract(b"secret", b"", self.decapsulate(enc))
        key = labeled_expand(secret, b"key", context, 32)
        file_key = open_sealed(key, labeled_expand(secret, b"base_nonce", context, 12), body)
        if len(file_key) != 16 or not hmac.compare_digest(mac(file_key, header), header[-44:-1]):
            raise Wrong("a header is altered")
        return file_key


# --- age -----------------------------------------------------------------------------------------------


def unpadded(text):
    """The bytes of unpadded base64 in its one spelling."""
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise Wrong("not an age header")
    if base64.b64encode(data).rstrip(b"=") != text:
        raise Wrong("not an age header")
    return data


def split(file):
    """An age file's header and payload."""
    at = file.find(b"\n--- ")
    end = file.find(b"\n", at + 1)
    if not file.startswith(VERSION) or at < 0 or end < 0:
        raise Wrong("not an age file")
    return file[: end + 1], file[end + 1 :]


def stanza(header):
    """What is encapsulated and sealed in a header of exactly one post-quantum stanza."""
    lines = header.split(b"\n")
    arguments = lines[1].split(b" ") if len(lines) == 5 else []
    good = header.startswith(VERSION) and arguments[:2] == [b"->", TAG] and len(arguments) == 3
    if not good or not lines[3].startswith(b"--- ") or lines[4]:
        raise Wrong("not an age header of one post-quantum stanza")
    enc, body = unpadded(arguments[2]), unpadded(lines[2])
    if len(enc) != 1120 or len(body) != 32:
        raise Wrong("not an age header of one post-quantum stanza")
    return enc, body


def mac(file_key, header):
    until = header.rindex(b"---") + 3
    sum_ = hmac_sha256(hkdf(file_key, b"header"), header[:until])
    return base64.b64encode(sum_).rstrip(b"=")


def for_old_age(file_key):
    """A header that any age opens: the file key sealed to a new X25519 identity. Returns both."""
    secret, once = os.urandom(32), os.urandom(32)
    public, share = x25519(secret, BASE), x25519(once, BASE)
    key = hkdf(x25519(once, public), b"age-encryption.org/v1/X25519", share + public)
    body = seal(key, bytes(12), file_key)

    def text(data):
        return base64.b64encode(data).rstrip(b"=")

    header = VERSION + b"-> X25519 " + text(share) + b"\n" + text(body) + b"\n--- "
    header += mac(file_key, header) + b"\n"
    return header, bech32_encode("age-secret-key-", secret).upper()


def open_payload(file_key, payload):
    """What a payload holds. For keys and other short things; files go to the program age."""
    key, payload = hkdf(file_key, b"payload", payload[:16]), payload[16:]
    size, plain = 65536 + 16, []
    chunks = [payload[at : at + size] for at in range(0, len(payload), size)] or [b""]
    for at, chunk in enumerate(chunks):
        last = at == len(chunks) - 1
        if at and len(chunk) == 16:
            raise Wrong("a payload ends with an empty chunk")
        plain.append(open_sealed(key, at.to_bytes(11, "big") + bytes([last]), chunk))
    return b"".join(plain)
