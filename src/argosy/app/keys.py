"""The master keys of a project: told apart, and replaced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.app import backends
from argosy.errors import KeyUnavailable
from argosy.vault.master_keys import ROLES
from argosy.vault.rotation import Rotated, fingerprint, rotate
from argosy.vault.vault import role_of

if TYPE_CHECKING:
    from argosy.app.project import Project


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

    def __init__(self, project: Project) -> None:
        project.vault  # noqa: B018  # a project in which nothing is encrypted yet gets its keys
        self._database, self._keys = project.database, backends.master_keys(project.root)

    def show(self) -> list[KeyState]:
        """Each role's key, by its fingerprint."""
        with self._database.read() as transaction:
            scopes = [row[0] for row in transaction.execute("SELECT scope FROM data_keys ORDER BY scope")]
        states = []
        for role in ROLES:
            mine = [scope for scope in scopes if role_of(scope) == role]
            try:
                states.append(KeyState(role, fingerprint(self._keys.get(role)), mine, self._keys.has_begun(role)))
            except KeyUnavailable as error:
                states.append(KeyState(role, "", mine, False, str(error)))
        return states

    def require(self, *roles: str) -> None:
        """Raises KeyUnavailable where a role's key is not available to this process."""
        for role in roles:
            self._keys.get(role)

    def rotate(self, role: str, told: Callable[[str], None] = lambda _: None) -> Rotated:
        """Replace the role's master key; raises KeyUnavailable, KeyWrong. After a crash, running it again ends it."""
        return rotate(self._database, self._keys, role, told)
