"""The contract of adapters: call `check_adapter` from a test of yours.

def test_mine():
    check_adapter(Plugin("adapter", "mine", MyAdapter, {}), {"size": 10})
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from argosy.errors import DefinitionInvalid, NotFitted
from argosy.models.adapter import Adapter, ComposedAdapter, SparseAdapter
from argosy.registry import Plugin
from argosy.testing.components import assert_same, check_round_trips, dense
from argosy.testing.expecting import raised
from argosy.testing.texts import labelled_texts
from argosy.types import Input


def check_adapter(
    plugin: Plugin[Adapter],
    options: Mapping[str, Any],
    inputs: Sequence[Input] | None = None,
    labels: Sequence[str] | None = None,
) -> None:
    """Raise AssertionError where the plug-in breaks a promise of `argosy.models.adapter`.

    `inputs` and `labels` are examples that it can learn from; a few texts unless given.
    """
    if inputs is None or labels is None:
        inputs, labels = labelled_texts()
    adapter = plugin.create(options)
    assert adapter.options == plugin.check(options), "options must be kept as attributes of the same names"
    _check_unfitted(adapter, inputs)
    features = adapter.fit_transform(inputs, labels)
    _check_features(features, len(inputs))
    if isinstance(adapter, ComposedAdapter):
        features = adapter.transform(inputs)
    check_determinism(plugin, options, inputs, labels, features)
    _check_rows_stand_alone(adapter, inputs)
    check_round_trips(adapter, lambda restored: restored.transform(inputs))
    if isinstance(adapter, SparseAdapter):
        check_encoding(adapter, inputs)
    if isinstance(adapter, ComposedAdapter):
        assert np.allclose(adapter.answers(inputs), features, rtol=0, atol=1e-6), "answers and transform differ"
    if type(adapter).is_non_negative(adapter.options):
        assert dense(features).min() >= 0, "is_non_negative, and yet a feature is below zero"


def check_determinism(
    plugin: Plugin[Adapter], options: Mapping[str, Any], inputs: Sequence[Input], labels: Sequence[str], first: Any
) -> None:
    """Fitting again gives the same bits, and `fit` then `transform` what `fit_transform` gives."""
    again = plugin.create(options)
    assert again.fit(inputs, labels) is again, "fit must return the adapter itself"
    assert_same(again.transform(inputs), first, "fit then transform differs from fit_transform")
    assert again.to_dict() == _fitted(plugin, options, inputs, labels).to_dict(), "fitting twice differs"


def check_encoding(adapter: SparseAdapter, inputs: Sequence[Input], tolerance: float = 1e-12) -> None:
    """`encode` says of each input what `transform` says of all."""
    matrix = dense(adapter.transform(inputs))
    for row, item in zip(matrix, inputs, strict=True):
        indices, values = adapter.encode(item)
        assert len(set(indices.tolist())) == len(indices) == len(values), f"encode repeats a feature of {item!r}"
        encoded = np.zeros(adapter.width)
        encoded[indices] = values
        assert np.allclose(encoded, row, rtol=0, atol=tolerance), f"encode and transform differ on {item!r}"


def _fitted(
    plugin: Plugin[Adapter], options: Mapping[str, Any], inputs: Sequence[Input], labels: Sequence[str]
) -> Adapter:
    return plugin.create(options).fit(inputs, labels)


def _check_unfitted(adapter: Adapter, inputs: Sequence[Input]) -> None:
    """An adapter that must learn says so; one that need not, answers."""
    try:
        adapter.transform(inputs[:1])
    except NotFitted:
        return
    assert not adapter.state, "an adapter that answers before fit must have nothing to learn"
    assert not adapter.fit(inputs, [""] * len(inputs)).state, "it answered before it was fitted, and learns yet"


def _check_features(features: Any, rows: int) -> None:
    assert features.shape[0] == rows, f"{features.shape[0]} rows of features for {rows} inputs"
    assert features.dtype == np.float64, f"features must be float64, not {features.dtype}"
    assert isinstance(features, np.ndarray) or features.format == "csr", "features are csr or a dense array"
    values = features if isinstance(features, np.ndarray) else features.data
    assert np.isfinite(values).all(), "a feature is not finite"


def _check_rows_stand_alone(adapter: Adapter, inputs: Sequence[Input]) -> None:
    """An input's row does not depend on its neighbours, and asking changes nothing."""
    before = adapter.to_dict()
    together = dense(adapter.transform(inputs))
    for place in range(0, len(inputs), max(1, len(inputs) // 5)):
        alone = dense(adapter.transform([inputs[place]]))[0]
        assert np.allclose(alone, together[place], rtol=0, atol=1e-12), f"the row of {inputs[place]!r} changes alone"
    assert dense(adapter.transform([])).shape == (0, together.shape[1]), "no inputs must give no rows"
    assert adapter.to_dict() == before, "transform changed the adapter"


def check_refuses(plugin: Plugin[Adapter], options: Mapping[str, Any]) -> None:
    """The constructor refuses these options together, as the user's mistake."""
    raised(DefinitionInvalid, plugin.create, options)
