"""Triton's extensions of V2, in no protocol's words: the model repository (index, load, unload) and statistics.

What is asked of one process of a server, all of them do or say. All methods belong to the event loop's thread; a
deadline is a time by `time.perf_counter`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from time import perf_counter
from typing import Any, Final

from argosy.errors import ModelNotReady, RequestInvalid, RequestTooSlow, SiblingUnreachable, VersionNotFound
from argosy.serving.added_models import AddedModel
from argosy.serving.dataplane import DataPlane
from argosy.serving.model_control import ModelControl
from argosy.serving.routing import ModelRouting
from argosy.serving.servable import Servable, ServableState
from argosy.siblings.siblings import Siblings
from argosy.typed_values import abridged

UNLOADED: Final = "unloaded by request: a load serves it again"
POLL_SECONDS: Final = 0.01
REPORT_SECONDS: Final = 0.1
"""Before the deadline, in which it is reported which process is not done."""
READY: Final = "READY"
STATES: Final = {
    ServableState.AVAILABLE: READY,
    ServableState.LOADING: "LOADING",
    ServableState.START: "LOADING",
    ServableState.UNLOADING: "UNLOADING",
}
"""Triton's words; the other states are UNAVAILABLE."""
REFUSED: Final = ("config", "file:")
"""Parameters of a load that would replace what is stored."""
LOAD, UNLOAD, INDEX, STATISTICS = "load", "unload", "index", "statistics"


class ModelRepository:
    def __init__(self, dataplane: DataPlane, control: ModelControl, siblings: Siblings | None = None) -> None:
        self._dataplane, self._control, self._siblings = dataplane, control, siblings or Siblings()
        self._siblings.answer_to(LOAD, self._load_here)
        self._siblings.answer_to(UNLOAD, self._unload_here)
        self._siblings.answer_to(INDEX, self._index_here)
        self._siblings.answer_to(STATISTICS, self._statistics_here)

    async def index(self, is_ready: bool) -> list[dict[str, str]]:
        """Every version that is to be served, also of models that were unloaded, or those alone that are ready."""
        try:
            rows = await self._siblings.ask(INDEX)
        except SiblingUnreachable:  # it is being started again: then it has the same to load
            rows = await self._index_here(None)
        return [row for row in rows if row["state"] == READY or not is_ready]

    async def load(self, name: str, parameters: Iterable[str], deadline: float) -> None:
        """Returns once a version answers; raises ModelNotFound, ModelNotReady with the reason, RequestTooSlow."""
        if any(one.startswith(REFUSED) for one in parameters):
            raise RequestInvalid("a load serves what the store has: leave out parameters")
        await self._ask_all(LOAD, name, deadline)

    async def unload(self, name: str, deadline: float) -> None:
        """Returns once no new request reaches it; those that are being answered still get their answers."""
        await self._ask_all(UNLOAD, name, deadline)

    async def statistics(self, name: str | None = None, version: str | None = None) -> list[dict[str, Any]]:
        """Of a version, of all versions of a model, or of all models; the counts of all processes together."""
        here = self._counted(name, version)
        found = {(one["name"], one["version"]): one for one in await self._siblings.ask(STATISTICS)}
        return [found.get((one["name"], one["version"]), one) for one in here]

    async def _ask_all(self, question: str, name: str, deadline: float) -> None:
        seconds = max(deadline - perf_counter() - REPORT_SECONDS, POLL_SECONDS)
        await self._siblings.ask(question, [name, seconds], seconds + REPORT_SECONDS / 2)

    async def _load_here(self, asked: Any) -> None:
        name, seconds = asked
        deadline = perf_counter() + seconds
        wanted = self._control.load(name).versions

        def is_done(model: ModelRouting) -> bool:
            states = {number: one.state for number, one in model.versions.items()}
            done = (ServableState.AVAILABLE, ServableState.FAILED)
            return bool(wanted) and all(states.get(number) in done for number in wanted)

        await self._until(name, is_done, deadline)
        model = self._model(name)
        if not any(one.state is ServableState.AVAILABLE for one in model.versions.values()):
            reasons = "; ".join(f"version {one.version}: {one.error}" for one in model.versions.values() if one.error)
            raise ModelNotReady(f"'{abridged(name)}' failed to load: {reasons}")

    async def _unload_here(self, asked: Any) -> None:
        name, seconds = asked
        deadline = perf_counter() + seconds
        self._control.unload(name)
        await self._until(name, _is_out_of_reach, deadline)

    async def _index_here(self, _: Any) -> list[dict[str, str]]:
        own = [row for name in sorted(self._names()) for row in self._rows(name)]
        return [*own, *(row for name, one in self._dataplane.added().items() for row in _rows_of_added(name, one))]

    async def _statistics_here(self, _: Any) -> list[dict[str, Any]]:
        return self._counted(None, None)

    def _counted(self, name: str | None, version: str | None) -> list[dict[str, Any]]:
        models = self._dataplane.manager.routing.models
        if name is None:
            return [one for each in sorted(models) for one in _counted(models[each])]
        if name in self._dataplane.added():  # what they ask is counted
            return []
        model = self._dataplane.manager.routing.model(name)
        found = _counted(model, None if version is None else str(model.aliases.get(version, version)))
        if version is not None and not found:
            raise VersionNotFound(f"'{abridged(name)}' has no loaded version '{abridged(version)}'")
        return found

    async def _until(self, name: str, is_done: Callable[[ModelRouting], bool], deadline: float) -> None:
        while not is_done(self._model(name)):
            if perf_counter() > deadline - POLL_SECONDS:
                raise RequestTooSlow(f"'{abridged(name)}' is not done yet: the repository's index shows its state")
            await asyncio.sleep(POLL_SECONDS)

    def _model(self, name: str) -> ModelRouting:
        return self._dataplane.manager.routing.models.get(name, ModelRouting({}))

    def _names(self) -> set[str]:
        return {*self._control.offered, *self._dataplane.manager.routing.models}

    def _rows(self, name: str) -> list[dict[str, str]]:
        loaded, offered = self._model(name).versions, self._control.offered.get(name)
        numbers = sorted({*loaded, *(offered.versions if offered else ())})
        reason = UNLOADED if self._control.is_unloaded(name) else ""
        return [_row(name, number, loaded.get(number), reason) for number in numbers]


def _rows_of_added(name: str, added: AddedModel) -> list[dict[str, str]]:
    """As those of the model behind it; where it has no versions, one row without."""
    versions = added.routing().versions
    if not versions:
        return [{"name": name, "version": "", "state": READY if added.is_ready() else "UNAVAILABLE", "reason": ""}]
    return [_row(name, number, versions[number], "") for number in sorted(versions)]


def joined_index(each: Sequence[Sequence[dict[str, str]]]) -> list[dict[str, str]]:
    """The index of all processes: a version is ready where it is in each of them. Pure."""
    found: dict[tuple[str, int], list[dict[str, str]]] = {}
    for rows in each:
        for row in rows:
            found.setdefault((row["name"], int(row["version"] or 0)), []).append(row)
    return [_least_ready(rows, len(each)) for _, rows in sorted(found.items())]


def _least_ready(rows: Sequence[dict[str, str]], processes: int) -> dict[str, str]:
    unready = next((row for row in rows if row["state"] != READY), None)
    if unready is None and len(rows) < processes:  # some have not looked for versions since
        return {**rows[0], "state": "LOADING"}
    return unready or rows[0]


def _row(name: str, number: int, servable: Servable | None, reason: str) -> dict[str, str]:
    state = "UNAVAILABLE" if servable is None else STATES.get(servable.state, "UNAVAILABLE")
    said = "" if state == READY else reason or ("" if servable is None else servable.error)
    return {"name": name, "version": str(number), "state": state, "reason": said}


def _is_out_of_reach(model: ModelRouting) -> bool:
    reachable = (ServableState.AVAILABLE, ServableState.LOADING)
    return not any(one.state in reachable for one in model.versions.values())


def _counted(model: ModelRouting, version: str | None = None) -> list[dict[str, Any]]:
    return [
        {"name": one.model, "version": str(number), **one.statistics.counted()}
        for number, one in sorted(model.versions.items())
        if one.state is ServableState.AVAILABLE and version in (None, str(number))
    ]
