"""Plans that search: checked and submitted. Workers ask for their definitions, see `searches`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from argosy.backends import Backends
from argosy.database import Transaction
from argosy.datasets.frozen import Frozen, freeze, preview
from argosy.definitions import Plan, Spec
from argosy.errors import DatasetInvalid
from argosy.jobs.plan_check import PlanChecker
from argosy.jobs.submission import Submitted
from argosy.tuning.searches import Searches, SearchStatus
from argosy.tuning.space import describe_choices, is_finite, size
from argosy.types import Part


@dataclass(frozen=True)
class SearchCheck:
    """What submitting a plan that searches would do; `status` is how far an earlier submission is."""

    plan: Plan
    frozen: Frozen
    status: SearchStatus | None

    @property
    def space(self) -> list[tuple[str, str]]:
        """What there is to choose, and from what."""
        return describe_choices(self.plan)

    @property
    def permutations(self) -> int | None:
        """How many there are before rules; None where a range makes them countless."""
        return size(self.plan) if is_finite(self.plan) else None

    @property
    def rungs(self) -> list[tuple[float, int | None, int]]:
        """Of halving: shares of the training part, how many learn from each at most, one in how many; else empty."""
        search = self.plan.search
        if search is None or not search.top:
            return []
        most = search.most_trials if search.sampler != "grid" else search.most_trials or self.permutations
        ones = [search.halving.factor**rung for rung in range(search.top + 1)]
        counts = [None if most is None else max(1, most // one) for one in ones]
        return list(zip(search.shares, counts, ones, strict=True))

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        one = self.frozen
        return {
            "plan": self.plan.name,
            "search": {**msgspec.to_builtins(self.plan.search), **({} if self.rungs else {"halving": None})},
            "rungs": [{"share": share, "trials": most} for share, most, _ in self.rungs],
            "space": [{"choice": name, "values": values} for name, values in self.space],
            "permutations": self.permutations,
            "evaluate": self.plan.evaluate.to_dict() if self.plan.evaluate else None,
            "trials": len(self.status.trials) if self.status else 0,
            "datasets": [one.to_dict()],
        }


def check_search(backends: Backends, checker: PlanChecker, plan: Plan) -> SearchCheck:
    """Writes nothing. Raises DatasetInvalid, CollectionNotFound."""
    with backends.database.read() as transaction:
        frozen = preview(transaction, _cut(transaction, checker, plan))
    frozen = _check_measured(checker, plan, frozen)
    _check_inputs(checker, plan)
    return SearchCheck(plan, frozen, Searches.of(backends).status(plan.name))


def submit_search(
    backends: Backends, checker: PlanChecker, plan: Plan, begin: Callable[[Transaction], None]
) -> Submitted:
    """Begin a search, or go on with it; `begin` comes first in its transaction.

    Raises DatasetInvalid, CollectionNotFound, ExtraMissing.
    """
    _check_inputs(checker, plan)
    with backends.database.write() as transaction:
        begin(transaction)
        cut = _cut(transaction, checker, plan)
        frozen = freeze(transaction, cut, transaction.now())
        _check_measured(checker, plan, frozen)
        return Searches.of(backends).begin(transaction, plan, cut, frozen.digest)


def _cut(transaction: Transaction, checker: PlanChecker, plan: Plan) -> Spec:
    return checker.complete(transaction, _only(plan))


def _only(plan: Plan) -> Spec:
    (alternative,) = plan.dataset
    (spec,) = alternative.specs()
    return spec


def _check_inputs(checker: PlanChecker, plan: Plan) -> None:
    cut = _only(plan)
    checker.check_inputs((cut, next(adapter.specs())) for adapter in plan.adapter)


def _check_measured(checker: PlanChecker, plan: Plan, frozen: Frozen) -> Frozen:
    for model in plan.model:
        frozen = checker.check_labels(next(model.specs()), frozen)
    if plan.evaluate is None and not frozen.counts.get(Part.VALIDATION):
        raise DatasetInvalid("a search compares on the validation part, and there is none: give the plan `evaluate`")
    return frozen
