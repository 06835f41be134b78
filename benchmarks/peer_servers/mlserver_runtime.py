"""A runtime of MLServer, which batches before it: the pipeline, or a constant, by the model's name."""

from __future__ import annotations

import numpy as np
from answers import Models
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Text(MLModel):
    async def load(self) -> bool:
        self._models = Models()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        texts = StringCodec.decode_input(payload.inputs[0])
        labels, probabilities = self._models.ask(self.name, texts)
        outputs = [
            StringCodec.encode_output("label", labels),
            NumpyCodec.encode_output("probabilities", np.array(probabilities)),
        ]
        return InferenceResponse(model_name=self.name, model_version=self.version, outputs=outputs)
