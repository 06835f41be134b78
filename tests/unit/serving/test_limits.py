import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.errors import InputInvalid, InputTooLarge, RequestInvalid, RequestTooLarge
from argosy.http.request_limits import RequestLimits, check_values
from argosy.serving.latency import LatencyEstimate
from argosy.serving.limits import InputLimits, measure_inputs

LIMITS = InputLimits(text_bytes=10, rows=3)


def test_inputs_within_the_limits_are_measured():
    assert measure_inputs(["12345", {"t": "123", "p": 7}], LIMITS) == 11


@pytest.mark.parametrize(
    ("inputs", "error", "said"),
    [
        ([], RequestInvalid, "no rows"),
        (["a"] * 4, RequestTooLarge, "limit of 3"),
        (["a", "12345678901"], InputTooLarge, "row 2: the input has 11 bytes, over the limit of 10"),
        (["ééééé", "éééééé"], InputTooLarge, "row 2: the input has 12 bytes"),
        ([{"a": "123456", "b": "123456"}], InputTooLarge, "row 1"),
        (["a", " \n"], InputInvalid, "row 2: the text is empty"),
        ([{}], InputInvalid, "no fields"),
    ],
)
def test_what_is_over_a_limit_or_empty_is_refused(inputs, error, said):
    with pytest.raises(error, match=said):
        measure_inputs(inputs, LIMITS)


def bracketed(value):
    """The number of values that begin after a bracket, a brace or a comma."""
    if isinstance(value, dict):
        return max(len(value), 1) + sum(map(bracketed, value.values()))
    if isinstance(value, list):
        return max(len(value), 1) + sum(map(bracketed, value))
    return 0


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text('",[{\\\\a\\u0041', max_size=8),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text('",[{\\\\a', max_size=4), inner, max_size=6),
    max_leaves=60,
)


@settings(deadline=None, max_examples=150)
@given(JSON, st.booleans())
def test_values_are_counted_before_a_text_is_read(value, are_spaced):
    body = json.dumps(value, separators=(" , ", " : ") if are_spaced else (",", ":")).encode()
    check_values(body, RequestLimits(values=max(bracketed(value), 1)))
    if bracketed(value) > 1:
        with pytest.raises(RequestTooLarge, match=f"over {bracketed(value) - 1} values"):
            check_values(body, RequestLimits(values=bracketed(value) - 1))


def test_a_model_runs_inline_once_it_was_measured_to_be_fast():
    latency = LatencyEstimate()
    assert latency.speed(1, 10) == "slow"
    latency.learn(1, 100, 20e-6)
    assert latency.speed(1, 100) == "inline"
    assert latency.speed(100, 10_000) == "quick"
    for _ in range(100):
        latency.learn(1, 100, 1e-3)
    assert latency.speed(1, 100) != "inline"


def test_a_batch_that_was_interrupted_moves_no_model_off_the_loop():
    latency = LatencyEstimate()
    latency.learn(1, 100, 50e-6)
    latency.learn(1, 100, 20e-3)
    assert latency.speed(1, 100) == "inline"
