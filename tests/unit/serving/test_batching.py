"""Requests of many callers are scored together, and each receives what its own rows and no others came to."""

import asyncio
import base64
import threading
from time import perf_counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving_doubles import Answering, Loading, aspire

from argosy.definitions.served_models import BatchingSettings
from argosy.errors import InputInvalid, ModelFailed, PredictionNotLogged, QueueFull, RequestTooSlow
from argosy.predictions import frames, segments
from argosy.predictions.ids import PredictionIds
from argosy.predictions.log import SCOPE
from argosy.predictions.record import from_bytes, unseal
from argosy.predictions.spool import SpoolWriter
from argosy.serving.batching import INLINE_BATCH_ROWS
from argosy.serving.choices import ServingChoices
from argosy.serving.dataplane import DataPlane
from argosy.serving.manager import Manager
from argosy.serving.recording import Recorder
from argosy.serving.requests import InferRequest
from argosy.testing.waiting import PATIENCE
from argosy.vault.keys.environment import EnvironmentKeys
from argosy.vault.vault import Vault

CLASSES = [str(number) for number in range(10)]


class Digits(Answering):
    """Answers a text's last digit, in the share of its first; refuses texts with 'bad'."""

    classes = CLASSES

    def __init__(self, artifact):
        super().__init__(artifact)
        self.calls = []

    def score(self, inputs, limit):
        if any("bad" in one for one in inputs):
            raise InputInvalid("it is bad")
        self.calls.append(list(inputs))
        scores = np.full((len(inputs), 10), 0.01)
        for row, one in enumerate(inputs):
            if one[-1].isdigit():  # the texts that it is warmed up with have none
                scores[row, int(one[-1])] = share(one)
        return scores


class Waiting(Digits):
    waits = True


class LoadingDigits(Loading):
    def load(self, reference):
        super().load(reference)
        return (Waiting if reference.artifact.startswith("waiting") else Digits)(reference.artifact)


def share(text):
    """Another for every text: what is answered for one text is the answer to no other."""
    return 0.1 + int(text.split()[0]) / 1_000_000


@pytest.fixture
def scope(database):
    keys = EnvironmentKeys({"ARGOSY_KEY_PREDICTIONS": base64.b64encode(bytes(range(32))).decode()})
    return Vault(database, keys).scope(SCOPE)


@pytest.fixture
def new_plane(tmp_path, scope):
    made = []

    def new(batching=None, write=None, **choices):
        given = {} if write is None else {"write": write}
        spool = SpoolWriter(tmp_path / f"spool-{len(made)}", scope, **given)
        plane = DataPlane(
            Manager(LoadingDigits()),
            Recorder(spool, PredictionIds(scope)),
            choices=ServingChoices(batching_of_models=batching or {}, **choices),
        )
        plane.manager.aspire([aspire([1, 2], {"champion": 1}, name) for name in ("quick", "slow", "waiting")])
        while plane.manager.step():
            pass
        for servable in (plane.manager.routing.find(name, v) for name in ("quick", "slow") for v in (1, 2)):
            for _ in range(400):
                servable.latency.learn(1, 10, 1e-6 if servable.model == "quick" else 1e-3)
        made.append((plane, tmp_path / f"spool-{len(made)}"))
        return made[-1]

    yield new
    for plane, _ in made:
        plane.close()


REQUESTS = st.lists(
    st.tuples(
        st.sampled_from(["quick", "slow", "waiting"]),
        st.sampled_from([None, 1, 2]),
        st.lists(st.sampled_from(["good", "good", "good", "bad"]), min_size=1, max_size=5),
        st.sampled_from(["asks", "asks", "asks", "too late", "goes away"]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=30,
)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(REQUESTS)
def test_no_answer_holds_what_belongs_to_another(new_plane, scope, requests):
    plane, spool = new_plane()
    number = iter(range(1, 1_000_000))

    async def one(model, version, kinds, fate, turns):
        texts = [f"{n} {kind} {n % 10}" for kind, n in zip(kinds, number, strict=False)]
        for _ in range(turns):
            await asyncio.sleep(0)
        deadline = perf_counter() + (-1 if fate == "too late" else PATIENCE)
        asked = asyncio.ensure_future(
            plane.infer(InferRequest(model, texts, version, entity=texts[0], deadline=deadline))
        )
        if fate == "goes away":
            await asyncio.sleep(0)
            asked.cancel()
        return texts, version or 1, fate, (await asyncio.gather(asked, return_exceptions=True))[0]

    async def all_of_them():
        return await asyncio.gather(*(one(*request) for request in requests))

    answered = {}
    for texts, version, fate, answer in asyncio.run(all_of_them()):
        if isinstance(answer, asyncio.CancelledError):
            assert fate == "goes away"
        elif isinstance(answer, RequestTooSlow):
            assert fate == "too late"
        elif any("bad" in one for one in texts):
            row = next(place for place, one in enumerate(texts, 1) if "bad" in one)
            assert str(answer) == f"row {row}: it is bad"
        else:
            assert answer.answers == [one[-1] for one in texts]
            assert answer.version == version
            assert answer.scores.max(axis=1).tolist() == [share(one) for one in texts]
            assert answer.confidences == [share(one) for one in texts]
            answered.update({id_: (text, texts[0]) for id_, text in zip(answer.prediction_ids, texts, strict=True)})
    logged = {one.id: one for one in records(spool, scope)}
    for prediction_id, (text, entity) in answered.items():
        record = logged[prediction_id]
        assert (record.input, record.answer, record.confidence, record.entity) == (text, text[-1], share(text), entity)


def records(spool, scope):
    data = b"".join(path.read_bytes() for path in segments.segments_in(spool))
    return [unseal(from_bytes(payload), scope) for payload, _, _ in frames.complete(data)]


def test_what_comes_in_one_turn_is_one_call(new_plane):
    plane, _ = new_plane()
    model = plane.manager.routing.find("quick", None).predictor
    model.calls.clear()

    async def ask():
        return await asyncio.gather(*(plane.infer(InferRequest("quick", [f"{n} good {n}"])) for n in range(8)))

    assert [one.answers for one in asyncio.run(ask())] == [[str(n)] for n in range(8)]
    assert model.calls == [[f"{n} good {n}" for n in range(8)]]


def test_a_batch_has_no_more_rows_than_its_limit(new_plane):
    plane, _ = new_plane({"quick": BatchingSettings(max_batch_size=3)})
    model = plane.manager.routing.find("quick", None).predictor
    model.calls.clear()

    async def ask():
        sizes = (2, 1, 2, 2, 5, 1)
        await asyncio.gather(*(plane.infer(InferRequest("quick", ["1 good 1"] * size)) for size in sizes))

    asyncio.run(ask())
    assert [len(call) for call in model.calls] == [3, 2, 2, 5, 1]  # one request is never cut


def test_a_turn_of_the_loop_answers_so_many_rows_of_a_model_at_most(new_plane):
    plane, _ = new_plane()
    model = plane.manager.routing.find("quick", None).predictor
    model.calls.clear()

    async def ask():
        await asyncio.gather(*(plane.infer(InferRequest("quick", ["1 good 1"])) for _ in range(INLINE_BATCH_ROWS + 1)))

    asyncio.run(ask())
    assert [len(call) for call in model.calls] == [INLINE_BATCH_ROWS, 1]


def test_with_a_delay_a_batch_waits_until_it_is_full(new_plane):
    plane, _ = new_plane({"quick": BatchingSettings(max_batch_size=2, max_delay_ms=PATIENCE * 100)})
    model = plane.manager.routing.find("quick", None).predictor
    model.calls.clear()

    async def ask():
        first = asyncio.ensure_future(plane.infer(InferRequest("quick", ["1 good 1"])))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not first.done()
        await asyncio.gather(first, plane.infer(InferRequest("quick", ["2 good 2"])))

    asyncio.run(ask())
    assert model.calls == [["1 good 1", "2 good 2"]]


def test_with_a_delay_a_lone_request_is_answered_after_it(new_plane):
    plane, _ = new_plane({"quick": BatchingSettings(max_delay_ms=10)})
    answer = asyncio.run(plane.infer(InferRequest("quick", ["1 good 1"])))
    assert answer.answers == ["1"]


def test_a_full_queue_refuses_and_the_rest_is_answered(new_plane):
    plane, _ = new_plane({"slow": BatchingSettings(max_queue_rows=2)})
    gate, model = threading.Event(), plane.manager.routing.find("slow", None).predictor
    score, begun = model.score, threading.Event()

    def held(inputs, limit):
        begun.set()
        assert gate.wait(PATIENCE)
        return score(inputs, limit)

    model.score = held

    async def ask():
        first = asyncio.ensure_future(plane.infer(InferRequest("slow", ["1 good 1"])))
        await asyncio.to_thread(begun.wait, PATIENCE)
        waiting = [asyncio.ensure_future(plane.infer(InferRequest("slow", [f"{n} good {n}"]))) for n in (2, 3)]
        await asyncio.sleep(0)
        with pytest.raises(QueueFull, match="2 rows wait for 'slow', the limit is 2"):
            await plane.infer(InferRequest("slow", ["4 good 4"]))
        gate.set()
        return [(await one).answers for one in (first, *waiting)]

    assert asyncio.run(ask()) == [["1"], ["2"], ["3"]]
    assert plane.manager.routing.find("slow", None).in_flight == 0


def test_one_model_is_answered_while_another_has_a_long_queue(new_plane):
    """Each turn is one batch of each: a neighbour waits for one, and not for the queue."""
    plane, _ = new_plane({"quick": BatchingSettings(max_batch_size=1)})
    order = []

    async def ask(name, number):
        await plane.infer(InferRequest(name, [f"{number} good {number % 10}"], version=1 + (name == "other")))
        order.append(name)

    async def flood():
        other = plane.infer(InferRequest("quick", ["1 good 1"], version=2))
        asked = [asyncio.ensure_future(ask("quick", number)) for number in range(50)]
        await other
        order.append("neighbour")
        await asyncio.gather(*asked)

    asyncio.run(flood())
    assert order.index("neighbour") < 5


def test_requests_whose_records_are_not_written_are_not_answered(new_plane):
    plane, _ = new_plane(write=full)

    async def ask():
        asked = (plane.infer(InferRequest("quick", [f"{n} good {n}"])) for n in range(3))
        return await asyncio.gather(*asked, return_exceptions=True)

    assert [type(one) for one in asyncio.run(ask())] == [PredictionNotLogged] * 3
    assert plane.manager.routing.find("quick", None).in_flight == 0


def full(descriptor, data):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(("share", "logged"), [(0.0, 0), (1.0, 40), (0.5, None)])
def test_a_share_of_the_requests_is_logged_and_all_are_answered(new_plane, scope, share, logged):
    plane, spool = new_plane(log_share_of_models={"quick": share})

    async def ask():
        asked = (plane.infer(InferRequest("quick", [f"{n} good 1", f"{n} good 2"])) for n in range(20))
        return await asyncio.gather(*asked)

    answers = asyncio.run(ask())
    assert all(one.answers == ["1", "2"] for one in answers)
    found = [one.id for one in records(spool, scope)]
    whole = [list(one.prediction_ids) for one in answers if one.prediction_ids[0] in found]
    assert found == [id_ for ids in whole for id_ in ids]  # a request is logged with all its rows, or with none
    assert logged in (None, len(found))


UNENCODABLE = "\ud800"  # half of a character: no UTF-8


@pytest.mark.parametrize("model", ["quick", "slow", "waiting"])
def test_a_request_whose_record_cannot_be_made_fails_alone(new_plane, scope, model):
    plane, spool = new_plane()
    plane.manager.routing.find(model, None).predictor.classes = [*CLASSES[:9], UNENCODABLE]

    async def ask():
        return await asyncio.gather(
            plane.infer(InferRequest(model, ["1 good 1"])),
            plane.infer(InferRequest(model, ["2 good 2", f"3 {UNENCODABLE} 3"])),
            plane.infer(InferRequest(model, ["4 good 4"], entity=UNENCODABLE)),
            plane.infer(InferRequest(model, ["5 good 5", "6 good 9"])),
            plane.infer(InferRequest(model, ["7 good 7", "8 good 8"])),
            return_exceptions=True,
        )

    first, text, entity, answer, last = asyncio.run(ask())
    assert (first.answers, last.answers) == (["1"], ["7", "8"])
    assert [type(one) for one in (text, entity, answer)] == [InputInvalid, InputInvalid, ModelFailed]
    assert "row 2" in str(text)
    assert "row 1" in str(entity)
    assert "an answer of its cannot be written to the prediction log" in str(answer)
    assert [one.input for one in records(spool, scope)] == ["1 good 1", "7 good 7", "8 good 8"]
    assert plane.manager.routing.find(model, None).in_flight == 0


def test_what_follows_an_answer_and_fails_keeps_nobody_from_an_answer(new_plane, caplog):
    plane, _ = new_plane()
    told, failures = plane._batcher._on_answered, iter(["no shadow"])

    def fail_once(model, answered):
        if next(failures, ""):
            raise RuntimeError
        told(model, answered)

    plane._batcher._on_answered = fail_once

    async def ask():
        return await asyncio.gather(*(plane.infer(InferRequest("quick", ["1 good 1"], version=v)) for v in (1, 2)))

    assert [one.answers for one in asyncio.run(ask())] == [["1"], ["1"]]
    assert any("what follows an answer of quick failed" in line for line in caplog.messages)
