"""The rows that each round validates on, by folds or repeated splits of training and validation together. Pure.

A row's place follows from its permanent id and the seed, within its class, so that classes are spread evenly. The
places are others than those that the dataset was split by.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from argosy.datasets.dataset import Dataset, Rows
from argosy.datasets.split import fractions, id_words
from argosy.definitions.evaluation import Evaluation, Folds
from argosy.errors import DatasetInvalid
from argosy.types import Part

Mask = NDArray[np.bool_]
_STREAM = 0x666F6C6473 << 20


def pooled_rows(dataset: Dataset) -> Rows:
    """The rows of training and validation, in the order of their revisions."""
    both = [dataset.parts[part] for part in (Part.TRAIN, Part.VALIDATION)]
    joined = Rows(
        np.concatenate([rows.revision_ids for rows in both]),
        [one for rows in both for one in rows.example_ids],
        [one for rows in both for one in rows.inputs],
        [one for rows in both for one in rows.labels],
    )
    return rows_at(joined, np.argsort(joined.revision_ids, kind="stable"))


def rows_at(rows: Rows, places: NDArray[np.intp]) -> Rows:
    """Some of the rows, in that order."""
    chosen = places.tolist()
    return Rows(
        rows.revision_ids[places],
        [rows.example_ids[place] for place in chosen],
        [rows.inputs[place] for place in chosen],
        [rows.labels[place] for place in chosen],
    )


def validation_masks(evaluation: Evaluation, example_ids: Sequence[bytes], labels: Sequence[str]) -> Iterator[Mask]:
    """A mask a round, true where a row is validated on; raises DatasetInvalid where there are too few rows."""
    words = id_words(list(example_ids))
    classes = np.unique(np.array(labels, dtype=object).astype(str), return_inverse=True)[1]
    if isinstance(evaluation, Folds):
        if len(words) < 2 * evaluation.folds:
            raise DatasetInvalid(
                f"{len(words)} rows of training and validation are too few for {evaluation.folds} folds"
            )
        order = _order(words, classes, evaluation.seed, 0)
        fold = np.empty(len(order), np.int64)
        fold[order] = np.arange(len(order)) % evaluation.folds
        yield from (fold == number for number in range(evaluation.folds))
        return
    if len(words) * evaluation.validation_ratio < 1:
        raise DatasetInvalid(f"{len(words)} rows are too few to validate on {evaluation.validation_ratio:g} of them")
    for number in range(1, evaluation.repeats + 1):
        order = _order(words, classes, evaluation.seed, number)
        # every so-manieth row of the order, from a start of its own: the same share of each class
        start = fractions(np.zeros((1, 2), np.uint64), _seed(evaluation.seed, number))[0]
        steps = np.floor(np.arange(len(order) + 1) * evaluation.validation_ratio + start)
        mask = np.zeros(len(order), bool)
        mask[order] = np.diff(steps) > 0
        yield mask


def round_of(dataset: Dataset, rows: Rows, mask: Mask) -> Dataset:
    """The dataset of one round: it validates where the mask is true, learns from the rest, and has no test part."""
    parts = {
        Part.TRAIN: rows_at(rows, np.flatnonzero(~mask)),
        Part.VALIDATION: rows_at(rows, np.flatnonzero(mask)),
        Part.TEST: rows_at(rows, np.array([], np.intp)),
    }
    found = Dataset(dataset.digest, dataset.collection, parts, dataset.missing)
    if len(found.classes) < 2:
        raise DatasetInvalid("a round of the evaluation has only one class to learn from: use fewer folds")
    return found


def _order(words: NDArray[np.uint64], classes: NDArray[np.intp], seed: int, number: int) -> NDArray[np.intp]:
    return np.lexsort((fractions(words, _seed(seed, number)), classes))


def _seed(seed: int, number: int) -> int:
    return _STREAM + seed * 1_000_003 + number
