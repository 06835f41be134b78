"""The messages and services of our `.proto` files, in a pool of their own.

A client library in the same process may have another definition of the same names.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any, Final

from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2

from argosy.errors import RequestInvalid
from argosy.serving.grpc.proto_files import parse_proto
from argosy.serving.grpc.reflection import add_reflection_files

PROTO_FILES: Final = ("open_inference.proto", "feedback.proto")
INFERENCE: Final = "inference.GRPCInferenceService"
FEEDBACK_SERVICE: Final = "argosy.v1.FeedbackService"


def _pool() -> DescriptorPool:
    """Also what reflection tells of health and of itself."""
    pool = DescriptorPool()
    pool.AddSerializedFile(health_pb2.DESCRIPTOR.serialized_pb)
    add_reflection_files(pool)
    for name in PROTO_FILES:
        text = (files("argosy.serving.grpc") / name).read_text("utf-8")
        pool.Add(parse_proto(name, text))
    return pool


POOL: Final = _pool()


def message_class(name: str) -> Any:
    """A message's class, by its full name."""
    return GetMessageClass(POOL.FindMessageTypeByName(name))


def parsed_message(kind: Any, data: bytes) -> Message:
    """The message in those bytes; raises RequestInvalid where they are none."""
    try:
        return kind.FromString(data)
    except DecodeError:
        raise RequestInvalid(f"the message is no {kind.DESCRIPTOR.full_name}") from None
