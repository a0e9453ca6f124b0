"""The few ciphers a vault's files need, in plain Python: slow, short, and checked by `recover.py self-test`.

  RFC 8439                       ChaCha20, Poly1305, the AEAD of both
  draft-irtf-cfrg-xchacha-03     HChaCha20, XChaCha20-Poly1305
  RFC 5869                       HKDF with SHA-256
  BIP 173                        Bech32, without its limit on length

Nothing here takes constant time. Use it on a computer that is cut off and will be erased, as the runbook says.
"""

import hashlib
import hmac
import struct

BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


class Wrong(Exception):
    """Something is not as it must be; says what."""


# --- HKDF ----------------------------------------------------------------------------------------------


def hmac_sha256(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def hkdf_extract(salt, ikm):
    return hmac_sha256(salt or bytes(32), ikm)


def hkdf_expand(prk, info, length):
    out, block, count = b"", b"", 1
    while len(out) < length:
        block = hmac_sha256(prk, block + info + bytes([count]))
        out += block
        count += 1
    return out[:length]


def hkdf(ikm, info, salt=b"", length=32):
    return hkdf_expand(hkdf_extract(salt, ikm), info, length)


# --- ChaCha20 ------------------------------------------------------------------------------------------


def rounds(x):
    """The twenty rounds, in place."""
    quarters = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)]
    quarters += [(0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]
    for _ in range(10):
        for i, j, k, l in quarters:
            a, b, c, d = x[i], x[j], x[k], x[l]
            a = (a + b) & 0xFFFFFFFF
            d ^= a
            d = (d << 16 | d >> 16) & 0xFFFFFFFF
            c = (c + d) & 0xFFFFFFFF
            b ^= c
            b = (b << 12 | b >> 20) & 0xFFFFFFFF
            a = (a + b) & 0xFFFFFFFF
            d ^= a
            d = (d << 8 | d >> 24) & 0xFFFFFFFF
            c = (c + d) & 0xFFFFFFFF
            b ^= c
            b = (b << 7 | b >> 25) & 0xFFFFFFFF
            x[i], x[j], x[k], x[l] = a, b, c, d


def state(key, last):
    return list(struct.unpack("<16I", b"expand 32-byte k" + key + last))


def block(key, counter, nonce):
    start = state(key, struct.pack("<I", counter) + nonce)
    x = start[:]
    rounds(x)
    return struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(x, start)))


def chacha20(key, nonce, data, counter=1):
    count = (len(data) + 63) // 64
    stream = b"".join(block(key, counter + i, nonce) for i in range(count))[: len(data)]
    return (int.from_bytes(stream, "little") ^ int.from_bytes(data, "little")).to_bytes(len(data), "little")


def hchacha20(key, nonce16):
    x = state(key, nonce16)
    rounds(x)
    return struct.pack("<8I", *(x[:4] + x[12:]))


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total, prime = 0, (1 << 130) - 5
    for at in range(0, len(message), 16):
        total = (total + int.from_bytes(message[at : at + 16] + b"\x01", "little")) * r % prime
    return ((total + int.from_bytes(key[16:], "little")) & ((1 << 128) - 1)).to_bytes(16, "little")


# --- the AEADs -----------------------------------------------------------------------------------------


def tag(key, nonce, sealed, ad):
    def padded(data):
        return data + bytes(-len(data) % 16)

    lengths = struct.pack("<QQ", len(ad), len(sealed))
    return poly1305(block(key, 0, nonce)[:32], padded(ad) + padded(sealed) + lengths)


def seal(key, nonce, plain, ad=b""):
    """ChaCha20-Poly1305."""
    sealed = chacha20(key, nonce, plain)
    return sealed + tag(key, nonce, sealed, ad)


def open_sealed(key, nonce, sealed, ad=b""):
    """ChaCha20-Poly1305."""
    if len(sealed) < 16 or not hmac.compare_digest(tag(key, nonce, sealed[:-16], ad), sealed[-16:]):
        raise Wrong("does not open: another key, or altered")
    return chacha20(key, nonce, sealed[:-16])


def xopen(key, nonce24, sealed, ad):
    """XChaCha20-Poly1305."""
    return open_sealed(hchacha20(key, nonce24[:16]), bytes(4) + nonce24[16:], sealed, ad)


# --- Bech32 --------------------------------------------------------------------------------------------


def bech32_check(prefix, values):
    spread = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    total = 1
    for value in spread + values:
        top = total >> 25
        total = (total & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            if top >> bit & 1:
                total ^= generator
    return total


def bech32_encode(prefix, data):
    number, bits = int.from_bytes(data, "big"), len(data) * 8
    number, groups = number << (-bits % 5), (bits + 4) // 5
    values = [number >> 5 * (groups - 1 - i) & 31 for i in range(groups)]
    check = bech32_check(prefix, values + [0] * 6) ^ 1
    values += [check >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join(BECH32[value] for value in values)


def bech32_decode(prefix, text):
    """The bytes of a Bech32 text with this prefix; text in one case."""
    if text not in (text.lower(), text.upper()):
        raise Wrong("a key's letters are all small or all capital")
    start, _, rest = text.lower().rpartition("1")
    if start != prefix or len(rest) < 6 or any(c not in BECH32 for c in rest):
        raise Wrong("not a key of the sort %r" % prefix)
    values = [BECH32.index(c) for c in rest]
    if bech32_check(prefix, values) != 1:
        raise Wrong("a key has a letter wrong")
    number, bits = 0, 5 * (len(values) - 6)
    for value in values[:-6]:
        number = number << 5 | value
    if bits % 8 > 4 or number & ((1 << bits % 8) - 1):
        raise Wrong("a key has letters that say nothing")
    return (number >> bits % 8).to_bytes(bits // 8, "big")
