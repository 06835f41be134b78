"""A perceptron that is trained by scikit-learn and served by numpy."""

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from argosy.errors import DatasetInvalid
from argosy.models.estimators.mlp import Mlp
from argosy.testing.estimators import separable_rows


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n_classes", [2, 4])
def test_probabilities_are_scikit_learns(n_classes):
    rows, codes = separable_rows(n_classes)
    theirs = MLPClassifier((9, 5), max_iter=5, batch_size=50, random_state=3).fit(rows, codes)
    ours = Mlp((9, 5), max_iter=5, batch_size=50, seed=3).fit(rows, codes, n_classes)
    assert np.abs(ours.probabilities(rows) - theirs.predict_proba(rows)).max() < 1e-9


def test_features_never_seen_weigh_nothing():
    from scipy.sparse import csr_matrix

    rows, codes = separable_rows(3)
    wide = csr_matrix((rows.data, rows.indices, rows.indptr), shape=(rows.shape[0], 4000))
    fitted = Mlp((5,), max_iter=5).fit(wide, codes, 3)
    assert len(fitted.weights_[0]) == 41
    unseen = csr_matrix(([3.0], [3999], [0, 1]), shape=(1, 4000))
    empty = csr_matrix((1, 4000))
    assert np.array_equal(fitted.scores(unseen), fitted.scores(empty))


def test_early_stopping_needs_rows_to_keep_aside():
    rows, codes = separable_rows(4, rows=20)
    with pytest.raises(DatasetInvalid, match="early_stopping"):
        Mlp(early_stopping=True).fit(rows, codes, 4)
