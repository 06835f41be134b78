"""Master keys as files, `ROLE.key` of mode 600 in a folder of mode 700.

While a key is replaced, `ROLE.next` is the key to come, and then `ROLE.previous` the one before. A key is complete
before it has its name.
"""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from argosy.errors import KeyUnavailable
from argosy.paths import make_private_folder
from argosy.vault.master_keys import KEY_BYTES, ROLES, decode_key, encode_key

NEXT, PREVIOUS = ".next", ".previous"
PATIENCE_SECONDS, POLL_SECONDS = 60.0, 0.02


class FileKeys:
    """`patience`: how many seconds to wait for another process that replaces keys, or copies them."""

    def __init__(self, folder: Path, patience: float = PATIENCE_SECONDS) -> None:
        self.folder, self._patience = folder, patience

    def get(self, role: str) -> bytes:
        return _read(self.path(role))

    def candidates(self, role: str) -> list[bytes]:
        while True:
            present = self.get(role)
            others = [_read_if_there(self._state_path(role, state)) for state in (NEXT, PREVIOUS)]
            if present == self.get(role):  # else a key took over between, and what was read may be either
                return [present, *(key for key in others if key is not None)]

    def create(self, role: str) -> None:
        """Make a random key; raises KeyUnavailable where the role has one already, which is never replaced."""
        path = self.path(role)
        try:
            self._write(path)
        except FileExistsError:
            raise KeyUnavailable(f"{path} exists: replacing it would lose what it encrypts") from None

    def has_begun(self, role: str) -> bool:
        return self._state_path(role, NEXT).exists() or self._state_path(role, PREVIOUS).exists()

    def prepare(self, role: str) -> bytes:
        present, path = self.get(role), self._state_path(role, NEXT)
        if self.has_begun(role) and not path.exists():  # it took over already
            return present
        with suppress(FileExistsError):
            self._write(path)
        return _read(path)

    def take_over(self, role: str) -> None:
        if not self._state_path(role, NEXT).exists():
            return
        with suppress(FileExistsError):
            os.link(self.path(role), self._state_path(role, PREVIOUS))
        self._synchronise()
        self._state_path(role, NEXT).replace(self.path(role))
        self._synchronise()

    def forget(self, role: str) -> None:
        self._state_path(role, PREVIOUS).unlink(missing_ok=True)
        self._synchronise()

    @contextmanager
    def alone(self) -> Iterator[None]:
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            self._lock(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _lock(self, descriptor: int) -> None:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    problem = f"another process is replacing or copying the keys in {self.folder}: wait for it"
                    raise KeyUnavailable(problem) from None
                time.sleep(POLL_SECONDS)
            else:
                return

    def path(self, role: str) -> Path:
        if role not in ROLES:
            raise KeyUnavailable(f"there is no key role '{role}'; there are: {', '.join(ROLES)}")
        return self.folder / f"{role}.key"

    def _state_path(self, role: str, state: str) -> Path:
        return self.path(role).with_suffix(state)

    def _write(self, path: Path) -> None:
        """A new random key, durably; raises FileExistsError."""
        make_private_folder(make_private_folder(self.folder.parent) / self.folder.name).chmod(0o700)
        descriptor, name = tempfile.mkstemp(dir=self.folder, prefix=".")
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(encode_key(os.urandom(KEY_BYTES)) + "\n")
                file.flush()
                os.fsync(descriptor)
            os.link(name, path)
            self._synchronise()
        finally:
            Path(name).unlink()

    def _synchronise(self) -> None:
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _read(path: Path) -> bytes:
    found = _read_if_there(path)
    if found is None:
        raise KeyUnavailable(f"there is no master key {path}: put it back from your backup")
    return found


def _read_if_there(path: Path) -> bytes | None:
    try:
        with path.open(encoding="ascii") as file:
            _check_private(path, os.fstat(file.fileno()).st_mode)
            text = file.read()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise KeyUnavailable(f"the master key {path} cannot be read: {error}") from None
    return decode_key(text, f"the master key {path}")


def _check_private(path: Path, mode: int) -> None:
    if stat.S_IMODE(mode) & 0o077:
        raise KeyUnavailable(
            f"the master key {path} can be read by other users (mode {stat.S_IMODE(mode):o}): chmod 600 {path}"
        )
