"""What an analysis of a version finds in its rows: asked for and answered across a process, so no input is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from argosy.evaluation.drift_periods import Period
from argosy.predictions.drift_checks import Drift
from argosy.statistics.calibration_bins import Bin
from argosy.statistics.intervals import Interval


class AnalysisRequest(msgspec.Struct, frozen=True):
    """What to find out of which version."""

    label: str
    model: str
    version: int
    since: float
    shown: int = 20
    every_doubt: bool = False
    curve: bool = False
    quick: bool = False


@dataclass(frozen=True)
class Case:
    """A row that somebody should look at: a mistake, or a label in doubt."""

    example_id: str
    part: str
    label: str
    suggested: str
    confidence: float
    text: str | None = None


@dataclass(frozen=True)
class Point:
    """The pair trained on this many rows, and its accuracy on the test part; of numbers, its mean absolute error."""

    rows: int
    accuracy: Interval


@dataclass(frozen=True)
class NumberGroup:
    """Rows of the test part whose answers are neighbours: the mean answer, the mean label and its 95 % interval."""

    rows: int
    answer: float
    label: Interval


@dataclass(frozen=True)
class Live:
    """What the version answered in production, compared with its test part."""

    drift: Drift
    reference_mix: Mapping[str, int]
    live_mix: Mapping[str, int]
    first_at: float
    last_at: float
    periods: Sequence[Period] = ()


@dataclass(frozen=True)
class Analysis:
    """`mistakes` and `doubts` are the first of the totals; `notes` say by section why something is missing."""

    calibration: Sequence[Bin]
    curve: Sequence[Point]
    mistakes: Sequence[Case]
    mistakes_total: int
    doubts: Sequence[Case]
    doubts_total: int
    doubted: Sequence[tuple[str, str, int]]
    """(given, likelier, rows) of the most frequent labels in doubt."""
    live: Live | None
    notes: Mapping[str, str] = field(default_factory=dict)
    numbers: Sequence[NumberGroup] = ()
