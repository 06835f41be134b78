"""Master keys from the environment: ARGOSY_KEY_EXAMPLES and ARGOSY_KEY_PREDICTIONS, base64 of 32 bytes each."""

from __future__ import annotations

from collections.abc import Mapping

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


def variable(role: str) -> str:
    """The name of the variable that holds that role's key."""
    if role not in ROLES:
        raise KeyUnavailable(f"there is no key role '{role}'; there are: {', '.join(ROLES)}")
    return f"ARGOSY_KEY_{role.upper()}"
