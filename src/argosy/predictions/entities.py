"""Whom or what an answer of a service is about, as one text: what outcomes are matched by. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from argosy.identities import identity_of

_encode = msgspec.json.Encoder().encode


def entity_key(values: Mapping[str, Any], names: Sequence[str]) -> str:
    """The values of those names as a compact JSON list of texts: 7, 7.0 and '7' are the same.

    Raises ValueError where one is missing, or is none that could identify anything.
    """
    return _encode([_text(values.get(name), name) for name in names]).decode()


def _text(value: Any, name: str) -> str:
    text = identity_of(int(value) if isinstance(value, float) and value.is_integer() else value, name)
    if text is None:
        raise ValueError(f"'{name}' is missing")
    return text
