import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy import label_sets
from argosy.datasets.example import check_label

LABELS = st.lists(st.text(min_size=1).filter(str.strip), max_size=6)


@given(LABELS, st.randoms())
def test_order_and_repeats_make_no_difference(labels, random):
    shuffled = [*labels, *labels[:2]]
    random.shuffle(shuffled)
    text = label_sets.set_label(labels)
    assert label_sets.set_label(shuffled) == text
    assert label_sets.members(text) == tuple(sorted(set(labels)))
    assert json.loads(text) == sorted(set(labels))
    assert label_sets.canonical(json.dumps(shuffled)) == text


@given(st.text())
def test_what_is_no_list_stays_as_it_is(text):
    if not text.lstrip().startswith("["):
        assert label_sets.canonical(text) == text
        assert not label_sets.is_set(text)


@pytest.mark.parametrize("text", ["[urgent", "[1", "[{}]", '[["a"]]', '[""]', "[draft] letter", "{}"])
def test_text_that_only_looks_like_a_list_is_a_single_label(text):
    assert label_sets.members(text) is None
    assert label_sets.as_members(text) == (text,)
    assert check_label(text) == text


@pytest.mark.parametrize(
    ("given", "label"),
    [
        (["b", "a", "b"], '["a","b"]'),
        ('["b", "a"]', '["a","b"]'),
        ([], "[]"),
        (' ["a"]', '["a"]'),
        ([3, True], '["3","true"]'),
        (["größe"], '["größe"]'),
        (3, "3"),
    ],
)
def test_labels_as_they_rest(given, label):
    assert check_label(given) == label


@pytest.mark.parametrize("given", [[["a"]], [None], ["a", " "], [{}], ["a"] * 1001])
def test_lists_of_what_is_no_label_are_refused(given):
    with pytest.raises(ValueError, match="label"):
        check_label(given)


def test_a_single_label_beside_a_set_is_a_set_of_one():
    assert label_sets.beside("joy", '["love"]') == '["joy"]'
    assert label_sets.beside("joy", "love") == "joy"
    assert label_sets.agrees('["a","b"]', '["b", "a"]')
    assert label_sets.agrees('["a"]', "a")
    assert not label_sets.agrees("a", '["a"]')


def test_counts_are_of_single_labels():
    counts = {'["a","b"]': 3, '["a"]': 2, "[]": 4, "c": 1}
    assert label_sets.counted(counts) == {"a": 5, "b": 3, "[]": 4, "c": 1}
