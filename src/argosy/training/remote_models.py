"""A model on another server becomes a version: what the server says of it is its declaration."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from argosy.definitions.remote_servers import origin_of
from argosy.errors import ImportedModelFailed, ImportInvalid
from argosy.models.adapters.remote import Remote
from argosy.models.answer_kinds import VALUE
from argosy.models.remote_servers import RemoteServer
from argosy.types import FieldKind

PATH: Final = re.compile(r"/v2/models/[^/?#%\s]+(?:/versions/[^/?#%\s]+)?")
SECONDS: Final = 30.0
MOST_BYTES: Final = 1 << 20
ANSWERS: Final = ("probabilities", "predict_proba", "scores", VALUE)
"""Outputs that are taken first, wherever they are."""


class _Tensor(msgspec.Struct):
    name: str
    datatype: str
    shape: list[int]


class _Metadata(msgspec.Struct):
    """Of a model in V2; `classes` is an addition of Argosy's servers."""

    inputs: list[_Tensor] = []
    outputs: list[_Tensor] = []
    classes: list[str] = []


def is_remote(path: str) -> bool:
    return path.startswith(("http://", "https://"))


def declare_remote(options: Mapping[str, Any]) -> Remote:
    """Ask the server about the model of `url`; what the user declares goes before what the server says.

    Raises ImportInvalid.
    """
    url = str(options["url"]).rstrip("/")
    origin, path = origin_of(url), "/" + url.partition("://")[2].partition("/")[2]
    if origin is None or not PATH.fullmatch(path):
        raise ImportInvalid("a model on another server is https://HOST/v2/models/NAME, or that and /versions/VERSION")
    try:
        content = RemoteServer(origin).call(path, None, SECONDS, MOST_BYTES)
        metadata = msgspec.json.decode(content, type=_Metadata)
    except ImportedModelFailed as problem:
        raise ImportInvalid(f"the server cannot be asked about the model: {problem}") from None
    except msgspec.MsgspecError as problem:
        raise ImportInvalid(f"{origin} describes the model in a way that is not V2's: {problem}") from None
    declared = {key: options[key] for key in ("text", "fields") if options.get(key)}
    reads = declared or _reads(metadata.inputs, url)
    output = _output(metadata.outputs)
    classes = tuple(options["classes"] or metadata.classes or _number(metadata.outputs))
    digest = hashlib.sha256(url.encode() + b"\n" + content).hexdigest()
    return Remote(url, digest, classes, inputs=_inputs(metadata.inputs, reads), output=output, **reads)


def _reads(inputs: Sequence[_Tensor], url: str) -> dict[str, Any]:
    """The text or the fields that a model takes by its inputs."""
    if len(inputs) == 1 and inputs[0].datatype == "BYTES":
        return {"text": "" if inputs[0].name == "text" else inputs[0].name}
    if not inputs or (len(inputs) == 1 and len(inputs[0].shape) > 1 and inputs[0].shape[1] != 1):
        raise ImportInvalid(f"{url} does not name the fields that it reads: declare them in its order")
    kinds: dict[str, FieldKind] = {one.name: "text" if one.datatype == "BYTES" else "number" for one in inputs}
    return {"fields": kinds}


def _inputs(inputs: Sequence[_Tensor], reads: Mapping[str, Any]) -> tuple[tuple[str, str, int], ...]:
    """The tensors to send: those of the fields, or one of all that is read. Raises ImportInvalid."""
    fields: Mapping[str, FieldKind] = reads.get("fields") or {}
    if not inputs:
        return (("input-0", "FP64" if fields and "text" not in fields.values() else "BYTES", 2 if fields else 1),)
    if len(inputs) == 1:
        return ((inputs[0].name, inputs[0].datatype, len(inputs[0].shape)),)
    if missing := [one.name for one in inputs if one.name not in fields]:
        raise ImportInvalid(f"the model has the inputs {', '.join(missing)[:100]}: declare fields of those names")
    return tuple((one.name, one.datatype, len(one.shape)) for one in inputs)


def _number(outputs: Sequence[_Tensor]) -> list[str]:
    """The class of a model of numbers, where its outputs say that it is one."""
    named = {one.name for one in outputs}
    is_lone = len(outputs) == 1 and outputs[0].datatype.startswith("FP") and outputs[0].shape[1:] in ([], [1])
    return [VALUE] if is_lone or (VALUE in named and "label" not in named) else []


def _output(outputs: Sequence[_Tensor]) -> str:
    """The name of the one that says most; nothing where none is named."""
    named = [one.name for one in outputs]
    floats = [one.name for one in outputs if one.datatype.startswith("FP") and len(one.shape) > 1]
    return next((name for name in (*ANSWERS, *floats, *named) if name in named), "")
