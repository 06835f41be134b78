"""The body of V2's infer: JSON, and after it the tensors' bytes where the binary extension is used. Pure.

The header `Inference-Header-Content-Length` says how long the JSON is, `binary_data_size` how long each tensor; the
tensors come in the order of the JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from argosy.errors import RequestInvalid
from argosy.http.bodies import body_problem
from argosy.models.tensor_elements import bytes_of_elements
from argosy.repeated_keys import check_keys, keys_in
from argosy.serving.requests import REQUEST_ID_CHARACTERS
from argosy.serving.tensor_answers import with_json_data
from argosy.serving.tensor_bytes import elements_from_bytes
from argosy.serving.tensors import Tensor, check_offered, tensor_noun
from argosy.typed_values import abridged

LENGTH_HEADER = "inference-header-content-length"


class RequestedOutput(msgspec.Struct):
    """One output that is asked for."""

    name: str
    parameters: dict[str, Any] | None = None


class InferBody(msgspec.Struct):
    """The JSON of a request; null says the same as leaving out."""

    inputs: list[Tensor]
    id: str | None = None
    parameters: dict[str, Any] | None = None
    outputs: list[RequestedOutput] | None = None

    @property
    def wanted(self) -> list[str]:
        """The names of the outputs asked for; empty: all."""
        return [output.name for output in self.outputs or ()]


def split_body(body: bytes, header: str) -> tuple[memoryview, memoryview]:
    """The JSON and the binary part; raises RequestInvalid where the header is no length within the body."""
    view = memoryview(body)
    if not header:
        return view, view[len(body) :]
    if not header.isdecimal() or len(header) > 12 or int(header) > len(body):
        raise RequestInvalid(f"{LENGTH_HEADER} is '{header[:20]}': it must be the length of the body's JSON")
    return view[: int(header)], view[int(header) :]


def parse_body(body: bytes | memoryview) -> InferBody:
    """Raises RequestInvalid with the path of what is wrong."""
    try:
        parsed = _decode(body)
        check_keys(body, _keys_in(parsed))
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise body_problem(error, body, "not a V2 request") from None
    if parsed.id and len(parsed.id) > REQUEST_ID_CHARACTERS:
        raise RequestInvalid(f"id must be text of at most {REQUEST_ID_CHARACTERS} characters")
    for noun, named in (("input", parsed.inputs), ("output", parsed.outputs or ())):
        for one in named:
            if one.parameters:
                check_offered(f"the {noun} '{abridged(one.name)}'", one.parameters)
    if content := (parsed.parameters or {}).get("content_type"):  # MLServer's: for every input that has none of its own
        for tensor in parsed.inputs:
            tensor.parameters = {"content_type": content, **(tensor.parameters or {})}
    return parsed


def fill_binary_tensors(tensors: Sequence[Tensor], binary: memoryview) -> None:
    """Give each tensor with a `binary_data_size` its data; raises RequestInvalid where sizes do not add up."""
    for tensor, data in zip(tensors, binary_parts(tensors, binary), strict=True):
        if data is not None:
            tensor.data = elements_from_bytes(tensor, data)


def binary_parts(tensors: Sequence[Tensor], binary: memoryview) -> list[memoryview | None]:
    """The bytes of each tensor with a `binary_data_size`; raises RequestInvalid where sizes do not add up."""
    parts: list[memoryview | None] = []
    position = 0
    for tensor in tensors:
        size = tensor.parameter("binary_data_size")
        if size is None:
            parts.append(None)
            continue
        if type(size) is not int or not 0 <= size <= len(binary) - position:
            raise RequestInvalid(f"{tensor_noun(tensor)} has a binary_data_size beyond the body's end")
        parts.append(binary[position : position + size])
        position += size
    if position != len(binary):
        raise RequestInvalid(f"{len(binary) - position} bytes of the body belong to no input")
    return parts


def wanted_in_binary(body: InferBody) -> frozenset[str] | None:
    """The outputs asked for in binary; None: every one, because the request says so for all."""
    everything = (body.parameters or {}).get("binary_data_output") is True
    if not body.outputs:
        return None if everything else frozenset()
    return frozenset(output.name for output in body.outputs if (output.parameters or {}).get("binary_data", everything))


def join_body(answer: Mapping[str, Any], names: frozenset[str] | None) -> tuple[bytes, int]:
    """The answer's bytes, the outputs of those names in binary, and the length of its JSON."""
    parts: list[bytes] = []
    outputs: list[Mapping[str, Any]] = []
    for output in answer["outputs"]:
        if names is None or output["name"] in names:
            data = bytes_of_elements(output["datatype"], output["data"])
            parts.append(data)
            rest = {key: value for key, value in output.items() if key != "data"}
            outputs.append({**rest, "parameters": {"binary_data_size": len(data)}})
        else:
            outputs += with_json_data([output])
    head = msgspec.json.encode({**answer, "outputs": outputs})
    return head + b"".join(parts), len(head)


def _keys_in(body: InferBody) -> int:
    """How many keys its JSON has where it has nothing that is ignored, or null."""
    if len(body.inputs) == 1 and body.parameters is None and body.outputs is None and body.inputs[0].parameters is None:
        return 4 + (body.inputs[0].data is not None) + (body.id is not None)  # nearly always
    fields = sum(3 + (one.data is not None) for one in body.inputs) + len(body.outputs or ())
    parts = (body, *body.inputs, *(body.outputs or ()))
    parameters = sum(1 + keys_in(one.parameters) for one in parts if one.parameters is not None)
    return 1 + (body.id is not None) + (body.outputs is not None) + fields + parameters


_decode = msgspec.json.Decoder(InferBody).decode
