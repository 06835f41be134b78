"""Rows of several requests to a model of tensors are never mixed, and a request that cannot be answered fails alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from argosy.errors import ImportedModelRefused, InputInvalid
from argosy.models.compiled.tensors import ServedTensors
from argosy.models.signature import Signature, TensorSpec, check_answer
from argosy.models.tensor_rows import LOGGED_BYTES, TensorRows, logged_row
from argosy.models.tensor_samples import rows_are_independent
from argosy.serving.tensor_scoring import run_requests

FREE = Signature((TensorSpec("x", "INT64", (-1, -1)),), (TensorSpec("y", "INT64", (-1, -1)),), is_batched=True)
REFUSED = -1


class Doubling:
    """Gives twice the numbers; refuses every call with -1 in it."""

    waits = is_ready = True

    def __init__(self):
        self.own_signatures = {"serving_default": FREE}
        self.calls = 0

    def answer(self, signature, inputs, rows):
        self.calls += 1
        if (inputs["x"] == REFUSED).any():
            raise ImportedModelRefused("-1")
        return check_answer(self.own_signatures[signature], {"y": 2 * inputs["x"]}, rows)


def asked(rows, width):
    array = np.array(rows, np.int64).reshape(-1, width)
    return TensorRows("serving_default", {"x": array}, len(array), is_batched=True)


requests = some.lists(
    some.tuples(some.integers(1, 3), some.lists(some.integers(REFUSED, 50), min_size=1, max_size=4)), max_size=8
)


@given(requests)
def test_each_request_gets_its_own_rows(drawn):
    given_rows = [asked([one for one in numbers for _ in range(width)], width) for width, numbers in drawn]
    found, failed = run_requests(ServedTensors(Doubling()), given_rows)
    assert set(failed) == {place for place, (_, numbers) in enumerate(drawn) if REFUSED in numbers}
    answered = [one for place, one in enumerate(given_rows) if place not in failed]
    for rows, outputs in zip(answered, found, strict=True):
        assert np.array_equal(outputs["y"], 2 * rows.arrays["x"])


def test_rows_of_the_same_shapes_are_in_one_call():
    model = Doubling()
    run_requests(ServedTensors(model), [asked([1, 2], 1), asked([3, 4], 2), asked([5], 1)])
    assert model.calls == 2


def test_a_request_of_another_kind_fails_alone():
    found, failed = run_requests(ServedTensors(Doubling()), [["a text"], asked([1], 1)])
    assert isinstance(failed[0], InputInvalid)
    assert found[0]["y"].tolist() == [[2]]


def test_dependent_rows_are_noticed():
    assert rows_are_independent(lambda inputs: {"y": inputs["x"] * 2}, FREE)
    assert not rows_are_independent(lambda inputs: {"y": inputs["x"].cumsum(axis=0) + len(inputs["x"])}, FREE)


def test_a_large_tensor_is_logged_by_its_digest():
    small, large = np.arange(3), np.zeros((LOGGED_BYTES, 2))
    found = logged_row({"small": small, "large": large}, None)
    assert found["small"] == [0, 1, 2]
    assert (found["large"]["datatype"], found["large"]["shape"]) == ("FP64", [LOGGED_BYTES, 2])
