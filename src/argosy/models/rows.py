"""Arithmetic on the rows of csr matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def unit_rows(matrix: Any) -> Any:
    """The rows divided by their length, in place; an empty row stays."""
    sizes = np.diff(matrix.indptr)
    rows = np.repeat(np.arange(len(sizes)), sizes)
    lengths = np.sqrt(np.bincount(rows, matrix.data * matrix.data, len(sizes)))
    lengths[lengths == 0] = 1.0  # what features cancel out leaves a zero to divide
    matrix.data /= lengths[rows]
    return matrix


def with_columns(matrix: Any, columns: NDArray[np.int64], width: int) -> Any:
    """The matrix with column `i` become column `columns[i]`, or gone where that is negative; indices ascend."""
    from scipy.sparse import csr_matrix

    indices = columns[matrix.indices]
    stays = indices >= 0
    ends = np.zeros(len(stays) + 1, np.int64)
    np.cumsum(stays, out=ends[1:])
    kept = csr_matrix(
        (matrix.data[stays], indices[stays].astype(np.int32), ends[matrix.indptr].astype(np.int32)),
        shape=(matrix.shape[0], width),
    )
    kept.sort_indices()
    return kept


def merge_columns(matrix: Any, columns: NDArray[np.int64], signs: NDArray[np.float64] | None, width: int) -> Any:
    """The matrix with column `i` added, times its sign, to column `columns[i]`."""
    from scipy.sparse import csr_matrix

    data = matrix.data if signs is None else matrix.data * signs[matrix.indices]
    indices = columns.astype(np.int32)[matrix.indices]
    merged = csr_matrix((data, indices, matrix.indptr), shape=(matrix.shape[0], width))
    merged.sum_duplicates()
    return merged
