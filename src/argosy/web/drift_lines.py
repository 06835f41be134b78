"""What the section on drift says of each shift, as text. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from argosy.evaluation.drift_periods import Period
from argosy.evaluation.findings import Live
from argosy.predictions.drift_checks import Drift
from argosy.statistics.shifts import Shift
from argosy.web.environment import day, minute

AXES: Final = {"answers": "% of answers", "number": "the labels' unit", "confidence": "points", "vocabulary": "points"}
"""Kinds of shift that are plotted over time, with the name of the axis."""
KINDS: Final = {
    "answers": ("the mix of answers", "Mix of answers: share that changed class", 100.0, "%"),
    "number": ("the mean of the answers", "Mean answer", 1.0, ""),
    "confidence": ("the confidence", "Mean confidence", 100.0, "points"),
    "vocabulary": ("the words of the inputs", "Words not seen in training", 100.0, "points"),
    "length": ("the length of the inputs", "Mean log length", 1.0, ""),
}
"""Kind to its noun, its title, what its values are multiplied by, and their unit."""


@dataclass(frozen=True)
class DriftLine:
    """A row of the table."""

    title: str
    reference: str
    live: str
    shift: str
    interval: str
    p_value: str
    is_significant: bool


def lines(drift: Drift) -> list[DriftLine]:
    """Every shift."""
    return list(by_name(drift).values())


def by_name(drift: Drift) -> dict[str, DriftLine]:
    """Every shift by its kind, the known kinds first."""
    shown = set(drift.shown())
    return {name: _line(name, drift.shifts[name], name in shown) for name in ordered(drift)}


def ordered(drift: Drift) -> list[str]:
    """The kinds of shift, the known ones first, then fields by name."""
    return [*(name for name in KINDS if name in drift.shifts), *sorted(drift.shifts.keys() - KINDS)]


def columns(names: list[str]) -> list[str]:
    """Heads of columns of these kinds."""
    return [f">{title_of(name).partition(':')[0]}" for name in names]


def changed(drift: Drift) -> str:
    """The significant shifts as a list in words; empty where there are none."""
    *firsts, last = [_kind(name)[0] for name in drift.shown()] or [""]
    return f"{', '.join(firsts)} and {last}" if firsts else last


def title_of(name: str) -> str:
    return _kind(name)[1]


def period_start(period: Period) -> str:
    """The beginning of a period: a day, or a minute where it is shorter."""
    is_day = period.ended_at - period.started_at > 4000
    return day(period.started_at) if is_day else minute(period.started_at)


def answer_mixes(live: Live) -> list[tuple[str, float, float]]:
    """(class, share of the answers on the test part, share live), the most frequent live first."""
    names = sorted({*live.reference_mix, *live.live_mix}, key=lambda name: (-live.live_mix.get(name, 0), name))
    totals = [sum(side.values()) or 1 for side in (live.reference_mix, live.live_mix)]
    return [
        (name, live.reference_mix.get(name, 0) / totals[0], live.live_mix.get(name, 0) / totals[1]) for name in names
    ]


def _kind(name: str) -> tuple[str, str, float, str]:
    return KINDS.get(name, (name, f"Mean of the {name}", 1.0, ""))


def _line(name: str, shift: Shift, is_significant: bool) -> DriftLine:
    _, title, factor, unit = _kind(name)
    digits = 1 if factor > 1 else 2
    sign = "" if shift.reference is None else "+"
    reference, live = ("–" if side is None else f"{side * factor:.{digits}f}" for side in (shift.reference, shift.live))
    value, low, high = (f"{part * factor:{sign}.{digits}f}" for part in (shift.value, shift.low, shift.high))
    return DriftLine(
        title, reference, live, f"{value} {unit}".strip(), f"{low} to {high}", f"{shift.p_value:.2g}", is_significant
    )
