"""One labelled input, and the three byte forms in which it is kept.

`content` is what two rows must share to be the same example; `payload` is what is sealed (the input and the subject);
`sealed_identity` is the associated data that ties a sealed payload to its row.
"""

from __future__ import annotations

from typing import Any

import msgspec

from argosy.typed_values import shown
from argosy.types import Input, Part

ID_BYTES = 16

FIRST = (1).to_bytes(4, "big")
"""The first revision, in `sealed_identity`."""


def _as_float(value: Any) -> float:
    """A number of a class of its own, such as a WrittenNumber or one of NumPy's."""
    if isinstance(value, float):
        return float(value)
    raise TypeError(f"no JSON: {type(value).__name__}")


_SORTED = msgspec.json.Encoder(order="sorted", enc_hook=_as_float)
_DECODE = msgspec.json.Decoder().decode
_SPLITS: dict[str, str] = {
    "train": Part.TRAIN.value,
    "training": Part.TRAIN.value,
    "validation": Part.VALIDATION.value,
    "valid": Part.VALIDATION.value,
    "val": Part.VALIDATION.value,
    "dev": Part.VALIDATION.value,
    "test": Part.TEST.value,
    "testing": Part.TEST.value,
}


class Example(msgspec.Struct, frozen=True, gc=False):
    """A labelled input. What is left out is filled in when it is added to a collection."""

    input: Input
    label: str
    seen_at: float | None = None
    """When it was seen; the time of the import where nothing says."""
    source: str = ""
    subject: str | None = None
    """Whom the input is about: what `erase` finds it by."""
    split: str | None = None
    """The published split: train, validation or test."""
    example_id: str = ""
    """32 hex digits, random and permanent; empty before it is stored."""
    revision: int = 0
    origin: str | None = None
    """The id of the prediction that it was derived from."""
    row: int = 0
    """The line of the file it was read from; 0 where there is none."""


def content(given: Input) -> bytes:
    """The bytes that are the same for the same input; raises ValueError where it cannot be written as UTF-8 JSON."""
    if isinstance(given, str):
        return b"t" + given.encode()
    try:
        return b"f" + _SORTED.encode(given)
    except (TypeError, msgspec.MsgspecError) as error:
        raise ValueError(f"its fields are no JSON: {error}") from None


def payload(given: Input, subject: str | None) -> bytes:
    """What is sealed: the content alone where there is no subject."""
    return content(given) if subject is None else b"s" + _SORTED.encode((given, subject))


def read_payload(data: bytes) -> tuple[Input, str | None]:
    """What was sealed: the input and the subject."""
    if data[:1] == b"t":
        return data[1:].decode(), None
    if data[:1] == b"f":
        return _DECODE(data[1:]), None
    given, subject = _DECODE(data[1:])
    return given, subject


def sealed_identity(example_id: bytes, revision: int) -> bytes:
    """The row that a sealed payload belongs to."""
    return example_id + revision.to_bytes(4, "big")


def check_split(name: Any) -> str | None:
    """The published split under our name for it (`val`, `oos_train` too); raises ValueError where we have none."""
    if name is None or name == "" or name != name:  # NaN
        return None
    part = _SPLITS.get(name) if isinstance(name, str) else None
    if part is None:
        part = _SPLITS.get(str(name).lower().rpartition("_")[2])
    if part is None:
        raise ValueError(f"the split is {shown(name)}: it must be train, validation or test")
    return part
