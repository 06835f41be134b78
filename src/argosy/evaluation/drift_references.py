"""References: how a stored result answered its own test part, worked out on the first look and kept.

What is kept is figures, and hashes of the training part's words sealed under the collection's key. After an erasure it
is worked out anew. Needs the examples' key, and decrypts the dataset once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from argosy.database import Database
from argosy.datasets.dataset import load
from argosy.datasets.erasure import erasures
from argosy.datasets.examples import scope_name
from argosy.datasets.frozen import frozen_content
from argosy.errors import InputInvalid
from argosy.evaluation.input_profile import input_profile, known_words
from argosy.models.adapted_model import AdaptedModel
from argosy.models.answers import answers_of
from argosy.models.inputs import NO_LIMIT, check_input
from argosy.predictions.profiles import CONFIDENCE, Profile, number_profile
from argosy.statistics.shifts import Moments
from argosy.store.store import Store
from argosy.store.trained import Trained
from argosy.types import Input, Part
from argosy.vault import Vault

FORMAT: Final = 1
FIND: Final = """
SELECT profile, sealed FROM drift_references WHERE label = :label AND format = :format AND erasures = :erasures
"""
KEEP: Final = """
INSERT INTO drift_references (label, format, erasures, profile, sealed)
VALUES (:label, :format, :erasures, :profile, :sealed)
ON CONFLICT (label) DO UPDATE SET format = excluded.format, erasures = excluded.erasures,
    profile = excluded.profile, sealed = excluded.sealed
"""


@dataclass(frozen=True)
class Reference:
    """`known` are the numbers of the words that training saw."""

    profile: Profile
    known: frozenset[int]


class References:
    """Any number of processes: who works one out later overwrites the same figures."""

    def __init__(self, database: Database, vault: Vault, store: Store) -> None:
        self._database, self._vault, self._store = database, vault, store

    def of(self, label: str) -> Reference:
        """The reference of that result; raises VersionNotFound, KeyUnavailable, DatasetInvalid."""
        trained = self._store.trained(label)
        with self._database.read() as transaction:
            collection, _ = frozen_content(transaction, trained.dataset_digest)
            erased = erasures(transaction)
            key = {"label": label, "format": FORMAT, "erasures": erased}
            rows = transaction.execute(FIND, key)
        scope, identity = self._vault.scope(scope_name(collection)), f"drift reference {label}".encode()
        if rows:
            known = np.frombuffer(scope.open(rows[0][1], identity), "<u4")
            return Reference(msgspec.json.decode(rows[0][0], type=Profile), frozenset(known.tolist()))
        profile, words = self._worked_out(trained)
        row = {**key, "profile": msgspec.json.encode(profile).decode()}
        row["sealed"] = scope.seal(np.array(words, "<u4").tobytes(), identity)
        with self._database.write() as transaction:
            if erasures(transaction) == erased:
                transaction.execute(KEEP, row)
        return Reference(profile, frozenset(words))

    def _worked_out(self, trained: Trained) -> tuple[Profile, list[int]]:
        dataset = load(self._database, self._vault, trained.dataset_digest)
        words = known_words(dataset.parts[Part.TRAIN].inputs)
        asked = [item for item in dataset.parts[Part.TEST].inputs if _is_answerable(item)]
        if not asked:
            return Profile(), words
        model = AdaptedModel.load(self._store.artifacts.fetch(trained.artifact))
        scores = model.scores(asked, NO_LIMIT)
        inputs = input_profile(asked, frozenset(words))
        if model.estimator.answers_numbers:
            answered = number_profile(scores[:, 0], np.ones(len(scores)))
            return Profile(answered.answers, {**answered.means, **inputs}), words
        answers = Counter(answers_of(scores, model.classes, model.estimator.answered_from))
        sure = Moments.of(model.confidence_of_scores(scores))
        return Profile(dict(answers), {CONFIDENCE: sure, **inputs}), words


def _is_answerable(item: Input) -> bool:
    try:
        check_input(item, NO_LIMIT)
    except InputInvalid:
        return False
    return True
