"""Counting many texts at once gives the same as counting each text's n-grams, and as scikit-learn."""

import re
from collections import Counter
from unicodedata import is_normalized

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from argosy.models.counting import count_grams
from argosy.models.grams import Analyzer

ALPHABET = "aab bc_1 \t\n.,-éßİ中é\u0301कि\u200d\U0001f600\x00"
texts = st.lists(st.one_of(st.text(ALPHABET, max_size=20), st.text(max_size=12)), max_size=6)
_MARKED = re.compile("[\u0300-\U0010ffff]")
lengths = st.tuples(st.integers(1, 4), st.integers(0, 3)).map(lambda pair: (pair[0], sum(pair)))
NAMES = ("char", "char_wb", "word")
analyzers = st.sampled_from(NAMES)


@settings(deadline=None, max_examples=300)
@given(texts, analyzers, lengths)
@example([], "word", (1, 2))
@example(["", "a", " "], "char_wb", (2, 4))
@example(["ab ab ab"], "word", (3, 3))
def test_many_texts_are_counted_as_each_alone(rows, analyzer, ngrams):
    as_it_is = Analyzer(analyzer, *ngrams, lowercase=False)
    counts = count_grams(rows, as_it_is)
    assert counts.grams == sorted(set(counts.grams))
    assert counts.matrix.shape == (len(rows), len(counts.grams))
    for row, text in enumerate(rows):
        line = counts.matrix[[row]]
        found = {counts.grams[column]: int(count) for column, count in zip(line.indices, line.data, strict=True)}
        assert found == Counter(as_it_is.grams(text))


@settings(deadline=None, max_examples=150)
@given(texts, analyzers, lengths)
def test_counts_are_those_of_scikit_learn(rows, analyzer, ngrams):
    is_plain = all(is_normalized("NFC", text) and not _MARKED.search(text) for text in rows)
    first_edition = Analyzer(analyzer, *ngrams, lowercase=False, edition=1)
    for ours in (first_edition, first_edition._replace(edition=2)) if is_plain else (first_edition,):
        _check_against_scikit_learn(rows, ours)


def _check_against_scikit_learn(rows, analyzer):
    ngrams = analyzer.low, analyzer.high
    theirs = CountVectorizer(analyzer=analyzer.name, ngram_range=ngrams, lowercase=False)
    try:
        expected = theirs.fit_transform(rows)
    except ValueError:  # it refuses an empty vocabulary
        assert count_grams(rows, analyzer).grams == []
        return
    ours = count_grams(rows, analyzer)
    assert ours.grams == theirs.get_feature_names_out().tolist()
    assert (ours.matrix.toarray() == expected.toarray()).all()


@settings(deadline=None, max_examples=100)
@given(texts, analyzers, st.integers(1, 30))
def test_batches_change_nothing(rows, analyzer, at_once):
    pairs = Analyzer(analyzer, 1, 2, lowercase=False)
    whole, batched = count_grams(rows, pairs), count_grams(rows, pairs, at_once)
    assert batched.grams == whole.grams
    assert batched.matrix.shape == whole.matrix.shape
    for part in ("data", "indices", "indptr"):
        assert np.array_equal(getattr(batched.matrix, part), getattr(whole.matrix, part))
        assert getattr(batched.matrix, part).dtype == getattr(whole.matrix, part).dtype


def test_keys_that_outgrow_an_integer_are_ranked_on_the_way():
    words = [f"w{number:05}" for number in range(3000)]
    text = " ".join(words)
    analyzer = Analyzer("word", 1, 7)
    counts = count_grams([text], analyzer)  # 3001^7 is far above 2^63
    assert counts.grams == sorted(analyzer.grams(text))
    assert (counts.matrix.data == 1).all()


@pytest.mark.parametrize("analyzer", NAMES)
def test_indices_ascend_and_are_32_bit(analyzer):
    matrix = count_grams(["one two two three", "", "three one"], Analyzer(analyzer, 1, 2)).matrix
    assert matrix.indices.dtype == matrix.indptr.dtype == np.int32
    for row in range(3):
        line = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
        assert (np.diff(line) > 0).all()
