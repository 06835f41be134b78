"""The settings of a running server, read again on SIGHUP or `POST /admin/reload`: all changes are applied, or none.

SIGHUP is also what a process gets whose terminal was closed: a server that had one, and has none any more, stops.

A change that this server cannot apply while it runs is refused with all others. Settings that a server does not read,
such as the gate's, are reported: other processes read them at their start.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final, Self

from argosy.definitions.project import Settings
from argosy.definitions.setting_changes import SettingChange, setting_changes
from argosy.error_messages import message_of
from argosy.errors import DefinitionInvalid, RestartRequired
from argosy.telemetry import logger

APPLIED: Final = (
    *(
        "server.models",
        "server.memory",
        "server.log_level",
        "server.log_format",
        "server.batching",
        "server.log_share",
        "server.trace_share",
    ),
    *("limits.text_bytes", "limits.rows"),
    *("rollback.errors", "rollback.latency", "rollback.minimum_requests", "rollback.confidence"),
)
"""What a running server applies."""
AT_START: Final = ("database", "broker", "artifacts", "plugins", "server", "limits", "remote_servers")
"""What a server reads once, at its start, except for the above."""
RELOAD: Final = "reload"
APPLY: Final = "apply settings"
"""What a reload asks of every process of a server."""
RELOAD_SECONDS: Final = 20.0
_log = logger("argosy.serving")


@dataclass(frozen=True)
class Reloaded:
    """`applied` by this server; `elsewhere`: other changed settings, which a server does not read."""

    applied: Sequence[SettingChange]
    elsewhere: Sequence[SettingChange]

    def to_dict(self) -> dict[str, Any]:
        """As a request for it is answered."""
        applied = [{"setting": one.setting, "old": one.old, "new": one.new} for one in self.applied]
        return {"applied": applied, "other_processes": [one.setting for one in self.elsewhere]}


def sort_changes(changes: Sequence[SettingChange]) -> Reloaded:
    """What becomes of each change; raises RestartRequired where one needs a new process. Pure.

    The message names settings without their values, which may hold a password.
    """
    applied = [one for one in changes if _is_under(one.setting, APPLIED)]
    others = [one for one in changes if one not in applied]
    if refused := [one.setting for one in others if _is_under(one.setting, AT_START)]:
        raise RestartRequired(
            f"{', '.join(refused)}: no effect without a restart; nothing was applied. Restart the server, or undo this"
        )
    return Reloaded(applied, others)


def _is_under(setting: str, names: Sequence[str]) -> bool:
    return any(setting == name or setting.startswith(f"{name}.") for name in names)


class Reloading:
    """Background work of a server, which handles SIGHUP where it is started on the main thread.

    `settings` are those that it was started with; `read` gives them as the file has them now.
    """

    def __init__(self, settings: Settings, read: Callable[[], Settings]) -> None:
        self.settings, self._read = settings, read
        self._apply: Callable[[Settings], None] = lambda _settings: None
        self._lock = threading.Lock()
        self._before: Any = None
        self._had_terminal = False

    def calling(self, apply: Callable[[Settings], None]) -> Self:
        """Itself; it calls this with all settings whenever some changed, one call at a time, on any thread."""
        self._apply = apply
        return self

    def reload(self) -> Reloaded:
        """Apply what changed since the last time; where it raises DefinitionInvalid or RestartRequired, nothing is."""
        with self._lock:
            try:
                settings = self._read()
            except OSError as error:
                raise DefinitionInvalid(f"the settings cannot be read: {error.strerror or error}") from None
            found = sort_changes(setting_changes(self.settings, settings))
            if found.applied:
                self._apply(settings)
            self.settings = settings
        for change in found.applied:
            _log.info("reloaded %s", change)
        for change in found.elsewhere:
            _log.info("%s changed: it is for other processes, which read it at their start", change.setting)
        if not found.applied and not found.elsewhere:
            _log.info("reloaded: no setting changed")
        return found

    def start(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._had_terminal = _has_terminal()
            self._before = signal.signal(signal.SIGHUP, self._on_hangup)

    def stop(self) -> None:
        if self._before is not None:
            signal.signal(signal.SIGHUP, self._before)

    def _on_hangup(self, _number: int, _frame: FrameType | None) -> None:
        if self._had_terminal and not _has_terminal():
            os.kill(os.getpid(), signal.SIGTERM)
            return
        threading.Thread(target=self._reload_or_report, name="argosy-reload", daemon=True).start()

    def _reload_or_report(self) -> None:
        try:
            self.reload()
        except Exception as error:  # noqa: BLE001  # whatever the file holds, the server goes on as it was
            _log.error("settings are not reloaded: %s", message_of(error))


def _has_terminal() -> bool:
    """Whether this process has a controlling terminal that is still open."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
