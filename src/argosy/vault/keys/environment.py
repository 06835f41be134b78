"""Master keys from the environment: ARGOSY_KEY_EXAMPLES and ARGOSY_KEY_PREDICTIONS, base64 of 32 bytes each.

While a key is replaced, ARGOSY_KEY_EXAMPLES_NEXT is the key to come: who has both in its environment opens what is
wrapped with either. Anyone who runs the processes then lets it take the other's place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from argosy.errors import KeyUnavailable
from argosy.vault.master_keys import ROLES, decode_key


class EnvironmentKeys:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def get(self, role: str) -> bytes:
        name = variable(role)
        if name not in self._environ:
            raise KeyUnavailable(f"the environment has no {name}: set it to the base64 of the 32-byte master key")
        return decode_key(self._environ[name], name)

    def candidates(self, role: str) -> list[bytes]:
        return [self.get(role), *([self.prepare(role)] if next_variable(role) in self._environ else [])]

    @contextmanager
    def alone(self) -> Iterator[None]:
        yield  # two at once wrap under the same key

    def has_begun(self, role: str) -> bool:  # noqa: ARG002  # the port's
        return False

    def prepare(self, role: str) -> bytes:
        name = next_variable(role)
        if name not in self._environ:
            raise KeyUnavailable(
                f"the keys come from the environment: set {name} to the base64 of 32 new random bytes, wherever"
                f" {variable(role)} is set, and repeat"
            )
        return decode_key(self._environ[name], name)

    def take_over(self, role: str) -> None:
        """Left to the person who sets the variables."""

    def forget(self, role: str) -> None:
        """Left to the person who sets the variables."""


def next_variable(role: str) -> str:
    """The name of the variable that holds the role's key to come."""
    return f"{variable(role)}_NEXT"


def variable(role: str) -> str:
    """The name of the variable that holds that role's key."""
    if role not in ROLES:
        raise KeyUnavailable(f"there is no key role '{role}'; there are: {', '.join(ROLES)}")
    return f"ARGOSY_KEY_{role.upper()}"
