"""Models of numbers have the results of the corresponding models of scikit-learn and LightGBM, and serve them."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge as TheirRidge

from argosy.errors import DatasetInvalid, ProbabilityUnavailable, UserMistake
from argosy.models.adapted_model import AdaptedModel
from argosy.models.estimators import ridge
from argosy.models.estimators.calibrated import Calibrated
from argosy.models.estimators.gradient_boosting_regressor import GradientBoostingRegressor
from argosy.models.estimators.one_vs_rest import OneVsRest
from argosy.models.estimators.ridge import Ridge
from argosy.models.served import scoring_difference
from argosy.testing.estimators import separable_rows


def numbers(rows, seed=0):
    random = np.random.default_rng(seed)
    return rows @ random.normal(size=rows.shape[1]) + random.normal(size=rows.shape[0])


@pytest.mark.parametrize("width", [40, 4000])  # of 4,000 features most are never seen
@pytest.mark.parametrize("is_sparse", [True, False])
def test_ridge_is_scikit_learns(width, is_sparse):
    rows, _ = separable_rows(4)
    rows.resize(rows.shape[0], width)
    truth = numbers(rows)
    given = rows if is_sparse else rows.toarray()
    ours = Ridge(alpha=0.5).fit(given, truth, 1)
    theirs = TheirRidge(alpha=0.5, solver="cholesky").fit(rows.toarray(), truth)
    assert np.abs(ours.scores(given)[:, 0] - theirs.predict(rows.toarray())).max() < 1e-9


def test_what_is_large_is_solved_by_steps(monkeypatch):
    monkeypatch.setattr(ridge, "_MOST_CELLS", 100)
    rows, _ = separable_rows(4)
    truth = numbers(rows)
    ours, theirs = Ridge(tolerance=1e-8).fit(rows, truth, 1), TheirRidge(tol=1e-8).fit(rows, truth)
    assert np.abs(ours.scores(rows)[:, 0] - theirs.predict(rows)).max() < 1e-9


@pytest.mark.parametrize(("loss", "objective"), [("squared", "regression"), ("absolute", "regression_l1")])
def test_trees_are_lightgbms(loss, objective):
    lightgbm = pytest.importorskip("lightgbm")
    rows, _ = separable_rows(4)
    truth = numbers(rows)
    theirs = lightgbm.LGBMRegressor(
        objective=objective,
        n_estimators=8,
        min_child_samples=3,
        verbosity=-1,
        n_jobs=1,
        deterministic=True,
        force_row_wise=True,
    ).fit(rows, truth)
    ours = GradientBoostingRegressor(trees=8, min_rows=3, loss=loss).fit(rows, truth, 1)
    assert np.abs(ours.scores(rows)[:, 0] - theirs.predict(rows)).max() < 1e-9
    with pytest.raises(ProbabilityUnavailable):
        ours.probabilities(rows)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_fields_are_served_as_they_were_trained(scale):
    random = np.random.default_rng(0)
    inputs = [{"s": float(s), "j": float(j)} for s, j in random.uniform(0, 10, (200, 2))]
    truth = [scale * (3 * one["s"] + one["j"]) for one in inputs]
    model = AdaptedModel.from_names("numeric", {"numbers": ("s", "j")}, "ridge", {"alpha": 1e-6}).fit(inputs, truth)
    found = model.scores([{"s": 2.0, "j": 1.0}])
    assert found.shape == (1, 1)
    assert found[0, 0] == pytest.approx(7 * scale, rel=1e-5)
    assert model.classify([{"s": 2.0, "j": 1.0}]) == [repr(found[0, 0].item())]
    features = model.adapter.transform(inputs)
    assert scoring_difference(model.served(), features, model.estimator.scores(features)) < 1e-12 * scale * 40


def test_labels_that_are_no_numbers_are_refused_with_their_row():
    model = AdaptedModel.from_names("tfidf", {}, "ridge", {})
    with pytest.raises(DatasetInvalid, match="row 2: the label 'tall' is not a number"):
        model.fit(["a word", "some text"], ["1.5", "tall"])
    with pytest.raises(DatasetInvalid, match="labels are texts, not bool"):
        model.fit(["a word", "some text"], [1.5, True])
    with pytest.raises(DatasetInvalid, match="are equal"):
        model.fit(["a word", "some text"], [2, 2])
    assert model.fit(["a word", "some text"], [1, np.float64(2.5)]).classes == ["value"]


@pytest.mark.parametrize("around", [Calibrated, OneVsRest])
def test_what_is_made_around_a_model_of_classes_refuses_one_of_numbers(around):
    with pytest.raises((ValueError, UserMistake), match="ridge"):
        around(of="ridge")
