"""Several labels for one text, as one label: JSON text of a list, sorted and without repeats, such as `["joy","love"]`.

A set of labels rests, travels and compares as text like any other label; `[]` says "none of them". Text that is no
JSON list of texts and numbers is a single label, whatever it begins with. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

NONE: Final = "[]"
"""The empty set."""
LABELS: Final = 1000
"""The most labels that one text may have."""


def is_set(label: str) -> bool:
    """Whether it is a list of labels."""
    return members(label) is not None


def members(label: str) -> tuple[str, ...] | None:
    """The labels in it, sorted, each once; None where it is a single label."""
    if not label.lstrip().startswith("["):
        return None
    try:
        return _distinct(msgspec.json.decode(label))
    except (msgspec.DecodeError, ValueError):
        return None


def as_members(label: str) -> tuple[str, ...]:
    """The labels in it; a single label is a set of one."""
    found = members(label)
    return (label,) if found is None else found


def set_label(labels: Iterable[Any]) -> str:
    """The text of a set; raises ValueError where one of its labels is empty, or neither text nor number."""
    return msgspec.json.encode(_distinct(list(labels))).decode()


def canonical(label: str) -> str:
    """The label as it rests: a list sorted and without repeats, a single label as it is."""
    found = members(label)
    return label if found is None else set_label(found)


def beside(label: str, answer: str) -> str:
    """The right label in the answer's form: beside a set, `joy` means `["joy"]`."""
    return set_label(as_members(label)) if is_set(answer) else label


def agrees(answer: str, label: str) -> bool:
    """Whether the answer is that label; of sets, the same set."""
    return answer == label or answer == beside(label, answer)


def counted(counts: Mapping[str, int]) -> dict[str, int]:
    """How often each single label occurs, and `[]`, given how often each label or set of labels does."""
    found: Counter[str] = Counter()
    for label, number in counts.items():
        for one in as_members(label) or (NONE,):
            found[one] += number
    return dict(found)


def _distinct(labels: Any) -> tuple[str, ...]:
    if not isinstance(labels, list) or len(labels) > LABELS:
        raise ValueError(f"a text has at most {LABELS:,} labels")
    return tuple(sorted({_single(label) for label in labels}))


def _single(label: Any) -> str:
    if isinstance(label, bool | int | float):
        return msgspec.json.encode(label).decode()
    if not isinstance(label, str):
        raise ValueError(f"a label in the list is neither text nor number but {type(label).__name__}")
    if not label.strip():
        raise ValueError("a label in the list is empty")
    return label
