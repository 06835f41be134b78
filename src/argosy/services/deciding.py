"""What a service makes of what models say: its steps, applied to all rows of a request. Pure, but for its chance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from argosy.definitions.expressions import Expression
from argosy.definitions.service import Service
from argosy.definitions.service_steps import (
    MEASURED,
    SCORE,
    ClampOptions,
    CorrectOptions,
    DecideStep,
    ExploreOptions,
    FunctionStep,
    MixOptions,
    ThresholdOptions,
    TopOptions,
)
from argosy.errors import InputInvalid
from argosy.models.inputs import LARGEST_INT, LEAST_INT
from argosy.services.calls import AskedAnswer, ServiceRow

Rows: TypeAlias = Sequence[ServiceRow]
Step: TypeAlias = Callable[[Rows], None]
Chance: TypeAlias = Callable[[], float]
"""A number in [0, 1)."""
Biases: TypeAlias = Callable[[AskedAnswer], float | None]
"""The systematic error that the validation part of the version that answered shows; None: it was not measured."""
_LOWEST: Final = float("-inf")


def steps_of_service(service: Service, biases: Biases, chance: Chance) -> list[Step | FunctionStep]:
    """In their order; a function of the project's is left as it is, for whoever runs it. Steps raise InputInvalid."""
    found: list[Step | FunctionStep] = []
    threshold: ThresholdOptions | None = None
    for step in service.decide:
        if isinstance(step, ThresholdOptions):
            threshold = step
        found.append(step if isinstance(step, FunctionStep) else _step(step, threshold, biases, chance))
    return found


def _step(step: DecideStep, threshold: ThresholdOptions | None, biases: Biases, chance: Chance) -> Step:
    match step:
        case ClampOptions():
            return _clamping(step)
        case CorrectOptions():
            return _correcting(step, biases)
        case MixOptions():
            return _mixing(step)
        case ThresholdOptions():
            return _threshold(step)
        case TopOptions():
            return _top(step, threshold)
        case ExploreOptions() if threshold is not None:
            return _exploring(step, threshold, chance)
    raise AssertionError(step)  # what the definition refuses


def _clamping(step: ClampOptions) -> Step:
    low = _LOWEST if step.min is None else step.min
    high = -_LOWEST if step.max is None else step.max

    def clamp(rows: Rows) -> None:
        for number, row in enumerate(rows, 1):
            score = _number(row, SCORE, number, "clamp")
            if score is not None:
                row.values[SCORE] = score = min(max(score, low), high)
            row.steps.append(("clamp", {SCORE: score}))

    return clamp


def _correcting(step: CorrectOptions, biases: Biases) -> Step:
    """What was not measured is not corrected, and the account says so."""

    def correct(rows: Rows) -> None:
        for number, row in enumerate(rows, 1):
            score = _number(row, SCORE, number, "correct")
            bias = biases(row.answers[0]) if step.bias == MEASURED else step.bias
            if score is not None and bias is not None:
                row.values[SCORE] = score = score - bias
            row.steps.append(("correct", {SCORE: score, "bias": bias}))

    return correct


def _mixing(step: MixOptions) -> Step:
    expressions = [(name, Expression(text).compiled()) for name, text in step.values.items()]

    def mix(rows: Rows) -> None:
        for number, row in enumerate(rows, 1):
            values = row.values
            made: dict[str, Any] = {}
            for name, evaluate in expressions:
                try:
                    values[name] = made[name] = _kept(evaluate(values))
                except ValueError as problem:
                    raise InputInvalid(f"row {number}: mix of '{name}': {problem}") from None
                except KeyError as missing:
                    raise InputInvalid(f"row {number}: mix of '{name}': there is no {missing}") from None
            _number(row, SCORE, number, "mix")
            row.steps.append(("mix", made))

    return mix


def _threshold(step: ThresholdOptions) -> Step:
    at, by, unsure = step.at, step.by, step.unsure
    above, below, say = at, at, step.no
    if unsure is not None:
        above = at if unsure.above is None else unsure.above
        below = at if unsure.below is None else unsure.below
        say = unsure.say

    def decide(rows: Rows) -> None:
        for number, row in enumerate(rows, 1):
            value = _number(row, by, number, "threshold")
            if value is None:
                row.decision = say
            elif value >= below:
                row.decision = step.yes
            else:
                row.decision = say if value >= above else step.no
            row.steps.append(("threshold", {"decision": row.decision}))

    return decide


def _top(step: TopOptions, threshold: ThresholdOptions | None) -> Step:
    refused = "" if threshold is None else threshold.no

    def rank(rows: Rows) -> None:
        groups: dict[int, list[tuple[float, ServiceRow]]] = defaultdict(list)
        for number, row in enumerate(rows, 1):
            value = _number(row, step.by, number, "top")
            if value is not None and (not refused or row.decision != refused):
                groups[0 if step.within == "request" else row.group].append((value, row))
        chosen: set[int] = set()
        for members in groups.values():
            members.sort(key=lambda one: -one[0])  # of equal ones the first
            for place, (_, row) in enumerate(members[: step.k], 1):
                row.rank = place
                chosen.add(id(row))
        for row in rows:
            if id(row) not in chosen:
                row.decision = step.otherwise
            row.steps.append(("top", {"rank": row.rank, "decision": row.decision}))

    return rank


def _exploring(step: ExploreOptions, threshold: ThresholdOptions, chance: Chance) -> Step:
    """Half of the explored share gets `yes`, the other half `no`, whatever the threshold says."""
    share, answers = step.share, (threshold.yes, threshold.no)

    def explore(rows: Rows) -> None:
        for row in rows:
            policy = row.decision
            if (drawn := chance()) < share:
                row.decision = answers[drawn >= share / 2]
            certain = 1 - share if row.decision == policy else 0.0
            row.propensity = certain + (share / 2 if row.decision in answers else 0.0)
            row.policy = policy
            row.steps.append(("explore", {"decision": row.decision, "policy": policy}))

    return explore


def _kept(value: Any) -> Any:
    """A whole number that has more bits than a record holds as the nearest one that has not."""
    return float(value) if type(value) is int and not LEAST_INT <= value <= LARGEST_INT else value


def _number(row: ServiceRow, name: str, number: int, step: str) -> float | None:
    value = row.values.get(name)
    if value is None or type(value) is float or type(value) is int:
        return value
    raise InputInvalid(f"row {number}: {step}: '{name}' is no number")
