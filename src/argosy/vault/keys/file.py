"""Master keys as files, `ROLE.key` of mode 600 in a folder of mode 700."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from argosy.errors import KeyUnavailable
from argosy.vault.master_keys import KEY_BYTES, ROLES, decode_key, encode_key


class FileKeys:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, role: str) -> bytes:
        path = self.path(role)
        try:
            with path.open(encoding="ascii") as file:
                _check_private(path, os.fstat(file.fileno()).st_mode)
                text = file.read()
        except FileNotFoundError:
            raise KeyUnavailable(f"there is no master key {path}: put it back from your backup") from None
        except (OSError, UnicodeDecodeError) as error:
            raise KeyUnavailable(f"the master key {path} cannot be read: {error}") from None
        return decode_key(text, f"the master key {path}")

    def create(self, role: str) -> None:
        """Make a random key; raises KeyUnavailable where the role has one already, which is never replaced."""
        path = self.path(role)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise KeyUnavailable(f"{path} exists: replacing it would lose what it encrypts") from None
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(encode_key(os.urandom(KEY_BYTES)) + "\n")
            file.flush()
            os.fsync(descriptor)

    def path(self, role: str) -> Path:
        if role not in ROLES:
            raise KeyUnavailable(f"there is no key role '{role}'; there are: {', '.join(ROLES)}")
        return self.folder / f"{role}.key"


def _check_private(path: Path, mode: int) -> None:
    if stat.S_IMODE(mode) & 0o077:
        raise KeyUnavailable(f"the master key {path} is open to others (mode {stat.S_IMODE(mode):o}): chmod 600 {path}")
