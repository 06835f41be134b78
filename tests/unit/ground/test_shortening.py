"""Short forms of texts."""

from hypothesis import given
from hypothesis import strategies as st

from argosy.shortening import distinct_short_forms, shortened

WORDS = st.lists(
    st.sampled_from(["svm", "svm_x", "C=1", "C=10", "kernel=poly", "kernel=rbf", "degree=3", "ngrams=[1, 2]", "…#1"]),
    min_size=1,
    max_size=6,
)


def test_what_fits_stays_and_what_does_not_loses_its_end():
    assert distinct_short_forms(["abc def", "abcdefghij"], 7) == {"abc def": "abc def", "abcdefghij": "abcdef…"}
    assert shortened("abcdefgh", 8) == "abcdefgh"


def test_a_difference_is_shown_if_the_ends_would_be_equal():
    texts = ["svm kernel=poly degree=3 C=1", "svm kernel=poly degree=3 C=10", "tfidf"]
    found = distinct_short_forms(texts, 12)
    assert [found[text] for text in texts] == ["svm…C=1", "svm…C=10", "tfidf"]


def test_one_that_is_the_beginning_of_the_other_is_distinguished_from_it():
    found = distinct_short_forms(["tfidf ngrams=[1, 2] sublinear=True", "tfidf ngrams=[1, 2] sublinear=True C=2"], 16)
    assert list(found.values()) == ["tfidf ngrams=[1…", "tfidf…C=2"]


def test_differences_far_to_the_right_are_shown_of_groups_that_differ_further_left():
    texts = [f"svm kernel={kernel} degree=3 C={c}" for kernel in ("poly", "sigmoid") for c in (1, 10)]
    assert list(distinct_short_forms(texts, 15).values()) == [
        "svm…poly 1",
        "svm…poly 10",
        "svm…sigmoid 1",
        "svm…sigmoid 10",
    ]
    assert list(distinct_short_forms(texts, 23).values()) == [
        "svm…kernel=poly C=1",
        "svm…kernel=poly C=10",
        "svm…kernel=sigmoid C=1",
        "svm…kernel=sigmoid C=10",
    ]


def test_a_difference_within_a_long_word_is_shown():
    texts = [f"encoder weights=/srv/models/some/long/folder/{name}" for name in ("first", "second")]
    assert list(distinct_short_forms(texts, 16).values()) == ["encoder…first", "encoder…second"]


def test_where_nothing_else_distinguishes_them_they_are_numbered():
    texts = [f"svm a={a * 5} b={b * 5} c={c * 5}" for a in "12" for b in "12" for c in "12"]
    assert list(distinct_short_forms(texts, 8).values()) == [f"svm…#{number}" for number in range(1, 9)]


@given(st.lists(WORDS.map(" ".join), max_size=12), st.integers(5, 30))
def test_short_forms_are_short_and_distinct(texts, length):
    found = distinct_short_forms(texts, length)
    assert set(found) == set(texts)
    assert all(len(short) <= length for short in found.values())
    assert all(found[text] == text for text in texts if len(text) <= length)
    assert len(set(found.values())) == len(set(texts))
