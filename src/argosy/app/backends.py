"""URLs become backends: the one place that knows which schemes there are. This module is the `Openers` of a project."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from argosy.app.plugins import REGISTRIES, load_plugins
from argosy.backends import HOME, KEY_FOLDER, Backends
from argosy.caching.cache import Cache
from argosy.database import Database
from argosy.database.rows import fill_from_rows
from argosy.definitions import Registries
from argosy.definitions.service import Service
from argosy.errors import BackupInvalid, DefinitionInvalid, RowsUnreadable
from argosy.messaging.broker import Broker
from argosy.paths import make_home, make_private_folder
from argosy.store.artifact_store import ArtifactStore
from argosy.streaming.log import EventLog
from argosy.vault import Vault
from argosy.vault.keys.environment import EnvironmentKeys, variable
from argosy.vault.keys.file import FileKeys
from argosy.vault.master_keys import ROLES
from argosy.vault.rotation import RotatableKeys
from argosy.vault.vault import scopes


def database(url: str, root: Path) -> Database:
    """The database of a URL, its schema brought up to date; a relative path is the project's."""
    opened = _unmigrated(url, root)
    opened.migrate()
    return opened


def fill_database(url: str, root: Path, rows: Path) -> None:
    """Put a backup's rows into the database of a URL, which must be empty; raises BackupInvalid."""
    opened = _unmigrated(url, root)
    try:
        fill_from_rows(opened, rows)
    except RowsUnreadable as error:
        raise BackupInvalid(str(error)) from None
    finally:
        opened.close()


def _unmigrated(url: str, root: Path) -> Database:
    if _known("database", url, ("sqlite", "postgresql")) == "postgresql":
        from argosy.database.engines.postgresql import PostgresqlDatabase

        return PostgresqlDatabase(url)
    from argosy.database.engines.sqlite import SqliteDatabase

    opened = SqliteDatabase(f"sqlite:///{root / url.removeprefix('sqlite:///')}")
    make_home(root / HOME, opened.path)
    return opened


def broker(url: str, root: Path, own: Callable[[], Database]) -> Broker:
    """The broker of a URL; `sqlite:` alone, or none, is the project's own database."""
    url = url or "sqlite:"
    if _known("broker", url, ("sqlite", "postgresql", "amqp", "amqps")).startswith("amqp"):
        from argosy.messaging.brokers.rabbitmq import RabbitmqBroker

        return RabbitmqBroker(url)
    from argosy.messaging.brokers.sql import SqlBroker

    return SqlBroker(own() if url == "sqlite:" else database(url, root))


def artifacts(url: str, root: Path) -> ArtifactStore:
    """The artifact store of a URL; a relative folder is the project's."""
    if _known("artifacts", url, ("file", "s3", "gs", "az")) != "file":
        from argosy.store.artifacts.object_storage import ObjectArtifacts

        return ObjectArtifacts(url, make_private_folder(root / HOME) / "cache")
    from argosy.store.artifacts.local import LocalArtifacts

    return LocalArtifacts(f"file:{root / url.removeprefix('file://').removeprefix('file:')}")


def cache(url: str, root: Path, own: Callable[[], Database]) -> Cache:
    """The cache of a URL; none is a table of the project's own database."""
    scheme = _known("cache", url or "sqlite:", ("sqlite", "postgresql", "memory", "redis", "rediss", "unix"))
    if scheme == "memory":
        from argosy.caching.caches.memory import MemoryCache

        return MemoryCache()
    if scheme in ("sqlite", "postgresql"):
        from argosy.caching.caches.sql import SqlCache

        return SqlCache(database(url, root) if url else own())
    from argosy.caching.caches.redis import RedisCache

    return RedisCache(url)


def event_log(url: str, root: Path) -> EventLog:
    """The event log of a URL; a relative folder is the project's."""
    if _known("log", url, ("file", "kafka")) == "kafka":
        from argosy.streaming.logs.kafka import KafkaLog

        return KafkaLog(url)
    from argosy.streaming.logs.folder import FolderLog

    return FolderLog(f"file:{root / url.removeprefix('file://').removeprefix('file:')}")


def inputs_as_of(
    backends: Backends, service: Service, rows: Sequence[tuple[Mapping[str, Any], float]]
) -> list[dict[str, Any]]:
    """Rows of inputs as a service's models would have seen them at their moments."""
    from argosy.services.completing import complete_inputs

    return complete_inputs(backends, service, rows)


def _known(setting: str, url: str, schemes: tuple[str, ...]) -> str:
    scheme = url.partition(":")[0]
    if scheme not in schemes:
        raise DefinitionInvalid(f"no backend for '{scheme}:'; there are: {', '.join(schemes)}", setting, "argosy.yaml")
    return scheme


def vault(root: Path, own: Database) -> Vault:
    """The vault: master keys from the environment where one is given there, else from the project's folder.

    A project in which nothing is encrypted yet, such as a fresh clone, gets keys of its own.
    """
    if not _keys_are_given() and not (root / KEY_FOLDER).exists():
        with own.read() as transaction:
            is_new = not scopes(transaction)
        if is_new:
            create_keys(root)
    return Vault(own, master_keys(root))


def master_keys(root: Path) -> RotatableKeys:
    """From the environment where one is given there, else from the project's folder."""
    return EnvironmentKeys(os.environ) if _keys_are_given() else FileKeys(root / KEY_FOLDER)


def key_folder(folder: Path) -> RotatableKeys:
    """Master keys as the files of a folder."""
    return FileKeys(folder)


def registries(root: Path, modules: list[str]) -> Registries:
    """Every plug-in that a plan may name; the project's own modules are imported."""
    load_plugins(root, modules)
    return REGISTRIES


def create_keys(root: Path) -> None:
    """Master keys for a project that has nothing yet; left alone where it has any, or they come from elsewhere.

    Anyone who sees their folder sees them all.
    """
    if _keys_are_given() or (root / KEY_FOLDER).exists():
        return
    with tempfile.TemporaryDirectory(prefix=".keys-", dir=make_private_folder(root / HOME)) as name:
        made = FileKeys(Path(name) / KEY_FOLDER.name)
        for role in ROLES:
            made.create(role)
        try:
            made.folder.rename(root / KEY_FOLDER)
        except OSError as error:  # another process made them at the same moment
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise


def _keys_are_given() -> bool:
    return any(variable(role) in os.environ for role in ROLES)
