"""Feedback becomes examples of the collection that its model learns from.

- The input is the one that was predicted on, the label what the conflict rule makes of the feedback, `seen_at` the
  time of the prediction, the source `correction` or `outcome`, the origin the prediction's id.
- Deriving again is harmless: what says nothing new changes nothing, a changed mind makes a new revision. That is why
  everything is derived each time, in one order: two predictions on the same text must end the same way as before.
- Feedback that settles nothing derives nothing; an example derived from it earlier stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Self

from argosy.backends import Backends
from argosy.database import Database
from argosy.datasets.example import Example
from argosy.datasets.examples import Examples
from argosy.datasets.imports import ImportOrigin
from argosy.datasets.split import PARTS, id_words, split
from argosy.feedback.labels import ConflictRule, Derived, FeedbackPiece, resolve_feedback
from argosy.feedback.policies import conflict_rule
from argosy.label_numbers import number_in
from argosy.predictions.feedback_log import FeedbackLog, unmatched
from argosy.predictions.ids import made_at
from argosy.predictions.log import PredictionLog
from argosy.types import Part

TRAINING_RATIO = 0.8
_PAGE = 500


@dataclass(frozen=True)
class Derivation:
    """What became of a model's feedback."""

    predictions: int
    """Predictions with feedback."""
    unsettled: int
    """Of these, whose feedback contradicts itself in a way that the rule does not settle."""
    added: int
    revised: int
    unchanged: int
    """Known already, or outdone by a later label for the same input."""
    not_numbers: int
    """Predictions of a model of numbers whose feedback is none: nothing can be learned from it."""
    unmatched: int
    """Predictions of any model with feedback that are not in the log: another process has not drained them yet."""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class Corrections:
    """Any thread; needs the keys of both the predictions and the examples."""

    def __init__(
        self, database: Database, log: PredictionLog, feedback: FeedbackLog, examples: Examples, rule: ConflictRule
    ) -> None:
        self._database, self._log, self._feedback = database, log, feedback
        self._examples, self._rule = examples, rule

    @classmethod
    def of(cls, backends: Backends) -> Self:
        """Those of a project."""
        log, given = backends.prediction_log, backends.feedback_log
        return cls(backends.database, log, given, backends.examples, conflict_rule(backends.settings))

    def derive(self, model: str, collection: str, publish_split: bool = False, are_numbers: bool = False) -> Derivation:
        """Add what the model's feedback amounts to.

        `publish_split` gives each example a part, for datasets that go by the published split alone: four fifths to
        train, the rest to test; all to train where the collection has no published test part, since such a dataset
        draws its test part from the training part.
        """
        self._log.drain()  # so that feedback finds its prediction
        resolved = self._resolved(model)
        settled = {one: derived for one, derived in resolved.items() if derived.label is not None}
        unsettled, others = len(resolved) - len(settled), 0
        if are_numbers:
            numbers = {one: derived for one, derived in settled.items() if number_in(derived.label or "") is not None}
            others, settled = len(settled) - len(numbers), numbers
        with self._database.read() as transaction:
            missing = unmatched(transaction)
        added = revised = 0
        if settled:
            has_test = publish_split and Part.TEST in self._examples.count(collection).splits
            rows = self._rows(settled, publish_split, has_test)
            origin = partial(ImportOrigin, "feedback", f"feedback on {model}")
            report = self._examples.add(collection, rows, on_conflict="latest", source="correction", origin=origin)
            added, revised = report.added, report.revised
        return Derivation(
            predictions=len(resolved),
            unsettled=unsettled,
            added=added,
            revised=revised,
            unchanged=len(settled) - added - revised,
            not_numbers=others,
            unmatched=missing,
        )

    def _resolved(self, model: str) -> dict[str, Derived]:
        """Each prediction's feedback, resolved: by the time of the prediction, then by the last word on it."""
        said: dict[str, list[FeedbackPiece]] = {}
        for number, one in enumerate(self._feedback.of_model(model)):
            word = FeedbackPiece(one.kind, one.label, one.source, one.given_at, number, one.measures, one.token)
            said.setdefault(one.prediction_id, []).append(word)
        order = sorted(said, key=lambda one: (made_at(one), said[one][-1].number))
        return {one: resolve_feedback(said[one], self._rule) for one in order}

    def _rows(self, settled: Mapping[str, Derived], publish_split: bool, has_test: bool) -> Iterator[Example]:
        ids = list(settled)
        for at in range(0, len(ids), _PAGE):
            page = ids[at : at + _PAGE]
            parts = _parts(page, has_test) if publish_split else [None] * len(page)
            for prediction, part in zip(self._log.get_many(page), parts, strict=True):
                derived = settled[prediction.id]
                yield Example(
                    input=prediction.input,
                    label=derived.label or "",
                    seen_at=prediction.made_at,
                    source=derived.kind,
                    subject=prediction.subject,
                    split=part,
                    origin=prediction.id,
                )


def _parts(prediction_ids: list[str], has_test: bool) -> list[str]:
    """The part of each, the same every time."""
    words = id_words([bytes.fromhex(one)[:16] for one in prediction_ids])
    return [PARTS[code].value for code in split(words, 0, TRAINING_RATIO if has_test else 1.0, 0.0)]
