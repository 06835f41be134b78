"""How tests find a real server: its URL variable, else its usual port, else their own server, else a skip."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest


def absent(reason):
    """Skip a test that needs the server; with `CI` set it fails, so that a skip is not mistaken for a pass."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def folder_of(user):
    """A new folder that belongs to that user, short enough for a socket's path; it is removed with its contents."""
    made = Path(tempfile.mkdtemp(prefix="argosy-"))
    try:
        if user is not None:
            shutil.chown(made, user)
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def unprivileged(*names):
    """If the tests run as root, as which servers refuse to run: the first existing user of those; else None."""
    if os.geteuid() != 0:
        return None
    known = {line.partition(":")[0] for line in Path("/etc/passwd").read_text("utf-8").splitlines()}
    return next(name for name in names if name in known)


def newest_folder(pattern):
    """The folder of a server's newest programs, such as `/usr/lib/postgresql/*/bin`, or None."""
    found = sorted(Path("/").glob(pattern.lstrip("/")), key=lambda path: [int(n) for n in path.parts if n.isdigit()])
    return found[-1] if found else None
