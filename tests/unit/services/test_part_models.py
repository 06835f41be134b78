"""The parts of a service as models: what another server asks them, and what it is told."""

import asyncio
import gc
from functools import partial

import numpy as np
import pytest

from argosy.caching.caches.memory import MemoryCache
from argosy.definitions.service import parse_service
from argosy.errors import FeatureUnavailable, InputInvalid
from argosy.models.signature import DEFAULT_SIGNATURE
from argosy.models.tensor_messages import bytes_array
from argosy.models.tensor_rows import TensorRows
from argosy.services.part_messages import COLUMN, row_to_prepare, service_row
from argosy.services.part_models import preparing_model
from argosy.services.pre_processing import PreProcessor
from argosy.services.service_model import ServiceModel
from argosy.serving.dataplane import settle_future
from argosy.serving.requests import InferRequest

HISTORY = {"table": "users", "key": "user", "columns": ["age"], "required": True}
SERVICE = {"service": "offers", "accepts": {"user": "category", "price": "number"}, "model": "offers"}


def asked(model, arrays):
    async def answer():
        future = asyncio.get_running_loop().create_future()
        rows = TensorRows(DEFAULT_SIGNATURE, arrays, len(next(iter(arrays.values()))), is_batched=True)
        work = model.submit(InferRequest(model.name, rows), partial(settle_future, future))
        try:
            return await future
        finally:
            work.abandon()

    return asyncio.run(answer())


def test_rows_that_cannot_be_prepared_are_refused_and_leave_nothing_in_the_log(caplog):
    """Not even the complaint of asyncio about an error that nobody looked at."""
    service = parse_service({**SERVICE, "features": {"history": HISTORY}}, "")
    model = preparing_model("service.offers.prepare", service, PreProcessor(service, MemoryCache(), None))
    rows = [row_to_prepare(service_row({"user": user, "price": 1}), ["history"]) for user in ("ana", "bo", "cy")]
    with pytest.raises(FeatureUnavailable, match="'history' is needed"):
        asked(model, {COLUMN: bytes_array(rows)})
    gc.collect()
    assert caplog.messages == []


@pytest.mark.parametrize("price", [float("inf"), float("-inf")])
def test_infinite_numbers_are_the_requests_fault(opened, price):
    plane = opened().plane
    model = ServiceModel(plane, plane._dataplane)
    with pytest.raises(InputInvalid, match="the input 'price' has an infinite number"):
        asked(model, {"user": bytes_array([b"ana"]), "price": np.array([price])})
