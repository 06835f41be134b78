"""Callers over V2, TensorFlow's REST and gRPC at once, each of which knows what its own answers must be."""

import asyncio
import random

import grpc
import httpx
from grpc_calls import INFERENCE, columns, infer_message

from argosy.serving.grpc.messages import message_class
from argosy.testing.waiting import PATIENCE

REQUESTS = 40
Answer = message_class("inference.ModelInferResponse")


class Caller:
    """Asks for texts with its own name in them, one request after the other; `answered` has every prediction's id."""

    def __init__(self, number):
        self.name, self._draw = f"caller{number}", random.Random(number)
        self.answered, self.refused = {}, 0

    def texts(self):
        """Some texts, one of which may be empty; the whole request is then refused."""
        kinds = [
            self._draw.choice(["a goal of the team", "the bank and its shares"])
            for _ in range(self._draw.randint(1, 4))
        ]
        texts = [f"{kind} {self.name} {self._draw.random()}" for kind in kinds]
        return [*texts, ""] if self._draw.random() < 0.2 else texts

    async def run(self, ask):
        for number in range(REQUESTS):
            texts, request_id = self.texts(), f"{self.name}-{number}"
            answer = await ask(texts, request_id)
            if "" in texts:
                assert answer == f"row {len(texts)}: the text is empty"
                self.refused += 1
                continue
            assert not isinstance(answer, str), answer
            echoed, labels, ids = answer
            assert echoed == request_id
            assert labels == ["sport" if "goal" in text else "money" for text in texts]
            self.answered |= dict(zip(ids, texts, strict=True))


async def over_rest(client, texts, request_id):
    tensor = {"name": "text", "datatype": "BYTES", "shape": [len(texts)], "data": texts}
    answer = (await client.post("/v2/models/topics/infer", json={"id": request_id, "inputs": [tensor]})).json()
    if "error" in answer:
        return answer["error"]
    found = {one["name"]: one["data"] for one in answer["outputs"]}
    return answer["id"], found["label"], found["prediction_id"]


async def over_tensorflow(client, texts, request_id):
    answer = (await client.post("/v1/models/topics:predict", json={"instances": texts})).json()
    if "error" in answer:
        return answer["error"]
    rows = answer["predictions"]
    return request_id, [row["label"] for row in rows], [row["prediction_id"] for row in rows]


async def over_grpc_calls(rpc, texts, request_id):
    try:
        answer = await rpc(infer_message(*texts, id=request_id).SerializeToString(), timeout=PATIENCE)
    except grpc.aio.AioRpcError as error:
        return error.details() if error.code() is grpc.StatusCode.INVALID_ARGUMENT else str(error)
    found = columns(answer)
    return answer.id, [one.decode() for one in found["label"]], [one.decode() for one in found["prediction_id"]]


def ask_all(server, callers):
    """Have all of them ask at once, a third over each protocol."""

    async def run():
        async with (
            httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as client,
            grpc.aio.insecure_channel(server.grpc_address) as opened,
        ):
            rpc = opened.unary_unary(f"/{INFERENCE}/ModelInfer", response_deserializer=Answer.FromString)
            protocols = [
                lambda *asked: over_rest(client, *asked),
                lambda *asked: over_tensorflow(client, *asked),
                lambda *asked: over_grpc_calls(rpc, *asked),
            ]
            await asyncio.gather(*(one.run(protocols[number % 3]) for number, one in enumerate(callers)))

    asyncio.run(run())
