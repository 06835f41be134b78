"""`stop_when:` of a plan that tries everything: what is good enough, so that the rest need not be tried. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from argosy.definitions.search import OF_LISTS, Metric, check_reached
from argosy.errors import DefinitionInvalid
from argosy.typed_values import checked_struct


class PlanStop(msgspec.Struct, frozen=True):
    """A figure of the validation part that was `reached`; without a metric accuracy, of lists of labels micro-F1."""

    reached: float
    metric: Metric = "accuracy"

    def is_met(self, figures: Mapping[str, Mapping[str, float]]) -> bool:
        """Whether a result's figures of the validation part are good enough."""
        value = figures.get(self.metric, {}).get("value")
        if value is None:
            return False
        return value <= self.reached if self.metric.endswith("_loss") else value >= self.reached

    def __str__(self) -> str:
        return f"{self.metric.replace('_f1', '-F1').replace('_', ' ')} {self.reached:g}"


def parse_stop(values: Any, are_lists: bool, searches: bool, path: str = "stop_when") -> PlanStop | None:
    """From `{reached: 0.95}`; raises DefinitionInvalid."""
    if values is None:
        return None
    if searches:
        raise DefinitionInvalid("a search has its own: write it below `search`", path)
    stop = checked_struct(PlanStop, values, path)
    check_reached(stop.reached, stop.metric, path)
    if "metric" not in values and are_lists:
        return msgspec.structs.replace(stop, metric="micro_f1")
    if stop.metric in OF_LISTS and not are_lists:
        raise DefinitionInvalid(f"{stop.metric} is of lists of labels, which no model here answers", f"{path}.metric")
    return stop
