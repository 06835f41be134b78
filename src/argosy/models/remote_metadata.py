"""What another server says of a model of its own, and of itself, in Open Inference Protocol V2."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from argosy.errors import ImportedModelFailed, RemoteModelUnavailable
from argosy.models.remote_servers import RemoteServer
from argosy.models.signature import TensorSpec
from argosy.models.v2_messages import BINARY_EXTENSION
from argosy.typed_values import abridged_list

MOST_BYTES: Final = 1 << 20
METADATA_SECONDS: Final = 5.0
"""For a look at whether a model has changed."""


class RemoteMetadata(msgspec.Struct):
    """Of a model; `classes` is an addition of Argosy's servers. Null says the same as leaving out."""

    inputs: list[TensorSpec] = []
    outputs: list[TensorSpec] = []
    classes: list[str] = []


class _Model(msgspec.Struct):
    inputs: list[TensorSpec] | None = None
    outputs: list[TensorSpec] | None = None
    classes: list[str] | None = None


class _Server(msgspec.Struct):
    extensions: list[str] | None = None


def path_of(url: str) -> str:
    """Of the address of a model."""
    return "/" + url.partition("://")[2].partition("/")[2]


def read_metadata(content: bytes, origin: str) -> RemoteMetadata:
    """Raises RemoteModelUnavailable where it is not V2's."""
    try:
        found = msgspec.json.decode(content, type=_Model)
        return RemoteMetadata(found.inputs or [], found.outputs or [], found.classes or [])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise RemoteModelUnavailable(f"{origin} describes the model in a way that is not V2's: {problem}") from None


def takes_binary(server: RemoteServer, seconds: float) -> bool:
    """Whether it says that it takes tensors in binary."""
    try:
        content = server.call("/v2", None, seconds, MOST_BYTES)
        return BINARY_EXTENSION in (msgspec.json.decode(content, type=_Server).extensions or ())
    except (ImportedModelFailed, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


def change_since(
    server: RemoteServer, url: str, seconds: float, inputs: Iterable[TensorSpec], outputs: Iterable[TensorSpec]
) -> str:
    """In what the model takes or gives what it did not when it was imported; empty where nothing is known to differ.

    Names, datatypes and shapes are compared, of the outputs those alone that are read; -1 is any size.
    """
    try:
        there = read_metadata(server.call(path_of(url), None, seconds, MOST_BYTES), server.origin)
    except ImportedModelFailed:
        return ""
    for verb, now, then in (("takes", there.inputs, list(inputs)), ("gives", there.outputs, list(outputs))):
        known = {one.name: one for one in now}
        has_others = verb == "takes" and len(now) != len(then)
        if now and then and (has_others or not all(_fits(known.get(one.name), one) for one in then)):
            return f"{url} {verb} {_list(now)} now, and not {_list(then)} as at the import: import it again"
    return ""


def _fits(now: TensorSpec | None, then: TensorSpec) -> bool:
    if now is None or now.datatype != then.datatype or len(now.shape) != len(then.shape):
        return False
    return all(-1 in sizes or len(set(sizes)) == 1 for sizes in zip(now.shape, then.shape, strict=True))


def _list(tensors: Sequence[TensorSpec]) -> str:
    return abridged_list([str(one) for one in tensors])
