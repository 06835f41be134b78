"""KServe's own clients, run by a Python that has them: what they are answered over REST and gRPC, as JSON."""

from __future__ import annotations

import asyncio
import json
import logging
import sys

import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig

TEXTS = ["a goal for the team", "the bank and its shares"]


def request(is_binary):
    tensor = InferInput("text", [len(TEXTS)], "BYTES")
    tensor.set_data_from_numpy(np.array(TEXTS, object), binary_data=is_binary)
    return InferRequest("topics", infer_inputs=[tensor], request_id="mine", parameters={"client": "kserve"})


def found(answer):
    outputs = {one.name: np.asarray(one.as_numpy()).ravel().tolist() for one in answer.outputs}
    labels = [one.decode() if isinstance(one, bytes) else one for one in outputs["label"]]
    return {"id": answer.id, "label": labels, "outputs": sorted(outputs)}


async def main(url, grpc_address):
    logging.disable(logging.CRITICAL)
    answers = {}
    rest, grpc = InferenceRESTClient(RESTConfig(protocol="v2")), InferenceGRPCClient(grpc_address)
    for is_binary in (False, True):
        answers[f"grpc {is_binary}"] = found(await grpc.infer(request(is_binary)))
        answers[f"rest {is_binary}"] = found(await rest.infer(url, request(is_binary), model_name="topics"))
    answers["ready"] = [
        await grpc.is_server_live(),
        await grpc.is_server_ready(),
        await grpc.is_model_ready("topics"),
        await rest.is_server_live(url),
        await rest.is_server_ready(url),
        await rest.is_model_ready(url, "topics"),
    ]
    first = InferenceRESTClient(RESTConfig(protocol="v1"))
    answers["v1"] = [
        one["label"] for one in (await first.infer(url, {"instances": TEXTS}, model_name="topics"))["predictions"]
    ]
    for client in (rest, first, grpc):
        await client.close()
    print(json.dumps(answers))  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
