"""How tests come by a real server: its URL variable, else its usual port, else one of their own, else a skip."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest


def absent(reason):
    """Skip what needs the server; with `CI` set that fails, so that nobody takes a skip for a pass."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def folder_of(user):
    """A new folder that belongs to that user, short enough for a socket's path; it goes with what is in it."""
    made = Path(tempfile.mkdtemp(prefix="argosy-"))
    try:
        if user is not None:
            shutil.chown(made, user)
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def unprivileged(*names):
    """The first of those users that there is, where we are root, whom servers refuse to run as; else None."""
    if os.geteuid() != 0:
        return None
    known = {line.partition(":")[0] for line in Path("/etc/passwd").read_text("utf-8").splitlines()}
    return next(name for name in names if name in known)


def newest_folder(pattern):
    """The folder of a server's newest programs, such as `/usr/lib/postgresql/*/bin`; None where there is none."""
    found = sorted(Path("/").glob(pattern.lstrip("/")), key=lambda path: [int(n) for n in path.parts if n.isdigit()])
    return found[-1] if found else None
