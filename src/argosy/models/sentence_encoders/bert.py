"""BERT's encoder (Devlin et al. 2018) in PyTorch, written out: nothing but torch is needed, no library of models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HEADS, EPSILON = 12, 1e-12
"""Of MiniLM."""


class Bert:
    """The layers over `tensors`, named as in the published file; rows are (…, pieces, width)."""

    def __init__(self, tensors: Mapping[str, Any]) -> None:
        import torch

        self._tensors, self._functions = tensors, torch.nn.functional
        self._layers = layers_of(tensors)

    def encoded(self, rows: Any, mask: Any = None) -> Any:
        """The pieces' vectors after every layer; `mask` is added to the attention, broadcast over the heads."""
        rows = self._normed(rows, "embeddings.LayerNorm")
        for number in range(self._layers):
            rows = self._layer(rows, mask, f"encoder.layer.{number}")
        return rows

    def _layer(self, rows: Any, mask: Any, name: str) -> Any:
        attended = self._attend(rows, mask, f"{name}.attention.self")
        attended = self._linear(attended, f"{name}.attention.output.dense")
        rows = self._normed(rows + attended, f"{name}.attention.output.LayerNorm")
        inner = self._functions.gelu(self._linear(rows, f"{name}.intermediate.dense"))
        return self._normed(rows + self._linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _attend(self, rows: Any, mask: Any, name: str) -> Any:
        query, key, value = (
            self._linear(rows, f"{name}.{part}").unflatten(-1, (HEADS, -1)).transpose(-3, -2)
            for part in ("query", "key", "value")
        )
        attended = self._functions.scaled_dot_product_attention(query, key, value, mask)
        return attended.transpose(-3, -2).flatten(-2)

    def _linear(self, rows: Any, name: str) -> Any:
        return self._functions.linear(rows, self._tensors[f"{name}.weight"], self._tensors[f"{name}.bias"])

    def _normed(self, rows: Any, name: str) -> Any:
        weight, bias = self._tensors[f"{name}.weight"], self._tensors[f"{name}.bias"]
        return self._functions.layer_norm(rows, weight.shape, weight, bias, EPSILON)


def layers_of(tensors: Mapping[str, Any]) -> int:
    """How many layers there are."""
    return 1 + max(int(name.split(".")[2]) for name in tensors if name.startswith("encoder.layer."))
