"""JSON: one object a line, or an array of objects. Blank lines are passed over.

An array is in memory as a whole, and has a limit; its objects become rows one at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from argosy.datasets.lines import NOT_ENCODED, TOO_LONG, too_long
from argosy.errors import ExamplesInvalid
from argosy.identities import WrittenNumber

ARRAY_BYTES: Final = 1_000_000_000
"""The largest array."""

_DECODE = msgspec.json.Decoder(dict[str, Any]).decode
_DECODE_AS_WRITTEN = msgspec.json.Decoder(dict[str, Any], float_hook=WrittenNumber).decode

Row = tuple[int, Mapping[str, Any] | str]


def read_json_lines(lines: Iterable[bytes], limit: int, names: tuple[str, ...]) -> Iterator[Row]:
    """Line number and object, or line number and what is wrong.

    `names` are the columns that hold identities: of their numbers no digit is lost.
    """
    for number, line in enumerate(lines, 1):
        if line.isspace():
            continue
        try:
            row = _DECODE(line)
        except UnicodeDecodeError:
            yield number, NOT_ENCODED
        except (msgspec.DecodeError, RecursionError) as error:
            yield number, too_long(limit) if line == TOO_LONG else _problem(error)
        else:
            for name in names:
                if type(row.get(name)) is float:
                    row[name] = _DECODE_AS_WRITTEN(line)[name]
            yield number, row


def read_json_array(content: bytes, names: tuple[str, ...], where: str) -> Iterator[Row]:
    """The number of an item, from 1, and its object, or what is wrong; raises ExamplesInvalid where it is no array."""
    if len(content) > ARRAY_BYTES:
        raise ExamplesInvalid(f"{where}: the array has over {ARRAY_BYTES:,} bytes: write JSON lines (jq -c '.[]')")
    try:
        items = msgspec.json.decode(content, type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError) as error:
        raise ExamplesInvalid(f"{where}: it is no JSON array ({_cause(error)})") from None
    for number, item in enumerate(items, 1):
        ((_, row),) = read_json_lines([bytes(item)], len(item), names)
        yield number, row


def _problem(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is no JSON object that we read (nested too deeply)"
    return f"it is no JSON object ({_cause(error)})"


def _cause(error: Exception) -> str:
    return str(error).removeprefix("JSON is malformed: ")
