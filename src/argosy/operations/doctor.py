"""`argosy doctor`: checks every backend, key and plug-in of a project, and says what to do about each fault."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from argosy import clock
from argosy.backends import Backends
from argosy.error_messages import message_of
from argosy.errors import (
    ArgosyError,
    ArtifactsUnavailable,
    BrokerUnavailable,
    CacheUnavailable,
    DefinitionInvalid,
    EventLogUnavailable,
    ExtraMissing,
    Outage,
    SchemaNewer,
    TopicNotFound,
)
from argosy.messaging.broker import TEMPORARY, Broker
from argosy.messaging.message import Message
from argosy.operations.integrity import INTEGRITY, Finding, Seen
from argosy.operations.outcome_check import check_outcomes
from argosy.plurals import plural
from argosy.store.artifact_store import ArtifactStore
from argosy.training.memory_folder import MemoryFolder, clear_others

LOW_BYTES = 1 << 30
RECENT_SECONDS = 86400.0
ANSWER_SECONDS: Final = 10.0
"""How long a backend may take for its check: as long as a connection to a database or a broker may take."""
PROBE_SECONDS: Final = 60.0
AWAY: Final = "see that it runs, has room and can be reached from here, and that its URL and credentials are right"
NEEDS: Final = {
    "jobs": ("database",),
    "prediction log": ("database",),
    "webhooks": ("database", "broker"),
    "services": ("database", "artifact store", "cache"),
    "outcomes": ("database",),
    "keys": ("database",),
    "seals": ("database",),
    "rows": ("database",),
    "artifacts": ("database", "artifact store"),
    "spool": ("database",),
    "spools": ("database",),
}
"""Which backends a check needs: it is left out if one of them is unavailable, so that none is waited for twice."""
EXTRAS = {"word2vec": "gensim", "frames": "pandas"}
GRPC: Final = ("grpc", "grpc_health", "grpc_reflection")


def examine(opened: Callable[[], Backends], is_quick: bool = False, seen: Seen = lambda *_: None) -> list[Finding]:
    """Check everything, or quickly a part; what cannot be checked, or opened, is a finding too."""
    try:
        backends = opened()
    except ArgosyError as error:
        return [Finding("project", False, "cannot be opened", str(error))]
    project = Finding("project", True, f"{backends.settings.name} in {backends.root}")
    return [project, *_looked(backends, is_quick, seen), *_extras(), *_room(backends)]


def _looked(backends: Backends, is_quick: bool, seen: Seen) -> Iterator[Finding]:
    """What every check finds, except those that need an unavailable backend."""
    away: set[str] = set()
    left_out: list[str] = []
    for name in (*CHECKS, *INTEGRITY):
        if away.intersection(_needs(name, backends)):
            left_out.append(name)
            continue
        try:
            if look := CHECKS.get(name):
                yield Finding(name, True, look(backends))
            else:
                yield from INTEGRITY[name](backends, is_quick, seen)
        except Outage as error:
            away.add(name)
            yield Finding(name, False, str(error), AWAY)
        except (ArgosyError, OSError) as error:
            if isinstance(error, SchemaNewer):
                away.add(name)
            yield Finding(name, False, "not well", str(error))
        except Exception as error:  # noqa: BLE001  # whatever a damaged project raises, the other checks go on
            yield Finding(name, False, "could not be looked at", message_of(error))
    if left_out:
        unwell = " and ".join(f"the {one}" for one in CHECKS if one in away)
        to_do = f"run argosy doctor again when {unwell} can be used"
        yield Finding("left out", False, ", ".join(left_out), to_do)


def _needs(name: str, backends: Backends) -> tuple[str, ...]:
    own = {"broker": ("", "sqlite:"), "cache": ("",)}
    if name in own and getattr(backends.settings, name) in own[name]:  # it is in the project's database
        return ("database",)
    return NEEDS.get(name, ())


def _in_time(look: Callable[[], str], where: str, late: type[Outage]) -> str:
    """What `look` says; raises `late` where that takes too long, and leaves it to itself."""
    answer: Future[str] = Future()

    def run() -> None:
        try:
            answer.set_result(look())
        except BaseException as error:  # noqa: BLE001  # it is raised where it is waited for
            answer.set_exception(error)

    threading.Thread(target=run, name="argosy-doctor", daemon=True).start()
    try:
        return answer.result(ANSWER_SECONDS)
    except NotInTime:
        raise late(f"{where} has not answered for {ANSWER_SECONDS:g} seconds") from None


def _database(backends: Backends) -> str:
    from argosy.database.migrations import newest_step
    from argosy.datasets.examples import count_all

    with backends.database.read() as transaction:
        count = count_all(transaction)
    return f"{backends.database.url}: schema {newest_step()}, {plural(count, 'example')}"


def _broker(backends: Backends) -> str:
    broker = backends.broker
    return _in_time(lambda: _delivers(broker), broker.url, BrokerUnavailable)


def _cache(backends: Backends) -> str:
    cache, probe = backends.cache, {("doctor", str(os.getpid())): b"here"}

    def keeps() -> str:
        cache.write(probe, seconds=PROBE_SECONDS)
        if cache.read([*probe]) != [*probe.values()]:
            raise CacheUnavailable(f"{cache.url}: a value that was written was not read")
        return f"{cache.url} keeps what is written"

    return _in_time(keeps, cache.url, CacheUnavailable)


def _log(backends: Backends) -> str:
    log = backends.event_log

    def answers() -> str:
        with suppress(TopicNotFound):
            log.partitions("doctor")
        return f"{log.url} answers"

    return _in_time(answers, log.url, EventLogUnavailable)


def _services(backends: Backends) -> str:
    from argosy.definitions.service import load_services
    from argosy.services.checking import check_service

    services = load_services(backends.root)
    for name, service in services.items():
        for one in check_service(backends, service):
            if one.state == "error":
                raise DefinitionInvalid(f"{one.problem}: argosy service check {name}", one.subject, name)
    return ", ".join(services) or "none"


def _delivers(broker: Broker) -> str:
    name = f"{TEMPORARY}doctor-{os.getpid()}"
    receiver = broker.receiver("doctor", name)
    try:
        broker.publish("doctor", Message(b"{}"))
        delivery = receiver.receive(5.0)
        if delivery is None:
            raise BrokerUnavailable(f"{broker.url}: a message that was published did not come back")
        delivery.ack()
    finally:
        receiver.close()
        broker.unsubscribe("doctor", name)
    return f"{broker.url} delivers"


def _artifacts(backends: Backends) -> str:
    artifacts, url = backends.artifacts, backends.settings.artifacts
    return _in_time(lambda: _keeps(artifacts, url), url, ArtifactsUnavailable)


def _keeps(artifacts: ArtifactStore, url: str) -> str:
    with tempfile.NamedTemporaryFile() as probe:
        probe.write(os.urandom(32))
        probe.flush()
        digest = artifacts.put(Path(probe.name))
    artifacts.fetch(digest)
    artifacts.delete(digest)
    return f"{url} keeps what is put"


def _plugins(backends: Backends) -> str:
    own = [name for part in ("datasets", "adapters", "models") for name in getattr(backends.registries, part).names()]
    return f"{len(own)} known" + (f", from {', '.join(backends.settings.plugins)}" if backends.settings.plugins else "")


def _jobs(backends: Backends) -> str:
    from argosy.jobs.job import JobState

    counts = {state: len(backends.queue.jobs(state=state)) for state in JobState}
    with backends.database.read() as transaction:
        since = transaction.now() - RECENT_SECONDS
    recent = [job for job in backends.queue.jobs(state=JobState.FAILED) if (job.finished_at or 0.0) > since]
    if recent:
        raise ArgosyError(
            f"in the last day {len(recent)} failed, the last of them {recent[-1].label}: {recent[-1].error}"
        )
    return ", ".join(f"{number} {state.value}" for state, number in counts.items() if number) or "none yet"


def _training(backends: Backends) -> str:
    """How training leaves room for the server."""
    asked = backends.settings.training
    until = asked.quiet_until(clock.now())
    threads = plural(asked.threads, "thread")
    hours = f"quiet {', '.join(asked.quiet_hours)} {asked.time_zone or 'local time'}" if asked.quiet_hours else ""
    quiet = f"{hours}, {f'now, until {until}' if until else 'not now'}" if hours else "no quiet hours"
    return f"workers of nice {asked.nice} and {threads}; {quiet}"


def _memory(backends: Backends) -> str:
    """What workers share while they train holds words of examples: what killed ones left behind is removed."""
    folder = MemoryFolder(backends.root)
    if folder.path is None:
        return "there is none: each worker keeps its own fits"
    cleared, others = folder.clear(), clear_others()
    found = [
        *([f"removed {cleared / 1e6:.1f} MB that workers which were killed had left behind"] if cleared else []),
        *([f"removed {others.cleared / 1e6:.1f} MB of projects that are gone"] if others.cleared else []),
        *(["fits of workers that are training"] if folder.path.exists() else []),
        *others.left,
    ]
    return "; ".join(found) or "nothing was left behind"


def _predictions(backends: Backends) -> str:
    """How long predictions are kept, and how many are older."""
    from argosy.predictions.retention import overdue

    asked = backends.settings.predictions
    kept = [*([asked.keep] if asked.keep else []), *(f"{keep} of {model}" for model, keep in asked.models.items())]
    if not kept:
        return "kept for ever"
    old = [
        f"{plural(count, 'prediction')} of {model}"
        for model, count in overdue(backends.database, asked.keep_seconds).items()
    ]
    older = f"{', '.join(old)} will go when a worker is idle" if old else "none is older"
    return f"kept for {', '.join(kept)}; {older}"


def _webhooks(backends: Backends) -> str:
    """Whether each can be signed from here, and what was not taken."""
    from argosy.messaging.followers import Followers
    from argosy.messaging.webhooks import follower_of

    known = {one.name: one for one in Followers(backends.database, backends.broker).list()}
    found = []
    for settings in backends.settings.webhooks:
        host, follower = settings.address().hostname, known.get(follower_of(settings))
        if not os.environ.get(settings.secret_env):
            raise ArgosyError(f"nothing is sent to {host} from this shell: set {settings.secret_env}")
        if follower is not None and follower.dead:
            lost = plural(follower.dead, "notification")
            raise ArgosyError(f"{host} did not take {lost}: see argosy notifications dead list")
        found.append(f"{host} ({follower.waiting if follower else 0} waiting)")
    return ", ".join(found) or "none"


def _imported(backends: Backends) -> str:  # noqa: ARG001  # a check's signature
    """What keeps models that were trained elsewhere from the rest of the machine."""
    from argosy.models.runtimes.sandbox import isolation

    return f"run in {isolation()}"


def _server(backends: Backends) -> str:
    """Where a server listens, by the settings."""
    server = backends.settings.server
    if server.grpc_port is None:
        return f"{server.host}, port {server.port}"
    if any(find_spec(package) is None for package in GRPC):
        raise ExtraMissing("grpcio", "grpc", "server.grpc_port")
    return f"{server.host}, port {server.port}; gRPC on port {server.grpc_port}"


CHECKS: dict[str, Callable[[Backends], str]] = {
    "database": _database,
    "broker": _broker,
    "artifact store": _artifacts,
    "cache": _cache,
    "event log": _log,
    "services": _services,
    "outcomes": check_outcomes,
    "plugins": _plugins,
    "jobs": _jobs,
    "training": _training,
    "shared memory": _memory,
    "prediction log": _predictions,
    "webhooks": _webhooks,
    "imported models": _imported,
    "server": _server,
}


def _extras() -> list[Finding]:
    """Optional packages: their absence is no fault."""
    return [
        Finding(f"extra {extra}", True, "installed" if find_spec(package) else f"absent: pip install 'argosy[{extra}]'")
        for extra, package in EXTRAS.items()
    ]


def _room(backends: Backends) -> list[Finding]:
    free = shutil.disk_usage(backends.root).free
    to_do = "" if free > LOW_BYTES else "make room: an artifact that cannot be written fails its job"
    return [Finding("disk", free > LOW_BYTES, f"{free / 1e9:.1f} GB free", to_do)]
