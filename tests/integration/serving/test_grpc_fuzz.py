"""Messages of any form, and bytes that are none: no call ends in INTERNAL, and the server goes on."""

import random

import grpc
import pytest
from grpc_calls import INFERENCE, InferRequest, channel, infer_message

from argosy.serving.grpc.messages import FEEDBACK_SERVICE, POOL
from argosy.testing.waiting import PATIENCE

CALLS = 400
EXPECTED = {"OK", "INVALID_ARGUMENT", "NOT_FOUND", "RESOURCE_EXHAUSTED"}
DATATYPES = ("BYTES", "FP64", "FP32", "INT32", "BOOL", "UINT64", "FP16", "")
CONTENTS = ("bytes_contents", "fp64_contents", "int_contents", "bool_contents", "uint64_contents")


def some_message(draw):
    """Nearly a request."""
    made = InferRequest(
        model_name=draw.choice(["topics", "fields", "", "topic"]), model_version=draw.choice(["", "1", "canary", "9"])
    )
    for _ in range(draw.choice([0, 1, 1, 1, 2, 3])):
        tensor = made.inputs.add(
            name=draw.choice(["text", "ratio", "plan", ""]),
            datatype=draw.choice(DATATYPES),
            shape=draw.choices([0, 1, 1, 2, -1, 1 << 40], k=draw.choice([0, 1, 1, 2, 9])),
        )
        if draw.random() < 0.7:
            field = draw.choice(CONTENTS)
            values = {"bytes_contents": [b"a goal", b"", b"\xff"], "fp64_contents": [0.5, float("nan"), 1e300]}
            getattr(tensor.contents, field).extend(draw.choices(values.get(field, [0, 1]), k=draw.randrange(3)))
        if draw.random() < 0.3:
            tensor.parameters["content_type"].string_param = draw.choice(["json", "base64", "np", "x"])
    for _ in range(draw.choice([0, 0, 0, 1, 2])):
        made.raw_input_contents.append(draw.choice([b"", b"\1\0\0\0a", b"\xff\xff\xff\xff", draw.randbytes(16)]))
    for _ in range(draw.choice([0, 0, 1])):
        made.outputs.add(name=draw.choice(["label", "scores", "x"]))
    return made.SerializeToString()


def altered(draw, data):
    """The bytes with a few of them changed, removed or added."""
    changed = bytearray(data)
    for _ in range(draw.randrange(1, 4)):
        place = draw.randrange(len(changed) + 1)
        changed[place : place + draw.randrange(2)] = draw.randbytes(draw.randrange(3))
    return bytes(changed)


def codes(opened, path, messages):
    asked = [opened.unary_unary(path).future(data, timeout=PATIENCE) for data in messages]
    found = {}
    for data, call in zip(messages, asked, strict=True):
        found.setdefault(call.code().name, (data, call.details()))
    return found


@pytest.mark.parametrize("kind", ["message", "altered", "bytes"])
def test_infer_answers_whatever_it_is_sent(over_grpc, kind):
    draw = random.Random(7)
    make = {
        "message": lambda: some_message(draw),
        "altered": lambda: altered(draw, infer_message("a goal", "the bank").SerializeToString()),
        "bytes": lambda: draw.randbytes(draw.randrange(60)),
    }[kind]
    with channel(over_grpc) as opened:
        found = codes(opened, f"/{INFERENCE}/ModelInfer", [make() for _ in range(CALLS)])
        assert set(found) <= EXPECTED, found
        assert set(codes(opened, f"/{INFERENCE}/ModelInfer", [infer_message("a goal").SerializeToString()])) == {"OK"}


def test_every_method_answers_whatever_it_is_sent(over_grpc):
    draw = random.Random(8)
    with channel(over_grpc) as opened:
        for service in (INFERENCE, FEEDBACK_SERVICE):
            for method in POOL.FindServiceByName(service).methods:
                found = codes(
                    opened, f"/{service}/{method.name}", [draw.randbytes(draw.randrange(30)) for _ in range(50)]
                )
                assert set(found) <= EXPECTED, (method.name, found)


def test_many_calls_at_once_each_get_their_own_answer(over_grpc):
    texts = [f"a goal number {number}" if number % 2 else f"the bank number {number}" for number in range(500)]
    with channel(over_grpc) as opened:
        rpc = opened.unary_unary(f"/{INFERENCE}/ModelInfer")
        asked = [rpc.future(infer_message(text, id=text).SerializeToString(), timeout=PATIENCE) for text in texts]
        for text, call in zip(texts, asked, strict=True):
            assert call.code() is grpc.StatusCode.OK
            assert text.encode() in call.result()
