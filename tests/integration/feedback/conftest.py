"""A project's parts on real backends in a temporary folder."""

from __future__ import annotations

from itertools import count
from types import SimpleNamespace

import pytest

from argosy.datasets.examples import Examples
from argosy.feedback.corrections import Corrections
from argosy.feedback.labels import ConflictRule
from argosy.predictions.feedback_log import FeedbackLog
from argosy.predictions.ids import PredictionIds
from argosy.predictions.log import PredictionLog
from argosy.predictions.record import Prediction
from argosy.predictions.spool import SpoolWriter
from argosy.vault.keys.file import FileKeys
from argosy.vault.vault import Vault

NOON = 1_700_000_000.0


@pytest.fixture
def project(database, tmp_path):
    keys = FileKeys(tmp_path / "keys")
    for role in ("examples", "predictions"):
        keys.create(role)
    vault = Vault(database, keys)
    examples = Examples(database, vault, now=lambda: NOON)
    log = PredictionLog(database, vault, tmp_path / "spool")
    feedback = FeedbackLog(database, vault, bring=log.bring)
    return SimpleNamespace(
        folder=tmp_path,
        examples=examples,
        database=database,
        vault=vault,
        log=log,
        feedback=feedback,
        corrections=Corrections(database, log, feedback, examples, ConflictRule()),
    )


@pytest.fixture
def predict(project):
    """Log predictions as a server does: predict([(input, answer, confidence), …]) -> ids."""
    writer = SpoolWriter(project.folder / "spool", project.vault.scope("predictions"))
    ids = PredictionIds(project.vault.scope("predictions"))
    requests = count()

    def log(rows, model="topics", version=1, made_at=NOON, subject=None):
        issued = ids.issue(len(rows), made_at, next(requests).to_bytes(8))
        made = [
            Prediction(one, model, version, made_at, answer, confidence, given, (), None, subject, None)
            for one, (given, answer, confidence) in zip(issued, rows, strict=True)
        ]
        writer.write([writer.framed(made)])
        return issued

    yield log
    writer.close()
