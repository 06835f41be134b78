"""What a model may be asked about: a text that says something, or a dictionary of fields.

The one rule for it: examples are imported, requests answered and models called in Python under the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from argosy.errors import InputInvalid, InputTooLarge
from argosy.typed_values import abridged_list
from argosy.types import Input

TEXT_BYTES = 1_000_000
"""The largest input that is taken by default; of a dictionary, names and values together."""

_NESTED = (Mapping, list, tuple)
_PLAIN = frozenset((str, int, float, bool, type(None)))
LEAST_INT, LARGEST_INT = -(1 << 63), (1 << 64) - 1  # what JSON and MessagePack can hold here

NO_LIMIT = 1 << 62
"""For inputs that were taken before: what is stored can be answered."""


NESTING = 32
"""How deep lists and dictionaries of an input may lie in one another."""


def check_input(item: Any, limit: int = TEXT_BYTES) -> int:
    """How many characters it has.

    Raises InputInvalid where it is no text that says something and no dictionary with a field that does, is nested over
    NESTING deep or has a whole number of more than 64 bits, InputTooLarge where it has over `limit` bytes of UTF-8.
    """
    if isinstance(item, str):
        if not item or item.isspace():
            raise InputInvalid("the text is empty")
    elif not isinstance(item, Mapping):
        raise InputInvalid(f"an input is a text or a dictionary of fields, not {_kind(item)}")
    elif not item:
        raise InputInvalid("the input has no fields")
    elif not any(_says_something(value) for value in item.values()):
        raise InputInvalid("every field of the input is empty")
    characters = _characters(item)
    # a character has at most four bytes, so most inputs need no encoding to be found small enough
    if 4 * characters > limit and (size := _size(item, _bytes)) > limit:
        raise InputTooLarge(f"the input has {size:,} bytes, over the limit of {limit:,}")
    return characters


def characters_of(inputs: Sequence[Input], limit: int = TEXT_BYTES) -> int:
    """How many characters they have together, each checked; the error names the row, the first of which is row 1."""
    characters = 0
    for row, item in enumerate(inputs, 1):
        if type(item) is str and 4 * len(item) <= limit and item and not item.isspace():
            characters += len(item)  # as `check_input` says of nearly every text
            continue
        try:
            characters += check_input(item, limit)
        except InputInvalid as problem:
            raise type(problem)(f"row {row}: {problem}") from None
    return characters


def check_inputs(inputs: Iterable[Input], limit: int = TEXT_BYTES) -> list[Input]:
    """The inputs as a list, each checked; the error names the row."""
    if isinstance(inputs, str | Mapping):
        raise InputInvalid("inputs are a list: put a single one into brackets")
    rows = list(inputs)
    characters_of(rows, limit)
    return rows


def text_of(item: Input, field: str = "") -> str:
    """The text itself, or the dictionary's `field` ('' is 'text'); raises InputInvalid where there is none."""
    if isinstance(item, str):
        return item
    if not isinstance(item, Mapping):
        raise InputInvalid(f"an input is a text or a dictionary of fields, not {_kind(item)}")
    name = field or "text"
    text = item.get(name)
    if not isinstance(text, str):
        have = abridged_list(item) or "none"
        hint = (
            "" if field else "; a plan names one by the adapter's option 'field', the adapter 'numeric' takes them all"
        )
        raise InputInvalid(f"the model reads the text field '{name}'; the input has these fields: {have}{hint}")
    return text


def texts_of(inputs: Iterable[Input], field: str = "") -> list[str]:
    return [item if type(item) is str else text_of(item, field) for item in inputs]


def is_lone_text(reads: Mapping[str, str]) -> bool:
    """Whether a model that reads these fields takes a text for them."""
    return list(reads.values()) == ["text"]


def _says_something(value: Any) -> bool:
    return not (value is None or (isinstance(value, str) and not value.strip()))


def _characters(item: Input) -> int:
    """`_size` in characters, in a third of the time for what nearly every dictionary is: flat, of plain values."""
    if type(item) is not dict:
        return _size(item, len)
    characters = 0
    for name, value in item.items():
        kind = type(value)
        if type(name) is not str or kind not in _PLAIN or (kind is int and not LEAST_INT <= value <= LARGEST_INT):
            return _size(item, len)
        characters += len(name) + (len(value) if kind is str else 1)
    return characters


def _size(value: Any, measure: Callable[[str], int], levels: int = NESTING) -> int:
    """All of its texts, those of names too; whatever is no text counts as one."""
    if isinstance(value, str):
        return measure(value)
    if isinstance(value, int):
        if not LEAST_INT <= value <= LARGEST_INT:
            raise InputInvalid("a number of the input has more than 64 bits: send it as text")
        return 1
    if not isinstance(value, _NESTED):
        return 1
    if not levels:
        raise InputInvalid(f"the input is nested over {NESTING} levels deep")
    parts = itertools.chain.from_iterable(value.items()) if isinstance(value, Mapping) else value
    return sum(_size(each, measure, levels - 1) for each in parts)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _kind(item: Any) -> str:
    return "null" if item is None else f"a {type(item).__name__}"
