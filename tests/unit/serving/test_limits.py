import pytest

from argosy.errors import InputInvalid, InputTooLarge, RequestInvalid, RequestTooLarge
from argosy.serving.limits import Limits, check_inputs
from argosy.serving.pace import Pace

LIMITS = Limits(text_bytes=10, rows=3)


def test_inputs_within_the_limits_are_measured():
    assert check_inputs(["12345", {"t": "123", "p": 7}], LIMITS) == 11


@pytest.mark.parametrize(
    ("inputs", "error", "said"),
    [
        ([], RequestInvalid, "no rows"),
        (["a"] * 4, RequestTooLarge, "limit of 3"),
        (["a", "12345678901"], InputTooLarge, "row 1: the input has 11 bytes, over the limit of 10"),
        (["ééééé", "éééééé"], InputTooLarge, "row 1: the input has 12 bytes"),
        ([{"a": "123456", "b": "123456"}], InputTooLarge, "row 0"),
        (["a", " \n"], InputInvalid, "row 1: the text is empty"),
        ([{}], InputInvalid, "no fields"),
    ],
)
def test_what_is_over_a_limit_or_empty_is_refused(inputs, error, said):
    with pytest.raises(error, match=said):
        check_inputs(inputs, LIMITS)


def test_a_model_runs_inline_once_it_was_measured_to_be_fast():
    pace = Pace()
    assert pace.lane(1, 10) == "slow"
    pace.learn(1, 100, 20e-6)
    assert pace.lane(1, 100) == "loop"
    assert pace.lane(100, 10_000) == "quick"
    for _ in range(100):
        pace.learn(1, 100, 1e-3)
    assert pace.lane(1, 100) != "loop"
