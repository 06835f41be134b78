"""JSON: one object a line, or an array of objects. Blank lines are passed over.

An array is in memory as a whole, and has a limit; its objects become rows one at a time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from argosy.datasets.lines import NOT_ENCODED, TOO_LONG, too_long
from argosy.errors import ExamplesInvalid
from argosy.identities import WrittenNumber
from argosy.repeated_keys import check_keys, keys_in
from argosy.storable_text import is_utf8

ARRAY_BYTES: Final = 1_000_000_000
"""The largest array."""

_DECODE = msgspec.json.Decoder(dict[str, Any]).decode
_DECODE_AS_WRITTEN = msgspec.json.Decoder(dict[str, Any], float_hook=WrittenNumber).decode
_STRING_OR_CONSTANT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|(?<!-)NaN|Infinity')

Row = tuple[int, Mapping[str, Any] | str]


def read_json_lines(lines: Iterable[bytes], limit: int, names: tuple[str, ...]) -> Iterator[Row]:
    """Line number and object, or line number and what is wrong.

    `names` are the columns that hold identities: of their numbers no digit is lost. NaN and Infinity, which JSON does
    not have and some programs write, are numbers of that text.
    """
    for number, line in enumerate(lines, 1):
        if line.isspace():
            continue
        try:
            row = _row(line, names)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            yield number, _problem(error, line, limit)
        except ValueError as problem:
            yield number, str(problem)
        else:
            yield number, row


def _row(line: bytes, names: tuple[str, ...]) -> dict[str, Any]:
    """The object; raises ValueError where it has a key twice."""
    text = line
    try:
        row = _DECODE(line)
    except msgspec.DecodeError:
        text = _without_constants(line)
        if text == line:
            raise
        row = _DECODE(text)  # whether it is JSON otherwise
        row = json.loads(line, parse_constant=WrittenNumber)
    if line.count(b":") != len(row):
        check_keys(text, keys_in(row))
    for name in names:
        if type(row.get(name)) is float:
            row[name] = _DECODE_AS_WRITTEN(text)[name]
    return row


def _without_constants(text: bytes) -> bytes:
    """The text with a number of the same length in place of each NaN and Infinity."""
    if b"NaN" not in text and b"Infinity" not in text:
        return text
    return _STRING_OR_CONSTANT.sub(lambda found: found[0] if found[0][:1] == b'"' else b"1" * len(found[0]), text)


def read_json_array(content: bytes, names: tuple[str, ...], where: str) -> Iterator[Row]:
    """The number of an item, from 1, and its object, or what is wrong; raises ExamplesInvalid where it is no array."""
    if len(content) > ARRAY_BYTES:
        raise ExamplesInvalid(f"{where}: the array has over {ARRAY_BYTES:,} bytes: write JSON lines (jq -c '.[]')")
    text = _without_constants(content)
    try:
        items = msgspec.json.decode(text, type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError) as error:
        raise ExamplesInvalid(f"{where}: it is no JSON array ({_cause(error)})") from None
    end = 0
    for number, item in enumerate(map(bytes, items), 1):
        start = text.index(item, end)  # only commas and white space are between two items
        end = start + len(item)
        ((_, row),) = read_json_lines([content[start:end]], len(item), names)
        yield number, row


def _problem(error: Exception, line: bytes, limit: int) -> str:
    if line == TOO_LONG:
        return too_long(limit)
    if not is_utf8(line):
        return NOT_ENCODED
    if isinstance(error, RecursionError):
        return "it is no JSON object that we read (nested too deeply)"
    return f"it is no JSON object ({_cause(error)})"


def _cause(error: Exception) -> str:
    return str(error).removeprefix("JSON is malformed: ")
