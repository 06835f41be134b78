"""Logs. One line an event: what happened to which noun, never a text, a subject or a secret (`error_messages`)."""

from __future__ import annotations

import logging
import os
import sys

from argosy.terminal_text import visible

LEVEL = "ARGOSY_LOG_LEVEL"
"""The variable that says from which level on lines are logged; processes that are started follow it."""
LEVELS = ("debug", "info", "warning", "error")


def configure() -> None:
    """Send Argosy's log to standard error. Called by entry points only, never on import."""
    level = os.environ.get(LEVEL, "").upper() or "INFO"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger("argosy")
    root.handlers[:] = [handler]
    root.setLevel(level)
    root.propagate = False


def follow_setting(level: str | None) -> None:
    """Log from that level on, or from `info`; where the variable names one, that stays."""
    if not os.environ.get(LEVEL):
        logging.getLogger("argosy").setLevel((level or "info").upper())


class _Formatter(logging.Formatter):
    """What came in with data sends nothing to the terminal that shows the log."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))


def logger(name: str) -> logging.Logger:
    """The logger of one package, such as `argosy.jobs`."""
    return logging.getLogger(name)
