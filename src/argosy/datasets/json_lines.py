"""JSON lines: one object a line. Blank lines are passed over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

_DECODE = msgspec.json.Decoder(dict[str, Any]).decode


def read_json_lines(lines: Iterable[bytes]) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Line number and object, or line number and what is wrong."""
    for number, line in enumerate(lines, 1):
        if line.isspace():
            continue
        try:
            yield number, _DECODE(line)
        except UnicodeDecodeError:
            yield number, "it is not UTF-8"
        except (msgspec.DecodeError, RecursionError) as error:
            yield number, f"it is no JSON object ({str(error).removeprefix('JSON is malformed: ')})"
