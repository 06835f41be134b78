"""A program that a server starts beside it for what would take the processor from its requests for long.

It reads one JSON document a line and answers with one, until its input ends or nothing came for a while:

- `{path}`: the file's sha256, as `{sha256}`;
- `{path, into, draw}`: the table of each vocabulary of the artifact, written into a file, as `{tables}`: for each
  vocabulary what stands for its arrays there.

`{error}` is the answer where that could not be done. It has the processor when nobody else wants it: of the lowest
priority, in a session of its own, since Linux may weigh sessions before it weighs processes.
"""

from __future__ import annotations

import hashlib
import select
import sys
from pathlib import Path
from typing import Any

import msgspec

from argosy.errors import ArgosyError
from argosy.models.artifact_format import ArrayWriter, read_artifact
from argosy.models.packed_index import HashDraw, make_table
from argosy.models.packing import packed_vocabularies
from argosy.processes import LOWEST_PRIORITY, stand_back

LINGER_SECONDS = 20.0
"""How long it waits for the next request: a version is often followed by its neighbour."""


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    path = Path(asked["path"])
    if "into" not in asked:
        with path.open("rb", buffering=0) as file:
            return {"sha256": hashlib.file_digest(file, "sha256").hexdigest()}
    return {"tables": _write_tables(path, Path(asked["into"]), HashDraw(*asked["draw"]))}


def _write_tables(path: Path, into: Path, draw: HashDraw) -> list[list[dict[str, Any]]]:
    header, arrays = read_artifact(path)
    made = ArrayWriter()
    tables = []
    for blob, offsets in packed_vocabularies(header):
        tables.append([made.put(one) for one in make_table(arrays.get(blob), arrays.get(offsets), draw)])
    with into.open("wb") as file:
        made.write(file)
    return tables


def main() -> None:
    stand_back(LOWEST_PRIORITY)
    while select.select([sys.stdin], [], [], LINGER_SECONDS)[0]:
        line = sys.stdin.buffer.readline()
        if not line:
            return
        try:
            answered = _answer(msgspec.json.decode(line))
        except (ArgosyError, OSError, MemoryError) as error:
            answered = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.buffer.write(msgspec.json.encode(answered) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
