"""Which requests a canary answers in place of the default, and which a shadow answers too. Pure, but for its chance.

A request is drawn by a keyed hash of what it is about: all requests about one entity, else of one subject, else of one
client, have the same fate, on every server of a project and after a restart. One that names none of the three is
drawn by chance. The draws of a canary and of a shadow, and those of two models, are independent. As a share grows,
requests join it, and none leaves it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

_DIGEST_BYTES = 8


@dataclass(frozen=True)
class Diversion:
    """A share of a model's requests, for a version."""

    version: int
    share: float
    key: bytes
    chance: Callable[[], float] = random.random

    def takes(self, about: str) -> bool:
        """Whether a request about that (see `about_of`) is in the share."""
        return (keyed_draw(about, self.key) if about else self.chance()) < self.share


def keyed_draw(about: str, key: bytes) -> float:
    """A number in [0, 1) that the same text has under the same key."""
    digest = blake2b(about.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES, key=key).digest()
    return (int.from_bytes(digest) >> 8 * _DIGEST_BYTES - 53) / (1 << 53)


def about_of(entity: str | None, subject: str | None, client: str | None) -> str:
    """What a request is drawn by; empty: by chance."""
    return entity or subject or client or ""
