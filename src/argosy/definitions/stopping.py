"""`stop_when:` of a plan that tries everything: what is good enough, so that the rest need not be tried. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from argosy.definitions.metrics import HEADLINES, LOWER_IS_BETTER, Metric, metric_name, why_not_measured
from argosy.definitions.search import check_reached
from argosy.errors import DefinitionInvalid
from argosy.typed_values import checked_struct
from argosy.types import LabelKind


class PlanStop(msgspec.Struct, frozen=True):
    """A figure of the validation part that was `reached`; without a metric, of that which the leaderboard ranks by."""

    reached: float
    metric: Metric = "accuracy"

    def is_met(self, figures: Mapping[str, Mapping[str, float]]) -> bool:
        """Whether a result's figures of the validation part are good enough."""
        value = figures.get(self.metric, {}).get("value")
        if value is None:
            return False
        return value <= self.reached if self.metric in LOWER_IS_BETTER else value >= self.reached

    def __str__(self) -> str:
        return f"{metric_name(self.metric)} {self.reached:g}"


def parse_stop(values: Any, kind: LabelKind, searches: bool, path: str = "stop_when") -> PlanStop | None:
    """From `{reached: 0.95}`; raises DefinitionInvalid."""
    if values is None:
        return None
    if searches:
        raise DefinitionInvalid("a search has its own: write it below `search`", path)
    stop = checked_struct(PlanStop, values, path)
    if "metric" not in values:
        stop = msgspec.structs.replace(stop, metric=HEADLINES[kind])
    check_reached(stop.reached, stop.metric, path)
    if problem := why_not_measured(stop.metric, kind):
        raise DefinitionInvalid(problem, f"{path}.metric")
    return stop
