"""What a model may be asked about: a text that says something, or a dictionary of fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from argosy.errors import InputInvalid
from argosy.types import Input

TEXT_BYTES = 1_000_000
"""The longest text that is answered unless told otherwise."""

NO_LIMIT = 1 << 62
"""For inputs that were taken before: what is stored can be answered."""


def check_input(item: Any, limit: int = TEXT_BYTES) -> None:
    """Raise InputInvalid unless `item` is a text that is not blank, or a dictionary, of at most `limit` bytes."""
    if isinstance(item, str):
        if not item or item.isspace():
            raise InputInvalid("the input is an empty text: send at least one word")
        if 4 * len(item) > limit and len(item.encode("utf-8", "surrogatepass")) > limit:
            raise InputInvalid(f"the input is longer than {limit:,} bytes: shorten it")
    elif isinstance(item, Mapping):
        if not item:
            raise InputInvalid("the input is an empty dictionary: send at least one field")
        if not any(_says_something(value) for value in item.values()):
            raise InputInvalid("every field of the input is empty: send at least one word")
        for value in item.values():
            if isinstance(value, str) and 4 * len(value) > limit:
                check_input(value, limit)
    else:
        raise InputInvalid(f"an input is a text or a dictionary of fields, not {_kind(item)}")


def check_inputs(inputs: Iterable[Input], limit: int = TEXT_BYTES) -> list[Input]:
    """The inputs as a list, each checked; the error names the row where there are several."""
    if isinstance(inputs, str | Mapping):
        raise InputInvalid("inputs are a list: put a single one into brackets")
    rows = list(inputs)
    for number, item in enumerate(rows):
        try:
            check_input(item, limit)
        except InputInvalid as problem:
            raise InputInvalid(f"input {number}: {problem}") from None
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
        have = ", ".join(map(str, item)) or "none"
        raise InputInvalid(f"the model reads the text field '{name}'; the input has these fields: {have}")
    return text


def texts_of(inputs: Iterable[Input], field: str = "") -> list[str]:
    return [item if type(item) is str else text_of(item, field) for item in inputs]


def is_lone_text(reads: Mapping[str, str]) -> bool:
    """Whether a model that reads these fields takes a text for them."""
    return list(reads.values()) == ["text"]


def _says_something(value: Any) -> bool:
    return not (value is None or (isinstance(value, str) and not value.strip()))


def _kind(item: Any) -> str:
    return "null" if item is None else f"a {type(item).__name__}"
