"""The arrays of a safetensors file: a length, a JSON header with places, then the bytes."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def mapped_tensors(path: Path) -> dict[str, NDArray[np.float32]]:
    """The float32 arrays by name, memory-mapped: processes share the pages, and what one writes stays its own."""
    mapped = np.memmap(path, np.uint8, mode="c")
    (length,) = struct.unpack("<Q", mapped[:8].tobytes())
    header = json.loads(mapped[8 : 8 + length].tobytes())
    arrays = {}
    for name, place in header.items():
        if name != "__metadata__" and place["dtype"] == "F32":
            start, end = place["data_offsets"]
            flat = np.asarray(mapped[8 + length + start : 8 + length + end]).view("<f4")
            arrays[name] = flat.reshape(place["shape"])
    return arrays
