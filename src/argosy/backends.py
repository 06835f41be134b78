"""What use cases work with: the backends of one project, each opened when it is first used.

A use case takes this value, or the one port that it needs, and never the `Project` that stands on top of it. Which
class is behind a port is not decided here: the `Openers` of a project are the module `app.backends`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from argosy.definitions.remote_servers import origin_of
from argosy.models.permitted_servers import permit_servers
from argosy.paths import make_private_folder

if TYPE_CHECKING:
    from argosy.caching.cache import Cache
    from argosy.database import Database
    from argosy.datasets.examples import Examples
    from argosy.definitions import Registries, Settings
    from argosy.definitions.service import Service
    from argosy.jobs.queue import Queue
    from argosy.jobs.submission import Plans
    from argosy.jobs.workers import Workers
    from argosy.messaging.broker import Broker
    from argosy.predictions.feedback_log import FeedbackLog
    from argosy.predictions.log import PredictionLog
    from argosy.predictions.spools import Spools
    from argosy.store.artifact_store import ArtifactStore
    from argosy.store.store import Store
    from argosy.streaming.log import EventLog
    from argosy.vault import Vault
    from argosy.vault.rotation import RotatableKeys

HOME: Final = Path(".argosy")
"""A project's own folder, in its root."""
KEY_FOLDER: Final = HOME / "keys"


class Openers(Protocol):
    """How URLs become backends. A relative path in a URL is the project's; a scheme that is not known is refused."""

    def database(self, url: str, root: Path) -> Database:
        """Its schema brought up to date."""

    def fill_database(self, url: str, root: Path, rows: Path) -> None:
        """Put a backup's rows into a database that must be empty; raises BackupInvalid."""

    def broker(self, url: str, root: Path, own: Callable[[], Database]) -> Broker:
        """`own` opens the project's database, where the URL names no other."""

    def artifacts(self, url: str, root: Path) -> ArtifactStore: ...

    def cache(self, url: str, root: Path, own: Callable[[], Database]) -> Cache:
        """Of features; `own` opens the project's database, where the URL names no other place."""

    def event_log(self, url: str, root: Path) -> EventLog:
        """Of events; a relative folder is the project's."""

    def vault(self, root: Path, own: Database) -> Vault:
        """A project in which nothing is encrypted yet gets master keys."""

    def master_keys(self, root: Path) -> RotatableKeys: ...

    def key_folder(self, folder: Path) -> RotatableKeys:
        """Master keys as the files of a folder, such as a copy of a project's."""

    def registries(self, root: Path, modules: list[str]) -> Registries:
        """Every plug-in that a plan may name; the project's own modules are imported."""

    def inputs_as_of(
        self, backends: Backends, service: Service, rows: Sequence[tuple[Mapping[str, Any], float]]
    ) -> list[dict[str, Any]]:
        """Rows of inputs and their moments as a service's models would have seen them then."""


class Backends:
    """May be used from several threads; a forked process opens its own."""

    def __init__(self, root: Path, settings: Settings, openers: Openers) -> None:
        self.root, self.settings, self.openers = root, settings, openers
        permit_servers({origin_of(one.url) or "": one.token_env for one in settings.remote_servers})

    # --- ports

    @cached_property
    def database(self) -> Database:
        return self.openers.database(self.settings.database, self.root)

    @cached_property
    def broker(self) -> Broker:
        return self.openers.broker(self.settings.broker, self.root, lambda: self.database)

    @cached_property
    def artifacts(self) -> ArtifactStore:
        return self.openers.artifacts(self.settings.artifacts, self.root)

    @cached_property
    def cache(self) -> Cache:
        return self.openers.cache(self.settings.cache, self.root, lambda: self.database)

    @cached_property
    def event_log(self) -> EventLog:
        """Of the events of streams."""
        return self.openers.event_log(self.settings.log, self.root)

    @cached_property
    def vault(self) -> Vault:
        return self.openers.vault(self.root, self.database)

    @property
    def master_keys(self) -> RotatableKeys:
        self.vault  # noqa: B018  # a project in which nothing is encrypted yet gets its keys
        return self.openers.master_keys(self.root)

    @cached_property
    def registries(self) -> Registries:
        """Every plug-in that a plan may name; the project's own modules are imported."""
        return self.openers.registries(self.root, self.settings.plugins)

    @property
    def home(self) -> Path:
        """The project's own folder, closed to others."""
        return make_private_folder(self.root / HOME)

    @property
    def spool(self) -> Path:
        """Where servers append predictions before the drainer moves them into the database."""
        return self.home / "spool"

    # --- what is made of them

    @cached_property
    def store(self) -> Store:
        from argosy.store.store import Store

        return Store(self.database, self.artifacts)

    @cached_property
    def queue(self) -> Queue:
        from argosy.jobs.queue import Queue

        return Queue(self.database)

    @cached_property
    def workers(self) -> Workers:
        """Those that run, on whichever machine."""
        from argosy.jobs.workers import Workers

        return Workers(self.database)

    @cached_property
    def plans(self) -> Plans:
        """Plans as the queue knows them."""
        from argosy.jobs.submission import Plans

        return Plans(self.queue, self.store)

    @cached_property
    def examples(self) -> Examples:
        from argosy.datasets.examples import Examples

        return Examples(self.database, self.vault, text_bytes=self.settings.limits.text_bytes)

    @cached_property
    def prediction_log(self) -> PredictionLog:
        from argosy.predictions.log import PredictionLog

        return PredictionLog(self.database, self.vault, self.spool)

    @cached_property
    def spools(self) -> Spools:
        """Those of all servers, on whichever machine."""
        from argosy.predictions.spools import Spools

        return Spools(self.database)

    @cached_property
    def feedback_log(self) -> FeedbackLog:
        from argosy.predictions.feedback_log import FeedbackLog

        return FeedbackLog(self.database, self.vault, bring=self.prediction_log.bring)

    # --- what a use case asks for before it begins

    def load_plugins(self) -> None:
        """Before the state of a trained model is read: it may be made of a user's own plug-ins."""
        self.registries  # noqa: B018

    def load_plugins_of(self, folder: Path, modules: list[str]) -> None:
        """Those modules, from that folder, in place of the project's own; in a process that has imported none yet."""
        self.__dict__["registries"] = self.openers.registries(folder, modules)

    def require_keys(self, *roles: str) -> None:
        """Raises KeyUnavailable where a role's master key is not available to this process."""
        for role in roles:
            self.master_keys.get(role)

    def close(self) -> None:
        """Close what was opened; what is used afterwards is opened again."""
        if "broker" in self.__dict__:
            self.broker.close()
        if "database" in self.__dict__:
            self.database.close()
