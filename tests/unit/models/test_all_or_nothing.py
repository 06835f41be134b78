"""A fit is all or nothing: if it fails, the model answers as before."""

import pytest

from argosy.errors import DatasetInvalid, NotFitted, PluginFailed
from argosy.models.adapted_model import AdaptedModel
from argosy.models.adapters import adapters
from argosy.models.estimators.logistic import Logistic
from argosy.testing.texts import labelled_texts

TEXTS, LABELS = labelled_texts(30)


class Failing(Logistic):
    """Fails on request, after it has learned."""

    def fit(self, X, y, n_classes):  # noqa: N803
        super().fit(X, y, n_classes)
        if n_classes == 4:
            raise RuntimeError("out of memory")
        return self


@pytest.mark.parametrize("adapter", ["tfidf", "word_frequency", "numeric", "union"])
def test_a_fit_that_fails_leaves_a_fitted_model_as_it_was(adapter):
    def asked(texts):
        return [{"text": text} for text in texts] if adapter == "numeric" else texts

    model = AdaptedModel(adapters.get(adapter).create({}), Failing()).fit(asked(TEXTS), LABELS)
    answers = model.classify(asked(TEXTS))
    stored = {**vars(model.adapter)}, {**vars(model.estimator)}
    with pytest.raises(PluginFailed, match="RuntimeError at"):
        model.fit(asked(["other words here", "and more of them", "a third one", "and four"]), ["w", "x", "y", "z"])
    with pytest.raises(DatasetInvalid):
        model.fit(asked(["only one class", "for these two"]), ["x", "x"])
    with pytest.raises(DatasetInvalid):
        model.fit(asked([". , ;", "- !"]), ["x", "y"])
    assert model.classify(asked(TEXTS)) == answers
    assert ({**vars(model.adapter)}, {**vars(model.estimator)}) == stored


def test_a_first_fit_that_fails_leaves_the_model_unfitted():
    model = AdaptedModel(adapters.get("tfidf").create({}), Failing())
    with pytest.raises(PluginFailed, match="RuntimeError at"):
        model.fit(["one word", "two words", "three words", "four"], ["w", "x", "y", "z"])
    with pytest.raises(NotFitted):
        model.classify(["one"])
    assert model.fit(TEXTS, LABELS).classify(TEXTS[:1]) == LABELS[:1]
