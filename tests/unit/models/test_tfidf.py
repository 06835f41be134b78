"""tf-idf has scikit-learn's numbers, and its options select the documented n-grams."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from argosy.errors import DatasetInvalid
from argosy.models.adapters.tfidf import TfIdf
from argosy.testing.adapters import check_encoding
from argosy.testing.texts import labelled_texts

TEXTS, LABELS = labelled_texts(80)
NEW = ["team goal rain rain rain", "Ökonom", "", "   ", "unheard words only"]


@pytest.mark.parametrize("sublinear", [False, True])
@pytest.mark.parametrize("min_count", [1, 3])
@pytest.mark.parametrize(
    ("analyzer", "ngrams"), [("word", (1, 1)), ("word", (1, 2)), ("char_wb", (2, 4)), ("char", (2, 3))]
)
def test_numbers_are_those_of_scikit_learn(analyzer, ngrams, min_count, sublinear):
    theirs = TfidfVectorizer(analyzer=analyzer, ngram_range=ngrams, min_df=min_count, sublinear_tf=sublinear)
    ours = TfIdf(analyzer, ngrams, min_count, sublinear=sublinear)
    assert abs(ours.fit_transform(TEXTS, LABELS) - theirs.fit_transform(TEXTS)).max() < 1e-12
    assert ours.vocabulary_.entries == theirs.get_feature_names_out().tolist()
    assert abs(ours.transform(NEW) - theirs.transform(NEW)).max() < 1e-12


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.text("ab cd\né", max_size=30), max_size=5),
    st.sampled_from(["word", "char_wb", "char"]),
    st.booleans(),
)
def test_serving_reads_a_text_as_training_does(texts, analyzer, sublinear):
    adapter = TfIdf(analyzer, (1, 3), sublinear=sublinear).fit(["ab ab cd", "abcd dc é ba", "aa bb cc\nab"], [])
    check_encoding(adapter, texts)


def test_remembered_words_change_nothing():
    adapter = TfIdf("char_wb", (2, 4)).fit(TEXTS, LABELS)
    first = [adapter.encode(text) for text in TEXTS]
    again = [adapter.encode(text) for text in TEXTS]
    fresh = TfIdf.from_dict(adapter.to_dict())
    for (indices, values), (indices2, values2), text in zip(first, again, TEXTS, strict=True):
        assert np.array_equal(indices, indices2)
        assert np.array_equal(values, values2)
        assert np.array_equal(fresh.encode(text)[1], values)


def test_fitting_again_forgets_the_first_vocabulary():
    adapter = TfIdf().fit(["one two"], [])
    adapter.encode("one")
    adapter.fit(["three four"], [])
    assert adapter.encode("one")[0].tolist() == []
    assert adapter.vocabulary_.entries == ["four", "three"]


def test_max_features_keeps_the_most_frequent_and_the_first_of_a_tie():
    adapter = TfIdf(max_features=2).fit(["bb bb cc", "dd aa"], [])
    assert adapter.vocabulary_.entries == ["aa", "bb"]


def test_texts_without_a_word_cannot_be_learned_from():
    with pytest.raises(DatasetInvalid, match="n-gram"):
        TfIdf().fit(["", "a b c"], [])
