"""A network's matrices in 8 bits: a quarter of the bytes, and of the memory that an answer has to read. Pure.

Each output of a layer has a scale of its own, symmetric around zero; the vectors that come in are quantised by the
graph, as they come (Jacob et al. 2018). Weights use 7 of the 8 bits: processors without dot products of bytes add
pairs of products in 16 bits, which would saturate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from argosy.models.fine_tuning.pretrained import Floats

LARGEST = 63
SCALE = ".scale"


def quantised(tensors: Mapping[str, Floats]) -> dict[str, NDArray[Any]]:
    """The encoder's matrices as int8 (inputs, outputs) with a `NAME.scale` (outputs,); all else as it is."""
    found: dict[str, NDArray[Any]] = {}
    for name, array in tensors.items():
        if array.ndim == 1 or not name.startswith("encoder."):
            found[name] = array
            continue
        scale = np.maximum(np.abs(array).max(axis=1), 1e-12) / LARGEST
        found[name] = np.ascontiguousarray(np.rint(array / scale[:, None]).astype(np.int8).T)
        found[name + SCALE] = scale.astype(np.float32)
    return found
