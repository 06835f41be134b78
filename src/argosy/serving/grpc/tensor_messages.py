"""Tensors in messages to those of `serving.tensors`, and answers back: typed contents and raw ones. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from argosy.errors import RequestInvalid
from argosy.models.tensor_elements import bytes_of_elements
from argosy.serving.grpc.messages import message_class
from argosy.serving.tensor_bytes import elements_from_bytes
from argosy.serving.tensors import Tensor, check_offered, tensor_noun
from argosy.typed_values import abridged

CONTENTS: Final = {
    "BOOL": "bool_contents",
    **dict.fromkeys(("INT8", "INT16", "INT32"), "int_contents"),
    "INT64": "int64_contents",
    **dict.fromkeys(("UINT8", "UINT16", "UINT32"), "uint_contents"),
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}
"""Datatype to the field of its elements."""
SIZE_BYTES: Final = 4
"""Of the length before each text in raw contents."""
_Answer: Final = message_class("inference.ModelInferResponse")


def parameters_in(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Their values; one without a value is left out."""
    chosen = ((name, one, one.WhichOneof("parameter_choice")) for name, one in parameters.items())
    return {name: getattr(one, choice) for name, one, choice in chosen if choice}


def tensors_without_data(request: Any) -> list[Tensor]:
    """The inputs' names, shapes and datatypes: checked before their elements are read. Raises RequestInvalid."""
    shared = parameters_in(request.parameters).get("content_type") if request.parameters else None
    tensors = []
    for given in request.inputs:
        parameters = parameters_in(given.parameters) if given.parameters else None
        if parameters:
            check_offered(f"the input '{abridged(given.name)}'", parameters)
        if shared is not None:  # MLServer's: for every input that has none of its own
            parameters = {"content_type": shared, **(parameters or {})}
        tensors.append(Tensor(given.name, list(given.shape), given.datatype, None, parameters))
    return tensors


def elements_given(tensor: Tensor, given: Any) -> int:
    """How many elements a tensor's typed contents have."""
    field = CONTENTS.get(tensor.datatype)
    return len(getattr(given.contents, field)) if field else 0


def fill_tensors(tensors: Sequence[Tensor], request: Any) -> None:
    """Give each tensor its elements; raises RequestInvalid where it has none, or they are in another form."""
    raw = _raw_contents(tensors, request)
    for position, (tensor, given) in enumerate(zip(tensors, request.inputs, strict=True)):
        tensor.data = elements_from_bytes(tensor, memoryview(raw[position])) if raw else _typed_elements(tensor, given)


def raw_parts(tensors: Sequence[Tensor], request: Any) -> list[memoryview | None]:
    """The bytes of each tensor where they are raw; else typed elements become its data. Raises RequestInvalid."""
    if raw := _raw_contents(tensors, request):
        return [memoryview(one) for one in raw]
    for tensor, given in zip(tensors, request.inputs, strict=True):
        if tensor.datatype == "BYTES":
            tensor.data = list(given.contents.bytes_contents)
        elif tensor.datatype == "FP16":
            raise RequestInvalid(
                f"{tensor_noun(tensor)} is FP16, which has raw contents alone: send raw_input_contents"
            )
        else:
            tensor.data = _typed_elements(tensor, given)
    return [None] * len(tensors)


def _raw_contents(tensors: Sequence[Tensor], request: Any) -> Sequence[bytes]:
    """Nothing where elements are typed; raises RequestInvalid where there are not as many as tensors, or both."""
    raw: Sequence[bytes] = request.raw_input_contents
    if raw and len(raw) != len(tensors):
        raise RequestInvalid(f"raw_input_contents has {len(raw)} entries for {len(tensors)} inputs: send one for each")
    for tensor, given in zip(tensors, request.inputs, strict=True):
        if raw and given.HasField("contents"):
            raise RequestInvalid(f"{tensor_noun(tensor)} has contents, and raw_input_contents too: send one of them")
    return raw


def _typed_elements(tensor: Tensor, given: Any) -> list[Any] | None:
    """None where there are none, and of a datatype that is none: what reads the tensor says so."""
    field = CONTENTS.get(tensor.datatype)
    if field is None:
        return None
    elements = getattr(given.contents, field)
    if not elements and given.contents.ByteSize():
        raise RequestInvalid(f"{tensor_noun(tensor)} is {tensor.datatype}: its elements go into {field}")
    return _decoded(tensor, elements) if field == "bytes_contents" else list(elements)


def _decoded(tensor: Tensor, elements: Iterable[bytes]) -> list[str]:
    texts: list[str] = []
    try:
        texts.extend(str(element, "utf-8") for element in elements)
    except UnicodeDecodeError:
        raise RequestInvalid(f"{tensor_noun(tensor)}: element {len(texts) + 1} is not UTF-8") from None
    return texts


def wanted_outputs(request: Any) -> list[str]:
    """The names of the outputs asked for; raises RequestInvalid where one is asked for in a way that is not offered."""
    for output in request.outputs:
        check_offered(f"the output '{abridged(output.name)}'", output.parameters)
    return [output.name for output in request.outputs]


def texts_given(request: Any, rows: int) -> list[str] | None:
    """The texts of a request that has one column of at most `rows` and no parameters, as most have.

    None where it is another, or anything is wrong with it: then it is read tensor by tensor, to the same texts or to
    the error.
    """
    if len(request.inputs) != 1 or request.parameters:
        return None
    given, raw = request.inputs[0], request.raw_input_contents
    shape = given.shape
    if len(shape) != 1 or not 0 < shape[0] <= rows or given.datatype != "BYTES" or given.parameters:
        return None
    elements: Sequence[bytes] = given.contents.bytes_contents
    if raw:
        if elements or len(raw) != 1 or shape[0] != 1 or given.HasField("contents"):
            return None
        size, elements = raw[0][:SIZE_BYTES], (raw[0][SIZE_BYTES:],)
        if int.from_bytes(size, "little") != len(elements[0]) or len(size) != SIZE_BYTES:
            return None
    if len(elements) != shape[0]:
        return None
    try:
        return [str(element, "utf-8") for element in elements]
    except UnicodeDecodeError:
        return None


def serialized_answer(head: Mapping[str, Any], outputs: Sequence[Mapping[str, Any]], *, is_raw: bool) -> bytes:
    """The bytes of a ModelInferResponse: the fields of `head`, and the tensors that `output_tensors` makes.

    Raw contents are apart from what describes them, which is the same in most answers: messages may be written one
    behind the other, and are read as one.
    """
    if is_raw or any(output["datatype"] == "FP16" for output in outputs):
        contents = [bytes_of_elements(output["datatype"], output["data"]) for output in outputs]
        described = tuple([(one["name"], one["datatype"], tuple(one["shape"])) for one in outputs])
        raw: bytes = _Answer(**head, raw_output_contents=contents).SerializeToString()
        return raw + _described(described)
    answer = _Answer(**head)
    for output in outputs:
        datatype, data = output["datatype"], output["data"]
        message = answer.outputs.add(name=output["name"], datatype=datatype, shape=output["shape"])
        elements = _encoded(data) if datatype == "BYTES" else data
        getattr(message.contents, CONTENTS[datatype]).extend(elements)
    typed: bytes = answer.SerializeToString()
    return typed


def _encoded(values: Iterable[str | bytes]) -> list[bytes]:
    return [value if isinstance(value, bytes) else value.encode() for value in values]


@lru_cache(256)
def _described(outputs: tuple[tuple[str, str, tuple[int, ...]], ...]) -> bytes:
    named = [{"name": name, "datatype": datatype, "shape": shape} for name, datatype, shape in outputs]
    described: bytes = _Answer(outputs=named).SerializeToString()
    return described
