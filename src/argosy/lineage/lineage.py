"""The lineage of a version, as values without any text of an example. What was never recorded is None."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from argosy.steps.origins import StepOrigin
from argosy.store.decided import DecisionRevision
from argosy.store.trained import Move
from argosy.types import Part


@dataclass(frozen=True)
class ImportedRows:
    """Rows of the dataset that came with one import; `parts` counts those that were not erased since."""

    name: str
    """Of the file, the database, or the source that the rows named."""
    at: float
    parts: Mapping[Part, int]
    live: Mapping[str, int]
    """Of these rows, those that feedback on predictions became, by its kind."""
    kind: str | None = None
    digest: str | None = None
    """sha256 of the file; None of what was no file too."""
    by: str | None = None
    rows_read: int | None = None
    trigger_of: str | None = None
    """The plan whose trigger imported it; None: a person did."""


@dataclass(frozen=True)
class LearnedRows:
    """The frozen dataset."""

    digest: str
    collection: str
    cut: Mapping[str, Any]
    frozen_at: float | None
    """None where it is another project's, whose rows are not here."""
    counts: Mapping[Part, int]
    erased: int
    """How many of these rows were erased since."""
    imports: list[ImportedRows]


@dataclass(frozen=True)
class LineageVersion:
    """The result under a model's name."""

    reference: str
    created_at: float
    aliases: tuple[str, ...]
    mark: str
    """Why it is not to be promoted; empty: nothing against it."""


@dataclass(frozen=True)
class TrainingRun:
    """Where it was trained; `worker` is HOST-PROCESS."""

    trained_at: float
    fit_seconds: float
    worker: str | None = None
    started_at: float | None = None
    asked_by: str | None = None
    """Of a retraining."""
    asked_because: str | None = None


@dataclass(frozen=True)
class Ancestor:
    """Another result that this one was made from: `parent` (retrained from), `after` (gone on from), `member`."""

    how: str
    label: str
    versions: list[str]
    dataset_digest: str | None


@dataclass(frozen=True)
class Answered:
    """What one version answered since, by day of UTC, and what was said of it."""

    reference: str
    days: Mapping[str, int]
    feedback: Mapping[str, int]
    """Pieces of feedback by kind."""
    disagreed: int
    """Of these, those with another label than the answer."""

    @property
    def total(self) -> int:
        return sum(self.days.values())


@dataclass(frozen=True)
class LineagePrediction:
    """One prediction, and what was said of it and became of it."""

    id: str
    reference: str
    made_at: float
    answer: str
    confidence: float
    token: str
    """The name of the token that asked; empty without one."""
    feedback: list[dict[str, Any]] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)
    """Ids of the examples that it became."""
    decisions: int = 0
    """The revision of the decisions that were in force when it was made; 0: there were none."""


@dataclass(frozen=True)
class Lineage:
    """From raw file to answer."""

    reference: str
    label: str
    versions: list[LineageVersion]
    definition: Mapping[str, Any]
    rows: LearnedRows
    plugins: Mapping[str, str]
    """The user's plug-ins and the digest of their code."""
    argosy: str | None
    environment: Mapping[str, Any]
    training: TrainingRun
    artifact: str
    ancestors: list[Ancestor]
    moves: list[Move]
    """Of aliases onto and away from its versions, and the gate's refusals of them, oldest first."""
    answered: list[Answered]
    prediction: LineagePrediction | None = None
    steps: list[StepOrigin] = field(default_factory=list)
    """Runs that made the imported files, and those that made their inputs, the last first."""
    decisions: list[DecisionRevision] = field(default_factory=list)
    """What was made of its versions' answers, every revision, oldest first."""

    @property
    def imported_model(self) -> Mapping[str, str] | None:
        """The file that a model trained elsewhere came in: file, sha256, format, by, at."""
        found: Mapping[str, str] | None = self.environment.get("imported")
        return found
