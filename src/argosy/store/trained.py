"""What the store keeps: a definition's result, the versions that point at it, and the moves of aliases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from argosy.models.decisions import NO_DECISIONS, Decisions

TENSORS: Final = "as_tensors"
"""The model of a definition that answers tensors."""
Metrics = Mapping[str, Mapping[str, Mapping[str, float]]]
"""{part: {metric: {value, low, high}}}."""


@dataclass(frozen=True)
class Trained:
    """The one result of one definition, and all that is needed to say how it was made."""

    label: str
    definition: Mapping[str, Any]
    dataset_digest: str
    artifact: str
    size_bytes: int
    metrics: Metrics
    confusion: Mapping[str, Any]
    """On the test part {labels, matrix}, or of lists {labels, rows, per_label: [hits, rows, answers], thresholds}, or
    of numbers {numbers: {rows, truth_spread, answer_spread}}."""
    fit_seconds: float
    predict_us: float
    form: Mapping[str, Any]
    """The served form and how far it is from the training form."""
    environment: Mapping[str, Any]
    parent: str | None = None
    """The label of the version that this one was retrained from."""
    log: str = ""
    trained_at: float = 0.0
    """Set by the database when it is recorded."""
    rows_right: bytes | None = None
    """Which validation rows it answered rightly, see models/rows_right.py; None in older results."""

    @property
    def answers_tensors(self) -> bool:
        """Whether it answers by a signature, and has no labels and no figures."""
        model = self.definition.get("model")
        return isinstance(model, Mapping) and model.get("name") == TENSORS


@dataclass(frozen=True)
class PutArtifact:
    """An artifact that was put, to be named by a result; `mark` as in `removals.py`."""

    digest: str
    size_bytes: int
    mark: int


@dataclass(frozen=True)
class Version:
    """A numbered version of a registered model."""

    model: str
    number: int
    label: str
    artifact: str
    created_at: float
    aliases: tuple[str, ...] = ()
    mark: str = ""
    """Why it is not to be promoted; empty: nothing against it."""
    decisions: Decisions = NO_DECISIONS
    """What is made of its answers before they are given."""

    @property
    def reference(self) -> str:
        return f"{self.model}@{self.number}"


@dataclass(frozen=True)
class Move:
    """An alias was moved: who, when, why, on what evidence."""

    model: str
    alias: str
    from_number: int | None
    to_number: int
    moved_at: float
    moved_by: str
    action: str
    reason: str
    evidence: Mapping[str, Any] | None


@dataclass(frozen=True)
class LeaderboardRow:
    """One definition's line; `rank` counts from 1 within its dataset."""

    rank: int
    tied: bool
    """Chance alone may put it behind the first."""
    trained: Trained
    versions: tuple[Version, ...] = field(default=())
    proposed: bool = False
    """The cheapest of the first and those tied with it."""
    p_value: float | None = None
    """Of the paired comparison with the first, where there was one."""
    metric: str = "accuracy"
    """What it is ranked by."""

    @property
    def is_constant(self) -> bool:
        """Whether it gave the same answer to every row of the test part, though not all have the same label."""
        return answers_alike(self.trained.confusion)


def learned_nothing(trained: Trained) -> str:
    """Why a result is of no use, whatever it is compared with; empty where it may be of some."""
    if answers_alike(trained.confusion):
        return "gives one answer to all rows of the test part"
    parts = [figures.get("micro_f1") or figures.get("accuracy") for figures in trained.metrics.values()]
    figures = [found["value"] for found in parts if found]
    return "answers no row right that it was measured on" if figures and not any(figures) else ""


def answers_alike(confusion: Mapping[str, Any]) -> bool:
    """Whether all answers of a confusion matrix, or of lists of labels, are the same and should not be."""
    if numbers := confusion.get("numbers"):
        return bool(numbers["answer_spread"] == 0 < numbers["truth_spread"])
    if "per_label" in confusion:
        rows = confusion.get("rows", 0)
        is_alike = all(answers in (0, rows) for _, _, answers in confusion["per_label"])
        return bool(rows) and is_alike and any(0 < given < rows for _, given, _ in confusion["per_label"])
    answered: set[int] = set()
    labels = 0
    for row in confusion.get("matrix") or []:  # most are decided by their first row, and a leaderboard has many
        answered.update(column for column, count in enumerate(row) if count)
        labels += any(row)
        if len(answered) > 1:
            return False
    return labels > 1
