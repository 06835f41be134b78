"""What a graph of ours says of itself in its metadata, so that it can be asked without its project. Pure."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from argosy.types import FieldKind

PROPERTY: Final = "argosy"
"""The key in the metadata."""


class GraphNote(msgspec.Struct, frozen=True):
    """`text` or `fields` as in `Declared`; `probabilities`: whether its answers are such, or scores alone."""

    classes: list[str]
    probabilities: bool
    text: str = ""
    fields: dict[str, FieldKind] = {}
    answered_from: list[float] | None = None
    """Of lists of labels: the probability from which each is answered."""
    about: dict[str, Any] = {}
    """The version that it was made of: name, label, artifact, definition, figures."""


def read_note(text: str) -> GraphNote | None:
    """None where it is no note of ours."""
    try:
        return msgspec.json.decode(text, type=GraphNote)
    except msgspec.MsgspecError:
        return None
