"""What a report shows, as values: gathered by `app`, drawn by the sections. Texts are in it only where asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from argosy.definitions.metrics import HEADLINES
from argosy.evaluation.findings import Case, Live, NumberGroup, Point
from argosy.services.value import ServiceValue
from argosy.statistics.calibration_bins import Bin
from argosy.statistics.class_figures import ClassFigures
from argosy.statistics.intervals import Interval


@dataclass(frozen=True)
class Competitor:
    """A definition on the leaderboard."""

    rank: int
    tied: bool
    label: str
    versions: Sequence[str]
    aliases: Sequence[str]
    adapter: str
    model: str
    figures: Mapping[str, Interval]
    """By `PART_METRIC`, such as `test_accuracy`."""
    fit_seconds: float
    size_bytes: int
    predict_us: float
    proposed: bool = False
    is_constant: bool = False
    """It gave one answer to all rows of the test part."""

    @property
    def name(self) -> str:
        """The shortest name that no other has: its first version, else its label."""
        return self.versions[0] if self.versions else self.label


@dataclass(frozen=True)
class Board:
    """The definitions that were tried on one dataset, best first."""

    dataset: str
    competitors: Sequence[Competitor]
    baseline_label: str | None = None
    baseline: float | None = None
    """The figure on the test part of always answering that label."""

    @property
    def metric(self) -> str:
        """What it is ranked by: `accuracy`, `micro_f1` where texts have several labels, or `mae` of numbers."""
        there = {name for one in self.competitors for name in one.figures}
        return next((one for one in (HEADLINES["numbers"], HEADLINES["lists"]) if f"test_{one}" in there), "accuracy")


@dataclass(frozen=True)
class Subject:
    """The version that the report is about."""

    reference: str
    label: str
    aliases: Sequence[str]
    adapter: str
    model: str
    dataset: str
    cut: str
    collection: str
    trained_at: float
    parent: str | None
    figures: Mapping[str, Interval]
    fit_seconds: float
    size_bytes: int
    predict_us: float
    environment: Mapping[str, Any]


@dataclass(frozen=True)
class ReportedMove:
    """A move of an alias, with the gate's evidence where it had any."""

    moved_at: float
    alias: str
    from_number: int | None
    to_number: int
    action: str
    by: str
    reason: str
    evidence: Mapping[str, Any] | None

    @property
    def way(self) -> str:
        """`1 → 2`."""
        return f"{'–' if self.from_number is None else self.from_number} → {self.to_number}"


@dataclass(frozen=True)
class Contents:
    """Everything on the page; what is None or empty is left out, and `notes` says why, by section."""

    title: str
    project: str
    made_at: float
    boards: Sequence[Board]
    subject: Subject
    classes: Sequence[ClassFigures]
    confusion_labels: Sequence[str]
    confusion: Sequence[Sequence[int]]
    balance: Mapping[str, Mapping[str, int]]
    """{part: {label: rows}}"""
    calibration: Sequence[Bin] = ()
    curve: Sequence[Point] = ()
    logged: Mapping[str, Sequence[tuple[int, float]]] = field(default_factory=dict)
    """{metric: (step, value)}, of plug-ins that logged any."""
    mistakes: Sequence[Case] = ()
    mistakes_total: int = 0
    doubts: Sequence[Case] = ()
    doubts_total: int = 0
    doubted: Sequence[tuple[str, str, int]] = ()
    """(given, likelier, rows) of the most frequent labels in doubt."""
    promotions: Sequence[ReportedMove] = ()
    live: Live | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    has_texts: bool = False
    numbers: Sequence[NumberGroup] = ()
    """Of answers that are numbers, from the smallest."""
    services: Sequence[ServiceValue] = ()
    """Of those that ask the model, and explore."""

    @property
    def are_numbers(self) -> bool:
        """Whether the version's answers are numbers."""
        return "test_mae" in self.subject.figures

    @property
    def own_boards(self) -> list[Board]:
        """Those that the version is on."""
        return [board for board in self.boards if any(one.label == self.subject.label for one in board.competitors)]

    @property
    def other_boards(self) -> list[Board]:
        """Those of other datasets."""
        return [board for board in self.boards if board not in self.own_boards]
