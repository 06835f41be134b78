"""Outcomes without a prediction become examples of the collection that the model learns from.

The input is what the row has of the service's inputs, with the features as of its moment: what a model would have seen.
The example's source, `unasked:SERVICE.OUTCOME`, names how it was found. The rows wait in a table and are removed when
they are examples: a process that is killed between the two makes the same examples again, which changes nothing. Until
the model has a champion, they wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec

from argosy.backends import Backends
from argosy.database import Transaction, in_transaction
from argosy.datasets.example import Example
from argosy.datasets.imports import ImportOrigin
from argosy.errors import CollectionNotFound, ExamplesInvalid, ModelNotFound, VersionNotFound
from argosy.feedback.outcomes import statements as sql
from argosy.feedback.outcomes.rows import NamedSource
from argosy.feedback.outcomes.states import SourceState, lock_of
from argosy.models.adapted_model import AdaptedModel
from argosy.models.fields import can_be_read
from argosy.predictions.log import SCOPE
from argosy.store.aliases import CHAMPION
from argosy.store.trained import Trained
from argosy.types import FieldKind, Input, Part

AT_ONCE: Final = 500
NOT_LEARNABLE: Final = "no example"
"""Counted as poison: a row whose inputs the model cannot learn from."""


class Learner(NamedTuple):
    """The collection that a model learns from, the published part of new examples, and the fields that it reads."""

    collection: str
    split: str | None
    reads: Mapping[str, FieldKind]


class OutcomeTeaching:
    """Needs the keys of both the predictions and the examples."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self._read: tuple[str, Mapping[str, FieldKind]] = "", {}

    def teach(self, named: NamedSource) -> int:
        """Make examples of what waits; how many rows went."""
        count = 0
        while some := self._some(named):
            count += some
        return count

    def _some(self, named: NamedSource) -> int:
        backends = self._backends
        with backends.database.read() as transaction:
            rows = transaction.execute(sql.UNASKED, {"source": named.name, "rows": AT_ONCE})
        learner = self._learner(named) if rows else None
        if learner is None:
            return 0
        collection, split, reads = learner
        scope, is_text = backends.vault.scope(SCOPE), self._is_text(collection)
        asked = [(msgspec.json.decode(scope.open(bytes(sealed), bytes(digest))), at) for *_, at, digest, sealed in rows]
        completed = backends.openers.inputs_as_of(backends, named.service, asked)
        numbers, examples, lost = [], list[Example](), 0
        for (number, label, at, *_), (came, _), inputs in zip(rows, asked, completed, strict=True):
            numbers.append(number)
            given, subject = _input(inputs, is_text), _subject(came, named.source.subject)
            if given is None or not can_be_read(given, reads):
                lost += 1
            else:
                examples.append(Example(given, label, at, f"unasked:{named.name}", subject, split=split))
        lost += self._add(named, collection, examples)
        self._remove(named, numbers, lost)
        return len(rows)

    def _add(self, named: NamedSource, collection: str, examples: list[Example]) -> int:
        """How many of them cannot be examples."""
        origin = partial(ImportOrigin, "feedback", f"{named.name}, never asked about")
        try:
            if examples:
                self._backends.examples.add(collection, examples, "latest", origin=origin)
            return 0
        except ExamplesInvalid:
            if len(examples) == 1:
                return 1
            return sum(self._add(named, collection, [one]) for one in examples)

    def _remove(self, named: NamedSource, numbers: list[int], lost: int) -> None:
        def remove(transaction: Transaction) -> None:
            transaction.lock(lock_of(named.name))
            transaction.execute(sql.REMOVE_UNASKED, {"numbers": numbers})
            if lost:
                state = SourceState.of(transaction, named.name)
                poison = {**state.poison, NOT_LEARNABLE: state.poison.get(NOT_LEARNABLE, 0) + lost}
                msgspec.structs.replace(state, poison=poison).put(transaction)

        in_transaction(self._backends.database, remove)

    def _learner(self, named: NamedSource) -> Learner | None:
        """By the main model's champion; None: there is none."""
        store = self._backends.store
        try:
            trained = store.trained(store.stored_version(f"{named.models[0]}@{CHAMPION}").label)
        except (ModelNotFound, VersionNotFound):
            return None
        dataset = trained.definition["dataset"]
        split = Part.TRAIN.value if dataset["name"] == "given_split" else None
        return Learner(dataset["options"]["collection"], split, self._fields(trained))

    def _fields(self, trained: Trained) -> Mapping[str, FieldKind]:
        """What it reads; a row without any of that would fail the whole next training."""
        if self._read[0] != trained.label:
            model = AdaptedModel.load(self._backends.artifacts.fetch(trained.artifact))
            self._read = trained.label, model.adapter.reads
        return self._read[1]

    def _is_text(self, collection: str) -> bool:
        try:
            first = next(self._backends.examples.export(collection), None)
        except CollectionNotFound:
            return False
        return first is not None and isinstance(first.input, str)


def _subject(came: Mapping[str, Any], name: str) -> str | None:
    """Whom a row is about, where the source says which of its inputs names a person. Pure."""
    value = came.get(name) if name else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return None if value is None or value == "" else str(value)


def _input(inputs: Mapping[str, Any], is_text: bool) -> Input | None:
    """As the model's collection has its inputs; None where it is none. Pure."""
    if not is_text:
        return dict(inputs) or None
    texts = [one for one in inputs.values() if isinstance(one, str)]
    return texts[0] if len(inputs) == len(texts) == 1 else None
