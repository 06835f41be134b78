"""Logs. One line an event: what happened to which noun, never a text, a subject or a secret (`error_messages`)."""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import UTC, datetime
from typing import Any, Final

from argosy.terminal_text import IN_JSON, visible

LEVEL = "ARGOSY_LOG_LEVEL"
"""The variable that says from which level on lines are logged; processes that are started follow it."""
LEVELS = ("debug", "info", "warning", "error")
FORMAT = "ARGOSY_LOG_FORMAT"
"""The variable that says in which form lines are logged; processes that are started follow it too."""
FORMATS = ("text", "json")
_FIELDS: Final = "argosy_fields"


def configure(level: str = "info") -> None:
    """Send Argosy's log to standard error, from the variable's level, else that one. Called by entry points only,
    never on import."""
    root = logging.getLogger("argosy")
    root.handlers[:] = [logging.StreamHandler(sys.stderr)]
    root.propagate = False
    follow_settings(level, None)


def follow_settings(level: str | None, form: str | None) -> None:
    """Log from that level on, or from `info`, in that form, or as text; what a variable names stays."""
    root = logging.getLogger("argosy")
    root.setLevel((os.environ.get(LEVEL) or level or "info").upper())
    is_json = (os.environ.get(FORMAT) or form or "text").lower() == "json"
    for handler in root.handlers:
        handler.setFormatter(_JsonFormatter() if is_json else _TextFormatter())


def logger(name: str) -> logging.Logger:
    """The logger of one package, such as `argosy.jobs`."""
    return logging.getLogger(name)


def adopt(library: str) -> None:
    """Have what a library logs shown as our lines are."""
    ours, theirs = logging.getLogger("argosy"), logging.getLogger(library)
    theirs.handlers[:], theirs.propagate = ours.handlers, not ours.handlers


def fields(**values: Any) -> dict[str, Any]:
    """What a line is about, for `extra`: members of its JSON object, with values that JSON has."""
    return {_FIELDS: values}


class _TextFormatter(logging.Formatter):
    """What came in with data sends nothing to the terminal that shows the log."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))


class _JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "pid": record.process,
            **getattr(record, _FIELDS, {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False).translate(IN_JSON)
