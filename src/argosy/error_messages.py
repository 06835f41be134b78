"""What may be said of an exception where people read it, in a log or in the database: no value that it holds."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from argosy.errors import ArgosyError, UserMistake

_OURS = __file__.removesuffix("error_messages.py")


def message_of(error: BaseException) -> str:
    """An exception in one line that may be logged and stored.

    Argosy's own sentences quote no example, and are kept. Any other exception's message may quote anything
    (`invalid literal for int(): 'my card number is …'`): its type and its place in the code are kept.
    """
    name = type(error).__name__
    if isinstance(error, ArgosyError):
        said = str(error).replace("\0", "\N{SYMBOL FOR NULL}")  # which a database takes
        return said if isinstance(error, UserMistake) else f"{name}: {said}"
    if isinstance(error, OSError) and error.errno:
        name = f"{name} ({os.strerror(error.errno)})"
    return f"{name}{place_of(error)} (its message is left out: it may quote an example)"


def place_of(error: BaseException) -> str:
    """` at FILE:LINE in FUNCTION: the line`, of a user's own code where that was on the way; the line is code alone."""
    import traceback  # few processes need it, and all import this module

    if isinstance(error, SyntaxError) and error.filename:
        return f" at {error.filename}:{error.lineno}: {(error.text or '').strip()}"
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if _is_users(frame.filename)]
    return "".join(
        f" at {frame.filename}:{frame.lineno} in {frame.name}" + (f": {frame.line}" if frame.line else "")
        for frame in (theirs or frames)[-1:]
    )


def is_from_users_code(error: BaseException) -> bool:
    """Whether a user's own code was on the way from where the exception is caught to where it was raised."""
    import traceback

    return any(_is_users(frame.f_code.co_filename) for frame, _ in traceback.walk_tb(error.__traceback__))


def _is_users(file: str) -> bool:
    return not file.startswith((_OURS, sys.prefix, sys.base_prefix, "<"))


def traced(error: BaseException) -> str:
    """The traceback of an exception and of those that led to it, as `message_of`: code, and no values."""
    import traceback

    return "\n".join(
        "".join(traceback.format_tb(one.__traceback__)) + message_of(one) for one in reversed([*_chain(error)])
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
