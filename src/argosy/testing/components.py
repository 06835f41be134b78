"""What every adapter and estimator must survive: becoming data and coming back as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import msgspec
import numpy as np

from argosy.models.artifact_format import ArrayWriter, read_artifact, write_artifact
from argosy.models.component import Component

C = TypeVar("C", bound=Component)


def check_round_trips(component: C, use: Callable[[C], Any]) -> None:
    """Through JSON and through an artifact, with the same options, state and answers."""
    described = component.to_dict()
    for restored in (_through_json(component), _through_artifact(component)):
        assert type(restored) is type(component), f"from_dict gave a {type(restored).__name__}"
        assert restored.to_dict() == described, "to_dict changed on the way through from_dict"
        assert_same(use(restored), use(component), "what came back answers differently")


def assert_same(left: Any, right: Any, problem: str) -> None:
    """Raise AssertionError unless both matrices have the same shape, type and bits."""
    assert type(left) is type(right), f"{problem}: {type(left).__name__} and {type(right).__name__}"
    assert left.shape == right.shape, f"{problem}: {left.shape} and {right.shape}"
    assert np.array_equal(dense(left), dense(right)), problem


def dense(matrix: Any) -> np.ndarray[Any, Any]:
    """The matrix as an array."""
    return np.asarray(matrix if isinstance(matrix, np.ndarray) else matrix.toarray())


def _through_json(component: C) -> C:
    return type(component).from_dict(msgspec.json.decode(msgspec.json.encode(component.to_dict())))


def _through_artifact(component: C) -> C:
    arrays = ArrayWriter()
    header = component.to_dict(arrays.put)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "component"
        write_artifact(path, header, arrays)
        stored, reader = read_artifact(path)
        return type(component).from_dict(stored, reader.get)
