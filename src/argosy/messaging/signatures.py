"""The signature by which the receiver of a webhook checks its sender and time: an HMAC-SHA256 over time and body."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

HEADER: Final = "Argosy-Signature"


def signature(secret: bytes, moment: int, body: bytes) -> str:
    """`t=1764342000,v1=5257a8…`; `moment` in seconds since 1970."""
    digest = hmac.new(secret, f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"
