"""Rolls a champion back that fails or is slow more often than the version before it, as this server has seen both.

Every server watches the promotions that happen while it runs; its processes count together. The first whose evidence
suffices moves the alias; the move is refused where the alias has moved since, so that one rollback is made however many
servers and processes see the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from argosy.definitions.project import RollbackSettings
from argosy.error_messages import message_of
from argosy.serving.aspired_versions import DEFAULT_ALIAS
from argosy.serving.health import AnswerTally, due_test, rollback_reason
from argosy.serving.routing import RoutingTable
from argosy.serving.servable import Servable, ServableState
from argosy.store.store import Store
from argosy.telemetry import fields, logger

POLL_SECONDS: Final = 1.0
KEPT: Final = 8
"""Versions of a model that were champions last, which are counted on."""
_log = logger("argosy.serving")


@dataclass
class _Promotion:
    """Seen here: `champion` took over from `before` when it had counted `earlier`."""

    champion: Servable
    before: Servable
    earlier: AnswerTally
    tested: int = -1


class ChampionWatch:
    """`settings` may be replaced by any thread; `routing` gives the manager's table of the moment, and `tally` what a
    version was counted to have answered since it was loaded."""

    def __init__(
        self,
        routing: Callable[[], RoutingTable],
        store: Store,
        settings: RollbackSettings,
        tally: Callable[[Servable], AnswerTally] = lambda one: one.statistics.tally(),
    ) -> None:
        self._routing, self._store, self.settings, self._tally = routing, store, settings, tally
        self._champions: dict[str, Sequence[Servable]] = {}
        self._promotions: dict[str, _Promotion] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def step(self) -> None:
        """Note promotions, and roll back what is to be."""
        for model, routing in self._routing().models.items():
            number = routing.aliases.get(DEFAULT_ALIAS)
            champion = None if number is None else routing.versions.get(number)
            if champion is not None and champion.state is ServableState.AVAILABLE:
                self._note(model, champion)
        for model, promotion in list(self._promotions.items()):
            self._test(model, promotion)

    def champions(self) -> list[Servable]:
        """Those that are, and those before them, also where they are unloaded by now. For any thread."""
        return [one for each in list(self._champions.values()) for one in each]

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="argosy-champions", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _note(self, model: str, champion: Servable) -> None:
        noted = self._champions.get(model, ())
        if noted and noted[-1] is champion:
            return
        others = [one for one in noted if one.version != champion.version]
        for one in noted:
            if one.version == champion.version:
                champion.statistics.go_on_from(one.statistics.tally())
        if noted and noted[-1].version != champion.version:
            self._promotions[model] = _Promotion(champion, noted[-1], self._tally(champion))
        self._champions[model] = [*others, champion][-KEPT:]

    def _test(self, model: str, promotion: _Promotion) -> None:
        champion = self._tally(promotion.champion).since(promotion.earlier)
        test = due_test(champion, self.settings.minimum_requests)
        if test is None or test <= promotion.tested:
            return
        reason = rollback_reason(champion, self._tally(promotion.before), self.settings, test)
        promotion.tested = test
        if reason:
            del self._promotions[model]
            self._roll_back(model, promotion, reason)

    def _roll_back(self, model: str, promotion: _Promotion, reason: str) -> None:
        champion, before = promotion.champion.version, promotion.before.version
        with self._store.database.write() as transaction:
            moved = self._store.rollback_promotion(transaction, model, champion, before, by="server", reason=reason)
        if moved:
            about = fields(model=model, version=champion, to_version=before)
            _log.warning(
                "%s: version %d is rolled back to version %d: %s", model, champion, before, reason, extra=about
            )

    def _run(self) -> None:
        problem = ""
        while not self._stop.wait(POLL_SECONDS):
            try:
                self.step()
            except Exception as error:  # noqa: BLE001  # a database that is away, say: serving goes on
                if message_of(error) != problem:
                    _log.warning("champions cannot be compared with the versions before: %s", message_of(error))
                problem = message_of(error)
