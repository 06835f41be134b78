"""Rows about which no service was asked, as its models would have seen them: for outcomes that nobody had asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from argosy import clock
from argosy.backends import Backends
from argosy.definitions.service import Service
from argosy.features.joining import JoinedRow, complete_rows
from argosy.services.functions import checked_function


def complete_inputs(
    backends: Backends, service: Service, rows: Sequence[tuple[Mapping[str, Any], float]]
) -> list[dict[str, Any]]:
    """The inputs of each row, with the defaults of inputs and the features as of its moment, and prepared.

    Raises what looking features up raises, DefinitionInvalid and ServiceStepFailed.
    """
    defaults = {name: one.default for name, one in service.accepts.items() if one.has_default}
    given = [JoinedRow({**defaults, **inputs}, at) for inputs, at in rows]
    prepare = checked_function(backends.root, service.prepare) if service.prepare else None
    return complete_rows(backends, service, given, clock.now(), prepare=prepare)[0]
