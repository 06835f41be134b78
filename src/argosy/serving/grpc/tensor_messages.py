"""Tensors in messages to those of `serving.tensors`, and answers back: typed contents and raw ones. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from argosy.errors import RequestInvalid
from argosy.serving.grpc.messages import message_class
from argosy.serving.tensor_bytes import bytes_of_elements, elements_from_bytes
from argosy.serving.tensors import Tensor, tensor_noun
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
NOT_OFFERED: Final = ("shared_memory_region", "classification")
"""Parameters of requested outputs that would change where an answer is, or what it says."""
_OutputTensor: Final = message_class("inference.ModelInferResponse.InferOutputTensor")
_TensorContents: Final = message_class("inference.InferTensorContents")


def parameters_in(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Their values; one without a value is left out."""
    chosen = ((name, one, one.WhichOneof("parameter_choice")) for name, one in parameters.items())
    return {name: getattr(one, choice) for name, one, choice in chosen if choice}


def tensors_without_data(request: Any) -> list[Tensor]:
    """The inputs' names, shapes and datatypes: checked before their elements are read."""
    shared = parameters_in(request.parameters).get("content_type") if request.parameters else None
    tensors = []
    for given in request.inputs:
        parameters = parameters_in(given.parameters) if given.parameters else None
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
    raw = request.raw_input_contents
    if raw and len(raw) != len(tensors):
        raise RequestInvalid(f"raw_input_contents has {len(raw)} entries for {len(tensors)} inputs: send one for each")
    for position, (tensor, given) in enumerate(zip(tensors, request.inputs, strict=True)):
        if raw and given.HasField("contents"):
            raise RequestInvalid(f"{tensor_noun(tensor)} has contents, and raw_input_contents too: send one of them")
        tensor.data = elements_from_bytes(tensor, memoryview(raw[position])) if raw else _typed_elements(tensor, given)


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
        for name in output.parameters:
            if name in NOT_OFFERED:
                raise RequestInvalid(f"the output '{abridged(output.name)}' has the parameter '{name}': leave it out")
    return [output.name for output in request.outputs]


def add_outputs(response: Any, outputs: Sequence[Mapping[str, Any]], *, is_raw: bool) -> None:
    """The tensors that `output_tensors` makes, in raw contents or in typed ones."""
    for output in outputs:
        datatype, data = output["datatype"], output["data"]
        message = _OutputTensor(name=output["name"], datatype=datatype, shape=output["shape"])
        if is_raw:
            response.raw_output_contents.append(bytes_of_elements(datatype, data))
        else:
            elements = [value.encode() for value in data] if datatype == "BYTES" else data
            message.contents.CopyFrom(_TensorContents(**{CONTENTS[datatype]: elements}))
        response.outputs.append(message)
