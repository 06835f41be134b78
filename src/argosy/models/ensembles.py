"""What the estimators of ensembles share: rows as answers of members, and which adapters give such rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from argosy.errors import DatasetInvalid, DefinitionInvalid
from argosy.models.adapter import ComposedAdapter
from argosy.plugin_hooks import AdapterHooks


def by_member(X: Any, n_classes: int) -> NDArray[np.float64]:  # noqa: N803
    """(n, members, classes); raises DefinitionInvalid on rows not made of such blocks, DatasetInvalid on one class."""
    if n_classes < 2:
        raise DatasetInvalid("a classifier needs examples of at least two classes; the training part has one")
    members, rest = divmod(X.shape[1], n_classes)
    if rest or not members:
        raise DefinitionInvalid(f"{X.shape[1]} features are no answers of members about {n_classes} classes")
    rows = X if isinstance(X, np.ndarray) else X.toarray()
    return np.asarray(rows.reshape(-1, members, n_classes))


def why_not_an_ensemble(name: str, adapter: type[AdapterHooks]) -> str | None:
    """Why that estimator cannot take the adapter's features, or None."""
    if issubclass(adapter, ComposedAdapter):
        return None
    return f"{name} takes what the members of an ensemble answer: write `ensemble:` in place of adapter and model"
