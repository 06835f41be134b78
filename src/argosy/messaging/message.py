"""What a broker carries: bytes, headers of text, and an id by which a repetition is recognised."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from argosy.errors import MessageInvalid

MAXIMUM_BYTES: Final = 1_000_000
MAXIMUM_HEADER_BYTES: Final = 16_000
MAXIMUM_NAME_BYTES: Final = 255
_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,99}")


@dataclass(frozen=True)
class Message:
    """A publisher that publishes it twice gives both the same id."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def check(self, topic: str) -> None:
        """Raise MessageInvalid where no broker takes it."""
        if len(self.body) > MAXIMUM_BYTES:
            raise MessageInvalid(
                f"a message for '{topic}' has {len(self.body)} bytes, at most {MAXIMUM_BYTES} are taken:"
                " put the data into a file, and its name into the message"
            )
        if len(self.id.encode()) > MAXIMUM_NAME_BYTES:
            raise MessageInvalid(f"a message for '{topic}' has an id of more than {MAXIMUM_NAME_BYTES} bytes")
        for name in self.headers:
            if not name or name.startswith("x-") or len(name.encode()) > MAXIMUM_NAME_BYTES:
                raise MessageInvalid(
                    f"a message for '{topic}' has the header '{name[:40]}': a name has 1 to {MAXIMUM_NAME_BYTES} bytes"
                    " and does not begin with 'x-', as those of brokers do"
                )
        size = sum(len(name.encode()) + len(value.encode()) for name, value in self.headers.items())
        if size > MAXIMUM_HEADER_BYTES:
            raise MessageInvalid(
                f"a message for '{topic}' has headers of {size} bytes, at most {MAXIMUM_HEADER_BYTES} are taken"
            )


def check_name(noun: str, name: str) -> None:
    """Raise MessageInvalid where a topic or a subscriber cannot be called so."""
    if not _NAME.fullmatch(name):
        raise MessageInvalid(
            f"'{name}' cannot be the name of a {noun}: a lower-case letter, then letters, digits, '.', '_' or '-'"
        )
