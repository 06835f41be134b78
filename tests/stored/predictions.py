"""Predictions in a project's log, as a server writes them."""

from argosy.predictions.ids import PredictionIds
from argosy.predictions.log import SCOPE
from argosy.predictions.record import Prediction
from argosy.predictions.spool import SpoolWriter


def answered(project, texts, model="notes", version=1, at=1_700_000_000.0):
    """Log predictions on those texts; their ids."""
    scope = project.vault.scope(SCOPE)
    writer = SpoolWriter(project.spool, scope)
    ids = PredictionIds(scope).issue(len(texts), at, bytes(8))
    made = [Prediction(one, model, version, at, "red", 0.75, text) for one, text in zip(ids, texts, strict=True)]
    writer.write([writer.framed(made)])
    writer.close()
    return ids
