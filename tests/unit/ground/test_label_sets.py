import json
import unicodedata
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy import label_sets

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
LABELS = st.lists(TEXTS.filter(lambda text: text.strip() and label_sets.canonical_label(text) == text), max_size=6)


@given(LABELS, st.randoms())
def test_order_and_repeats_make_no_difference(labels, random):
    shuffled = [*labels, *labels[:2]]
    random.shuffle(shuffled)
    text = label_sets.set_label(labels)
    assert label_sets.set_label(shuffled) == text
    assert label_sets.labels_in(text) == tuple(sorted(set(labels)))
    assert json.loads(text) == sorted(set(labels))
    assert label_sets.label_of(json.dumps(shuffled)) == text


@given(TEXTS.filter(str.strip))
def test_an_invalid_list_and_no_number_or_truth_value_stays_as_it_is(text):
    text = unicodedata.normalize("NFC", text).strip()
    if not text.lstrip().startswith(("[", "(", "{")) and text.lower() not in ("true", "false") and ".0" not in text:
        assert label_sets.label_of(text) == text
        assert not label_sets.is_set(text)


@pytest.mark.parametrize(
    ("given", "label"),
    [
        *((one, "true") for one in (True, "true", "True", "TRUE", np.True_)),
        *((one, "1") for one in (1, 1.0, "1", "1.0", "1.00", np.int64(1), np.float64(1))),
        *((one, "0.5") for one in (0.5, "0.5", np.float64(0.5))),
        *((one, '["1","true"]') for one in (["TRUE", 1.0], '["1.0", true]', "['True', 1]", np.array(["1.0", "true"]))),
        ("1.10", "1.10"),
        ("007", "007"),
        ("v1.0", "v1.0"),
        (Decimal("1.10"), "1.10"),
        *((one, "9007199254740992") for one in (2.0**53, 2**53, "9007199254740992.0")),
        *((one, "Müll") for one in ("Müll", "Mu\u0308ll", " Müll\t", "\u00a0Müll\n")),
        *((one, '["Müll","joy"]') for one in ([" joy", "Mu\u0308ll"], '["joy ", "Müll"]', "['joy', 'Mu\u0308ll ']")),
        (" TRUE ", "true"),
        (["joy", "joy "], '["joy"]'),
    ],
)
def test_one_label_has_one_form_whatever_it_came_in(given, label):
    assert label_sets.label_of(given) == label


@pytest.mark.parametrize("text", ["['joy', 'love']", "('love', 'joy')", "{'joy', 'love'}", '["love", "joy"]'])
def test_a_list_that_python_printed_is_that_list(text):
    assert label_sets.label_of(text) == '["joy","love"]'


@pytest.mark.parametrize(
    "text",
    ["[1 0]", "[0. 1.]", "['joy' 'love']", "['a', 'b', ...]", "['a', None]", "[nan]", "array(['a'])", "set()", '[""]'],
)
def test_what_numpy_printed_and_lists_of_no_labels_are_refused(text):
    with pytest.raises(ValueError, match="label"):
        label_sets.label_of(text)


@pytest.mark.parametrize("value", ["", " ", {}, b"x"])
def test_an_invalid_label(value):
    with pytest.raises(ValueError, match="label"):
        label_sets.label_of(value)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf"), np.float32("nan"), Decimal("NaN")])
@pytest.mark.parametrize("made", [lambda number: number, lambda number: [number], lambda number: ["joy", number]])
def test_an_invalid_number_is_no_label(number, made):
    with pytest.raises(ValueError, match=r"there is no label|neither text nor number"):
        label_sets.label_of(made(number))


def test_missing_values_of_data_frames_are_no_label():
    pandas = pytest.importorskip("pandas")
    for value in (pandas.NA, pandas.NaT, None):
        with pytest.raises(ValueError, match="there is no label"):
            label_sets.label_of(value)


def test_labels_that_differ_in_case_or_form_alone_are_found():
    labels = ["Versand", "versand", "Retoure", '["VERSAND","Konto"]', "konto", "Straße", "STRASSE", "a  b", "a b"]
    labels += [
        "re\u00adfund",
        "refund",
        "\ufeffsport",
        "sport\u200b",
    ]  # a soft hyphen, a byte order mark, a space of no width
    assert label_sets.alike(labels) == [
        ("Konto", "konto"),
        ("STRASSE", "Straße"),
        ("VERSAND", "Versand", "versand"),
        ("a  b", "a b"),
        ("refund", "re\u00adfund"),
        ("sport\u200b", "\ufeffsport"),
    ]


@pytest.mark.parametrize(
    ("stored", "coming", "usual"),
    [
        ({}, {"Versand": 3, "versand": 2}, {"versand": "Versand"}),
        ({}, {"Versand": 2, "versand": 3}, {"Versand": "versand"}),
        ({"Versand": 1}, {"versand": 9}, {"versand": "Versand"}),
        ({}, {"Versand": 1, "versand": 1}, {"versand": "Versand"}),
        ({'["Joy"]': 2}, {'["joy","love"]': 5}, {"joy": "Joy"}),
    ],
)
def test_the_usual_spelling_is_the_one_that_most_examples_have(stored, coming, usual):
    assert label_sets.usual_spellings(stored, coming) == usual


def test_labels_compare_equal_and_keep_the_stored_spelling():
    assert label_sets.agrees("True", "true")
    assert label_sets.agrees(" sport", "sport")
    assert label_sets.in_form_of("sport", " sport") == " sport"
    assert label_sets.spellings(["Mu\u0308ll "]) == {"Müll": "Mu\u0308ll "}
    assert label_sets.agrees("1", "1")
    assert label_sets.in_form_of("true", '["True"]') == '["True"]'
    assert label_sets.spellings(["True", "1.0", "joy", "2", "2.0"]) == {"true": "True", "1": "1.0"}
    assert label_sets.respelled('["joy","true"]', {"true": "True"}) == '["True","joy"]'


@pytest.mark.parametrize("text", ["[urgent", "[1", "[draft] letter", "[urgent]", "{}", "(1)", "(a), (b)"])
def test_text_that_only_looks_like_a_list_is_a_single_label(text):
    assert label_sets.labels_in(text) is None
    assert label_sets.as_members(text) == (text,)
    assert label_sets.label_of(text) == text


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
def test_stored_forms_of_labels(given, label):
    assert label_sets.label_of(given) == label


@pytest.mark.parametrize("given", [[["a"]], [None], ["a", " "], [{}], ["a"] * 1001])
def test_lists_of_an_invalid_label_are_refused(given):
    with pytest.raises(ValueError, match="label"):
        label_sets.label_of(given)


def test_a_single_label_among_sets_is_a_set_of_one():
    assert label_sets.in_form_of("joy", '["love"]') == '["joy"]'
    assert label_sets.in_form_of("joy", "love") == "joy"
    assert label_sets.agrees('["a","b"]', '["b", "a"]')
    assert label_sets.agrees('["a"]', "a")
    assert not label_sets.agrees("a", '["a"]')


def test_counts_are_of_single_labels():
    counts = {'["a","b"]': 3, '["a"]': 2, "[]": 4, "c": 1}
    assert label_sets.counted(counts) == {"a": 5, "b": 3, "[]": 4, "c": 1}


def test_a_label_of_very_many_brackets_is_a_single_label():
    label = "[" * 100_000
    assert (label_sets.is_set(label), label_sets.label_of(label)) == (False, label)


def test_a_number_of_very_many_digits_is_no_label():
    assert label_sets.label_of(10**900) == "1" + "0" * 900
    with pytest.raises(ValueError, match="very many digits"):
        label_sets.label_of(10**5000)
    with pytest.raises(ValueError, match="very many digits"):
        label_sets.label_of([10**5000])
