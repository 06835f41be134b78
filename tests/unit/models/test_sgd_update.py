"""sgd continuing from an earlier version: same classes or more, same features or more."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import SGDClassifier

from argosy.errors import DefinitionInvalid
from argosy.models.adapted_model import AdaptedModel
from argosy.models.estimators.logistic import Logistic
from argosy.models.estimators.sgd import Sgd
from argosy.testing.components import check_round_trips
from argosy.testing.estimators import separable_rows
from argosy.testing.texts import labelled_texts


def gone_on(earlier, rows, codes, n_classes, known=None, **options):
    fresh = Sgd(**options)
    fresh.go_on_from(earlier, np.arange(len(known) if known is not None else n_classes) if known is None else known)
    return fresh.fit(rows, codes, n_classes)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_it_is_scikit_learns_partial_fit(n_classes):
    rows, codes = separable_rows(n_classes)
    more, more_codes = separable_rows(n_classes, seed=1)
    theirs = SGDClassifier(loss="log_loss", random_state=0).fit(rows, codes)
    theirs.set_params(random_state=np.random.RandomState(0))
    for _ in range(5):
        theirs.partial_fit(more, more_codes)
    ours = gone_on(Sgd().fit(rows, codes, n_classes), more, more_codes, n_classes)
    assert np.abs(ours.probabilities(more) - theirs.predict_proba(more)).max() < 1e-9
    assert ours.steps_ == theirs.t_


def test_continuing_keeps_what_was_learned_and_starting_again_does_not():
    rows, codes = separable_rows(4)
    earlier = Sgd().fit(rows, codes, 4)
    only = np.flatnonzero(codes < 2)[:6]
    later = gone_on(earlier, rows[only], codes[only], 4, passes=1)
    assert (later.scores(rows).argmax(axis=1) == codes).mean() > 0.9
    assert not np.array_equal(later.weights_, earlier.weights_)


@pytest.mark.parametrize(("before", "now", "known"), [(2, 4, [1, 3]), (3, 4, [0, 2, 3])])
def test_new_classes_join_the_earlier_ones(before, now, known):
    rows, codes = separable_rows(now)
    of_before = np.isin(codes, known)
    earlier = Sgd().fit(rows[of_before], np.searchsorted(known, codes[of_before]), before)
    later = gone_on(earlier, rows, codes, now, np.array(known), class_weight="balanced")
    assert (later.scores(rows).argmax(axis=1) == codes).mean() > 0.9


def test_features_that_only_the_later_rows_have():
    rows, codes = separable_rows(2)

    def wide(shift):
        return csr_matrix((rows.data, rows.indices + shift, rows.indptr), shape=(rows.shape[0], 4000))

    earlier = Sgd().fit(wide(0), codes, 2)
    later = gone_on(earlier, wide(30), codes, 2)
    assert len(later.columns_) == 70
    for shift in (0, 30):
        assert (later.scores(wide(shift)).argmax(axis=1) == codes).mean() > 0.9
    check_round_trips(later, lambda restored: restored.scores(wide(30)))


def test_twice_is_the_same():
    rows, codes = separable_rows(3)
    earlier = Sgd().fit(rows, codes, 3)
    first, second = (gone_on(earlier, rows, codes, 3) for _ in range(2))
    assert first.to_dict() == second.to_dict()


def test_versions_that_cannot_be_continued_are_refused():
    rows, codes = separable_rows(2)
    with pytest.raises(DefinitionInvalid, match="the same loss"):
        Sgd(loss="hinge").go_on_from(Sgd().fit(rows, codes, 2), np.arange(2))
    with pytest.raises(DefinitionInvalid, match="not at hand"):
        Sgd(after="tfidf-sgd-0123456789ab").fit(rows, codes, 2)
    logistic = AdaptedModel.from_names("tfidf", {}, "logistic", {}).fit(*labelled_texts(30))
    with pytest.raises(DefinitionInvalid, match="cannot go on from an earlier version"):
        logistic.update(*labelled_texts(30))
    with pytest.raises(DefinitionInvalid, match="sgd goes on from sgd"):
        Sgd().go_on_from(Logistic().fit(rows, codes, 2), np.arange(2))


def test_a_pair_is_updated_in_python():
    texts, labels = labelled_texts(60, classes=2)
    model = AdaptedModel.from_names("tfidf", {}, "sgd", {}).fit(texts, labels)
    more, more_labels = labelled_texts(90, classes=3, seed=1)
    updated = model.update(more, more_labels)
    assert (model.classes, updated.classes) == (["money", "sport"], ["money", "sport", "weather"])
    assert updated.adapter is model.adapter
    assert updated.accuracy((more, more_labels)) > 0.8
    assert updated.served().form == "sparse_linear"


def test_options_without_effect():
    assert set(Sgd.unused({})) == {"passes"}
    assert Sgd.unused({"update": True}) == {}
    assert set(Sgd.unused({"after": "x"})) == {"max_iter", "tolerance"}
