"""The figures that models are measured by: which there are for each kind of labels, which way is better. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from argosy.types import LabelKind

Metric = Literal["accuracy", "macro_f1", "micro_f1", "log_loss", "hamming_loss", "mae", "rmse", "r2"]
HEADLINES: Final[Mapping[LabelKind, Metric]] = {"single": "accuracy", "lists": "micro_f1", "numbers": "mae"}
"""What results are ranked by, unless another is named."""
OF_LISTS: Final[tuple[Metric, ...]] = ("micro_f1", "hamming_loss")
"""The metrics that only lists of labels have."""
OF_NUMBERS: Final[tuple[Metric, ...]] = ("mae", "rmse", "r2")
"""Those of numbers, which have no others: mean absolute error, root mean squared error and R²."""
LOWER_IS_BETTER: Final = frozenset({"log_loss", "hamming_loss", "mae", "rmse"})
_NAMES: Final = {"micro_f1": "micro-F1", "macro_f1": "macro-F1", "mae": "MAE", "rmse": "RMSE", "r2": "R²"}


def why_not_measured(metric: str, kind: LabelKind) -> str:
    """Why models of that kind of labels do not have the metric; empty where they do."""
    if (metric in OF_NUMBERS) != (kind == "numbers"):
        there = ", ".join(OF_NUMBERS)
        if kind == "numbers":
            return f"{metric} is of classes, and the models here answer numbers: take one of {there}"
        return f"{metric} is of numbers, which no model here answers"
    if metric in OF_LISTS and kind != "lists":
        return f"{metric} is of lists of labels, which no model here answers"
    return ""


def metric_name(metric: str) -> str:
    """What people call it."""
    return _NAMES.get(metric, metric.replace("_", " "))


def figure_text(value: float) -> str:
    """A figure of any size in about four digits: a share of rows, or an error in the labels' own unit."""
    if value == 0 or 0.01 <= abs(value) < 1000:
        return f"{value:.3f}"
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e9 else f"{value:.3g}"
