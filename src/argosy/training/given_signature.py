"""The signature of a model that was made elsewhere: as the user says it, and as made-up tensors show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from argosy.datasets.file_options import Spelled, as_argument
from argosy.definitions.yaml_files import parse_mapping, read_mapping
from argosy.errors import DefinitionInvalid
from argosy.models.signature import (
    Arrays,
    Signature,
    Signatures,
    checked_signature,
    may_be_batched,
    parse_tensors,
)
from argosy.models.tensor_samples import rows_are_independent
from argosy.typed_values import abridged, shown

OWN: Final = "own"
"""The signature that the file, or the server, has itself."""


@dataclass(frozen=True)
class GivenSignature:
    """What the user says: tensors that are declared, and whether rows may be answered together, if that is said.

    `parameters` are for another server, with every request.
    """

    declared: Signature | None = None
    batched: bool | None = None
    parameters: Mapping[str, str | float | bool] = field(default_factory=dict)


def parse_signature(text: str, spelled: Spelled = as_argument) -> GivenSignature:
    """`own`, `{inputs: {x: "FP32[-1,4]"}, outputs: {…}, batched: true}`, or a file of it; raises DefinitionInvalid."""
    where = spelled("signature", abridged(text))
    if text == OWN:
        return GivenSignature()
    if text.lstrip().startswith("{"):
        given = parse_mapping(text, where)
    elif text.endswith((".yaml", ".yml", ".json")):
        given = read_mapping(Path(text))
    else:
        raise DefinitionInvalid(
            f"expected {OWN}, a mapping {{inputs: …, outputs: …, batched: …}} or a file of it", where
        )
    batched, parameters = given.get("batched"), given.get("parameters", {})
    if set(given) - {"inputs", "outputs", "batched", "parameters"} or not isinstance(batched, bool | None):
        raise DefinitionInvalid("expected inputs, outputs, parameters, and batched as true or false", where)
    if not isinstance(parameters, Mapping) or not all(
        isinstance(one, str | int | float) for one in parameters.values()
    ):
        raise DefinitionInvalid(
            f"expected parameters, each a text, a number or a truth; got {shown(parameters)}", where
        )
    if ("inputs" in given) != ("outputs" in given):
        raise DefinitionInvalid("expected inputs and outputs, or neither", where)
    if "inputs" not in given:
        return GivenSignature(batched=batched, parameters=parameters)
    inputs, outputs = (parse_tensors(given[name], f"{where}: {name}") for name in ("inputs", "outputs"))
    return GivenSignature(Signature(inputs, outputs), batched, parameters)


def tried_signature(run: Callable[[Arrays], Arrays], found: Signature, given: GivenSignature) -> Signature:
    """Batched where the user says so, or where the shapes allow it and made-up rows do not depend on each other."""
    if found.method and may_be_batched(found) and given.batched is None:
        return found  # a result for each example is what the method is
    wanted = found.is_batched if given.batched is None else given.batched
    batched = checked_signature(msgspec.structs.replace(found, is_batched=wanted))
    is_proven = wanted and (given.batched or rows_are_independent(run, batched))
    return batched if is_proven else msgspec.structs.replace(found, is_batched=False)


def as_options(signatures: Signatures) -> dict[str, Any]:
    """As an adapter's option."""
    found: dict[str, Any] = msgspec.to_builtins(dict(signatures))
    return found
