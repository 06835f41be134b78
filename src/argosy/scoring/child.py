"""What each scoring process does: load the version once, then answer batch after batch.

All scoring is done in such processes, one too, with one numeric thread each: what a batch comes to is then the same,
no matter which process computes it, and of how many.
"""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from argosy import processes
from argosy.backends import Backends
from argosy.error_messages import message_of
from argosy.errors import InputInvalid, JobFailed, ModelFailed, UserMistake
from argosy.models.adapted_model import AdaptedModel
from argosy.models.decisions import NO_DECISIONS, Decisions
from argosy.predictions.ids import RANDOM_BYTES, PredictionIds
from argosy.predictions.log import SCOPE
from argosy.predictions.record import Prediction
from argosy.scoring.input_rows import InputRow
from argosy.scoring.output_rows import AnsweredRow, Layout, encoded
from argosy.store.store import Store
from argosy.store.trained import Version
from argosy.store.trained_code import stored_code
from argosy.types import Input

Opener = Callable[[str], Backends]
"""Opens a project's backends, from its folder; by its name, in another process."""
CLIENT = "argosy predict"


@dataclass(frozen=True)
class ScoredVersion:
    """Which version answers; `version` where its predictions are logged."""

    label: str
    is_stored: bool = False
    """With the code of plug-ins that was kept with it."""
    version: Version | None = None
    decisions: Decisions = NO_DECISIONS


@dataclass(frozen=True)
class InputBatch:
    """Rows to answer; `at` and `seed` are of what is logged."""

    number: int
    rows: Sequence[InputRow]
    layout: Layout
    at: float = 0.0
    seed: bytes = b""


@dataclass(frozen=True)
class ScoredBatch:
    """The bytes of its rows."""

    number: int
    data: bytes
    rows: int
    problems: int


class BatchScorer:
    """A version of a project, loaded."""

    def __init__(self, backends: Backends, scored: ScoredVersion) -> None:
        self._backends, self._scored = backends, scored
        pair = load_pair(backends, scored.label, is_stored=scored.is_stored)
        self.model = pair.decided_by(scored.decisions)

    def score(self, batch: InputBatch) -> ScoredBatch:
        """Answer a batch and log it, where that is asked for."""
        inputs = {place: row.given for place, row in enumerate(batch.rows) if row.given is not None}
        scores, problems = self._scores(inputs, batch.number == 0)
        places, ids = list(scores), dict[int, str]()
        table = np.array([scores[place] for place in places]).reshape(len(places), len(self.model.classes))
        labels = self.model.answers_of_scores(table) if places else []
        sure = self.model.confidence_of_scores(table).tolist() if places else []
        top = self.model.top_of_scores(table) if places else None
        likeliest = dict(zip(places, zip(*top, strict=True), strict=True)) if top else {}
        if self._scored.version and places:
            ids = self._logged(batch, places, labels, sure, table)
        answers = {place: (label, one) for place, label, one in zip(places, labels, sure, strict=True)}
        rows = []
        for place, row in enumerate(batch.rows):
            label, certainty = answers.get(place, (None, None))
            shown = scores[place].tolist() if batch.layout.scores and place in scores else ()
            problem = row.problem or problems.get(place)
            answer = (label, certainty, shown, ids.get(place), problem, likeliest.get(place))
            rows.append(AnsweredRow(row.number, row.kept, *answer))
        data = encoded(batch.layout, rows, with_header=batch.number == 0)
        return ScoredBatch(batch.number, data, len(rows), len(rows) - len(places))

    def _scores(
        self, inputs: Mapping[int, Input], is_first: bool
    ) -> tuple[dict[int, NDArray[np.float64]], dict[int, str]]:
        """The scores of each row by its place, and of the others what is wrong.

        Raises ModelFailed where all fail, unless that is a lone row after others.
        """
        found: dict[int, NDArray[np.float64]] = {}
        problems: dict[int, str] = {}
        failed: list[ModelFailed] = []

        def answer(places: Sequence[int]) -> None:
            try:
                scores = self.model.scores(
                    [inputs[place] for place in places], self._backends.settings.limits.text_bytes
                )
            except (InputInvalid, ModelFailed) as problem:
                if len(places) > 1:  # in halves, down to the rows that cannot be answered
                    middle = len(places) // 2
                    answer(places[:middle])
                    answer(places[middle:])
                    return
                if isinstance(problem, ModelFailed):
                    failed.append(problem)
                problems[places[0]] = str(problem).removeprefix("row 1: ")
            else:
                found.update(zip(places, scores, strict=True))

        if inputs:
            answer(list(inputs))
        if failed and len(failed) == len(inputs) and (is_first or len(inputs) > 1):
            raise failed[0]
        return found, problems

    def _logged(
        self,
        batch: InputBatch,
        places: Sequence[int],
        labels: Sequence[str],
        sure: Sequence[float],
        scores: NDArray[np.float64],
    ) -> dict[int, str]:
        """Log the answers, under ids that are the same when this is done again."""
        version = self._scored.version
        assert version is not None  # noqa: S101  # the caller asks only then
        draw = hashlib.blake2b(batch.number.to_bytes(8), digest_size=RANDOM_BYTES, key=batch.seed).digest()
        ids = PredictionIds(self._backends.vault.scope(SCOPE)).issue(len(places), batch.at, draw)
        made = []
        for place, prediction_id, label, certainty, row_scores in zip(places, ids, labels, sure, scores, strict=True):
            row = batch.rows[place]
            assert row.given is not None  # noqa: S101  # it was answered
            answer = (batch.at, label, certainty, row.given, row_scores)
            about = (CLIENT, row.subject, row.entity)
            made.append(Prediction(prediction_id, version.model, version.number, *answer, *about))
        self._backends.prediction_log.add(made)
        return dict(zip(places, ids, strict=True))


def load_pair(backends: Backends, label: str, *, is_stored: bool) -> AdaptedModel:
    """The pair of a result, with today's code of plug-ins or with that which was kept with it."""
    backends.load_plugins()
    store: Store = backends.store
    with ExitStack() as stack:
        if is_stored:
            stack.enter_context(stored_code(store, label))
        model = AdaptedModel.load(backends.artifacts.fetch(store.trained(label).artifact))
        model.served()
    return model


class ChildScorer:
    """In the process that answers: opens the project and loads the version with the first batch."""

    def __init__(self, opener: Opener, folder: str, scored: ScoredVersion) -> None:
        self._opener, self._folder, self._scored = opener, folder, scored
        self._scorer: BatchScorer | None = None

    def score(self, batch: InputBatch) -> ScoredBatch:
        """Whatever goes wrong is raised as a UserMistake or JobFailed, which pass between processes."""
        try:
            if self._scorer is None:
                self._scorer = BatchScorer(self._opener(self._folder), self._scored)
            return self._scorer.score(batch)
        except UserMistake as mistake:
            raise UserMistake(str(mistake)) from None
        except Exception as error:  # noqa: BLE001  # the parent says it in one line
            raise JobFailed(message_of(error)) from None


_given: dict[str, ChildScorer] = {}


def begin_child(opener: Opener, folder: str, scored: ScoredVersion, parent: int) -> None:
    """Before a process's first batch: nothing that could fail."""
    os.dup2(processes.STANDARD_ERROR, processes.STANDARD_OUTPUT)  # what a plug-in prints is no part of the answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which lets a batch end
    os.environ[processes.PARENT] = str(parent)
    processes.follow_parent()
    _given["scorer"] = ChildScorer(opener, folder, scored)


def score_in_child(batch: InputBatch) -> ScoredBatch:
    """The batch's rows, in a process that has begun."""
    return _given["scorer"].score(batch)
