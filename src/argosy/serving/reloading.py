"""Settings and services of a running server, read again on SIGHUP or `POST /admin/reload`: all changes, or none.

A change that this server cannot apply while it runs is refused with all others. Settings that a server does not read,
such as the gate's, are reported: other processes read them at their start.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self, TypeAlias

from argosy.definitions.project import Settings
from argosy.definitions.service import Service
from argosy.definitions.setting_changes import SettingChange, service_changes, setting_changes
from argosy.error_messages import message_of
from argosy.errors import DefinitionInvalid, RestartRequired
from argosy.hangups import Hangups
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
CHECK_SERVICES, PUT_SERVICES = "check services", "put services"
"""What a reload asks of every process of a server."""
RELOAD_SECONDS: Final = 20.0
Replacing: TypeAlias = Callable[[Mapping[str, Service]], Callable[[], None]]
"""Gets all services; raises DefinitionInvalid where one cannot be served, else returns what puts them in place."""
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

    `settings` and `services` are those that it was started with; `read` and `read_services` give them as the files have
    them now.
    """

    def __init__(
        self,
        settings: Settings,
        read: Callable[[], Settings],
        services: Mapping[str, Service] | None = None,
        read_services: Callable[[], Mapping[str, Service]] = dict,
    ) -> None:
        self.settings, self._read = settings, read
        self.services, self._read_services = services or {}, read_services
        self._apply: Callable[[Settings], None] = lambda _settings: None
        self._replacing: Sequence[Replacing] = ()
        self._lock = threading.Lock()
        self.is_over = threading.Event()
        """Set at the server's end."""
        self._hangups = Hangups(self._on_hangup)

    def calling(self, apply: Callable[[Settings], None]) -> Self:
        """Itself; it calls this with all settings whenever some changed, one call at a time, on any thread."""
        self._apply = apply
        return self

    def replacing(self, each: Sequence[Replacing]) -> None:
        """Call these with all services whenever one changed."""
        self._replacing = each

    def reload(self) -> Reloaded:
        """Apply what changed since the last time; where it raises DefinitionInvalid or RestartRequired, nothing is."""
        with self._lock:
            settings, services = self._read_all()
            found = sort_changes(setting_changes(self.settings, settings))
            changed = service_changes(self.services, services)
            checked = [check(services) for check in self._replacing if changed]
            if found.applied:
                self._apply(settings)
            for put in checked:
                put()
            self.settings, self.services = settings, services
        found = Reloaded([*found.applied, *changed], found.elsewhere)
        for change in found.applied:
            _log.info("reloaded %s", change)
        for change in found.elsewhere:
            _log.info("%s changed: it is for other processes, which read it at their start", change.setting)
        if not found.applied and not found.elsewhere:
            _log.info("reloaded: nothing changed")
        return found

    def start(self) -> None:
        self._hangups.start()

    def stop(self) -> None:
        self.is_over.set()
        self._hangups.stop()

    def _read_all(self) -> tuple[Settings, Mapping[str, Service]]:
        try:
            return self._read(), self._read_services()
        except OSError as error:
            raise DefinitionInvalid(f"the settings cannot be read: {error.strerror or error}") from None

    def _on_hangup(self) -> None:
        threading.Thread(target=self._reload_or_report, name="argosy-reload", daemon=True).start()

    def _reload_or_report(self) -> None:
        try:
            self.reload()
        except Exception as error:  # noqa: BLE001  # whatever the files hold, the server goes on as it was
            _log.error("nothing is reloaded: %s", message_of(error))
