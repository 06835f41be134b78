"""Calls over gRPC as a program without a client library makes them."""

from __future__ import annotations

from contextlib import contextmanager

import grpc

from argosy.serving.grpc.messages import FEEDBACK_SERVICE, INFERENCE, POOL, message_class
from argosy.testing.waiting import PATIENCE

InferRequest = message_class("inference.ModelInferRequest")
GiveFeedback = message_class("argosy.v1.GiveFeedbackRequest")


@contextmanager
def channel(server, **options):
    """A connection of its own."""
    named = [("grpc.use_local_subchannel_pool", 1), *((f"grpc.{name}", value) for name, value in options.items())]
    with grpc.insecure_channel(server.grpc_address, options=named) as opened:
        yield opened


def ask(server, method, message=None, service=INFERENCE, data=None, timeout=PATIENCE, **also):
    """The answer's message and the call; raises grpc.RpcError. `data` is sent in place of the message."""
    described = POOL.FindServiceByName(service).methods_by_name[method]
    with channel(server) as opened:
        rpc = opened.unary_unary(
            f"/{service}/{method}", response_deserializer=message_class(described.output_type.full_name).FromString
        )
        if data is None:
            data = (message or message_class(described.input_type.full_name)()).SerializeToString()
        return rpc.with_call(data, timeout=timeout, **also)


def give_feedback(server, **also):
    answer, _ = ask(server, "GiveFeedback", also.pop("message"), FEEDBACK_SERVICE, **also)
    return answer


def failure(server, *arguments, **also):
    """The code and the details of a call that fails."""
    try:
        ask(server, *arguments, **also)
    except grpc.RpcError as error:
        return error.code().name, error.details()
    raise AssertionError("it was answered")


def infer_message(*texts, model="topics", raw=False, **fields):
    """A request for texts."""
    message = InferRequest(model_name=model, **fields)
    given = message.inputs.add(name="text", datatype="BYTES", shape=[len(texts)])
    encoded = [text if isinstance(text, bytes) else text.encode() for text in texts]
    if raw:
        message.raw_input_contents.append(b"".join(len(one).to_bytes(4, "little") + one for one in encoded))
    else:
        given.contents.bytes_contents.extend(encoded)
    return message


def columns(answer):
    """Output name to its typed elements."""
    return {
        output.name: [one for _, elements in output.contents.ListFields() for one in elements]
        for output in answer.outputs
    }
