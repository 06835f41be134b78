"""A model on another server becomes a version: what the server says of it is its declaration."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import msgspec

from argosy.definitions.remote_servers import origin_of
from argosy.errors import ImportedModelFailed, ImportInvalid
from argosy.models.adapters.remote import Remote
from argosy.models.adapters.remote_tensors import RemoteTensors
from argosy.models.answer_kinds import VALUE
from argosy.models.remote_metadata import MOST_BYTES, RemoteMetadata, path_of, read_metadata, takes_binary
from argosy.models.remote_servers import RemoteServer
from argosy.models.signature import (
    DEFAULT_SIGNATURE,
    Arrays,
    Signature,
    TensorSpec,
    check_answer,
    checked_signature,
    may_be_batched,
)
from argosy.models.tensor_rows import datatype_of
from argosy.models.tensor_samples import sample_arrays
from argosy.training.given_signature import GivenSignature, as_options, tried_signature
from argosy.typed_values import abridged_list
from argosy.types import FieldKind

PATH: Final = re.compile(r"/v2/models/[^/?#%\s]+(?:/versions/[^/?#%\s]+)?")
SECONDS: Final = 30.0
PREDICTION_IDS: Final = ("prediction_id", "BYTES")
ANSWERS: Final = ("probabilities", "predict_proba", "scores", VALUE)
"""Outputs that are taken first, wherever they are."""


def is_remote(path: str) -> bool:
    return path.startswith(("http://", "https://"))


def declare_remote(options: Mapping[str, Any]) -> Remote:
    """Ask the server about the model of `url`; what the user declares goes before what the server says.

    Raises ImportInvalid.
    """
    url = str(options["url"]).rstrip("/")
    _, content, metadata = _asked(url)
    declared = {key: options[key] for key in ("text", "fields") if options.get(key)}
    reads = declared or _reads(metadata.inputs, url)
    output = _output(metadata.outputs)
    classes = tuple(options["classes"] or metadata.classes or _number(metadata.outputs))
    return Remote(url, _sha256(url, content), classes, inputs=_inputs(metadata.inputs, reads), output=output, **reads)


def remote_tensors(url: str, given: GivenSignature) -> RemoteTensors:
    """Asked by the signature that the server says, or by the one that is declared; tried on made-up tensors.

    An Argosy server's ids of predictions are no output of the model. Raises ImportInvalid.
    """
    url = url.rstrip("/")
    server, content, metadata = _asked(url)
    signature = given.declared or Signature(
        tuple(metadata.inputs),
        tuple(one for one in metadata.outputs if (one.name, one.datatype) != PREDICTION_IDS),
    )
    if not signature.inputs or not signature.outputs:
        raise ImportInvalid(f"{url} does not say what it takes and gives: declare its inputs and outputs")
    wanted = msgspec.structs.replace(checked_signature(signature), is_batched=may_be_batched(signature))
    digest, is_own = _sha256(url, content), given.declared is None

    def of(tried: Signature, *, is_binary: bool) -> RemoteTensors:
        signatures = as_options({DEFAULT_SIGNATURE: tried})
        return RemoteTensors(url, digest, signatures, is_own, is_binary, dict(given.parameters))

    is_binary = takes_binary(server, SECONDS) or _answers_binary(of(wanted, is_binary=True))
    ask = partial(of(wanted, is_binary=is_binary).ask, DEFAULT_SIGNATURE)
    _check_outputs(ask, wanted)
    return of(tried_signature(ask, wanted, given), is_binary=is_binary)


def _answers_binary(asked: RemoteTensors) -> bool:
    """Whether a server that does not say that it takes binary tensors answers made-up ones."""
    alone = msgspec.structs.replace(asked.own_signatures[DEFAULT_SIGNATURE], is_batched=False)
    try:
        asked.ask(DEFAULT_SIGNATURE, sample_arrays(alone, 1))
    except ImportedModelFailed:
        return False
    return True


def _check_outputs(ask: Callable[[Arrays], Arrays], signature: Signature) -> None:
    """Raises ImportInvalid where made-up tensors are answered with others than the signature says."""
    alone = msgspec.structs.replace(signature, is_batched=False)
    try:
        outputs = ask(sample_arrays(alone, 1))
    except ImportedModelFailed:
        return  # not every model can answer what is made up
    try:
        check_answer(alone, outputs, 1)
    except ImportedModelFailed as problem:
        given = abridged_list([str(TensorSpec(name, datatype_of(one), one.shape)) for name, one in outputs.items()])
        raise ImportInvalid(f"{problem}; it gave {given}") from None


def _asked(url: str) -> tuple[RemoteServer, bytes, RemoteMetadata]:
    """What the server says of the model, as it came and as it is read. Raises ImportInvalid."""
    origin = origin_of(url)
    if origin is None or not PATH.fullmatch(path_of(url)):
        raise ImportInvalid("a model on another server is https://HOST/v2/models/NAME, or that and /versions/VERSION")
    server = RemoteServer(origin)
    try:
        content = server.call(path_of(url), None, SECONDS, MOST_BYTES)
        return server, content, read_metadata(content, origin)
    except ImportedModelFailed as problem:
        raise ImportInvalid(f"the server cannot be asked about the model: {problem}") from None


def _sha256(url: str, content: bytes) -> str:
    return hashlib.sha256(url.encode() + b"\n" + content).hexdigest()


def _reads(inputs: Sequence[TensorSpec], url: str) -> dict[str, Any]:
    """The text or the fields that a model takes by its inputs."""
    if len(inputs) == 1 and inputs[0].datatype == "BYTES":
        return {"text": "" if inputs[0].name == "text" else inputs[0].name}
    if not inputs or (len(inputs) == 1 and len(inputs[0].shape) > 1 and inputs[0].shape[1] != 1):
        raise ImportInvalid(f"{url} does not name the fields that it reads: declare them in its order")
    kinds: dict[str, FieldKind] = {one.name: "text" if one.datatype == "BYTES" else "number" for one in inputs}
    return {"fields": kinds}


def _inputs(inputs: Sequence[TensorSpec], reads: Mapping[str, Any]) -> tuple[tuple[str, str, int], ...]:
    """The tensors to send: those of the fields, or one of all that is read. Raises ImportInvalid."""
    fields: Mapping[str, FieldKind] = reads.get("fields") or {}
    if not inputs:
        return (("input-0", "FP64" if fields and "text" not in fields.values() else "BYTES", 2 if fields else 1),)
    if len(inputs) == 1:
        return ((inputs[0].name, inputs[0].datatype, len(inputs[0].shape)),)
    if missing := [one.name for one in inputs if one.name not in fields]:
        raise ImportInvalid(f"the model has the inputs {', '.join(missing)[:100]}: declare fields of those names")
    return tuple((one.name, one.datatype, len(one.shape)) for one in inputs)


def _number(outputs: Sequence[TensorSpec]) -> list[str]:
    """The class of a model of numbers, where its outputs say that it is one."""
    named = {one.name for one in outputs}
    is_lone = len(outputs) == 1 and outputs[0].datatype.startswith("FP") and outputs[0].shape[1:] in ((), (1,))
    return [VALUE] if is_lone or (VALUE in named and "label" not in named) else []


def _output(outputs: Sequence[TensorSpec]) -> str:
    """The name of the one that says most; nothing where none is named."""
    named = [one.name for one in outputs]
    floats = [one.name for one in outputs if one.datatype.startswith("FP") and len(one.shape) > 1]
    return next((name for name in (*ANSWERS, *floats, *named) if name in named), "")
