"""The contract of estimators: call `check_estimator` from a test of yours.

def test_mine():
    check_estimator(Plugin("model", "mine", MyEstimator, {}), {"depth": 3})
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from argosy.errors import DatasetInvalid, NotFitted, ProbabilityUnavailable
from argosy.models.estimator import Codes, Estimator
from argosy.registry import Plugin
from argosy.testing.components import assert_same, check_round_trips, dense
from argosy.testing.expecting import raised


def check_estimator(
    plugin: Plugin[Estimator],
    options: Mapping[str, Any],
    accuracy: float = 0.8,
    rows_of: Callable[[int], tuple[Any, Codes]] | None = None,
) -> None:
    """Raise AssertionError where the plug-in breaks a promise of `argosy.models.estimator`.

    It is tried on two classes and on four that are easily separated, sparse and dense; it must answer right on
    `accuracy` of its own training rows. `rows_of` gives others (csr rows and their classes, from how many classes there
    are to be), for an estimator that does not take any adapter's.
    One that answers sets of labels is given rows of two classes as well, one of numbers the numbers of the classes:
    `accuracy` is then the R² that it must reach.
    """
    are_sets = plugin.cls.answers_sets
    for count in (2, 4):
        n_classes = count
        features, codes = (rows_of or separable_rows)(n_classes)
        if are_sets:
            features, codes = features + features[_shuffled(len(codes))], sets_of(codes, n_classes)
        if plugin.cls.answers_numbers:
            codes, n_classes = 3.0 * codes + 0.25, 1
        for X in (features, _frozen(features.toarray()), _frozen_rows(features)):  # noqa: N806
            _check_on(plugin, options, X, codes, n_classes, accuracy)
    raised(NotFitted, plugin.create(options).scores, features)
    raised(DatasetInvalid, plugin.create(options).fit, features, np.zeros_like(codes), 1)


def sets_of(codes: Codes, n_classes: int) -> Codes:
    """(rows, classes) of 0 and 1: what `separable_rows` added to the rows of `_shuffled` have."""
    single = np.eye(n_classes, dtype=np.int64)[codes]
    return np.maximum(single, single[_shuffled(len(codes))])


def _shuffled(rows: int) -> NDArray[np.int64]:
    return np.random.default_rng(1).permutation(rows)


def separable_rows(n_classes: int, rows: int = 120, seed: int = 0) -> tuple[Any, Codes]:
    """(csr rows of 40 non-negative features, their classes): each class prefers its own features."""
    from scipy.sparse import csr_matrix

    random = np.random.default_rng(seed)
    codes = np.arange(rows) % n_classes
    chances = np.full((n_classes, 40), 0.05)
    for number in range(n_classes):
        chances[number, number * 8 : number * 8 + 8] = 0.6
    return csr_matrix(random.binomial(2, chances[codes]).astype(np.float64)), codes


def answered_rows(n_classes: int, rows: int = 120, seed: int = 0) -> tuple[Any, Codes]:
    """(csr rows of the probabilities that three members give, their classes), for estimators of ensembles."""
    from scipy.sparse import csr_matrix

    random = np.random.default_rng(seed)
    codes = np.arange(rows) % n_classes
    chances = random.random((rows, 3, n_classes))
    chances[np.arange(rows), :, codes] += 1
    return csr_matrix((chances / chances.sum(axis=2, keepdims=True)).reshape(rows, -1)), codes


def _check_on(
    plugin: Plugin[Estimator],
    options: Mapping[str, Any],
    X: Any,  # noqa: N803
    y: Codes,
    n_classes: int,
    accuracy: float,
) -> None:
    before = dense(X).copy()
    estimator = plugin.create(options)
    assert estimator.options == plugin.check(options), "options must be kept as attributes of the same names"
    assert estimator.fit(X, y, n_classes) is estimator, "fit must return the estimator itself"
    assert np.array_equal(dense(X), before), "fit changed the rows"
    scores = estimator.scores(X)
    assert scores.shape == (len(y), n_classes), f"scores are {scores.shape}, not {(len(y), n_classes)}"
    assert scores.dtype == np.float64, f"scores must be float64, not {scores.dtype}"
    assert np.isfinite(scores).all(), "a score is not finite"
    assert _figure(estimator, scores, y) >= accuracy, "it does not learn rows that are easily separated"
    again = plugin.create(options).fit(X, y, n_classes)
    assert again.to_dict() == estimator.to_dict(), "fitting twice on the same rows differs"
    _check_probabilities(estimator, X, scores)
    check_round_trips(estimator, lambda restored: restored.scores(X))


def _figure(estimator: Estimator, scores: Any, y: Codes) -> float:
    """The share of right answers; of numbers R²."""
    if estimator.answers_numbers:
        return 1 - float(((scores[:, 0] - y) ** 2).mean() / y.var())
    return float(_right(estimator, scores, y).mean())


def _right(estimator: Estimator, scores: Any, y: Codes) -> NDArray[np.bool_]:
    """Of each row whether the answer is right; of sets, of each row and class."""
    if estimator.answers_sets:
        return np.asarray((scores >= estimator.answered_from) == (y > 0))
    return np.asarray(scores.argmax(axis=1) == y)


def _check_probabilities(estimator: Estimator, X: Any, scores: Any) -> None:  # noqa: N803
    if not estimator.has_probabilities:
        raised(ProbabilityUnavailable, estimator.probabilities, X)
        return
    probabilities = estimator.probabilities(X)
    assert probabilities.shape == scores.shape, f"probabilities are {probabilities.shape}, not {scores.shape}"
    assert probabilities.min() >= 0, "a probability is negative"
    if estimator.answers_sets:
        assert probabilities.max() <= 1, "a probability is above one"
        assert_same(estimator.probabilities(X), probabilities, "asking twice differs")
        return
    assert np.allclose(probabilities.sum(axis=1), 1, rtol=0, atol=1e-9), "probabilities do not sum to one"
    assert (probabilities.argmax(axis=1) == scores.argmax(axis=1)).all(), "probabilities and scores differ in answer"
    assert_same(estimator.probabilities(X), probabilities, "asking twice differs")


def _frozen(array: Any) -> Any:
    array.flags.writeable = False  # as it is where several processes share one fit through mapped files
    return array


def _frozen_rows(features: Any) -> Any:
    shared = features.copy()
    for part in (shared.data, shared.indices, shared.indptr):
        _frozen(part)
    return shared
