"""The last part of a service: from what models say of rows to what the client is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from argosy.definitions.service import DECISION, Service
from argosy.definitions.service_steps import MEASURED, SCORE, CorrectOptions, FunctionStep
from argosy.errors import ArgosyError, ServiceStepFailed
from argosy.services.biases import MeasuredBiases
from argosy.services.calls import ServiceRow
from argosy.services.deciding import Step, steps_of_service
from argosy.services.functions import FunctionCaller, called_for
from argosy.services.made_rows import Row
from argosy.services.underway import Underway


class PostProcessor:
    """`callers` call the functions among the steps, by their names."""

    def __init__(
        self,
        service: Service,
        callers: Mapping[str, FunctionCaller],
        biases: MeasuredBiases,
        chance: Callable[[], float],
    ) -> None:
        self._callers, self._biases = callers, biases
        self._steps = steps_of_service(service, biases, chance)
        self._has_functions = any(isinstance(step, FunctionStep) for step in self._steps)
        self._is_corrected = any(isinstance(step, CorrectOptions) and step.bias == MEASURED for step in service.decide)

    def waits(self, calls: Sequence[Underway]) -> bool:
        """Whether deciding these has to wait for a function, or for a bias that is looked up once."""
        is_known = not self._is_corrected or all(
            self._biases.knows(row.answers[0]) for one in calls for row in one.rows
        )
        return self._has_functions or not is_known

    def decided(self, calls: Sequence[Underway]) -> Sequence[Underway]:
        """Those that were decided, where nothing has to be waited for; the others have been ended."""
        for step in self._steps:
            calls = [one for one in calls if _is_decided(one, step)]  # type: ignore[arg-type]  # no function
        return calls

    async def decided_later(self, calls: Sequence[Underway]) -> Sequence[Underway]:
        """The same, where something has."""
        if self._is_corrected:
            for one in calls:
                await self._learn(one)
            calls = [one for one in calls if not one.is_over]
        for step in self._steps:
            if isinstance(step, FunctionStep):
                caller, take = self._callers[step.function], partial(_changed, step.function)
                calls = await called_for(caller, calls, _shown, take)
            else:
                calls = [one for one in calls if _is_decided(one, step)]
        return calls

    async def _learn(self, one: Underway) -> None:
        """Of a version that answers for the first time, how far it is off."""
        try:
            for row in one.rows:
                await self._biases.learn(row.answers[0])
        except ArgosyError as error:
            one.end(error)


def _is_decided(one: Underway, step: Step) -> bool:
    try:
        step(one.rows)
    except ArgosyError as error:
        one.end(error)
        return False
    return True


def _shown(row: ServiceRow) -> Row:
    """What a function sees of a row."""
    return {**row.values, DECISION: row.decision, "rank": row.rank}


def _changed(function: str, row: ServiceRow, made: Row) -> None:
    """What a function sets: `decision` and `score`, and values that answers show. Raises ServiceStepFailed."""
    before = _shown(row)
    changes = {name: value for name, value in made.items() if name not in before or before[name] != value}
    decision, score = changes.get(DECISION, ""), changes.get(SCORE)
    if not isinstance(decision, str):
        raise ServiceStepFailed(f"{function} must return a text as decision, and returned a {type(decision).__name__}")
    if score is not None and type(score) not in (int, float):
        raise ServiceStepFailed(f"{function} must return a number as score, and returned a {type(score).__name__}")
    row.values = {**row.values, **made}
    row.decision = decision or row.decision
    row.steps.append((function, changes))
