"""Which files match a trigger's pattern, below the project's folder."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from argosy.backends import HOME
from argosy.paths import is_below
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
    found = Matches()
    paths = sorted(islice(_candidates(root, pattern), most + 1))
    for path in paths[:most]:
        file = _found(path, root)
        if file is None:
            continue
        found.files.append(file)
        if why := refusal(root, path):
            found.refused[file.path] = why
    if len(paths) > most:
        found.files.append(TriggerFile(pattern, 0, 0))
        found.refused[pattern] = f"more than {most:,} files match, and only so many are looked at: move some away"
    return found


def refusal(root: Path, path: Path) -> str:
    """Why a file may not be read, for where its links lead; empty: it may."""
    if not is_below(root, path):
        return "it leads out of the project's folder"
    return "it leads into the project's own folder" if is_below(root / HOME, path) else ""


def file_as_it_is(root: Path, path: str) -> TriggerFile | None:
    """That file now; None where there is none."""
    return _found(root / path, root)


def _candidates(root: Path, pattern: str) -> Iterator[Path]:
    hidden = pattern.rpartition("/")[2].startswith(".")
    home = root / HOME
    try:
        for path in root.glob(pattern):
            if (hidden or not path.name.startswith(".")) and home not in path.parents and path != home:
                yield path
    except OSError:  # a folder that vanished, or may not be read
        return


def _found(path: Path, root: Path) -> TriggerFile | None:
    try:
        status = path.stat()
        name = path.relative_to(root).as_posix()
        name.encode()
    except (OSError, ValueError, RuntimeError):  # gone, a link in a circle, a name that is no text
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return TriggerFile(name, status.st_size, status.st_mtime_ns)
