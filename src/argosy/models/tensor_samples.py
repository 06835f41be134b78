"""Made-up tensors for a signature: to warm a model, and to find out whether its rows depend on each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from argosy.errors import ArgosyError
from argosy.models.signature import DTYPES, Array, Arrays, Signature, TensorSpec, check_answer

FREE_SIZE: Final = 3
"""Of free dimensions but the rows."""
WORDS: Final = (b"good", b"morning", b"oil", b"goal", b"bank", b"match")
ROWS: Final = 3
NEARLY: Final = 1e-4


def sample_arrays(signature: Signature, rows: int, seed: int = 0) -> dict[str, Array]:
    """So many rows for a batched signature; of another, free first sizes are `FREE_SIZE` too."""
    random = np.random.default_rng(seed)
    return {one.name: _sample(one, rows if signature.is_batched else FREE_SIZE, random) for one in signature.inputs}


def rows_are_independent(run: Callable[[Arrays], Arrays], signature: Signature) -> bool:
    """Whether made-up rows are answered the same together and one by one; False too where they cannot be answered.

    `signature` is batched.
    """
    together = sample_arrays(signature, ROWS)
    try:
        found = check_answer(signature, run(together), ROWS)
        alone = [run({name: one[row : row + 1] for name, one in together.items()}) for row in range(ROWS)]
        alone = [check_answer(signature, one, 1) for one in alone]
    except ArgosyError:
        return False
    return all(_are_same(found[one.name], [given[one.name] for given in alone]) for one in signature.outputs)


def _are_same(together: Array, alone: list[Array]) -> bool:
    shapes = {one.shape for one in alone}
    if together.shape[:1] != (ROWS,) or shapes != {(1, *together.shape[1:])}:
        return False
    joined = np.concatenate(alone)
    if joined.dtype.kind in "f":
        return bool(np.allclose(together, joined, rtol=NEARLY, atol=NEARLY, equal_nan=True))
    return bool((together == joined).all())


def _sample(spec: TensorSpec, rows: int, random: np.random.Generator) -> Array:
    rest = [FREE_SIZE if size == -1 else size for size in spec.shape[1:]]
    first = [rows if spec.shape[0] == -1 else spec.shape[0]] if spec.shape else []
    shape = (*first, *rest)
    if spec.datatype == "BYTES":
        found = np.empty(shape, object)
        found[...] = random.choice(np.array(WORDS, object), shape)
        return found
    numbers = random.normal(size=shape) if spec.datatype.startswith("FP") else random.integers(0, 2, shape)
    return np.asarray(numbers).astype(DTYPES[spec.datatype])
