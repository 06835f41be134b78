"""Every built-in estimator passes the contract of estimators."""

import importlib.util
import os

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from argosy.models.estimators import estimators
from argosy.testing.estimators import answered_rows, check_estimator

OF_MEMBERS = {"mean", "stack", "vote"}
EXTRAS = {
    "gradient_boosting": ["lightgbm"],
    "gradient_boosting_regressor": ["lightgbm"],
    "transformer": ["torch", "onnx", "onnxruntime"],
}
MAY_BE_MISSING = {"transformer"}  # PyTorch is too large for `make test`
VARIANTS = [
    ("gradient_boosting", {"trees": 10, "min_rows": 3}),
    (
        "gradient_boosting",
        {"trees": 5, "min_rows": 3, "row_share": 0.8, "feature_share": 0.5, "class_weight": "balanced"},
    ),
    ("gradient_boosting_regressor", {"trees": 20, "min_rows": 3}),
    ("gradient_boosting_regressor", {"trees": 20, "min_rows": 3, "row_share": 0.8, "loss": "absolute"}),
    ("ridge", {}),
    ("ridge", {"alpha": 0.01, "tolerance": 1e-3}),
    ("calibrated", {}),
    ("calibrated", {"of": "naive_bayes", "method": "isotonic", "folds": 3}),
    ("calibrated", {"of": "logistic", "settings": {"C": 10}, "method": "none", "thresholds": "macro_f1"}),
    ("calibrated", {"of": "svm", "settings": {"kernel": "rbf"}, "thresholds": "accuracy"}),
    ("mean", {}),
    ("stack", {}),
    ("stack", {"C": 10.0, "class_weight": "balanced"}),
    ("vote", {}),
    ("mlp", {}),
    ("mlp", {"hidden": [12, 6], "learning_rate": 0.01, "batch_size": 10_000, "early_stopping": True}),
    ("logistic", {}),
    ("logistic", {"C": 0.5, "class_weight": "balanced", "max_iter": 3}),
    ("naive_bayes", {"alpha": 0.1}),
    ("nearest_centroid", {}),
    ("one_vs_rest", {"threshold": "macro_f1"}),
    ("one_vs_rest", {"of": "calibrated", "settings": {"of": "svm"}}),
    ("sgd", {}),
    ("sgd", {"loss": "hinge", "alpha": 1e-3, "class_weight": "balanced", "seed": 7}),
    ("svm", {}),
    ("svm", {"C": 10.0, "class_weight": "balanced"}),
    ("svm", {"kernel": "poly", "degree": 2, "coef0": 1.0}),
    ("svm", {"kernel": "rbf", "gamma": 0.1}),
    ("svm", {"kernel": "sigmoid", "gamma": "auto"}),
    ("transformer", {"epochs": 2, "batch_size": 4, "learning_rate": 3e-3}),
    (
        "transformer",
        {
            "epochs": 5,
            "batch_size": 4,
            "learning_rate": 1e-3,
            "frozen_layers": 1,
            "pooling": "cls",
            "early_stopping": True,
        },
    ),
]


@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=lambda value: str(value))
def test_keeps_the_contract(name, options, tiny_encoder):
    missing = [package for package in EXTRAS.get(name, []) if importlib.util.find_spec(package) is None]
    if missing and (name in MAY_BE_MISSING or not os.environ.get("CI")):
        pytest.skip(f"not installed: {', '.join(missing)}")
    of_members = answered_rows if name in OF_MEMBERS else None
    check_estimator(estimators.get(name), options, rows_of=piece_rows if name == "transformer" else of_members)


def piece_rows(n_classes):
    """Word pieces: each class has three of its own among others."""
    random = np.random.default_rng(0)
    codes = np.arange(40) % n_classes
    rows = random.integers(1000, 1020, (40, 9)).astype(np.float64)
    rows[:, 3:6] = 2000 + codes[:, None]
    return csr_matrix(rows * (np.arange(9) < random.integers(6, 10, 40)[:, None])), codes


def test_every_estimator_is_tried():
    assert {name for name, _ in VARIANTS} | {"as_imported", "as_imported_number", "as_tensors"} == set(
        estimators.names()
    )
