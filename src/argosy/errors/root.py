"""The root of the tree, and what every part of it is made of."""

from __future__ import annotations

from collections.abc import Iterable


class ArgosyError(Exception):
    """Whatever Argosy raises on purpose."""


class UserMistake(ArgosyError):
    """Something the caller can put right; the message says how."""


class PathInvalid(UserMistake):
    """A file's name that leads out of its folder, or that no file can have."""


class Outage(ArgosyError):
    """Something needed is full, locked or unavailable, perhaps for a while: jobs are postponed and do not fail."""


class Overtaken(ArgosyError):
    """What a job rested on changed while it ran: it is run again, and only after ten such losses is it a failure."""


def nearest(name: str, known: Iterable[str]) -> str:
    """` (did you mean 'tfidf'?)`, or nothing where no known name is near."""
    import difflib  # an error alone needs it, and it takes longer to import than the rest of this module

    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" (did you mean '{close[0]}'?)" if close else ""
