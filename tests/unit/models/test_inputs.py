"""Valid inputs of a model, and inputs that are refused before they reach it."""

from collections import OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.errors import InputInvalid, InputTooLarge
from argosy.models.adapted_model import AdaptedModel
from argosy.models.inputs import NESTING, characters_of, check_input, text_of


def nested(levels, inner="x", *, in_lists=True):
    for _ in range(levels):
        inner = [inner] if in_lists else {"a": inner}
    return inner


@pytest.mark.parametrize("in_lists", [True, False])
def test_nesting_has_a_limit(in_lists):
    assert check_input({"a": nested(NESTING - 1, in_lists=in_lists)})
    for levels in (NESTING, 600, 100_000):
        with pytest.raises(InputInvalid, match="row 2: the input is nested over 32 levels deep"):
            characters_of(["a", {"a": nested(levels, in_lists=in_lists)}])


@pytest.mark.parametrize("value", [1 << 64, -(1 << 63) - 1, 10**4000, [10**30]])
def test_whole_numbers_have_64_bits_at_most(value):
    with pytest.raises(InputInvalid, match="row 1: a number of the input has more than 64 bits: send it as text"):
        characters_of([{"a": value}])


def test_what_64_bits_hold_is_taken():
    assert characters_of([{"a": (1 << 64) - 1, "b": -(1 << 63), "c": 1e308, "d": True, "e": None}]) == 10


def test_every_text_counts_wherever_it_is():
    assert check_input({"name": ["ab", {"c": "d"}]}) == 4 + 2 + 1 + 1
    with pytest.raises(InputTooLarge, match="12 bytes, over the limit of 11"):
        check_input({"name": ["ä" * 3, {"c": "d"}]}, 11)


def test_a_message_quotes_a_few_fields_and_each_cut_short():
    with pytest.raises(InputInvalid, match="2,000 in all") as raised:
        text_of({f"{n}" * 1000: "x" for n in range(2000)})
    assert len(str(raised.value)) < 2000


def test_an_answer_that_is_not_a_number_is_no_answer():
    inputs, labels = [{"ratio": float(n % 3)} for n in range(30)], [f"class {n % 3}" for n in range(30)]
    model = AdaptedModel.from_names("numeric", {}, "logistic", {"C": 1000}).fit(inputs, labels)
    model.estimator.weights_[:] *= 1e250
    for ask in (model.classify, model.predict_proba, model.scores, model.confidence):
        with pytest.raises(InputInvalid, match="row 2: the model's score is not a finite number"):
            ask([{"ratio": 1.0}, {"ratio": 1e99}])


@given(
    st.dictionaries(st.text(min_size=1), st.one_of(st.none(), st.booleans(), st.floats(), st.integers(0, 9), st.text()))
)
def test_flat_dictionaries_are_as_large_as_any(fields):
    """They are measured in a shorter way than others, and come to the same."""
    item = {"said": "x", **fields}
    assert check_input(item) == check_input(OrderedDict(item))
