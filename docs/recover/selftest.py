"""Checks the ciphers against published vectors before anybody relies on them.

  RFC 5869 A.1, RFC 7748 6.1, RFC 8439 2.8.2, draft-irtf-cfrg-xchacha-03 2.2.1 and A.3.1; `hybrid.vector` is one of the
  age vectors of C2SP CCTV (ML-KEM-768, X25519, HPKE and age together). A folder with all of them can be named.
"""

import hashlib
import os

import hybrid
from ciphers import Wrong, hchacha20, hkdf, open_sealed, seal, xopen

h = bytes.fromhex
SUNSCREEN = (
    b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
    b"sunscreen would be it."
)
KEY, AD = bytes(range(0x80, 0xA0)), h("50515253c0c1c2c3c4c5c6c7")
SEALED = h(
    "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b"
    "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
    "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691"
)
XSEALED = h(
    "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39"
    "ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
    "21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49"
)


def fails(work):
    try:
        work()
    except Wrong:
        return True
    return False


def altered(data):
    return data[:-1] + bytes([data[-1] ^ 1])


def checks():
    """Each check's name, and whether it holds."""
    okm = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    yield "HKDF-SHA256", hkdf(b"\x0b" * 22, h("f0f1f2f3f4f5f6f7f8f9"), bytes(range(13)), 42) == h(okm)
    once = "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"
    yield "X25519", hybrid.x25519(hybrid.BASE, hybrid.BASE) == h(once)
    nonce = h("070000004041424344454647")
    yield "ChaCha20-Poly1305", seal(KEY, nonce, SUNSCREEN, AD) == SEALED
    yield "ChaCha20-Poly1305, altered", fails(lambda: open_sealed(KEY, nonce, altered(SEALED), AD))
    derived = "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc"
    yield "HChaCha20", hchacha20(bytes(range(32)), h("000000090000004a0000000031415927")) == h(derived)
    xnonce = bytes(range(0x40, 0x58))
    yield "XChaCha20-Poly1305", xopen(KEY, xnonce, XSEALED, AD) == SUNSCREEN
    yield "XChaCha20-Poly1305, altered", fails(lambda: xopen(KEY, xnonce, altered(XSEALED), AD))


def age_vector(path):
    """Whether an age vector with one post-quantum stanza does as it says; nothing for any other."""
    with open(path, "rb") as file:
        head, _, sealed = file.read().partition(b"\n\n")
    said = dict(line.split(": ", 1) for line in head.decode().split("\n"))
    if not said.get("identity", "").startswith("AGE-SECRET-KEY-PQ-1") or said.keys() & {"armored", "compressed"}:
        return None
    try:
        header, payload = hybrid.split(sealed)
        if sealed.count(b"-> ", 0, len(header)) > 1 and said["expect"] == "success":
            return None  # several stanzas, which no file of a vault has
        file_key = hybrid.Identity(said["identity"]).file_key(header)
        plain = hybrid.open_payload(file_key, payload)
    except Wrong:
        return said["expect"] != "success"
    return said["expect"] == "success" and hashlib.sha256(plain).hexdigest() == said["payload"]


def run(folder):
    results = list(checks())
    results.append(("hybrid.vector", age_vector(os.path.join(os.path.dirname(__file__), "hybrid.vector"))))
    for name in sorted(os.listdir(folder)) if folder else []:
        result = age_vector(os.path.join(folder, name))
        if result is not None:
            results.append((name, result))
    for name, good in results:
        print("good " if good else "WRONG", name)
    wrong = [name for name, good in results if not good]
    print("%d checks, %d wrong" % (len(results), len(wrong)))
    return 4 if wrong else 0
