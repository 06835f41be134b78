"""Brings the server to what its sources aspire to, one action of the policy at a time, on a thread of its own.

Thread rules: `aspire` may be called from any thread. `acquire` and `release` belong to the event loop's thread, and
take no lock: the manager publishes a new table of routes before it marks a version as unloading, and unloads it only
when nobody is in flight; a request counts itself in first and then checks that the version is still available.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from time import perf_counter

from argosy import clock
from argosy.definitions.served_models import ShareSettings
from argosy.error_messages import message_of
from argosy.errors import ArgosyError, VersionTooLarge
from argosy.serving.aspired_versions import AspiredVersions, default_version, routed_aliases
from argosy.serving.loader import Loader
from argosy.serving.memory import memory_refusal, memory_wait
from argosy.serving.policy import ActionKind, VersionAction, VersionSnapshot, next_action, retry_delay
from argosy.serving.routing import ModelRouting, RoutingTable
from argosy.serving.servable import Servable, ServableState
from argosy.serving.traffic import Diversion
from argosy.serving.warm_up import warm
from argosy.telemetry import fields, logger
from argosy.types import Input

DRAIN_POLL_SECONDS = 0.01
IDLE_SECONDS = 1.0
STOP_SECONDS = 5.0
IN_MEMORY = (ServableState.LOADING, ServableState.AVAILABLE, ServableState.UNLOADING)
_log = logger("argosy.serving")

Watcher = Callable[[Servable], None]


class Manager:
    """`watch` is called at every change of state, on the manager's thread.

    `share_key` gives the key that the requests of a share are drawn with (`traffic.py`), by what the share is for.
    `requests_of` gives what a model's version must answer before it is available.
    """

    def __init__(
        self,
        loader: Loader,
        *,
        now: Callable[[], float] = clock.now,
        watch: Watcher | None = None,
        share_key: Callable[[str], bytes] = lambda _use: b"",
        requests_of: Callable[[str], Sequence[Input]] = lambda _model: (),
    ) -> None:
        self._loader, self._now, self._watch, self._share_key = loader, now, watch or _ignore, share_key
        self._requests_of = requests_of
        self._wanted: Mapping[str, AspiredVersions] | None = None
        """None before a source was read for the first time."""
        self._memory: int | None = None
        self._processes = 1
        self._servables: dict[str, dict[int, Servable]] = {}
        self._news = threading.Event()
        self._stopping = False
        self._is_settled = False
        self._thread: threading.Thread | None = None
        self.routing = RoutingTable()

    # --- for sources

    def aspire(self, wanted: Iterable[AspiredVersions]) -> None:
        """Replace what is wanted, of all models at once; returns immediately."""
        self._wanted = {one.model: one for one in wanted}
        self._is_settled = False
        self._news.set()

    def limit_memory(self, most_bytes: int | None, processes: int = 1) -> None:
        """Load nothing more than fits into this, with what is loaded; None: whatever is wanted.

        Of several processes each has its share.
        """
        self._memory = None if most_bytes is None else most_bytes // processes
        self._processes = processes
        self._news.set()

    # --- for requests, on the event loop

    def acquire(self, model: str, version: int | str | None = None, about: str | None = None) -> Servable:
        """The servable that answers, held until `release`; see `RoutingTable.find`, and for what it raises."""
        while True:
            routes = self.routing
            try:
                servable = routes.find(model, version, about)
            except ArgosyError:
                if routes is self.routing:
                    raise
                continue
            servable.in_flight += 1
            if servable.state is ServableState.AVAILABLE:
                return servable
            servable.in_flight -= 1

    def acquire_shadow(self, model: str, about: str, answered: int) -> Servable | None:
        """The servable that also answers a request without a version, held until `release`; None: there is none."""
        routing = self.routing.models.get(model)
        if routing is None or routing.shadow is None or routing.shadow.version == answered:
            return None
        if not routing.shadow.takes(about):
            return None
        servable = routing.versions[routing.shadow.version]
        servable.in_flight += 1
        if servable.state is ServableState.AVAILABLE:
            return servable
        servable.in_flight -= 1
        return None

    def release(self, servable: Servable, requests: int = 1) -> None:
        servable.in_flight -= requests

    @property
    def is_settled(self) -> bool:
        """Whether everything aspired to so far was loaded or has failed."""
        return self._is_settled

    # --- the thread

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="argosy-manager", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after its current action, or leave it to end with the process; loaded versions stay loaded."""
        self._stopping = True
        self._news.set()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while not self._stopping:
            self._news.clear()
            while not self._stopping and self.step():
                pass
            self._news.wait(DRAIN_POLL_SECONDS if self._is_draining() else IDLE_SECONDS)

    def step(self) -> bool:
        """Do at most one thing for each model; whether there was anything to do."""
        wanted = self._wanted
        if wanted is None:
            return False
        has_reaped = self._reap()
        self._update_routing(wanted)
        acted = has_reaped
        for model in list(self._servables):
            action = self._next(model, wanted)
            if action is not None:
                self._perform(self._servables[model][action.version], action)
                self._update_routing(wanted)
                acted = True
        if not acted and wanted is self._wanted and not self._is_loading_due(wanted):
            self._is_settled = True
        return acted

    def _is_loading_due(self, wanted: Mapping[str, AspiredVersions]) -> bool:
        """Whether a version has yet to be loaded: it waits for one that is unloaded first."""
        due = [self._servables[model].get(number) for model, aspired in wanted.items() for number in aspired.versions]
        return any(one is None or (one.state is ServableState.START and not one.error) for one in due)

    def _next(self, model: str, wanted: Mapping[str, AspiredVersions]) -> VersionAction | None:
        aspired = wanted.get(model, AspiredVersions(model, {}))
        routes = self.routing.models[model]
        routed = {*routes.aliases.values(), routes.default} if model in wanted else set()
        aliased = set(aspired.aliases.values())
        return next_action(
            (
                VersionSnapshot(
                    number,
                    one.state,
                    number in aspired.versions,
                    number in aliased,
                    number in routed,
                    one.retry_at,
                    number in aspired.versions and self._is_waiting(one),
                )
                for number, one in self._servables[model].items()
            ),
            self._now(),
            aspired.transition,
        )

    def _perform(self, servable: Servable, action: VersionAction) -> None:
        if action.verb is ActionKind.LOAD:
            self._load(servable)
        elif servable.predictor is None:
            self._move(servable, ServableState.GONE)
        else:
            self._move(servable, ServableState.UNLOADING)

    def _is_waiting(self, servable: Servable) -> bool:
        """Whether it can only be loaded once others have been unloaded."""
        if servable.state not in (ServableState.START, ServableState.FAILED):
            return False
        loaded = (one for known in self._servables.values() for one in known.values() if one.state in IN_MEMORY)
        wait = memory_wait(self._needs(servable), sum(map(self._needs, loaded)), self._memory)
        if servable.state is ServableState.START and bool(servable.error) != bool(wait):
            servable.error = wait
            self._watch(servable)
            _log.info("%s version %d: %s", servable.model, servable.version, wait or "need not wait any more")
        return bool(wait)

    def _needs(self, servable: Servable) -> int:
        if not servable.memory_bytes and self._memory is not None:
            with suppress(Exception):  # then the load says what is wrong with it
                servable.memory_bytes = self._loader.memory_bytes(servable.reference)
        return servable.memory_bytes

    def _load(self, servable: Servable) -> None:
        self._move(servable, ServableState.LOADING)
        started = perf_counter()
        try:
            if refusal := memory_refusal(self._needs(servable), self._memory, self._processes):
                raise VersionTooLarge(refusal)
            servable.predictor = self._loader.load(servable.reference)
            warm(servable, self._requests_of(servable.model))
        except Exception as error:  # noqa: BLE001 - a bad artifact must not end the thread that serves the good ones
            self._discard(servable)
            servable.attempts += 1
            servable.error = message_of(error)
            servable.retry_at = self._now() + retry_delay(servable.attempts)
            self._move(servable, ServableState.FAILED)
            return
        servable.load_seconds, servable.error = perf_counter() - started, ""
        self._move(servable, ServableState.AVAILABLE)

    def _discard(self, servable: Servable) -> None:
        predictor, servable.predictor = servable.predictor, None
        if predictor is not None:  # it was loaded, and did not answer
            self._loader.unload(predictor)

    def _move(self, servable: Servable, state: ServableState) -> None:
        servable.state = state
        about = fields(model=servable.model, version=servable.version, state=state)
        if state is ServableState.FAILED:
            _log.error(
                "%s version %d failed to load: %s", servable.model, servable.version, servable.error, extra=about
            )
        else:
            _log.info("%s version %d: %s", servable.model, servable.version, state.lower(), extra=about)
        self._watch(servable)

    def _update_routing(self, wanted: Mapping[str, AspiredVersions]) -> None:
        """Forget versions that are gone, take up new ones, and replace the table of routes."""
        for model, known in list(self._servables.items()):
            for number in [number for number, one in known.items() if one.state is ServableState.GONE]:
                del known[number]
            if not known and model not in wanted:
                del self._servables[model]
        for aspired in wanted.values():
            known = self._servables.setdefault(aspired.model, {})
            for number, reference in aspired.versions.items():
                if number not in known:
                    known[number] = Servable(aspired.model, number, reference)
                known[number].reference = reference  # its decisions may be others
        self.routing = RoutingTable(
            {
                model: self._routing_of(known, wanted.get(model), self.routing.models.get(model, ModelRouting({})))
                for model, known in self._servables.items()
            },
            is_read=True,
        )

    def _routing_of(
        self, known: Mapping[int, Servable], aspired: AspiredVersions | None, before: ModelRouting
    ) -> ModelRouting:
        available = [number for number, one in known.items() if one.state is ServableState.AVAILABLE]
        if aspired is None:
            return ModelRouting(dict(known))
        aliases = routed_aliases(aspired.aliases, before.aliases, available)
        default = default_version(aliases, aspired.versions, available)

        def diversion(share: ShareSettings | None, use: str) -> Diversion | None:
            number = aliases.get(share.alias) if share is not None else None
            if share is None or number is None or number not in available or number == default:
                return None
            return Diversion(number, share.share, self._share_key(f"{use} {aspired.model}"))

        canary, shadow = diversion(aspired.canary, "canary"), diversion(aspired.shadow, "shadow")
        return ModelRouting(dict(known), aliases, default, canary, shadow)

    def _is_draining(self) -> bool:
        return any(one.state is ServableState.UNLOADING for known in self._servables.values() for one in known.values())

    def _reap(self) -> bool:
        """Unload what nobody uses any more; whether there was any."""
        has_reaped = False
        for known in self._servables.values():
            for servable in known.values():
                if servable.state is ServableState.UNLOADING and servable.in_flight == 0:
                    predictor, servable.predictor = servable.predictor, None
                    if predictor is not None:
                        self._loader.unload(predictor)
                    if servable.lane is not None:
                        servable.lane.thread.shutdown()
                    self._move(servable, ServableState.GONE)
                    has_reaped = True
        return has_reaped


def _ignore(_: Servable) -> None:
    """A watcher that ignores what it sees."""
