"""NVIDIA's asynchronous client for V2 over HTTP, many requests at once: JSON and binary tensors."""

import asyncio

import numpy as np
import pytest
from tritonclient.http import InferInput, InferRequestedOutput
from tritonclient.http import aio as triton
from tritonclient.utils import InferenceServerException

TEXTS = ["a goal for the team", "the bank — été"] * 20


def text_input(text, is_binary):
    tensor = InferInput("text", [1], "BYTES")
    tensor.set_data_from_numpy(np.array([text], object), binary_data=is_binary)
    return tensor


@pytest.mark.parametrize("sends_binary", [True, False])
@pytest.mark.parametrize("asks_binary", [True, False])
def test_each_request_gets_its_own_answer(shared, sends_binary, asks_binary):
    outputs = [InferRequestedOutput(name, binary_data=asks_binary) for name in ("label", "probabilities")]

    async def ask():
        async with triton.InferenceServerClient(shared.url.removeprefix("http://"), conn_limit=8) as client:
            assert await client.is_server_ready()
            assert await client.is_model_ready("topics", "canary")
            return await asyncio.gather(
                *(
                    client.infer("topics", [text_input(text, sends_binary)], outputs=outputs, request_id=str(number))
                    for number, text in enumerate(TEXTS)
                )
            )

    answers = asyncio.run(ask())
    assert [one.get_response()["id"] for one in answers] == [str(number) for number in range(len(TEXTS))]
    labels = [one.as_numpy("label")[0] for one in answers]
    assert [one.decode() if isinstance(one, bytes) else one for one in labels] == ["sport", "money"] * 20
    for text, answer in zip(TEXTS, answers, strict=True):
        logged = shared.project.predictions.get(answer.get_response()["parameters"]["prediction_id"])
        assert logged.input == text
        assert answer.as_numpy("probabilities").sum() == pytest.approx(1.0)


def test_it_receives_the_error_and_the_metadata(shared):
    async def ask():
        async with triton.InferenceServerClient(shared.url.removeprefix("http://")) as client:
            with pytest.raises(InferenceServerException, match="did you mean 'topics'"):
                await client.infer("topic", [text_input("a", is_binary=True)])
            return await client.get_model_metadata("topics")

    assert asyncio.run(ask())["inputs"] == [{"name": "text", "datatype": "BYTES", "shape": [-1]}]
