"""The port to the master keys.

Guarantees, for every adapter:

- `get(role)` returns the same 32 bytes for as long as the role's key is not replaced, from any thread and process.
- The key of one role says nothing about that of another: a server holds `predictions` alone and cannot read examples.
- `candidates(role)` are all keys that the role's data keys may be wrapped with: the present one first, and during a
  rotation those before and after it.
- A key that is missing, malformed or readable by others raises KeyUnavailable, which says where it was looked for.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Protocol

from argosy.errors import KeyUnavailable

EXAMPLES = "examples"
PREDICTIONS = "predictions"
ROLES = (EXAMPLES, PREDICTIONS)
KEY_BYTES = 32


class MasterKeys(Protocol):
    """See the module's guarantees."""

    def get(self, role: str) -> bytes:
        """The 32 bytes of that role's master key."""

    def candidates(self, role: str) -> Sequence[bytes]:
        """Every key that may have wrapped the role's data keys, the present one first."""


def encode_key(key: bytes) -> str:
    """How a key is written down: base64, one line."""
    return base64.b64encode(key).decode("ascii")


def decode_key(text: str, where: str) -> bytes:
    """The key that was written down; raises KeyUnavailable naming `where` unless it is 32 bytes of base64."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise KeyUnavailable(f"{where} is not base64: it must be the base64 of {KEY_BYTES} random bytes") from None
    if len(key) != KEY_BYTES:
        raise KeyUnavailable(f"{where} holds {len(key)} bytes: it must be the base64 of {KEY_BYTES} random bytes")
    return key
