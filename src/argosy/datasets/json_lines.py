"""JSON lines: one object a line. Blank lines are passed over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from argosy.datasets.lines import TOO_LONG, too_long
from argosy.identities import WrittenNumber

_DECODE = msgspec.json.Decoder(dict[str, Any]).decode
_DECODE_AS_WRITTEN = msgspec.json.Decoder(dict[str, Any], float_hook=WrittenNumber).decode


def read_json_lines(
    lines: Iterable[bytes], limit: int, names: tuple[str, ...]
) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Line number and object, or line number and what is wrong.

    `names` are the columns that hold identities: of their numbers no digit is lost.
    """
    for number, line in enumerate(lines, 1):
        if line.isspace():
            continue
        try:
            row = _DECODE(line)
        except UnicodeDecodeError:
            yield number, "it is not UTF-8"
        except (msgspec.DecodeError, RecursionError) as error:
            yield number, too_long(limit) if line == TOO_LONG else _problem(error)
        else:
            for name in names:
                if type(row.get(name)) is float:
                    row[name] = _DECODE_AS_WRITTEN(line)[name]
            yield number, row


def _problem(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is no JSON object that we read (nested too deeply)"
    return f"it is no JSON object ({str(error).removeprefix('JSON is malformed: ')})"
