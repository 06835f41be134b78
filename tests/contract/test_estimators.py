"""Every estimator that comes with Argosy keeps the contract of estimators."""

import importlib.util
import os

import pytest

from argosy.models.estimators import estimators
from argosy.testing.estimators import check_estimator

EXTRAS = {"gradient_boosting": ["lightgbm"]}
VARIANTS = [
    ("gradient_boosting", {"trees": 10, "min_rows": 3}),
    (
        "gradient_boosting",
        {"trees": 5, "min_rows": 3, "row_share": 0.8, "feature_share": 0.5, "class_weight": "balanced"},
    ),
    ("calibrated", {}),
    ("calibrated", {"of": "naive_bayes", "method": "isotonic", "folds": 3}),
    ("calibrated", {"of": "logistic", "settings": {"C": 10}, "method": "none", "thresholds": "macro_f1"}),
    ("calibrated", {"of": "svm", "settings": {"kernel": "rbf"}, "thresholds": "accuracy"}),
    ("mlp", {}),
    ("mlp", {"hidden": [12, 6], "learning_rate": 0.01, "batch_size": 10_000, "early_stopping": True}),
    ("logistic", {}),
    ("logistic", {"C": 0.5, "class_weight": "balanced", "max_iter": 3}),
    ("naive_bayes", {"alpha": 0.1}),
    ("nearest_centroid", {}),
    ("sgd", {}),
    ("sgd", {"loss": "hinge", "alpha": 1e-3, "class_weight": "balanced", "seed": 7}),
    ("svm", {}),
    ("svm", {"C": 10.0, "class_weight": "balanced"}),
    ("svm", {"kernel": "poly", "degree": 2, "coef0": 1.0}),
    ("svm", {"kernel": "rbf", "gamma": 0.1}),
    ("svm", {"kernel": "sigmoid", "gamma": "auto"}),
]


@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=lambda value: str(value))
def test_keeps_the_contract(name, options):
    missing = [package for package in EXTRAS.get(name, []) if importlib.util.find_spec(package) is None]
    if missing and not os.environ.get("CI"):
        pytest.skip(f"not installed: {', '.join(missing)}")
    check_estimator(estimators.get(name), options)


def test_every_estimator_is_tried():
    assert {name for name, _ in VARIANTS} == set(estimators.names())
