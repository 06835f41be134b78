"""gRPC's reflection, which describes the services to clients without their `.proto` files; open to all.

In its versions `v1`, which clients ask first, and `v1alpha`, the only one that the library has: they differ in their
names alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import grpc
from google.protobuf import text_format
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha import reflection, reflection_pb2

SERVICES: Final = ("grpc.reflection.v1.ServerReflection", reflection.SERVICE_NAME)


def add_reflection_files(pool: DescriptorPool) -> None:
    """The descriptions of both versions."""
    alpha = FileDescriptorProto.FromString(reflection_pb2.DESCRIPTOR.serialized_pb)
    text = text_format.MessageToString(alpha).replace("v1alpha", "v1")
    pool.Add(alpha)
    pool.Add(text_format.Parse(text, FileDescriptorProto()))


def enable_reflection(server: Any, services: Sequence[str], pool: DescriptorPool) -> None:
    """Have the server describe these services, and reflection itself."""
    servicer = reflection.aio.ReflectionServicer([*services, *SERVICES], pool)
    method = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler(service, {"ServerReflectionInfo": method}) for service in SERVICES]
    )
