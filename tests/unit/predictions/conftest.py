import base64
import sys
from pathlib import Path

import pytest

from argosy.predictions.ids import PredictionIds
from argosy.predictions.log import PredictionLog
from argosy.predictions.record import Prediction
from argosy.vault.keys.environment import EnvironmentKeys
from argosy.vault.vault import Vault

sys.path.insert(0, str(Path(__file__).parent))

from spooling import Spooling


@pytest.fixture
def vault(database):
    return Vault(database, EnvironmentKeys({"ARGOSY_KEY_PREDICTIONS": base64.b64encode(bytes(range(32))).decode()}))


@pytest.fixture
def scope(vault):
    return vault.scope("predictions")


@pytest.fixture
def spool(tmp_path):
    return tmp_path / "spool"


@pytest.fixture
def writer(spool, scope):
    made = Spooling(spool, scope)
    yield made
    made.close()


@pytest.fixture
def log(database, vault, spool):
    return PredictionLog(database, vault, spool)


@pytest.fixture
def predict(scope):
    """Makes predictions with ids of their own, not logged yet."""
    ids, issued = PredictionIds(scope), iter(range(1 << 30))

    def made(text="a text", *, at=1000.0, model="topics", **fields):
        prediction_id = ids.issue(1, at, next(issued).to_bytes(8))[0]
        details = {"version": 1, "answer": "sport", "confidence": 0.75, "scores": (0.25, 0.75), **fields}
        return Prediction(prediction_id, model, made_at=at, input=text, **details)

    return made
