"""What tests of every kind may ask for."""

import os

import numpy as np
import pytest

from argosy.database.engines.sqlite import SqliteDatabase

os.environ.setdefault("ARGOSY_NICE", "0")  # workers that stand back on a busy machine would make their tests late


@pytest.fixture
def tiny_encoder(monkeypatch):
    """A BERT of two layers, 24 wide and random, in place of the pretrained one: fine-tuned in milliseconds."""
    from argosy.models.estimators import transformer
    from argosy.models.fine_tuning.pretrained import Pretrained

    random = np.random.default_rng(5)

    def weights(*shape):
        return random.normal(0, 0.3, shape).astype(np.float32)

    def linear(name, inputs, outputs):
        return {f"{name}.weight": weights(outputs, inputs), f"{name}.bias": weights(outputs)}

    def norm(name):
        return {f"{name}.weight": 1 + weights(24) / 10, f"{name}.bias": weights(24)}

    layers = norm("embeddings.LayerNorm")
    for number in range(2):
        name = f"encoder.layer.{number}"
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            layers |= linear(f"{name}.attention.{part}", 24, 24)
        layers |= linear(f"{name}.intermediate.dense", 24, 48) | linear(f"{name}.output.dense", 48, 24)
        layers |= norm(f"{name}.attention.output.LayerNorm") | norm(f"{name}.output.LayerNorm")
    named = {"package": "tiny", "version": "1", "sha256": "0" * 64}
    tiny = Pretrained(named, weights(30522, 24), weights(512, 24), layers)
    monkeypatch.setattr(transformer, "pretrained", lambda: tiny)
    return tiny


@pytest.fixture
def database(tmp_path):
    """An empty database of the newest schema."""
    made = SqliteDatabase(f"sqlite:///{tmp_path}/argosy.db")
    made.migrate()
    yield made
    made.close()
