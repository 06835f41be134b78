"""Estimators have the results of the corresponding scikit-learn estimators."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import NearestCentroid as TheirCentroid
from sklearn.svm import SVC, LinearSVC

from argosy.errors import DatasetInvalid
from argosy.models.adapters.hashing import Hashing
from argosy.models.adapters.word2vec import Word2Vec
from argosy.models.estimators import estimators
from argosy.testing.estimators import separable_rows

PAIRS = [
    ("logistic", {"C": 2.0}, LogisticRegression(C=2.0, max_iter=1000)),
    ("logistic", {"class_weight": "balanced"}, LogisticRegression(class_weight="balanced", max_iter=1000)),
    ("sgd", {"alpha": 1e-3}, SGDClassifier(loss="log_loss", alpha=1e-3, random_state=0)),
    ("sgd", {"loss": "hinge", "seed": 5}, SGDClassifier(random_state=5)),
    ("naive_bayes", {"alpha": 0.3}, MultinomialNB(alpha=0.3)),
    ("svm", {"C": 0.5, "tolerance": 1e-4}, LinearSVC(C=0.5, random_state=0)),
    ("svm", {"kernel": "rbf"}, SVC(decision_function_shape="ovr")),
    ("svm", {"kernel": "poly", "degree": 2, "coef0": 0.5}, SVC(kernel="poly", degree=2, coef0=0.5)),
    ("svm", {"kernel": "sigmoid", "gamma": 0.01, "C": 3.0}, SVC(kernel="sigmoid", gamma=0.01, C=3.0)),
]


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("width", [40, 4000])  # of 4,000 features most are never seen
@pytest.mark.parametrize(("name", "options", "theirs"), PAIRS, ids=lambda value: str(value))
def test_results_are_those_of_scikit_learn(name, options, theirs, n_classes, width):
    rows, codes, new = _rows(n_classes, width)
    if options.get("kernel"):
        theirs.set_params(tol=1e-3)
    theirs.fit(rows, codes)
    ours = estimators.get(name).create(options).fit(rows, codes, n_classes)
    if ours.has_probabilities:
        assert np.abs(ours.probabilities(new) - theirs.predict_proba(new)).max() < 1e-9
    decisions = theirs.decision_function(new) if hasattr(theirs, "decision_function") else None
    if decisions is not None and name != "naive_bayes":
        scores = ours.scores(new)
        assert np.abs((scores[:, 1] if n_classes == 2 else scores) - decisions).max() < 1e-7


@pytest.mark.parametrize("n_classes", [2, 4])
def test_the_nearest_centroid_is_scikit_learns(n_classes):
    rows, codes, new = _rows(n_classes, 40)
    theirs = TheirCentroid().fit(rows.toarray(), codes)
    ours = estimators.get("nearest_centroid").create({}).fit(rows, codes, n_classes)
    assert (ours.scores(new).argmax(axis=1) == theirs.predict(new.toarray())).all()


def test_features_never_seen_cost_nothing():
    rows, codes, _ = _rows(4, 4000)
    model = estimators.get("naive_bayes").create({}).fit(rows, codes, 4)
    in_use = len(np.unique(rows.indices))
    assert len(model.weights_) == in_use + 1
    assert model.columns_.tolist() == np.unique(rows.indices).tolist()


def test_naive_bayes_refuses_features_that_may_be_negative():
    cls = estimators.get("naive_bayes").cls
    assert "negative" in cls.refuses(Word2Vec, {})
    assert "negative" in cls.refuses(Hashing, {"signed": True})
    assert cls.refuses(Hashing, {"signed": False}) is None
    with pytest.raises(DatasetInvalid, match="negative"):
        cls().fit(np.array([[1.0, -1.0], [0.0, 1.0]]), np.array([0, 1]), 2)


@pytest.mark.parametrize(
    ("kernel", "unused"),
    [("linear", {"degree", "gamma", "coef0"}), ("rbf", {"degree", "coef0", "seed"}), ("poly", {"seed"})],
)
def test_options_without_effect_for_a_kernel_are_reported(kernel, unused):
    plugin = estimators.get("scikit_model_svm")
    assert plugin.name == "svm"
    assert plugin.cls.unused(plugin.check({"kernel": kernel})).keys() == unused


def test_a_class_without_an_example_is_refused():
    rows, codes, _ = _rows(4, 40)
    with pytest.raises(DatasetInvalid, match="every class"):
        estimators.get("logistic").create({}).fit(rows, codes, 5)


def test_an_unfinished_fit_is_known():
    rows, codes, _ = _rows(4, 40)
    assert not estimators.get("logistic").create({"max_iter": 1}).fit(rows, codes, 4).converged_
    assert estimators.get("logistic").create({}).fit(rows, codes, 4).converged_


def _rows(n_classes, width):
    rows, codes = separable_rows(n_classes)
    new, _ = separable_rows(n_classes, rows=50, seed=1)
    rows.resize(rows.shape[0], width)
    new.resize(new.shape[0], width)
    new = new.tolil()
    new[0, width - 1] = 1.0  # a feature that may not be in the training rows
    return rows, codes, new.tocsr()
