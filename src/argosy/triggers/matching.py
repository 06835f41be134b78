"""Which files match a trigger's pattern, below the project's folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from argosy.backends import HOME
from argosy.tuning.trigger_files import TriggerFile

MOST_FILES: Final = 10_000
"""That one trigger looks at."""


@dataclass
class Matches:
    """What was found, by path; `refused` says of some why they may not be read."""

    files: list[TriggerFile] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def matching_files(root: Path, pattern: str, most: int = MOST_FILES) -> Matches:
    """Regular files, in the order of their paths. What is not there any more when it is looked at, is not there.

    Left out: what lies in the project's own folder, and names that begin with a dot, which programs give to files that
    they are writing, unless the pattern's begins with one. For links see `refusal`.
    """
    found, refusals = Matches(), dict[str, str]()
    paths = sorted(islice(_candidates(root, pattern), most + 1))
    for path in paths[:most]:
        file = file_as_it_is(root, path)
        if file is None:
            continue
        found.files.append(file)
        via = path if os.path.islink(f"{root}/{path}") else path.rpartition("/")[0]  # noqa: PTH114  # of thousands
        if via not in refusals:
            refusals[via] = refusal(root, root / via)
        if refusals[via]:
            found.refused[path] = refusals[via]
    if len(paths) > most:
        found.files.append(TriggerFile(pattern, 0, 0))
        found.refused[pattern] = f"more than {most:,} files match, and only so many are looked at: move some away"
    return found


def refusal(root: Path, path: Path) -> str:
    """Why a file, or those in a folder, may not be read, for where links lead; empty: they may."""
    where, top = Path(os.path.realpath(path)), Path(os.path.realpath(root))
    if top != where and top not in where.parents:
        return "it leads out of the project's folder"
    home = top / HOME
    return "it leads into the project's own folder" if home == where or home in where.parents else ""


def file_as_it_is(root: Path, path: str) -> TriggerFile | None:
    """That file now; None where there is none."""
    try:
        path.encode()
        status = os.stat(f"{root}/{path}")  # noqa: PTH116  # of thousands
    except (OSError, ValueError):  # gone, a link in a circle, a name that is no text
        return None
    return TriggerFile(path, status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else None


def _candidates(root: Path, pattern: str) -> Iterator[str]:
    """Paths in the project's folder."""
    hidden, own = pattern.rpartition("/")[2].startswith("."), f"{HOME}/"
    try:
        for path in root.glob(pattern):
            name = str(path)[len(str(root)) + 1 :]
            if (hidden or not path.name.startswith(".")) and not name.startswith(own):
                yield name
    except OSError:  # a folder that vanished, or may not be read
        return
