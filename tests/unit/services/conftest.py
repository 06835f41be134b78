"""A service over a model that says the number it was asked about, and what its log holds."""

import asyncio
import base64
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "serving"))

from serving_doubles import Answering, Loading, aspire

from argosy.caching.caches.memory import MemoryCache
from argosy.definitions.service import parse_service
from argosy.features.rows import FeatureRow
from argosy.features.tables import Tables
from argosy.predictions import frames, segments
from argosy.predictions.ids import PredictionIds
from argosy.predictions.log import SCOPE
from argosy.predictions.record import from_bytes, unseal
from argosy.predictions.spool import SpoolWriter
from argosy.services.accounts import account_in
from argosy.services.biases import MeasuredBiases
from argosy.services.functions import FunctionCaller
from argosy.services.post_processing import PostProcessor
from argosy.services.pre_processing import PreProcessor
from argosy.services.service_plane import ServicePlane
from argosy.serving.dataplane import DataPlane
from argosy.serving.manager import Manager
from argosy.serving.recording import Recorder
from argosy.vault.keys.environment import EnvironmentKeys
from argosy.vault.vault import Vault


class Pricing(Answering):
    """Buys with a hundredth of the price as its probability."""

    classes = ["bought", "not_bought"]  # noqa: RUF012
    reads = {"price": "number"}  # noqa: RUF012

    def score(self, inputs, limit):
        prices = np.array([float((one if isinstance(one, dict) else {}).get("price") or 0) for one in inputs]) / 100
        return np.stack([prices, 1 - prices], axis=1)


class LoadingPricing(Loading):
    def load(self, reference):
        super().load(reference)
        return Pricing(reference.artifact)


@pytest.fixture
def scope(database):
    keys = EnvironmentKeys({"ARGOSY_KEY_PREDICTIONS": base64.b64encode(bytes(range(32))).decode()})
    return Vault(database, keys).scope(SCOPE)


class Opened:
    """A service with its cache, and what it has logged."""

    def __init__(self, plane, cache, callers, spool, scope):
        self.plane, self.cache, self.callers, self._spool, self._scope = plane, cache, callers, spool, scope

    def put(self, name, key, columns, *rows):
        given = [FeatureRow(number, "row", row[0], tuple(row[1:])) for number, row in enumerate(rows, 1)]
        Tables(self.cache).put(name, key, columns, given, "a test")

    def ask(self, *calls):
        """The answers to calls that come at once, or what kept them."""

        async def all_of_them():
            return await asyncio.gather(*map(self.plane.answer, calls), return_exceptions=True)

        return asyncio.run(all_of_them())

    def logged(self):
        """Every prediction with the account of it, oldest first."""
        found = []
        for path in segments.segments_in(self._spool):
            for frame, *_ in frames.complete(path.read_bytes()):
                one = unseal(from_bytes(frame), self._scope)
                found.append((one, account_in(one.account)))
        return found


@pytest.fixture
def opened(tmp_path, scope):
    """Makes services of a definition's values; functions by their names."""
    made = []

    def one(functions=None, cache=None, biases=None, chance=lambda: 0.5, seconds=10.0, at_once=1, **values):
        number = len(made)
        service = parse_service(
            {"service": "offers", "accepts": {"user": "category", "price": "number"}, "model": "offers", **values}, ""
        )
        spool = tmp_path / f"spool-{number}"
        dataplane = DataPlane(Manager(LoadingPricing()), Recorder(SpoolWriter(spool, scope), PredictionIds(scope)))
        names = [name for name in ("offers", "second") if any(name in one.reference for one in service.models)]
        dataplane.manager.aspire([aspire([1, 2], {"champion": 1}, name) for name in names])
        while dataplane.manager.step():
            pass
        cache = cache or MemoryCache()
        callers = {name: FunctionCaller(name, each, seconds, at_once) for name, each in (functions or {}).items()}
        measured = MeasuredBiases(lambda model, version: biases or {}, service.positive)
        prepare = PreProcessor(service, cache, callers.get(service.prepare))
        decide = PostProcessor(service, callers, measured, chance)
        made.append((ServicePlane(service, dataplane, prepare, dataplane, decide, chance), dataplane, callers))
        return Opened(made[-1][0], cache, callers, spool, scope)

    yield one
    for plane, dataplane, callers in made:
        for each in (plane, dataplane, *callers.values()):
            each.close()
