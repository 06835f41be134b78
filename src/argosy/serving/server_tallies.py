"""What a champion is compared with the version before it by, as all processes of a server have counted it together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from argosy.serving.health import AnswerTally
from argosy.serving.routing import RoutingTable
from argosy.serving.servable import Servable
from argosy.siblings.siblings import Siblings

TALLIES: Final = "tallies"


class ServerTallies:
    """`tally` is for a thread that is not the event loop's. `champions` gives those that are counted on though they may
    be unloaded by now: a new champion is compared with the one before it."""

    def __init__(
        self, siblings: Siblings, routing: Callable[[], RoutingTable], champions: Callable[[], Iterable[Servable]]
    ) -> None:
        self._siblings, self._routing, self._champions = siblings, routing, champions
        self._is_closing = threading.Event()
        siblings.answer_to(TALLIES, self._tallies_here)

    def tally(self, servable: Servable) -> AnswerTally:
        """Of this version since the processes have it; raises SiblingUnreachable."""
        if self._siblings.count == 1:
            return servable.statistics.tally()
        found = self._siblings.ask_from_thread(TALLIES, self._is_closing)
        rows = (row for row in found if row[:2] == [servable.model, servable.version])
        return next((AnswerTally(row[2], row[3], tuple(row[4])) for row in rows), AnswerTally())

    def close(self) -> None:
        """Who waits for an answer waits no longer."""
        self._is_closing.set()

    async def _tallies_here(self, _: Any) -> list[list[Any]]:
        loaded = [one for routing in self._routing().models.values() for one in routing.versions.values()]
        counted = {id(one): one for one in (*loaded, *self._champions())}
        return added_tallies([[tally_row(one)] for one in counted.values()])


def tally_row(servable: Servable) -> list[Any]:
    """Of one process."""
    tally = servable.statistics.tally()
    return [servable.model, servable.version, tally.answered, tally.failed, tally.calls]


def added_tallies(each: Sequence[Sequence[Sequence[Any]]]) -> list[list[Any]]:
    """Of every version that any process has. Pure."""
    found: dict[tuple[str, int], AnswerTally] = {}
    for model, version, answered, failed, calls in (row for rows in each for row in rows):
        before = found.get((model, version), AnswerTally())
        found[model, version] = before + AnswerTally(answered, failed, tuple(calls))
    return [[*key, one.answered, one.failed, list(one.calls)] for key, one in found.items()]
