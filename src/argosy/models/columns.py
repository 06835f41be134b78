"""The columns of a sparse matrix that have an entry: what training never saw needs no weights of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def columns_in_use(X: Any) -> NDArray[np.int64] | None:  # noqa: N803
    """The columns with an entry, where leaving out the others is worth it (more than half of them are empty)."""
    if isinstance(X, np.ndarray) or X.nnz == 0:
        return None
    in_use = np.zeros(X.shape[1], np.bool_)
    in_use[X.indices] = True
    return np.flatnonzero(in_use) if 2 * in_use.sum() < X.shape[1] else None


def take_columns(X: Any, used: NDArray[np.int64]) -> Any:  # noqa: N803
    """The matrix of these columns alone, which must be all that are in use."""
    place = np.zeros(X.shape[1], np.int32)
    place[used] = np.arange(len(used))
    return renumbered(X, place[X.indices], len(used))


def renumbered(X: Any, indices: NDArray[np.int32], width: int) -> Any:  # noqa: N803
    """The matrix with other column numbers for its entries."""
    from scipy.sparse import csr_matrix

    return csr_matrix((X.data, indices, X.indptr), shape=(X.shape[0], width), copy=False)


def places(columns: NDArray[np.int32] | None, width: int) -> NDArray[np.int32] | None:
    """Where each of `width` columns stands among those in use, and one past them for the others; None where all are."""
    if columns is None:
        return None
    rows = np.full(width, len(columns), np.int32)
    rows[columns] = np.arange(len(columns))
    return rows
