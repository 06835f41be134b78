"""Keys that one JSON object has twice, of which decoders silently take the last. Pure."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from argosy.shortening import shortened

UNKNOWN: Final = -1
_KEY_END = re.compile(rb'"\s*:')
_NESTED = (dict, list)
_SHOWN = 60


def check_keys(text: bytes | memoryview, keys: int) -> None:
    """Raise ValueError naming a key that one object of a JSON text has twice.

    `keys` is how many all objects have together, once decoded. Where the text writes no more of them, as nearly every
    text, it is not decoded again.
    """
    data = bytes(text)
    if data.count(b":") == keys == data.count(b'":'):
        return  # no colon stands within a text, or apart from its key
    if len(_KEY_END.findall(data)) != keys:
        # numbers stay text, since they may have more digits than Python reads
        json.loads(data, object_pairs_hook=object_without_repeats, parse_int=str, parse_float=str)


def keys_in(value: Any) -> int:
    """How many keys the objects in a decoded value have together, however deep they lie."""
    keys, left = 0, [value]
    while left:
        one = left.pop()
        if type(one) is dict:
            keys += len(one)
            left += [each for each in one.values() if type(each) in _NESTED]
        elif type(one) is list:
            left += [each for each in one if type(each) in _NESTED]
    return keys


def object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these pairs, for `json.loads`; raises ValueError naming a key that is there twice."""
    values: dict[str, Any] = {}
    for key, value in pairs:
        if key in values:
            raise ValueError(f"the key '{shortened(key, _SHOWN)}' is given twice")
        values[key] = value
    return values
