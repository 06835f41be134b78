"""A dataset of which only a share of the training part is learned from. Pure.

Rows go by their permanent ids, within their class, so that classes keep their mix and none is lost; a smaller share is
part of every larger one. The places are others than those that the dataset was split by.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from argosy.datasets.dataset import Dataset
from argosy.datasets.split import fractions, id_words
from argosy.training.rounds import rows_at
from argosy.types import Part

_STREAM = 0x7368617265 << 20


def reduced(dataset: Dataset, share: float | None) -> Dataset:
    """The dataset with so much of its training part, at least a row a class; the other parts are what they were."""
    if share is None:
        return dataset
    rows = dataset.parts[Part.TRAIN]
    classes = np.unique(np.array(rows.labels, dtype=object).astype(str), return_inverse=True)[1]
    order = np.lexsort((fractions(id_words(rows.example_ids), _STREAM), classes))
    sizes = np.bincount(classes)
    place = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    kept = np.sort(order[place < np.ceil(share * sizes - 1e-9)[classes[order]]])
    return replace(dataset, parts={**dataset.parts, Part.TRAIN: rows_at(rows, kept)})
