"""The master keys of a project: shown by their fingerprints, and replaced."""

from __future__ import annotations

from dataclasses import dataclass

from argosy.backends import Backends
from argosy.errors import KeyUnavailable
from argosy.types import Progress
from argosy.vault.master_keys import ROLES
from argosy.vault.rotation import Rotated, fingerprint, rotate
from argosy.vault.vault import role_of, scopes


@dataclass(frozen=True)
class KeyState:
    """One role's master key: never the key. `problem` says why it cannot be used here, such as on a server alone."""

    role: str
    fingerprint: str
    scopes: list[str]
    """What it opens: collections, and the prediction log."""
    rotating: bool
    problem: str = ""


class ProjectKeys:
    """`project.keys`."""

    def __init__(self, backends: Backends) -> None:
        self._database, self._keys = backends.database, backends.master_keys

    def show(self) -> list[KeyState]:
        """Each role's key, by its fingerprint."""
        with self._database.read() as transaction:
            known = scopes(transaction)
        states = []
        for role in ROLES:
            mine = [scope for scope in known if role_of(scope) == role]
            try:
                states.append(KeyState(role, fingerprint(self._keys.get(role)), mine, self._keys.has_begun(role)))
            except KeyUnavailable as error:
                states.append(KeyState(role, "", mine, False, str(error)))
        return states

    def rotate(self, role: str, report_progress: Progress = lambda _: None) -> Rotated:
        """Replace the role's master key; raises KeyUnavailable, KeyWrong. After a crash, running it again ends it."""
        return rotate(self._database, self._keys, role, report_progress)
