"""The one tree of errors.

Every error that a user can cause is a `UserMistake`: one line that says what is wrong, where, and what to do.
The command line answers it with exit code 2 and no traceback, the server with a 4xx from the table at its edge.
Everything else under `ArgosyError` is a fault of the system or its surroundings (exit code 1).
"""

from __future__ import annotations

from argosy.errors.root import *  # noqa: F403
from argosy.errors.serving import *  # noqa: F403
from argosy.errors.training import *  # noqa: F403
