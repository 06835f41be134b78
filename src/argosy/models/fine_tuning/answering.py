"""A fine-tuned network that answers, run by ONNX Runtime on one thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from argosy.errors import ArtifactCorrupt, ExtraMissing
from argosy.models.fine_tuning.pretrained import Floats
from argosy.models.self_contained import why_not_self_contained

PURPOSE = "the model transformer"


class Answering:
    """May be called from several threads; the interpreter is free while it computes."""

    def __init__(self, graph: bytes, tensors: Mapping[str, NDArray[Any]]) -> None:
        if problem := why_not_self_contained(graph, tensors):
            raise ArtifactCorrupt(f"the graph of a transformer model: {problem}")
        try:
            import onnxruntime
        except ImportError:
            raise ExtraMissing("onnxruntime", "embeddings", PURPOSE) from None
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = settings.inter_op_num_threads = 1
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._tensors = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in self._tensors.values()]
        settings.add_external_initializers(list(self._tensors), values)
        try:
            self._session: Any = onnxruntime.InferenceSession(graph, settings, providers=["CPUExecutionProvider"])
        except (RuntimeError, ValueError) as problem:
            raise ArtifactCorrupt(f"the graph of a transformer model cannot be loaded: {problem}") from None

    def logits(self, rows: Floats) -> Floats:
        """(classes,): the logits of one text's rows (pieces, width)."""
        return np.asarray(self._session.run(None, {"rows": rows})[0][0])
