"""Short forms of texts."""

from hypothesis import given
from hypothesis import strategies as st

from argosy.shortening import shortened, shortened_apart

WORDS = st.lists(st.sampled_from(["svm", "C=1", "C=10", "kernel=poly", "degree=3"]), min_size=1, max_size=6)


def test_what_fits_stays_and_what_does_not_loses_its_end():
    assert shortened_apart(["abc def", "abcdefghij"], 7) == {"abc def": "abc def", "abcdefghij": "abcdef…"}
    assert shortened("abcdefgh", 8) == "abcdefgh"


def test_what_differs_is_shown_where_the_ends_would_be_alike():
    texts = ["svm kernel=poly degree=3 C=1", "svm kernel=poly degree=3 C=10", "tfidf"]
    found = shortened_apart(texts, 12)
    assert [found[text] for text in texts] == ["svm…C=1", "svm…C=10", "tfidf"]


def test_one_that_is_the_beginning_of_the_other_is_told_from_it():
    found = shortened_apart(["tfidf ngrams=[1, 2] sublinear=True", "tfidf ngrams=[1, 2] sublinear=True C=2"], 16)
    assert len(set(found.values())) == 2


@given(st.lists(WORDS.map(" ".join), max_size=5), st.integers(8, 30))
def test_no_short_form_is_too_long(texts, length):
    found = shortened_apart(texts, length)
    assert set(found) == set(texts)
    assert all(len(short) <= length for short in found.values())
    assert all(found[text] == text for text in texts if len(text) <= length)
