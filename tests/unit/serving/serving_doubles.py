"""A loader whose loads a test can hold, fail and count, and predictors that say which artifact they came from."""

from __future__ import annotations

import threading

import numpy as np

from argosy.errors import ArtifactCorrupt
from argosy.serving.aspired_versions import AspiredVersions
from argosy.serving.servable import ArtifactReference
from argosy.testing.waiting import PATIENCE


class Answering:
    form = "double"
    classes = ["money", "sport"]  # noqa: RUF012
    has_probabilities = True
    answered_from = None
    temperature = None
    waits, is_ready = False, True
    reads = {"text": "text"}  # noqa: RUF012

    def __init__(self, artifact):
        self.artifact, self.is_unloaded = artifact, False

    def score(self, inputs, limit):
        assert not self.is_unloaded, "asked after it was unloaded"
        return np.tile([0.25, 0.75], (len(inputs), 1))


class Held(Answering):
    """Answers once `may_answer` is set; it is, until a test clears it."""

    def __init__(self, artifact):
        super().__init__(artifact)
        self.is_asked, self.may_answer = threading.Event(), threading.Event()
        self.may_answer.set()  # it is warmed up before it serves

    def score(self, inputs, limit):
        self.is_asked.set()
        assert self.may_answer.wait(PATIENCE)
        return super().score(inputs, limit)


class Loading:
    def __init__(self):
        self.gate = threading.Event()
        self.gate.set()
        self.broken = set()
        self.loaded, self.unloaded = [], []
        self.sizes = {}

    def load(self, reference):
        self.gate.wait(PATIENCE)
        if reference.artifact in self.broken:
            raise ArtifactCorrupt(f"{reference.artifact} is damaged")
        self.loaded.append(reference.artifact)
        return Answering(reference.artifact)

    def memory_bytes(self, reference):
        return self.sizes.get(reference.artifact, 1)

    def unload(self, predictor):
        predictor.is_unloaded = True
        self.unloaded.append(predictor.artifact)


def aspire(numbers, aliases=None, model="topics", **how):
    versions = {n: ArtifactReference(f"label {n}", f"{model} {n}") for n in numbers}
    return AspiredVersions(model, versions, aliases or {}, **how)
