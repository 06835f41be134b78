"""Calibration and thresholds: scikit-learn's numbers, held-out rows, and the same answers when served."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import CalibratedClassifierCV
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import PredefinedSplit
from sklearn.svm import LinearSVC

from argosy.errors import ProbabilityUnavailable, UserMistake
from argosy.models.adapted_model import AdaptedModel
from argosy.models.adapters.sentence_embedding import SentenceEmbedding
from argosy.models.adapters.word_pieces import WordPieces
from argosy.models.calibration import apply_calibration, isotonic
from argosy.models.estimators import estimators
from argosy.models.estimators.calibrated import Calibrated, folds_of
from argosy.models.thresholds import tuned, weighted
from argosy.testing.estimators import separable_rows
from argosy.testing.texts import labelled_texts

sys.path.insert(0, str(Path(__file__).parent))

from forms import distance


def hard_rows(n_classes, rows=400, seed=0):
    """Rows whose classes overlap, so that there is something to calibrate; the first class has most of them."""
    random = np.random.default_rng(seed)
    codes = random.choice(n_classes, rows, p=[0.7, *[0.3 / (n_classes - 1)] * (n_classes - 1)])
    return random.normal(size=(rows, 6)) + 0.9 * np.eye(6)[codes % 6], codes.astype(np.int64)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(("method", "tolerance"), [("sigmoid", 1e-4), ("isotonic", 1e-9)])
def test_probabilities_are_scikit_learns(n_classes, method, tolerance):
    rows, codes = hard_rows(n_classes)
    new, _ = hard_rows(n_classes, seed=1)
    split = PredefinedSplit(folds_of(codes, n_classes, 4, 0))
    theirs = CalibratedClassifierCV(LinearSVC(random_state=0, tol=1e-3), method=method, cv=split, ensemble=False)
    ours = Calibrated(method=method, folds=4).fit(rows, codes, n_classes)
    assert np.abs(ours.probabilities(new) - theirs.fit(rows, codes).predict_proba(new)).max() < tolerance


@given(st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=2, max_size=40))
@settings(deadline=None, max_examples=60)
def test_isotonic_regression_is_scikit_learns(rows):
    where, is_class = np.array([row[0] for row in rows], float), np.array([row[1] for row in rows])
    theirs = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(where, is_class.astype(float))
    asked = np.linspace(-7, 7, 57)
    assert apply_calibration(asked, isotonic(where, is_class), "isotonic") == pytest.approx(
        theirs.predict(asked), abs=1e-9
    )


def test_probabilities_hold_on_new_rows():
    rows, codes = hard_rows(2, 4000)
    new, truth = hard_rows(2, 4000, seed=1)
    given_probability = Calibrated().fit(rows, codes, 2).probabilities(new)[:, 1]
    for low in (0.1, 0.3, 0.5, 0.7):
        chosen = (given_probability >= low) & (given_probability < low + 0.2)
        assert truth[chosen].mean() == pytest.approx(given_probability[chosen].mean(), abs=0.08)


@given(st.integers(2, 5), st.integers(0, 1000), st.sampled_from(["macro_f1", "accuracy"]))
@settings(deadline=None, max_examples=30)
def test_tuning_never_lowers_the_figure(n_classes, seed, goal):
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet([0.5] * n_classes, 40)
    codes = random.integers(0, n_classes, 40)
    answers = weighted(probabilities, tuned(probabilities, codes, goal)).argmax(axis=1)

    def figure(given_answers):
        if goal == "accuracy":
            return accuracy_score(codes, given_answers)
        return f1_score(codes, given_answers, average="macro")

    assert figure(answers) >= figure(probabilities.argmax(axis=1)) - 1e-9


def test_thresholds_find_the_rare_classes():
    rows, codes = hard_rows(4, 3000)
    new, truth = hard_rows(4, 3000, seed=1)
    plain, tuned_model = (
        Calibrated("logistic", thresholds=goal).fit(rows, codes, 4).scores(new).argmax(axis=1)
        for goal in ("none", "macro_f1")
    )
    plain_f1, tuned_f1 = (f1_score(truth, answers, average="macro") for answers in (plain, tuned_model))
    assert tuned_f1 > plain_f1 + 0.02


def test_weighted_scores_are_no_probabilities():
    rows, codes = separable_rows(2)
    fitted = Calibrated(thresholds="accuracy").fit(rows, codes, 2)
    with pytest.raises(ProbabilityUnavailable):
        fitted.probabilities(rows)


def test_a_class_of_one_row_is_never_set_aside():
    rows, codes = separable_rows(2, rows=41)
    codes[-1] = 2
    assert folds_of(codes, 3, 5, 0)[-1] == -1
    assert Calibrated().fit(rows, codes, 3).scores(rows).shape == (41, 3)


@pytest.mark.parametrize(
    "options",
    [{}, {"of": "naive_bayes", "method": "isotonic"}, {"thresholds": "macro_f1"}, {"settings": {"kernel": "rbf"}}],
    ids=str,
)
def test_served_it_answers_the_same(options, tmp_path):
    texts, labels = labelled_texts(120)
    model = AdaptedModel.from_names("tfidf", {}, "calibrated", options).fit(texts, labels)
    inside = "direct" if "settings" in options else "sparse_linear"
    assert model.served().form == f"calibrated {inside}"
    restored = AdaptedModel.load(model.save(tmp_path / "model"))
    assert distance(restored, restored.served(), texts) < 1e-9
    assert restored.classify(texts) == model.classify(texts)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"method": "none"}, "is the estimator itself"),
        ({"of": "calibrated"}, "not itself"),
        ({"of": "svn"}, "did you mean 'svm'"),
        ({"settings": {"D": 1}}, "no such option"),
        ({"method": "none", "thresholds": "accuracy"}, "svm has no probabilities"),
    ],
)
def test_options_that_do_not_go_together(options, said):
    with pytest.raises(UserMistake, match=said):
        estimators.get("calibrated").create(options)


def test_it_refuses_what_the_estimator_refuses():
    assert "may be negative" in Calibrated.learner({"of": "naive_bayes"}).refuses(SentenceEmbedding, {})
    assert Calibrated.refuses(SentenceEmbedding, {}) is None
    assert "transformer" in Calibrated.refuses(WordPieces, {})
    assert Calibrated.learner({"of": "transformer"}).refuses(WordPieces, {}) is None
