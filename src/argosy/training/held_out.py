"""Answers to live rows by fits that lack them: first such rows measure, then the model learns from all of them.

Where k fits are cheap each row is answered by the fit of the other folds (Stone 1974, "Cross-validatory choice and
assessment of statistical predictions"); where they are not, one fit answers half of them. The model that is stored
learns from every row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

import numpy as np

from argosy.datasets.dataset import Dataset, Rows
from argosy.datasets.split import fractions, id_words
from argosy.models.answers import answers_of
from argosy.models.estimator import Estimator
from argosy.models.measuring import answer_scores
from argosy.training.fit import Fit
from argosy.training.rounds import Mask, rows_at
from argosy.types import Part

_SEED = 0x68656C64


def answer_held_out(
    dataset: Dataset,
    live: Collection[bytes],
    folds: int,
    fit_of: Callable[[Dataset], Fit],
    make: Callable[[Sequence[str]], Estimator],
    check: Callable[[], None],
) -> dict[bytes, str]:
    """By example, what a fit without it answers, of those of `live` in the training and validation parts.

    With `folds` 1 a single fit answers half of them.

    `fit_of` fits the adapter on a dataset, `make` gives an unfitted estimator for those classes. `check` is called
    between fits and may raise to stop.
    """
    answers: dict[bytes, str] = {}
    for held in _held(dataset, frozenset(live), folds):
        check()
        rows = _without(dataset, held)
        if len(rows.classes) < 2:  # one class is left without these rows
            continue
        fit = fit_of(rows)
        estimator = make(fit.classes)
        estimator.fit(fit.matrices[Part.TRAIN], fit.codes[Part.TRAIN], len(fit.classes))
        scores = answer_scores(estimator, fit.matrices[Part.VALIDATION])
        found = answers_of(scores, fit.classes, estimator.answered_from)
        answers.update(zip(held.example_ids, found, strict=True))
    return answers


def _held(dataset: Dataset, live: frozenset[bytes], folds: int) -> Iterator[Rows]:
    """The rows that each fit lacks; none where there are no live rows."""
    both = [dataset.parts[part] for part in (Part.TRAIN, Part.VALIDATION)]
    places = [np.array([one in live for one in rows.example_ids], bool) for rows in both]
    ids = [one for rows in both for one in rows.example_ids if one in live]
    if not ids:
        return
    order = np.argsort(fractions(id_words(ids), _SEED), kind="stable")
    fold = np.empty(len(ids), np.int64)
    fold[order] = np.arange(len(ids)) % max(folds, 2)
    for number in range(folds):
        mine = {ids[place] for place in np.flatnonzero(fold == number).tolist()}
        masks = [mask & _among(rows, mine) for mask, rows in zip(places, both, strict=True)]
        if mine:
            yield _joined([rows_at(rows, np.flatnonzero(mask)) for rows, mask in zip(both, masks, strict=True)])


def _without(dataset: Dataset, held: Rows) -> Dataset:
    """The dataset that learns from the training part but for those rows, and validates on them."""
    train = dataset.parts[Part.TRAIN]
    kept = rows_at(train, np.flatnonzero(~_among(train, set(held.example_ids))))
    nothing = rows_at(train, np.array([], np.intp))
    parts = {Part.TRAIN: kept, Part.VALIDATION: held, Part.TEST: nothing}
    return Dataset(dataset.digest, dataset.collection, parts, dataset.missing)


def _among(rows: Rows, ids: set[bytes]) -> Mask:
    return np.array([one in ids for one in rows.example_ids], bool)


def _joined(parts: list[Rows]) -> Rows:
    return Rows(
        np.concatenate([rows.revision_ids for rows in parts]),
        [one for rows in parts for one in rows.example_ids],
        [one for rows in parts for one in rows.inputs],
        [one for rows in parts for one in rows.labels],
    )
