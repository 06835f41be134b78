"""Where files lie: names from elsewhere are kept below a folder, suffixes say formats, secrets are their owner's alone.

A private file has mode 600 and a private folder 700, whatever the umask.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TextIO

from argosy.errors import PathInvalid

NAME_BYTES = 255
OTHERS = 0o077
FILE_MODE, FOLDER_MODE = 0o600, 0o700


def within(folder: Path, name: str) -> Path:
    """The file below `folder`, also where links lead, that a name from an archive, a row or a request means.

    Raises PathInvalid.
    """
    if not is_plain(name) or not is_below(folder, folder / name):
        raise PathInvalid(f"{name!a} is no name of a file below {folder}")
    return folder / name


def is_plain(name: str) -> bool:
    """Whether it is a relative name, of parts that a file can have and a line can show; none is empty, `.` or `..`."""
    return all(
        part not in ("", ".", "..") and part.isprintable() and len(part.encode()) <= NAME_BYTES
        for part in name.split("/")
    )


def is_below(folder: Path, path: Path) -> bool:
    """Whether the path, once links are followed, is inside of the folder, and not the folder itself."""
    try:
        return folder.resolve() in path.resolve().parents
    except (OSError, RuntimeError, ValueError):  # links in a circle, a NUL
        return False


def check_suffix(path: Path, suffixes: Collection[str]) -> str:
    """The file's suffix, in lower case, which names its format; raises PathInvalid for any other."""
    suffix = path.suffix.lower()
    if suffix not in suffixes:
        named = " or ".join(one for one in suffixes if one)
        raise PathInvalid(f"{path}: its name says its format, and must end in {named}")
    return suffix


def make_private_folder(path: Path) -> Path:
    """The folder, made where it is not there, its parents as others would make them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        path.mkdir(FOLDER_MODE)
        path.chmod(FOLDER_MODE)  # a umask may have taken more away
    return path


def make_private_file(path: Path) -> Path:
    """The file, empty where it was not there."""
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        os.fchmod(descriptor, FILE_MODE)
        os.close(descriptor)
    return path


def close_to_others(path: Path) -> None:
    """Take from others what they may do with a file or folder of ours; left alone where it is absent or not ours."""
    with suppress(OSError):
        if is_open_to_others(path):
            path.chmod(path.stat().st_mode & 0o700)


def is_open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & OTHERS)


@contextmanager
def private_file(path: Path) -> Iterator[IO[bytes]]:
    """A private file that takes its name, in place of what has it, when the block ends well; else nothing is left.

    What is no file, such as /dev/stdout, is written to as it is.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    target = path.resolve()
    if not target.parent.is_dir():
        raise PathInvalid(f"{path}: there is no such folder")
    descriptor, name = tempfile.mkstemp(prefix=".argosy-", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, FILE_MODE)
            yield file
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def private_text(path: Path) -> Iterator[TextIO]:
    """The same, for text in UTF-8 whose line ends are kept as they are written."""
    with private_file(path) as file, io.TextIOWrapper(file, "utf-8", newline="") as text:
        yield text


def make_home(home: Path, file: Path) -> None:
    """The folder of a database. The project's own is closed to others, and so is a database that is in it already."""
    if not is_below(home, file):
        file.parent.mkdir(exist_ok=True)
        return
    make_private_folder(home)
    for path in (home, file, *(file.with_name(f"{file.name}{suffix}") for suffix in ("-wal", "-shm"))):
        close_to_others(path)
