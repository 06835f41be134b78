"""The systematic error of a version, as its training measured it."""

import pytest

from argosy.models.decisions import BiasStep
from argosy.models.systematic_error import bias_among, bias_of_numbers, biases_of_labels
from argosy.services.biases import stored_biases
from argosy.store.artifacts.local import LocalArtifacts
from argosy.store.decided import put_decisions
from argosy.store.store import Store
from argosy.store.trained import Trained

np = pytest.importorskip("numpy")


@pytest.fixture
def store(database, tmp_path):
    store = Store(database, LocalArtifacts(f"file:{tmp_path}/artifacts"))
    confusion = {"labels": ["a", "b"], "matrix": [[1, 0], [0, 1]], "biases": {"a": 0.25, "b": -0.25}}
    with database.write() as transaction:
        store.record(transaction, Trained("one", {}, "d" * 64, "a" * 64, 1, {}, confusion, 0.1, 1.0, {}, {}))
        store.add_version(transaction, "offers", "one")
    return store


def test_what_training_measured_is_found(store):
    assert stored_biases(store, "offers", 1) == {"a": 0.25, "b": -0.25}


@pytest.mark.parametrize(("model", "number"), [("offers", 2), ("others", 1)])
def test_a_version_of_another_store_has_none(store, model, number):
    assert stored_biases(store, model, number) == {}


def test_a_version_that_takes_its_own_bias_off_has_none_left(store):
    with store.database.write() as transaction:
        put_decisions(transaction, "offers", 1, (BiasStep(0.5),), by="a test", reason="")
    assert stored_biases(store, "offers", 1) == {}


def test_a_bias_is_what_the_model_says_too_much():
    codes, probabilities = np.array([0, 0, 1, -1]), np.array([[0.9, 0.1], [0.7, 0.3], [0.6, 0.4], [0.8, 0.2]])
    found = biases_of_labels(codes, probabilities, ["a", "b"])
    assert found == pytest.approx({"a": 0.75 - 0.5, "b": 0.25 - 0.25})
    assert bias_among(found, "a") == pytest.approx(0.25)
    assert bias_among(found, "c") is None
    numbers = bias_of_numbers(np.array([1.0, 2.0]), np.array([2.0, 4.0]))
    assert bias_among(numbers, "whatever was answered") == 1.5
