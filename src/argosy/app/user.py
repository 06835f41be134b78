"""Who runs this process, for the history."""

from __future__ import annotations

import getpass


def user() -> str:
    """The login name, or `unknown`."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
