"""The network that fine-tuning trains, in PyTorch: the encoder's layers, one vector a text, a linear head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from argosy.models.fine_tuning.pretrained import Floats
from argosy.models.sentence_encoders.bert import Bert

Pooling = Literal["mean", "cls"]
HEAD_WEIGHT, HEAD_BIAS = "head.weight", "head.bias"


class Network:
    """`tensors` are PyTorch's, by name; a text's vector has the mean square 1, whatever the text's length."""

    def __init__(self, tensors: Mapping[str, Any], pooling: Pooling) -> None:
        self.tensors, self._bert, self._pooling = tensors, Bert(tensors), pooling

    def vectors(self, rows: Any, lengths: Any) -> Any:
        """(texts, width) from rows (texts, pieces, width), of which each text's first `lengths` count."""
        import torch

        is_piece = torch.arange(rows.shape[1])[None] < lengths[:, None]
        mask = torch.zeros(is_piece.shape).masked_fill(~is_piece, float("-inf"))[:, None, None]
        encoded = self._bert.encoded(rows, None if bool(is_piece.all()) else mask)
        # a sum is as good as a mean: only the direction counts
        pooled = encoded[:, 0] if self._pooling == "cls" else (encoded * is_piece[:, :, None]).sum(1)
        return torch.nn.functional.normalize(pooled, dim=1) * pooled.shape[1] ** 0.5

    def logits(self, vectors: Any) -> Any:
        """(texts, classes): logits."""
        import torch

        return torch.nn.functional.linear(vectors, self.tensors[HEAD_WEIGHT], self.tensors[HEAD_BIAS])


def trainable(layers: Mapping[str, Floats], frozen: int) -> list[str]:
    """The tensors that are not in the lowest `frozen` layers; with any frozen, the norm below them is too."""
    lowest = tuple(f"encoder.layer.{number}." for number in range(frozen))
    return [name for name in layers if not (name.startswith(lowest) or (frozen and name.startswith("embeddings.")))]
