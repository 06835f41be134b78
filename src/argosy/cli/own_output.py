"""The standard output of a command whose output a program may read, kept from code that prints in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


@contextmanager
def kept_output() -> Iterator[TextIO]:
    """The standard output; what else this process and its children print there goes to standard error meanwhile."""
    sys.stdout.flush()
    kept = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    try:
        yield kept
    finally:
        sys.stdout.flush()
        os.dup2(kept.fileno(), 1)
        kept.close()
