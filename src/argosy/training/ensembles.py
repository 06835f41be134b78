"""Ensembles on their way to be trained: their members, and the fit that their answers make."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix

from argosy.datasets.dataset import Dataset
from argosy.models.adapted_model import AdaptedModel
from argosy.models.members import Members
from argosy.store.store import Store
from argosy.store.trained import Trained
from argosy.training.fit import Fit, make_fit
from argosy.types import Part


def loaded_members(results: Sequence[Trained], store: Store) -> list[AdaptedModel]:
    """The members themselves."""
    return [AdaptedModel.load(store.artifacts.fetch(trained.artifact)) for trained in results]


def make_ensemble_fit(
    adapter: Members, pairs: Sequence[AdaptedModel], dataset: Dataset, learns: bool, *, is_round: bool = False
) -> Fit:
    """What the members, as they were trained, answer to the parts that are evaluated.

    Of the training part, which they have seen, there are the answers of copies that were kept from it, where the
    estimator `learns` from them; else nothing but its shape. In a round of folds or repeated splits the members learn
    from the round's rows alone.
    """
    train = dataset.parts[Part.TRAIN]
    adapter.join(pairs, dataset.classes)
    if is_round:
        adapter.fit(train.inputs, train.labels)
    rows = csr_matrix((len(train), adapter.width), dtype=np.float64)
    if learns:
        rows = adapter.held_out(train.inputs, train.labels)
    return make_fit(adapter, dataset, is_served=not is_round, known_classes=adapter.classes_, train_rows=rows)
