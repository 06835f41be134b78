"""One scope's data key at work: sealing bytes, opening them, hashing values under the key.

- A sealed value is a format byte, a 12-byte random nonce and AES-256-GCM's output, with the row's identity as
  associated data: bytes that were altered, cut short or moved to another row do not open. Random nonces are safe for
  2^32 values under one key.
- Sealing hides content, not length.
- `hash` is deterministic under one data key and says nothing without it.
- A `Scope` may be used from any thread.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import blake2b

from argosy.errors import SealBroken

NONCE_BYTES = 12
HASH_BYTES = 16
_FORMAT = b"\x01"
_BODY = 1 + NONCE_BYTES


class Scope:
    def __init__(self, name: str, data_key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self.name = name
        self._cipher = AESGCM(derive(data_key, "seal", 32))
        self._hash_key = cache(lambda purpose: derive(data_key, f"hash {purpose}", 32))

    def seal(self, plaintext: bytes, identity: bytes) -> bytes:
        """Encrypt for the row that `identity` names."""
        nonce = os.urandom(NONCE_BYTES)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, plaintext, identity)

    def seal_many(self, plaintexts: Sequence[bytes], identities: Sequence[bytes]) -> list[bytes]:
        """`seal` for each pair, asking for randomness once."""
        encrypt, randomness = self._cipher.encrypt, os.urandom(NONCE_BYTES * len(plaintexts))
        nonces = [randomness[at : at + NONCE_BYTES] for at in range(0, len(randomness), NONCE_BYTES)]
        rows = zip(nonces, plaintexts, identities, strict=True)
        return [_FORMAT + nonce + encrypt(nonce, plaintext, identity) for nonce, plaintext, identity in rows]

    def open(self, sealed: bytes, identity: bytes) -> bytes:
        """What was sealed for that row; raises SealBroken otherwise."""
        return self.open_many([(sealed, identity)])[0]

    def open_many(self, pairs: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
        """`open` for each (sealed, identity)."""
        from cryptography.exceptions import InvalidTag

        decrypt = self._cipher.decrypt
        opened = []
        try:
            for sealed, identity in pairs:
                if sealed[:1] != _FORMAT:
                    raise SealBroken(f"a value of {self.name} has an unknown format: its bytes were damaged")
                opened.append(decrypt(sealed[1:_BODY], sealed[_BODY:], identity))
        except (InvalidTag, ValueError):
            raise SealBroken(f"a value of {self.name} does not open: it was altered, cut short or moved") from None
        return opened

    def hash(self, purpose: str, value: bytes) -> bytes:
        """16 bytes that equal another hash only for the same scope, purpose and value."""
        return blake2b(value, digest_size=HASH_BYTES, key=self._hash_key(purpose)).digest()

    def hash_many(self, purpose: str, values: Iterable[bytes]) -> list[bytes]:
        """`hash` for each value."""
        key = self._hash_key(purpose)
        return [blake2b(value, digest_size=HASH_BYTES, key=key).digest() for value in values]


def derive(key: bytes, info: str, length: int) -> bytes:
    """HKDF-SHA256: keys of separate use from one key."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=f"argosy {info}".encode()).derive(key)
