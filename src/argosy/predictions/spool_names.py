"""A spool's name, drawn once and kept in a file next to the folder.

The file says which inode it is. In a copy, or in what a backup of files brought back, that does not hold, and another
name is drawn: what one folder has acknowledged does not count for a copy of it.
"""

from __future__ import annotations

import fcntl
import os
import platform
import secrets
from pathlib import Path
from typing import IO


def name_of_spool(folder: Path) -> str:
    """The folder's name; it is given one where it has none. Any number of processes."""
    path = _file(folder)
    path.touch(0o600)
    with path.open("r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        name = _own_name(file)
        if not name:
            name = f"{platform.node()}-{secrets.token_hex(3)}"
            file.seek(0)
            file.truncate()
            file.write(f"{_inode(file)} {name}\n")
        return name


def known_name(folder: Path) -> str:
    """The folder's name; empty where it has none."""
    try:
        with _file(folder).open(encoding="utf-8") as file:
            return _own_name(file)
    except FileNotFoundError:
        return ""


def _file(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.name")


def _own_name(file: IO[str]) -> str:
    inode, _, name = file.read().partition(" ")
    return name.removesuffix("\n") if inode == _inode(file) and name.endswith("\n") else ""


def _inode(file: IO[str]) -> str:
    return str(os.fstat(file.fileno()).st_ino)
