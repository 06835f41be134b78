"""What a notebook shows: a leaderboard as tables, a report in a frame."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path, PosixPath
from typing import Any

from argosy.evaluation.leaderboard import METRICS
from argosy.types import Part
from argosy.web.environment import template_environment

SHOWN = 20
_FIGURES = {
    f"{part.value}_{metric}{end}"
    for part in (Part.VALIDATION, Part.TEST)
    for metric in METRICS
    for end in ("", "_low", "_high")
}
_NAMES = """
    rank ranked_by dataset evaluate share versions label aliases adapter model tied proposed replaced is_constant
    baseline_label test_baseline fit_seconds size_bytes predict_us
"""
LEADERBOARD_COLUMNS = {*_FIGURES, *_NAMES.split()}
"""What a leaderboard needs to be drawn as one."""


def leaderboard_html(rows: Sequence[dict[str, Any]]) -> str:
    """The first rows: version, adapter, model, the figure that it is ranked by, and what it takes to fit and answer."""
    shown = groupby(rows[:SHOWN], lambda row: (row["dataset"], row["evaluate"], row["share"], row["ranked_by"]))
    groups = [list(group) for _, group in shown]
    return (
        template_environment().get_template("notebook_leaderboard.html").render(groups=groups, more=len(rows) - SHOWN)
    )


class ReportPath(PosixPath):
    """Where a report is; a notebook shows the page."""

    def _repr_html_(self) -> str | None:
        if not self.is_file():
            return None
        return (
            template_environment()
            .get_template("notebook_report.html")
            .render(path=self, page=Path(self).read_text("utf-8"))
        )
